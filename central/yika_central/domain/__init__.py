"""Headquarters' own rules, pure."""
