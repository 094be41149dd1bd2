"""Practice: a vending point of its own beside the real one, on which nothing is real."""
