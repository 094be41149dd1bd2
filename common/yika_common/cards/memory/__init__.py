"""User cards on memory chips, SLE4428 and SLE4442: the same records, packed closer."""
