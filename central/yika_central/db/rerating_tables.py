"""What re-rating found, and what was posted because of it.

``rating`` and ``rating_share`` say what is true now and are replaced when it changes; ``posting``
is append-only but for the mark that it is settled.  The postings of a sale add up to its rating's
difference, always.
"""

from sqlalchemy import Index, false, text
from sqlmodel import Field

from yika_central.db.base import Row, added, integer, integer_key, key, maybe_integer


class Rating(Row, table=True):
    """What one sale should have cost: its right tariff, place in the quota, and amount.

    ``difference`` is ``amount`` minus what was charged: above zero the customer owes, below zero
    he is owed.  ``counted_at`` is the time the sale counts at, ``straddles`` whether its bracket
    reaches over an edge of price or period.  A sale that cannot be priced has its ``problem`` and
    the difference 0.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    account: str
    service: str
    counted_at: int = integer()
    period: str = ""
    tariff_id: str = ""
    tariff_version: int = integer(0)
    tariff_hash: str = ""
    used_before: int = integer(0)
    heating_year: int | None = maybe_integer()
    charged_through: int = added(0)
    free_day: int = added(0)
    amount: int = integer()
    difference: int = integer()
    straddles: bool = False
    problem: str = ""
    rated_at: int = integer()
    __table_args__ = (Index("rating_account", "account", "service"),)


class RatingShare(Row, table=True):
    """The part of a sale's difference that one cause made; the parts add up to it."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    cause: str = key()
    amount: int = integer()


class Posting(Row, table=True):
    """A change of a sale's difference, posted to its account; ``number`` rises from 1 by sale."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    number: int = integer_key()
    account: str
    service: str
    cause: str = added("")
    amount: int = integer()
    posted_at: int = integer()
    settled: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """Whether ``settlement`` says what became of it."""
    __table_args__ = (
        Index("posting_account", "account", "posted_at"),
        Index("posting_time", "posted_at"),
        Index(
            "posting_unsettled",
            "account",
            sqlite_where=text("NOT settled"),
            postgresql_where=text("NOT settled"),
        ),
    )


class Ruling(Row, table=True):
    """A person's decision on one sale; the last ``number`` of each kind says whether it ``holds``.

    VOID: the sale is void, its money is owed back and its quantity counts no more.  TIME: the
    sale counts at ``at`` (seconds), whatever its stamp and bracket say.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    kind: str = key()
    number: int = integer_key()
    holds: bool = True
    at: int | None = maybe_integer()
    account: str
    service: str
    reason: str
    ruled_by: str
    seconded_by: str = ""
    ruled_at: int = integer()
    __table_args__ = (Index("ruling_account", "account", "service"),)
