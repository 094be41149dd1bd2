"""Re-rating on the ledger: late, doubled and re-ordered deliveries end in the same postings."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from central_builders import (
    LI,
    WANG,
    HandClock,
    Pen,
    enrol,
    new_headquarters,
    publish_water,
    water_tariff,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, Rating, RatingShare, RerateQueue, Row, table_of
from yika_central.services.rerating import Rerun
from yika_common.journal.bodies import Superseded
from yika_common.services import PROFILES
from yika_common.signing.signed_file import SignedFile

ACCOUNT = "N0001-000017"
METER = "000000000004"
CARD = "860000000001"
STEP_TWO = 8000
"""100 m³ and 120 m³ at 5.00: 40 m³ of the later sale lie in the step of 7.00."""


def rows(hq: Headquarters, row: type[Row]) -> list[dict[str, Any]]:
    table = table_of(row)
    with hq.database.reading() as session:
        found = session.execute(select(table).order_by(*table.primary_key)).mappings().all()
    return [dict(values) for values in found]


def differences(hq: Headquarters) -> dict[tuple[str, int], int]:
    return {(row["node"], row["seq"]): row["difference"] for row in rows(hq, Rating)}


def posted(hq: Headquarters) -> dict[tuple[str, int], int]:
    sums: dict[tuple[str, int], int] = {}
    for row in rows(hq, Posting):
        place = (row["node"], row["seq"])
        sums[place] = sums.get(place, 0) + row["amount"]
    return sums


def sell(pen: Pen, quantity: int, *, count: int, **options: Any) -> int:
    return pen.sell(ACCOUNT, METER, card=CARD, quantity=quantity, count=count, **options)


def a_town(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """Two vending points; the first has opened the account."""
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 2)
    first, second = enrol(hq, clock), enrol(hq, clock, "N0002", seed=2)
    first.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card=CARD)
    return first, second


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def test_a_right_price_posts_nothing(headquarters: Headquarters, pens: tuple[Pen, Pen]) -> None:
    sell(pens[0], 100_000, count=1)
    pens[0].send(pens[0].cut())
    run = headquarters.rerating.drain()
    assert (run.changed, run.posted) == (0, 0)
    assert rows(headquarters, Rating) == rows(headquarters, Posting) == []
    assert rows(headquarters, RerateQueue) == []


def test_a_quota_split_is_posted_to_the_later_sale(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sell(pens[0], 100_000, count=1)
    clock.pass_by(minutes=5)
    later = sell(pens[1], 120_000, count=2)
    for pen in pens:
        pen.send(pen.cut())
    headquarters.rerating.drain()
    assert posted(headquarters) == {("N0002", later): STEP_TWO}
    (share,) = rows(headquarters, RatingShare)
    assert (share["cause"], share["amount"]) == ("quota_split", STEP_TWO)


def test_a_run_that_finds_nothing_new_writes_nothing(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sell(pens[0], 100_000, count=1)
    sell(pens[1], 120_000, count=2)
    for pen in pens:
        pen.send(pen.cut())
    headquarters.rerating.drain()
    before = [rows(headquarters, row) for row in (Rating, RatingShare, Posting)]
    clock.pass_by(hours=1)
    assert headquarters.rerating.queue_everything() == 1
    assert headquarters.rerating.drain() == Rerun(pairs=1)
    assert [rows(headquarters, row) for row in (Rating, RatingShare, Posting)] == before


def test_a_sale_that_comes_late_posts_only_the_change(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = pens
    sell(first, 100_000, count=1)
    clock.pass_by(minutes=5)
    later = sell(second, 120_000, count=2)
    second.send(second.cut())
    headquarters.rerating.drain()
    assert posted(headquarters) == {}
    first.send(first.cut())
    headquarters.rerating.drain()
    assert posted(headquarters) == {("N0002", later): STEP_TWO}
    assert differences(headquarters) == {("N0002", later): STEP_TWO}


def test_a_posting_is_taken_back_by_another_never_changed(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = pens
    open_intent = sell(first, 100_000, count=1, settle=False)
    first.send(first.cut())
    clock.pass_by(minutes=5)
    later = sell(second, 120_000, count=2)
    second.send(second.cut())
    headquarters.rerating.drain()
    first.write(Superseded(intent=open_intent, generation_seen=1, count_seen=2))
    first.send(first.cut(first.seq))
    headquarters.rerating.drain()
    amounts = [
        (row["node"], row["seq"], row["number"], row["amount"])
        for row in rows(headquarters, Posting)
    ]
    assert amounts == [
        ("N0001", open_intent, 1, -50_000),
        ("N0002", later, 1, STEP_TWO),
        ("N0002", later, 2, -STEP_TWO),
    ]


def test_a_new_version_re_rates_what_was_sold_after_it_came_into_force(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sold = sell(pens[0], 100_000, count=1)
    pens[0].send(pens[0].cut())
    headquarters.rerating.drain()
    headquarters.tariff_office.publish(dearer_water(), [LI, WANG])
    headquarters.rerating.drain()
    assert posted(headquarters) == {("N0001", sold): 10_000}
    (share,) = rows(headquarters, RatingShare)
    assert share["cause"] == "stale_tariff"


def test_any_order_of_arrival_ends_in_the_same_ledger(tmp_path: Path) -> None:
    endings = []
    for number, order in enumerate(permutations(range(4))):
        clock = HandClock()
        hq = new_headquarters(tmp_path / str(number), clock)
        files = deliveries(a_town(hq, clock), clock)
        for which in (*order, order[0]):
            pen, file = files[which]
            pen.send(file)
            hq.rerating.drain()
        endings.append((differences(hq), rows(hq, RatingShare), posted(hq)))
        hq.close()
    assert all(ending == endings[0] for ending in endings)
    found, _, sums = endings[0]
    assert {place: amount for place, amount in found.items() if amount} == sums
    assert sum(found.values()) > 0


def deliveries(pens: tuple[Pen, Pen], clock: HandClock) -> list[tuple[Pen, SignedFile]]:
    """Two segments of each node, whose sales alternate; the account opens with the first."""
    files = []
    for turn in range(2):
        for place, pen in enumerate(pens):
            start = 1 if not turn else pen.seq + 1
            sell(pen, 70_000, count=2 * turn + place + 1)
            clock.pass_by(minutes=5)
            files.append((pen, pen.cut(start)))
    return files


def dearer_water() -> bytes:
    """The next version of the shipped tariff, 1.00 a cubic metre dearer since 2026."""
    document = json.loads(water_tariff())
    document["version"] += 1
    document["effective_from"] = "2026-01-01T00:00:00"
    document["golden"] = []
    for step in document["components"][0]["steps"]:
        step["price"] = f"{float(step['price']) + 1:.2f}"
    return json.dumps(document).encode()
