"""Headquarters' own rules: pure, and the same whatever order the facts arrived in."""
