"""Golden prices and the rules around the steps; how the numbers were made is in the vectors."""

from typing import Any

import pytest

from tariff_builders import (
    TARIFF_VECTORS,
    a_component,
    a_fixed_charge,
    a_tariff,
    heat_keys,
    milli,
    money,
)
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs.errors import (
    AboveCycleMaximum,
    AboveMaximum,
    AreaUnknown,
    BelowMinimum,
    CostsNothing,
    FeeNotCovered,
    NotAMultiple,
    NothingToSell,
    UsageImpossible,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import (
    Quote,
    QuoteLine,
    Usage,
    quote_for_money,
    quote_for_quantity,
)


def table(name: str) -> Tariff:
    steps = TARIFF_VECTORS["tables"][name]
    return a_tariff(components=[a_component(steps["bounds"], steps["prices"])])


def usage(used: str = "0", quantum: str = "1", **more: Any) -> Usage:
    return Usage(used=Quantity(milli(used)), quantum=Quantity(milli(quantum)), **more)


def for_money(tariff: Tariff, known: Usage, tendered: str) -> Quote:
    return quote_for_money(tariff, known, Money(money(tendered)))


def for_quantity(tariff: Tariff, known: Usage, quantity: str) -> Quote:
    return quote_for_quantity(tariff, known, Quantity(milli(quantity)))


def shown(lines: tuple[QuoteLine, ...]) -> list[list[object]]:
    return [[x.step, quantity_to_text(x.quantity), money_to_text(x.amount)] for x in lines]


def cases(key: str) -> list[Any]:
    return [pytest.param(row, id=row["case"]) for row in TARIFF_VECTORS[key]]


@pytest.mark.parametrize("row", cases("money_to_quantity"))
def test_a_sum_buys_the_golden_quantity(row: dict[str, Any]) -> None:
    quote = for_money(table(row["table"]), usage(row["used"], row["quantum"]), row["tendered"])
    assert shown(quote.lines) == row["lines"]
    assert quantity_to_text(quote.quantity) == row["quantity"]
    assert money_to_text(quote.amount) == row["charged"]
    assert money_to_text(quote.residual) == row["residual"]


@pytest.mark.parametrize("row", cases("quantity_to_money"))
def test_a_quantity_costs_the_golden_sum(row: dict[str, Any]) -> None:
    quote = for_quantity(table(row["table"]), usage(row["used"]), row["quantity"])
    assert money_to_text(quote.amount) == row["charged"]


@pytest.mark.parametrize(("tendered", "quantity"), TARIFF_VECTORS["three_steps_and_more"]["rows"])
def test_a_sum_that_crosses_three_bounds_is_filled_step_by_step(
    tendered: str, quantity: str
) -> None:
    quote = for_money(table("four_steps"), usage(quantum="0.001"), tendered)
    assert quantity_to_text(quote.quantity) == quantity


def test_the_widely_copied_formula_would_fail_those_rows() -> None:
    """Negative control: it takes the last step's money without what the first step took."""
    rows = dict(TARIFF_VECTORS["three_steps_and_more"]["rows"])
    naive = (money("1500.00") - money("560.00")) * 1000 // money("9.00") + milli("180")
    assert naive != milli(rows["1500.00"])


def test_too_little_for_one_quantum_is_refused() -> None:
    with pytest.raises(BelowMinimum) as refusal:
        for_money(table("beijing_water"), usage("180", "0.01"), "0.04")
    assert refusal.value.facts == {"minimum": "0.01", "quantity": "0", "unit": "m³"}


def test_each_component_has_its_own_steps_lines_and_sum() -> None:
    tariff = a_tariff(
        components=[
            a_component(["180", "260"], ["2.07", "4.07", "6.07"], "water"),
            a_component([], ["1.57"], "resource"),
            a_component([], ["1.36"], "sewage"),
        ]
    )
    quote = for_quantity(tariff, usage("170"), "100")
    sums: dict[str, int] = {}
    for line in quote.lines:
        sums[line.code] = sums.get(line.code, 0) + line.amount
    assert sums == {"water": 40700, "resource": 15700, "sewage": 13600}
    assert quote.amount == 70000


@pytest.mark.parametrize(
    ("persons", "charged"),
    [
        pytest.param(None, "560.00", id="nobody told: the included number"),
        pytest.param(3, "560.00", id="fewer lower nothing"),
        pytest.param(5, "560.00", id="the included number"),
        pytest.param(6, "440.00", id="bounds 240 and 320"),
        pytest.param(7, "400.00", id="bounds 300 and 380"),
    ],
)
def test_extra_persons_raise_every_bound(persons: int | None, charged: str) -> None:
    tariff = a_tariff(
        components=[a_component(["180", "260"], ["5", "7", "9"])],
        household={"included_persons": 5, "extra_per_person": "60"},
    )
    quote = for_quantity(tariff, usage("180", persons=persons), "80")
    assert money_to_text(quote.amount) == charged


HEAT = TARIFF_VECTORS["heat"]
UNPAID: dict[str, Any] = {
    "area_m2": Quantity(milli(HEAT["area_m2"])),
    "heating_year_paid": False,
}


def test_the_basic_fee_comes_before_the_first_heat() -> None:
    quote = for_money(a_tariff(**heat_keys()), usage(**UNPAID), "1500.00")
    assert shown(quote.lines) == [[0, "96.4", HEAT["basic_fee"]], [1, "3639", "727.80"]]
    assert [line.price_text for line in quote.lines] == ["8.01", "0.20"]
    assert money_to_text(quote.residual) == "0.04"


def test_the_basic_fee_is_charged_with_a_quantity_too_and_only_once_a_year() -> None:
    tariff = a_tariff(**heat_keys())
    assert money_to_text(for_quantity(tariff, usage(**UNPAID), "1000").amount) == "972.16"
    assert money_to_text(for_quantity(tariff, usage(**UNPAID), "6000").amount) == "1972.16"
    assert money_to_text(for_quantity(tariff, usage(), "1000").amount) == "200.00"


def test_a_sum_below_the_basic_fee_is_refused() -> None:
    with pytest.raises(FeeNotCovered) as refusal:
        for_money(a_tariff(**heat_keys()), usage(**UNPAID), "700.00")
    assert refusal.value.facts == {"fees": "772.16", "tendered": "700.00"}


def test_a_sum_that_pays_the_fee_alone_buys_no_heat_and_is_refused() -> None:
    with pytest.raises(BelowMinimum):
        for_money(a_tariff(**heat_keys()), usage(**UNPAID), "772.16")


def test_a_basic_fee_needs_the_area() -> None:
    with pytest.raises(AreaUnknown):
        for_quantity(a_tariff(**heat_keys()), usage(heating_year_paid=False), "1")


def test_a_fee_rate_keeps_six_decimals() -> None:
    quote = for_quantity(a_tariff(**heat_keys(rate="5.619240")), usage(**UNPAID), "1")
    assert quote.lines[0].price_text == "5.61924"
    assert money_to_text(quote.lines[0].amount) == "541.69"  # 96.40 × 5.61924 = 541.694736


def test_missed_fixed_charges_come_first() -> None:
    tariff = a_tariff(
        components=[a_component(["180", "260"], ["5", "7", "9"])],
        fixed_charges=[a_fixed_charge("12.00")],
    )
    quote = for_money(tariff, usage("170", "0.1", months_due=2), "210.00")
    assert shown(quote.lines) == [[0, "2", "24.00"], [1, "10", "50.00"], [2, "19.4", "135.80"]]
    assert [line.price_text for line in quote.lines] == ["12.00", "5.00", "7.00"]
    assert money_to_text(quote.residual) == "0.20"


@pytest.mark.parametrize(
    ("months", "months_due", "times"),
    [
        pytest.param(1, 0, 0, id="nothing owed"),
        pytest.param(1, 3, 3, id="all of it"),
        pytest.param(1, 40, 6, id="no more than the cap"),
        pytest.param(3, 2, 0, id="a quarter is not over"),
        pytest.param(3, 5, 1, id="one whole quarter"),
        pytest.param(3, 40, 2, id="quarters up to the cap"),
    ],
)
def test_fixed_charges_are_whole_and_capped(months: int, months_due: int, times: int) -> None:
    tariff = a_tariff(fixed_charges=[a_fixed_charge("12.00", months, catch_up_months=6)])
    quote = for_quantity(tariff, usage(months_due=months_due), "1")
    assert money_to_text(quote.amount) == f"{5 + 12 * times}.00"


WHOLE_BLOCK: dict[str, Any] = {
    "step_mode": "whole_block",
    "components": [a_component(["50", "100"], ["0.68", "0.78", "0.95"])],
}


@pytest.mark.parametrize(
    ("used", "quantity", "charged"),
    [
        pytest.param("0", "50", "34.00", id="first block"),
        pytest.param("0", "100", "78.00", id="second block for everything"),
        pytest.param("0", "101", "95.95", id="third block for everything"),
        pytest.param("50", "50", "44.00", id="the first 50 are charged the rise"),
        pytest.param("100", "1", "17.95", id="one unit and the jump of 100"),
        pytest.param("101", "1", "0.95", id="no jump inside a block"),
    ],
)
def test_the_block_reached_prices_the_whole_period(used: str, quantity: str, charged: str) -> None:
    quote = for_quantity(a_tariff(**WHOLE_BLOCK), usage(used), quantity)
    assert money_to_text(quote.amount) == charged


@pytest.mark.parametrize(
    ("tendered", "quantity", "residual"),
    [
        pytest.param("17.94", "0", "", id="cannot pay the jump at all"),
        pytest.param("17.95", "1", "0.00", id="just pays it"),
    ],
)
def test_at_a_bound_the_jump_must_be_paid(tendered: str, quantity: str, residual: str) -> None:
    tariff = a_tariff(**WHOLE_BLOCK)
    if quantity == "0":
        with pytest.raises(BelowMinimum):
            for_money(tariff, usage("100"), tendered)
    else:
        quote = for_money(tariff, usage("100"), tendered)
        assert quantity_to_text(quote.quantity) == quantity
        assert money_to_text(quote.residual) == residual


def test_a_sum_stops_before_a_jump_it_cannot_pay() -> None:
    quote = for_money(a_tariff(**WHOLE_BLOCK), usage("50"), "60.00")
    assert quantity_to_text(quote.quantity) == "50"  # 51 would cost 62.95
    assert money_to_text(quote.residual) == "16.00"


@pytest.mark.parametrize(
    ("inclusive", "charged", "codes"),
    [
        pytest.param(True, "100.00", ["water"], id="contained"),
        pytest.param(False, "109.00", ["water", "tax"], id="on top"),
    ],
)
def test_a_tax_is_contained_or_a_line_on_top(
    inclusive: bool, charged: str, codes: list[str]
) -> None:
    tax = {"rate": "0.09", "inclusive": inclusive, "components": ["water"]}
    quote = for_quantity(a_tariff(tax=tax), usage(), "20")
    assert money_to_text(quote.amount) == charged
    assert [line.code for line in quote.lines] == codes


def test_a_tax_on_top_counts_when_a_sum_is_turned_into_a_quantity() -> None:
    tax = {"rate": "0.09", "inclusive": False, "components": ["water"]}
    quote = for_money(a_tariff(tax=tax), usage(), "100.00")
    assert quantity_to_text(quote.quantity) == "18"  # 19 would cost 103.55
    assert quote.lines[-1] == QuoteLine(
        "tax", 0, Quantity(90_000), quote.lines[-1].price, Money(810)
    )
    assert quote.lines[-1].price_text == "0.09"


LIMITS = {"min_quantity": "2", "max_quantity_per_sale": "50", "max_quantity_per_cycle": "120"}


@pytest.mark.parametrize(
    ("used", "quantity", "refusal"),
    [
        pytest.param("0", "1", BelowMinimum, id="below the least"),
        pytest.param("0", "51", AboveMaximum, id="above the most of a sale"),
        pytest.param("100", "21", AboveCycleMaximum, id="above the most of a period"),
        pytest.param("130", "2", AboveCycleMaximum, id="the period is full"),
    ],
)
def test_limits_hold_for_quantities_and_for_sums(
    used: str, quantity: str, refusal: type[YikaError]
) -> None:
    tariff = a_tariff(limits=LIMITS)
    with pytest.raises(refusal):
        for_quantity(tariff, usage(used), quantity)
    with pytest.raises(refusal):
        for_money(tariff, usage(used), str(5 * int(quantity)))


@pytest.mark.parametrize(("used", "quantity"), [("0", "2"), ("0", "50"), ("100", "20")])
def test_limits_include_their_bounds(used: str, quantity: str) -> None:
    quote = for_quantity(a_tariff(limits=LIMITS), usage(used), quantity)
    assert quantity_to_text(quote.quantity) == quantity


@pytest.mark.parametrize("nothing", ["0", "-1"])
def test_nothing_is_not_sold(nothing: str) -> None:
    with pytest.raises(NothingToSell):
        for_money(a_tariff(), usage(), nothing)
    with pytest.raises(NothingToSell):
        for_quantity(a_tariff(), usage(), nothing)


def test_a_meter_is_sold_only_what_it_can_count() -> None:
    with pytest.raises(NotAMultiple):
        for_quantity(a_tariff(), usage(quantum="0.1"), "0.25")


def test_a_priced_quantity_is_never_given_away_by_rounding() -> None:
    tariff = table("beijing_electricity")
    with pytest.raises(CostsNothing):
        for_quantity(tariff, usage(quantum="0.01"), "0.01")
    assert for_quantity(tariff, usage(quantum="0.01"), "0.02").amount == 1


def test_units_that_are_free_by_tariff_cost_nothing() -> None:
    tariff = a_tariff(components=[a_component(["50"], ["0", "1.00"])])
    assert for_quantity(tariff, usage(), "50").amount == 0
    assert for_quantity(tariff, usage(), "60").amount == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        {"used": -1},
        {"quantum": 0},
        {"quantum": -1},
        {"persons": 0},
        {"area_m2": 0},
        {"months_due": -1},
    ],
)
def test_an_impossible_usage_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageImpossible):
        Usage(**({"used": Quantity(0), "quantum": Quantity(1)} | wrong))


def test_a_quote_that_does_not_add_up_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="sum of its lines"):
        Quote(Quantity(1), Money(1), Money(0), ())
