"""After a refund the next purchase costs what it cost before the one that was given back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from counters import CLASS, HEAT, WATER, Counters
from node_world import OPERATOR, for_money, for_quantity
from refund_builders import give_back
from tariff_builders import a_component, a_fixed_charge, heat_keys
from yika_common.journal.bodies import Intent
from yika_common.journal.reversal import SIGNED, credited
from yika_common.sync.customers import DebtSheet, SlotSheet
from yika_common.tariffs.errors import AboveDayMaximum
from yika_node.services.payments import SlotQuote
from yika_node.services.views import SaleEntry

STEPS = [a_component(["10"], ["1.00", "2.00"])]
MONTHLY = {"months": 1, "anchor": "01-01"}
FREE = {
    "code": "free",
    "name": {"en": "Free units"},
    "quantity": "5",
    "per": "month",
    "most": "10",
}
OLD = DebtSheet("D-1", "旧欠", "Old bill", 20_000, 300_000, 0, 1)


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    counters = Counters(tmp_path, 2, tariff_class=CLASS)
    yield counters
    counters.close()


def steps(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish(components=STEPS)
    return WATER, for_quantity(WATER, 9_000)


def new_period(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish(components=STEPS, cycle=MONTHLY)
    return WATER, for_quantity(WATER, 12_000)


def fixed_charges(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish(fixed_charges=[a_fixed_charge("12.00", catch_up_months=6)])
    return WATER, for_quantity(WATER, 1_000)


def free_units(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish(components=STEPS, cycle=MONTHLY, free_allocation=FREE)
    return WATER, for_quantity(WATER, 12_000)


def heat_fee(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish(**heat_keys())
    return HEAT, for_quantity(HEAT, 1_000)


def owed_either_way(counters: Counters) -> tuple[int, SaleEntry]:
    counters.publish()
    return WATER, for_money(WATER, 5_000)


TARIFFS = (steps, new_period, fixed_charges, free_units, heat_fee, owed_either_way)


def quoted(counters: Counters, entry: SaleEntry) -> SlotQuote:
    (line,) = counters.nodes[0].sales.quote(counters.read(), [entry]).lines
    return line


@pytest.mark.parametrize("first", [True, False], ids=["its first purchase", "a later one"])
@pytest.mark.parametrize("tariff", TARIFFS, ids=lambda tariff: tariff.__name__)
def test_the_next_purchase_costs_what_it_cost_before(
    counters: Counters, tariff: Callable[[Counters], tuple[int, SaleEntry]], first: bool
) -> None:
    slot, entry = tariff(counters)
    counters.open()
    owed = {"adjustment_number": 1, "adjustment": 700, "debts": (OLD,)}
    counters.tell(**owed if tariff is owed_either_way else {})
    if not first:
        counters.sell(for_quantity(slot, 6_000), at=1)
        counters.load(slot)
        counters.pass_time(days=400 if slot == HEAT else 70)
    before, price = counters.read().slots[slot].record, quoted(counters, entry)
    bought = counters.sell(entry)
    assert quoted(counters, entry).bill != price.bill or slot == WATER
    refund = give_back(counters.nodes[0], bought, OPERATOR)
    after = counters.record(slot)
    assert (refund.paid, after.lower) == (-bought.paid, True)
    again = quoted(counters, entry)
    assert (again.bill, again.usage) == (price.bill, price.usage)
    assert after.total == (0 if before is None else before.total)
    if before is not None:
        assert after.adjustments == before.adjustments
        assert after.quota.heating_year == before.quota.heating_year
        assert after.quota.charged_through == before.quota.charged_through
        assert after.quota.free_day == before.quota.free_day


def test_a_purchase_and_its_refund_add_up_to_nothing(counters: Counters) -> None:
    _, entry = owed_either_way(counters)
    counters.open()
    counters.tell(adjustment_number=1, adjustment=700, debts=(OLD,))
    give_back(counters.nodes[0], counters.sell(entry), OPERATOR)
    purchase, refund = counters.intents()
    assert isinstance(refund, Intent)
    for name in SIGNED:
        assert getattr(purchase, name) + getattr(refund, name) == 0
    assert purchase.paid + refund.paid == 0
    assert credited(purchase) + credited(refund) == 0
    assert sum(line.amount for line in purchase.lines + refund.lines) == 0
    assert sum(debt.amount for debt in purchase.debts + refund.debts) == 0
    assert refund.debts[0].left == OLD.left
    assert purchase.adjusted == 700


def test_a_sheet_that_counts_the_purchase_does_not_outlive_its_refund(counters: Counters) -> None:
    """Headquarters heard of the purchase, and not yet of the refund."""
    slot, entry = steps(counters)
    counters.open()
    counters.tell()
    price = quoted(counters, entry)
    bought = counters.sell(entry)
    card = counters.record(slot)
    counters.tell(
        slots=(SlotSheet(slot, 1, card.count, card.total, card.quota.period, card.quota.bought),)
    )
    give_back(counters.nodes[0], bought, OPERATOR)
    assert quoted(counters, entry).bill == price.bill
    right = counters.sell(for_quantity(slot, 4_000), at=1)
    assert right.amount == 400
    assert quoted(counters, for_quantity(slot, 7_000)).bill.quote.amount == 6 * 100 + 1 * 200


def test_what_was_given_back_leaves_as_much_room_as_if_it_was_never_sold(
    counters: Counters,
) -> None:
    counters.publish(limits={"max_quantity_per_day": "10"})
    counters.open()
    counters.tell()
    yesterday = counters.sell(for_quantity(WATER, 9_000))
    counters.pass_time(days=1)
    give_back(counters.nodes[0], yesterday, OPERATOR)
    today = counters.sell(for_quantity(WATER, 10_000))
    with pytest.raises(AboveDayMaximum):
        counters.sell(for_quantity(WATER, 100))
    counters.read()
    give_back(counters.nodes[0], today, OPERATOR)
    assert counters.sell(for_quantity(WATER, 10_000)).complete
