"""The rules of a prepaid meter."""
