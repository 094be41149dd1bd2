"""Alembic's migrations of the node's database."""
