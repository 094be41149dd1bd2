"""Notices and levels on headquarters' pages and command line: who may, and what is refused."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from central_builders import ADMIN, HandClock, new_headquarters
from central_pages import form_token, post, signed_in
from central_tools import METERS, ZHAO, ordered, town
from yika_central.bootstrap import Headquarters
from yika_central.cli import main
from yika_central.db.database import add
from yika_central.db.tables import MeterStanding
from yika_central.services.level_office import Scope
from yika_central.services.notice_desk import NewNotice
from yika_central.services.staff import Credential, StaffRole
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.tool_order import OrderKind, read_order
from yika_common.cards.write_back import MeterStatus
from yika_common.journal.card_bodies import TOLD, TURNED_AWAY, NoticeDone
from yika_common.journal.meter_bodies import EXECUTED, OrderDone, ToolReturned
from yika_common.numbers import Quantity

AUDITOR = Credential("an auditor", "the auditor's password")
LEVELS = Levels(Quantity(8_000), Quantity(0), Quantity(3_000), Quantity(1_000))
PAGES = ("/cards", "/cards?all=1", "/meters/alarms", "/meters/alarms?bits=2", "/meters/levels")
NOTICE = {"action": "message", "zh": "请来", "en": "Please come", "reason": "papers"}
CHANGE = {
    "service": "gas",
    "class": "",
    "alarm_level": "8",
    "second_level": "3",
    "holds": "quantity",
    "act": "set",
    "reason": "dry homes",
}


def a_card(hq: Headquarters) -> str:
    return hq.stock.take_in_new("A01", [], 1).cards[0]


def a_notice(hq: Headquarters, subject: str, action: str = "message") -> int:
    new = NewNotice(subject=subject, action=action, zh="请来", en="Please come")
    return hq.notice_desk.give(new, by="admin", reason="papers")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_there_in_both_languages(
    headquarters: Headquarters, clock: HandClock, language: str
) -> None:
    town(headquarters, clock)
    a_notice(headquarters, METERS[0])
    headquarters.level_office.change(Scope(service="gas"), LEVELS, by="admin", reason="dry homes")
    headquarters.staff.enter(AUDITOR, frozenset({StaffRole.AUDITOR}))
    client = signed_in(headquarters, AUDITOR)
    for path in PAGES:
        answer = client.get(path, headers={"Accept-Language": language})
        assert answer.status_code == 200, path
        assert "None" not in re.sub(r"<[^>]+>", "", answer.text), path
    for path in ("/cards", "/cards/end", "/cards/lost", "/cards/found", "/meters/levels"):
        assert post(client, path, **CHANGE) == 403, path


def test_notices_are_given_and_ended_on_the_page(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    card = a_card(headquarters)
    client = signed_in(headquarters, ADMIN)
    assert post(client, "/cards", subject=card, **NOTICE) == 303
    [notice] = headquarters.notice_desk.listed()
    assert (notice.card, notice.number, notice.created_by) == (card, 1, "admin")
    assert post(client, "/cards/end", card=card, meter="", number="1") == 303
    assert post(client, "/cards/end", card=card, meter="", number="1") == 404
    assert headquarters.notice_desk.listed() == ()
    assert post(client, "/cards", subject=card, **NOTICE) == 303
    assert [view.number for view in headquarters.notice_desk.listed(everything=True)] == [2, 1]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "000000000000"},
        {"action": "burn"},
        {"zh": ""},
        {"until": "2001-01-01"},
        {"until": "soon"},
        {"en": "x" * 201},
        {"reason": ""},
    ],
)
def test_a_notice_that_makes_no_sense_is_refused(
    headquarters: Headquarters, clock: HandClock, changes: dict[str, str]
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    fields = {"subject": METERS[0]} | NOTICE | changes
    assert post(client, "/cards", **fields) in (409, 422)
    assert headquarters.notice_desk.listed() == ()


def test_levels_are_set_and_taken_away_on_the_page(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    assert post_levels(client, CHANGE) == 303
    assert post_levels(client, CHANGE) == 422, "they hold already"
    [version] = headquarters.level_office.current()
    assert version.levels == Levels(Quantity(8_000), Quantity(0), Quantity(3_000), Quantity(0))
    assert post_levels(client, CHANGE | {"meter": METERS[0], "alarm_level": "9"}) == 303
    assert post_levels(client, CHANGE | {"act": "remove"}) == 303
    [own] = headquarters.level_office.current()
    assert own.scope.meter == METERS[0]


def post_levels(client: Any, fields: dict[str, str]) -> int:
    data = {"csrf_token": form_token(client.get("/adjustments").text)} | fields
    status: int = client.post("/meters/levels", data=data).status_code
    return status


@pytest.mark.parametrize(
    "changes",
    [
        {"alarm_level": "x"},
        {"alarm_level": "99999999999"},
        {"second_level": "9"},
        {"max_stored": "5"},
        {"service": "beer"},
        {"meter": "000000009999"},
        {"holds": "money"},
        {"reason": ""},
        {"class": "x" * 33},
    ],
)
def test_levels_that_make_no_sense_are_refused(
    headquarters: Headquarters, clock: HandClock, changes: dict[str, str]
) -> None:
    town(headquarters, clock)
    client = signed_in(headquarters, ADMIN)
    assert post_levels(client, CHANGE | changes) in (409, 422)
    assert headquarters.level_office.current() == ()


def test_an_alarm_shows_the_balance_in_what_its_meter_counts(
    headquarters: Headquarters, clock: HandClock
) -> None:
    town(headquarters, clock)
    standing = MeterStanding(
        meter=METERS[0],
        service="cold_water",
        number=1,
        balance=2_500,
        status=int(MeterStatus.COVER),
        read_at=1,
        node="N0001",
    )
    paid = {"meter": METERS[1], "service": "electricity_single", "money": 1}
    with headquarters.database.writing() as connection:
        add(connection, MeterStanding, [standing.model_dump(), standing.model_dump() | paid])
    listed = signed_in(headquarters, ADMIN).get("/meters/alarms").text
    assert re.findall(r'<td class="n">(.*?)</td>', listed) == ["2.5\xa0m³", "2.5\xa0¥"]


def test_what_was_done_of_a_notice_is_kept_whoever_reports_it(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = town(headquarters, clock)
    card = a_card(headquarters)
    a_notice(headquarters, card)
    pen.write(NoticeDone(notice=1, card=card, how=TOLD, reason="a neighbour"))
    pen.write(NoticeDone(notice=7, card=card, how=TURNED_AWAY))
    pen.send(pen.cut())
    [notice] = headquarters.notice_desk.listed(everything=True)
    assert notice.ended_by.startswith("N0001")
    assert [one.reason for one in notice.done] == ["a neighbour"]


def test_an_order_without_a_version_gets_the_one_after_all_that_are_known(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = town(headquarters, clock)
    settings = MeterParameters(alarm_level=Quantity(4_000), overdraft=Quantity(500))
    versions = []
    for _ in range(2):
        number = ordered(
            headquarters, kind=OrderKind.PARAMETERS, meters=(METERS[0],), parameters=settings
        )
        [order] = headquarters.tool_desk.statement(number).orders
        versions.append(_content(headquarters, number).version)
        done = OrderDone(METERS[0], int(OrderKind.PARAMETERS), order.number, EXECUTED)
        pen.write(ToolReturned(card=number, orders=(done,)))
        pen.send(pen.cut())
    assert versions == [1, 2]


def _content(hq: Headquarters, card: str) -> MeterParameters:
    from sqlalchemy import select

    from yika_central.db.tables import ToolOrder, table_of

    table = table_of(ToolOrder)
    with hq.database.reading() as session:
        content = session.execute(select(table.c.content).where(table.c.card == card)).scalar()
    assert content is not None
    return read_order(bytes(content)).parameters


@pytest.fixture
def hq(tmp_path: Path) -> Iterator[Headquarters]:
    """A headquarters in a folder, as its commands find it."""
    made = new_headquarters(tmp_path / "central", HandClock())
    yield made
    made.close()


def run(hq: Headquarters, *arguments: str, password: str = ADMIN.password) -> Result:
    env = {"YIKA_PASSWORD": password, "YIKA_LANGUAGE": "en"}
    return CliRunner().invoke(main, ["--data", str(hq.folder), *arguments], env=env)


def lines(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_commands_give_list_and_end(hq: Headquarters) -> None:
    town(hq, HandClock())
    by = ("--by", "admin", "--reason", "papers")
    day = "2099-12-31"
    [given] = lines(run(hq, "notice", "give", METERS[0], "call", "--until", day, *by))
    assert given == {"subject": METERS[0], "number": 1, "action": "call"}
    [listed] = lines(run(hq, "notice", "list"))
    assert (listed["meter"], listed["action"], listed["done"]) == (METERS[0], "call", [])
    lines(run(hq, "notice", "end", METERS[0], "1", "--meter", "--by", "admin"))
    assert lines(run(hq, "notice", "list")) == []
    refused = run(hq, "notice", "lost", "860000009999", *by)
    assert (refused.exit_code, "There is no card" in refused.stderr) == (1, True)


def test_the_commands_set_and_show_levels(hq: Headquarters) -> None:
    town(hq, HandClock())
    by = ("--by", "admin", "--reason", "dry homes")
    change = ("levels", "set", "--service", "gas", "--alarm", "8", "--second", "3")
    [made] = lines(run(hq, *change, *by))
    assert made["levels"]["second_level"] == "3"
    assert lines(run(hq, "levels", "show")) == [made]
    assert run(hq, *change, *by).exit_code == 1
    other = run(hq, *change, "--by", "zhao", "--reason", "x", password=ZHAO.password)
    assert (other.exit_code, "no administrator" in other.stderr) == (1, True)
    lines(run(hq, "levels", "set", "--service", "gas", "--none", *by))
    assert lines(run(hq, "levels", "show")) == []
    assert lines(run(hq, "levels", "meters", "--service", "gas")) == []
