"""Paper of a receipt printer: what stands on it, its setting in columns, its ESC/POS bytes."""
