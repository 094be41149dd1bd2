"""The node's tables: the journal, and what is projected from it."""
