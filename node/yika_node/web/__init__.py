"""The pages of a vending point."""
