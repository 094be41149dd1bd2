"""Records, their chain, and the segments that travel."""
