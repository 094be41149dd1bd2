"""Another holder's quotas: they go on, or begin anew, by the utility's setting."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, for_quantity
from tariff_builders import a_component
from yika_common.journal.excerpt import read_code
from yika_common.sync.personal_data import Person
from yika_common.sync.settings import BEGINS_ANEW
from yika_node.services.amended import FactsForm
from yika_node.services.views import Account
from yika_node.web.register_pages import account_history_of, account_life_of

STEPS = [a_component(["10"], ["1.00", "2.00"])]
"""1.00 up to 10 m³ a year, 2.00 beyond."""

NEW = Person(name="李秀英")


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    counters = Counters(tmp_path, 2, tariff_class=CLASS)
    counters.publish(components=STEPS)
    counters.open()
    counters.tell()
    yield counters
    counters.close()


def taken_over(counters: Counters) -> Account:
    life = account_life_of(counters.nodes[0])
    return life.change_holder(OPERATOR, counters.account.number, NEW, "", "moved in")


@pytest.mark.parametrize(("policy", "amount"), [(BEGINS_ANEW, 100), ("goes_on", 200)])
def test_the_new_holders_first_unit_costs_what_the_setting_says(
    counters: Counters, policy: str, amount: int
) -> None:
    counters.settle_by(holder_quota=policy)
    counters.sell(for_quantity(WATER, 10_000))
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 200
    taken_over(counters)
    quoted = counters.nodes[0].sales.quote(counters.read(), [for_quantity(WATER, 1_000)])
    assert quoted.amount == amount
    assert counters.sell(for_quantity(WATER, 1_000)).amount == amount


def test_the_card_tells_a_point_that_has_not_heard_of_the_new_holder(counters: Counters) -> None:
    counters.settle_by(holder_quota=BEGINS_ANEW)
    counters.sell(for_quantity(WATER, 10_000))
    counters.pass_time(days=9)
    taken_over(counters)
    first = counters.sell(for_quantity(WATER, 4_000))
    assert (first.amount, first.lines[0].period) == (400, "20260410")
    assert counters.sell(for_quantity(WATER, 7_000), at=1).amount == 6 * 100 + 200
    counters.pass_time(days=365)
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 100


def test_bounds_are_scaled_where_the_tariff_scales_those_of_a_late_opening(
    counters: Counters,
) -> None:
    counters.publish(
        version=2,
        components=STEPS,
        part_period={"opening": "prorata", "rounding": "half_up", "unit": "1"},
    )
    counters.settle_by(holder_quota=BEGINS_ANEW)
    counters.pass_time(days=121)
    taken_over(counters)
    # 154 of the year's 365 days are left, the first included: 4 of 10 m³.
    receipt = counters.sell(for_quantity(WATER, 6_000))
    assert receipt.amount == 4 * 100 + 2 * 200
    code = counters.nodes[0].receipt_codes.code(receipt)
    assert b'"holders":1' in read_code(code).payload


def test_an_amendment_leaves_the_new_holders_quota_alone(counters: Counters) -> None:
    counters.settle_by(holder_quota=BEGINS_ANEW)
    counters.sell(for_quantity(WATER, 10_000))
    since = taken_over(counters).facts
    assert since is not None
    form = FactsForm(CLASS, 5, None, None, None, "", None, (), (), "census")
    node = counters.nodes[0]
    amended = node.amendments.amend(OPERATOR, counters.account.number, form).facts
    assert amended is not None
    assert (amended.persons, amended.quota_from) == (5, since.quota_from)
    assert counters.sell(for_quantity(WATER, 1_000)).amount == 100
    node.journal.rebuild()
    assert node.accounts.get(counters.account.number).facts == amended


def test_holder_and_quota_change_in_one_commit_with_one_reason(counters: Counters) -> None:
    counters.settle_by(holder_quota=BEGINS_ANEW)
    account = taken_over(counters)
    assert account.person == NEW
    assert account.facts is not None
    assert (account.facts.reason, account.facts.tariff_class) == ("moved in", CLASS)
    assert account.facts_at == counters.worlds[0].now
    told = account_history_of(counters.nodes[0]).events(account.number)
    assert [event.what for event in told[:2]] == ["facts", "holder"]
    assert [(one.field, one.after) for one in told[0].changes][-1] == (
        "quota_from",
        account.facts.quota_from,
    )
