"""The two stores on SQLAlchemy Core: SQLite by default, PostgreSQL when asked."""
