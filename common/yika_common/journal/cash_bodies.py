"""What a record can say about a drawer: a shift opened, cash moved, counted and closed, banked.

And about what drawers come to together: a part of a shift, a sales day, a month, a year.

As :mod:`yika_common.journal.bodies`, in whose terms these are; loaded with the first of them.

What belongs to a shift is what its operator did from its ``shift`` record on up to its ``z``
record: no other record names a shift.
"""

from typing import Any, ClassVar, NamedTuple

from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.signing.fields import (
    ROWS_MAX,
    TEXT_MAX,
    is_number,
    is_text,
    listed,
    number,
    rows,
    text,
)
from yika_common.values import dataclass

FLOAT = "float"
DROP, PAID_IN, PAID_OUT, PETTY = "drop", "paid_in", "paid_out", "petty"
MOVES = (DROP, PAID_IN, PAID_OUT, PETTY)
"""Cash that goes into the safe; comes in, or goes out, beside all sales; petty cash spent."""

DRAWER = (FLOAT, *MOVES)
"""What moves cash and is neither taken from a customer nor given back to one."""

CORRECTED, CORRECTED_LATER = "corrected", "corrected_z"
CORRECTIONS = (CORRECTED, CORRECTED_LATER)
"""A payment was made in other tenders than was written down: set right in its own shift, or after
its Z report, when nothing moves in any drawer."""

REASON_MAX = 200
REFERENCE_MAX = 40
ZS_MAX = ROWS_MAX
"""Shifts in one banking."""

TARIFFS_MAX = ROWS_MAX
PIECES_MAX = 1_000_000
"""Of one note or coin in a drawer."""

REST = "*"
"""In a Z report's place for a tariff: all those together for which it has no more room."""

CUT, DAY, MONTH, YEAR = "cut", "day", "month", "year"
PERIODS = (DAY, MONTH, YEAR)
"""A part of a shift on one price basis; what the point's shifts come to, by their days."""

BASIS_MAX = 80

_DENOMINATIONS_MAX = 32
_WORD_MAX = 16
_U32 = (1 << 32) - 1
_DAY_SIZE = len("2026-04-01")
_TOTAL_MAX = 10**15
"""A sum that only ever grows, of one vending point."""


class Counted(NamedTuple):
    """So many pieces of a note or coin of that value."""

    value: int
    pieces: int


class Summed(NamedTuple):
    """The movements of one sort, in one tender: how many, and what they come to."""

    what: str
    tender: str
    times: int
    amount: int


class Priced(NamedTuple):
    """The purchases priced by one version of a tariff: how many meters, and their price."""

    tariff: str
    version: int
    times: int
    amount: int


def _counts(key: str) -> Any:
    checks = is_number(1, FIGURE_MAX), is_number(1, PIECES_MAX)
    return rows(key, Counted, checks, most=_DENOMINATIONS_MAX, default=())


def _sums(key: str) -> Any:
    word, times = is_text(1, _WORD_MAX), is_number(1, _U32)
    checks = word, word, times, is_number(-FIGURE_MAX, FIGURE_MAX)
    return rows(key, Summed, checks, default=())


def _prices(key: str) -> Any:
    times = is_number(1, _U32)
    checks = is_text(1, TEXT_MAX), times, times, is_number(-FIGURE_MAX, FIGURE_MAX)
    return rows(key, Priced, checks, default=())


def worth(counts: tuple[Counted, ...]) -> int:
    """What so many pieces come to."""
    return sum(value * pieces for value, pieces in counts)


def _check_counts(counts: tuple[Counted, ...], amount: int) -> None:
    if counts and worth(counts) != amount:
        raise ValueError(Phrase("“amt” is what “dn” comes to"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOpened(Body):
    """The operator took a drawer with so much cash to give change from."""

    kind: ClassVar[str] = "shift"
    amount: int = number("amt", most=FIGURE_MAX)
    counts: tuple[Counted, ...] = _counts("dn")
    """By note and coin; empty: only the sum was counted."""
    basis: str = text("bs", most=BASIS_MAX, default="")
    """What its first prices rest on: the program, the settings and the tariffs in force."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: the pieces come to the sum."""
        Body.__post_init__(self)
        _check_counts(self.counts, self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashMoved(Body):
    """Cash came into the operator's drawer, or left it, and nobody bought anything."""

    kind: ClassVar[str] = "cash"
    what: str = text("w", among=MOVES)
    amount: int = number("amt", least=1, most=FIGURE_MAX)
    reason: str = text("why", most=REASON_MAX)
    reference: str = text("ref", most=REFERENCE_MAX, default="")
    """Number of the paper that says so."""
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed."""

    @property
    def signed(self) -> int:
        """The same, above zero when it comes in."""
        return self.amount if self.what == PAID_IN else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawerOpened(Body):
    """The drawer was opened, and no money moved."""

    kind: ClassVar[str] = "drawer"
    reason: str = text("why", most=REASON_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftClosed(Body):
    """A drawer was counted, and its shift is closed, under a number without gap: the Z report.

    ``amount`` was counted before ``expected`` was told to whoever counted.
    """

    kind: ClassVar[str] = "z"
    report: int = number("z", least=1, most=_U32)
    opened: int = number("iq", least=1)
    """Seq of the shift's opening."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of the opening; 0: this one."""
    amount: int = number("amt", most=FIGURE_MAX)
    counts: tuple[Counted, ...] = _counts("dn")
    expected: int = number("ex", least=-FIGURE_MAX, most=FIGURE_MAX)
    """Float and cash that came in, less cash that went out."""
    sums: tuple[Summed, ...] = _sums("sm")
    """Every movement of the shift, the float included."""
    tariffs: tuple[Priced, ...] = _prices("tf")
    """What was sold on each price basis: a tariff that changed meanwhile has a row for each.

    The journal's purchases say it of each sale; these are the subtotals.
    """
    first: str = text("fr", most=REFERENCE_MAX, default="")
    last: str = text("lr", most=REFERENCE_MAX, default="")
    """Numbers of its first and last receipt; empty: it has none."""
    receipts: int = number("nr", most=_U32, default=0)
    refunds: int = number("nb", most=_U32, default=0)
    opens: int = number("nd", most=_U32, default=0)
    """How often the drawer was opened without a sale."""
    pending: int = number("np", most=_U32, default=0)
    """Sales whose money is in the sums and whose credit is not on its card yet."""
    taken: int = number("gt", most=_TOTAL_MAX)
    given_back: int = number("gb", most=_TOTAL_MAX)
    """Of all shifts of this vending point up to this one: what customers paid, and got back."""
    reason: str = text("why", most=REASON_MAX, default="")
    accepted: int = number("da", most=FIGURE_MAX, default=0)
    """A difference up to this one needs no words, by the settings then in force."""
    unsigned: int = number("ds", most=FIGURE_MAX, default=0)
    """Beyond this one a second person signs for it; 0: never."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: the pieces come to the sum."""
        Body.__post_init__(self)
        _check_counts(self.counts, self.amount)

    @property
    def difference(self) -> int:
        """What was counted beyond what was expected."""
        return self.amount - self.expected

    @property
    def wants(self) -> int:
        """What the difference asks for: 0 nothing, 1 a reason, 2 a second person's signature."""
        size = abs(self.difference)
        if size <= self.accepted:
            return 0
        return 2 if self.unsigned and size > self.unsigned else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceExplained(Body):
    """Why a drawer held more or less than expected; what was counted stays as it was."""

    kind: ClassVar[str] = "z_why"
    report: int = number("z", least=1, most=_U32)
    reason: str = text("why", most=REASON_MAX)
    approved: int = number("aq", default=0)
    """Seq of the approval, where a second person signs for the difference; 0: nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Banked(Body):
    """The takings of closed shifts were brought to the bank together."""

    kind: ClassVar[str] = "banked"
    batch: int = number("n", least=1, most=_U32)
    """Its number, without gap."""
    shifts: tuple[int, ...] = listed("zs", is_number(1, _U32), most=ZS_MAX)
    """Numbers of their Z reports."""
    amount: int = number("amt", most=FIGURE_MAX)
    expected: int = number("ex", least=-FIGURE_MAX, most=FIGURE_MAX)
    """What those shifts left to be banked."""
    bank_account: str = text("ac", most=64, default="")
    holder: str = text("bh", most=64, default="")
    branch: str = text("bb", most=64, default="")
    bank: str = text("bn", most=64, default="")
    """Whose account it is and where, as the settings then had it."""
    reference: str = text("ref", most=REFERENCE_MAX, default="")
    """Number of the bank's own slip."""
    reason: str = text("why", most=REASON_MAX, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingSold(Body):
    """On these days, both included, no drawer was open here and no money moved: a null record."""

    kind: ClassVar[str] = "idle"
    first: str = text("fd", least=_DAY_SIZE, most=_DAY_SIZE)
    last: str = text("ld", least=_DAY_SIZE, most=_DAY_SIZE)
    """Days of this vending point's calendar, as 2026-04-01."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totalled(Body):
    """What a part of a shift, or the shifts of a day, a month or a year, come to.

    A ``cut`` ends the part of an open shift that was sold on one price basis.  A ``day`` is made
    of Z reports, a ``month`` of days, a ``year`` of months: each is in one alone.  One in which
    nothing was sold has no sums: a null record.
    """

    kind: ClassVar[str] = "total"
    what: str = text("w", among=(CUT, *PERIODS))
    batch: int = number("n", least=1, most=_U32)
    """Its number among those of its sort at this vending point, without gap."""
    period: str = text("pd", most=_DAY_SIZE, default="")
    """The day as 2026-04-01, the month as 2026-04, the year as 2026; of a cut empty."""
    reports: tuple[int, ...] = listed("zs", is_number(1, _U32), default=())
    """Of a day: numbers of its Z reports."""
    first_part: int = number("fn", most=_U32, default=0)
    last_part: int = number("ln", most=_U32, default=0)
    """Of a month the numbers of its days, of a year those of its months; 0: there is none."""
    opened: int = number("iq", default=0)
    """Of a cut: seq of the shift's opening."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of the opening; 0: this one."""
    basis: str = text("bs", most=BASIS_MAX, default="")
    """Of a cut: what prices rest on from here on."""
    sums: tuple[Summed, ...] = _sums("sm")
    tariffs: tuple[Priced, ...] = _prices("tf")
    receipts: int = number("nr", most=_U32, default=0)
    refunds: int = number("nb", most=_U32, default=0)
    pending: int = number("np", most=_U32, default=0)
    declared: int = number("amt", most=_TOTAL_MAX, default=0)
    expected: int = number("ex", least=-_TOTAL_MAX, most=_TOTAL_MAX, default=0)
    to_bank: int = number("tb", least=-_TOTAL_MAX, most=_TOTAL_MAX, default=0)
    """Of its shifts together: counted, expected, left to be banked."""
    taken: int = number("gt", most=_TOTAL_MAX, default=0)
    given_back: int = number("gb", most=_TOTAL_MAX, default=0)
    """Of all shifts of this vending point up to here; of a cut 0."""
