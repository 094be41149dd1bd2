"""Simulated hardware: a card, a reader on a pty, a meter in a file."""
