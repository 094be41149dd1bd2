"""A shop in a home: opened, shared, sold at two points, checked from paper, believed centrally."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from central_builders import LI, WANG, HandClock, new_headquarters
from mixed_builders import MIXED, both, shop
from node_world import OPERATOR, a_chip, contents, for_money, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from refund_builders import give_back
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AuditCase, Posting, table_of
from yika_common.journal.bodies import Intent
from yika_common.journal.excerpt import read_code
from yika_common.journal.record import decode_line
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES, Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TARIFF_ITEM
from yika_common.sync.receipts import Evidence, ReceiptVerdict
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.errors import CannotBeMixed, NoTariffInForce
from yika_common.tariffs.mixture import mixtures_of
from yika_common.tariffs.shipped import shipped
from yika_common.tariffs.usage import Usage
from yika_node.services.amended import FactsForm
from yika_node.services.errors import AmendmentUnusable
from yika_node.services.payments import Receipt

CODES = ("water", "2:water")
"""The supply itself; homes pay for resources and sewage besides, from 2.07 to 5.00 in all."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def hq(tmp_path: Path, clock: HandClock) -> Iterator[Headquarters]:
    headquarters = new_headquarters(tmp_path / "central", clock)
    for file in (shipped()["cn-bj-water-res.json"], shop(), shipped()["cn-luoyang-heat-res.json"]):
        headquarters.tariff_office.publish(file, [LI, WANG])
    headquarters.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
    yield headquarters
    headquarters.close()


@pytest.fixture
def points(tmp_path: Path, hq: Headquarters, clock: HandClock) -> Iterator[tuple[Point, Point]]:
    made = tuple(a_point(tmp_path, hq, clock, name) for name in ("N0001", "N0002"))
    yield made[0], made[1]
    for point in made:
        point.node.close()


def form(mixed: str) -> FactsForm:
    rest = (3, None, None, None, "", None, (), (), "a shop in the front room")
    return FactsForm("residential", *rest, mixed=mixtures_of(mixed))


def shared(first: Point, second: Point, clock: HandClock) -> tuple[str, str]:
    """An account whose water a shop shares, and its card in both readers."""
    chip = a_chip()
    first.hand.insert(chip)
    second.hand.insert(chip)
    card = open_at(first)
    account = first.node.accounts.of_card(card)
    assert account is not None
    first.node.amendments.amend(OPERATOR, account.number, form(MIXED))
    first.sync()
    second.sync()
    clock.pass_by(minutes=1)
    return account.number, card


def posted(hq: Headquarters) -> list[tuple[str, int]]:
    hq.rerating.drain()
    hq.settling.run()
    table = table_of(Posting)
    with hq.database.reading() as session:
        assert session.execute(select(table_of(AuditCase))).all() == []
        return [
            (row.cause, row.amount)
            for row in session.execute(select(table.c.cause, table.c.amount))
        ]


def parts(receipt: Receipt) -> list[tuple[str, int, int, int]]:
    lines = receipt.lines[0].quote.lines
    return [
        (line.code, line.step, line.quantity, line.amount) for line in lines if line.code in CODES
    ]


def judged(point: Point, hq: Headquarters, receipt: Receipt) -> ReceiptVerdict:
    """What ``yika verify`` says of the receipt's code, with the tariffs that the point holds."""
    evidence = Evidence(point.node.standing.membership.root)
    evidence.take(read_signed_file(point.node.standing.membership.certificate_file))
    for row in point.node.queries.items_held(TARIFF_ITEM):
        evidence.take(read_signed_file(row.file))
    return evidence.judge(read_code(point.node.receipt_codes.code(receipt)))


def test_a_shared_meter_is_sold_at_two_points_as_by_one_and_headquarters_agrees(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    _, card = shared(first, second, clock)
    sell = first.node.sales.sell
    receipt = sell(OPERATOR, card, [for_quantity(WATER, 200_000)], "f1")
    assert parts(receipt) == [("water", 1, 140_000, 28_980), ("2:water", 1, 60_000, 57_000)]
    assert sum(line.amount for line in receipt.lines[0].quote.lines) == receipt.amount
    clock.pass_by(minutes=1)
    # The card says what the first one sold: 40 m³ of the home's are left at its first price.
    receipt = second.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 100_000)], "f2")
    assert parts(receipt) == [
        ("water", 1, 40_000, 8_280),
        ("water", 2, 30_000, 12_210),
        ("2:water", 1, 30_000, 28_500),
    ]
    clock.pass_by(minutes=1)
    receipt = sell(OPERATOR, card, [for_money(WATER, 10_000)], "f3")
    price = Charges(both(), Usage(used=Quantity(300_000), quantum=Quantity(100), persons=3))
    bought = receipt.lines[0].quote.quantity
    assert price.amount(bought) == receipt.lines[0].quote.amount <= 10_000
    assert price.amount(bought + 100) > 10_000
    for point in (second, first):
        point.sync()
    assert posted(hq) == []


def test_a_shared_sale_of_a_stale_price_is_rated_by_the_new_ones(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    _, card = shared(first, second, clock)
    hq.tariff_office.publish(shop(2, "10.00", "2026-06-02T00:00:00"), [LI, WANG])
    clock.pass_by(days=3)
    first.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 100_000)], "f1")
    first.sync()
    assert posted(hq) == [("stale_tariff", 30 * 50)]


def test_the_journal_the_receipt_and_its_code_say_the_same(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    _, card = shared(first, second, clock)
    sold = first.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 100_000)], "f1")
    line = sold.lines[0]
    assert line.mixed is not None
    assert (line.mixed.id, line.mixed.version, line.mixed.percent) == ("SHOP", 1, 30)
    verdict = judged(first, hq, sold)
    assert (verdict.ok, verdict.lines[0].checked, verdict.problems) == (True, True, ())
    assert verdict.lines[0].members()["mixed"] == str(line.mixed)
    assert line.explanation is not None
    assert line.explanation.price == (70 * 50_000 + 30 * 95_000) // 100
    again = first.node.enquiries.receipt(sold.epoch, sold.basket)
    assert again.lines[0].explanation == line.explanation
    record = first.node.queries.record(line.sale.epoch, line.sale.seq)
    assert record is not None
    intent = decode_line(record.line).body
    assert isinstance(intent, Intent)
    assert intent.mixed == str(line.mixed)
    before = contents(first.node.store.path)
    first.node.journal.rebuild()
    assert contents(first.node.store.path) == before


def test_a_shared_purchase_is_given_back_whole_and_counts_no_more(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    _, card = shared(first, second, clock)
    sold = first.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 200_000)], "f1")
    clock.pass_by(minutes=1)
    back = give_back(first.node, sold, OPERATOR)
    assert parts(back) == [("water", 1, -140_000, -28_980), ("2:water", 1, -60_000, -57_000)]
    assert back.paid == -sold.paid
    assert back.lines[0].mixed == sold.lines[0].mixed
    assert judged(first, hq, back).ok
    clock.pass_by(minutes=1)
    again = first.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 200_000)], "f2")
    assert parts(again) == parts(sold)
    first.sync()
    assert posted(hq) == []


def test_a_share_is_told_to_other_points_and_ends_with_an_amendment(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    number, _ = shared(first, second, clock)
    assert second.node.accounts.get(number).mixture_of(Service.COLD_WATER) is not None
    first.node.amendments.amend(OPERATOR, number, form(""))
    assert first.node.accounts.get(number).mixture_of(Service.COLD_WATER) is None


@pytest.mark.parametrize(
    ("mixed", "refused"),
    [
        ("heat:residential:30", AmendmentUnusable),
        ("cold_water:residential:30", AmendmentUnusable),
        ("hot_water:commercial:30", AmendmentUnusable),
        ("gas:commercial:30", NoTariffInForce),
        ("cold_water:palace:30", NoTariffInForce),
    ],
)
def test_what_cannot_be_shared_is_refused_before_it_is_written(
    hq: Headquarters,
    points: tuple[Point, Point],
    clock: HandClock,
    mixed: str,
    refused: type[Exception],
) -> None:
    first, second = points
    number, _ = shared(first, second, clock)
    known = first.node.accounts.get(number).facts
    with pytest.raises(refused):
        first.node.amendments.amend(OPERATOR, number, form(mixed))
    assert first.node.accounts.get(number).facts == known


def test_tariffs_that_cannot_share_a_meter_are_refused_by_a_key(
    hq: Headquarters, points: tuple[Point, Point], clock: HandClock
) -> None:
    first, second = points
    number, card = shared(first, second, clock)
    fees = [
        {
            "code": "meter",
            "name": {"en": "Meter rent", "zh": "表租"},
            "amount": "5.00",
            "months": 1,
            "catch_up_months": 12,
        }
    ]
    later = shop(2, "10.00", "2026-06-01T13:00:00", fixed_charges=fees)
    hq.tariff_office.publish(later, [LI, WANG])
    clock.pass_by(hours=2)
    first.sync()
    for refused in (
        lambda: first.node.amendments.amend(OPERATOR, number, form(MIXED)),
        lambda: first.node.sales.sell(OPERATOR, card, [for_money(WATER, 5_000)], "f"),
    ):
        with pytest.raises(CannotBeMixed) as told:
            refused()
        assert told.value.facts["key"] == "fixed_charges"
    first.node.amendments.amend(OPERATOR, number, form(""))
    sold = first.node.sales.sell(OPERATOR, card, [for_money(WATER, 5_000)], "g")
    assert sold.paid == Money(5_000)
