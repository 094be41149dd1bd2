"""Two classes share a meter: parts that add up, one price of two tariffs, and what is refused."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tariff_builders import a_component, a_document, a_tariff, heat_keys, moment, random_documents
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.dues import Dues, Policy
from yika_common.tariffs.errors import CannotBeMixed, NoTariffInForce
from yika_common.tariffs.explanation import explain
from yika_common.tariffs.facts import Facts, Tally
from yika_common.tariffs.mixing import BESIDE, beside_of, mixed
from yika_common.tariffs.mixture import (
    Mixture,
    NamedBeside,
    Portion,
    mixtures_of,
    named_beside,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import period_of
from yika_common.tariffs.quote import quote_for_money, quote_for_quantity
from yika_common.tariffs.situation import tally_after, usage_at
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import bill_for_quantity

AT = moment("2026-03-01T12:00:00+08:00")
QUANTUM = Service.GAS.quantum
totals = st.integers(0, 10**7).map(lambda number: number * QUANTUM)
percents = st.integers(0, 100)


def gas(tariff_class: str = "residential", **changes: object) -> Tariff:
    """A gas tariff: steps to 300 and 500 for homes, one price for shops."""
    steps: tuple[list[str], list[str]] = (["300", "500"], ["2.61", "2.83", "3.55"])
    if tariff_class == "commercial":
        steps = ([], ["4.10"])
    keys: dict[str, Any] = {
        "id": f"gas-{tariff_class}",
        "service": "gas",
        "class": tariff_class,
        "components": [a_component(*steps, code="gas")],
    }
    return a_tariff(**(keys | changes))


@given(totals, totals, percents)
def test_the_parts_of_a_sale_add_up_to_it_in_whole_quanta(
    used: int, quantity: int, percent: int
) -> None:
    first, second = (Portion(percent, QUANTUM, second=which) for which in (False, True))
    parts = first.sold(used, quantity), second.sold(used, quantity)
    assert sum(parts) == quantity
    assert min(parts) >= 0
    assert all(part % QUANTUM == 0 for part in parts)
    assert first.of(used) + second.of(used) == used
    assert abs(100 * second.of(used) - percent * used) < 100 * QUANTUM


@given(st.lists(totals, max_size=8), percents)
def test_many_small_purchases_are_divided_as_one_large_one(
    quantities: list[int], percent: int
) -> None:
    portion, used, sold = Portion(percent, QUANTUM, second=True), 0, 0
    for quantity in quantities:
        sold += portion.sold(used, quantity)
        used += quantity
    assert sold == portion.of(used) == portion.sold(0, used)


@given(st.integers(0, 10**7), st.integers(1, 99), st.booleans())
def test_a_bound_is_reached_at_the_least_total_of_which_the_part_is_as_much(
    bound: int, percent: int, second: bool
) -> None:
    portion = Portion(percent, QUANTUM, second=second)
    reached = portion.reaching(bound)
    assert portion.of(reached) >= bound
    assert reached == 0 or portion.of(reached - QUANTUM) < bound


@given(st.integers(0, 10**6), st.integers(0, 10**6), percents)
def test_even_what_no_meter_counts_adds_up(used: int, quantity: int, percent: int) -> None:
    first, second = (Portion(percent, QUANTUM, second=which) for which in (False, True))
    assert first.sold(used, quantity) + second.sold(used, quantity) == quantity
    assert min(first.sold(used, quantity), second.sold(used, quantity)) >= 0


@given(totals, totals.filter(bool), percents)
def test_a_shared_meter_costs_what_its_parts_cost_apart(
    used: int, quantity: int, percent: int
) -> None:
    home, shop = gas(), gas("commercial")
    together = Charges(mixed(home, shop, percent), _usage(used))
    apart = 0
    for tariff, second in ((home, False), (shop, True)):
        portion = Portion(percent, QUANTUM, second=second)
        charges = Charges(tariff, _usage(portion.of(used)))
        apart += charges.amount(portion.sold(used, quantity))
    assert together.amount(quantity) == sum(line.amount for line in together.lines(quantity))
    assert together.amount(quantity) == apart


@given(random_documents(), random_documents(), totals, totals.filter(bool), percents)
def test_tariffs_of_any_kind_cost_their_parts_together_or_are_refused(
    first: dict[str, Any], second: dict[str, Any], used: int, quantity: int, percent: int
) -> None:
    for document in (first, second):
        document |= {"service": "gas", "heat_basic_fee": None, "rebates": [], "taxes": []}
        document |= {"cycle": {"months": 12, "anchor": "01-01"}}
    home, shop = a_tariff(**first), a_tariff(**second)
    try:
        both = mixed(home, shop, percent)
    except CannotBeMixed:
        return
    used = min(used, 10**8)
    quantity = min(quantity, 10**8)
    apart = sum(
        Charges(tariff, _usage(portion.of(used))).amount(portion.sold(used, quantity))
        for tariff, portion in (
            (home, Portion(percent, QUANTUM, second=False)),
            (shop, Portion(percent, QUANTUM, second=True)),
        )
    )
    assert Charges(both, _usage(used)).amount(quantity) == apart


@given(totals, st.integers(1, 10**8), percents)
def test_a_sum_buys_the_largest_quantity_that_it_pays(
    used: int, tendered: int, percent: int
) -> None:
    both, usage = mixed(gas(), gas("commercial"), percent), _usage(used)
    assume(tendered >= 100)
    bought = quote_for_money(both, usage, Money(tendered))
    assert bought.amount <= tendered
    assert bought.quantity % QUANTUM == 0
    more = quote_for_quantity(both, usage, Quantity(bought.quantity + QUANTUM))
    assert more.amount > tendered


@given(totals, totals.filter(bool))
def test_no_share_and_the_whole_cost_what_one_class_alone_does(used: int, quantity: int) -> None:
    home, shop = gas(), gas("commercial")
    for percent, alone in ((0, home), (100, shop)):
        both = Charges(mixed(home, shop, percent), _usage(used))
        simple = Charges(alone, _usage(used))
        assert both.amount(quantity) == simple.amount(quantity)
        assert both.largest(Money(5000)) == simple.largest(Money(5000))
        lines = [(line.step, line.quantity, line.amount) for line in both.lines(quantity)]
        assert lines == [
            (line.step, line.quantity, line.amount) for line in simple.lines(quantity)
        ]


def test_each_class_counts_its_own_steps_by_hand() -> None:
    """400 m³ at 30 %: the home's 280 stay in its first step, 120 are the shop's; then 100 more."""
    both = mixed(gas(), gas("commercial"), 30)
    facts = Facts(opened_on=AT.date())
    usage = usage_at(both, facts, Tally(), quantum=QUANTUM, at=AT)
    first = quote_for_quantity(both, usage, Quantity(400_000))
    assert [(line.code, line.step, line.quantity, line.amount) for line in first.lines] == [
        ("gas", 1, 280_000, 73080),
        (f"{BESIDE}gas", 1, 120_000, 49200),
    ]
    tally = tally_after(both, facts, Tally(), usage, first, AT)
    assert tally.counted == 400_000
    usage = usage_at(both, facts, tally, quantum=QUANTUM, at=AT)
    then = quote_for_quantity(both, usage, Quantity(100_000))
    assert [(line.code, line.step, line.quantity, line.amount) for line in then.lines] == [
        ("gas", 1, 20_000, 5220),
        ("gas", 2, 50_000, 14150),
        (f"{BESIDE}gas", 1, 30_000, 12300),
    ]


def test_an_explanation_says_what_a_divided_unit_costs_and_what_is_left_at_it() -> None:
    both, facts = mixed(gas(), gas("commercial"), 30), Facts(opened_on=AT.date())
    usage = usage_at(both, facts, Tally(), quantum=QUANTUM, at=AT)
    bill = bill_for_quantity(both, usage, Quantity(400_000), Dues(), Policy())
    told = explain(both, facts, usage, bill, period_of(both, AT, facts.opened_on))
    assert told.price == (70 * 26100 + 30 * 41000) // 100
    assert told.next_price == (70 * 28300 + 30 * 41000) // 100
    assert told.left_in_step == Portion(30, QUANTUM, second=False).reaching(300_000) - 400_000
    assert (told.used_before, told.used_after) == (0, 400_000)


def test_names_tell_the_percent_and_codes_never_meet() -> None:
    both = mixed(gas(), gas("commercial"), 30)
    assert [part.name.text("en").rsplit(" · ")[-1] for part in both.components] == ["70 %", "30 %"]
    assert {part.code for part in both.components} == {"gas", "2:gas"}
    assert both.names.keys() >= {"gas", "2:gas"}


def test_rebates_and_taxes_of_the_second_class_fall_on_its_own_lines() -> None:
    tax = {"rate": "0.1", "inclusive": False, "components": ["gas"]}
    plain, taxed = gas("commercial"), gas("commercial", tax=tax)
    usage = _usage(0)
    without = Charges(mixed(gas(), plain, 30), usage).lines(100_000)
    lines = Charges(mixed(gas(), taxed, 30), usage).lines(100_000)
    assert lines[:-1] == without
    assert lines[-1].amount == without[-1].amount // 10
    assert lines[-1].code.startswith(BESIDE)


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("quota_basis", {"quota_basis": "consumed"}, {}),
    ("quota_basis", {}, {"quota_basis": "consumed"}),
    (
        "meter_holds",
        {"meter_holds": "money", "components": [a_component([], ["2"], code="gas")]},
        {},
    ),
    ("meter_holds", {}, {"meter_holds": "money"}),
    (
        "household",
        {},
        {"household": {"included_persons": 4, "extra_per_person": "1", "max_persons": None}},
    ),
    ("currency", {}, {"currency": "EUR"}),
    ("time_zone", {}, {"time_zone": "Asia/Urumqi"}),
    (
        "cycle",
        {},
        {
            "components": [a_component(["10"], ["4", "5"], code="gas")],
            "cycle": {"months": 1, "anchor": "01-01"},
        },
    ),
    (
        "step_mode",
        {},
        {
            "components": [a_component(["10"], ["4", "5"], code="gas")],
            "step_mode": "whole_block",
        },
    ),
    ("code", {}, {"components": [a_component([], ["4"], code="g" * 31)]}),
]


@pytest.mark.parametrize(("key", "first", "second"), REFUSED)
def test_what_has_no_sense_for_a_divided_quantity_is_refused_by_its_key(
    key: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    with pytest.raises(CannotBeMixed) as refused:
        mixed(gas(**first), gas("commercial", **second), 30)
    assert refused.value.facts["key"] == key


def test_a_heated_area_has_one_class() -> None:
    keys = {"service": "heat", **heat_keys("8.01")}
    heat = a_tariff(**(a_document() | keys))
    with pytest.raises(CannotBeMixed) as refused:
        mixed(heat, heat, 30)
    assert refused.value.facts["key"] == "heat_basic_fee"


def test_a_book_finds_the_two_that_hold_and_makes_them_one_price_once() -> None:
    home, shop = gas(), gas("commercial")
    dearer = gas("commercial", version=2, effective_from="2026-02-01T00:00:00")
    book = TariffBook((home, shop, dearer))
    mixture = Mixture(Service.GAS, "commercial", 30)
    found = book.in_force(Service.GAS, "residential", "01", AT, mixture)
    assert found.beside is not None
    assert (found.beside.tariff, found.beside.percent) == (dearer, 30)
    assert found is book.in_force(Service.GAS, "residential", "01", AT, mixture)
    assert (found.id, found.version, found.digest) == (home.id, home.version, home.digest)
    assert named_beside(str(beside_of(found))) == NamedBeside(
        dearer.id, 2, dearer.digest[:8].hex(), 30
    )
    with pytest.raises(NoTariffInForce):
        book.in_force(Service.GAS, "residential", "01", AT, replace(mixture, tariff_class="x"))


@given(
    st.lists(
        st.builds(
            Mixture,
            st.sampled_from(list(Service)),
            st.sampled_from(["commercial", "a.b-c_1"]),
            st.integers(1, 99),
        ),
        unique_by=lambda one: one.service,
    )
)
def test_mixtures_read_back_as_written(mixtures: list[Mixture]) -> None:
    assert set(mixtures_of(" ".join(map(str, mixtures)))) == set(mixtures)


@pytest.mark.parametrize(
    "text",
    [
        *("gas", "gas:commercial", "gas:commercial:0", "gas:commercial:100", "steam:commercial:3"),
        *("gas:commercial:30 gas:other:1", "gas:commercial:030", "gas:a b:3", "gas::30"),
    ],
)
def test_another_text_is_no_mixture(text: str) -> None:
    with pytest.raises(ValueError, match="mixed use is a service"):
        mixtures_of(text)


@pytest.mark.parametrize("text", ["x", "gas 0 0011223344556677 30", "gas 1 00 30", "gas 1 30"])
def test_another_text_names_no_second_tariff(text: str) -> None:
    with pytest.raises(ValueError, match="mx"):
        named_beside(text)


def test_a_refusal_is_a_sentence() -> None:
    with pytest.raises(YikaError, match="quota_basis"):
        mixed(gas(quota_basis="consumed"), gas("commercial"), 30)


def _usage(used: int) -> Usage:
    return Usage(used=Quantity(used), quantum=QUANTUM)
