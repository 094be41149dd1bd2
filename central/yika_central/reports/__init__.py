"""Workbooks for accountants, made of plain rows; nothing here knows where the rows come from."""
