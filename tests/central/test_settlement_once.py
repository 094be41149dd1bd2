"""Every difference reaches the customer exactly once, whatever the points knew and when.

Two vending points sell to one card.  They are cut off, know sheets of different ages, price by the
purchases that they happen to know, are interrupted before the card is written, and deliver late,
twice and in pieces.  Headquarters is real, and so are the rules by which a point settles; only the
counter between them is a model.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from central_builders import HandClock, Pen, new_headquarters, water_tariff
from journals import an_intent
from settlement_builders import ACCOUNT, CARD, a_town, bring_up_to_date, register, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_sources import sources_of
from yika_central.db.tables import Settlement
from yika_central.services.dues import NO_DUES, dues_of
from yika_central.services.sheets import line_of, stored_sheet
from yika_common.cards.record import AppliedAdjustments
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import DebtPaid, Intent, Line, Sale, Superseded
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.sync.customers import AccountSheet
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.dues import Bill, Policy, Residual
from yika_common.tariffs.errors import BelowMinimum, NothingToSell, SupplyShareTooSmall
from yika_common.tariffs.period import period_of
from yika_common.tariffs.quote import quote_for_quantity
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import bill_for_money
from yika_node.services.settled import Owed, Settled

TARIFF = parse_tariff(water_tariff())
WHOLE_UNITS = Quantity(1000)
METERS = {3: "000000000004"}
DEBT = 7_000
DEAREST = 900
"""The price of the dearest cubic metre: less than that buys nothing and stays the customer's."""


@dataclass
class Card:
    """The customer's card: what each slot says was settled, and its count and total."""

    settled: dict[int, AppliedAdjustments] = field(
        default_factory=lambda: {slot: AppliedAdjustments() for slot in METERS}
    )
    count: int = 0
    total: int = 0

    @property
    def applied(self) -> int:
        return sum(state.money_total for state in self.settled.values())


@dataclass
class Point:
    """A vending point: its journal, the sheet it was told last, and what it knows was bought."""

    pen: Pen
    told: AccountSheet | None = None
    used: int = 0
    unwritten: "Unwritten | None" = None


@dataclass
class Unwritten:
    """An intent that the card was pulled away from: its record, count, and what it settles."""

    seq: int
    count: int
    bill: Bill
    number: int


class Town:
    """Headquarters, two points and a card."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.hq: Headquarters = new_headquarters(folder, self.clock)
        self.points = [Point(pen) for pen in a_town(self.hq, self.clock)]
        self.card = Card()
        self.by_hand = 0
        self.paid = 0
        self.known = {0}
        self.points[0].pen.send(self.points[0].pen.cut())
        self.debt = register(self.hq, DEBT)

    def buy(self, point: Point, tendered: int, *, cut_off: bool = False) -> None:
        """A purchase for a sum; ``cut_off``: the power fails before the card is written."""
        self.clock.pass_by(minutes=1)
        self._resolve(point)
        owed = Owed.of(point.told, Settled(self.card.settled, complete=True))
        usage = Usage(used=Quantity(point.used), quantum=WHOLE_UNITS, persons=3)
        policy = Policy(residual=Residual.BALANCE)
        try:
            bill = bill_for_money(TARIFF, usage, Money(tendered), owed.dues, policy)
        except (BelowMinimum, NothingToSell, SupplyShareTooSmall):
            return
        seq = point.pen.write(self._intent(point, bill, owed.number, tendered))
        self.paid += bill.paid
        if cut_off:
            point.unwritten = Unwritten(seq, self.card.count + 1, bill, owed.number)
            return
        point.pen.write(Sale(intent=seq))
        self._load(point, bill, owed.number)

    def deliver(self, point: Point, first: int = 1) -> None:
        """The point sends its journal from some record on, known there or not."""
        if point.pen.seq:
            point.pen.send(point.pen.cut(min(first, point.pen.seq)))

    def settle(self) -> None:
        """Headquarters' job runs."""
        bring_up_to_date(self.hq)
        self.known.add(self.total)

    def tell(self, point: Point) -> None:
        """The point gets the account's newest sheet."""
        with self.hq.database.reading() as session:
            connection = session.connection()
            dues = dues_of(connection, (ACCOUNT,)).get(ACCOUNT, NO_DUES)
            sheet = stored_sheet(sources_of(connection, [ACCOUNT])[ACCOUNT], dues)
        point.told = AccountSheet.parse(line_of(sheet, b""))

    def adjust(self, amount: int) -> None:
        """A person decides."""
        self.hq.adjustments.adjust(ACCOUNT, Money(amount), by="mei", reason="Decided")
        self.by_hand += amount
        self.known.add(self.total)

    def end(self) -> None:
        """Everything arrives, and the customer buys until nothing is outstanding."""
        for _ in range(20):
            for point in self.points:
                self._resolve(point)
                self.deliver(point)
            self.settle()
            if 0 <= self.total - self.card.applied < DEAREST and not self.hq.debt_office.listed():
                return
            point = self.points[0]
            self.tell(point)
            point.used = self.card.total
            self.buy(point, 60_000)
        raise AssertionError("what is owed is never settled")

    @property
    def total(self) -> int:
        return self.hq.adjustments.account(ACCOUNT).total

    def _intent(self, point: Point, bill: Bill, number: int, tendered: int) -> Intent:
        quote = bill.quote
        return an_intent(
            account=ACCOUNT,
            card=CARD,
            meter=METERS[3],
            slot=3,
            service=Service.COLD_WATER,
            count=self.card.count + 1,
            total=self.card.total + quote.quantity,
            quantity=quote.quantity,
            amount=quote.amount,
            residual=bill.change,
            typed=tendered,
            tariff=TARIFF.id,
            tariff_version=TARIFF.version,
            tariff_digest=TARIFF.digest[:8].hex(),
            period=period_of(TARIFF, from_timestamp(self.clock.seconds)).id,
            used_before=point.used,
            persons=3,
            adjusted=bill.adjusted,
            adjusted_number=number if bill.adjusted else 0,
            debts=tuple(DebtPaid(d.id, d.amount, d.left) for d in bill.debts if d.amount),
            kept=bill.kept,
            rounding=bill.rounding,
            lines=tuple(
                Line(line.code, line.step, line.quantity, line.price, line.amount)
                for line in quote.lines
            ),
        )

    def _load(self, point: Point, bill: Bill, number: int) -> None:
        self.card.settled[3] = settled_with(self.card.settled[3], number, bill)
        self.card.count += 1
        self.card.total += bill.quote.quantity
        point.used += bill.quote.quantity

    def _resolve(self, point: Point) -> None:
        """The card comes back: what was cut off is written now, or it was overtaken."""
        left = point.unwritten
        if left is None:
            return
        point.unwritten = None
        if left.count == self.card.count + 1:
            point.pen.write(Sale(intent=left.seq))
            self._load(point, left.bill, left.number)
        else:
            seen = self.card.count
            point.pen.write(Superseded(intent=left.seq, generation_seen=1, count_seen=seen))


def settled_with(shown: AppliedAdjustments, number: int, bill: Bill) -> AppliedAdjustments:
    """What the slot's record says after a purchase, by the rule of docs/card-format.md."""
    return replace(
        shown,
        money_number=max(shown.money_number, number),
        money_total=Money(shown.money_total + bill.adjusted - bill.kept),
        debts=Money(shown.debts + bill.collected),
    )


Act = Callable[[Town], None]

acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(
        lambda which, sum_, cut: lambda town: town.buy(town.points[which], sum_, cut_off=cut),
        st.integers(0, 1),
        st.sampled_from([2_000, 11_300, 45_000, 90_000]),
        st.sampled_from([False, False, False, True]),
    ),
    st.builds(
        lambda which, first: lambda town: town.deliver(town.points[which], first),
        st.integers(0, 1),
        st.integers(1, 6),
    ),
    st.builds(lambda which: lambda town: town.tell(town.points[which]), st.integers(0, 1)),
    st.just(Town.settle),
    st.builds(
        lambda amount: lambda town: town.adjust(amount),
        st.sampled_from([-4_000, -350, 500, 12_345]),
    ),
)


def the_law_asks(town: Town) -> int:
    """The price of all that was loaded, bought at once by a point that saw everything."""
    usage = Usage(used=Quantity(0), quantum=WHOLE_UNITS, persons=3)
    return quote_for_quantity(TARIFF, usage, Quantity(town.card.total)).amount


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.lists(acts, min_size=4, max_size=24))
def test_each_difference_reaches_the_customer_exactly_once(happened: list[Act]) -> None:
    with TemporaryDirectory() as folder:
        town = Town(Path(folder) / "central")
        for act in happened:
            act(town)
            kept = sum(
                applied.kept for applied in town.hq.adjustments.account(ACCOUNT).applications
            )
            # Never more than headquarters ever said was owed, nor than was ever to be taken.
            assert min(town.known) - 10**6 <= town.card.applied <= max(town.known) + kept
        town.end()
        absorbed = sum(row["absorbed"] for row in rows(town.hq, Settlement))
        shown = town.hq.adjustments.account(ACCOUNT)
        assert shown.applied == town.card.applied
        law = the_law_asks(town) - absorbed - town.by_hand + DEBT
        assert town.paid == law + shown.outstanding
        town.hq.close()


def test_a_card_that_forgot_what_was_applied_would_be_given_it_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: with the card's memory switched off, the bound above is broken."""

    def twice(*, forgetful: bool) -> tuple[int, int]:
        with TemporaryDirectory() as folder:
            town = Town(Path(folder) / "central")
            town.adjust(12_000)
            for point in town.points:
                town.tell(point)
                if forgetful:
                    town.card.settled[3] = AppliedAdjustments()
                town.buy(point, 45_000)
                town.deliver(point)
            used = town.hq.adjustments.account(ACCOUNT)
            town.hq.close()
            return used.total, sum(a.adjusted for a in used.applications)

    assert twice(forgetful=False) == (12_000, 12_000)
    assert twice(forgetful=True) == (12_000, 24_000)
