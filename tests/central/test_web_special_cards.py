"""The page and the commands of special cards at headquarters."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from central_builders import ADMIN, LI, HandClock, enrol, new_headquarters
from central_pages import form_token, signed_in
from yika_central.bootstrap import Headquarters
from yika_central.cli import main

PASSWORDS = {"YIKA_PASSWORD_ADMIN": ADMIN.password}


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Headquarters]:
    clock = HandClock()
    headquarters = new_headquarters(tmp_path / "central", clock)
    enrol(headquarters, clock)
    headquarters.tool_desk.let_issue("N0001")
    yield headquarters
    headquarters.close()


def run(hq: Headquarters, *arguments: str) -> list[dict[str, object]]:
    done = CliRunner(env=PASSWORDS).invoke(main, ["--data", str(hq.folder), *arguments])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


def test_the_command_line_orders_lists_and_revokes(hq: Headquarters) -> None:
    by = ("--by", "admin")
    holder = ("--holder", "Chen Wei", "--node", "N0001", "--good-at", "N0001")
    (managing,) = run(hq, "special", "managing", *holder, "--until", "2099-12-31", *by)
    where = ("--area", "A01", "--url", "http://127.0.0.1:8600", "--node", "N0001")
    sold = ("--service", "electricity_three", "--service", "heat", "--until", "2099-12-31")
    (system,) = run(hq, "special", "system", "N0007", *where, *sold, *by)
    assert re.fullmatch(r"[0-9]{10}", str(system["pin"]))
    listed = run(hq, "special", "list")
    assert {(row["card"], row["kind"]) for row in listed} == {
        (managing["card"], "MANAGING"),
        (system["card"], "SYSTEM"),
    }
    assert str(system["pin"]) not in json.dumps(listed)
    run(hq, "special", "revoke", str(managing["card"]), "--reason", "left", *by)
    assert [row["kind"] for row in run(hq, "special", "list")] == ["SYSTEM"]
    assert len(run(hq, "special", "list", "--all")) == 2
    refused = CliRunner(env=PASSWORDS).invoke(
        main, ["--data", str(hq.folder), "special", "revoke", "870000000099", "--reason", "x", *by]
    )
    assert refused.exit_code == 1
    assert "There is no special card 870000000099" in refused.output


def test_a_token_can_name_what_may_be_sold(hq: Headquarters) -> None:
    where = ("--area", "A01", "--url", "http://127.0.0.1:8600")
    done = CliRunner(env=PASSWORDS).invoke(
        main, ["--data", str(hq.folder), "enrol", "N0009", *where, "--service", "gas"]
    )
    assert done.exit_code == 0, done.output
    assert done.output.startswith("YIKA1.")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_orders_cards_and_shows_a_pin_once(hq: Headquarters, language: str) -> None:
    client = signed_in(hq, ADMIN)
    page = client.get("/special", headers={"Accept-Language": language})
    assert page.status_code == 200
    token = form_token(page.text)
    managing = {"holder": "Chen Wei", "nodes": "N0001", "node": "N0001", "until": "2099-12-31"}
    answer = client.post(
        "/special/managing",
        data={"csrf_token": token, **managing},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 303, answer.text
    system = {
        "installation": "N0007",
        "name": "Harbour",
        "areas": "A01",
        "services": ["gas", "bulk_water"],
        "node": "N0001",
        "until": "2099-12-31",
    }
    answer = client.post(
        "/special/system",
        data={"csrf_token": token, **system},
        headers={"Origin": "http://localhost", "Accept-Language": language},
    )
    assert answer.status_code == 200, answer.text
    pin = re.search(r'id="pin">([0-9 ]+)<', answer.text)
    assert pin is not None
    listed = client.get("/special", headers={"Accept-Language": language})
    assert "Chen Wei" in listed.text
    assert "N0007" in listed.text
    assert pin[1] not in listed.text
    number = next(view.number for view in hq.special_office.listed() if view.kind == "MANAGING")
    revoked = client.post(
        f"/special/{number}/revoke",
        data={"csrf_token": token, "reason": "left"},
        headers={"Origin": "http://localhost"},
    )
    assert revoked.status_code == 303
    assert number in client.get("/special?all=1").text
    assert "None" not in re.sub(r"<[^>]+>", "", client.get("/special?all=1").text)


@pytest.mark.parametrize(
    "fields",
    [
        {"holder": "", "nodes": "N0001", "node": "N0001"},
        {"holder": "Chen", "nodes": "", "node": "N0001"},
        {"holder": "Chen", "nodes": "N0001", "node": ""},
        {"holder": "Chen", "nodes": "N0001", "node": "N0001", "until": "yesterday"},
        {"holder": "Chen", "nodes": "N0001", "node": "N0001", "until": "2001-01-01"},
    ],
)
def test_what_makes_no_sense_is_told_in_a_sentence(
    hq: Headquarters, fields: dict[str, str]
) -> None:
    client = signed_in(hq, ADMIN)
    token = form_token(client.get("/special").text)
    answer = client.post(
        "/special/managing",
        data={"csrf_token": token, **fields},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code in range(400, 500)
    assert hq.special_office.listed(everything=True) == ()


def test_who_keeps_no_books_orders_nothing(hq: Headquarters) -> None:
    client = signed_in(hq, LI)
    page = client.get("/special")
    assert page.status_code == 200
    token = form_token(client.get("/special").text)
    answer = client.post(
        "/special/managing",
        data={"csrf_token": token, "holder": "Chen", "nodes": "N0001", "node": "N0001"},
        headers={"Origin": "http://localhost"},
    )
    assert answer.status_code == 403
