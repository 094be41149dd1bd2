"""Consumption that meters tell of is settled once, in the period that it was used in."""

from datetime import date

import pytest

from situation_builders import JANUARY, NEW, at_noon, facts, noon, q, settling, stepped
from tariff_builders import a_component, a_tariff
from yika_common.tariffs.facts import Claim, Consumption, Tally
from yika_common.tariffs.quota import consumption_claimed, period_named
from yika_common.tariffs.quote import quote_for_quantity
from yika_common.tariffs.situation import tally_after


def test_consumption_of_the_periods_months_is_settled_once() -> None:
    ring = Consumption(((JANUARY, q("6")), (JANUARY + 1, q("8")), (JANUARY + 3, q("100"))))
    usage = at_noon(settling(), "2026-02-20", consumption=ring)

    assert (usage.used, usage.consumed) == (0, q("14"))
    quote = quote_for_quantity(settling(), usage, q("10"))
    assert quote.amount == 1000 + 500 + 800  # 10 bought at 1; 5 consumed 1 dearer, 4 consumed 2
    tally = tally_after(settling(), facts(), NEW, usage, quote, noon("2026-02-20"))
    assert tally == Tally("2026-01", q("14"))
    again = at_noon(settling(), "2026-02-20", tally, consumption=ring)
    assert quote_for_quantity(settling(), again, q("10")).amount == 1000


def test_what_was_used_at_a_periods_end_is_settled_in_the_next_one() -> None:
    """January to March: 14 settled, then 6 more; April and May: 8; periods one after another."""
    tariff, tally = settling(), Tally("2026-01", q("14"))
    ring = Consumption(
        (
            (JANUARY + 1, q("14")),
            (JANUARY + 2, q("6")),
            (JANUARY + 3, q("3")),
            (JANUARY + 4, q("5")),
        )
    )

    charged = []
    for _ in range(3):
        usage = at_noon(tariff, "2026-05-20", tally, consumption=ring)
        quote = quote_for_quantity(tariff, usage, q("1"))
        charged.append((usage.period, usage.used, usage.consumed, quote.amount))
        tally = tally_after(tariff, facts(), tally, usage, quote, noon("2026-05-20"))

    assert charged == [
        ("2026-01", q("14"), q("20"), 100 + 6 * 200),  # six more in step 3, at 3 instead of 1
        ("2026-04", 0, q("8"), 100 + 3 * 100),
        ("2026-04", q("8"), q("8"), 100),
    ]
    assert tally == Tally("2026-04", q("8"))


def test_a_period_is_left_only_when_use_in_a_later_one_is_known() -> None:
    """The meter saw the card on 20 March last: what it used until the 31st comes in May."""
    tally = Tally("2026-01", q("14"))
    in_march = Consumption(((JANUARY + 1, q("10")), (JANUARY + 2, q("4"))))
    in_may = Consumption(((JANUARY + 1, q("10")), (JANUARY + 2, q("7")), (JANUARY + 4, q("1"))))

    for known in (None, Consumption(()), in_march):
        usage = at_noon(settling(), "2026-04-05", tally, consumption=known)
        assert (usage.period, usage.used) == ("2026-01", q("14"))
        quote = quote_for_quantity(settling(), usage, q("1"))
        assert quote.amount == 100
        assert tally_after(settling(), facts(), tally, usage, quote, noon("2026-04-05")) == tally
    usage = at_noon(settling(), "2026-05-20", tally, consumption=in_may)
    assert (usage.period, usage.used, usage.consumed) == ("2026-01", q("14"), q("17"))


def test_a_version_that_carries_settles_no_use_of_before_the_part_it_took_over() -> None:
    third = a_tariff(
        version=3,
        effective_from="2026-07-01T00:00:00",
        quota_basis="consumed",
        components=[a_component(["5"], ["1", "9"])],
    )
    ring = Consumption(((JANUARY + 2, q("50")), (JANUARY + 4, q("6")), (JANUARY + 6, q("2"))))

    usage = at_noon(third, "2026-07-20", Tally("20260401", q("6")), consumption=ring)

    assert (usage.period, usage.used, usage.consumed) == ("20260401", q("6"), q("8"))


def test_a_whole_period_without_a_sale_is_settled_too() -> None:
    ring = Consumption(((JANUARY + 4, q("7")),))

    usage = at_noon(settling(), "2026-08-20", Tally("2026-01", q("14")), consumption=ring)

    assert (usage.period, usage.used, usage.consumed) == ("2026-04", 0, q("7"))


def test_use_before_the_account_was_opened_is_another_customers() -> None:
    ring = Consumption(((JANUARY + 3, q("100")), (JANUARY + 4, q("2"))))
    of = facts(opened_on=date(2026, 5, 10))

    assert at_noon(settling(), "2026-05-20", of=of, consumption=ring).consumed == q("2")
    late = at_noon(settling(), "2026-08-20", Tally("2026-04", q("0")), of, consumption=ring)
    assert (late.period, late.consumed) == ("2026-04", q("2"))


def test_a_version_settles_only_periods_in_which_it_was_in_force() -> None:
    new = a_tariff(
        version=2,
        effective_from="2026-04-01T00:00:00",
        quota_basis="consumed",
        cycle={"months": 3, "anchor": "01-01"},
        components=[a_component(["5"], ["1", "9"])],
    )
    ring = Consumption(((JANUARY + 1, q("50")), (JANUARY + 3, q("4"))))

    usage = at_noon(new, "2026-04-20", Tally("2026-01", q("14")), consumption=ring)

    assert (usage.period, usage.consumed) == ("2026-04", q("4"))


def test_headquarters_settles_what_the_node_claims_to_know_once() -> None:
    claim = Claim(used_before=14_000, period="2026-01", consumed=20_000)
    known = consumption_claimed(settling(), facts(), claim)

    first = at_noon(settling(), "2026-05-20", Tally("2026-01", q("14")), consumption=known)
    second = at_noon(settling(), "2026-05-20", Tally("2026-01", q("20")), consumption=known)

    assert (first.period, first.used, first.consumed) == ("2026-01", q("14"), q("20"))
    assert (second.period, second.used, second.consumed) == ("2026-01", q("20"), q("20"))
    assert consumption_claimed(stepped(), facts(), claim) is None
    nothing = consumption_claimed(settling(), facts(), Claim())
    assert at_noon(settling(), "2026-05-20", consumption=nothing).consumed == 0


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("2026", None),
        ("2026-04", "2026-04"),
        ("2026-05", None),
        ("20260415", None),
        ("9999-12", None),
        ("2026-13", None),
        ("0000", None),
        ("", None),
    ],
)
def test_a_period_is_found_by_its_name(name: str, found: str | None) -> None:
    tariff = stepped(cycle={"months": 1, "anchor": "01-15"}) if found else settling()

    period = period_named(tariff, name)

    assert (period and period.id) == found


def test_a_part_period_is_found_by_its_name() -> None:
    tariff = stepped(version=2, effective_from="2026-04-15T08:00:00", on_version_change="prorata")

    period = period_named(tariff, "20260415")

    assert period is not None
    assert (period.id, period.part_days) == ("20260415", (261, 365))


def test_meters_add_up_and_later_readings_of_one_replace_earlier_ones() -> None:
    earlier = Consumption(((JANUARY, q("6")), (JANUARY + 1, q("1"))))
    later = Consumption(((JANUARY + 1, q("8")), (JANUARY + 2, q("2"))))

    assert earlier + later == Consumption(
        ((JANUARY, q("6")), (JANUARY + 1, q("9")), (JANUARY + 2, q("2")))
    )
    assert earlier.joined(later) == Consumption(
        ((JANUARY, q("6")), (JANUARY + 1, q("8")), (JANUARY + 2, q("2")))
    )
    assert earlier.joined(later) == later.joined(earlier)


def test_a_month_is_stated_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Consumption(((JANUARY, q("1")), (JANUARY, q("2"))))
