"""Reading what parts of shifts, sales days, months and years came to.

Plain statements; loaded with the first page or record that asks.
"""

from typing import Final, NamedTuple

from yika_node.db.shift_queries import SHIFT, ShiftQueries, ShiftRow
from yika_node.db.shift_sums import Ask, Place

_NO_END: Final = 2**62

PARTS_MAX: Final = 4096
"""Days that wait for their month, at most: more than anybody makes."""


class TotalRow(NamedTuple):
    """A total; see :class:`yika_node.db.cash_tables.Total`."""

    what: str
    batch: int
    period: str
    epoch: int
    seq: int
    at: int
    operator: str
    part_of: int
    opened_epoch: int
    opened: int


_TOTAL: Final = f"SELECT {', '.join(TotalRow._fields)} FROM total"  # noqa: S608 - own names


def newest(ask: Ask, what: str) -> TotalRow | None:
    """The newest of a sort."""
    rows = ask(f"{_TOTAL} WHERE what = ? ORDER BY batch DESC LIMIT 1", (what,))
    return TotalRow(*rows[0]) if rows else None


def next_batch(ask: Ask, what: str) -> int:
    """The number that the next of a sort gets."""
    before = newest(ask, what)
    return 1 if before is None else before.batch + 1


def loose(ask: Ask, what: str, limit: int) -> list[TotalRow]:
    """Days that are in no month yet, or months that are in no year, oldest first."""
    rows = ask(f"{_TOTAL} WHERE what = ? AND part_of = 0 ORDER BY batch LIMIT ?", (what, limit))
    return [TotalRow(*row) for row in rows]


def parts_of(ask: Ask, what: str, batch: int) -> list[TotalRow]:
    """The days of a month, or the months of a year: those of the sort ``what`` in that batch."""
    rows = ask(
        f"{_TOTAL} WHERE what = ? AND part_of = ? AND part_of > 0 ORDER BY batch", (what, batch)
    )
    return [TotalRow(*row) for row in rows]


def cuts_of(ask: Ask, opened: Place) -> list[TotalRow]:
    """The cuts of the shift that a record opened, oldest first."""
    rows = ask(
        f"{_TOTAL} WHERE opened_epoch = ? AND opened = ? AND opened > 0 ORDER BY batch", opened
    )
    return [TotalRow(*row) for row in rows]


def undated(ask: Ask, limit: int) -> list[ShiftRow]:
    """Closed shifts that are in no sales day yet, oldest report first."""
    rows = ask(f"{SHIFT} WHERE report > 0 AND day = 0 ORDER BY report LIMIT ?", (limit,))
    return [ShiftRow(*row) for row in rows]


def first_open(ask: Ask) -> int | None:
    """When the oldest shift that is open was opened, in seconds since 1970."""
    ((at,),) = ask("SELECT min(opened_at) FROM shift WHERE report = 0", ())
    return None if at is None else int(at)


class TotalQueries:
    """What the pages of totals ask; every question is one snapshot."""

    def __init__(self, book: ShiftQueries) -> None:
        self._book = book

    def one(self, what: str, batch: int) -> TotalRow | None:
        """A total by its sort and number."""
        with self._book.asking() as ask:
            rows = ask(f"{_TOTAL} WHERE what = ? AND batch = ?", (what, batch))
        return TotalRow(*rows[0]) if rows else None

    def some(self, what: str, below: int | None, limit: int) -> list[TotalRow]:
        """Those of a sort, newest first, below a number."""
        with self._book.asking() as ask:
            rows = ask(
                f"{_TOTAL} WHERE what = ? AND batch < ? ORDER BY batch DESC LIMIT ?",
                (what, below or _NO_END, limit),
            )
        return [TotalRow(*row) for row in rows]
