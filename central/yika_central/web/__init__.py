"""Headquarters' pages and the nodes' door."""
