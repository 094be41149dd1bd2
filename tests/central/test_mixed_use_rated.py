"""A meter that two classes share, at headquarters: believed where it is right, rated where not."""

import json

import pytest
from sqlalchemy import select

from central_builders import LI, WANG, HandClock, Pen, water_tariff
from central_town import dearer_water
from journals import an_intent
from mixed_builders import MIXED, both, shop
from told_builders import ACCOUNT, CARD, METERS, deliver, told, told_town
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Posting, table_of
from yika_common.journal.bodies import AccountFacts, Line, Sale
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.mixing import beside_of, mixed
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.usage import Usage

WATER = METERS[3]
QUANTITY = 100_000


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    pens = told_town(headquarters, clock)
    headquarters.tariff_office.publish(shop(), [LI, WANG])
    return pens


def facts(text: str = MIXED) -> AccountFacts:
    return AccountFacts(
        account=ACCOUNT, tariff_class="residential", persons=3, mixed=text, reason="a shop"
    )


def sell(
    pen: Pen, tariff: Tariff, count: int = 1, used: int = 0, *, named: Tariff | None = None
) -> int:
    """Sell 100 m³ by this price, and name that one; what was charged."""
    told = named or tariff
    usage = Usage(used=Quantity(used), quantum=Service.COLD_WATER.quantum, persons=3)
    lines = Charges(tariff, usage).lines(QUANTITY)
    amount = sum(line.amount for line in lines)
    intent = an_intent(
        account=ACCOUNT,
        card=CARD,
        meter=WATER,
        slot=3,
        service=Service.COLD_WATER,
        count=count,
        total=used + QUANTITY,
        quantity=QUANTITY,
        amount=amount,
        typed=amount,
        used_before=used,
        persons=3,
        tariff=tariff.id,
        tariff_version=tariff.version,
        tariff_digest=tariff.digest[:8].hex(),
        mixed="" if told.beside is None else str(beside_of(told)),
        lines=tuple(
            Line(line.code, line.step, line.quantity, line.price, line.amount) for line in lines
        ),
    )
    pen.write(Sale(intent=pen.write(intent)))
    return amount


def postings(hq: Headquarters) -> dict[str, int]:
    table = table_of(Posting)
    sums: dict[str, int] = {}
    with hq.database.reading() as session:
        for row in session.execute(select(table.c.cause, table.c.amount)):
            sums[row.cause] = sums.get(row.cause, 0) + row.amount
    return sums


def rated(hq: Headquarters, pen: Pen) -> dict[str, int]:
    """What is posted by cause once the pen's records were priced again."""
    deliver(pen)
    hq.rerating.drain()
    return postings(hq)


def test_a_shared_meter_sold_right_leaves_nothing_to_say(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, _ = town
    first.write(facts())
    clock.pass_by(days=1)
    assert sell(first, both()) == 70 * 500 + 30 * 950
    clock.pass_by(days=1)
    sell(first, both(), count=2, used=QUANTITY)
    clock.pass_by(days=1)
    # 240 m³ of the home's were bought by then: the second step begins at 180.
    assert sell(first, both(), count=3, used=2 * QUANTITY) > 70 * 500 + 30 * 950
    assert rated(headquarters, first) == {}


@pytest.mark.parametrize(
    ("version", "difference"),
    [("home", 70 * 100), ("shop", 30 * 50), ("both", 70 * 100 + 30 * 50)],
)
def test_a_stale_tariff_of_either_class_is_rated_as_if_sold_by_the_new_ones(
    headquarters: Headquarters,
    town: tuple[Pen, Pen],
    clock: HandClock,
    version: str,
    difference: int,
) -> None:
    first, _ = town
    since = "2026-06-02T00:00:00"
    document = json.loads(water_tariff())
    for step in document["components"][0]["steps"]:
        step["price"] = f"{float(step['price']) + 1:.2f}"
    home = json.dumps(
        document | {"version": document["version"] + 1, "effective_from": since, "golden": []}
    ).encode()
    news = {"home": [home], "shop": [shop(2, "10.00", since)]}
    for file in news.get(version) or [*news["home"], *news["shop"]]:
        headquarters.tariff_office.publish(file, [LI, WANG])
    first.write(facts())
    clock.pass_by(days=3)
    charged = sell(first, both())
    assert rated(headquarters, first) == {"stale_tariff": difference}
    new = mixed(
        parse_tariff(home if version != "shop" else water_tariff()),
        parse_tariff(news["shop"][0] if version != "home" else shop()),
        30,
    )
    clock.pass_by(days=3)
    again = Usage(used=Quantity(0), quantum=Quantity(100), persons=3)
    assert Charges(new, again).amount(QUANTITY) == charged + difference


def test_a_meter_sold_whole_although_it_is_shared_was_sold_to_the_wrong_class(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, _ = town
    first.write(facts())
    clock.pass_by(days=1)
    sell(first, parse_tariff(water_tariff()))
    assert rated(headquarters, first) == {"wrong_class": 30 * 450}


def test_a_meter_sold_as_shared_although_it_is_not_was_too(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    first, _ = town
    sell(first, both())
    assert rated(headquarters, first) == {"wrong_class": -30 * 450}


def test_a_price_that_the_two_tariffs_do_not_ask_is_wrong(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, _ = town
    first.write(facts("cold_water:commercial:60"))
    clock.pass_by(days=1)
    sell(first, both(percent=30), named=both(percent=60))
    assert rated(headquarters, first) == {"wrong_price": 30 * 450}


def test_every_point_is_told_who_shares_a_meter(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    deliver(second)
    clock.pass_by(minutes=1)
    first.write(facts())
    deliver(first)
    deliver(second)
    sheet = told(headquarters, second)
    assert sheet is not None
    assert sheet.facts.mixed == MIXED


@pytest.mark.parametrize(("text", "sales"), [(MIXED, 0), ("", 1)])
def test_the_replay_of_a_draft_leaves_shared_meters_out(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock, text: str, sales: int
) -> None:
    first, _ = town
    first.write(facts(text))
    clock.pass_by(days=1)
    sell(first, both() if text else parse_tariff(water_tariff()))
    deliver(first)
    clock.pass_by(days=1)
    number = headquarters.tariff_office.drafts.keep(dearer_water(), "li")
    replays = headquarters.tariff_office.replays
    assert replays.run(number, replays.ask(number, 12, "li")).total("sales") == sales
