"""What an operator may do in a business day, how much of it is done, and who sets it.

Source: O6 of the catalogue of functions.  A limit is one operator's, or one level's for those who
have none of their own; 0 is no bound.  A business day is the calendar day of the vending point's
time zone.  Purchases beyond it are refused (:mod:`yika_node.services.day_rule`); refunds and
purchases written again need a second person in any case, who is told that the limit is reached.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from yika_common.cards.approval import act_digest
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.journal.staff_bodies import REFUNDS, SALES, SUPPLEMENTS, DayLimitSet
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.db.day_sums import done_between
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries
from yika_node.db.staff_queries import StaffQueries
from yika_node.services.staff_office import OperatorIsYou, OperatorUnknown, said_reason
from yika_node.services.views import Level, SaleEntry

NAMES: Final = {
    SALES: Phrase("purchases"),
    REFUNDS: Phrase("refunds"),
    SUPPLEMENTS: Phrase("purchases written again"),
}


class DayTimesReached(YikaError):
    """One more would be more often than the operator may in a day."""

    code = "day_times_reached"
    sentence = N_(
        "Your limit for today is reached: %(times)s %(what)s a day. Nothing was recorded. A "
        "second person can approve this one, or a supervisor raise the limit."
    )


class DayAmountReached(YikaError):
    """With this one it would be more money than the operator may move in a day."""

    code = "day_amount_reached"
    sentence = N_(
        "This goes beyond your limit for today: %(what)s for %(amount)s a day, and %(done)s are "
        "done. Nothing was recorded. A second person can approve this one, or a supervisor raise "
        "the limit."
    )


@dataclass(frozen=True, slots=True)
class DayUse:
    """A limit and how much of it is used today; ``own``: it is the operator's, not the level's."""

    what: str
    times: int
    amount: Money
    done_times: int
    done_amount: Money
    own: bool


@dataclass(frozen=True, slots=True)
class DayLimits:
    """Limits and what is left of them."""

    journal: Journal
    queries: Queries
    staff: StaffQueries
    clock: Clock
    zone: ZoneInfo

    def set(
        self, by: str, who: tuple[str, Level | None], what: str, bound: tuple[int, Money], why: str
    ) -> None:
        """Let a limit hold from now on.

        Args:
            by: who sets it; not for himself, nor for his own level.
            who: an operator, or an empty name and a level.
            what: one of ``CAPPED``.
            bound: how often and for how much money; 0: no bound.
            why: the reason.

        Raises:
            OperatorUnknown, OperatorIsYou, ReasonMissing: nothing was changed.
        """
        name, level = who
        setter = self.queries.operator(by)
        if name and self.queries.operator(name) is None:
            raise OperatorUnknown(name=name)
        if name == by or (level is not None and setter is not None and setter.level == level.name):
            raise OperatorIsYou
        body = DayLimitSet(
            name=name,
            level="" if level is None else level.name,
            what=what,
            times=bound[0],
            amount=bound[1],
            reason=said_reason(why),
        )
        self.journal.append([body], at=self.clock(), operator=by)

    def uses(self, operator: str) -> tuple[DayUse, ...]:
        """The limits that hold for an operator, and what is used of each today."""
        row = self.queries.operator(operator)
        held = [
            one
            for one in self.staff.day_limits()
            if one.name == operator or (row is not None and one.level == row.level)
        ]
        first, last = day_around(self.clock(), self.zone)
        used = []
        for what in NAMES:
            mine = sorted((one for one in held if one.what == what), key=lambda one: not one.name)
            for one in mine[:1]:
                times, amount = self.staff.done(operator, what, first, last)
                used.append(
                    DayUse(
                        what,
                        one.times,
                        Money(one.amount),
                        times,
                        Money(amount),
                        own=bool(one.name),
                    )
                )
        return tuple(used)

    def beyond(self, operator: str, what: str, amount: Money) -> YikaError | None:
        """Why one more act goes beyond the operator's limit of today, if it does."""
        for use in self.uses(operator):
            if use.what == what:
                bound = use.times, use.amount
                return _beyond(what, bound, (use.done_times + 1, use.done_amount + amount), amount)
        return None


def sale_digest(card: str, entries: Sequence[SaleEntry], paid: Money) -> bytes:
    """What a second person approves: this card, these meters and amounts, this sum."""
    lines = " ".join(f"{entry.slot}{entry.by}{entry.value}" for entry in entries)
    return act_digest("sale beyond limit", card=card, lines=lines, paid=paid)


def day_around(now: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """The first second of the business day, and the first of the next, since 1970."""
    day = now.astimezone(zone).date()
    begins = [datetime.combine(d, time(), zone) for d in (day, day + timedelta(days=1))]
    return to_timestamp(begins[0]), to_timestamp(begins[1])


def check_sold(
    connection: sqlite3.Connection,
    bound: tuple[int, int],
    operator: str,
    sold: tuple[int, int],
    zone: ZoneInfo,
) -> None:
    """Refuse purchases that are written in this transaction and go beyond the limit.

    Args:
        connection: in whose transaction they stand.
        bound: how often, and for how much money.
        operator: who sells.
        sold: when, in seconds since 1970, and for how much money.
        zone: in which days begin.

    Raises:
        DayTimesReached, DayAmountReached: they must not be committed.
    """
    at, paid = sold
    first, last = day_around(from_timestamp(at), zone)

    def ask(text: str, values: Sequence[Any]) -> tuple[int, int]:
        times, amount = connection.execute(text, values).fetchone()
        return times, amount

    beyond = _beyond(SALES, bound, done_between(ask, operator, SALES, first, last), paid)
    if beyond is not None:
        raise beyond


def _beyond(
    what: str, bound: tuple[int, int], after: tuple[int, int], adding: int
) -> YikaError | None:
    """What is wrong with having done so much ``after`` an act that adds so much."""
    if 0 < bound[0] < after[0]:
        return DayTimesReached(times=bound[0], what=NAMES[what])
    if 0 < bound[1] < after[1]:
        return DayAmountReached(
            what=NAMES[what],
            amount=money_to_text(Money(bound[1])),
            done=money_to_text(Money(after[1] - adding)),
        )
    return None
