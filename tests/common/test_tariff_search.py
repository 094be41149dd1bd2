"""The search for what a sum buys: always the right place, and found in few steps."""

from bisect import bisect_right
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import NAME, a_component, a_tariff
from yika_common.numbers import Money, Quantity, scaled_to_text
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.search import largest_fitting
from yika_common.tariffs.usage import Usage


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=60),
    st.integers(-5, 2000),
    st.integers(-3, 10**6),
    st.integers(0, 100),
)
def test_the_largest_number_that_fits_is_found_from_any_guess(
    rises: list[int], limit: int, guess: int, slack: int
) -> None:
    amounts = list(accumulate(rises))

    def amount(number: int) -> int:
        beyond = number - len(amounts) + 1
        return amounts[-1] + beyond if beyond > 0 else amounts[number]

    found = largest_fitting(amount, limit, guess=guess, slack=slack)
    if limit >= amounts[-1]:
        assert found == len(amounts) - 1 + limit - amounts[-1]
    else:
        assert found == max(0, bisect_right(amounts, limit) - 1)


WORST = a_tariff(
    components=[
        a_component(
            [scaled_to_text(bound * 1000 + number * 37, 3) for bound in (40, 90, 150, 260, 400)],
            [scaled_to_text(price + number * 11, 4) for price in (300, 900, 1800, 7000, 9100, 41)],
            f"part{number}",
        )
        for number in range(16)
    ],
    taxes=[
        {"code": "vat", "name": NAME, "rate": "0.0725", "inclusive": False,
         "components": [f"part{number}" for number in range(16)]}
    ],
)  # fmt: skip
"""Sixteen components of six steps each, no two bounds alike, and the last step the cheapest."""


@given(
    st.integers(0, 500_000).map(Quantity),
    st.sampled_from([1, 10, 100, 1000]).map(Quantity),
    st.integers(1, 10**9).map(Money),
)
def test_the_worst_tariff_is_searched_in_few_steps(
    used: Quantity, quantum: Quantity, tendered: Money
) -> None:
    charges = Charges(WORST, Usage(used, quantum))
    asked: list[int] = []

    def amount(number: int) -> int:
        asked.append(number)
        return charges.amount(number * quantum)

    guess = tendered * 100_000 // (16 * 9300 * quantum)
    found = largest_fitting(amount, tendered, guess=guess, slack=18)
    assert found * quantum == charges.largest(tendered)
    assert len(asked) <= 40
