"""Adding up what shifts came to: sums of sums, the totals that follow a record, and their check.

Pure but for :data:`~yika_node.db.shift_sums.Ask`.  A row of a sum is one sort of movement in one
tender and one direction, as :func:`yika_node.db.shift_sums.figures` makes it, so that what came in
and what went out are never netted.
"""

from collections.abc import Iterable
from typing import Final

from yika_common.journal.cash_bodies import (
    CORRECTIONS,
    DRAWER,
    REST,
    TARIFFS_MAX,
    Priced,
    ShiftClosed,
    Summed,
    Totalled,
)
from yika_common.journal.record import decode_line
from yika_node.db.shift_sums import Ask

_LINE: Final = "SELECT line FROM record WHERE epoch = ? AND seq = ?"


def added(rows: Iterable[Summed]) -> tuple[Summed, ...]:
    """One row for each sort, tender and direction."""
    sums: dict[tuple[str, str, bool], tuple[int, int]] = {}
    for one in rows:
        key = one.what, one.tender, one.amount > 0
        times, amount = sums.get(key, (0, 0))
        sums[key] = times + one.times, amount + one.amount
    return tuple(
        Summed(what, tender, *sums[what, tender, up]) for what, tender, up in sorted(sums)
    )


def less(whole: Iterable[Summed], parts: Iterable[Summed]) -> tuple[Summed, ...]:
    """What is left of each sort, tender and direction; nothing where all of it is in the parts."""
    gone = {(one.what, one.tender, one.amount > 0): one for one in added(parts)}
    rest = []
    for one in added(whole):
        part = gone.get((one.what, one.tender, one.amount > 0))
        times, amount = (0, 0) if part is None else (part.times, part.amount)
        rest.append(Summed(one.what, one.tender, one.times - times, one.amount - amount))
    return tuple(one for one in rest if one.times)


def priced(rows: Iterable[Priced]) -> tuple[Priced, ...]:
    """One row for each version of a tariff, as many as a record holds."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for one in rows:
        times, amount = sums.get((one.tariff, one.version), (0, 0))
        sums[one.tariff, one.version] = times + one.times, amount + one.amount
    return with_rest(tuple(Priced(*key, *sums[key]) for key in sorted(sums)))


def with_rest(tariffs: tuple[Priced, ...]) -> tuple[Priced, ...]:
    """As many as a record holds: the largest each, all the others in one row."""
    if len(tariffs) <= TARIFFS_MAX:
        return tariffs
    ranked = sorted(tariffs, key=lambda one: (one.tariff == REST, -abs(one.amount)))
    kept, rest = ranked[: TARIFFS_MAX - 1], ranked[TARIFFS_MAX - 1 :]
    times, amount = sum(one.times for one in rest), sum(one.amount for one in rest)
    return (*sorted(kept), Priced(REST, 1, times, amount))


def taken(sums: Iterable[Summed]) -> int:
    """What customers paid, in whatever tender."""
    beside = (*DRAWER, *CORRECTIONS)
    return sum(one.amount for one in sums if one.what not in beside and one.amount > 0)


def given_back(sums: Iterable[Summed]) -> int:
    """What customers got back, above zero."""
    beside = (*DRAWER, *CORRECTIONS)
    return -sum(one.amount for one in sums if one.what not in beside and one.amount < 0)


def closed_at(ask: Ask, epoch: int, seq: int) -> ShiftClosed:
    """The Z report of that place."""
    ((line,),) = ask(_LINE, (epoch, seq))
    body = decode_line(bytes(line)).body
    assert isinstance(body, ShiftClosed), "the table names the record that closed the shift"
    return body


def total_at(ask: Ask, epoch: int, seq: int) -> Totalled:
    """The total of that place."""
    ((line,),) = ask(_LINE, (epoch, seq))
    body = decode_line(bytes(line)).body
    assert isinstance(body, Totalled), "the table names the record that says it"
    return body


def moved_between(
    ask: Ask, operator: str, opened: tuple[int, int], closed: tuple[int, int]
) -> int:
    """Every movement of a shift, from the rows of money themselves."""
    ((amount,),) = ask(
        "SELECT coalesce(sum(amount), 0) FROM money WHERE operator = ?"
        " AND (epoch, seq) >= (?, ?) AND (epoch, seq) < (?, ?)",
        (operator, *opened, *closed),
    )
    return int(amount)
