"""Keys, signatures and the signed file."""
