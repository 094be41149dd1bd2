"""Policies and settlement as rules: postings are absorbed or adjusted, whichever comes first."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yika_central.domain.policy import (
    DELIVERED,
    FIXED,
    FROM_ONE,
    Policy,
    Side,
    ThresholdBelowZero,
    delivered,
)
from yika_central.domain.ratings import Cause
from yika_central.domain.settlement import NUMBER_MAX, Standing, next_number, paid_back, settle
from yika_common.numbers import Money

amounts = st.integers(-100_000, 100_000)
sides = st.builds(Side, st.booleans(), st.integers(0, 5_000).map(Money))
policies = st.builds(Policy, sides, sides)


def settled(postings: list[int], policy: Policy) -> Standing:
    standing = Standing()
    for posting in postings:
        standing = standing.after(settle(Money(posting), standing, policy))
    return standing


def test_every_cause_has_a_policy() -> None:
    assert set(DELIVERED) == set(Cause)


@pytest.mark.parametrize("cause", sorted(Cause))
@pytest.mark.parametrize("owed", [1, 99, 1_000_000])
def test_what_is_owed_to_a_customer_reaches_him_always(cause: str, owed: int) -> None:
    assert delivered(cause).adjusted(Money(-owed)) == -owed


@pytest.mark.parametrize("cause", ["wrong_price", "unknown_tariff", "wrong_class", "wrong_facts"])
def test_what_the_utility_did_wrong_no_customer_pays(cause: str) -> None:
    assert delivered(cause).adjusted(Money(1_000_000)) == 0


@pytest.mark.parametrize("cause", ["stale_tariff", "quota_split"])
def test_late_news_costs_the_customer_nothing_below_the_threshold(cause: str) -> None:
    assert delivered(cause).adjusted(Money(FROM_ONE - 1)) == 0
    assert delivered(cause).adjusted(FROM_ONE) == FROM_ONE


def test_money_that_was_never_the_utilitys_is_never_absorbed() -> None:
    for cause in FIXED:
        assert delivered(cause).adjusted(Money(1)) == 1
        assert delivered(cause).adjusted(Money(-1)) == -1


def test_a_threshold_below_nothing_is_refused() -> None:
    with pytest.raises(ThresholdBelowZero):
        Side(adjusted=True, threshold=Money(-1))


@given(st.lists(amounts, max_size=8), policies)
def test_a_posting_is_its_two_parts(postings: list[int], policy: Policy) -> None:
    standing = Standing()
    for posting in postings:
        parts = settle(Money(posting), standing, policy)
        assert parts.absorbed + parts.adjusted == parts.posted == posting
        standing = standing.after(parts)


@given(st.lists(amounts, max_size=8), policies)
def test_all_postings_of_a_sale_are_treated_as_one(postings: list[int], policy: Policy) -> None:
    assert settled(postings, policy).adjusted == policy.adjusted(Money(sum(postings)))


@given(st.lists(amounts, max_size=4), policies)
def test_the_order_of_postings_does_not_matter(postings: list[int], policy: Policy) -> None:
    assert len({settled(list(order), policy).adjusted for order in permutations(postings)}) == 1


@given(st.lists(amounts, min_size=1, max_size=6), policies)
def test_a_difference_that_vanishes_takes_its_adjustment_with_it(
    postings: list[int], policy: Policy
) -> None:
    assert settled([*postings, -sum(postings)], policy).adjusted == 0


def test_treating_each_change_by_itself_would_give_money_away() -> None:
    """The defence that the whole difference is asked for: without it 80.00 are lost."""
    policy = delivered("wrong_price")
    there_and_back = [8000, -8000]
    assert settled(there_and_back, policy).adjusted == 0
    assert sum(policy.adjusted(Money(change)) for change in there_and_back) == -8000


def test_a_superseded_sale_pays_back_all_that_was_paid() -> None:
    # 300.00 paid: 185.80 for water and 24.00 fees, 90.00 for a debt, 0.20 kept.
    assert paid_back(amount=20_980, paid=30_000, superseded=True) == 9_020
    assert paid_back(amount=20_980, paid=30_000, superseded=False) == 0
    # 50.00 of the amount came from credit, which is still outstanding.
    assert paid_back(amount=20_000, paid=15_000, superseded=True) == -5_000


def test_a_number_rises_as_far_as_a_card_can_say() -> None:
    assert next_number(0) == 1
    assert next_number(NUMBER_MAX - 1) == next_number(NUMBER_MAX) == NUMBER_MAX
