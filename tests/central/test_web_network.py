"""The network on headquarters' pages and command line: who may, what is shown, what is refused."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from central_builders import ADMIN, HandClock, new_headquarters
from central_pages import post, signed_in
from settlement_builders import ACCOUNT, BO, METER, a_town, deliver, sell
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.services.network_office import NewBranch
from yika_central.services.staff import Credential, StaffRole
from yika_common.numbers import Quantity

AUDITOR = Credential("an auditor", "the auditor's password")
EAST = {"code": "east-1", "service": "cold_water", "name": "东区", "parent": ""}


def a_day(clock: HandClock) -> str:
    clock.pass_by(days=1)
    return clock.now.date().isoformat()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("Network", "Not sold", "20 %")), ("zh-CN", ("管网", "未售出", "20 %"))],
)
def test_an_accountant_follows_a_branch_from_its_entry_to_its_loss(
    headquarters: Headquarters, clock: HandClock, language: str, words: tuple[str, ...]
) -> None:
    pen, _ = a_town(headquarters, clock)
    day = a_day(clock)
    client = signed_in(headquarters, BO)
    assert post(client, "/network", **EAST) == 303
    assert post(client, "/network/EAST-1/meters", meters=METER, act="hang") == 303
    assert post(client, "/network/EAST-1/readings", day=day, reading="100") == 303
    sell(pen, 10_000, count=1)
    day = a_day(clock)
    deliver(pen)
    client = signed_in(headquarters, BO)
    assert post(client, "/network/EAST-1/readings", day=day, reading="112.5", begins="0") == 303

    for path in ("/network", "/network?service=cold_water", "/network/EAST-1"):
        page = client.get(path, headers={"Accept-Language": language})
        assert page.status_code == 200
        for word in (*words, "东区", "12.5\xa0m³", "10\xa0m³", "2.5\xa0m³"):
            assert word in page.text, (path, word)
    assert METER in client.get("/network/EAST-1").text
    assert "EAST-1" not in client.get("/network?service=gas").text
    assert ACCOUNT not in client.get("/network/EAST-1").text, "nobody's household"

    assert post(client, "/network/EAST-1/readings/2", reason="a slip") == 303
    assert "112.5" not in client.get("/network/EAST-1").text
    assert post(client, "/network/EAST-1/meters", meters=METER, act="off") == 303
    assert METER not in client.get("/network/EAST-1").text


def test_an_auditor_looks_and_changes_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    a_town(headquarters, clock)
    headquarters.network_office.enter(NewBranch("E", "cold_water", "East"), by="bo")
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    client = signed_in(headquarters, AUDITOR)
    assert client.get("/network/E").status_code == 200
    for path in ("/network", "/network/E/readings", "/network/E/readings/1", "/network/E/meters"):
        assert post(client, path, **EAST) == 403, path


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/network", EAST | {"code": "a b"}, 422),
        ("/network", EAST | {"parent": "nowhere"}, 404),
        ("/network", EAST | {"code": "E"}, 409),
        ("/network/E/readings", {"day": "soon", "reading": "1"}, 422),
        ("/network/E/readings", {"day": "", "reading": "1"}, 422),
        ("/network/E/readings", {"day": "2026-01-01", "reading": "many"}, 422),
        ("/network/E/readings", {"day": "2999-01-01", "reading": "1"}, 422),
        ("/network/E/readings", {"day": "2026-01-01", "reading": "-1"}, 422),
        ("/network/E/readings/1", {"reason": "x"}, 409),
        ("/network/E/meters", {"meters": "1", "act": "hang"}, 422),
        ("/network/X/meters", {"meters": METER, "act": "hang"}, 404),
    ],
)
def test_what_makes_no_sense_is_refused(
    headquarters: Headquarters, clock: HandClock, path: str, fields: dict[str, str], status: int
) -> None:
    a_town(headquarters, clock)
    headquarters.network_office.enter(NewBranch("E", "cold_water", "East"), by="bo")
    before = headquarters.network_office.tree()
    assert post(signed_in(headquarters, ADMIN), path, **fields) == status
    assert headquarters.network_office.tree() == before


def test_a_page_of_no_branch_says_so(headquarters: Headquarters, clock: HandClock) -> None:
    a_town(headquarters, clock)
    answer = signed_in(headquarters, ADMIN).get("/network/NOWHERE")
    assert answer.status_code == 404
    assert "There is no branch NOWHERE" in answer.text


@pytest.fixture
def by_file(tmp_path: Path, clock: HandClock) -> Iterator[Headquarters]:
    """Headquarters as its command opens it."""
    hq = new_headquarters(tmp_path / "central", clock)
    yield hq
    hq.close()


def test_the_command_line_does_the_same(
    by_file: Headquarters, clock: HandClock, tmp_path: Path
) -> None:
    pen, _ = a_town(by_file, clock)
    listed = tmp_path / "meters.csv"
    listed.write_text(f"meter,branch\n{METER},E\n")

    def run(*arguments: str) -> Result:
        environment = {"YIKA_PASSWORD": BO.password, "YIKA_LANGUAGE": "en"}
        place = ["--data", str(by_file.folder), "network"]
        return CliRunner().invoke(main, [*place, *arguments], env=environment)

    by = ("--by", BO.name)
    done = run("enter", "E", "--service", "cold_water", "--name", "East", *by)
    assert done.exit_code == 0, done.output
    assert json.loads(run("hang", str(listed), *by).stdout) == {"listed": 1, "moved": 1}
    assert run("read", "E", "2026-01-01", "100", *by).exit_code == 0
    sell(pen, 10_000, count=1)
    deliver(pen)
    clock.pass_by(days=1)
    by_file.network_office.read("E", clock.now.date(), Quantity(150_000), by="bo")
    [line] = map(json.loads, run("losses").stdout.splitlines())
    assert (line["branch"], line["meters"]) == ("E", 1)
    assert (line["supplied"], line["sold"], line["not_sold"]) == ("50", "10", "40")
    listed.write_text("meter,branch\n1,E\n")
    refused = run("hang", str(listed), *by)
    assert refused.exit_code == 1
    assert "No meter was hung anywhere" in refused.stderr
