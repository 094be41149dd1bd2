"""Plumbing that both sides share; the domain never imports it."""
