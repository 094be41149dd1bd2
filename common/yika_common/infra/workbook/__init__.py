"""Workbooks: cells that are what they look like, and sheets ready to be read and printed."""
