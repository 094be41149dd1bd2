"""Real points, a real headquarters, one card: in the end the customer paid what the law asks.

Wires are cut, a price list is published that a point does not hear of, what was bought is not
known everywhere, the card is pulled, debts and adjustments are settled with purchases, and months
are closed meanwhile.  The law is worked out here, from what is on the card in the end.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from card_builders import repeatable_random
from central_builders import LI, WANG, HandClock, new_headquarters
from meter_builders import PageMemory
from node_world import OPERATOR, Fate, a_chip, for_money, for_quantity
from points_of_headquarters import AREA, WATER, Point, a_point, open_at
from refund_builders import REASON, TOKEN, refund_desk
from settlement_builders import MEI, rows
from workbook_builders import recalculated
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import RatingShare, RefundPaid, Sale, Settlement, Suspense, table_of
from yika_central.services.accounting import MonthView
from yika_central.services.debt_office import NewDebt
from yika_central.services.staff import StaffRole
from yika_common.cards.errors import CardRemoved, CardWriteUncertain
from yika_common.meters.dialogue import load
from yika_common.meters.state import MeterPlate, consumed
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES, Service
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.meter_file import StoredMeter, new_meter_pages
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import BelowMinimum, NothingToSell, SupplyShareTooSmall
from yika_common.tariffs.quote import quote_for_quantity
from yika_common.tariffs.shipped import shipped
from yika_common.tariffs.usage import Usage
from yika_node.services.errors import RefundAwaitsMeter, SaleStillOpen
from yika_node.services.refund_errors import RefundNotPayable, RefundRefused
from yika_node.services.refund_views import RefundState
from yika_node.services.views import SaleEntry

OLD_FILE = shipped()["cn-bj-water-res.json"]
CHANGE = "2026-06-20T00:00:00"
PRICES = (("180", "3.10"), ("260", "5.25"), (None, "8.00"))
DEBT = 12_345
ZONE = ZoneInfo("Asia/Shanghai")
NOT_SOLD = (
    BelowMinimum,
    NothingToSell,
    SupplyShareTooSmall,
    CardRemoved,
    CardWriteUncertain,
    SaleStillOpen,
    RefundAwaitsMeter,
)
"""Nothing was taken: there is nothing to buy for that, or the sale before is not closed yet."""

NOT_GIVEN_BACK = (RefundRefused, CardRemoved, CardWriteUncertain, SaleStillOpen)


def new_file() -> bytes:
    """The next version, dearer from the 20th of June on, with the quota carried on."""
    keys = json.loads(OLD_FILE)
    steps = [({"up_to": up_to} if up_to else {}) | {"price": price} for up_to, price in PRICES]
    keys["components"][0]["steps"] = steps
    return json.dumps(
        keys | {"version": keys["version"] + 1, "effective_from": CHANGE, "golden": []}
    ).encode()


class PulledAtTheWrite(Fate):
    """The card leaves just before its record is updated."""

    def step(self, name: str) -> bool:
        return name == "before card DC"


@dataclass
class Town:
    """Headquarters, two points, a household with its card, and what it has paid."""

    hq: Headquarters
    clock: HandClock
    points: tuple[Point, Point]
    card: str = ""
    account: str = ""
    paid: int = 0
    by_hand: int = 0
    sold: int = 0
    given_back: int = 0
    closed: dict[str, MonthView] = field(default_factory=dict)

    def begin(self) -> None:
        chip = a_chip()
        for point in self.points:
            point.hand.insert(chip)
        self.chip = chip
        self.card = open_at(self.points[0])
        account = self.points[0].node.accounts.of_card(self.card)
        assert account is not None
        self.account = account.number
        self.meet()
        self.hq.debt_office.register(
            NewDebt(account=self.account, amount=Money(DEBT), zh="旧欠", en="Old", share=200_000),
            by="mei",
            reason="Taken over",
        )

    def buy(self, point: Point, entry: SaleEntry, *, pulled: bool = False) -> None:
        self.sold += 1
        point.hand.insert(self.chip)
        point.hand.fate = PulledAtTheWrite() if pulled else Fate()
        try:
            receipt = point.node.sales.sell(OPERATOR, self.card, [entry], f"form {self.sold}")
        except NOT_SOLD:
            return
        finally:
            point.hand.fate = Fate()
        self.paid += receipt.paid

    def give_back(self, point: Point, *, pulled: bool = False) -> None:
        """The customer brings the newest purchase made there back, if it may be given back."""
        point.hand.insert(self.chip)
        sales = point.node.enquiries.sales(account=self.account).rows
        newest = next((row for row in sales if not row.act and not row.given_back), None)
        if newest is None:
            return
        point.hand.fate = PulledAtTheWrite() if pulled else Fate()
        with suppress(*NOT_GIVEN_BACK):
            desk = refund_desk(point.node)
            receipt = desk.give_back(OPERATOR, newest.epoch, newest.seq, REASON, TOKEN)
            view = desk.refund(receipt.epoch, receipt.basket)
            self.given_back += 1
            self.paid -= view.money if view.state is RefundState.PAID else 0
        point.hand.fate = Fate()

    def hand_out(self, point: Point) -> None:
        """The customer asks for the money of what he gave back there."""
        point.hand.insert(self.chip)
        point.node.cards.read(OPERATOR)
        desk = refund_desk(point.node)
        for view in desk.waiting():
            with suppress(RefundNotPayable):
                desk.pay_out(OPERATOR, view.sale.epoch, view.sale.seq)
                self.paid -= view.money

    def load(self) -> None:
        """The card is put into the meter, and some of the water is used."""
        icc = UserCardIcc(self.chip, repeatable_random(21))
        stored = self.meter
        load(icc, repeatable_random(22), stored, self.clock())
        used, _ = consumed(stored.state(), Quantity(7_000), self.clock())
        stored.commit(used)

    @cached_property
    def meter(self) -> StoredMeter:
        account = self.points[0].node.accounts.get(self.account)
        number = account.meters[WATER].meter
        plate = MeterPlate(number, Service.COLD_WATER, 1, Quantity(10**12))
        keys = self.hq.keys.meter_keys(number, 1, AREA)
        return StoredMeter(PageMemory(new_meter_pages(plate, keys)))

    def adjust(self, amount: int) -> None:
        self.hq.adjustments.adjust(self.account, Money(amount), by="mei", reason="Decided")
        self.by_hand += amount

    def settle(self) -> None:
        self.hq.rerating.drain()
        self.hq.settling.run()

    def meet(self) -> None:
        for _ in range(2):
            for point in self.points:
                if not point.line.cut:
                    point.sync()

    def pass_by(self, hours: int) -> None:
        """Time passes; the month before is closed when it is over."""
        self.clock.pass_by(hours=hours)
        month = self.hq.accounting.next_to_close
        if month and month < f"{self.clock().astimezone(ZONE):%Y-%m}":
            self.hq.accounting.close(month, by="mei")
            self.closed[month] = self.hq.accounting.month(month)

    @property
    def outstanding(self) -> int:
        return self.hq.adjustments.account(self.account).outstanding

    def end(self) -> None:
        """Wires are up, the customer comes again and again, until nothing is owed."""
        for point in self.points:
            point.line.cut = False
        for turn in range(30):
            for point in self.points:
                self.hand_out(point)
            self.meet()
            self.settle()
            self.pass_by(hours=30)
            self.meet()
            waiting = any(refund_desk(point.node).waiting() for point in self.points)
            debts = self.hq.debt_office.listed(account=self.account)
            if not (self.outstanding or debts or waiting):
                return
            if waiting:
                self.load()
            self.buy(self.points[turn % 2], for_money(WATER, 30_000))
        raise AssertionError(f"{self.outstanding} is never settled")


def the_law(town: Town) -> int:
    """What a single counter would have asked that made all sales that count, in their order."""
    versions = (parse_tariff(OLD_FILE), parse_tariff(new_file()))
    used, asked = 0, 0
    sale = table_of(Sale)
    with town.hq.database.reading() as session:
        sold = session.execute(
            select(sale.c.quantity, sale.c.stamped_at)
            .where(sale.c.outcome == "WRITTEN", sale.c.act == "", sale.c.refunded == 0)
            .order_by(sale.c.generation, sale.c["count"])
        ).all()
    for quantity, at in sold:
        tariff = versions[at >= versions[1].effective_from.timestamp()]
        usage = Usage(used=Quantity(used), quantum=Quantity(1), persons=3)
        asked += quote_for_quantity(tariff, usage, Quantity(quantity)).amount
        used += quantity
    record = town.points[0].node.cards.read(OPERATOR).slots[WATER].record
    assert record is not None
    assert record.total == used
    return asked


@pytest.mark.parametrize("seed", range(6))
def test_the_customer_paid_what_the_law_asks(tmp_path: Path, seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secret, and the same every time
    town = a_town(tmp_path)
    try:
        town.begin()
        town.hq.tariff_office.publish(new_file(), [LI, WANG])
        for _ in range(28):
            act(town, draw)
        town.end()
        check(town)
        if seed == 0:
            for month in (*town.closed, f"{town.clock():%Y-%m}"):
                assert control(town.hq, tmp_path / month, month) == {"OK"}
    finally:
        for point in town.points:
            point.node.close()
        town.hq.close()


@pytest.mark.parametrize("seed", range(100, 108))
def test_what_was_given_back_is_neither_paid_nor_priced(tmp_path: Path, seed: int) -> None:
    """Purchases are given back at both points, loaded or not, and the card is pulled meanwhile."""
    draw = Random(seed)  # noqa: S311 - no secret, and the same every time
    town = a_town(tmp_path)
    try:
        town.begin()
        town.hq.tariff_office.publish(new_file(), [LI, WANG])
        for _ in range(24):
            act(town, draw)
            point = draw.choice(town.points)
            match draw.randint(0, 5):
                case 0 | 1:
                    town.buy(point, for_quantity(WATER, draw.randint(1, 60) * 1000))
                    if draw.random() < 0.4:
                        town.load()
                    town.give_back(point, pulled=draw.random() < 0.3)
                case 2:
                    town.load()
                case 3:
                    town.hand_out(point)
        town.end()
        assert town.given_back > 1
        check(town)
        doubts = {row["reason"] for row in rows(town.hq, Suspense)}
        assert not {reason for reason in doubts if reason.startswith("refund")}
        paid = {row["refund_seq"] for row in rows(town.hq, RefundPaid)}
        assert len(paid) > 0
        for month in (*town.closed, f"{town.clock():%Y-%m}") if seed == 100 else ():
            assert control(town.hq, tmp_path / month, month) == {"OK"}
    finally:
        for point in town.points:
            point.node.close()
        town.hq.close()


def test_a_point_learns_that_others_moved_the_card_on(tmp_path: Path) -> None:
    """Cut off from what they sold it cannot tell what became of its own sale; headquarters can."""
    town = a_town(tmp_path)
    town.begin()
    first, second = town.points
    town.buy(first, for_quantity(WATER, 10_000), pulled=True)
    for _ in range(2):
        town.clock.pass_by(minutes=5)
        town.buy(second, for_quantity(WATER, 15_000))
    with pytest.raises(SaleStillOpen):
        sell_at(town, first)
    town.meet()
    town.settle()
    town.clock.pass_by(hours=2)
    town.meet()
    assert sell_at(town, first) == 0
    town.end()
    check(town)
    for point in town.points:
        point.node.close()
    town.hq.close()


def sell_at(town: Town, point: Point) -> int:
    """Sell one cubic metre there; what the card then leaves open."""
    town.sold += 1
    point.hand.insert(town.chip)
    entry = [for_quantity(WATER, 1_000)]
    receipt = point.node.sales.sell(OPERATOR, town.card, entry, f"form {town.sold}")
    town.paid += receipt.paid
    return len(point.node.queries.pending(town.card))


def test_what_happens_in_the_town_is_what_the_law_is_for(tmp_path: Path) -> None:
    """The control: before anything is settled, the customer has not paid what the law asks."""
    town = a_town(tmp_path)
    town.begin()
    town.points[1].line.cut = True
    town.hq.tariff_office.publish(new_file(), [LI, WANG])
    town.pass_by(hours=24 * 20)
    town.buy(town.points[1], for_quantity(WATER, 100_000))
    town.buy(town.points[0], for_quantity(WATER, 100_000))
    paid = town.paid
    town.points[1].line.cut = False
    town.end()
    check(town)
    causes = {row["cause"] for row in rows(town.hq, RatingShare)}
    assert causes == {"stale_tariff"}
    assert paid != the_law(town)
    for point in town.points:
        point.node.close()
    town.hq.close()


def a_town(folder: Path) -> Town:
    clock = HandClock()
    hq = new_headquarters(folder / "central", clock)
    hq.tariff_office.publish(OLD_FILE, [LI, WANG])
    hq.stock.take_in_new(AREA, PROFILES[4], 4)
    hq.staff.enter(MEI, frozenset({StaffRole.ACCOUNTANT}))
    first, second = (a_point(folder, hq, clock, name) for name in ("N0001", "N0002"))
    return Town(hq, clock, (first, second))


def act(town: Town, draw: Random) -> None:
    """Something happens."""
    town.pass_by(hours=draw.randint(1, 60))
    point = draw.choice(town.points)
    match draw.randint(0, 9):
        case 0 | 1 | 2:
            entry = for_quantity(WATER, draw.randint(1, 60) * 1000)
            town.buy(point, entry, pulled=draw.random() < 0.3)
        case 3 | 4 | 5:
            entry = for_money(WATER, draw.randint(1_000, 40_000))
            town.buy(point, entry, pulled=draw.random() < 0.3)
        case 6:
            point.line.cut = not point.line.cut
        case 7:
            town.settle()
        case 8:
            town.adjust(draw.choice((-3_300, -450, 700, 9_999)))
        case _:
            town.meet()


def check(town: Town) -> None:
    """The customer paid the law's price, to the cent, and no closed month changed."""
    absorbed = sum(row["absorbed"] for row in rows(town.hq, Settlement))
    assert town.outstanding == 0
    for point in town.points:
        point.hand.insert(town.chip)
        point.node.cards.read(OPERATOR)
        assert list(point.node.queries.pending(town.card)) == []
    assert town.paid == the_law(town) - absorbed - town.by_hand + DEBT
    assert town.hq.accounting.altered() == ()
    for month, view in town.closed.items():
        now = town.hq.accounting.month(month)
        assert now.figures == view.figures
        assert now.unchanged
    assert town.hq.rerating.drain().changed == 0
    assert town.hq.settling.run().postings == 0


def control(hq: Headquarters, folder: Path, month: str) -> set[str]:
    """What the control sheet of the month's workbook says, computed by LibreOffice."""
    folder.mkdir()
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    scope = hq.report_office.scope(first, last)
    made = folder / "made.xlsx"
    hq.report_office.write(made, scope, made_by="mei", translate=lambda text: text)
    book = load_workbook(recalculated(made, folder), data_only=True)
    found = book.worksheets[-1].iter_rows(values_only=True)
    return {str(row[4]) for row in found if row[4] in ("OK", "CHECK", "MISSING")}
