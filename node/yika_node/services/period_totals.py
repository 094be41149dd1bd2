"""Sales days, months and years: what is due, made from the parts below it and from nothing else.

::

    Z reports of a day's shifts ─► day ─► month ─► year

A shift belongs to the day on which it was opened.  A day is over once it is past and no shift of
it, or of one before, is open; a month once all its days are; so the next of each is its last one's
successor, and each part is in one alone.  They are made when somebody opens a shift, in a commit
before it, or on wish for the day that is still going on: shifts opened after that make another
batch of that day.  A month without a sale has its record too: a null record, with the perpetual
totals that the one before had.

A clock that was ahead for a while leaves shifts and totals of days that are not yet.  Such a shift
counts in the last day that is over, and periods begin again where the days do: a month that was
made too early, empty as a rule, is then made once more under the next number.

Source: H5 and H9 of the catalogue of functions.  What a day comes to is compared with the rows of
money themselves (H6).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from yika_common.journal.cash_bodies import DAY, MONTH, YEAR, ZS_MAX, Totalled
from yika_common.numbers import Money, money_to_text
from yika_node.db.shift_queries import ShiftRow
from yika_node.db.shift_sums import Ask
from yika_node.db.total_queries import PARTS_MAX, first_open, loose, newest, undated
from yika_node.db.total_sums import (
    added,
    closed_at,
    given_back,
    moved_between,
    priced,
    taken,
    total_at,
)
from yika_node.services.shift_errors import BooksDisagree
from yika_node.services.timekeeping import LEAP_S

_AT_ONCE: Final = 4096
"""Closed shifts that are looked at in one go: more than a point closes between two openings."""

_AHEAD: Final = timedelta(seconds=LEAP_S)
"""A day further ahead than this was told by a wrong clock (:mod:`.timekeeping`)."""

_MONTH: Final = len("2026-04")
_YEAR: Final = len("2026")


class Ever(NamedTuple):
    """What customers ever paid and got back, as totals carry it on."""

    taken: int = 0
    given_back: int = 0


def due(ask: Ask, day_of: Callable[[int], date], today: date) -> list[Totalled]:
    """The days, months and years that are over and have no record yet, in their order.

    Raises:
        BooksDisagree: the Z reports of a day and the rows of money come to different sums.
    """
    opened = first_open(ask)
    end = today if opened is None else min(today, day_of(opened))
    far, last = today + _AHEAD, end - timedelta(days=1)

    def dated(at: int) -> date:
        return last if day_of(at) > far else day_of(at)

    rows = [row for row in undated(ask, _AT_ONCE) if dated(row.opened_at) < end]
    days = list(_days(ask, rows, dated))
    months = list(_spans(ask, MONTH, days, _MONTH, str(end)[:_MONTH]))
    years = list(_spans(ask, YEAR, months, _YEAR, str(end)[:_YEAR]))
    return [*days, *months, *years]


def day_so_far(ask: Ask, day_of: Callable[[int], date], today: date) -> Totalled | None:
    """The batch of the day that is still going on, of what is closed and in no batch yet.

    None where there is nothing, or a drawer of an earlier day is still to be counted.

    Raises:
        BooksDisagree: as :func:`due`.
    """
    opened = first_open(ask)
    if opened is not None and day_of(opened) < today:
        return None
    before = [one for one in due(ask, day_of, today) if one.what == DAY]
    dated = {report for one in before for report in one.reports}
    rows = [row for row in undated(ask, _AT_ONCE) if row.report not in dated]
    return next(_days(ask, rows, day_of, before[-1] if before else None), None)


def _days(
    ask: Ask,
    rows: Sequence[ShiftRow],
    day_of: Callable[[int], date],
    last: Totalled | None = None,
) -> Iterator[Totalled]:
    """A batch for each day; more than one where a day has more reports than a record holds."""
    batch, ever = _after(ask, DAY) if last is None else (last.batch + 1, _ever(last))
    by_day: dict[date, list[ShiftRow]] = {}
    for row in rows:
        by_day.setdefault(day_of(row.opened_at), []).append(row)
    for day in sorted(by_day):
        for first in range(0, len(by_day[day]), ZS_MAX):
            made = _day(ask, by_day[day][first : first + ZS_MAX], (str(day), batch), ever)
            batch, ever = batch + 1, _ever(made)
            yield made


def _day(ask: Ask, rows: Sequence[ShiftRow], named: tuple[str, int], ever: Ever) -> Totalled:
    bodies = [closed_at(ask, row.closed_epoch, row.closed_seq) for row in rows]
    sums = added(one for body in bodies for one in body.sums)
    told, moved = (
        sum(one.amount for one in sums),
        sum(
            moved_between(
                ask, row.operator, (row.epoch, row.seq), (row.closed_epoch, row.closed_seq)
            )
            for row in rows
        ),
    )
    if told != moved:
        raise BooksDisagree(table=money_to_text(Money(moved)), journal=money_to_text(Money(told)))
    return Totalled(
        what=DAY,
        period=named[0],
        batch=named[1],
        reports=tuple(row.report for row in rows),
        sums=sums,
        tariffs=priced(one for body in bodies for one in body.tariffs),
        receipts=sum(body.receipts for body in bodies),
        refunds=sum(body.refunds for body in bodies),
        pending=sum(body.pending for body in bodies),
        declared=sum(body.amount for body in bodies),
        expected=sum(body.expected for body in bodies),
        to_bank=sum(row.to_bank for row in rows),
        taken=ever.taken + taken(sums),
        given_back=ever.given_back + given_back(sums),
    )


def _spans(
    ask: Ask, what: str, new: Sequence[Totalled], length: int, end: str
) -> Iterator[Totalled]:
    """The months, or years, that are over; ``new`` are the parts that are about to be written.

    Args:
        ask: questions to the journal's tables.
        what: ``MONTH`` or ``YEAR``.
        new: days or months that come right before.
        length: of the period's text.
        end: the first period that is not over.
    """
    part = DAY if what == MONTH else MONTH
    parts = [total_at(ask, row.epoch, row.seq) for row in loose(ask, part, PARTS_MAX)]
    parts += [one for one in new if one.what == part]
    before = newest(ask, what)
    batch, ever = _after(ask, what)
    first = min((one.period[:length] for one in parts), default=end)
    period = first if before is None else _next(before.period)
    if period > end:
        # The clock that made the newest was ahead.
        period = first
    while period < end:
        # By number, so that a clock that was set back leaves no part between two others out.
        within = [n for n, one in enumerate(parts, 1) if one.period[:length] <= period]
        inside, parts = parts[: max(within, default=0)], parts[max(within, default=0) :]
        made = _span(what, (period, batch), inside, ever)
        yield made
        batch, ever, period = batch + 1, _ever(made), _next(period)


def _span(what: str, named: tuple[str, int], parts: Sequence[Totalled], ever: Ever) -> Totalled:
    last = max(parts, key=lambda one: one.batch, default=None)
    now = ever if last is None else _ever(last)
    return Totalled(
        what=what,
        period=named[0],
        batch=named[1],
        first_part=min((one.batch for one in parts), default=0),
        last_part=0 if last is None else last.batch,
        sums=added(one for part in parts for one in part.sums),
        tariffs=priced(one for part in parts for one in part.tariffs),
        receipts=sum(one.receipts for one in parts),
        refunds=sum(one.refunds for one in parts),
        pending=sum(one.pending for one in parts),
        declared=sum(one.declared for one in parts),
        expected=sum(one.expected for one in parts),
        to_bank=sum(one.to_bank for one in parts),
        taken=now.taken,
        given_back=now.given_back,
    )


def _after(ask: Ask, what: str) -> tuple[int, Ever]:
    """The number that the next of a sort gets, and what it carries on."""
    before = newest(ask, what)
    if before is None:
        return 1, Ever()
    return before.batch + 1, _ever(total_at(ask, before.epoch, before.seq))


def _ever(one: Totalled) -> Ever:
    return Ever(one.taken, one.given_back)


def _next(period: str) -> str:
    """The month after 2026-12 is 2027-01, the year after 2026 is 2027."""
    if len(period) == _YEAR:
        return str(int(period) + 1)
    first = date.fromisoformat(f"{period}-01")
    return str(first + timedelta(days=32))[:_MONTH]
