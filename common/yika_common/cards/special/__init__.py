"""Cards that are no customer's: the system card and the managing card, on every kind of chip."""
