"""Rows of a workbook about cards, out of the ledger."""

from collections.abc import Iterator

from sqlmodel import Session

from yika_central.db import card_report as store
from yika_central.db.report_store import Window
from yika_central.reports.rows import CardRow
from yika_common.clock import from_timestamp


def card_rows(session: Session, window: Window) -> Iterator[CardRow]:
    """The cards made in the window."""
    for row in store.cards(session, window):
        yield CardRow(
            at=from_timestamp(row["issued_at"]),
            turn=row["generation"],
            **{
                name: row[name]
                for name in ("node", "operator", "account", "card", "replaces", "reason", "fee")
            },
        )
