"""What the staff of a vending point can do; one module per desk."""
