"""What must hold of every price, on random step tables, households and quanta."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tariff_builders import a_component, a_tariff
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, scaled_to_text
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Usage, quote_for_money, quote_for_quantity


@dataclass(frozen=True)
class Ladder:
    """A step table in our integers: bounds in 1/1000, prices in 1/10000."""

    bounds: list[int]
    prices: list[int]


@dataclass(frozen=True)
class Sample:
    ladders: list[Ladder]
    mode: str
    included: int
    extra: int
    tariff: Tariff


@st.composite
def ladders(draw: st.DrawFn, *, rising_prices: bool) -> Ladder:
    bounds = sorted(draw(st.lists(st.integers(1, 500_000), max_size=5, unique=True)))
    prices = draw(
        st.lists(st.integers(0, 150_000), min_size=len(bounds) + 1, max_size=len(bounds) + 1)
    )
    prices[-1] = max(1, prices[-1])
    return Ladder(bounds, sorted(prices) if rising_prices else prices)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    mode = draw(st.sampled_from(["marginal", "whole_block"]))
    rising = mode == "whole_block"
    chosen = draw(st.lists(ladders(rising_prices=rising), min_size=1, max_size=4))
    included, extra = draw(st.integers(1, 8)), draw(st.integers(0, 100_000))
    tariff = a_tariff(
        step_mode=mode,
        household={"included_persons": included, "extra_per_person": scaled_to_text(extra, 3)},
        components=[
            a_component(
                [scaled_to_text(bound, 3) for bound in ladder.bounds],
                [scaled_to_text(price, 4) for price in ladder.prices],
                code=f"part{number}",
            )
            for number, ladder in enumerate(chosen)
        ],
    )
    return Sample(chosen, mode, included, extra, tariff)


usages = st.builds(
    Usage,
    used=st.integers(0, 700_000).map(Quantity),
    quantum=st.sampled_from([1, 10, 100, 250, 1000]).map(Quantity),
    persons=st.none() | st.integers(1, 12),
)
sums = st.integers(1, 500_000).map(Money)


def rounded(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


def reference_amount(sample: Sample, usage: Usage, quantity: int) -> int:
    """The rule of docs/tariff-format.md in fractions of the major units, written anew."""
    rise = sample.extra * max(0, (usage.persons or 0) - sample.included)
    start, end = Fraction(usage.used, 1000), Fraction(usage.used + quantity, 1000)
    total = 0
    for ladder in sample.ladders:
        edges = [Fraction(bound + rise, 1000) for bound in ladder.bounds]
        intervals = list(zip([Fraction(0), *edges], [*edges, None], strict=True))
        prices = [Fraction(price, 10_000) for price in ladder.prices]
        if sample.mode == "marginal":
            for (low, high), price in zip(intervals, prices, strict=True):
                overlap = (end if high is None else min(end, high)) - max(start, low)
                total += rounded(max(Fraction(0), overlap) * price * 100)
        elif quantity:
            reached, before = (
                next(p for (_, high), p in zip(intervals, prices, strict=True)
                     if high is None or at <= high)
                for at in (end, start)
            )  # fmt: skip
            total += rounded((end - start) * reached * 100)
            total += rounded(start * (reached - before) * 100)
    return total


@given(samples(), usages, st.integers(0, 900_000))
def test_an_amount_is_what_the_written_rule_says(
    sample: Sample, usage: Usage, quantity: int
) -> None:
    computed = Charges(sample.tariff, usage).amount(quantity)
    assert computed == reference_amount(sample, usage, quantity)


@given(samples(), usages, sums)
def test_a_sum_buys_all_that_fits_and_not_one_quantum_more(
    sample: Sample, usage: Usage, tendered: Money
) -> None:
    quote = quoted(lambda: quote_for_money(sample.tariff, usage, tendered))
    assert quote.quantity % usage.quantum == 0
    assert quote.amount == reference_amount(sample, usage, quote.quantity)
    assert quote.amount + quote.residual == tendered
    assert quote.amount <= tendered
    assert tendered < reference_amount(sample, usage, quote.quantity + usage.quantum)


@given(samples(), usages, st.integers(0, 900_000), st.integers(0, 900_000))
def test_more_never_costs_less(sample: Sample, usage: Usage, one: int, other: int) -> None:
    charges = Charges(sample.tariff, usage)
    less, more = sorted((one, other))
    assert charges.amount(less) <= charges.amount(more)


@given(samples(), usages, st.integers(1, 500))
def test_what_a_quantity_costs_buys_at_least_that_quantity(
    sample: Sample, usage: Usage, multiple: int
) -> None:
    quantity = Quantity(multiple * usage.quantum)
    priced = quoted(lambda: quote_for_quantity(sample.tariff, usage, quantity))
    assume(priced.amount > 0)
    assert quote_for_money(sample.tariff, usage, priced.amount).quantity >= quantity


@given(samples(), usages, st.integers(1, 300_000), st.integers(1, 300_000))
def test_a_purchase_cut_in_two_differs_by_the_rounding_of_its_lines_only(
    sample: Sample, usage: Usage, first: int, second: int
) -> None:
    later = Usage(Quantity(usage.used + first), usage.quantum, usage.persons)
    whole = Charges(sample.tariff, usage).lines(first + second)
    parts = Charges(sample.tariff, usage).lines(first) + Charges(sample.tariff, later).lines(
        second
    )
    difference = sum(line.amount for line in whole) - sum(line.amount for line in parts)
    assert 2 * abs(difference) <= len(whole) + len(parts)


@given(samples(), usages, st.integers(1, 900_000))
def test_every_line_is_its_quantity_times_its_price(
    sample: Sample, usage: Usage, quantity: int
) -> None:
    for line in Charges(sample.tariff, usage).lines(quantity):
        exact = Fraction(line.quantity, 1000) * Fraction(line.price_text) * 100
        assert line.amount == rounded(exact)
        assert line.quantity > 0


@pytest.mark.parametrize("rate", ["0.09", "0.000001", "1"])
@given(usage=usages, tendered=sums)
def test_a_tax_on_top_fits_into_the_sum_too(rate: str, usage: Usage, tendered: Money) -> None:
    tax: dict[str, Any] = {"rate": rate, "inclusive": False, "components": ["water"]}
    tariff = a_tariff(tax=tax, components=[a_component(["180", "260"], ["5", "7", "9"])])
    quote = quoted(lambda: quote_for_money(tariff, usage, tendered))
    charges = Charges(tariff, usage)
    assert charges.amount(quote.quantity) <= tendered
    assert tendered < charges.amount(quote.quantity + usage.quantum)


def quoted(ask: Callable[[], Any]) -> Any:
    """The quote; an example that the tariff refuses as too small says nothing here."""
    try:
        return ask()
    except YikaError as refusal:
        assume(refusal.code not in {"below_minimum", "costs_nothing"})
        raise
