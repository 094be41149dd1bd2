"""Tariff files, and what they charge."""
