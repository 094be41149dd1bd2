"""Headquarters' pages: complete in both languages, shut to strangers, and true."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from central_builders import ADMIN, HandClock
from central_town import ACCOUNT, a_town
from yika_central.bootstrap import Headquarters
from yika_central.services.enquiries import PAGE, Cursor, SaleFilter
from yika_central.services.staff import Credential, StaffRole
from yika_central.web.app import make_central_app

AUDITOR = Credential("sun", "an auditor's password")
PAGES = {
    "/": ("Overview", "总览"),
    "/nodes": ("Vending points", "营业点"),
    "/sales": ("Sales", "销售"),
    "/rerating": ("Re-rating", "重新计价"),
    "/suspense": ("Suspense", "挂账"),
    "/tariffs": ("Tariffs", "价格表"),
    "/tariffs/CN-BJ-WATER-RES/4": ("CN-BJ-WATER-RES", "适用范围与签名"),
    "/reports": ("Reports", "报表"),
    "/cases": ("Cases", "案件"),
    "/cards/register": ("Cards", "卡片"),
    "/cards": ("Notices", "通知"),
    "/meters/alarms": ("Meter alarms", "表计报警"),
    "/meters/levels": ("Meter levels", "表计限值"),
    "/network": ("Branches and what they lost", "各分支及其损失"),
    "/staff": ("Staff", "人员"),
    "/manual": ("Manual of headquarters", "总部手册"),
}
LANGUAGES = ("en", "zh-CN")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Headquarters]:
    hq = a_town(tmp_path_factory.mktemp("town") / "central", HandClock())
    hq.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    yield hq
    hq.close()


@pytest.fixture
def visitor(town: Headquarters) -> FlaskClient:
    client = make_central_app(town).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8600"
    return client


@pytest.fixture
def admin(visitor: FlaskClient) -> FlaskClient:
    return signed_in(visitor, ADMIN)


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def signed_in(client: FlaskClient, person: Credential) -> FlaskClient:
    form = {"name": person.name, "password": person.password}
    assert post(client, "/login", "/login", **form).status_code == 303
    return client


def post(client: FlaskClient, form_at: str, action: str, **fields: object) -> TestResponse:
    page = client.get(form_at).get_data(as_text=True)
    return client.post(action, data={"csrf_token": token(page)} | fields)


def read(client: FlaskClient, path: str, language: str = "en") -> str:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_shut_to_strangers(visitor: FlaskClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_speaks_both_languages(admin: FlaskClient, path: str) -> None:
    for language, expected in zip(LANGUAGES, PAGES[path], strict=True):
        page = read(admin, path, language)
        assert expected in page
        assert f'<html lang="{language}"' in page


@pytest.mark.parametrize("path", [path for path in PAGES if path.count("/") < 3 and path != "/"])
def test_a_page_is_in_the_menu_under_the_name_that_it_bears(admin: FlaskClient, path: str) -> None:
    for language in (0, 1):
        page = read(admin, path, LANGUAGES[language])
        [label] = re.findall(rf'<a href="{path}"[^>]*aria-current="page"[^>]*>(.*?)</a>', page)[:1]
        name = re.sub(r"<kbd>.*?</kbd>|<[^>]+>", "", label)
        title = re.search(r"<title>(.*?) ·", page)
        assert title is not None
        assert name in (title[1], PAGES[path][language])


def test_a_sale_shows_its_lines_its_tariff_and_what_it_should_have_cost(
    admin: FlaskClient, town: Headquarters
) -> None:
    sale = town.enquiries.sales(SaleFilter(account=ACCOUNT)).items[0]
    path = f"/sales/{sale.node}/{sale.epoch}/{sale.branch}/{sale.seq}"
    page = read(admin, path)
    for shown in (sale.txn_id, sale.tariff_hash, "Stale tariff", "¥140.00", "CN-BJ-WATER-RES v4"):
        assert shown in page
    assert "价格表过时" in read(admin, path, "zh-CN")


def test_a_sale_that_is_not_there_is_one_sentence(admin: FlaskClient) -> None:
    answer = admin.get("/sales/N0001/1/0/99999")
    assert answer.status_code == 404
    assert "There is no sale at this position here." in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("node=N0002", 6),
        ("outcome=SUPERSEDED", 1),
        ("area=A01&operator=chen", 22),
        ("account=N0009-000099", 1),
        ("first=2026-06-02", 0),
        ("last=2026-06-01&service=cold_water", 23),
    ],
)
def test_sales_are_found_by_what_is_chosen(admin: FlaskClient, query: str, count: int) -> None:
    page = read(admin, f"/sales?{query}")
    assert page.count('href="/sales/N') == count


def test_a_day_that_is_none_is_one_sentence_in_each_language(admin: FlaskClient) -> None:
    for language, said in (("en", "is not a day"), ("zh-CN", "不是日期")):
        answer = admin.get("/sales?first=31.12.2026", headers={"Accept-Language": language})
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)


def test_lists_are_turned_page_by_page_without_loss(tmp_path: Path) -> None:
    hq = a_town(tmp_path / "central", HandClock())
    everything = hq.enquiries.sales(SaleFilter())
    assert (everything.newer, everything.older) == ("", "")
    seen = [sale.position for sale in everything.items]
    middle = everything.items[10]
    key = (int(middle.at.timestamp()), middle.node, middle.epoch, middle.branch, middle.seq)
    older = hq.enquiries.sales(SaleFilter(), Cursor(key))
    newer = hq.enquiries.sales(SaleFilter(), Cursor(key, newer=True))
    hq.close()
    assert [sale.position for sale in newer.items] == seen[:10]
    assert [sale.position for sale in older.items] == seen[11:]
    assert len(seen) <= PAGE


@pytest.mark.parametrize("text", ["", "-", "nonsense", "-1~N0001~x~0~1", "-1~N0001~1~0"])
def test_a_cursor_somebody_made_up_starts_at_the_top(text: str) -> None:
    assert Cursor.from_text(text) is None


def test_a_cursor_comes_back_as_it_was() -> None:
    for cursor in (Cursor((7, "N0001", 1, 0, 9)), Cursor((7, "N0001", 1, 0, 9), newer=True)):
        assert Cursor.from_text(cursor.text) == cursor


@pytest.mark.parametrize(("language", "summary"), [("en", "Summary"), ("zh-CN", "汇总")])
def test_a_report_is_a_workbook_in_the_readers_language(
    admin: FlaskClient, language: str, summary: str
) -> None:
    path = "/reports/consolidated.xlsx?first=2026-06-01&last=2026-06-30"
    with admin.get(path, headers={"Accept-Language": language}) as answer:
        assert answer.status_code == 200
        assert "yika-2026-06-01-2026-06-30.xlsx" in answer.headers["Content-Disposition"]
        book = load_workbook(io.BytesIO(answer.data))
    assert book.worksheets[0].title == summary
    assert book.worksheets[1].max_row == 23 + 4


def test_a_report_that_ends_before_it_begins_is_one_sentence(admin: FlaskClient) -> None:
    answer = admin.get("/reports/consolidated.xlsx?first=2026-06-30&last=2026-06-01")
    assert answer.status_code == 422
    assert "lies before the first" in answer.get_data(as_text=True)


def test_an_administrator_invites_stops_and_releases(
    admin: FlaskClient, town: Headquarters
) -> None:
    invited = post(admin, "/nodes", "/nodes", node="N0009", name="Hill", areas="A01")
    assert "YIKA1." in invited.get_data(as_text=True)
    assert post(admin, "/nodes", "/nodes/N0002/stop").status_code == 303
    assert "stopped by hand" in read(admin, "/nodes")
    assert post(admin, "/nodes", "/nodes/N0002/release").status_code == 303
    assert "stopped by hand" not in read(admin, "/nodes")


def test_an_auditor_reads_everything_and_changes_nothing(visitor: FlaskClient) -> None:
    auditor = signed_in(visitor, AUDITOR)
    for path in PAGES:
        read(auditor, path)
    for action in ("/nodes", "/nodes/N0001/stop", "/drafts", "/staff", "/rerating"):
        answer = post(auditor, "/sales", action)
        assert answer.status_code == 403, action
    assert "Enter a person" not in read(auditor, "/staff")


def test_an_administrator_enters_a_person_who_can_sign_in(
    admin: FlaskClient, town: Headquarters
) -> None:
    fields = {"name": "qian", "password": "long enough for me", "role": "accountant"}
    assert post(admin, "/staff", "/staff", **fields).status_code == 303
    person = town.staff.sign_in(Credential("qian", "long enough for me"))
    assert person.roles == frozenset({StaffRole.ACCOUNTANT})
    taken = post(admin, "/staff", "/staff", **fields)
    assert (taken.status_code, "Nobody was entered" in taken.text) == (409, True)


def test_the_status_line_says_what_waits(admin: FlaskClient) -> None:
    page = read(admin, "/status")
    assert "2/2" in page
    assert "Suspense" in page


def test_pricing_again_from_the_page_empties_the_queue(
    admin: FlaskClient, town: Headquarters
) -> None:
    town.rerating.queue_everything()
    assert "wait to be priced again" in read(admin, "/rerating")
    assert post(admin, "/rerating", "/rerating").status_code == 303
    assert "everything here is priced" in read(admin, "/rerating")
