"""Headquarters' tables."""
