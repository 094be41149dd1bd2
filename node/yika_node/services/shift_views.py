"""What the desk of drawers hands to pages and printers: plain values."""

from datetime import datetime
from typing import Final

from yika_common.journal.cash_bodies import (
    DRAWER,
    DROP,
    FLOAT,
    Counted,
    Priced,
    Summed,
)
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.money_projections import CASH
from yika_node.db.total_sums import given_back, taken

DENOMINATIONS: Final = (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)
"""Notes and coins of the renminbi in use, in fen, largest first."""


@dataclass(frozen=True, slots=True)
class OpenShift:
    """A shift that is not closed; ``suspended``: it is of an earlier business day."""

    epoch: int
    seq: int
    operator: str
    opened_at: datetime
    amount: Money
    suspended: bool


@dataclass(frozen=True, slots=True)
class CashMove:
    """Cash that moved beside all sales; ``amount`` is above zero when it came in."""

    at: datetime
    what: str
    amount: Money
    reason: str
    reference: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a shift, all of it on one price basis.

    ``until`` is when it was cut, None for the last one; ``changed`` says what did then: of
    ``program``, ``settings`` and ``tariffs``.
    """

    number: int
    until: datetime | None
    changed: tuple[str, ...]
    sums: tuple[Summed, ...]
    receipts: int

    @property
    def taken(self) -> Money:
        """What customers paid in it."""
        return Money(taken(self.sums))

    @property
    def given_back(self) -> Money:
        """What customers got back in it."""
        return Money(given_back(self.sums))


class Takings:
    """What is told alike of a shift, a sales day, a month and a year: of what moved in it."""

    __slots__ = ()
    sums: tuple[Summed, ...]

    @property
    def takings(self) -> tuple[Summed, ...]:
        """What customers paid and got back, by sort and tender."""
        return tuple(one for one in self.sums if one.what not in DRAWER)

    @property
    def tenders(self) -> tuple[tuple[str, Money], ...]:
        """What customers paid, less what they got back, by tender."""
        sums: dict[str, int] = {}
        for one in self.takings:
            sums[one.tender] = sums.get(one.tender, 0) + one.amount
        return tuple((tender, Money(amount)) for tender, amount in sorted(sums.items()))

    @property
    def turnover(self) -> Money:
        """The same in all tenders together."""
        return Money(sum(one.amount for one in self.takings))


@dataclass(frozen=True, slots=True)
class ZReport(Takings):
    """What a shift came to: a Z report, or an X report, which closes nothing (``number`` 0).

    Everything is as it was recorded when the drawer was counted.  ``sums`` has each sort of
    movement in each tender, the float included; ``tariffs`` the price of what was sold by each
    version of a tariff.  Of an X report ``declared`` is None, as is ``expected`` for whoever must
    not know it before he counts; then ``sums`` has no cash.  ``taken`` and ``given_back`` are of
    all shifts of the vending point up to this one, and 0 in an X report.
    """

    number: int
    node: str
    operator: str
    opened_at: datetime
    closed_at: datetime
    closed_by: str
    float_amount: Money
    declared: Money | None
    counts: tuple[Counted, ...]
    expected: Money | None
    sums: tuple[Summed, ...]
    tariffs: tuple[Priced, ...]
    first: str
    last: str
    receipts: int
    refunds: int
    opens: int
    pending: int
    taken: Money = Money(0)
    given_back: Money = Money(0)
    to_bank: Money = Money(0)
    batch: int = 0
    reason: str = ""
    wants: int = 0
    signed_by: str = ""
    unanswered: bool = False
    day: int = 0
    moves: tuple[CashMove, ...] = ()
    shift: str = ""
    """Number of the record that opened it, which its receipts name."""
    parts: tuple[Part, ...] = ()

    @property
    def difference(self) -> Money | None:
        """What was counted beyond what was expected; None where nothing was counted."""
        if self.declared is None or self.expected is None:
            return None
        return Money(self.declared - self.expected)

    @property
    def drawer(self) -> tuple[Summed, ...]:
        """What moved cash beside that, without the float."""
        return tuple(one for one in self.sums if one.what in DRAWER and one.what != FLOAT)

    @property
    def cash(self) -> Money:
        """The same in cash."""
        return Money(sum(one.amount for one in self.takings if one.tender == CASH))

    @property
    def safe(self) -> Money:
        """What was put into the safe during the shift."""
        return Money(-sum(one.amount for one in self.sums if one.what == DROP))


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A Z report in a list."""

    number: int
    operator: str
    opened_at: datetime
    closed_at: datetime
    declared: Money
    expected: Money
    to_bank: Money
    batch: int
    reason: str
    unanswered: bool = False

    @property
    def difference(self) -> Money:
        """What was counted beyond what was expected."""
        return Money(self.declared - self.expected)


@dataclass(frozen=True, slots=True)
class BankingView:
    """Takings that were brought to the bank together."""

    number: int
    at: datetime
    operator: str
    amount: Money
    expected: Money
    bank_account: str
    reference: str
    reason: str
    epoch: int
    seq: int
    holder: str = ""
    branch: str = ""
    bank: str = ""
    reports: tuple[ReportLine, ...] = ()

    @property
    def difference(self) -> Money:
        """What was banked beyond what the shifts left."""
        return Money(self.amount - self.expected)
