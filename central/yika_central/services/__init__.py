"""What headquarters can do; one module per office."""
