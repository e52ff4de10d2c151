"""How names are kept."""

from sqlalchemy import String

# Names are compared and sorted by their bytes everywhere; PostgreSQL would sort them as a language does.
NAME = String(255).with_variant(String(255, collation="C"), "postgresql")
