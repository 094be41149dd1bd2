"""Accounts that may be one household's: what tells so, what was proposed, and what was merged.

``account_trace`` is an index of what can be the same of two accounts, by keyed digests; it is
kept as accounts arrive (``trace_due`` names those to be looked at) and can be made again.
``household`` has a row for every account of a merge, the surviving one too, and none for others.
"""

from sqlalchemy import Index

from yika_central.db.base import Row, integer, key


class AccountTrace(Row, table=True):
    """What an account can be recognised by: ``kind`` is address, phone or document."""

    account: str = key()
    kind: str = key()
    digest: str
    __table_args__ = (Index("account_trace_digest", "kind", "digest"),)


class TraceDue(Row, table=True):
    """An account that was opened or changed since it was compared with the others."""

    account: str = key()
    ticket: int = integer(1)


class DuplicatePair(Row, table=True):
    """Two accounts, ``account`` below ``other``, that share what ``why`` names, by spaces.

    ``state`` is OPEN, MERGED, or DIFFERENT where a person said so: it is never proposed again.
    """

    account: str = key()
    other: str = key()
    why: str
    state: str = "OPEN"
    found_at: int = integer()
    decided_by: str = ""
    seconded_by: str = ""
    reason: str = ""
    decided_at: int = integer(0)
    __table_args__ = (
        Index("duplicate_pair_state", "state", "account", "other"),
        Index("duplicate_pair_other", "other"),
    )


class Household(Row, table=True):
    """The account that an account belongs to; the surviving one belongs to itself."""

    account: str = key()
    survivor: str
    __table_args__ = (Index("household_survivor", "survivor"),)


class AccountMerge(Row, table=True):
    """That an account was merged into another one, as it was then; who did it, and why."""

    account: str = key()
    survivor: str
    made_by: str
    seconded_by: str
    reason: str
    made_at: int = integer()
