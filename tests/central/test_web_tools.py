"""The tool desk's pages and commands: who may order what, and that both languages show it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from central_builders import ADMIN, HandClock
from central_pages import form_token, post, signed_in
from central_tools import METERS, ZHAO, ordered, town
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.services.staff import Credential, StaffRole

AUDITOR = Credential("an auditor", "the auditor's password")
FIELDS = {
    "kind": "1",
    "meters": " ".join(METERS),
    "node": "N0001",
    "holder": "Sun",
    "until": "2026-06-05",
    "reason": "the yearly round",
}
CLEAR = FIELDS | {"kind": "4", "meters": METERS[0]}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_there_in_both_languages(
    headquarters: Headquarters, clock: HandClock, language: str
) -> None:
    town(headquarters, clock)
    number = ordered(headquarters)
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    client = signed_in(headquarters, AUDITOR)
    for path in ("/tools", "/tools?all=1", f"/tools/{number}"):
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert number in answer.text
        assert "None" not in re.sub(r"<[^>]+>", "", answer.text), path
    assert client.get("/tools/880000000099").status_code == 404


def test_an_auditor_orders_nothing(headquarters: Headquarters, clock: HandClock) -> None:
    town(headquarters, clock)
    number = ordered(headquarters)
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    client = signed_in(headquarters, AUDITOR)
    assert post(client, "/tools", **FIELDS) == 403
    assert post(client, f"/tools/{number}/revoke", reason="no") == 403
    assert len(headquarters.tool_desk.listed()) == 1


def test_a_card_is_ordered_and_taken_back_on_the_page(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    assert post(client, "/tools", **FIELDS) == 303
    [card] = headquarters.tool_desk.listed()
    assert [order.meter for order in card.orders] == list(METERS)
    assert post(client, f"/tools/{card.card}/missing", reason="lost") == 409
    assert post(client, f"/tools/{card.card}/revoke", reason="the wrong street") == 303
    assert headquarters.tool_desk.listed() == ()


def test_clearing_on_the_page_takes_a_second_person(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    assert post(client, "/tools", **CLEAR) == 409
    second = {"second_name": ZHAO.name, "second_password": ZHAO.password}
    assert post(client, "/tools", **CLEAR, **second) == 303
    assert headquarters.tool_desk.listed()[0].ordered_by == "admin, zhao"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "9"},
        {"kind": "-1"},
        {"until": ""},
        {"until": "soon"},
        {"meters": ""},
        {"meters": "499"},
        {"holder": ""},
        {"kind": "2"},
        {"kind": "2", "version": "1", "alarm": "99999999999"},
        {"kind": "2", "version": "0", "price": "5.2"},
        {"kind": "2", "version": "x"},
    ],
)
def test_odd_fields_are_refused_in_a_sentence(
    headquarters: Headquarters, clock: HandClock, changes: dict[str, str]
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    data = {"csrf_token": form_token(client.get("/tools").text)} | FIELDS | changes
    answer = client.post("/tools", data=data)
    assert answer.status_code == 422
    assert headquarters.tool_desk.listed() == ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A headquarters with a vending point and two meters, set up by commands."""
    folder = tmp_path / "central"
    folder.mkdir()
    (folder / "central.toml").write_text("password_memory = 8\n")
    for arguments in (
        ("init", "--officer", "li", "--officer", "wang", "--area", "A01=东河"),
        ("stock", "--area", "A01", "--service", "GAS", "--count", "2"),
        ("enrol", "N0001", "--area", "A01", "--url", "http://127.0.0.1:8600"),
    ):
        assert run(folder, *arguments).exit_code == 0
    return folder


def run(folder: Path, *arguments: str) -> Result:
    environment = {"YIKA_PASSWORD": "a long enough password", "YIKA_LANGUAGE": "en"}
    return CliRunner().invoke(main, ["--data", str(folder), *arguments], env=environment)


def test_cards_are_ordered_and_listed_on_the_command_line(folder: Path) -> None:
    from datetime import UTC, datetime, timedelta

    # Today here may be yesterday where the utility is.
    day = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    order = (
        "tool", "order", "inspection", "000000000001", "--node", "N0001", "--holder", "Sun",
        "--until", day, "--reason", "the yearly round", "--by", "admin",
    )  # fmt: skip
    refused = run(folder, *order)
    assert refused.exit_code == 1
    assert "does not write special cards" in refused.stderr
    assert run(folder, "tool", "issuer", "N0001", "--by", "admin").exit_code == 0
    card = json.loads(run(folder, *order).stdout)["card"]
    [line] = run(folder, "tool", "list").stdout.splitlines()
    listed = json.loads(line)
    assert (listed["card"], listed["kind"], listed["state"]) == (card, "inspection", "ordered")
    assert listed["orders"][0]["outcome"] == ""
    clear = [*order[:2], "clear", *order[3:]]
    assert "second person" in run(folder, *clear).stderr
    settings = [*order[:2], "parameters", *order[3:], "--version", "3", "--alarm", "5"]
    assert run(folder, *settings).exit_code == 0
    assert run(folder, *settings[:-1], "99999999999").exit_code == 1
    revoked = run(folder, "tool", "revoke", card, "--reason", "no need", "--by", "admin")
    assert json.loads(revoked.stdout)["state"] == "REVOKED"
    assert run(folder, "tool", "give-up", card, "--reason", "x", "--by", "admin").exit_code == 1
    assert len(run(folder, "tool", "list", "--all").stdout.splitlines()) == 2
