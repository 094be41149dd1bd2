"""The meter wall: a card is in one place at a time, and the page shows what the meter says."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO

import pytest
from flask.testing import FlaskClient

from card_builders import METER_ID, NUMBER
from special_builders import PIN, managing_order, quick_stretch
from wall_town import CARD, NOW, Slot, wall_town
from yika_common.cards.errors import CardError
from yika_common.cards.special import contact as special
from yika_common.infra.entropy import system_random
from yika_common.meters.events import Event
from yika_common.meters.rules import Outcome
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryKind
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.card_hold import CardElsewhere, CardHold, is_elsewhere
from yika_common.simulated.chip_file import in_a_reader, new_chip_file, open_any_card_file
from yika_common.tools.wall.bench import Bench, NoSuchOnWall, UseUnusable
from yika_common.tools.wall.pages import make_wall_app


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return wall_town(tmp_path)


@pytest.fixture
def slot() -> Slot:
    return Slot()


@pytest.fixture
def bench(town: Path, slot: Slot) -> Bench:
    return Bench(town, clock=lambda: NOW, random=system_random, readers={"N0001": slot})


@pytest.fixture
def page(bench: Bench) -> Iterator[FlaskClient]:
    app = make_wall_app(bench, random=system_random, instance="test")
    with app.test_client() as client:
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        yield client


def post(page: FlaskClient, path: str, **fields: str) -> str:
    token = re.search(r'name="csrf-token" content="([^"]+)"', page.get("/").text)
    assert token is not None
    answer = page.post(path, data={"csrf_token": token[1], **fields}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_a_card_brings_its_own_meters_to_the_front(bench: Bench) -> None:
    assert [meter.plate.meter_id for meter in bench.meters(CARD)] == [METER_ID]
    assert {meter.plate.meter_id for meter in bench.meters("")} == {METER_ID, "000000000001"}
    assert [card.number for card in bench.cards()] == [NUMBER, "", ""]


def test_it_takes_credit_is_used_and_warns(bench: Bench) -> None:
    visit = bench.put_in(CARD, METER_ID)
    assert visit.report is not None
    assert (visit.report.outcome, visit.report.credited) == (Outcome.CREDITED, 100_000)
    assert bench.use(METER_ID, Quantity(1_000_000)) == 95_000
    [meter] = bench.meters(CARD)
    assert meter.state.warned
    bench.put_in(CARD, METER_ID)
    assert bench.use(METER_ID, Quantity(2_000)) == 2_000


def test_a_card_in_a_reader_is_in_no_meter(bench: Bench, slot: Slot, town: Path) -> None:
    bench.to_reader(CARD, "N0001")
    with pytest.raises(CardElsewhere):
        bench.put_in(CARD, METER_ID)
    with pytest.raises(CardElsewhere):
        bench.put_in_all(CARD)
    assert [card.reader for card in bench.cards() if card.name == CARD] == ["N0001"]
    [meter] = bench.meters(CARD)
    assert (meter.visit, meter.state.sequence) == (None, 0), "the meter never saw it"
    bench.from_reader("N0001")
    assert [visit.report for visit in bench.put_in_all(CARD)] != [None]
    with CardHold(town / "cards" / CARD), pytest.raises(CardElsewhere):
        bench.to_reader(CARD, "N0001")
    assert slot.card is None


@pytest.mark.parametrize("memory", [False, True])
def test_a_managing_card_is_taken_out_of_its_reader_too(
    bench: Bench, slot: Slot, town: Path, *, memory: bool
) -> None:
    path = town / "cards" / "10000041"
    if memory:
        new_chip_file(path, MemoryKind.SLE4428, system_random)
    else:
        new_card_file(path, system_random)
    order = managing_order()
    contact = in_a_reader(open_any_card_file(path, system_random))
    special.issue(contact, system_random, order, PIN, quick_stretch)
    slot.insert(path)
    [seen] = [card for card in bench.cards() if card.name == path.name]
    assert (seen.number, seen.reader) == (order.number, "N0001")
    bench.from_reader("N0001")
    assert slot.card is None


def test_a_card_of_nobodys_is_left_alone(bench: Bench) -> None:
    visit = bench.put_in("10000025", METER_ID)
    assert visit.report is None
    assert isinstance(visit.problem, CardError)


def test_only_what_is_on_the_table_can_be_named(bench: Bench) -> None:
    for card in ("../cards/" + CARD, f"{CARD}.secret", "letter", ""):
        with pytest.raises(NoSuchOnWall):
            bench.put_in(card, METER_ID)
    for meter in ("../meters/" + METER_ID, "000000000009"):
        with pytest.raises(NoSuchOnWall):
            bench.use(meter, Quantity(1))
    with pytest.raises(NoSuchOnWall):
        bench.from_reader("N0009")
    with pytest.raises(UseUnusable):
        bench.use(METER_ID, Quantity(0))


def test_months_pass_on_the_meters_clocks(bench: Bench) -> None:
    bench.put_in(CARD, METER_ID)
    bench.use(METER_ID, Quantity(3_000))
    bench.pass_month()
    bench.use(METER_ID, Quantity(1_000))
    [meter] = bench.meters(CARD)
    assert bench.now == NOW + timedelta(days=31)
    assert meter.state.months[:2] == (1_000, 3_000)


@pytest.mark.parametrize(
    ("path", "fields", "shown"),
    [
        ("/insert", {"meter": METER_ID}, "took credit"),
        ("/insert", {}, "took credit"),
        ("/disturb", {"meter": METER_ID, "event": Event.COVER}, "cover was opened"),
        ("/disturb", {"meter": METER_ID, "event": "kick"}, "Meter wall"),
        ("/use", {"meter": METER_ID, "quantity": "1"}, "0 m³ passed"),
        ("/use", {"meter": METER_ID, "quantity": "much"}, "is not a quantity"),
        ("/use", {"meter": "000000000009", "quantity": "1"}, "There is no 000000000009 here"),
        ("/month", {}, "2026-06-01"),
        ("/reader", {"reader": "N0001", "act": "in"}, "lies in the reader of N0001"),
    ],
)
def test_what_is_done_on_the_page_is_seen_there(
    page: FlaskClient, path: str, fields: dict[str, str], shown: str
) -> None:
    assert shown in post(page, path, card=CARD, **fields).replace("\N{NO-BREAK SPACE}", " ")


def test_the_page_says_where_the_card_is_and_lets_it_be_taken(page: FlaskClient) -> None:
    post(page, "/reader", card=CARD, reader="N0001", act="in")
    assert "in another slot at this moment" in post(page, "/insert", card=CARD, meter=METER_ID)
    assert "Put the card in" in post(page, "/reader", card=CARD, reader="N0001", act="out")


def test_a_form_of_another_site_does_nothing(page: FlaskClient, bench: Bench) -> None:
    assert page.post("/insert", data={"card": CARD}).status_code == 400
    assert bench.meters(CARD)[0].visit is None


def say(reader: "subprocess.Popen[str]", command: str) -> dict[str, str]:
    pipe: IO[str] | None = reader.stdin
    assert pipe is not None
    assert reader.stdout is not None
    pipe.write(command + "\n")
    pipe.flush()
    answer: dict[str, str] = json.loads(reader.stdout.readline())
    return answer


def test_the_simulated_reader_holds_its_card_and_lets_it_go(town: Path, tmp_path: Path) -> None:
    card, other = town / "cards" / CARD, town / "cards" / "10000025"
    command = [Path(sys.executable).parent / "yika", "reader", "--protocol", "gempc-twin"]
    reader = subprocess.Popen(
        [*map(str, command), "--link", str(tmp_path / "port")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with reader:
        assert reader.stdout is not None
        assert json.loads(reader.stdout.readline())["event"] == "ready"
        assert say(reader, f"insert {card}")["event"] == "inserted"
        assert is_elsewhere(card)
        with CardHold(other):
            assert say(reader, f"insert {other}")["code"] == "card_elsewhere"
        assert is_elsewhere(card), "the slot is as it was"
        assert say(reader, f"insert {card}")["event"] == "removed"
        assert reader.stdout.readline()
        assert say(reader, f"insert {other}")["event"] == "removed"
        assert reader.stdout.readline()
        assert (is_elsewhere(card), is_elsewhere(other)) == (False, True)
        say(reader, "remove")
        assert not is_elsewhere(other)
        assert reader.stdin is not None
        reader.stdin.write("quit\n")
        reader.stdin.flush()
        assert reader.wait(10) == 0


def test_the_command_opens_the_page_and_ends_in_peace(town: Path) -> None:
    yika = Path(sys.executable).parent / "yika"
    wall = subprocess.Popen(
        [yika, "meter", "wall", town], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with wall:
        assert wall.stdout is not None
        url = json.loads(wall.stdout.readline())["url"]
        with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own page
            assert METER_ID in answer.read().decode()
            assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        wall.terminate()
        assert wall.wait(20) == 0
    done = subprocess.run(
        [yika, "meter", "wall", town / "nowhere"], capture_output=True, check=False
    )
    assert done.returncode == 2
