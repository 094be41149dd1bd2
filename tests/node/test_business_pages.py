"""Business data at the counter: what is asked, shown, summed up, made into workbooks."""

import re
import subprocess
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from node_pages import Clerk, Pages, code_of, pages_in
from node_world import OPERATOR, PASSWORD, a_chip, for_money, open_with_card
from staff_builders import add_operator
from workbook_builders import recalculated
from yika_common.journal.account_bodies import PersonSeen
from yika_common.journal.kinds import BODIES
from yika_common.journal.record import decode_line
from yika_node.services.reports.audit import KINDS
from yika_node.services.reports.catalogue import REPORTS
from yika_node.services.reports.making import STATE_FILE
from yika_node.services.reports.model import Kind
from yika_node.services.reports.workshop import AT_ONCE, FOLDER_NAME, KEPT_S, MEMORY, fleeting
from yika_node.services.views import Level

ALL_TIME = "since=2026-01-01T00:00:00&until=2026-12-31T23:59:59"
AUDITOR, CLERK = "anna", "chen"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    """A point that sold for three days to two customers, and gave one meter's word."""
    with pages_in(tmp_path_factory.mktemp("business") / "data") as found:
        world, node = found.world, found.node
        node.staff.sign_in(OPERATOR, PASSWORD)
        cards = [open_with_card(world, node, a_chip(index), 8, index) for index in range(2)]
        for day in range(3):
            for number, (account, chip) in enumerate(cards):
                world.hand.insert(chip)
                assert account.card is not None
                sold = [for_money(3, 5000 + 100 * day), for_money(0, 3000)]
                node.sales.sell(OPERATOR, account.card, sold, f"{day}-{number}")
            world.pass_time(hours=25)
        account, chip = cards[0]
        world.load(chip, account.meters[0].meter)
        world.hand.insert(chip)
        node.cards.read(OPERATOR)
        for name, level in ((AUDITOR, Level.AUDITOR), (CLERK, Level.CLERK)):
            add_operator(node, name, level)
        node.staff.sign_out(OPERATOR)
        yield found


def totals(text: str) -> list[list[str]]:
    foot = text.partition("<tfoot>")[2].partition("</tfoot>")[0]
    return [cells(row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", foot, re.S)]


def body(text: str) -> list[list[str]]:
    inner = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [cells(row) for row in re.findall(r"<tr>(.*?)</tr>", inner, re.S)]


def cells(row: str) -> list[str]:
    return [
        unescape(re.sub(r"<[^>]+>", "", cell)).strip()
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
    ]


def finished(clerk: Clerk, name: str) -> str:
    """The address of the newest workbook, once its process has ended."""
    for _ in range(100):
        shown = clerk.get("/workbooks/progress").text
        newest = shown.partition("<tbody>")[2].partition("</tr>")[0]
        found = re.search(r'href="(/workbooks/[0-9a-f]+\.xlsx)"', newest)
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"{name} was not made: {shown}")


def made(clerk: Clerk, address: str, fields: dict[str, str], target: Path) -> Any:
    """A workbook as it was saved, computed by LibreOffice."""
    asked = clerk.post(f"{address}/workbook", fields, on=address)
    assert asked.location == "/workbooks", asked.text
    answer = clerk.get(finished(clerk, address))
    assert answer.status_code == 200
    written = target / "report.xlsx"
    written.write_bytes(answer.data)
    answer.close()
    (target / "computed").mkdir()
    return load_workbook(recalculated(written, target / "computed"), data_only=True)


def test_the_business_page_asks_for_today_and_has_every_sale_of_it_with_totals(
    pages: Pages,
) -> None:
    clerk = pages.clerk()
    assert "There is nothing for what was asked." in clerk.get("/business").text
    shown = clerk.get(f"/business?{ALL_TIME}").text
    assert len(body(shown)) == 12
    assert [row[1] for row in totals(shown)] == ["Sales: 6", "Sales: 6", "Sales: 12"]
    paid = sum(float(row[12].strip("¥").replace(",", "")) for row in body(shown))
    assert totals(shown)[-1][12] == f"¥{paid:,.2f}"
    assert "王小明" in shown


@pytest.mark.parametrize(
    ("narrowed", "rows"),
    [
        ("service=gas", 0),
        ("service=heat", 0),
        ("operator=mei", 12),
        ("operator=nobody", 0),
        ("area=A01", 12),
        ("state=written", 12),
        ("state=pending", 0),
        ("customer=王小明", 12),
        ("customer=nobody+of+that+name", 0),
    ],
)
def test_each_filter_narrows_the_list_and_its_totals_alike(
    pages: Pages, narrowed: str, rows: int
) -> None:
    shown = pages.clerk().get(f"/business?{ALL_TIME}&{narrowed}").text
    listed = [row for row in body(shown) if len(row) > 1]
    if narrowed == "service=gas":
        rows = sum(row[7] == "Gas" for row in listed)
    assert len(listed) == rows
    assert totals(shown)[-1][1] == f"Sales: {rows}"


def test_a_customer_is_found_by_account_card_and_meter(pages: Pages) -> None:
    clerk = pages.clerk()
    account = pages.node.accounts.find("王小明").rows[0]
    for text in (account.number, account.card, account.meters[0].meter):
        listed = body(clerk.get(f"/business?{ALL_TIME}&customer={text}").text)
        assert {row[2] for row in listed} == {account.number}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", REPORTS)
def test_every_report_is_shown_in_both_languages(pages: Pages, name: str, language: str) -> None:
    pages.app.jinja_env.undefined = pages.app.jinja_env.undefined
    path = "/business" if name == "sales" else f"/business/{name}"
    if not REPORTS[name].counter:
        path = f"/reports/{name}"
    answer = pages.clerk(language).get(f"{path}?{ALL_TIME}&days=1&year=2026")
    assert answer.status_code == 200
    assert answer.text.count("data-focus") + answer.text.count(" autofocus") == 1


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/business?since=yesterday", "period_unusable"),
        ("/business?since=2026-04-02T00:00:00&until=2026-04-01T00:00:00", "period_unusable"),
        ("/business?service=coal", "filter_unusable"),
        ("/business?after=1-2", "filter_unusable"),
        ("/business?after=" + "9" * 40 + "-1-1", "filter_unusable"),
        ("/reports/non-buyers?days=-1", "filter_unusable"),
        ("/reports/used?year=20266", "filter_unusable"),
        ("/reports/used?after=x-y", "filter_unusable"),
        ("/reports/none", "no_such_report"),
        ("/workbooks/0123456789abcdef.xlsx", "workbook_unknown"),
        ("/workbooks/..%2fnode.db.xlsx", ""),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_sentence(
    pages: Pages, path: str, code: str
) -> None:
    answer = pages.clerk().get(path)
    assert answer.status_code in (404, 422)
    assert code in (code_of(answer), "")


def test_pages_of_a_list_go_on_where_the_last_one_ended(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = pages.clerk()
    whole = body(clerk.get(f"/business?{ALL_TIME}").text)
    monkeypatch.setattr("yika_node.web.business_view.PAGE", 5)
    path, joined = f"/business?{ALL_TIME}", []
    while path:
        shown = clerk.get(path).text
        joined += body(shown)
        older = re.search(r'href="([^"]+)" data-key="PageDown"', shown)
        path = unescape(older[1]) if older else ""
    assert joined == whole


def test_sums_agree_with_the_list_however_they_are_grouped(pages: Pages) -> None:
    clerk = pages.clerk()
    whole = totals(clerk.get(f"/business?{ALL_TIME}").text)[-1]
    for name in ("days", "areas", "classes", "communities", "finance"):
        shown = totals(clerk.get(f"/reports/{name}?{ALL_TIME}").text)[-1]
        assert whole[12] in shown, name
        assert "12" in shown, name
    assert whole[12] in totals(clerk.get(f"/reports/settlement?{ALL_TIME}").text)[-1]
    assert whole[12] in totals(clerk.get(f"/reports/money?{ALL_TIME}").text)[-1]
    assert whole[12] in totals(clerk.get(f"/reports/tenders?{ALL_TIME}").text)[-1]


def test_steps_add_up_to_what_was_charged(pages: Pages) -> None:
    clerk = pages.clerk()
    charged = totals(clerk.get(f"/business?{ALL_TIME}").text)[-1][11]
    assert charged in totals(clerk.get(f"/reports/steps?{ALL_TIME}").text)[-1]


def test_whoever_has_not_bought_for_long_is_listed_with_what_is_left(pages: Pages) -> None:
    clerk = pages.clerk()
    assert len(body(clerk.get("/reports/non-buyers?days=1").text)) == 4
    assert "There is nothing" in clerk.get("/reports/non-buyers?days=30").text


def test_nothing_is_missing_and_the_chain_holds(pages: Pages) -> None:
    rows = body(pages.clerk().get(f"/reports/gaps?{ALL_TIME}").text)
    assert [row[-1] for row in rows] == ["0"] * len(rows)
    assert len(rows) >= 2


def test_the_log_names_who_did_what_and_is_narrowed_by_it(pages: Pages) -> None:
    clerk = pages.clerk()
    whole = body(clerk.get(f"/reports/log?{ALL_TIME}").text)
    assert [row[0] for row in whole] == sorted((row[0] for row in whole), reverse=True)
    for kind, name in (
        ("login", "Sign-in"),
        ("account", "Account opened"),
        ("card", "Card issued"),
    ):
        shown = body(clerk.get(f"/reports/log?{ALL_TIME}&state={kind}").text)
        assert {row[3] for row in shown} == {name}


def test_every_kind_of_record_but_those_of_every_sale_has_a_name_in_the_log() -> None:
    assert set(BODIES) - set(KINDS) == {"intent", "sale", "reading"}
    assert set(KINDS) <= set(BODIES)


def test_a_period_with_too_many_sales_for_a_page_is_left_to_the_workbook(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.services.reports.desk.SALES_ON_A_PAGE", 11)
    shown = pages.clerk().get(f"/reports/steps?{ALL_TIME}").text
    assert "12 sales are in this period" in shown
    assert "<table" not in shown.partition("<main")[2]


def test_a_clerk_sees_sales_and_sums_and_no_report_over_others(pages: Pages) -> None:
    clerk = pages.clerk(name=CLERK)
    assert clerk.get("/business").status_code == 200
    assert clerk.get("/business/services").status_code == 200
    assert clerk.get("/reports/settlement").status_code == 403
    assert pages.clerk(name=AUDITOR).get("/reports/settlement").status_code == 200


def test_the_workbook_holds_what_the_page_shows_and_ties(pages: Pages, tmp_path: Path) -> None:
    clerk = pages.clerk()
    fields = {"since": "2026-01-01T00:00:00", "until": "2026-12-31T23:59:59"}
    book = made(clerk, "/business", fields, tmp_path)
    listed, control = book.worksheets
    shown = body(clerk.get(f"/business?{ALL_TIME}").text)
    rows = list(listed.iter_rows(min_row=5, values_only=True))
    assert [row[1] for row in rows] == [row[1] for row in shown]
    assert [f"¥{row[12]:,.2f}" for row in rows] == [row[12] for row in shown]
    assert listed["L3"].value == pytest.approx(sum(row[11] for row in rows))
    found = {row[0]: row[4] for row in control.iter_rows(values_only=True)}
    assert found["All of them"] == "OK"
    assert sum(state == "OK" for state in found.values()) >= 5
    assert "CHECK" not in found.values()
    told = {row[0]: row[1] for row in control.iter_rows(values_only=True)}
    assert told["Period"] == "2026-01-01 00:00:00 – 2026-12-31 23:59:59"
    assert re.fullmatch("[0-9a-f]{64}", str(told["SHA-256 of the rows"]))
    texts = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert not [text for text in texts if isinstance(text, str) and text.startswith("#")]


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_every_report_becomes_a_workbook_whose_checks_hold(
    pages: Pages, name: str, tmp_path: Path
) -> None:
    clerk = pages.clerk()
    path = "/business" if name == "sales" else f"/business/{name}"
    path = path if REPORTS[name].counter else f"/reports/{name}"
    fields = {"since": "2026-01-01T00:00:00", "until": "2026-12-31T23:59:59", "days": "1"}
    asked = clerk.post(f"{path}/workbook", fields, on=path)
    assert asked.status_code == 303, asked.text
    address = finished(clerk, name)
    answer = clerk.get(address)
    (tmp_path / "one.xlsx").write_bytes(answer.data)
    answer.close()
    book = load_workbook(tmp_path / "one.xlsx")
    assert book.sheetnames[1] == "Control"
    heads = [cell.value for cell in book.worksheets[0][4]]
    assert heads == [column.heading for column in REPORTS[name].columns]
    for column, cell in zip(REPORTS[name].columns, book.worksheets[0][5], strict=True):
        if cell.value is not None and column.kind is Kind.MONEY:
            assert cell.number_format.startswith("#,##0.00")
        if cell.value is not None and column.kind is Kind.TIME:
            assert cell.is_date
    assert clerk.send(address.replace(".xlsx", "/drop"), {}).status_code in (303, 400, 403)
    drop = address.replace(".xlsx", "/drop")
    clerk.post(drop, {}, on="/workbooks")


def test_a_workbook_is_its_askers_alone(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.post("/business/workbook", {}, on="/business")
    address = finished(clerk, "sales")
    other = pages.clerk(name=AUDITOR)
    assert other.get(address).status_code == 404
    assert address not in other.get("/workbooks").text
    dropped = clerk.post(address.replace(".xlsx", "/drop"), {}, on="/workbooks")
    assert dropped.status_code == 303
    assert clerk.get(address).status_code == 404


def test_no_more_processes_run_at_once_than_may_and_each_can_be_cancelled(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def endless(_command: object, **options: Any) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["/bin/cat"], **options, stdout=subprocess.DEVNULL))
        return started[-1]

    monkeypatch.setattr("yika_node.services.reports.workshop.Popen", endless)
    clerk = pages.clerk()
    for _ in range(AT_ONCE):
        assert clerk.post("/business/workbook", {}, on="/business").status_code == 303
    refused = clerk.post("/business/workbook", {}, on="/business")
    assert code_of(refused) == "workbooks_busy"
    for drop in re.findall(r'action="(/workbooks/[0-9a-f]+/drop)"', clerk.get("/workbooks").text):
        clerk.post(drop, {}, on="/workbooks")
    assert [process.returncode is not None for process in started] == [True] * AT_ONCE


def _ended_early(clerk: Clerk) -> bool:
    time.sleep(0.1)
    return "ended early" in clerk.get("/workbooks").text


def test_a_process_that_ends_without_a_word_made_no_workbook(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_command: object, **options: Any) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["/bin/sh", "-c", "read line; exit 1"], **options)

    monkeypatch.setattr("yika_node.services.reports.workshop.Popen", broken)
    clerk = pages.clerk()
    clerk.post("/business/workbook", {}, on="/business")
    assert any(_ended_early(clerk) for _ in range(100))


def test_workbooks_go_after_a_day(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.post("/business/workbook", {}, on="/business")
    first = finished(clerk, "sales")
    room = fleeting(pages.world.folder) / first.split("/")[-1].removesuffix(".xlsx")
    assert (room.stat().st_mode & 0o777, (room / STATE_FILE).stat().st_mode & 0o777) == (
        0o700,
        0o600,
    )
    pages.world.pass_time(seconds=KEPT_S + 1)
    clerk = pages.clerk()
    assert clerk.post("/business/workbook", {}, on="/business").status_code == 303
    assert not room.exists()
    finished(clerk, "sales")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_charts_say_their_numbers_in_words_and_in_a_table(pages: Pages, language: str) -> None:
    shown = pages.clerk(language).get("/business/charts").text
    drawings = re.findall(r'<svg role="img" aria-label="([^"]+)"', shown)
    assert len(drawings) == 4
    assert all(drawings)
    assert shown.count("<details>") == 4
    assert "style=" not in shown.partition("<main")[2]


def test_what_may_name_customers_does_not_outlive_the_power(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.post("/business/workbook", {}, on="/business")
    finished(clerk, "sales")
    assert fleeting(pages.world.folder).parent == MEMORY
    assert not (pages.world.folder / FOLDER_NAME).exists()


def test_a_name_that_somebody_else_has_taken_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, data = tmp_path / "memory", tmp_path / "data"
    memory.mkdir()
    data.mkdir()
    monkeypatch.setattr("yika_node.services.reports.workshop.MEMORY", memory)
    taken = fleeting(data)
    assert taken.parent == memory
    taken.chmod(0o755)
    assert fleeting(data) == data / FOLDER_NAME
    taken.rmdir()
    taken.symlink_to(tmp_path)
    assert fleeting(data) == data / FOLDER_NAME


def seen(pages: Pages) -> list[PersonSeen]:
    lines = (row.line for row in pages.node.queries.records(1, 1, 10_000))
    return [body for line in lines if isinstance(body := decode_line(line).body, PersonSeen)]


def test_telephones_in_a_report_are_recorded_as_shown_or_are_masked(pages: Pages) -> None:
    supervisor, auditor = pages.clerk(), pages.clerk(name=AUDITOR)
    before = len(seen(pages))
    masked = body(auditor.get("/reports/non-buyers?days=1").text)[0][3]
    assert masked.startswith("***")
    assert len(seen(pages)) == before
    full = body(supervisor.get("/reports/non-buyers?days=1").text)[0][3]
    assert "*" not in full
    assert full[-4:] == masked[-4:]
    assert [one.report for one in seen(pages)[before:]] == ["non-buyers"]
    supervisor.get(f"/reports/settlement?{ALL_TIME}")
    assert len(seen(pages)) == before + 1
