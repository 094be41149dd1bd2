"""The workbook that the report office makes of the ledger ties to it, in both languages."""

from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook

from central_builders import HandClock, Pen, enrol, publish_water
from workbook_builders import recalculated
from yika_central.bootstrap import Headquarters
from yika_common.infra.workbook.sheet import HEAD_ROW
from yika_common.journal.bodies import Superseded
from yika_common.services import PROFILES

ACCOUNT = "N0001-000017"
METER = "000000000004"
CARD = "860000000001"
JUNE = (date(2026, 6, 1), date(2026, 6, 30))


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> Headquarters:
    """Two vending points that sold to one account without knowing of each other."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    first, second = enrol(headquarters, clock), enrol(headquarters, clock, "N0002", seed=2)
    first.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card=CARD)
    for count in range(1, 9):
        pen = (first, second)[count % 2]
        sold = sell(pen, 55_000, count=count, settle=count != 2)
        if count == 2:
            pen.write(Superseded(intent=sold, generation_seen=1, count_seen=2))
        clock.pass_by(minutes=7)
    sell(first, 1_000, count=9, settle=False)
    first.send(first.cut())
    second.send(second.cut(1, 4))
    second.send(second.cut(7))
    headquarters.rerating.drain()
    headquarters.settling.run()
    return headquarters


def sell(pen: Pen, quantity: int, *, count: int, settle: bool = True) -> int:
    return pen.sell(ACCOUNT, METER, card=CARD, quantity=quantity, count=count, settle=settle)


def made(hq: Headquarters, folder: Path, *, node: str = "") -> tuple[Workbook, int]:
    scope = hq.report_office.scope(*JUNE, node=node)
    report = hq.report_office.write(
        folder / "june.xlsx", scope, made_by="zhao", translate=lambda text: text
    )
    (folder / "computed").mkdir()
    book = load_workbook(recalculated(folder / "june.xlsx", folder / "computed"), data_only=True)
    return book, report.sales


def statuses(book: Workbook) -> dict[str, str]:
    rows = book.worksheets[-1].iter_rows(values_only=True)
    return {str(row[0]): str(row[4]) for row in rows if row[4] in ("OK", "CHECK", "MISSING")}


def test_the_workbook_of_the_ledger_ties_to_it(town: Headquarters, tmp_path: Path) -> None:
    book, sales = made(town, tmp_path)
    found = statuses(book)
    assert found.pop("N0002  Point N0002") == "MISSING"
    assert set(found.values()) == {"OK"}
    assert found["All of them"] == "OK"
    assert sales == 7
    assert book.worksheets[3].max_row > HEAD_ROW + 2


def test_a_workbook_of_one_vending_point_holds_its_sales_alone(
    town: Headquarters, tmp_path: Path
) -> None:
    book, sales = made(town, tmp_path, node="N0001")
    assert sales == 5
    assert statuses(book)["All of them"] == "OK"
    nodes = {row[2] for row in book.worksheets[1].iter_rows(min_row=5, values_only=True)}
    assert nodes == {"N0001"}


def test_a_month_without_sales_makes_an_empty_workbook(town: Headquarters, tmp_path: Path) -> None:
    scope = town.report_office.scope(date(2026, 5, 1), date(2026, 5, 31), area="A01")
    report = town.report_office.write(
        tmp_path / "may.xlsx", scope, made_by="zhao", translate=lambda text: text
    )
    assert (report.sales, report.amount) == (0, 0)
