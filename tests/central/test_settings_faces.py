"""The settings on the page and on the command line, and what the page says of a refused list."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from central_builders import ADMIN, LI, HandClock, Pen, enrol, new_headquarters
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.services.staff import Credential, StaffRole
from yika_central.web.app import make_central_app
from yika_common.journal.bodies import BundleRefused

AUDITOR = Credential("sun", "an auditor's password")


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Headquarters]:
    headquarters = new_headquarters(tmp_path / "central", HandClock())
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    yield headquarters
    headquarters.close()


@pytest.fixture
def pen(hq: Headquarters) -> Pen:
    return enrol(hq, HandClock())


def signed_in(hq: Headquarters, person: Credential) -> FlaskClient:
    client = make_central_app(hq).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8600"
    fields = {"name": person.name, "password": person.password}
    client.post("/login", data=fields | {"csrf_token": token(client, "/login")})
    return client


def token(client: FlaskClient, path: str) -> str:
    page = client.get(path).get_data(as_text=True)
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


def test_an_administrator_changes_settings_and_everybody_sees_who_and_why(
    hq: Headquarters,
) -> None:
    admin = signed_in(hq, ADMIN)
    fields = {"stale_tariff": "refuse", "cash_unit": "5", "reason": "供水条例"}
    done = admin.post("/settings", data=fields | {"csrf_token": token(admin, "/settings")})
    assert done.status_code == 303
    auditor = signed_in(hq, AUDITOR)
    page = auditor.get("/settings", headers={"Accept-Language": "en"}).get_data(as_text=True)
    for text in ("供水条例", "admin", "is not sold by"):
        assert text in page, text
    assert "Why they change" not in page
    chinese = auditor.get("/settings", headers={"Accept-Language": "zh"}).get_data(as_text=True)
    assert "全部营业点的设置" in chinese
    refused = auditor.post("/settings", data=fields | {"csrf_token": token(auditor, "/sales")})
    assert refused.status_code == 403


def test_a_wrong_setting_on_the_page_is_one_sentence(hq: Headquarters) -> None:
    admin = signed_in(hq, ADMIN)
    fields = {"cash_unit": "many", "receipt_title": "东河水务", "reason": "为了硬币"}
    fields |= {"csrf_token": token(admin, "/settings")}
    page = admin.post("/settings", data=fields, headers={"Accept-Language": "zh"})
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    for kept in ("不是整数", 'value="many"', 'value="东河水务"', 'value="为了硬币"'):
        assert kept in text, kept
    assert hq.settings_office.history() == ()


def test_a_refused_list_is_shown_with_its_sentence(hq: Headquarters, pen: Pen) -> None:
    pen.write(
        BundleRefused(
            version=pen.manifest.version + 1,
            digest="00" * 8,
            item="tariff/X/2",
            code="golden_case_differs",
            sentence="It prices otherwise here.",
        )
    )
    pen.send(pen.cut())
    page = signed_in(hq, ADMIN).get("/nodes", headers={"Accept-Language": "en"})
    text = page.get_data(as_text=True)
    assert f"refused v{pen.manifest.version + 1}" in text
    assert "It prices otherwise here." in text
    assert "tariff/X/2" in text


def run(hq: Headquarters, *arguments: str, password: str = ADMIN.password) -> Result:
    env = {"YIKA_PASSWORD": password, "YIKA_LANGUAGE": "en"}
    return CliRunner().invoke(main, ["--data", str(hq.folder), "settings", *arguments], env=env)


def test_the_command_shows_and_sets(hq: Headquarters) -> None:
    shown = json.loads(run(hq, "show").stdout)
    assert (shown["residual"], shown["cash_unit"]) == ("change", 1)
    done = run(hq, "set", "residual=balance", "cash_unit=10", "--by", "admin", "--reason", "y")
    assert (done.exit_code, json.loads(done.stdout)["version"]) == (0, 1)
    shown = json.loads(run(hq, "show").stdout)
    assert (shown["residual"], shown["cash_unit"]) == ("balance", 10)
    (version,) = hq.settings_office.history()
    assert (version.changed_by, version.reason) == ("admin", "y")


@pytest.mark.parametrize(
    ("arguments", "password", "status", "said"),
    [
        (("residual=tip", "--by", "admin"), ADMIN.password, 1, "“residual” is none of"),
        (("residual", "--by", "admin"), ADMIN.password, 2, "NAME=VALUE"),
        (("cash_unit=5", "--by", "li"), LI.password, 1, "li is no administrator"),
        (("cash_unit=5", "--by", "admin"), "wrong password", 1, "password"),
    ],
)
def test_the_command_refuses_in_one_sentence(
    hq: Headquarters, arguments: tuple[str, ...], password: str, status: int, said: str
) -> None:
    done = run(hq, "set", *arguments, "--reason", "y", password=password)
    assert (done.exit_code, said in done.stderr) == (status, True), done.stderr
    assert hq.settings_office.history() == ()
