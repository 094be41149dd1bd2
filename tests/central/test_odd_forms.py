"""Forms about money, filled in with what nobody types: a sentence each, and nothing changed."""

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from central_builders import ADMIN, HandClock
from settlement_builders import (
    ACCOUNT,
    BO,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import (
    AdjustmentEntry,
    Debt,
    DebtEntry,
    PolicyChange,
    QuantityEntry,
    Ruling,
    SettingsChange,
    table_of,
)
from yika_central.services.staff import Credential, StaffRole
from yika_central.web.app import make_central_app

AUDITOR = Credential("an auditor", "the auditor's password")
AT_THE_DOOR = re.compile(r"/(login|logout|preferences|api/)")
TABLES = (AdjustmentEntry, Debt, DebtEntry, PolicyChange, QuantityEntry, Ruling, SettingsChange)


@pytest.fixture
def debt(headquarters: Headquarters, clock: HandClock) -> str:
    first, _ = a_town(headquarters, clock)
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    deliver(first)
    number = register(headquarters, 20_000, due_on=date(2026, 6, 5), daily_fee=3_000)
    sell(first, 100_000, count=1, debts=[(number, 1500, 18_500)])
    deliver(first)
    bring_up_to_date(headquarters)
    return number


def signed_in(app: Flask, who: Credential) -> FlaskClient:
    client = app.test_client()
    form = {"csrf_token": token(client), "name": who.name, "password": who.password}
    assert client.post("/login", data=form).status_code == 303
    return client


def token(client: FlaskClient, page: str = "/login") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def contents(hq: Headquarters) -> list[int]:
    """How many rows there are of everything that the forms write."""
    with hq.database.reading() as session:
        return [
            session.execute(select(func.count()).select_from(table_of(row))).scalar_one()
            for row in TABLES
        ]


def acts(app: Flask, debt: str) -> list[str]:
    """Every address that something is posted to by somebody signed in."""
    values = {"account": ACCOUNT, "debt": debt, "node": "N0001", "epoch": 1, "branch": 0}
    values |= {
        "challenge": "0" * 12,
        "seq": 3,
        "number": 1,
        "code": "E-1",
        "card": "870000000001",
        "first": ACCOUNT,
        "second": ACCOUNT,
    }
    adapter = app.url_map.bind("127.0.0.1:8600")
    return sorted(
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments}, "POST")
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not AT_THE_DOOR.match(rule.rule)
    )


def test_nothing_is_posted_without_the_form_nor_by_a_reader(
    headquarters: Headquarters, debt: str
) -> None:
    app = make_central_app(headquarters)
    before = contents(headquarters)
    client, admin, nobody = signed_in(app, AUDITOR), signed_in(app, ADMIN), app.test_client()
    form = {"csrf_token": token(client, "/adjustments")}
    paths = acts(app, debt)
    assert len(paths) >= 15
    for path in paths:
        assert admin.post(path, data={}).status_code == 400, path
        assert client.post(path, data=form).status_code == 403, path
        door = nobody.post(path, data={"csrf_token": token(nobody)})
        assert (door.status_code, door.location) == (303, "/login") or door.status_code == 401, (
            path
        )
    assert contents(headquarters) == before


ODD = (
    "letters",
    "-1",
    "1e9",
    "Infinity",
    "9" * 16,
    "9" * 5000,
    "\u0663",
    "0.0000000001",
    "a\0b",
    "\ud7ff\uffff\u202e",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "9999-12-31T23:59:59",
    "0001-01-01T00:00:00",
    "'; DROP TABLE debt; --",
)

TWO = {"second-name": BO.name, "second-password": BO.password}
FORMS: dict[str, dict[str, str]] = {
    "/adjustments/of/NOBODY": {"amount": "1", "reason": "Goodwill"} | TWO,
    "/adjustments/of/a%00b": {"amount": "1", "reason": "Goodwill"} | TWO,
    "/policies": {
        "cause": "nothing",
        "owes-adjusted": "1",
        "owes-threshold": "1",
        "owed-threshold": "1",
        "from": "2026-07-01",
        "reason": "Decided",
    },
    "/debts": {
        "account": "NOBODY",
        "amount": "30",
        "zh": "押金",
        "en": "Deposit",
        "share": "12.5",
        "least": "1",
        "priority": "1",
        "not-before": "2026-07-01",
        "due-on": "2026-08-01",
        "daily-fee": "0.05",
        "fee-most": "1",
        "parts": "3",
        "reason": "Contract",
    }
    | TWO,
    "/debts/D0000099/waive": {"amount": "1", "reason": "Hardship"} | TWO,
    "/debts/a%00b/waive": {"amount": "1", "reason": "Hardship"} | TWO,
    "/months": {"month": "2026-13"},
    "/rulings/N0001/1/0/99999999999999999999": {"act": "void", "reason": "Mistake"} | TWO,
    "/rulings/N%00/1/0/1": {"act": "void", "reason": "Mistake"} | TWO,
    "/drafts/99999999999999999999/replay": {"months": "3"},
    "/drafts/99999999999999999999/close": {"reason": "Mistake"},
    "/drafts/7/approve": {"password": "x"},
    "/drafts": {"text": "{}", "replaces": "letters"},
    "/drafts/golden": {"text": "{}", "replaces": "letters"},
    "/drafts/check": {"text": "{}"},
}
"""None of them changes anything, however its fields are filled in."""


SOUND: dict[str, dict[str, str]] = {
    f"/adjustments/of/{ACCOUNT}": {"amount": "1", "reason": "Goodwill"} | TWO,
    f"/adjustments/of/{ACCOUNT}/quantity": {"slot": "3", "quantity": "1", "reason": "Lost"} | TWO,
    "/policies": FORMS["/policies"] | {"cause": "quota_split"},
    "/debts": FORMS["/debts"] | {"account": ACCOUNT},
    "/debts/D0000001/waive": {"amount": "1", "reason": "Hardship"} | TWO,
    "/rulings/N0001/1/0/3": {"act": "time", "at": "2026-06-01T12:00:00", "reason": "x"} | TWO,
    "/settings": {"cash_unit": "1", "least_supply": "1", "debit_share": "1", "reason": "x"},
}


def variants(form: dict[str, str]) -> list[dict[str, str]]:
    """The form as it is, with each field in turn odd, and with each missing."""
    odd = [form | {name: text} for name in form for text in ODD if name not in TWO]
    return [form, *odd, *({key: form[key] for key in form if key != name} for name in form)]


def bugs(app: Flask, forms: dict[str, dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """The forms that are answered by a fault of the program."""
    client = signed_in(app, ADMIN)
    given = {"csrf_token": token(client, "/adjustments")}
    return [
        (path, fields)
        for path, form in forms.items()
        for fields in variants(form)
        if client.post(path, data=given | fields).status_code >= 500
    ]


@pytest.fixture
def app(headquarters: Headquarters, debt: str) -> Flask:
    """The pages as they are served: a fault of the program is an answer."""
    made = make_central_app(headquarters)
    made.config["PROPAGATE_EXCEPTIONS"] = False
    return made


def test_every_odd_form_is_refused_in_a_sentence(headquarters: Headquarters, app: Flask) -> None:
    before = contents(headquarters)
    assert bugs(app, FORMS) == []
    assert contents(headquarters) == before


def test_what_an_odd_form_could_enter_harms_no_job(
    headquarters: Headquarters, app: Flask, clock: HandClock
) -> None:
    assert bugs(app, SOUND) == []
    for _ in range(3):
        clock.pass_by(days=40)
        headquarters.settling.accrue()
        bring_up_to_date(headquarters)
    client = signed_in(app, AUDITOR)
    pages = ("/debts?all=1", "/adjustments?all=1", f"/adjustments/of/{ACCOUNT}", "/policies")
    for page in (*pages, "/months", "/months/2026-06", "/settings", "/debts/D0000001"):
        assert client.get(page).status_code == 200, page


def test_what_people_write_is_text_on_every_page(headquarters: Headquarters, app: Flask) -> None:
    hostile = "<script>alert(1)</script>"
    client = signed_in(app, ADMIN)
    given = {"csrf_token": token(client, "/adjustments"), "reason": hostile}
    entered = {
        "/debts": {**SOUND["/debts"], "zh": hostile, "en": hostile},
        f"/adjustments/of/{ACCOUNT}": SOUND[f"/adjustments/of/{ACCOUNT}"],
        "/policies": {**SOUND["/policies"], "from": ""},
        "/settings": {"receipt_title": hostile, "receipt_note": hostile},
        "/rulings/N0001/1/0/3": {"act": "void", **TWO},
    }
    for path, form in entered.items():
        assert client.post(path, data=form | given).status_code == 303, path
    bring_up_to_date(headquarters)
    pages = ("/debts", "/debts/D0000002", f"/adjustments/of/{ACCOUNT}", "/policies", "/settings")
    for page in (*pages, "/sales/N0001/1/0/3", "/rulings"):
        text = client.get(page).text
        assert hostile not in text, page
        assert "&lt;script&gt;" in text or page == "/rulings", page
