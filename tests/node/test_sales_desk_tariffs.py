"""Every kind of tariff is sold at the counter by what card, journal and meters say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from counters import CLASS, HEAT, OTHER_POWER, POWER, WATER, Counters
from little_headquarters import AREA, MASTERS
from meter_builders import PageMemory
from node_world import OPERATOR, for_money, for_quantity
from tariff_builders import a_component, a_fixed_charge, heat_keys
from yika_common.cards.keys import derive_meter_keys
from yika_common.meters.state import Holds, MeterPlate
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.meter_file import new_meter_pages
from yika_common.tariffs.errors import (
    AboveDayAmount,
    AboveDayMaximum,
    AboveMonthMaximum,
    HoardLimit,
)
from yika_node.services.amended import LimitsForm
from yika_node.services.errors import MeterCountsOtherwise
from yika_node.services.tariff_age import TariffExpired

STEPS = [a_component(["10"], ["1.00", "2.00"])]
MONTHLY = {"months": 1, "anchor": "01-01"}


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    counters = Counters(tmp_path, 2, tariff_class=CLASS)
    yield counters
    counters.close()


def sold(counters: Counters, **changes: object) -> None:
    """Publish a tariff of cold water, open the account, and tell both points of it."""
    counters.publish(**changes)
    counters.open()
    counters.tell()


def test_fixed_charges_are_taken_for_every_month_once_at_whichever_point(
    counters: Counters,
) -> None:
    sold(counters, fixed_charges=[a_fixed_charge("12.00", catch_up_months=6)])
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 1_200 + 500
    assert counters.sell(for_quantity(WATER, 1_000), at=1).amount == 500
    counters.pass_time(days=61)
    second = counters.sell(for_quantity(WATER, 1_000), at=1)
    assert second.amount == 2 * 1_200 + 500
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 500
    intent = counters.intents(at=1)[-1]
    assert (intent.months_due, intent.charged_through) == (2, 2026 * 12 + 5)
    assert counters.record(WATER).quota.charged_through == 2026 * 12 + 5


def test_free_units_are_claimed_once_a_month_and_by_the_month_after(counters: Counters) -> None:
    free = {
        "code": "free",
        "name": {"en": "Free units"},
        "quantity": "5",
        "per": "month",
        "most": "10",
    }
    sold(counters, components=STEPS, cycle=MONTHLY, free_allocation=free)
    claimed = counters.sell(for_money(WATER, 0))
    assert (claimed.paid, claimed.lines[0].quote.quantity) == (0, 5_000)
    assert counters.record(WATER).quota.bought == 0
    bought = counters.sell(for_quantity(WATER, 12_000), at=1)
    assert (bought.amount, bought.lines[0].quote.free) == (10 * 100 + 2 * 200, 0)
    counters.pass_time(days=100)
    later = counters.sell(for_quantity(WATER, 12_000), at=1)
    assert (later.amount, later.lines[0].quote.free) == (200, 10_000)
    meter = counters.load(WATER)
    assert meter.credited == 5_000 + 12_000 + 12_000


def test_a_version_that_resets_the_count_begins_a_part_period(counters: Counters) -> None:
    sold(counters, components=STEPS)
    counters.sell(for_quantity(WATER, 10_000))
    counters.publish(
        version=2,
        components=STEPS,
        on_version_change="reset",
        effective_from="2026-04-15T00:00:00",
    )
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 200
    counters.pass_time(days=20)
    receipt = counters.sell(for_quantity(WATER, 1_000))
    assert (receipt.amount, receipt.lines[0].period) == (100, "20260415")
    assert counters.sell(for_quantity(WATER, 10_000), at=1).amount == 9 * 100 + 200


def test_a_version_that_is_published_is_told_before_it_holds(counters: Counters) -> None:
    sold(counters)
    counters.publish(
        version=2,
        components=[a_component([], ["6.00"])],
        effective_from="2026-05-01T00:00:00",
    )
    quoted = counters.nodes[0].sales.quote(counters.read(), [for_quantity(WATER, 1_000)])
    following = quoted.lines[0].explanation.next_version
    assert following is not None
    assert (following.version, following.price) == (2, 60_000)


def test_a_quota_that_the_account_anchors_starts_on_its_own_day(counters: Counters) -> None:
    sold(counters, components=STEPS, cycle={"months": 1, "anchor": "account"})
    counters.sell(for_quantity(WATER, 10_000))
    counters.pass_time(days=29)
    assert counters.sell(for_quantity(WATER, 1_000), at=1).amount == 200
    counters.pass_time(days=1)
    assert counters.sell(for_quantity(WATER, 1_000), at=1).amount == 100


def test_consumption_beyond_a_step_is_settled_at_the_next_visit(counters: Counters) -> None:
    """Bought at step 1; 14 used with steps of 5, 5 and the rest at 1, 2 and 3: 27.00 in all."""
    components = [a_component(["5", "10"], ["1.00", "2.00", "3.00"])]
    sold(counters, components=components, quota_basis="consumed", cycle=MONTHLY)
    first = counters.sell(for_quantity(WATER, 20_000))
    assert first.amount == 2_000
    counters.load(WATER, use=14_000)
    second = counters.sell(for_quantity(WATER, 1_000), at=1)
    assert second.amount == 100 + 5 * 100 + 4 * 200
    assert counters.record(WATER).quota.bought == 14_000
    assert counters.intents(at=1)[0].consumed == 14_000
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 100


def test_a_hoard_limit_counts_what_the_meter_told_and_what_waits_for_it(
    counters: Counters,
) -> None:
    hoard = {"quantity": "20", "counts": "remaining_and_sale"}
    sold(counters, limits={"hoard": hoard})
    counters.sell(for_quantity(WATER, 15_000))
    counters.load(WATER, use=4_000)
    counters.sell(for_quantity(WATER, 5_000))
    with pytest.raises(HoardLimit):
        counters.sell(for_quantity(WATER, 5_000))
    counters.load(WATER, use=6_000)
    counters.sell(for_quantity(WATER, 5_000))


def test_what_was_sold_today_and_this_month_counts_against_limits(counters: Counters) -> None:
    limits = {
        "max_quantity_per_day": "10",
        "max_quantity_per_month": "25",
        "max_amount_per_day": "45.00",
    }
    sold(counters, limits=limits)
    counters.sell(for_quantity(WATER, 6_000))
    with pytest.raises(AboveDayMaximum):
        counters.sell(for_quantity(WATER, 5_000))
    with pytest.raises(AboveDayAmount):
        counters.sell(for_quantity(WATER, 4_000))
    counters.sell(for_quantity(WATER, 3_000))
    for _ in range(2):
        counters.pass_time(days=1)
        counters.sell(for_quantity(WATER, 8_000))
    counters.pass_time(days=1)
    with pytest.raises(AboveMonthMaximum):
        counters.sell(for_quantity(WATER, 1_000))
    counters.pass_time(days=30)
    counters.sell(for_quantity(WATER, 8_000))


def test_lines_of_one_basket_count_against_the_day_together(counters: Counters) -> None:
    sold(counters, service="electricity_single", limits={"max_quantity_per_day": "10"})
    with pytest.raises(Exception, match="day") as refused:
        counters.sell(for_quantity(POWER, 6_000), for_quantity(OTHER_POWER, 5_000))
    assert isinstance(refused.value.__cause__, AboveDayMaximum)


def test_a_customers_own_limits_stand_in_place_of_the_tariffs(counters: Counters) -> None:
    sold(counters, limits={"max_quantity_per_day": "10"})
    most = Quantity(50_000)
    form = LimitsForm(
        service=Service.COLD_WATER,
        per_sale=Quantity(0),
        per_day=most,
        per_month=Quantity(0),
        per_cycle=Quantity(0),
        until=datetime(2026, 4, 3, tzinfo=UTC),
        reason="a wedding",
    )
    counters.nodes[0].amendments.lift_limits(OPERATOR, counters.account.number, form)
    counters.sell(for_quantity(WATER, 30_000))
    counters.pass_time(days=2)
    with pytest.raises(AboveDayMaximum):
        counters.sell(for_quantity(WATER, 11_000))


def test_where_the_customers_own_limits_have_no_bound_the_tariff_has_none(
    counters: Counters,
) -> None:
    sold(counters, limits={"max_quantity_per_sale": "10", "max_quantity_per_cycle": "20"})
    none = Quantity(0)
    form = LimitsForm(
        service=Service.COLD_WATER,
        per_sale=none,
        per_day=Quantity(50_000),
        per_month=none,
        per_cycle=none,
        until=datetime(2026, 4, 3, tzinfo=UTC),
        reason="a wedding",
    )
    counters.nodes[0].amendments.lift_limits(OPERATOR, counters.account.number, form)
    assert counters.sell(for_quantity(WATER, 30_000)).amount == 15_000


def test_the_heat_fee_goes_by_class_and_days_and_once_a_year(counters: Counters) -> None:
    """The published example of Luoyang: 96.40 m², 121 days at 0.054, coefficient 0.86."""
    heat = heat_keys("0.054")
    heat["heat_basic_fee"] |= {"days": 121, "coefficients": {"mid": "0.86"}}
    counters.publish(**heat)
    counters.open()
    counters.tell(heat_class="mid", facts_at=1)
    assert counters.sell(for_quantity(HEAT, 1_000)).amount == 54_169 + 20
    assert counters.sell(for_quantity(HEAT, 1_000), at=1).amount == 20
    assert counters.intents()[0].heat_class == "mid"


def test_a_meter_that_holds_money_is_told_its_price_and_the_next(counters: Counters) -> None:
    sold(counters, meter_holds="money")
    number = counters.account.meters[WATER].meter
    keys = derive_meter_keys(MASTERS, number, 1, area=AREA)
    plate = MeterPlate(number, Service.COLD_WATER, 1, Quantity(10**9), Holds.MONEY)
    counters.worlds[0].meters[number] = PageMemory(new_meter_pages(plate, keys))
    receipt = counters.sell(for_money(WATER, 5_000))
    assert (receipt.amount, receipt.lines[0].quote.quantity) == (5_000, 50_000)
    assert counters.load(WATER, use=4_000).credited == 50_000
    view = counters.read().slots[WATER].write_back
    assert view is not None
    assert view.reading.balance == 30_000
    counters.publish(
        version=2,
        meter_holds="money",
        components=[a_component([], ["6.00"])],
        effective_from="2026-05-01T00:00:00",
    )
    counters.sell(for_money(WATER, 1_000))
    parameters = counters.record(WATER).parameters
    assert (parameters.price, parameters.next_price) == (50_000, 60_000)
    assert parameters.version == 2
    counters.load(WATER)
    counters.pass_time(days=40)
    counters.load(WATER, use=1_000)
    view = counters.read().slots[WATER].write_back
    assert view is not None
    assert view.reading.balance == 30_000 + 10_000 - 6_000


@pytest.mark.parametrize(("first", "then"), [("money", "quantity"), ("quantity", "money")])
def test_a_meter_is_not_sold_quantity_after_money_nor_money_after_quantity(
    counters: Counters, first: str, then: str
) -> None:
    """Its total would go on in another unit, and the meter would credit what nobody bought."""
    sold(counters, meter_holds=first)
    counters.sell(for_money(WATER, 5_000))
    counters.publish(version=2, meter_holds=then, effective_from="2026-04-02T00:00:00")
    counters.pass_time(days=2)
    with pytest.raises(MeterCountsOtherwise):
        counters.sell(for_money(WATER, 5_000), at=1)


def test_an_expired_tariff_is_sold_by_only_where_the_settings_let_it(counters: Counters) -> None:
    expires = {"soft": "2026-03-01T00:00:00", "hard": "2026-03-15T00:00:00"}
    sold(counters, expires=expires)
    counters.sell(for_quantity(WATER, 1_000))
    counters.settle_by(stale_tariff="refuse")
    with pytest.raises(TariffExpired):
        counters.sell(for_quantity(WATER, 1_000))
