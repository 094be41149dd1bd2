"""Alembic's migrations of headquarters' database."""
