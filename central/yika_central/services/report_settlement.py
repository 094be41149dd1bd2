"""Rows of a workbook about settlement, adjustments and debts, out of the ledger."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlmodel import Session

from yika_central.db import settlement_report as store
from yika_central.db.report_store import Window
from yika_central.domain.debts import Owed, age_of
from yika_central.reports.rows import AdjustmentRow, DebtRow, SettlementRow
from yika_common.clock import from_timestamp
from yika_common.numbers import Money


def money_totals(session: Session, window: Window) -> dict[str, int]:
    """What the database adds up of paid, settled, adjusted and registered."""
    settled = store.settled(session, window)
    return {name: int(value) for name, value in store.paid(session, window).items()} | {
        "settled": int(settled["posted"]),
        "absorbed": int(settled["absorbed"]),
        "credited": store.adjusted(session, window),
        "registered": store.registered(session, window),
    }


def settlement_rows(session: Session, window: Window) -> Iterator[SettlementRow]:
    """What became of each posting for the window's sales."""
    same = ("account", "service", "cause", "policy", "posted", "absorbed", "adjusted")
    for row in store.settlements(session, window):
        yield SettlementRow(
            at=from_timestamp(row["at"]),
            position=_position(row),
            month=row["month"],
            of_month=row["of_month"],
            settled_at=from_timestamp(row["settled_at"]),
            **{name: row[name] for name in same},
        )


def adjustment_rows(session: Session, window: Window) -> Iterator[AdjustmentRow]:
    """The parts of adjustments made in the window."""
    same = ("account", "number", "kind", "cause", "amount", "month", "of_month", "reason")
    for row in store.adjustments(session, window):
        yield AdjustmentRow(
            made_at=from_timestamp(row["made_at"]),
            about=_position(row) if row["node"] else row["debt"],
            who=", ".join(name for name in (row["made_by"], row["seconded_by"]) if name),
            **{name: row[name] for name in same},
        )


def debt_rows(session: Session, window: Window, today: date) -> Iterator[DebtRow]:
    """The debts registered before the window's end, as they stand now."""
    for row, collected in store.debts(session, window):
        owed = Owed(
            Money(row.amount), Money(int(row.fees)), Money(int(row.waived)), Money(collected)
        )
        due_on = date.fromisoformat(row.due_on) if row.due_on else None
        yield DebtRow(
            debt=row.debt,
            account=row.account,
            zh=row.zh,
            en=row.en,
            registered_at=from_timestamp(row.registered_at),
            due_on=row.due_on,
            amount=owed.amount,
            fees=owed.fees,
            waived=owed.waived,
            collected=owed.collected,
            too_much=owed.too_much,
            left=owed.left,
            age=age_of(due_on, today),
        )


def _position(row: Mapping[Any, Any]) -> str:
    fork = f"-b{row['branch']}" if row["branch"] else ""
    return f"{row['node']}-e{row['epoch']}-q{row['seq']}{fork}"
