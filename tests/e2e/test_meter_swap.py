"""From the order at headquarters to the new meter's next sale, no credit grows or shrinks."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from card_builders import ChipMemory, repeatable_random
from central_builders import ADMIN, LI, WANG, HandClock, new_headquarters
from meter_builders import PageMemory
from node_world import OPERATOR, a_chip, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from yika_central.db.tables import AccountMeter, AuditCase, Posting, Suspense, table_of
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.tool_desk import NewTool
from yika_common.cards.tool_order import OrderKind
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.rules import Outcome, Reason
from yika_common.meters.state import MeterPlate, MeterState, consumed
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages
from yika_common.tariffs.shipped import shipped
from yika_node.services.meter_swap import SwapForm
from yika_node.web.swap_pages import meter_swap_of
from yika_node.web.tool_pages import tool_desk_of

ZHAO = Credential("zhao", "the accountant's password")


class Street:
    """A headquarters, two vending points, and the meters in the houses."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.hq = new_headquarters(folder / "central", self.clock)
        self.hq.tariff_office.publish(shipped()["cn-bj-water-res.json"], [LI, WANG])
        self.hq.stock.take_in_new(AREA, PROFILES[4] * 2, 4)
        self.hq.staff.enter(ZHAO, frozenset({StaffRole.ACCOUNTANT}))
        self.points = [a_point(folder, self.hq, self.clock, name) for name in ("N0001", "N0002")]
        self.meters: dict[str, PageMemory] = {}
        self.hq.tool_desk.let_issue("N0001")

    def close(self) -> None:
        for point in self.points:
            point.node.close()
        self.hq.close()

    def meter(self, number: str) -> StoredMeter:
        if number not in self.meters:
            keys = self.hq.keys.meter_keys(number, 1, AREA)
            plate = MeterPlate(number, Service.COLD_WATER, 1, Quantity(10**12))
            self.meters[number] = PageMemory(new_meter_pages(plate, keys))
        return StoredMeter(self.meters[number])

    def load(self, chip: ChipMemory, number: str) -> LoadReport:
        self.clock.pass_by(minutes=1)
        icc = UserCardIcc(chip, repeatable_random(21))
        return load(icc, repeatable_random(22), self.meter(number), self.clock())

    def use(self, number: str, quantity: int) -> None:
        stored = self.meter(number)
        state, drawn = consumed(stored.state(), Quantity(quantity), self.clock())
        assert drawn == quantity
        stored.commit(state)

    def state(self, number: str) -> MeterState:
        return self.meter(number).state()

    def sync(self) -> None:
        for point in self.points:
            point.sync()
        self.hq.rerating.drain()
        self.hq.settling.run()
        self.hq.detection.run()
        self.clock.pass_by(hours=2)
        for point in self.points:
            point.sync()

    def all(self, row: Any) -> list[dict[str, Any]]:
        with self.hq.database.reading() as session:
            return [dict(found) for found in session.execute(select(table_of(row))).mappings()]


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    street = Street(tmp_path)
    yield street
    street.close()


def sell(street: Street, point: Point, card: str, cubic_metres: int) -> None:
    street.clock.pass_by(minutes=1)
    token = f"form {street.clock.seconds}"
    entry = for_quantity(WATER, cubic_metres * 1000)
    assert point.node.sales.sell(OPERATOR, card, [entry], token).complete


def transferred(street: Street, point: Point, meter: str) -> str:
    """A tool card is ordered, written, shown to the meter and taken back; its number."""
    tool = street.hq.tool_desk.order(
        NewTool(
            node="N0001",
            holder="Sun",
            kind=OrderKind.TRANSFER,
            meters=(meter,),
            until=street.hq.tool_desk.today + timedelta(days=3),
        ),
        by=ADMIN.name,
        reason="it runs backwards",
        second=ZHAO,
    )
    point.sync()
    desk, chip = tool_desk_of(point.node), a_chip(1)
    point.hand.insert(chip)
    desk.write(OPERATOR, tool)
    assert street.load(chip, meter).outcome is Outcome.EXECUTED
    point.hand.insert(chip)
    [done] = desk.take_back(OPERATOR)
    assert done.outcome == "executed"
    return tool


def test_sell_use_transfer_swap_and_the_next_sale_goes_on(street: Street) -> None:
    first, second = street.points
    chip = a_chip()
    first.hand.insert(chip)
    card = open_at(first)
    number = first.node.accounts.of_card(card).number  # type: ignore[union-attr]
    old, new = first.node.accounts.get(number).meters[WATER].meter, "000000000008"
    sell(street, first, card, 170)
    street.load(chip, old)
    street.use(old, 40_000)
    sell(street, first, card, 20)
    street.sync()

    # Headquarters orders the transfer, two persons; the node writes the card and takes it back.
    tool = transferred(street, first, old)
    street.sync()
    view = street.hq.tool_desk.statement(tool)
    assert (view.state, view.issued_by) == ("RETURNED", OPERATOR)
    [order] = view.orders
    assert (order.outcome, order.balance, order.genuine) == ("EXECUTED", 130_000, True)

    # The other vending point does not know, and sells onto the old card once more.
    second.hand.insert(chip)
    sell(street, second, card, 5)
    assert street.load(chip, old).reason is Reason.TRANSFERRED

    # The meter is replaced with the customer's card in the reader: nothing of that is lost.
    first.hand.insert(chip)
    form = SwapForm(number, WATER, new, "it runs backwards")
    made = meter_swap_of(first.node).swap(OPERATOR, form, "swap")
    assert made.problem is None
    assert street.load(chip, new).credited == 130_000 + 20_000 + 5_000
    street.sync()
    for point in street.points:
        account = point.node.accounts.get(number)
        assert (account.meters[WATER].meter, account.card) == (new, made.number)
    meters = {row["slot"]: row["meter"] for row in street.all(AccountMeter)}
    assert meters[WATER] == new

    # The next sale goes on, at either point, with the quota where it was.
    second.hand.insert(chip)
    sell(street, second, made.number, 10)
    assert street.load(chip, new).credited == 10_000
    record = second.node.cards.read(OPERATOR).slots[WATER].record
    assert record is not None
    assert record.quota.bought == 205_000
    street.sync()
    told = second.node.customers.sheet(number)
    assert told is not None
    slot = told.slot(WATER)
    assert slot is not None
    assert (slot.count, slot.total, slot.bought) == (2, 165_000, 205_000)

    # What was paid for is what was used and what is left; nobody owes anybody anything.
    assert street.state(old).lifetime_use + street.state(new).balance == 205_000
    assert street.all(Suspense) == []
    assert street.all(Posting) == []
    assert street.hq.adjustments.account(number).total == 0
    assert [case["kind"] for case in street.all(AuditCase)] == []
    assert first.node.enquiries.pending() == second.node.enquiries.pending() == ()


def test_what_the_swap_did_not_know_comes_back_as_money(street: Street) -> None:
    first, second = street.points
    chip = a_chip()
    first.hand.insert(chip)
    card = open_at(first)
    number = first.node.accounts.of_card(card).number  # type: ignore[union-attr]
    old, new = first.node.accounts.get(number).meters[WATER].meter, "000000000008"
    sell(street, first, card, 100)
    street.sync()
    second.line.cut = True
    second.hand.insert(chip)
    sell(street, second, card, 5)
    # The customer says that his card is lost; the meter never took anything, and is transferred.
    transferred(street, first, old)
    fresh = a_chip(2)
    first.hand.insert(fresh)
    form = SwapForm(number, WATER, new, "it leaks")
    assert meter_swap_of(first.node).swap(OPERATOR, form, "swap").problem is None
    assert street.load(fresh, new).credited == 100_000
    assert street.load(chip, old).reason is Reason.TRANSFERRED
    second.line.cut = False
    street.sync()
    street.sync()
    # Five cubic metres at the first step's price.
    assert street.hq.adjustments.account(number).total == 2_500
    assert {row["reason"] for row in street.all(Suspense)} == {"meter_swapped"}
