"""The words of records about accounts, for whoever needs no more than these."""

DETAILS, HOLDER = "details", "holder"
SUSPENDED, RESUMED, CLOSED = "suspended", "resumed", "closed"
WITHDRAWN = "withdrawn"
"""Closed because it was opened by mistake: its meters are nobody's again."""

NOTE, WARN, SUPERVISOR, REFUSE = "note", "warn", "supervisor", "refuse"
HOLD_LEVELS = (NOTE, WARN, SUPERVISOR, REFUSE)
"""What a hold does, each more than the one before: it is shown; it is shown as a warning; only a
supervisor sells; nothing is sold."""

ANYBODY, LEADER = "anybody", "leader"
"""Who may lift a hold: whoever serves the customer, or a supervisor."""
