"""Selling: prices, order, limits, and every refusal leaves nothing half-done."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from node_world import (
    OPERATOR,
    PASSWORD,
    Fate,
    World,
    a_chip,
    for_money,
    for_quantity,
    open_with_card,
)
from tariff_builders import TARIFF_VECTORS
from yika_common.cards.errors import (
    CardAbsent,
    CardForeign,
    CardSwapped,
    CardWriteUncertain,
    RecordForged,
)
from yika_common.errors import YikaError
from yika_common.infra.sqlite_errors import DiskFull
from yika_common.numbers import Money, Quantity
from yika_common.simulated.icc import CardStore
from yika_common.tariffs.errors import (
    BelowMinimum,
    FeeNotCovered,
    NotAMultiple,
    NoTariffInForce,
    NothingToSell,
)
from yika_node.bootstrap import Node
from yika_node.services.errors import (
    AccountUnknown,
    CardUnknown,
    LineRefused,
    NothingEntered,
    PriceChanged,
    SaleNotClosed,
    SaleTooLarge,
    SlotEmpty,
)
from yika_node.services.payments import Agreed
from yika_node.services.pricing import Pricing
from yika_node.services.views import Account, SaleEntry, SaleState

POWER, HEAT, GAS, WATER = 0, 2, 3, 4


class Desk:
    """A node with one account of eight meters whose card lies in the reader."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder / "node")
        self.node: Node = self.world.enrolled()
        self.account: Account
        self.chip: CardStore
        self.account, self.chip = open_with_card(self.world, self.node)
        assert self.account.card is not None
        self.card = self.account.card
        self.sales = 0

    def sell(self, *entries: SaleEntry) -> object:
        self.sales += 1
        return self.node.sales.sell(OPERATOR, self.card, entries, f"form {self.sales}")

    def state(self) -> tuple[int, bytes]:
        """All that selling changes: the end of the journal and the card."""
        records = b"".join(b"".join(rows) for rows in self.chip.load().records.values())
        return self.node.courier.state().head, records


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.node.close()


def test_a_basket_is_one_receipt_over_several_meters(desk: Desk) -> None:
    entries = [for_money(GAS, 10_000), for_quantity(WATER, 12_000)]
    view = desk.node.cards.read(OPERATOR)
    quoted = desk.node.sales.quote(view, entries)
    receipt = desk.node.sales.sell(OPERATOR, desk.card, entries, "t", agreed=quoted.agreed)
    assert receipt.complete
    assert receipt.problem is None
    assert receipt.paid == quoted.paid == sum(line.quote.amount for line in receipt.lines)
    assert [line.sale.state for line in receipt.lines] == [SaleState.WRITTEN] * 2
    assert [line.sale.quantity for line in receipt.lines] == [
        line.quote.quantity for line in quoted.lines
    ]
    assert receipt.number.startswith("N0001-1-")


def test_what_is_sold_arrives_at_the_meter(desk: Desk) -> None:
    desk.sell(for_quantity(WATER, 12_000))
    meter = desk.account.meters[WATER].meter
    assert desk.world.load(desk.chip, meter).credited == 12_000
    desk.sell(for_quantity(WATER, 5_000))
    assert desk.world.load(desk.chip, meter).credited == 5_000
    view = desk.node.cards.read(OPERATOR)
    assert (view.slots[WATER].count, view.slots[WATER].total, view.slots[WATER].waiting) == (
        2,
        17_000,
        0,
    )


def test_the_quota_is_counted_from_sale_to_sale(desk: Desk) -> None:
    """180 m³ at 5.00, then 7.00: the published steps of Beijing's water."""
    assert "beijing" in str(TARIFF_VECTORS).casefold()
    first = desk.node.sales.sell(OPERATOR, desk.card, [for_quantity(WATER, 180_000)], "a")
    second = desk.node.sales.sell(OPERATOR, desk.card, [for_quantity(WATER, 10_000)], "b")
    assert (first.amount, second.amount) == (90_000, 7_000)
    assert second.lines[0].used == 180_000


def test_two_meters_of_one_service_share_the_quota(desk: Desk) -> None:
    """2880 kWh a year at 0.4883, the next at 0.5383, also when the next are the other meter's."""
    receipt = desk.node.sales.sell(
        OPERATOR, desk.card, [for_quantity(0, 2_880_000), for_quantity(1, 100_000)], "a"
    )
    assert [line.quote.amount for line in receipt.lines] == [140_630, 5_383]
    assert receipt.lines[1].used == 2_880_000


def test_the_heat_fee_is_charged_once_a_heating_year(desk: Desk) -> None:
    first = desk.node.sales.sell(OPERATOR, desk.card, [for_quantity(HEAT, 1_000)], "a")
    second = desk.node.sales.sell(OPERATOR, desk.card, [for_quantity(HEAT, 1_000)], "b")
    assert (first.amount, second.amount) == (77_216 + 20, 20)


def test_a_pending_sale_that_charged_no_fee_is_written_with_the_year_already_paid(
    desk: Desk,
) -> None:
    desk.sell(for_quantity(HEAT, 1_000))
    fate = Fate()
    desk.world.hand.fate = fate
    desk.sell(for_quantity(HEAT, 1_000))
    write = fate.steps.index("before card DC")
    desk.world.hand.fate = Fate(write, "pull")
    torn = desk.node.sales.sell(OPERATOR, desk.card, [for_quantity(HEAT, 1_000)], "torn")
    assert not torn.complete
    assert isinstance(torn.problem, CardWriteUncertain)
    desk.world.hand.fate = Fate()
    desk.world.hand.insert(desk.chip)
    view = desk.node.cards.read(OPERATOR)
    assert [resolution.state for resolution in view.resolved] == [SaleState.WRITTEN]
    record = view.slots[HEAT].record
    assert record is not None
    assert (record.count, record.quota.heating_year) == (3, 2025)


def test_the_same_form_sells_once(desk: Desk) -> None:
    first = desk.node.sales.sell(OPERATOR, desk.card, [for_money(WATER, 5_000)], "form")
    before = desk.state()
    assert desk.node.sales.sell(OPERATOR, desk.card, [for_money(WATER, 5_000)], "form") == first
    assert desk.state() == before


def test_an_old_image_of_the_card_is_repaired_by_the_next_sale(desk: Desk) -> None:
    meter = desk.account.meters[WATER].meter
    old = desk.chip.load()
    desk.sell(for_quantity(WATER, 12_000))
    desk.chip.commit(old)
    desk.world.hand.insert(desk.chip)
    desk.sell(for_quantity(WATER, 3_000))
    assert desk.world.load(desk.chip, meter).credited == 15_000


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        pytest.param([], NothingEntered, id="nothing entered"),
        pytest.param([for_money(WATER, 0)], NothingToSell, id="amount of zero"),
        pytest.param([for_money(WATER, 1)], BelowMinimum, id="below the least quantity"),
        pytest.param([for_quantity(WATER, 50)], NotAMultiple, id="less than the meter counts"),
        pytest.param([for_money(HEAT, 10_000)], FeeNotCovered, id="does not pay the fee"),
        pytest.param([for_money(WATER, 10**12)], SaleTooLarge, id="too much money"),
        pytest.param([for_quantity(WATER, 10**12)], SaleTooLarge, id="too much water"),
        pytest.param([for_money(9, 5_000)], SlotEmpty, id="no such slot"),
        pytest.param([for_money(WATER, 5_000)] * 2, SlotEmpty, id="a slot twice"),
        pytest.param(
            [for_money(GAS, 5_000), for_money(WATER, 0)], LineRefused, id="the second is bad"
        ),
    ],
)
def test_a_basket_that_cannot_be_sold_changes_nothing(
    desk: Desk, entries: list[SaleEntry], error: type[YikaError]
) -> None:
    before = desk.state()
    with pytest.raises(error):
        desk.sell(*entries)
    assert desk.state() == before


def test_a_refusal_among_several_meters_names_its_meter(desk: Desk) -> None:
    entries = [for_quantity(slot, 10_000) for slot in range(7)]
    with pytest.raises(LineRefused) as refused:
        desk.sell(*entries, for_quantity(7, 50))
    meter = desk.account.meters[7]
    assert (refused.value.facts["place"], refused.value.facts["meter"]) == (8, meter.meter)
    assert refused.value.facts["service"] == meter.service
    assert isinstance(refused.value.__cause__, NotAMultiple)
    assert str(refused.value.facts["why"]) == str(refused.value.__cause__)


def test_a_sale_is_recorded_at_the_moment_it_was_priced_for(desk: Desk) -> None:
    """A clock that passes the end of a tariff meanwhile leaves price and time together."""
    clock = desk.world.clock

    def ticking() -> datetime:
        desk.world.pass_time(seconds=1)
        return clock()

    priced_at = []
    price = Pricing.price

    def noted(*args: Any) -> object:
        priced_at.append(args[-1])
        return price(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.node.clock, "_clock", ticking)
        patch.setattr(Pricing, "price", noted)
        receipt = desk.node.sales.sell(OPERATOR, desk.card, [for_money(WATER, 5_000)], "form")
    assert priced_at == [receipt.at]


@pytest.mark.parametrize(("less", "smaller"), [(1, 0), (0, 100)])
def test_another_price_or_quantity_than_the_agreed_one_is_refused(
    desk: Desk, less: int, smaller: int
) -> None:
    entries = [for_money(WATER, 5_000)]
    told = desk.node.sales.quote(desk.node.cards.read(OPERATOR), entries).agreed
    before = desk.state()
    other = Agreed(Money(told.paid - less), (Quantity(told.quantities[0] - smaller),))
    with pytest.raises(PriceChanged):
        desk.node.sales.sell(OPERATOR, desk.card, entries, "form", agreed=other)
    assert desk.state() == before


def test_another_card_than_the_forms_is_left_untouched(desk: Desk) -> None:
    other, chip = open_with_card(desk.world, desk.node, a_chip(1), index=1)
    assert other.card is not None
    before = chip.load()
    with pytest.raises(CardSwapped):
        desk.sell(for_money(WATER, 5_000))
    assert chip.load() == before


def test_no_card_and_a_foreign_card_are_refused(desk: Desk) -> None:
    desk.world.hand.pull()
    with pytest.raises(CardAbsent):
        desk.sell(for_money(WATER, 5_000))
    desk.world.hand.insert(desk.chip)
    assert desk.world.hand.icc is not None
    setattr(desk.world.hand.icc, "transmit", lambda _apdu: b"\x6a\x82")  # noqa: B010
    with pytest.raises(CardForeign):
        desk.sell(for_money(WATER, 5_000))


def test_a_card_of_another_area_is_unknown(desk: Desk) -> None:
    with pytest.raises(CardUnknown):
        desk.node.sales.sell(OPERATOR, "999999999999", [for_money(WATER, 5_000)], "form")


def test_a_card_of_an_account_opened_elsewhere_is_not_sold_to(tmp_path: Path) -> None:
    here, there = Desk(tmp_path / "a"), Desk(tmp_path / "b")
    other, chip = open_with_card(there.world, there.node, a_chip(1), index=1)
    here.world.hand.insert(chip)
    assert other.card is not None
    view = here.node.cards.read(OPERATOR)
    assert (view.kind.value, view.account) == ("guest", None)
    with pytest.raises(AccountUnknown):
        here.node.sales.sell(OPERATOR, other.card, [for_money(WATER, 5_000)], "form")
    here.node.close()
    there.node.close()


def test_a_forged_record_is_not_built_on(desk: Desk) -> None:
    desk.sell(for_money(WATER, 5_000))
    memory = desk.chip.load()
    file = next(iter(memory.records))
    rows = list(memory.records[file])
    rows[WATER] = rows[WATER][:-1] + bytes([rows[WATER][-1] ^ 1])
    desk.chip.commit(
        type(memory)(memory.identity, {**memory.records, file: tuple(rows)}, memory.keys)
    )
    desk.world.hand.insert(desk.chip)
    assert isinstance(desk.node.cards.read(OPERATOR).slots[WATER].problem, RecordForged)
    with pytest.raises(RecordForged):
        desk.sell(for_money(WATER, 5_000))


@pytest.mark.parametrize("years", [-60, 90, 7_900])
def test_a_clock_that_no_card_can_hold_stops_no_sale_for_long(desk: Desk, years: int) -> None:
    now = desk.world.now
    desk.world.now = now.replace(year=now.year + years)
    with suppress(NoTariffInForce):
        desk.sell(for_quantity(WATER, 1_000))
    assert desk.node.enquiries.pending() == ()
    desk.world.now = now
    desk.sell(for_quantity(WATER, 1_000))
    assert desk.node.enquiries.sales().rows[0].at == now


def test_somebody_who_signs_out_in_the_middle_loses_nothing(desk: Desk) -> None:
    append = desk.node.journal.append
    commits = 0

    def signed_out_after_the_first(*args: Any, **options: Any) -> object:
        nonlocal commits
        commits += 1
        if commits > 1:
            desk.node.staff.sign_out(OPERATOR)
        return append(*args, **options)

    setattr(desk.node.journal, "append", signed_out_after_the_first)  # noqa: B010
    entries = [for_quantity(GAS, 1_000), for_quantity(WATER, 1_000)]
    receipt = desk.node.sales.sell(OPERATOR, desk.card, entries, "form")
    assert isinstance(receipt.problem, SaleNotClosed)
    assert [line.sale.state for line in receipt.lines] == [SaleState.PENDING] * 2
    delattr(desk.node.journal, "append")
    desk.node.staff.sign_in(OPERATOR, PASSWORD)
    view = desk.node.cards.read(OPERATOR)
    assert [resolution.state for resolution in view.resolved] == [SaleState.WRITTEN] * 2


def limit_pages(desk: Desk, most: int) -> None:
    """Let the database file grow to that many pages, or not at all any more (1)."""
    desk.node.journal._connection.execute(f"PRAGMA max_page_count = {most}")


def test_a_disk_full_at_the_first_commit_sells_nothing(desk: Desk) -> None:
    before = desk.state()
    limit_pages(desk, 1)
    entries = [for_quantity(slot, 10_000) for slot in range(8)]
    with pytest.raises(DiskFull):
        desk.sell(*entries)
    assert desk.state() == before
    assert desk.node.enquiries.pending() == ()


def test_a_disk_full_at_the_second_commit_leaves_a_sale_that_is_settled_later(desk: Desk) -> None:
    append = desk.node.journal.append
    commits = 0

    def full_at_every_second(*args: Any, **options: Any) -> object:
        nonlocal commits
        commits += 1
        limit_pages(desk, 10**6 if commits % 2 else 1)
        return append(*args, **options)

    setattr(desk.node.journal, "append", full_at_every_second)  # noqa: B010
    # Most of the small second commits still find room in a page; one soon does not.
    for number in range(300):
        commits = 0
        entries = [for_quantity(number % 8, 1_000)]
        receipt = desk.node.sales.sell(OPERATOR, desk.card, entries, f"form {number}")
        if receipt.problem is not None:
            break
    assert isinstance(receipt.problem, SaleNotClosed)
    assert isinstance(receipt.problem.__cause__, DiskFull)
    assert [line.sale.state for line in receipt.lines] == [SaleState.PENDING]
    delattr(desk.node.journal, "append")
    limit_pages(desk, 10**6)
    view = desk.node.cards.read(OPERATOR)
    assert [resolution.state for resolution in view.resolved] == [SaleState.WRITTEN]
    assert view.pending == ()
