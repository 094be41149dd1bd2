"""Golden cases of re-pricing, worked by hand in published steps of Beijing's water tariff."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from rerating_builders import (
    OPENED_ON,
    PREMISES,
    YEAR_START,
    a_purchase,
    a_tariff,
    heat_tariff,
    premises,
    unknown_tariff,
)
from yika_central.domain.published import Published, named
from yika_central.domain.purchases import Purchase, in_order
from yika_central.domain.ratings import Cause, Premises, Rated, Share, Standing
from yika_central.domain.rerating import rerate
from yika_central.domain.timeline import EVER
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff


def rated(
    *purchases: Purchase,
    tariffs: tuple[Tariff, ...],
    service: Service = Service.COLD_WATER,
    account: Premises | None = PREMISES,
) -> tuple[Rated, ...]:
    return rerate(purchases, service=service, premises=account, published=Published(tariffs))


def amounts(results: tuple[Rated, ...]) -> list[tuple[str, int, int]]:
    return [(r.position.node, r.amount, r.difference) for r in results]


V7 = a_tariff(version=7, prices=("5.00", "5.00", "5.00"))
V8 = a_tariff(version=8, prices=("5.50", "5.50", "5.50"), effective_from="2026-02-01T00:00:00")


def test_a_sale_on_a_stale_tariff_owes_the_new_price() -> None:
    (result,) = rated(a_purchase(V7, "20", "100.00", day=40), tariffs=(V7, V8))
    assert (result.amount, result.difference) == (11000, 1000)
    assert result.shares == (Share(Cause.STALE_TARIFF, Money(1000)),)
    assert result.tariff == named(V8)


def test_a_sale_keeps_the_price_that_held_when_it_was_made() -> None:
    (result,) = rated(a_purchase(V7, "20", "100.00", day=10), tariffs=(V7, V8))
    assert (result.difference, result.shares) == (0, ())


STEPS = a_tariff()


@pytest.mark.parametrize(
    ("first", "second", "right"),
    [("N0001", "N0002", 68000), ("N0002", "N0001", 58000)],
    ids=["A bought first", "B bought first"],
)
def test_a_quota_split_over_two_nodes_charges_the_later_sale(
    first: str, second: str, right: int
) -> None:
    sold = {
        "N0001": ("100", "500.00"),
        "N0002": ("120", "600.00"),
    }
    purchases = [
        a_purchase(STEPS, *sold[node], day=day, node=node, count=day)
        for day, node in enumerate((first, second), start=1)
    ]
    results = rated(*purchases, tariffs=(STEPS,))
    assert sum(r.amount for r in results) == 118000
    assert results[1].amount == right
    assert results[1].shares == (Share(Cause.QUOTA_SPLIT, Money(8000)),)
    assert results[1].used_before == purchases[0].quantity


V1 = a_tariff()
V2 = a_tariff(version=2, prices=("5.50", "7.70", "9.90"), effective_from="2026-07-01T00:00:00")
DAY_30_JUNE, DAY_2_JULY = 180, 182


def test_a_quota_split_and_a_new_version_are_told_apart() -> None:
    sold_a = a_purchase(V1, "100", "500.00", day=DAY_30_JUNE, node="N0001", count=1)
    sold_b = a_purchase(V1, "120", "600.00", day=DAY_2_JULY, node="N0002", count=2)
    first, second = rated(sold_b, sold_a, tariffs=(V1, V2))
    assert (first.amount, second.amount) == (50000, 74800)
    assert second.shares == (
        Share(Cause.STALE_TARIFF, Money(6000)),
        Share(Cause.QUOTA_SPLIT, Money(8800)),
    )


def test_the_order_of_the_stamps_alone_would_give_another_sum() -> None:
    """A control: with the meters' counts ignored, a wrong clock would decide the money."""
    sold_a = a_purchase(V1, "100", "500.00", day=DAY_2_JULY, node="N0001", meter="M1")
    sold_b = a_purchase(V1, "120", "600.00", day=DAY_30_JUNE, node="N0002", meter="M2")
    results = rated(sold_a, sold_b, tariffs=(V1, V2))
    # 120 at 5.00, then 60 at 5.50 and 40 at 7.70.
    assert sum(r.amount for r in results) == 60000 + 63800


def test_the_count_on_the_card_goes_before_a_clock_that_is_behind() -> None:
    early = a_purchase(V1, "100", "500.00", day=DAY_2_JULY, node="N0001", count=1)
    late = a_purchase(V1, "120", "600.00", day=DAY_30_JUNE, node="N0002", count=2)
    results = rated(late, early, tariffs=(V1, V2))
    assert [r.position.node for r in results] == ["N0001", "N0002"]
    assert results[1].counted_at == results[0].counted_at


def test_a_stamp_outside_its_bracket_is_moved_to_the_edge() -> None:
    edge = YEAR_START + timedelta(days=40)
    wrong_clock = a_purchase(
        V7, "20", "100.00", stamped_at=YEAR_START, not_before=edge, not_after=edge
    )
    (timed,) = in_order([wrong_clock])
    assert timed.at == edge
    (result,) = rated(wrong_clock, tariffs=(V7, V8))
    assert result.difference == 1000


def test_a_bracket_over_a_price_change_is_marked() -> None:
    wide = a_purchase(V7, "20", "100.00", day=10, bracket=timedelta(days=60))
    narrow = a_purchase(V7, "20", "100.00", day=10, seq=2, count=2)
    assert [r.straddles for r in rated(wide, narrow, tariffs=(V7, V8))] == [True, False]


HEAT = heat_tariff()
FEE = 77216


def heat_purchase(quantity: str, charged: str, **facts: object) -> Purchase:
    return a_purchase(HEAT, quantity, charged, area_m2=Quantity(96400), **facts)  # type: ignore[arg-type]


def test_a_heat_fee_taken_by_two_nodes_is_given_back_once() -> None:
    results = rated(
        heat_purchase("1000", "972.16", day=1, node="N0001", count=1, heating_year=2025),
        heat_purchase("1000", "972.16", day=2, node="N0002", count=2, heating_year=2025),
        tariffs=(HEAT,),
        service=Service.HEAT,
    )
    assert amounts(results) == [("N0001", 97216, 0), ("N0002", 20000, -FEE)]
    assert results[1].shares == (Share(Cause.DOUBLED_CHARGE, Money(-FEE)),)
    assert [r.heating_year for r in results] == [2025, None]


def test_a_heat_fee_nobody_took_is_owed_with_the_first_heat() -> None:
    (result,) = rated(heat_purchase("1000", "200.00"), tariffs=(HEAT,), service=Service.HEAT)
    assert result.shares == (Share(Cause.MISSED_CHARGE, Money(FEE)),)


def test_a_new_heating_year_has_its_own_fee() -> None:
    results = rated(
        heat_purchase("1000", "972.16", day=1, seq=1, count=1, heating_year=2025),
        heat_purchase("1000", "972.16", day=200, seq=2, count=2, heating_year=2026),
        tariffs=(HEAT,),
        service=Service.HEAT,
    )
    assert [r.difference for r in results] == [0, 0]


def test_heat_without_a_known_area_is_left_alone_and_says_why() -> None:
    unknown_area = a_purchase(HEAT, "1000", "200.00")
    (result,) = rated(unknown_area, tariffs=(HEAT,), service=Service.HEAT)
    assert (result.problem, result.difference) == ("area_unknown", 0)


MONTHLY = a_tariff(
    fixed_charges=[
        {
            "code": "service",
            "name": {"en": "Service charge", "zh": "服务费"},
            "amount": "12.00",
            "months": 1,
            "catch_up_months": 3,
        }
    ]
)


def test_a_fixed_charge_is_taken_once_for_a_month() -> None:
    results = rated(
        a_purchase(MONTHLY, "10", "74.00", day=1, node="N0001", count=1, months_due=2),
        a_purchase(MONTHLY, "10", "62.00", day=9, node="N0002", count=2, months_due=1),
        a_purchase(MONTHLY, "10", "86.00", day=40, node="N0002", seq=2, count=3, months_due=3),
        tariffs=(MONTHLY,),
    )
    assert [r.difference for r in results] == [0, -1200, -2400]


def test_a_price_no_tariff_asks_for_is_found() -> None:
    cheap = a_purchase(STEPS, "20", "1.00")
    (result,) = rated(cheap, tariffs=(STEPS,))
    assert result.shares == (Share(Cause.WRONG_PRICE, Money(9900)),)


def test_a_tariff_nobody_published_is_named_as_the_cause() -> None:
    own = replace(a_purchase(STEPS, "20", "1.00"), tariff=unknown_tariff())
    (result,) = rated(own, tariffs=(STEPS,))
    assert result.shares == (Share(Cause.UNKNOWN_TARIFF, Money(9900)),)


def test_without_any_tariff_the_sale_stands_and_says_why() -> None:
    (result,) = rated(a_purchase(STEPS, "20", "100.00"), tariffs=())
    assert (result.problem, result.difference) == ("no_tariff_in_force", 0)


def test_an_unknown_account_is_priced_by_the_tariff_it_was_sold_on() -> None:
    (result,) = rated(a_purchase(V7, "20", "100.00", day=40), tariffs=(V7, V8), account=None)
    assert result.difference == 1000


def test_superseded_money_is_owed_and_its_volume_counts_for_nothing() -> None:
    results = rated(
        a_purchase(STEPS, "100", "500.00", day=1, node="N0001", count=1, delivered=False),
        a_purchase(STEPS, "120", "600.00", day=2, node="N0002", count=1),
        tariffs=(STEPS,),
    )
    assert amounts(results) == [("N0001", 0, -50000), ("N0002", 60000, 0)]
    assert results[0].shares == (Share(Cause.SUPERSEDED, Money(-50000)),)


def test_a_version_that_resets_the_count_starts_at_the_first_step() -> None:
    reset = a_tariff(
        version=2,
        prices=("5.50", "7.70", "9.90"),
        effective_from="2026-07-01T00:00:00",
        on_version_change="reset",
    )
    results = rated(
        a_purchase(V1, "150", "750.00", day=DAY_30_JUNE, seq=1, count=1),
        a_purchase(reset, "50", "275.00", day=DAY_2_JULY, seq=2, count=2),
        tariffs=(V1, reset),
    )
    assert [r.difference for r in results] == [0, 0]


def test_a_version_that_carries_the_count_charges_the_second_step() -> None:
    results = rated(
        a_purchase(V1, "150", "750.00", day=DAY_30_JUNE, seq=1, count=1),
        a_purchase(V1, "50", "290.00", day=DAY_2_JULY, seq=2, count=2, used="150"),
        tariffs=(V1, V2),
    )
    assert (results[1].amount, results[1].difference) == (31900, 2900)


SHOP = a_tariff(id="SHOP", **{"class": "shop"}, prices=("8.00", "8.00", "8.00"))
DEARER_SHOP = a_tariff(
    id="SHOP",
    version=2,
    **{"class": "shop"},
    prices=("8.50", "8.50", "8.50"),
    effective_from="2026-02-01T00:00:00",
)


def test_a_tariff_of_another_class_is_told_from_a_stale_one() -> None:
    sold = a_purchase(SHOP, "20", "160.00", day=40)
    (result,) = rated(sold, tariffs=(STEPS, SHOP, DEARER_SHOP))
    assert result.tariff == named(STEPS)
    assert result.shares == (
        Share(Cause.STALE_TARIFF, Money(1000)),
        Share(Cause.WRONG_CLASS, Money(-7000)),
    )


def test_the_class_that_holds_is_the_one_of_the_day() -> None:
    changed = YEAR_START + timedelta(days=20)
    facts = Facts(opened_on=OPENED_ON)
    account = Premises(
        "A01", (Standing(EVER, "residential", facts), Standing(changed, "shop", facts))
    )
    results = rated(
        a_purchase(STEPS, "20", "100.00", day=10, seq=1, count=1),
        a_purchase(STEPS, "20", "100.00", day=30, seq=2, count=2, used="20"),
        tariffs=(STEPS, SHOP),
        account=account,
    )
    assert amounts(results) == [("N0001", 10000, 0), ("N0001", 16000, 6000)]
    assert results[1].shares == (Share(Cause.WRONG_CLASS, Money(6000)),)


HOUSEHOLD = a_tariff(household={"included_persons": 5, "extra_per_person": "60"})


def test_persons_that_the_node_did_not_know_of_are_a_cause_of_their_own() -> None:
    sold = a_purchase(HOUSEHOLD, "200", "1040.00", used="0")
    (result,) = rated(sold, tariffs=(HOUSEHOLD,), account=premises(persons=6))
    assert result.shares == (Share(Cause.WRONG_FACTS, Money(-4000)),)


FREE = a_tariff(
    free_allocation={
        "code": "free",
        "name": {"en": "Free"},
        "quantity": "6",
        "per": "month",
        "price": "0",
        "most": "6",
        "counts_in_quota": False,
    }
)


def test_free_units_claimed_at_two_nodes_in_a_month_are_paid_once() -> None:
    claimed: dict[str, Any] = {"free": Quantity(6000), "free_day": 9500}
    results = rated(
        a_purchase(FREE, "10", "20.00", day=1, node="N0001", count=1, **claimed),
        a_purchase(FREE, "10", "20.00", day=2, node="N0002", count=2, **claimed),
        tariffs=(FREE,),
    )
    assert [r.difference for r in results] == [0, 3000]
    assert results[1].shares == (Share(Cause.FREE_UNITS, Money(3000)),)


def test_a_fee_that_a_void_purchase_had_paid_is_owed_by_the_next() -> None:
    results = rated(
        heat_purchase("1000", "972.16", day=1, count=1, heating_year=2025, voided=True),
        heat_purchase("1000", "200.00", day=2, seq=2, count=2),
        tariffs=(HEAT,),
        service=Service.HEAT,
    )
    assert [r.difference for r in results] == [-97216, FEE]
    assert results[0].shares == (Share(Cause.VOIDED, Money(-97216)),)
    assert results[1].shares == (Share(Cause.LATE_VOID, Money(FEE)),)


def test_a_time_that_a_person_decided_holds_and_straddles_nothing() -> None:
    decided = YEAR_START + timedelta(days=45)
    wide = a_purchase(V7, "20", "100.00", day=10, bracket=timedelta(days=60), decided_at=decided)
    (result,) = rated(wide, tariffs=(V7, V8))
    assert (result.counted_at, result.difference, result.straddles) == (decided, 1000, False)
