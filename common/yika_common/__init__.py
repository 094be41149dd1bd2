"""What a vending point and headquarters agree on."""
