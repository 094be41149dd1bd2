"""The printer at the counter: the receipt prints by itself, trouble is told, P prints again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, said
from node_world import World
from printer_builders import printer_at, until
from yika_common.simulated.receipt_printer import ReceiptPrinter
from yika_node.config import load
from yika_node.services.views import Level


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[tuple[Pages, ReceiptPrinter]]:
    world = World(tmp_path / "node")
    simulated = printer_at(world.folder, width=58)
    node = world.enrolled()
    yield Pages(world, node), simulated
    node.close()
    simulated.close()


def chips(clerk: Clerk) -> str:
    return clerk.get("/status").text


def printed(simulated: ReceiptPrinter) -> list[str]:
    return [paper.decode("gb18030", errors="replace") for paper in simulated.papers]


def test_the_receipt_prints_by_itself_and_once(counter: tuple[Pages, ReceiptPrinter]) -> None:
    pages, simulated = counter
    clerk = pages.clerk()
    clerk.open_with_card()
    page = clerk.sell({"amount-0": "120"})
    assert page.status_code == 200
    until(lambda: simulated.papers)
    (text,) = printed(simulated)
    assert "收据" in text or "Receipt" in text
    assert re.search(r"N0001-1-\d{6}", text)
    clerk.get(page.request.path)
    assert len(simulated.papers) == 1


def test_a_printer_without_paper_stops_no_sale_and_p_prints_the_original_after_it(
    counter: tuple[Pages, ReceiptPrinter],
) -> None:
    pages, simulated = counter
    clerk = pages.clerk()
    clerk.open_with_card()
    simulated.paper(out=True)
    page = clerk.sell({"amount-0": "120"})
    assert page.status_code == 200
    assert "<h1>Sold</h1>" in page.text
    path = page.request.path
    until(lambda: "out of paper" in chips(clerk))
    assert "Put in a new roll" in clerk.get(path).text
    assert clerk.get("/printer/line/0").status_code == 200
    simulated.paper()
    assert clerk.post(f"{path}/print", {}, on=path).status_code == 303
    until(lambda: simulated.papers)
    (text,) = printed(simulated)
    assert "COPY" not in text
    assert "副本" not in text
    until(lambda: "out of paper" not in chips(clerk))


def test_what_was_printed_is_printed_again_as_a_numbered_copy_with_a_reason(
    counter: tuple[Pages, ReceiptPrinter],
) -> None:
    pages, simulated = counter
    clerk = pages.clerk()
    clerk.open_with_card()
    page = clerk.sell({"amount-0": "120"})
    until(lambda: simulated.papers)
    path = page.request.path
    printer = pages.node.printers.desk
    assert printer is not None
    until(lambda: printer.view.waiting == 0)
    refused = clerk.post(f"{path}/print", {}, on=path)
    assert refused.status_code == 409
    assert 'name="reason"' in refused.text
    for number in (1, 2):
        again = clerk.post(f"{path}/print", {"reason": "lost"}, on=path)
        assert again.status_code == 303
        until(lambda number=number: len(simulated.papers) == number + 1)  # type: ignore[misc]
        assert f"副本 {number}" in printed(simulated)[number]


def test_receipts_speak_their_own_language(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    simulated = printer_at(world.folder, language="en")
    node = world.enrolled()
    clerk = Pages(world, node).clerk("zh")
    clerk.open_with_card()
    assert 'lang="zh-CN"' in clerk.sell({"amount-0": "120"}).text
    until(lambda: simulated.papers)
    assert "Electricity, single phase" in printed(simulated)[0]
    node.close()
    simulated.close()


def test_a_printer_that_hangs_holds_no_page(counter: tuple[Pages, ReceiptPrinter]) -> None:
    pages, simulated = counter
    clerk = pages.clerk()
    clerk.open_with_card()
    simulated.dead = True
    assert "<h1>Sold</h1>" in clerk.sell({"amount-0": "120"}).text
    assert clerk.get("/printer").status_code == 200
    until(lambda: "does not answer" in chips(clerk), limit_s=15)
    simulated.dead = False


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_printers_page_tells_how_it_is_and_prints_the_test_page(
    counter: tuple[Pages, ReceiptPrinter], language: str
) -> None:
    pages, simulated = counter
    clerk = pages.clerk(language)
    page = clerk.get("/printer")
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert clerk.post("/printer/test", {}, on="/printer").status_code == 303
    until(lambda: simulated.papers)
    assert "壹贰叁肆伍" in printed(simulated)[0]
    assert "12345678901234567890123456789012\n" in printed(simulated)[0]


def test_a_printer_is_chosen_on_its_page(tmp_path: Path) -> None:
    world = World(tmp_path / "node")
    node = world.enrolled()
    clerk = Pages(world, node).clerk()
    assert "the browser prints" in clerk.get("/printer").text
    fields = {"kind": "file", "port": "papers", "speed": "9600", "profile": "gb18030"}
    fields |= {"width": "80", "language": "en", "cut": "on", "answers": "on"}
    wrong = clerk.post("/printer/use", {**fields, "port": ""}, on="/printer")
    assert (code_of(wrong), len(said(wrong))) == ("wrong_setting", 1)
    assert clerk.post("/printer/use", fields, on="/printer").status_code == 303
    assert load(world.folder).printer.kind == "file"
    clerk.open_with_card()
    clerk.sell({"amount-0": "120"})
    until(lambda: (world.folder / "papers").exists() and (world.folder / "papers").stat().st_size)
    node.close()


def test_whoever_may_not_choose_a_printer_does_not_see_the_form(
    counter: tuple[Pages, ReceiptPrinter],
) -> None:
    pages, _ = counter
    chief = pages.clerk()
    someone = {"name": "wei", "password": "four short words", "level": Level.CLERK.name}
    assert chief.post("/operators", someone, on="/operators").status_code == 303
    clerk = pages.clerk(name="wei")
    assert 'action="/printer/use"' in chief.get("/printer").text
    assert 'action="/printer/use"' not in clerk.get("/printer").text
    assert 'action="/printer/test"' in clerk.get("/printer").text
    assert code_of(clerk.post("/printer/use", {}, on="/printer")) == "not_allowed"


def test_a_search_for_printers_runs_beside_the_pages(
    counter: tuple[Pages, ReceiptPrinter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.hardware.printer_finding.serial_ports", lambda: [])
    monkeypatch.setattr("yika_node.hardware.printer_finding.USB", ("/nowhere", "lp*"))
    pages, _ = counter
    clerk = pages.clerk()
    assert clerk.post("/printer/find", {}, on="/printer").status_code == 303
    until(lambda: clerk.get("/printer/found").status_code == 200)


def test_a_z_report_prints_with_its_key_and_the_drawer_opens_without_paper(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "node", shifts=True)
    simulated = printer_at(world.folder, shifts=True, drawer=True)
    node = world.enrolled()
    clerk = Pages(world, node).clerk()
    assert clerk.post("/shift/open", {"total": "200"}, on="/shift").status_code == 303
    opened = clerk.post("/shift/drawer", {"reason": "change"}, on="/shift/cash")
    assert opened.status_code == 303
    until(lambda: simulated.drawer == 1)
    assert simulated.papers == []
    (close,) = re.findall(r"/shift/close/\d+/\d+", clerk.get("/shift").text)
    x_report = close.replace("close", "x")
    assert clerk.post(f"{x_report}/print", {}, on=x_report).status_code == 303
    until(lambda: len(simulated.papers) == 1)
    assert clerk.post(close, {"total": "200"}, on="/shift").status_code == 303
    assert clerk.post("/shift/z/1/print", {}, on="/shift/z/1").status_code == 303
    until(lambda: len(simulated.papers) == 2)
    interim, report = printed(simulated)
    assert "X 报表" in interim
    assert "Z 报表" in report
    assert "200.00" in report
    node.close()
    simulated.close()
