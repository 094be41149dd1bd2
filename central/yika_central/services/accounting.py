"""Accounting months: what was booked in each, and closing one for ever.

A month is the utility's calendar month.  It is closed once, by one person, in the order of the
calendar; its figures are kept with their SHA-256.  What arrives or is found later about a closed
month is booked in the first open one, with a reference to its own.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from yika_central.db import month_store
from yika_central.db.books import booked_at, closed_through, hold_months
from yika_central.db.database import Database, add
from yika_central.db.tables import (
    AdjustmentEntry,
    ClosedMonth,
    Debt,
    DebtEntry,
    LateSale,
    Sale,
    Settlement,
    table_of,
)
from yika_central.domain.months import NEVER, Month, after, is_month, month_of
from yika_central.services.inspection import Finding
from yika_central.services.settlement import Settling
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError


class MonthNotOver(YikaError):
    """A month is closed when it is over."""

    code = "month_not_over"
    sentence = N_("The month %(month)s is not over. It was not closed. Close it when it is.")


class MonthClosed(YikaError):
    """The month is closed already."""

    code = "month_closed"
    sentence = N_("The month %(month)s is closed already. Nothing was changed.")


class MonthOutOfOrder(YikaError):
    """An earlier month is still open."""

    code = "month_out_of_order"
    sentence = N_(
        "Months are closed in their order. %(month)s was not closed. Close %(next)s first."
    )


class NotAMonth(YikaError):
    """A month was typed in another form."""

    code = "not_a_month"
    sentence = N_(
        "“%(text)s” is not a month. Nothing was changed. Type year and month, for example 2026-11."
    )


_UNALTERED = N_("%(count)s closed accounting months are as they were closed.")
_ALTERED = N_(
    "The closed accounting months %(months)s are not as they were closed: somebody changed the "
    "database. Compare them with a backup."
)


@dataclass(frozen=True, slots=True)
class MonthView:
    """A month: its figures as they are now and, if it is closed, whether they are still the same.

    ``digest`` is the SHA-256 of the figures as they are now, ``closed_digest`` of those kept.
    """

    month: Month
    figures: dict[str, int]
    digest: str
    closed_by: str = ""
    closed_at: datetime | None = None
    closed_digest: str = ""

    @property
    def closed(self) -> bool:
        """Whether it is closed."""
        return self.closed_at is not None

    @property
    def unchanged(self) -> bool:
        """Whether a closed month says what it said when it was closed."""
        return self.digest == self.closed_digest

    def total(self, prefix: str) -> int:
        """The sum of the figures whose name begins so."""
        return sum(value for name, value in self.figures.items() if name.startswith(prefix))


class Accounting:
    """Shows and closes accounting months."""

    def __init__(
        self, database: Database, settling: Settling, clock: Clock, zone: ZoneInfo
    ) -> None:
        self._database = database
        self._settling = settling
        self._clock = clock
        self._zone = zone

    def months(self) -> tuple[MonthView, ...]:
        """Every month from the first in which anything was booked, newest first."""
        with self._database.reading() as session:
            connection = session.connection()
            month, last = self._first(connection), self._now
            closed = _closed(connection)
            views = []
            while month <= last:
                views.append(self._view(connection, month, closed))
                month = after(month)
        return tuple(reversed(views))

    def month(self, month: Month) -> MonthView:
        """One month.

        Raises:
            NotAMonth: the text names none.
        """
        _check(month)
        with self._database.reading() as session:
            connection = session.connection()
            return self._view(connection, month, _closed(connection))

    @property
    def next_to_close(self) -> Month:
        """The month that can be closed next; empty while it is not over."""
        with self._database.reading() as session:
            found = self._next(session.connection())
        return found if found < self._now else NEVER

    def close(self, month: Month, *, by: str) -> MonthView:
        """Close a month for ever; what waits to be settled is settled first.

        Raises:
            NotAMonth, MonthNotOver, MonthClosed, MonthOutOfOrder: nothing was closed.
        """
        _check(month)
        self._settling.run()
        at = self._clock()
        with self._database.writing() as connection:
            hold_months(connection)
            due = self._next(connection)
            if month <= closed_through(connection):
                raise MonthClosed(month=month)
            if month >= self._now:
                raise MonthNotOver(month=month)
            if month != due:
                raise MonthOutOfOrder(month=month, next=due)
            figures = month_store.figures(connection, month, self._zone)
            row = ClosedMonth(
                month=month,
                zone=self._zone.key,
                figures=_text(figures),
                digest=_digest(figures),
                closed_by=by,
                closed_at=to_timestamp(at),
            )
            add(connection, ClosedMonth, [row.model_dump()])
        return self.month(month)

    def altered(self) -> tuple[Month, ...]:
        """Closed months whose figures are no longer what they were; there must be none."""
        with self._database.reading() as session:
            connection = session.connection()
            closed = _closed(connection)
            views = [self._view(connection, month, closed) for month in closed]
        return tuple(view.month for view in views if not view.unchanged)

    def finding(self) -> Finding:
        """Whether every closed month is as it was closed."""
        with self._database.reading() as session:
            closed = len(_closed(session.connection()))
        altered = self.altered()
        if altered:
            return Finding(holds=False, sentence=_ALTERED, facts={"months": ", ".join(altered)})
        return Finding(holds=True, sentence=_UNALTERED, facts={"count": closed})

    @property
    def _now(self) -> Month:
        return month_of(self._clock(), self._zone)

    def _next(self, connection: Connection) -> Month:
        closed = closed_through(connection)
        return after(closed) if closed != NEVER else self._first(connection)

    def _first(self, connection: Connection) -> Month:
        """The first month in which anything was booked; the present one if nothing was."""
        booked = [
            connection.execute(select(func.min(table_of(row).c.month))).scalar()
            for row in (ClosedMonth, LateSale, Settlement, AdjustmentEntry, Debt, DebtEntry)
        ]
        table = table_of(Sale)
        first_sale = select(func.min(booked_at)).where(table.c.booked == 1)
        sold = connection.execute(first_sale).scalar()
        if sold is not None:
            booked.append(month_of(from_timestamp(sold), self._zone))
        first = min((month for month in booked if month), default=self._now)
        closed = connection.execute(select(func.min(table_of(ClosedMonth).c.month))).scalar()
        # What lies before the first month that was closed is booked later.
        return max(first, closed) if closed else first

    def _view(
        self, connection: Connection, month: Month, closed: dict[Month, ClosedMonth]
    ) -> MonthView:
        kept = closed.get(month)
        zone = self._zone if kept is None else ZoneInfo(kept.zone)
        figures = month_store.figures(connection, month, zone)
        if kept is None:
            return MonthView(month, figures, _digest(figures))
        return MonthView(
            month,
            figures,
            _digest(figures),
            kept.closed_by,
            from_timestamp(kept.closed_at),
            kept.digest,
        )


def _closed(connection: Connection) -> dict[Month, ClosedMonth]:
    table = table_of(ClosedMonth)
    rows = connection.execute(select(table).order_by(table.c.month)).mappings()
    return {row["month"]: ClosedMonth(**row) for row in rows}


def _check(month: str) -> None:
    if not is_month(month):
        raise NotAMonth(text=month[:40])


def _text(figures: dict[str, int]) -> bytes:
    return json.dumps(figures, sort_keys=True, separators=(",", ":")).encode()


def _digest(figures: dict[str, int]) -> str:
    return hashlib.sha256(_text(figures)).hexdigest()
