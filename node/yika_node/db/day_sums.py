"""What an operator did in a day, by index: for limits that hold for a day."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from yika_node.db.sold_projections import HOUR, REFUND, SOLD

_SOLD: Final = (
    "SELECT COALESCE(SUM(count), 0), COALESCE(SUM(abs(paid)), 0) FROM sold"
    " WHERE span = ? AND start >= ? AND start < ? AND outcome = ? AND operator = ?"
)
_EDGE: Final = (
    "SELECT COUNT(*), COALESCE(SUM(abs(paid)), 0) FROM intent INDEXED BY intent_at"
    " WHERE at >= ? AND at < ? AND operator = ? AND act = ? AND state <> 'superseded'"
)
_DEEDS: Final = (
    "SELECT COUNT(*), COALESCE(SUM(amount), 0) FROM deed"
    " WHERE operator = ? AND what = ? AND at >= ? AND at < ?"
)
_OUTCOMES: Final = {"sales": (SOLD, ""), "refunds": (REFUND, "refund")}
"""As :data:`yika_common.journal.staff_bodies.CAPPED` names them; the others are deeds."""

Ask = Callable[[str, Sequence[Any]], tuple[int, int]]
"""Runs one statement that answers with a count and a sum."""


def done_between(ask: Ask, operator: str, what: str, first: int, last: int) -> tuple[int, int]:
    """How often an operator did it from ``first`` to before ``last``, and for how much money.

    Whole hours are summed up; a day of a zone that is off by less has ends of its own.
    """
    if what not in _OUTCOMES:
        return ask(_DEEDS, (operator, what, first, last))
    outcome, act = _OUTCOMES[what]
    begin, end = -(-first // HOUR) * HOUR, last // HOUR * HOUR
    times, amount = ask(_SOLD, (HOUR, begin, end, outcome, operator))
    for since, until in ((first, begin), (end, last)):
        if since < until:
            more = ask(_EDGE, (since, until, operator, act))
            times, amount = times + more[0], amount + more[1]
    return times, amount
