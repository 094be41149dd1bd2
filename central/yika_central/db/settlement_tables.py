"""What becomes of the differences that re-rating posts: settled, adjusted, owed, booked.

``settlement``, ``adjustment_entry``, ``quantity_entry`` and ``debt_entry`` are append-only: what
they say is never changed, only added to.  ``month`` is the accounting month that a row is booked
in, ``of_month`` the month it is about; both are ``YYYY-MM`` in the utility's time zone.
"""

from sqlalchemy import Index

from yika_central.db.base import Row, added, integer, integer_key, key


class PolicyChange(Row, table=True):
    """How differences of one cause are treated from a moment on; the last such change holds.

    ``owes_…`` is for what the customer owes, ``owed_…`` for what he is owed.  Differences below a
    threshold are absorbed.
    """

    number: int = integer_key()
    cause: str
    owes_adjusted: bool
    owes_threshold: int = integer()
    owed_adjusted: bool
    owed_threshold: int = integer()
    valid_from: int = integer()
    changed_by: str
    reason: str
    changed_at: int = integer()
    __table_args__ = (Index("policy_cause", "cause", "valid_from"),)


class Settlement(Row, table=True):
    """What became of one posting, named like it: ``posted`` is ``absorbed`` plus ``adjusted``.

    ``policy`` is the number of the policy's change, 0 for the one that is delivered.
    """

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    number: int = integer_key()
    account: str
    service: str
    cause: str
    policy: int = integer(0)
    posted: int = integer()
    absorbed: int = integer()
    adjusted: int = integer()
    month: str
    of_month: str
    settled_at: int = integer()
    __table_args__ = (Index("settlement_month", "month"),)


class AdjustmentEntry(Row, table=True):
    """A part of an account's cumulative adjustment; ``amount`` above zero is the customer's.

    ``number`` is the adjustment's number from this part on: parts that came together share it.
    What it is about is a posting of a sale, a sale, a debt, or a person's decision, by ``kind``.
    """

    account: str = key()
    entry: int = integer_key()
    number: int = integer()
    kind: str
    cause: str = ""
    amount: int = integer()
    node: str = ""
    epoch: int = integer(0)
    branch: int = integer(0)
    seq: int = integer(0)
    posting: int = integer(0)
    debt: str = ""
    month: str
    of_month: str
    reason: str = ""
    made_by: str = ""
    seconded_by: str = ""
    made_at: int = integer()
    __table_args__ = (
        Index("adjustment_entry_month", "month"),
        Index("adjustment_entry_sale", "node", "epoch", "branch", "seq"),
    )


class QuantityEntry(Row, table=True):
    """A part of the cumulative adjustment of one meter's quantity.

    Decided by a person; or, where ``made_by`` is empty, what ``meter`` had no room for when it
    took the place of ``old``.  It holds at most ``holds``; 0: nobody said.
    """

    account: str = key()
    slot: int = integer_key()
    number: int = integer_key()
    service: str
    amount: int = integer()
    month: str
    reason: str
    made_by: str
    seconded_by: str = ""
    made_at: int = integer()
    old: str = added("")
    meter: str = added("")
    holds: int = added(0)


class Debt(Row, table=True):
    """A sum that is collected with purchases.

    ``share`` is in millionths of the payment, ``least`` money per sale; lower ``priority`` goes
    first.  Nodes are told of it once it has ``begun``, which it does at ``not_before`` (seconds).
    From the day after ``due_on`` (``YYYY-MM-DD``, empty: never) each day costs ``daily_fee``
    millionths of what is not paid, up to ``fee_most`` in all.  ``cause`` is the record of the
    meter's change whose over-use it is for (:mod:`yika_central.db.over_use`); empty: none.
    """

    account: str = key()
    debt: str = key()
    zh: str
    en: str
    amount: int = integer()
    share: int = integer()
    least: int = integer()
    priority: int = integer()
    not_before: int = integer(0)
    begun: bool = False
    due_on: str = ""
    daily_fee: int = integer(0)
    fee_most: int = integer(0)
    month: str
    reason: str
    registered_by: str
    seconded_by: str = ""
    registered_at: int = integer()
    cause: str = added("")
    __table_args__ = (
        Index("debt_id", "debt", unique=True),
        Index("debt_month", "month"),
    )


class DebtEntry(Row, table=True):
    """A change of what is owed of a debt: a late FEE, or what was WAIVED or MOVED (below zero).

    What was moved is owed by the account that this one was merged into, as a debt of its own.
    """

    account: str = key()
    debt: str = key()
    number: int = integer_key()
    kind: str
    amount: int = integer()
    upto: str = ""
    month: str
    of_month: str
    reason: str = ""
    made_by: str = ""
    seconded_by: str = ""
    made_at: int = integer()
    __table_args__ = (Index("debt_entry_month", "month"),)


class SettlementDue(Row, table=True):
    """What is owed between headquarters and this account may have changed by a node's records."""

    account: str = key()
    node: str = key()
    ticket: int = integer(1)


class LateSale(Row, table=True):
    """A sale of a month that was closed when it arrived; it is booked in a later one."""

    node: str = key()
    epoch: int = integer_key()
    branch: int = integer_key()
    seq: int = integer_key()
    month: str
    of_month: str
    __table_args__ = (Index("late_sale_month", "month"), Index("late_sale_of", "of_month"))


class ClosedMonth(Row, table=True):
    """An accounting month that is closed, with its ``figures`` (JSON) and their SHA-256.

    ``zone`` is the utility's time zone as it was then: it says which sales come too late.
    """

    month: str = key()
    zone: str
    figures: bytes
    digest: str
    closed_by: str
    closed_at: int = integer()
