"""What node and headquarters say to each other."""
