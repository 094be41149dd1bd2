"""Golden prices of moving bounds, consumption, heat and fixed charges; each worked by hand."""

from datetime import date
from typing import Any

import pytest

from tariff_builders import a_component, a_fixed_charge, a_tariff, heat_keys, milli, money
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs import errors
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Quote, Usage, quote_for_money, quote_for_quantity

STEPS: dict[str, Any] = {"components": [a_component(["180", "260"], ["5", "7", "9"])]}


def usage(used: str = "0", quantum: str = "1", **more: Any) -> Usage:
    return Usage(used=Quantity(milli(used)), quantum=Quantity(milli(quantum)), **more)


def for_money(tariff: Tariff, known: Usage, tendered: str) -> Quote:
    return quote_for_money(tariff, known, Money(money(tendered)))


def for_quantity(tariff: Tariff, known: Usage, quantity: str) -> Quote:
    return quote_for_quantity(tariff, known, Quantity(milli(quantity)))


def shown(quote: Quote) -> list[list[object]]:
    return [
        [line.code, line.step, quantity_to_text(line.quantity), money_to_text(line.amount)]
        for line in quote.lines
    ]


# Part periods.


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        pytest.param(
            {"unit": "0.01"},  # bounds 75.45 and 108.99
            [["1", "75.45", "377.25"], ["2", "33.54", "234.78"], ["3", "91.01", "819.09"]],
            id="half up",
        ),
        pytest.param(
            {"unit": "1", "rounding": "down"},  # 75 and 108
            [["1", "75", "375.00"], ["2", "33", "231.00"], ["3", "92", "828.00"]],
            id="down",
        ),
        pytest.param(
            {"unit": "1", "rounding": "up"},  # 76 and 109
            [["1", "76", "380.00"], ["2", "33", "231.00"], ["3", "91", "819.00"]],
            id="up",
        ),
    ],
)
def test_an_account_opened_on_the_first_of_august_has_153_days_of_the_bounds(
    part: dict[str, str], lines: list[list[str]]
) -> None:
    tariff = a_tariff(**STEPS, part_period={"opening": "prorata"} | part)
    quote = for_quantity(tariff, usage(part_days=(153, 365)), "200")
    assert [[str(line[1]), line[2], line[3]] for line in shown(quote)] == lines


def test_bounds_that_scale_to_nothing_leave_the_last_step() -> None:
    tariff = a_tariff(**STEPS, part_period={"opening": "prorata", "unit": "10"})
    quote = for_quantity(tariff, usage(part_days=(1, 365)), "2")
    assert shown(quote) == [["water", 3, "2", "18.00"]]


# Households and seasons.


def test_who_is_above_the_most_persons_raises_nothing_more() -> None:
    household = {"included_persons": 5, "extra_per_person": "60", "max_persons": 6}
    tariff = a_tariff(**STEPS, household=household)
    assert [
        money_to_text(for_quantity(tariff, usage("180", persons=persons), "80").amount)
        for persons in (5, 6, 7)
    ] == ["560.00", "440.00", "440.00"]


SEASON = {"from": "11-15", "until": "03-15", "extra": "300", "equipment": "boiler"}


@pytest.mark.parametrize(
    ("on", "equipment", "charged"),
    [
        pytest.param(date(2025, 11, 14), ("boiler",), "700.00", id="the day before"),
        pytest.param(date(2025, 11, 15), ("boiler",), "500.00", id="the first day"),
        pytest.param(date(2026, 1, 1), ("pump", "boiler"), "500.00", id="over the new year"),
        pytest.param(date(2026, 3, 15), ("boiler",), "500.00", id="the last day"),
        pytest.param(date(2026, 3, 16), ("boiler",), "700.00", id="the day after"),
        pytest.param(date(2026, 1, 1), ("pump",), "700.00", id="nothing registered"),
        pytest.param(None, ("boiler",), "700.00", id="nobody tells the day"),
    ],
)
def test_a_registered_boiler_raises_the_bounds_in_the_heating_season(
    on: date | None, equipment: tuple[str, ...], charged: str
) -> None:
    tariff = a_tariff(**STEPS, seasonal_quota=SEASON)
    quote = for_quantity(tariff, usage("170", on=on, equipment=equipment), "100")
    assert money_to_text(quote.amount) == charged


def test_a_season_may_lie_within_a_year() -> None:
    tariff = a_tariff(**STEPS, seasonal_quota=SEASON | {"from": "06-01", "until": "08-31"})
    amounts = [
        for_quantity(tariff, usage("170", on=on, equipment=("boiler",)), "100").amount
        for on in (date(2026, 5, 31), date(2026, 7, 1), date(2026, 9, 1))
    ]
    assert amounts == [70_000, 50_000, 70_000]


# Consumption, settled afterwards.

CONSUMED: dict[str, Any] = {
    "quota_basis": "consumed",
    "components": [a_component(["5", "10"], ["1", "2", "3"])],
}


def test_what_was_bought_at_the_first_price_is_settled_by_what_was_consumed() -> None:
    """14 consumed with steps 5, 5 and open at 1, 2, 3 cost 27.00; 14.00 were paid."""
    tariff = a_tariff(**CONSUMED)
    bought = for_quantity(tariff, usage(), "14")
    assert shown(bought) == [["water", 1, "14", "14.00"]]
    assert bought.settled == 0
    later = for_quantity(tariff, usage(consumed=Quantity(14_000)), "1")
    assert shown(later) == [
        ["water", 12, "5", "5.00"],
        ["water", 13, "4", "8.00"],
        ["water", 1, "1", "1.00"],
    ]
    assert bought.amount + later.amount - 100 == 2700
    assert later.settled == 14_000


def test_settled_consumption_is_not_settled_again_and_never_goes_back() -> None:
    tariff = a_tariff(**CONSUMED)
    again = for_quantity(tariff, usage("14", consumed=Quantity(14_000)), "1")
    assert shown(again) == [["water", 1, "1", "1.00"]]
    less = for_quantity(tariff, usage("14", consumed=Quantity(9_000)), "1")
    assert (less.amount, less.settled) == (100, 14_000)
    more = for_quantity(tariff, usage("14", consumed=Quantity(15_500)), "1")
    assert shown(more)[0] == ["water", 13, "1.5", "3.00"]


def test_a_sum_pays_what_is_to_be_settled_before_it_buys() -> None:
    quote = for_money(a_tariff(**CONSUMED), usage(consumed=Quantity(14_000)), "20.00")
    assert shown(quote)[-1] == ["water", 1, "7", "7.00"]
    with pytest.raises(errors.FeeNotCovered):
        for_money(a_tariff(**CONSUMED), usage(consumed=Quantity(14_000)), "12.99")


# The heat basic fee.


def luoyang(**more: object) -> Tariff:
    keys = heat_keys("0.054")
    keys["components"] = [a_component([], ["0.142"], "heat")]
    keys["heat_basic_fee"] |= {
        "days": 121,
        "coefficients": {"high": "0.90", "mid": "0.86", "low": "0.82"},
    } | more
    return a_tariff(**keys)


def unpaid(**more: Any) -> Usage:
    return usage(area_m2=Quantity(milli("96.40")), heating_year_paid=False, **more)


def test_a_fee_by_day_and_coefficient_is_the_published_one() -> None:
    """96.40 m² × 121 days × 0.054 × 0.86 = 541.694736, and 6000 kWh × 0.142 = 852.00."""
    quote = for_quantity(luoyang(), unpaid(heat_class="mid"), "6000")
    assert shown(quote) == [["basic", 0, "96.4", "541.69"], ["heat", 1, "6000", "852.00"]]
    assert quote.lines[0].price_text == "5.61924"
    assert money_to_text(quote.amount) == "1393.69"


@pytest.mark.parametrize(
    ("more", "known", "fee"),
    [
        pytest.param({}, {}, "629.88", id="no class: coefficient 1"),  # 96.4 × 6.534
        pytest.param({"late_opening": "full"}, {"heat_days": 60}, "629.88", id="late, all due"),
        pytest.param(
            {"late_opening": "by_day", "season_starts": "11-15"},
            {"heat_days": 60},
            "312.34",  # 96.4 × 60 × 0.054 = 312.336
            id="late, by day",
        ),
        pytest.param(
            {"late_opening": "by_day", "season_starts": "11-15"},
            {"heat_days": 300},
            "629.88",
            id="no more days than the season has",
        ),
        pytest.param({}, {"heat_suspended": True}, "629.88", id="suspended, all due"),
        pytest.param(
            {"suspended_share": "0.30"},
            {"heat_suspended": True},
            "188.96",  # 96.4 × 1.9602 = 188.96328
            id="suspended, 30 %",
        ),
        pytest.param(
            {"suspended_share": "0.333333"},
            {"heat_suspended": True, "heat_class": "low"},
            "172.17",  # 6.534 × 0.82 × 0.333333 = 1.785958… → 1.785958; × 96.4 = 172.166
            id="the rate is rounded to six decimals",
        ),
    ],
)
def test_the_basic_fee_knows_late_and_suspended_supply(
    more: dict[str, Any], known: dict[str, Any], fee: str
) -> None:
    quote = for_quantity(luoyang(**more), unpaid(**known), "1")
    assert money_to_text(quote.lines[0].amount) == fee


def test_a_class_without_coefficient_is_refused_while_the_fee_is_due() -> None:
    with pytest.raises(errors.HeatClassUnknown):
        for_quantity(luoyang(), unpaid(heat_class="attic"), "1")
    assert for_quantity(luoyang(), usage(heat_class="attic"), "1000").amount == 14_200
    assert a_tariff(**heat_keys()) is not None
    without = for_quantity(a_tariff(**heat_keys()), unpaid(heat_class="attic"), "1000")
    assert money_to_text(without.amount) == "972.16"


# Fixed charges.

MARCH = 2026 * 12 + 2


@pytest.mark.parametrize(
    ("charge", "known", "times"),
    [
        pytest.param({}, {"months_due": 3}, 3, id="every month"),
        pytest.param({}, {"months_due": 9}, 6, id="as far back as it catches up"),
        pytest.param({}, {"months_due": 9, "opened_month": MARCH - 1}, 2, id="since the opening"),
        pytest.param(
            {"starts": "next_month"},
            {"months_due": 9, "opened_month": MARCH - 1},
            1,
            id="the month of the opening is free",
        ),
        pytest.param({"months": 3}, {"months_due": 2}, 0, id="no quarter began"),
        pytest.param({"months": 3}, {"months_due": 3}, 1, id="January began one"),
        pytest.param({"months": 3}, {"months_due": 6}, 2, id="October and January"),
        pytest.param(
            {"months": 3, "anchor": "account"},
            {"months_due": 2, "opened_month": MARCH - 4},
            1,
            id="opened in November: February",
        ),
        pytest.param(
            {"months": 3, "anchor": "account", "starts": "next_month"},
            {"months_due": 6, "opened_month": MARCH - 4},
            1,
            id="opened in November, which is free",
        ),
        pytest.param(
            {"months": 3, "anchor": "account"}, {"months_due": 5}, 1, id="opening unknown"
        ),
        pytest.param({"months": 3}, {"months_due": 5, "month": None}, 1, id="month unknown"),
    ],
)
def test_fixed_charges_are_due_in_their_months(
    charge: dict[str, Any], known: dict[str, Any], times: int
) -> None:
    tariff = a_tariff(fixed_charges=[a_fixed_charge("12.00", catch_up_months=6) | charge])
    quote = for_quantity(tariff, usage(**{"month": MARCH} | known), "1")
    assert money_to_text(quote.amount) == f"{5 + 12 * times}.00"
