"""The user card: its bytes, its keys and its dialogue."""
