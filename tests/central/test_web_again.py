"""A form of headquarters' that is refused comes back filled in, with one sentence, no password."""

import re
from collections.abc import Mapping
from html import unescape

import pytest
from sqlalchemy import select

from central_builders import ADMIN, HandClock
from central_pages import form_token, signed_in
from central_tools import METERS, town
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Node, table_of
from yika_central.services.special_office import NewManaging

SECRET = "a secret that nobody sees again"
TOOL = {
    "kind": "4",
    "meters": METERS[0],
    "node": "N0001",
    "holder": "Sun <b>",
    "until": "2026-06-05",
    "version": "7",
    "alarm": "2.5",
    "reason": "the flat is empty",
    "second-name": "zhao",
}
MANAGING = {"holder": "li", "nodes": "N0001 N0009", "node": "N0001", "until": "2026-01-02"}
SYSTEM = {"installation": "N0007", "name": "南关", "areas": "A99", "node": "N0001"}
NOTICE = {
    "subject": "870000000999",
    "action": "call",
    "zh": "请来",
    "en": "Please come",
    "until": "2026-07-01",
    "reason": "papers",
}
LEVELS = {
    "service": "gas",
    "class": "residential",
    "meter": "",
    "holds": "money",
    "alarm_level": "8",
    "second_level": "9",
    "act": "set",
    "reason": "dry homes",
}
BRANCH = {"code": "E-1", "name": "东区", "service": "cold_water", "parent": "nowhere"}
STAFF = {"name": ADMIN.name, "full-name": "Sun Li", "role": "auditor"}
INVITED = {"node": "N0007", "name": "南关", "areas": "no area"}
DEBT = {"account": "nobody", "amount": "12.50", "zh": "旧欠", "en": "old", "parts": "3"}
FORMS = [
    ("/tools", "/tools", TOOL, "second-password"),
    ("/special", "/special/managing", MANAGING, ""),
    ("/special", "/special/system", SYSTEM, ""),
    ("/cards", "/cards", NOTICE, ""),
    ("/cards", "/cards/lost", {"card": "870000000999", "reason": "a call"}, ""),
    ("/meters/levels", "/meters/levels", LEVELS, ""),
    ("/network", "/network", BRANCH, ""),
    ("/staff", "/staff", STAFF, "password"),
    ("/nodes", "/nodes", INVITED, ""),
    ("/debts", "/debts", DEBT, "second-password"),
]


def form_of(page: str, action: str) -> str:
    forms = re.findall(r"<form [^>]*>.*?</form>", page, re.S)
    [found] = [form for form in forms if f'action="{action}"' in form.partition(">")[0]]
    return str(found)


def filled_in(form: str) -> dict[str, str]:
    """What stands in the fields of a form, as a browser would show it."""
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {key}="([^"]*)"', tag) for key in ("name", "value"))
        assert name
        if 'type="checkbox"' not in tag:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(
        r'<select [^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S
    ):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = chosen[1] if chosen else ""
    return found


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(("page", "action", "fields", "secret"), FORMS)
def test_a_refused_form_comes_back_as_it_was_typed(
    headquarters: Headquarters,
    clock: HandClock,
    language: str,
    page: str,
    action: str,
    fields: Mapping[str, str],
    secret: str,
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    data = {"csrf_token": form_token(client.get(page).text), **fields}
    if secret:
        data[secret] = SECRET
    if "second-name" in fields:
        data["second-name"] = ADMIN.name
    headers = {"Accept-Language": language, "Origin": "http://localhost"}
    answer = client.post(action, data=data, headers=headers)
    assert answer.status_code in {404, 409, 422}
    form = form_of(answer.text, action)
    assert form.count('class="fault"') == answer.text.count('class="fault"') == 1
    shown = filled_in(form)
    assert {name: shown[name] for name in fields if name != "second-name"} == {
        name: text for name, text in fields.items() if name != "second-name"
    }
    assert SECRET not in answer.text
    assert not secret or shown[secret] == ""


def test_boxes_that_were_ticked_come_back_ticked(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    token = form_token(client.get("/special").text)
    data = {"csrf_token": token, **SYSTEM, "services": ["heat", "gas"]}
    form = form_of(client.post("/special/system", data=data).text, "/special/system")
    assert re.findall(r'value="([a-z_]+)" checked', form) == ["heat", "gas"]
    empty = form_of(client.get("/special").text, "/special/system")
    assert "checked" not in empty
    assert filled_in(empty)["installation"] == ""


def test_the_other_forms_of_the_page_stay_as_they_are(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    data = {"csrf_token": form_token(client.get("/cards").text), "card": "1", "reason": "a call"}
    page = client.post("/cards/lost", data=data).text
    assert filled_in(form_of(page, "/cards/lost"))["reason"] == "a call"
    assert filled_in(form_of(page, "/cards/found"))["reason"] == ""


def test_a_folded_form_that_is_refused_is_open(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    order = NewManaging(holder="li", node="N0001", nodes=("N0001",))
    card = headquarters.special_office.order_managing(order, by=ADMIN.name)
    client = signed_in(headquarters, ADMIN)
    page = client.get("/special").text
    assert "<details open>" not in page
    data = {"csrf_token": form_token(page), "reason": ""}
    refused = client.post(f"/special/{card}/revoke", data=data).text
    assert 'class="fault"' in refused.partition("<details open>")[2].partition("</details>")[0]


def test_where_the_form_is_gone_the_refusal_is_said_alone(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    data = {"csrf_token": form_token(client.get("/tools").text), "reason": "lost"}
    answer = client.post("/tools/880000000099/revoke", data=data)
    assert answer.status_code == 404
    assert "There is no tool card 880000000099" in answer.text
    assert '<form method="post" action="/tools' not in answer.text


def test_an_invitation_names_what_may_be_sold(
    headquarters: Headquarters, clock: HandClock
) -> None:
    client = signed_in(headquarters, ADMIN)
    token = form_token(client.get("/nodes").text)
    data = {"csrf_token": token, "node": "N0007", "name": "南关", "areas": "A01"}
    assert client.post("/nodes", data=data | {"services": ["heat"]}).status_code == 200
    table = table_of(Node)
    with headquarters.database.reading() as session:
        query = select(table.c.services).where(table.c.node == "N0007")
        assert session.execute(query).scalar_one() == "heat"
