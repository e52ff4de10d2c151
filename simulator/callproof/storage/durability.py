"""What is promised of a change once it was acknowledged."""

from typing import Literal, TypeAlias

# ``commit``: it outlives callproof, however that ends. SQLite has handed it to the system by then; what
# PostgreSQL makes of it is as that server is set. ``power``: it outlives the machine's loss of power as
# well, as far as the disk tells the truth.
Durability: TypeAlias = Literal["commit", "power"]
