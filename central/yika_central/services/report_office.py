"""The report office: the consolidated workbook of a period, read from one state of the ledger."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping
from sqlmodel import Session

from yika_central.db import report_store as store
from yika_central.db.card_report import fees as card_fees
from yika_central.db.database import Database
from yika_central.db.refund_store import REFUND
from yika_central.domain.ratings import Cause
from yika_central.reports.rows import (
    Content,
    Groups,
    JournalRow,
    LedgerTotals,
    LineRow,
    SaleRow,
    Scope,
    TariffRow,
)
from yika_central.reports.workbook import write_workbook
from yika_central.services.report_cards import card_rows
from yika_central.services.report_settlement import (
    adjustment_rows,
    debt_rows,
    money_totals,
    settlement_rows,
)
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.journal.record import txn_id
from yika_common.services import Service

_FIRST_DAY, _LAST_DAY = date(1969, 12, 31), date(9999, 12, 30)
"""No record is older or younger; both can be told in every time zone."""

_ORDER = {service.value: service.number for service in Service}


@dataclass(frozen=True, slots=True)
class ReportMade:
    """A workbook that was written: its sales, what they were charged, the hash of its rows.

    ``rerated`` of the sales should have been charged another amount, by ``difference`` in all.
    """

    sales: int
    amount: int
    rerated: int
    difference: int
    rows_hash: str


class ReportOffice:
    """Makes workbooks; ``software`` is named in each."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo, *, software: str) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone
        self._software = software

    def scope(self, first_day: date, last_day: date, *, node: str = "", area: str = "") -> Scope:
        """Whole days of the utility, from the first to the last.

        Raises:
            PeriodBackwards: the last lies before the first.
        """
        return Scope(first_day=first_day, last_day=last_day, zone=self._zone, node=node, area=area)

    def write(
        self, target: Path, scope: Scope, *, made_by: str, translate: Callable[[str], str]
    ) -> ReportMade:
        """Write the consolidated workbook to ``target``, in the language of ``translate``.

        Raises:
            SheetFull: the period holds more than a sheet can; no file was written.
            DatabaseAway, DatabaseBusy: no file was written.
        """
        window = store.Window(
            start=day_begins(scope.first_day, scope.zone),
            end=day_ends(scope.last_day, scope.zone),
            node=scope.node,
            area=scope.area,
        )
        with self._database.reading() as session:
            store.hold_still(session)
            content = self._content(session, window, scope, made_by)
            rows_hash = write_workbook(target, content, translate)
            rerated = store.differing(session, window)
        ledger = content.ledger
        return ReportMade(ledger.sales, ledger.amount, rerated, ledger.difference, rows_hash)

    def _content(
        self, session: Session, window: store.Window, scope: Scope, made_by: str
    ) -> Content:
        return Content(
            scope=scope,
            made_at=self._clock(),
            made_by=made_by,
            software=self._software,
            groups=_groups(store.groups(session, window)),
            ledger=_ledger(session, window),
            node_names=store.node_names(session),
            sales=_sales(store.sales(session, window)),
            lines=_lines(store.lines(session, window)),
            journals=_journals(session, window),
            tariffs=_tariffs(session, window),
            settlements=settlement_rows(session, window),
            adjustments=adjustment_rows(session, window),
            debts=debt_rows(session, window, self._clock().astimezone(scope.zone).date()),
            cards=card_rows(session, window),
        )


def day_begins(day: date, zone: ZoneInfo) -> int:
    """When the utility's day begins; a day outside all records counts as the nearest inside."""
    inside = min(max(day, _FIRST_DAY), _LAST_DAY)
    return to_timestamp(datetime.combine(inside, time(), tzinfo=zone))


def day_ends(day: date, zone: ZoneInfo) -> int:
    """When the next day of the utility begins."""
    return day_begins(min(day, _LAST_DAY) + timedelta(days=1), zone)


def _groups(rows: list[RowMapping]) -> Groups:
    return Groups(
        nodes=tuple(sorted({row["node"] for row in rows})),
        areas=tuple(sorted({row["area"] for row in rows})),
        services=tuple(
            sorted({row["service"] for row in rows}, key=lambda name: _ORDER.get(name, 0))
        ),
        operators=tuple(sorted({(row["node"], row["operator"]) for row in rows})),
    )


def _ledger(session: Session, window: store.Window) -> LedgerTotals:
    totals = store.totals(session, window)
    lines, line_amount = store.line_totals(session, window)
    return LedgerTotals(
        sales=totals["sales"],
        amount=int(totals["amount"]),
        right=int(totals["right_amount"]),
        difference=int(totals["difference"]),
        posted=store.posted(session, window),
        lines=lines,
        line_amount=line_amount,
        quantities=store.quantities(session, window),
        card_fees=card_fees(session, window),
        **money_totals(session, window),
    )


def _sales(rows: Iterable[RowMapping]) -> Iterator[SaleRow]:
    for row in rows:
        yield sale_row(row)


def sale_row(row: Mapping[Any, Any]) -> SaleRow:
    """A sale as reports and pages show it, from a row of :func:`report_store.sales`."""
    causes = {cause.value: row[f"cause_{cause.value}"] for cause in Cause}
    counted_at = row["counted_at"]
    return SaleRow(
        at=from_timestamp(row["at"]),
        node=row["node"],
        epoch=row["epoch"],
        branch=row["branch"],
        seq=row["seq"],
        txn_id=txn_id(bytes(row["hash"])),
        area=row["area"],
        account=row["account"],
        card=row["card"],
        meter=row["meter"],
        service=row["service"],
        operator=row["operator"],
        outcome=outcome_of(row),
        quantity=row["quantity"],
        amount=row["amount"],
        tariff_id=row["tariff_id"],
        tariff_version=row["tariff_version"],
        tariff_hash=row["tariff_hash"],
        period=row["period"],
        used_before=row["used_before"],
        right=row["right_amount"],
        difference=row["difference"] or 0,
        causes={name: int(part) for name, part in causes.items() if part is not None},
        counted_at=None if counted_at is None else from_timestamp(counted_at),
        right_tariff=_right_tariff(row),
        right_used_before=row["right_used_before"],
        straddles=bool(row["straddles"]),
        problem=row["problem"] or "",
        month=row.get("late_month") or "",
        **{name: row[name] for name in ("adjusted", "debts", "kept", "rounding", "paid")},
    )


def outcome_of(row: Mapping[Any, Any]) -> str:
    """How a sale ended, as :data:`yika_central.reports.labels.OUTCOMES` tells it apart."""
    if row["act"] == REFUND:
        if row["outcome"] == "SUPERSEDED":
            return "REFUND_OFF"
        return "REFUND" if row["booked"] else "REFUND_WAITS"
    return "REFUNDED" if row["refunded"] else str(row["outcome"])


def _right_tariff(row: Mapping[Any, Any]) -> str:
    name = row["right_tariff_id"]
    return f"{name} v{row['right_tariff_version']}" if name else ""


def _lines(rows: Iterable[RowMapping]) -> Iterator[LineRow]:
    for row in rows:
        fork = f"-b{row['branch']}" if row["branch"] else ""
        yield LineRow(
            at=from_timestamp(row["at"]),
            position=f"{row['node']}-e{row['epoch']}-q{row['seq']}{fork}",
            txn_id=txn_id(bytes(row["hash"])),
            service=row["service"],
            code=row["code"],
            step=row["step"],
            quantity=row["quantity"],
            price=row["price"],
            amount=row["amount"],
        )


def _journals(session: Session, window: store.Window) -> list[JournalRow]:
    parked = store.parked(session)
    return [
        JournalRow(
            node=row["node"],
            name=row["name"],
            epoch=row["epoch"],
            branch=row["branch"],
            upto=row["upto"],
            sales=row["sales"],
            segments=row["segments"],
            parked=() if row["branch"] else parked.get((row["node"], row["epoch"]), ()),
            last_contact=(
                None if row["last_contact"] is None else from_timestamp(row["last_contact"])
            ),
        )
        for row in store.journals(session, window)
    ]


def _tariffs(session: Session, window: store.Window) -> list[TariffRow]:
    published = store.tariffs_published(session)
    found = []
    for row in store.tariffs_used(session, window):
        version = published.get((row["tariff_id"], row["tariff_version"], row["tariff_hash"]))
        found.append(
            TariffRow(
                tariff_id=row["tariff_id"],
                version=row["tariff_version"],
                digest=bytes(version["digest"]).hex() if version else row["tariff_hash"],
                effective_from=from_timestamp(version["effective_from"]) if version else None,
                officers=version["officers"] if version else "",
                sales=row["sales"],
                amount=int(row["amount"]),
            )
        )
    return found
