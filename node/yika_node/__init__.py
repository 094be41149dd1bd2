"""One vending point."""
