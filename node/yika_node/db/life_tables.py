"""The tables of what becomes of accounts after they were opened.

A class for a table takes 80 KiB in a server, so these are loaded when one is asked for; what kind
each is stands in :mod:`yika_node.db.tables`.
"""

from sqlalchemy import Index, text
from sqlmodel import Field

from yika_node.db import row
from yika_node.db.row import WITHOUT_ROWID, Row


class AccountEvent(Row, table=True):
    """Projection: a record, at (epoch, seq), that tells of an account other than by sales."""

    account: str = row.key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    kind: str
    __table_args__ = (Index("account_event_place", "epoch", "seq"), WITHOUT_ROWID)


class AccountState(Row, table=True):
    """Projection: how an account stands by this journal; one of which nothing was said has no row.

    ``status`` is empty, ``suspended`` or ``closed``, since ``status_at``; ``who`` is its holder as
    last amended here, sealed, since ``who_at``, empty: as it was opened.  ``premises`` is the same
    for the same address.
    """

    account: str = row.key()
    status: str
    status_at: int = row.number()
    who: str
    who_at: int = row.number()
    community: str
    premises: str
    __table_args__ = (
        Index("account_state_premises", "premises", sqlite_where=text("premises <> ''")),
        WITHOUT_ROWID,
    )


class AccountHold(Row, table=True):
    """Projection: a hold on an account, named by its record; ``node`` is empty for our own.

    Of a hold that another vending point put on, only that it was lifted here is known.
    """

    node: str = row.key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    account: str = Field(index=True)
    level: str
    words: str
    until: int = row.number()
    lifter: str
    at: int = row.number()
    operator: str
    lifted_at: int | None = row.maybe_number()


class Complaint(Row, table=True):
    """Projection: a customer's complaint, named by its record; ``words`` are sealed.

    It is of the receipt at (``of_epoch``, ``receipt``), or of the account as a whole (0, 0).
    """

    epoch: int = row.number_key()
    seq: int = row.number_key()
    at: int = row.number()
    operator: str
    account: str
    about: str
    words: str
    of_epoch: int = row.number()
    receipt: int = row.number()
    __table_args__ = (
        Index("complaint_account", "account", "epoch", "seq"),
        WITHOUT_ROWID,
    )


class ComplaintPhoto(Row, table=True):
    """Projection: a photograph, by its record at (epoch, seq), of the complaint ``of_…``."""

    of_epoch: int = row.number_key()
    of_seq: int = row.number_key()
    epoch: int = row.number_key()
    seq: int = row.number_key()
    at: int = row.number()
    operator: str
    digest: str
    size: int = row.number()
    __table_args__ = (WITHOUT_ROWID,)


class Photograph(Row, table=True):
    """Truth: a photograph's bytes, sealed, under the SHA-256 that its record names."""

    digest: str = row.key()
    sealed: bytes
