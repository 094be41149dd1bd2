"""Card readers, as they are wired."""
