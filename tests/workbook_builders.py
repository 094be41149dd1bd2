"""Rows for the tests of the workbook, and LibreOffice to compute it."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from yika_central.domain.ratings import Cause
from yika_central.reports.rows import (
    Content,
    Groups,
    JournalRow,
    LedgerTotals,
    LineRow,
    SaleRow,
    Scope,
    SettlementRow,
    TariffRow,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 10, 31, 17, 0, tzinfo=UTC)
SERVICES = ("electricity_single", "heat", "gas", "cold_water", "hot_water", "purified_water")
NODES = ("N0001", "N0002", "N0003")
AREAS = ("0012", "12", "A01")
OPERATORS = ("=HYPERLINK(1)", "*", "Li", "li", ">0", "王芳")
"""Names that a careless sheet would compute, match as patterns, or fold into one."""


def a_sale(number: int) -> SaleRow:
    """The n-th sale of a town in which every seventh sale was re-rated."""
    service = SERVICES[number % len(SERVICES)]
    stale = 150 if number % 7 == 0 else 0
    split = -4000 if number % 21 == 0 else 0
    superseded = number % 50 == 49
    amount = 5000 + 37 * number
    causes = {
        cause: part
        for cause, part in (
            (Cause.STALE_TARIFF.value, stale),
            (Cause.QUOTA_SPLIT.value, split),
        )
        if part
    }
    if superseded:
        causes = {Cause.SUPERSEDED.value: -amount}
    difference = sum(causes.values())
    return SaleRow(
        at=START + timedelta(minutes=17 * number),
        node=NODES[number % 3],
        epoch=1,
        branch=0,
        seq=2 * number + 1,
        txn_id=f"{number:016d}",
        area=AREAS[number % len(AREAS)],
        account=f"00{number % 60:06d}",
        card=f"62{number % 60:010d}",
        meter=f"{number % 240:012d}",
        service=service,
        operator=OPERATORS[number % len(OPERATORS)],
        outcome="SUPERSEDED" if superseded else "PENDING" if number % 40 == 39 else "WRITTEN",
        quantity=12_300 + 100 * number,
        amount=amount,
        tariff_id=f"CN-BJ-{service.upper()}",
        tariff_version=1,
        tariff_hash="0123456789abcdef",
        period="2026",
        used_before=1000 * number,
        right=amount + difference,
        difference=difference,
        causes=causes,
        counted_at=START + timedelta(minutes=17 * number),
        right_tariff=f"CN-BJ-{service.upper()} v2" if stale else f"CN-BJ-{service.upper()} v1",
        right_used_before=1000 * number + (500 if split else 0),
        straddles=number % 33 == 0,
        **_paid(amount, number),
    )


def _paid(amount: int, number: int) -> dict[str, Any]:
    """Every tenth sale settles 2.00 of an adjustment, pays 5.00 of a debt and leaves 0.30."""
    if number % 10:
        return {"paid": amount}
    return {"adjusted": 200, "debts": 500, "kept": 30, "paid": amount - 200 + 500 + 30}


def settlements_of(sales: Sequence[SaleRow]) -> list[SettlementRow]:
    """What customers owe is absorbed below 2.00, the rest adjusted."""
    rows = []
    for sale in sales:
        for cause, posted in sale.causes.items():
            absorbed = posted if 0 < posted < 200 else 0
            rows.append(
                SettlementRow(
                    at=sale.at,
                    position=sale.position,
                    account=sale.account,
                    service=sale.service,
                    cause=cause,
                    policy=0,
                    posted=posted,
                    absorbed=absorbed,
                    adjusted=posted - absorbed,
                    month="2026-12",
                    of_month="2026-11",
                    settled_at=sale.at + timedelta(days=31),
                )
            )
    return rows


def lines_of(sale: SaleRow) -> list[LineRow]:
    """A fee and two steps."""
    parts = ((0, "basic", 100), (1, "water", sale.amount - 600), (2, "water", 500))
    return [
        LineRow(
            at=sale.at,
            position=sale.position,
            txn_id=sale.txn_id,
            service=sale.service,
            code=code,
            step=step,
            quantity=sale.quantity,
            price=20700,
            amount=amount,
        )
        for step, code, amount in parts
    ]


def ledger_of(sales: Sequence[SaleRow]) -> LedgerTotals:
    """What a database would add up."""
    quantities: dict[str, int] = {}
    for sale in sales:
        quantities[sale.service] = quantities.get(sale.service, 0) + sale.quantity
    difference = sum(sale.difference for sale in sales)
    amount = sum(sale.amount for sale in sales)
    return LedgerTotals(
        sales=len(sales),
        amount=amount,
        right=amount + difference,
        difference=difference,
        posted=difference,
        lines=3 * len(sales),
        line_amount=amount,
        quantities=quantities,
        **{
            name: sum(getattr(sale, name) for sale in sales)
            for name in ("paid", "adjusted", "debts", "kept", "rounding")
        },
        settled=difference,
        absorbed=sum(row.absorbed for row in settlements_of(sales)),
    )


def a_content(sales: Sequence[SaleRow], ledger: LedgerTotals | None = None) -> Content:
    """A workbook's content over these sales."""
    return Content(
        scope=Scope(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30), zone=SHANGHAI),
        made_at=START + timedelta(days=30),
        made_by="=cmd|' /C calc'!A0",
        software="yika 0.1.0",
        groups=Groups(
            nodes=tuple(sorted({s.node for s in sales})),
            areas=tuple(sorted({s.area for s in sales})),
            services=tuple(s for s in SERVICES if any(sale.service == s for sale in sales)),
            operators=tuple(sorted({(s.node, s.operator) for s in sales})),
        ),
        ledger=ledger or ledger_of(sales),
        node_names={"N0001": "东城营业厅", "N0002": "西城营业厅"},
        sales=iter(sales),
        settlements=settlements_of(sales),
        lines=(line for sale in sales for line in lines_of(sale)),
        journals=[
            JournalRow(
                node=node,
                name="营业厅",
                epoch=1,
                branch=0,
                upto=700,
                sales=sum(s.node == node for s in sales),
                segments=4,
                parked=((801, 900), (951, 960)) if node == "N0003" else (),
                last_contact=START,
            )
            for node in NODES
        ],
        tariffs=[
            TariffRow(
                tariff_id="CN-BJ-WATER",
                version=1,
                digest="ab" * 32,
                effective_from=START,
                officers="Chen, Zhao",
                sales=len(sales),
                amount=sum(s.amount for s in sales),
            ),
            TariffRow(
                tariff_id="STRANGER",
                version=9,
                digest="cd" * 8,
                effective_from=None,
                officers="",
                sales=0,
                amount=0,
            ),
        ],
    )


def recalculated(workbook: Path, folder: Path) -> Path:
    """A copy of the workbook in which LibreOffice computed every formula."""
    return _converted(workbook, folder, "xlsx:Calc MS Excel 2007 XML", ".xlsx")


def printed(workbook: Path, folder: Path) -> Path:
    """The workbook as it comes out of a printer."""
    return _converted(workbook, folder, "pdf", ".pdf")


def _converted(workbook: Path, folder: Path, to: str, suffix: str) -> Path:
    command = [
        "soffice",
        "--headless",
        "--norestore",
        f"-env:UserInstallation=file://{folder}/profile",  # a shared profile blocks parallel runs
        "--convert-to",
        to,
        "--outdir",
        str(folder),
        str(workbook),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return (folder / workbook.name).with_suffix(suffix)
