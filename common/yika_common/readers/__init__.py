"""Wire formats of card readers."""
