"""What a shift comes to, read from the rows of that shift alone.

The rows of a shift are those of its operator from its opening on, up to its close: an index leads
to them, so that a shift costs the same after ten years as on the first day.  Any connection can be
asked (:data:`Ask`): that of the page that shows an X report, and that of the transaction that
closes the shift.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from yika_common.journal import bodies, card_bodies
from yika_common.journal.body import Body
from yika_common.journal.cash_bodies import (
    CORRECTED_LATER,
    CORRECTIONS,
    DRAWER,
    CashMoved,
    Priced,
    ShiftOpened,
    Summed,
)
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import Charged
from yika_common.signing import strict_json
from yika_common.values import dataclass
from yika_node.db.money_projections import CASH

Ask = Callable[[str, tuple[Any, ...]], Sequence[Sequence[Any]]]
"""Runs a statement with its values; gives all rows."""

Place = tuple[int, int]
"""Epoch and seq."""

_BESIDE: Final = (*DRAWER, *CORRECTIONS)
"""What nobody paid and nobody got back."""

_MOVING: Final = frozenset(("intent", "card", "refunded", "shift", "cash", "charge"))
"""Kinds of records that may say that money moved."""


class Receipts(NamedTuple):
    """How many payments, and the places of the first and the last."""

    number: int
    first: Place | None
    last: Place | None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a shift comes to so far."""

    sums: tuple[Summed, ...]
    tariffs: tuple[Priced, ...]
    receipts: Receipts
    refunds: int
    pending: int

    @property
    def expected(self) -> int:
        """Cash that must be in the drawer, minor units."""
        return sum(
            one.amount for one in self.sums if one.tender == CASH and one.what != CORRECTED_LATER
        )

    @property
    def taken(self) -> int:
        """What customers paid, in whatever tender."""
        return sum(one.amount for one in self.sums if one.what not in _BESIDE and one.amount > 0)

    @property
    def given_back(self) -> int:
        """What customers got back, above zero."""
        return -sum(one.amount for one in self.sums if one.what not in _BESIDE and one.amount < 0)

    @property
    def total(self) -> int:
        """Every movement of the shift, whatever its tender."""
        return sum(one.amount for one in self.sums)


def figures(ask: Ask, operator: str, opened: Place) -> Figures:
    """What the operator's shift, open since that record, comes to."""
    since = (operator, *opened)
    sums = ask(
        "SELECT what, tender, count(*), sum(amount) FROM money"
        " WHERE operator = ? AND (epoch, seq) >= (?, ?)"
        " GROUP BY what, tender, amount > 0 ORDER BY what, tender, amount > 0",
        since,
    )
    tariffs = ask(
        "SELECT tariff, tariff_version, count(*), sum(amount) FROM intent"
        " WHERE (epoch, seq) > (?, ?) AND operator = ? AND act = ''"
        " GROUP BY tariff, tariff_version ORDER BY tariff, tariff_version",
        (*opened, operator),
    )
    ((refunds,),) = ask(
        "SELECT count(*) FROM money WHERE operator = ? AND (epoch, seq) > (?, ?)"
        " AND what = 'refund'",
        since,
    )
    ((pending,),) = ask(
        "SELECT count(*) FROM intent WHERE state = 'pending' AND operator = ?"
        " AND (epoch, seq) > (?, ?)",
        since,
    )
    return Figures(
        tuple(Summed(*row) for row in sums),
        tuple(Priced(*row) for row in tariffs),
        _receipts(ask, operator, opened),
        refunds,
        pending,
    )


def _receipts(ask: Ask, operator: str, opened: Place) -> Receipts:
    """Payments for supply, and charges beside it, each with a receipt of its own number."""
    paid = (
        "SELECT DISTINCT epoch, basket AS place FROM intent"
        " WHERE (epoch, seq) > (?, ?) AND operator = ? AND act = ''"
        " UNION SELECT epoch, seq FROM charge WHERE (epoch, seq) > (?, ?) AND operator = ?"
        " ORDER BY epoch, place"
    )
    places = ask(paid, (*opened, operator, *opened, operator))
    if not places:
        return Receipts(0, None, None)
    return Receipts(len(places), tuple(places[0]), tuple(places[-1]))


def journal_total(ask: Ask, operator: str, opened: Place) -> int:
    """The same total as :attr:`Figures.total`, from the lines of the journal themselves."""
    total = 0
    lines = ask(
        "SELECT line FROM record WHERE (epoch, seq) >= (?, ?)"
        " AND instr(line, CAST(? AS BLOB)) > 0",
        (*opened, f'"op":{strict_json.quoted(operator)},'),
    )
    for (line,) in lines:
        if line[6 : line.index(b'"', 6)].decode() in _MOVING:
            record = decode_line(bytes(line))
            if record.operator == operator and isinstance(record.body, Body):
                total += moves(record.body)
    return total


def moves(body: Body) -> int:
    """What a record says that moved: minor units, above zero when it came in."""
    if isinstance(body, bodies.Intent):
        return body.paid if body.act == bodies.PURCHASE else 0
    if isinstance(body, bodies.CardIssued):
        return body.fee
    if isinstance(body, card_bodies.RefundPaid):
        return -body.amount
    if isinstance(body, ShiftOpened):
        return body.amount
    return body.signed if isinstance(body, CashMoved | Charged) else 0
