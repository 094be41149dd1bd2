"""Golden prices of free units, rebates, taxes, meters that hold money, and limits; by hand."""

from datetime import date
from typing import Any

import pytest

from tariff_builders import NAME, a_component, a_fixed_charge, a_tariff, milli, money
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.tariffs import errors, soundness
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Quote, Usage, quote_for_money, quote_for_quantity
from yika_common.tariffs.usage import OwnLimits

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


# Free units.

FREE = {"code": "fbe", "name": NAME, "quantity": "50", "per": "month"}
MONTHLY = [a_component(["100", "200"], ["1.00", "1.50", "2.00"], "energy")]


def with_free(**more: object) -> Tariff:
    return a_tariff(components=MONTHLY, free_allocation=FREE | more)


FIFTY = Quantity(50_000)


@pytest.mark.parametrize(
    ("counts", "lines", "settled"),
    [
        pytest.param(
            False,
            [["fbe", 0, "50", "0.00"], ["energy", 1, "100", "100.00"]],
            "100",
            id="not counted",
        ),
        pytest.param(
            True,
            [
                ["fbe", 0, "50", "0.00"],
                ["energy", 1, "50", "50.00"],
                ["energy", 2, "50", "75.00"],
            ],
            "150",
            id="counted",
        ),
    ],
)
def test_free_units_come_first_and_count_as_the_tariff_says(
    counts: bool, lines: list[list[object]], settled: str
) -> None:
    quote = for_quantity(with_free(counts_in_quota=counts), usage(free=FIFTY), "150")
    assert shown(quote) == lines
    assert quote.free == FIFTY
    assert quantity_to_text(quote.settled) == settled


def test_free_units_can_be_claimed_alone() -> None:
    tariff = with_free()
    for quote in (
        for_money(tariff, usage(free=FIFTY), "0"),
        for_quantity(tariff, usage(free=FIFTY), "50"),
    ):
        assert (quote.quantity, quote.amount, quote.free) == (FIFTY, 0, FIFTY)
    with pytest.raises(errors.NothingToSell):
        for_money(tariff, usage(), "0")
    with pytest.raises(errors.NothingToSell):
        for_money(a_tariff(), usage(free=FIFTY), "0")


def test_a_claim_takes_nothing_that_rounds_to_nothing_beside_it() -> None:
    quote = for_money(with_free(), usage(quantum="0.001", free=FIFTY), "0")
    assert quote.quantity == FIFTY


def test_free_units_are_given_in_one_piece_and_in_whole_quanta() -> None:
    with pytest.raises(errors.FreeUnitsFirst):
        for_quantity(with_free(), usage(free=FIFTY), "49")
    assert for_money(with_free(), usage(free=Quantity(50_900)), "0").quantity == FIFTY


def test_the_least_sale_does_not_bind_a_claim() -> None:
    tariff = a_tariff(
        components=MONTHLY,
        free_allocation=FREE,
        limits={"min_quantity": "60", "min_amount": "10.00"},
    )
    assert for_money(tariff, usage(free=FIFTY), "0").quantity == FIFTY
    with pytest.raises(errors.BelowMinimum):
        for_quantity(tariff, usage(free=FIFTY), "51")


def test_units_due_may_have_a_price_of_their_own() -> None:
    tariff = with_free(price="0.25", per="day", most="200")
    quote = for_money(tariff, usage(free=FIFTY), "20.00")
    assert shown(quote) == [["fbe", 0, "50", "12.50"], ["energy", 1, "7", "7.00"]]
    assert quote.lines[0].price_text == "0.25"
    part = for_money(tariff, usage(free=FIFTY), "5.10")
    assert (part.free, part.quantity, part.residual) == (20_000, 20_000, 10)


# Rebates and taxes.


def rebate(rate: str = "0.02", *codes: str, **more: object) -> dict[str, Any]:
    return {
        "code": "early", "name": NAME, "rate": rate, "components": list(codes or ["water"]),
        "from": "2026-01-01", "until": "2026-03-31",
    } | more  # fmt: skip


def tax(code: str, rate: str, *codes: str, inclusive: bool) -> dict[str, Any]:
    return {
        "code": code, "name": NAME, "rate": rate, "inclusive": inclusive,
        "components": list(codes or ["water"]),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("on", "charged"),
    [
        pytest.param(date(2025, 12, 31), "100.00", id="before"),
        pytest.param(date(2026, 1, 1), "98.00", id="first day"),
        pytest.param(date(2026, 3, 31), "98.00", id="last day"),
        pytest.param(date(2026, 4, 1), "100.00", id="after"),
        pytest.param(None, "100.00", id="nobody tells the day"),
    ],
)
def test_a_rebate_is_a_negative_line_on_its_days(on: date | None, charged: str) -> None:
    quote = for_quantity(a_tariff(rebates=[rebate()]), usage(on=on), "20")
    assert money_to_text(quote.amount) == charged
    if charged == "98.00":
        assert shown(quote)[-1] == ["early", 0, "100", "-2.00"]
        assert quote.lines[-1].price_text == "-0.02"


def test_a_rebate_lowers_what_a_tax_is_added_to() -> None:
    tariff = a_tariff(rebates=[rebate()], taxes=[tax("vat", "0.10", inclusive=False)])
    quote = for_quantity(tariff, usage(on=date(2026, 2, 1)), "20")
    assert shown(quote)[1:] == [["early", 0, "100", "-2.00"], ["vat", 0, "98", "9.80"]]


def test_two_rebates_on_one_line_would_give_back_more_than_it_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: without the rule, a unit more could cost less, and less than nothing."""
    monkeypatch.setattr(soundness, "_check_rebates", lambda tariff: None)
    both = [rebate("0.5"), rebate("0.5", code="late")]
    charges = Charges(a_tariff(rebates=both), usage(on=date(2026, 2, 1)))
    assert charges.amount(milli("0.002")) < charges.amount(0)


def test_the_contained_tax_of_the_published_waterfall() -> None:
    """300.00 tendered, 90.00 gone to a debt: 24.00 fixed, 185.80 for 29.4 m³, VAT 15.34."""
    tariff = a_tariff(
        **STEPS,
        fixed_charges=[a_fixed_charge("12.00")],
        taxes=[tax("vat", "0.09", inclusive=True)],
    )
    quote = for_money(tariff, usage("170", "0.1", months_due=2), "210.00")
    assert money_to_text(quote.residual) == "0.20"
    [vat] = quote.included_taxes
    assert (vat.code, vat.rate, vat.amount) == ("vat", 90_000, 1534)


def test_a_contained_tax_is_rounded_line_by_line() -> None:
    """10 × 5 → 4.13, 80 × 7 → 46.24, 10 × 9 → 7.43: together 57.80 of 700.00."""
    keys = {"rate": "0.09", "inclusive": True, "components": ["water"]}
    quote = for_quantity(a_tariff(**STEPS, tax=keys), usage("170"), "100")
    assert [(part.code, part.amount) for part in quote.included_taxes] == [("tax", 5780)]
    assert quote.amount == 70_000


def test_several_taxes_have_lines_and_rates_of_their_own() -> None:
    tariff = a_tariff(
        components=[a_component([], ["3.00"], "water"), a_component([], ["2.00"], "sewage")],
        taxes=[
            tax("vat", "0.20", "water", "sewage", inclusive=False),
            tax("levy", "0.055", "sewage", inclusive=False),
            tax("low", "0.06", "water", inclusive=True),
        ],
    )
    quote = for_quantity(tariff, usage(), "10")
    assert shown(quote)[2:] == [["vat", 0, "50", "10.00"], ["levy", 0, "20", "1.10"]]
    assert [(part.code, part.amount) for part in quote.included_taxes] == [("low", 170)]
    assert tariff.names["low"].text("en") == "Line"


# Meters that hold money.


def test_a_meter_that_holds_money_is_sold_money() -> None:
    tariff = a_tariff(meter_holds="money", fixed_charges=[a_fixed_charge("12.00")])
    quote = for_money(tariff, usage(months_due=1), "100.05")
    assert shown(quote) == [["network", 0, "1", "12.00"], ["water", 1, "88.05", "88.05"]]
    assert (quote.quantity, quote.residual) == (88_050, 0)
    assert for_quantity(tariff, usage(), "88.05").amount == 8805
    assert (tariff.unit, a_tariff().unit) == ("CNY", "m³")


def test_such_a_meter_counts_hundredths_of_the_currency() -> None:
    with pytest.raises(errors.NotAMultiple) as refusal:
        for_quantity(a_tariff(meter_holds="money"), usage(quantum="0.001"), "0.005")
    assert refusal.value.facts["unit"] == "CNY"
    assert refusal.value.facts["quantum"] == "0.01"


# Limits.


@pytest.mark.parametrize(
    ("limits", "known", "quantity", "refusal"),
    [
        ({"max_quantity_per_day": "50"}, {"sold_today": 40_000}, "11", errors.AboveDayMaximum),
        (
            {"max_quantity_per_month": "50"},
            {"sold_this_month": 40_000},
            "11",
            errors.AboveMonthMaximum,
        ),
        ({"min_amount": "50.00"}, {}, "9", errors.BelowMinimumAmount),
        ({"max_amount_per_sale": "50.00"}, {}, "11", errors.AboveMaximumAmount),
        ({"max_amount_per_day": "50.00"}, {"spent_today": 1000}, "9", errors.AboveDayAmount),
        (
            {"max_amount_per_month": "50.00"},
            {"spent_this_month": 1000},
            "9",
            errors.AboveMonthAmount,
        ),
        (
            {"hoard": {"quantity": "50", "counts": "remaining"}},
            {"stored": 50_001},
            "1",
            errors.HoardLimit,
        ),
        (
            {"hoard": {"quantity": "50", "counts": "remaining_and_sale"}},
            {"stored": 45_000},
            "6",
            errors.HoardLimit,
        ),
    ],
)
def test_what_is_beyond_a_limit_is_refused_and_one_unit_less_is_not(
    limits: dict[str, Any], known: dict[str, Any], quantity: str, refusal: type[YikaError]
) -> None:
    tariff = a_tariff(limits=limits)
    with pytest.raises(refusal) as said:
        for_quantity(tariff, usage(**known), quantity)
    assert str(said.value).endswith(".")
    allowed = {"9": "8", "11": "10", "6": "5", "1": "1"}[quantity]
    if refusal is errors.BelowMinimumAmount:
        allowed = "10"
    if known.get("stored") == 50_001:
        known = {"stored": 50_000}
    assert quantity_to_text(for_quantity(tariff, usage(**known), allowed).quantity) == allowed


def test_the_least_sum_is_that_of_the_money_tendered() -> None:
    quote = for_money(a_tariff(limits={"min_amount": "54.00"}), usage(), "54.00")
    assert (quote.amount, quote.residual) == (5000, 400)


def test_nobody_is_held_to_what_is_not_known_to_be_stored() -> None:
    tariff = a_tariff(limits={"hoard": {"quantity": "5", "counts": "remaining_and_sale"}})
    assert for_quantity(tariff, usage(), "50").quantity == 50_000


LIMITS = {
    "max_quantity_per_sale": "10", "max_quantity_per_day": "20", "max_quantity_per_month": "30",
    "max_quantity_per_cycle": "40",
}  # fmt: skip


def test_a_customer_s_own_limits_stand_in_place_of_the_tariff_s() -> None:
    tariff = a_tariff(limits=LIMITS)
    higher = OwnLimits(*(Quantity(200_000) for _ in range(4)))
    with pytest.raises(errors.AboveMaximum):
        for_quantity(tariff, usage(), "50")
    assert for_quantity(tariff, usage(limits=higher), "50").quantity == 50_000
    for key, refusal in (
        ("per_sale", errors.AboveMaximum),
        ("per_day", errors.AboveDayMaximum),
        ("per_month", errors.AboveMonthMaximum),
        ("per_cycle", errors.AboveCycleMaximum),
    ):
        with pytest.raises(refusal):
            for_quantity(a_tariff(), usage(limits=OwnLimits(**{key: Quantity(4_000)})), "5")
