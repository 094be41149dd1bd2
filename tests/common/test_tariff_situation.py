"""Facts and tallies: what a price rests on, at a node and at headquarters alike."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import a_component, a_fixed_charge, a_tariff, heat_keys, milli, moment
from yika_common.journal.bodies import Intent
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.errors import OpeningUnknown
from yika_common.tariffs.facts import (
    Claim,
    Consumption,
    Facts,
    Sold,
    Tally,
    day_of_free,
    free_day_of,
    month_of,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quota import consumption_claimed, period_named
from yika_common.tariffs.quote import Quote, quote_for_quantity
from yika_common.tariffs.situation import (
    tally_after,
    together,
    usage_at,
    usage_claimed,
)
from yika_common.tariffs.usage import OwnLimits, Usage

TENTH = Quantity(100)
NEW = Tally()
SHANGHAI = ZoneInfo("Asia/Shanghai")
JANUARY = 2026 * 12


def q(text: str) -> Quantity:
    return Quantity(milli(text))


def facts(**known: Any) -> Facts:
    return Facts(**{"opened_on": date(2026, 1, 1)} | known)


def noon(day: str) -> datetime:
    """Noon in Shanghai."""
    return moment(f"{day}T12:00:00+08:00")


def at_noon(
    tariff: Tariff, day: str, tally: Tally = NEW, of: Facts | None = None, **known: Any
) -> Usage:
    return usage_at(tariff, of or facts(), tally, quantum=TENTH, at=noon(day), **known)


def after(tariff: Tariff, tally: Tally, quantity: str, day: str, of: Facts | None = None) -> Tally:
    """The tally after such a sale at noon."""
    usage = at_noon(tariff, day, tally, of)
    quote = quote_for_quantity(tariff, usage, q(quantity))
    return tally_after(tariff, of or facts(), tally, usage, quote, noon(day))


def stepped(**changes: object) -> Tariff:
    return a_tariff(components=[a_component(["180", "260"], ["5", "7", "9"])], **changes)


# Quota


def test_what_was_bought_counts_in_its_own_period() -> None:
    tariff = stepped()
    tally = after(tariff, NEW, "170", "2026-03-01")

    assert tally == Tally("2026", q("170"))
    assert at_noon(tariff, "2026-12-31", tally).used == q("170")
    assert at_noon(tariff, "2027-01-01", tally).used == 0
    assert after(tariff, tally, "10", "2027-01-01") == Tally("2027", q("10"))


def test_a_period_begins_at_the_first_second_of_the_utilitys_own_day() -> None:
    tally = Tally("2026", q("170"))

    def used(at: str) -> int:
        return usage_at(stepped(), facts(), tally, quantum=TENTH, at=moment(at)).used

    assert used("2026-12-31T15:59:59+00:00") == q("170")
    assert used("2026-12-31T16:00:00+00:00") == 0


def test_a_sale_in_a_period_that_is_over_leaves_the_later_count() -> None:
    later = Tally("2027", q("50"))

    assert at_noon(stepped(), "2026-12-31", later).used == 0
    assert after(stepped(), later, "10", "2026-12-31") == later


def test_a_version_that_resets_counts_from_zero_on_its_own_day() -> None:
    old = stepped()
    new = stepped(version=2, effective_from="2026-04-15T00:00:00", on_version_change="reset")
    tally = after(old, NEW, "170", "2026-03-01")

    assert at_noon(new, "2026-04-15", tally).used == 0
    tally = after(new, tally, "20", "2026-04-15")
    assert tally == Tally("20260415", q("20"))
    assert at_noon(new, "2026-12-31", tally).used == q("20")
    assert at_noon(new, "2027-01-01", tally).used == 0


def test_a_node_that_missed_the_version_counts_on_where_the_card_stands() -> None:
    new = stepped(version=2, effective_from="2026-04-15T00:00:00", on_version_change="reset")
    card, own_journal = Tally("20260415", q("20")), Tally("2026", q("170"))

    known = together(stepped(), facts(), [own_journal, card], noon("2026-05-01"))

    assert known == card
    assert at_noon(stepped(), "2026-05-01", known).used == q("20")
    tally = after(stepped(), known, "5", "2026-05-01")
    assert tally == Tally("20260415", q("25"))
    assert at_noon(new, "2026-05-02", tally).used == q("25")


def test_a_version_that_carries_takes_over_the_count_of_a_part_period() -> None:
    third = stepped(version=3, effective_from="2026-09-01T00:00:00", on_version_change="carry")

    tally = Tally("20260415", q("20"))

    assert at_noon(third, "2026-09-01", tally).used == q("20")
    assert after(third, tally, "5", "2026-09-01") == Tally("20260415", q("25"))
    assert after(third, tally, "5", "2027-01-01") == Tally("2027", q("5"))


# Another holder


TAKEN_OVER = date(2026, 8, 1)


def test_another_holders_quota_begins_with_nothing_on_its_day() -> None:
    tariff, of = stepped(), facts(quota_from=TAKEN_OVER)
    tally = after(tariff, NEW, "170", "2026-03-01")

    assert at_noon(tariff, "2026-07-31", tally, of).used == q("170")
    assert at_noon(tariff, "2026-08-01", tally, of).used == 0
    tally = after(tariff, tally, "20", "2026-08-02", of)
    assert tally == Tally("20260801", q("20"))
    assert at_noon(tariff, "2026-12-31", tally, of).used == q("20")
    assert at_noon(tariff, "2027-01-01", tally, of).used == 0


def test_without_that_fact_the_quota_goes_on() -> None:
    tally = after(stepped(), NEW, "170", "2026-03-01")

    assert after(stepped(), tally, "20", "2026-08-02") == Tally("2026", q("190"))


def test_a_third_holder_does_not_count_on_from_the_second() -> None:
    second, third = facts(quota_from=TAKEN_OVER), facts(quota_from=date(2026, 10, 5))
    tally = after(stepped(), NEW, "200", "2026-08-02", second)

    assert at_noon(stepped(), "2026-10-05", tally, third).used == 0
    assert after(stepped(), tally, "7", "2026-10-05", third) == Tally("20261005", q("7"))


def test_a_point_that_has_not_heard_of_it_goes_by_the_card() -> None:
    of = facts(quota_from=TAKEN_OVER)
    card = after(stepped(), Tally("2026", q("170")), "20", "2026-08-02", of)

    known = together(stepped(), facts(), [Tally("2026", q("170")), card], noon("2026-08-03"))

    assert known == card
    assert at_noon(stepped(), "2026-08-03", known).used == q("20")


def test_bounds_are_scaled_as_for_an_account_opened_that_day_where_the_tariff_says_so() -> None:
    part = {"opening": "prorata", "rounding": "half_up", "unit": "0.01"}
    tariff, of = stepped(part_period=part), facts(quota_from=TAKEN_OVER)
    usage = at_noon(tariff, "2026-09-10", Tally("2026", q("170")), of)

    assert (usage.used, usage.part_days) == (0, (153, 365))
    opened = at_noon(tariff, "2026-09-10", NEW, facts(opened_on=TAKEN_OVER))
    assert Charges(tariff, usage).lines(q("120")) == Charges(tariff, opened).lines(q("120"))
    claim = Claim(period=usage.period)
    at = noon("2026-09-10")
    assert usage_claimed(tariff, claim, at, holders=True).part_days == (153, 365)
    assert usage_claimed(tariff, claim, at).part_days is None
    assert at_noon(tariff, "2027-01-01", NEW, of).part_days is None
    assert at_noon(stepped(), "2026-09-10", NEW, of).part_days is None


def test_where_consumption_counts_the_quota_goes_on() -> None:
    tariff = stepped(quota_basis="consumed")
    used = Consumption(((JANUARY + 2, q("100")),))
    tally = Tally("2026", q("170"))
    for of in (facts(), facts(quota_from=TAKEN_OVER)):
        usage = usage_at(tariff, of, tally, quantum=TENTH, at=noon("2026-09-10"), consumption=used)
        assert (usage.period, usage.used) == ("2026", q("170"))


def test_a_longer_cycle_is_not_held_up_by_the_shorter_one_before_it() -> None:
    yearly = stepped(version=2, effective_from="2026-07-01T00:00:00")

    tally = after(yearly, Tally("2026-06", q("30")), "5", "2026-07-02")

    assert tally == Tally("2026", q("5"))
    assert at_noon(yearly, "2026-07-03", tally).used == q("5")


def test_a_part_period_before_the_months_own_start_is_the_earlier_one() -> None:
    """Monthly from the 15th: what a version began on 10 April is over when April's starts."""
    tariff = stepped(cycle={"months": 1, "anchor": "01-15"})
    part, april = Tally("20260410", q("9")), Tally("2026-04", q("5"))

    assert together(tariff, facts(), [april, part], noon("2026-04-20")) == april
    assert april.newest(part, anchor_day=15) == april


def test_an_account_may_anchor_its_own_periods() -> None:
    tariff = stepped(cycle={"months": 12, "anchor": "account"})
    of = facts(opened_on=date(2024, 2, 29))

    tally = after(tariff, NEW, "170", "2026-02-27", of)

    assert tally == Tally("2025-02", q("170"))
    assert at_noon(tariff, "2026-02-27", tally, of).used == q("170")
    assert at_noon(tariff, "2026-02-28", tally, of).used == 0


def test_bounds_are_scaled_in_the_year_an_account_is_opened() -> None:
    tariff = stepped(part_period={"opening": "prorata", "rounding": "down", "unit": "0.01"})

    usage = at_noon(tariff, "2026-08-01", of=facts(opened_on=date(2026, 8, 1)))

    assert usage.part_days == (153, 365)


# Facts


def test_a_proof_of_the_households_size_holds_through_its_last_day() -> None:
    of = facts(persons=6, persons_until=date(2026, 6, 30))

    assert at_noon(stepped(), "2026-06-30", of=of).persons == 6
    assert at_noon(stepped(), "2026-07-01", of=of).persons is None


def test_facts_are_read_as_the_journal_writes_them() -> None:
    def seconds(text: str) -> int:
        return int(moment(text).timestamp())

    read = Facts.recorded(
        SHANGHAI,
        opened=seconds("2025-12-31T17:00:00+00:00"),
        persons=6,
        persons_until=seconds("2026-06-30T23:59:59+08:00"),
        inner_area=96_400,
        heat_class="low",
        heat_from=seconds("2026-01-10T00:00:00+08:00"),
        suspended=(2024,),
        equipment="boiler heatpump",
    )

    assert read == Facts(
        opened_on=date(2026, 1, 1),
        persons=6,
        persons_until=date(2026, 6, 30),
        inner_m2=Quantity(96_400),
        heat_class="low",
        heat_from=date(2026, 1, 10),
        suspended=(2024,),
        equipment=("boiler", "heatpump"),
    )
    assert Facts.recorded(SHANGHAI, opened=0) == Facts(opened_on=date(1970, 1, 1))


def test_only_equipment_that_bears_on_the_price_is_told() -> None:
    season = {"from": "11-15", "until": "03-15", "extra": "300", "equipment": "boiler"}
    of = facts(equipment=("heatpump", "boiler"))

    assert at_noon(stepped(seasonal_quota=season), "2026-12-01", of=of).equipment == ("boiler",)
    assert at_noon(stepped(), "2026-12-01", of=of).equipment == ()


def test_what_else_is_known_reaches_the_price() -> None:
    limits = OwnLimits(per_sale=q("5"))
    sold = Sold(today=q("1"), this_month=q("2"), spent_today=Money(3), spent_this_month=Money(4))

    usage = at_noon(stepped(), "2026-03-31", stored=q("9"), sold=sold, limits=limits)

    assert usage == Usage(
        used=Quantity(0),
        quantum=TENTH,
        month=JANUARY + 2,
        opened_month=JANUARY,
        on=date(2026, 3, 31),
        period="2026",
        stored=q("9"),
        sold_today=q("1"),
        sold_this_month=q("2"),
        spent_today=Money(3),
        spent_this_month=Money(4),
        limits=limits,
    )


# Fixed charges


def test_fixed_charges_are_due_for_the_months_after_the_last_one_charged() -> None:
    tariff = stepped(fixed_charges=[a_fixed_charge("12.00", catch_up_months=24)])
    of = facts(opened_on=date(2026, 1, 31))

    assert at_noon(tariff, "2026-01-31", of=of).months_due == 1
    assert at_noon(tariff, "2026-03-01", of=of).months_due == 3
    tally = after(tariff, NEW, "1", "2026-03-01", of)
    assert tally.charged_through == JANUARY + 2
    assert at_noon(tariff, "2026-03-31", tally, of).months_due == 0
    assert after(tariff, tally, "1", "2026-03-31", of).charged_through == JANUARY + 2
    assert at_noon(tariff, "2026-05-01", tally, of).months_due == 2


@pytest.mark.parametrize(("starts", "charged"), [("opening", 3600), ("next_month", 2400)])
def test_the_month_of_opening_is_charged_or_not(starts: str, charged: int) -> None:
    charge = a_fixed_charge("12.00") | {"starts": starts}
    tariff = stepped(fixed_charges=[charge])

    usage = at_noon(tariff, "2026-03-01", of=facts(opened_on=date(2026, 1, 31)))

    assert Charges(tariff, usage).amount(0) == charged


def test_no_charge_is_due_for_months_before_it_existed() -> None:
    tariff = stepped(
        version=2,
        effective_from="2026-05-01T00:00:00",
        fixed_charges=[a_fixed_charge("12.00", catch_up_months=12)],
    )

    assert at_noon(tariff, "2026-05-20").months_due == 1
    assert at_noon(tariff, "2026-06-20").months_due == 2


def test_without_fixed_charges_no_month_counts_as_charged() -> None:
    assert at_noon(stepped(), "2026-05-20").months_due == 0
    assert after(stepped(), NEW, "1", "2026-05-20").charged_through == 0


# Heat


def heated(**fee: object) -> Tariff:
    keys = heat_keys("0.054")
    keys["heat_basic_fee"] |= fee
    return a_tariff(**keys)


def test_the_basic_fee_is_taken_once_in_a_heating_year() -> None:
    tariff = heated(rate="8.01")
    of = facts(inner_m2=q("96.40"))

    assert not at_noon(tariff, "2026-06-30", of=of).heating_year_paid
    tally = after(tariff, NEW, "100", "2026-06-30", of)
    assert tally.heating_year == 2025
    assert at_noon(tariff, "2026-06-30", tally, of).heating_year_paid
    assert not at_noon(tariff, "2026-07-01", tally, of).heating_year_paid


@pytest.mark.parametrize(("area", "expected"), [("inner", "96.40"), ("gross", "120")])
def test_the_tariff_says_which_area_counts(area: str, expected: str) -> None:
    of = facts(inner_m2=q("96.40"), gross_m2=q("120"))

    assert at_noon(heated(area=area), "2026-11-01", of=of).area_m2 == q(expected)


def test_luoyangs_basic_fee_comes_out_of_the_facts() -> None:
    """96.40 m² x 121 days x 0.054 x 0.86 = 541.69."""
    tariff = heated(days=121, coefficients={"low": "0.82", "middle": "0.86"})
    of = facts(inner_m2=q("96.40"), heat_class="middle")

    usage = at_noon(tariff, "2026-11-01", of=of)

    assert Charges(tariff, usage).amount(0) == 54169


@pytest.mark.parametrize(
    ("heat_from", "days"),
    [
        (None, None),
        (date(2026, 11, 15), None),
        (date(2026, 11, 16), 120),
        (date(2027, 3, 15), 1),
    ],
)
def test_premises_heated_from_a_later_day_pay_their_days(
    heat_from: date | None, days: int | None
) -> None:
    """The season of 121 days from 15 November ends with 15 March."""
    tariff = heated(days=121, late_opening="by_day", season_starts="11-15")
    of = facts(inner_m2=q("96.40"), heat_from=heat_from)

    usage = at_noon(tariff, "2026-11-20", of=of)

    assert (usage.heat_days, usage.heating_year_paid) == (days, False)


def test_premises_heated_only_after_the_season_owe_no_fee_for_it() -> None:
    tariff = heated(days=121, late_opening="by_day", season_starts="11-15")
    of = facts(inner_m2=q("96.40"), heat_from=date(2027, 3, 16))

    assert at_noon(tariff, "2027-03-20", of=of).heating_year_paid
    assert after(tariff, NEW, "1", "2027-03-20", of).heating_year == 0
    assert not at_noon(tariff, "2027-07-01", of=of).heating_year_paid


def test_supply_is_suspended_by_heating_year() -> None:
    of = facts(inner_m2=q("96.40"), suspended=(2025,))

    assert at_noon(heated(), "2026-06-30", of=of).heat_suspended
    assert not at_noon(heated(), "2026-07-01", of=of).heat_suspended


# Free units


def allowing(quantity: str = "1.5", per: str = "day", most: str = "45", **more: object) -> Tariff:
    name = {"en": "Free"}
    free = {"code": "free", "name": name, "quantity": quantity, "per": per, "most": most}
    return stepped(free_allocation=free, **more)


def test_free_units_pile_up_by_days_to_their_ceiling() -> None:
    tariff = allowing()

    assert at_noon(tariff, "2026-03-01").free == q("1.5")
    tally = after(tariff, NEW, "10", "2026-03-01")
    assert day_of_free(tally.free_day) == date(2026, 3, 1)
    assert at_noon(tariff, "2026-03-01", tally).free == 0
    assert at_noon(tariff, "2026-03-11", tally).free == q("15")
    assert at_noon(tariff, "2026-12-01", tally).free == q("45")


def test_monthly_free_units_do_not_pile_up_unless_the_tariff_says_so() -> None:
    tally = Tally(free_day=free_day_of(date(2026, 1, 31)))
    once = allowing(quantity="50", per="month", most="50")
    piling = allowing(quantity="50", per="month", most="100")

    assert at_noon(once, "2026-01-31", tally).free == 0
    assert at_noon(once, "2026-02-01", tally).free == q("50")
    assert at_noon(once, "2026-04-01", tally).free == q("50")
    assert at_noon(piling, "2026-04-01", tally).free == q("100")


def test_only_what_the_meter_can_count_is_given_free() -> None:
    usage = usage_at(allowing(), facts(), NEW, quantum=q("1"), at=noon("2026-03-01"))

    assert usage.free == q("1")


def test_a_sale_without_a_claim_leaves_the_day_of_the_last_one() -> None:
    tariff = allowing()
    tally = after(tariff, NEW, "10", "2026-03-01")

    assert after(tariff, tally, "10", "2026-03-01") == replace(tally, counted=q("18.5"))


# Consumption


def settling() -> Tariff:
    return a_tariff(
        quota_basis="consumed",
        cycle={"months": 3, "anchor": "01-01"},
        components=[a_component(["5", "10"], ["1", "2", "3"])],
    )


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


# Claims


def claimed(usage: Usage, tally: Tally, quote: Quote, heating_year: int) -> Claim:
    """What the node's journal would say."""
    return Claim(
        used_before=usage.used,
        period=tally.period,
        persons=usage.persons or 0,
        heated_area=usage.area_m2 or 0,
        heating_year=heating_year,
        heat_class=usage.heat_class,
        heat_days=usage.heat_days or 0,
        heat_suspended=int(usage.heat_suspended),
        months_due=usage.months_due,
        charged_through=tally.charged_through,
        free=quote.free,
        free_day=tally.free_day,
        equipment=" ".join(usage.equipment),
        consumed=usage.consumed or 0,
    )


RICH = (
    allowing(fixed_charges=[a_fixed_charge("12.00", months=3) | {"anchor": "account"}]),
    heated(
        days=121,
        coefficients={"low": "0.82"},
        late_opening="by_day",
        season_starts="11-15",
        suspended_share="0.30",
    ),
    stepped(
        seasonal_quota={"from": "11-15", "until": "03-15", "extra": "300", "equipment": "boiler"},
        household={"included_persons": 5, "extra_per_person": "60"},
        part_period={"opening": "prorata"},
        fixed_charges=[a_fixed_charge("12.00")],
    ),
    settling(),
    stepped(cycle={"months": 6, "anchor": "account"}),
)
REPLACED = (
    stepped(),
    stepped(version=2, effective_from="2026-04-15T08:00:00", on_version_change="prorata"),
    allowing(version=3, effective_from="2026-09-01T00:00:00", on_version_change="reset"),
    stepped(version=4, effective_from="2027-03-01T00:00:00", on_version_change="carry"),
)
"""Versions of one tariff: each is in force until the next takes effect."""

histories = st.sampled_from([*((tariff,) for tariff in RICH), REPLACED])


def in_force(history: Sequence[Tariff], at: datetime) -> Tariff:
    return max((t for t in history if t.effective_from <= at), key=lambda t: t.version)


moments = st.integers(
    int(noon("2026-01-02").timestamp()), int(noon("2028-12-30").timestamp())
).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
known_facts = st.builds(
    Facts,
    opened_on=st.dates(date(2025, 1, 1), date(2026, 1, 1)),
    persons=st.one_of(st.none(), st.integers(1, 9)),
    persons_until=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2029, 1, 1))),
    inner_m2=st.integers(1, 200_000).map(Quantity),
    heat_class=st.sampled_from(["", "low"]),
    heat_from=st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2029, 1, 1))),
    suspended=st.sampled_from([(), (2026,), (2025, 2027)]),
    equipment=st.sampled_from([(), ("boiler",)]),
    quota_from=st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2028, 12, 31))),
)
rings = st.lists(st.tuples(st.integers(JANUARY, JANUARY + 36), st.integers(0, 20_000))).map(
    lambda months: Consumption(tuple((m, Quantity(use)) for m, use in dict(months).items()))
)
sales = st.lists(st.tuples(moments, st.integers(46, 3000), rings), min_size=1, max_size=8).map(
    lambda drawn: sorted(drawn, key=lambda sale: sale[0])
)
"""Moments that never fall, how many whole units, and what the meter wrote back."""

Drawn = Sequence[tuple[datetime, int, Consumption]]


def folded(history: Sequence[Tariff], of: Facts, drawn: Drawn, start: Tally = NEW) -> list[Tally]:
    """The tallies of a single node that sees all the sales."""
    tallies = [start]
    for at, units, ring in drawn:
        tariff = in_force(history, at)
        usage = usage_at(tariff, of, tallies[-1], quantum=TENTH, at=at, consumption=ring)
        quote = quote_for_quantity(tariff, usage, Quantity(units * 1000))
        tallies.append(tally_after(tariff, of, tallies[-1], usage, quote, at))
    return tallies


@given(st.sampled_from(RICH), known_facts, sales)
def test_a_claim_is_priced_as_the_node_priced_it(tariff: Tariff, of: Facts, drawn: Drawn) -> None:
    tally = NEW
    for at, units, ring in drawn:
        usage = usage_at(tariff, of, tally, quantum=TENTH, at=at, consumption=ring)
        quote = quote_for_quantity(tariff, usage, Quantity(units * 1000))
        tally = tally_after(tariff, of, tally, usage, quote, at)
        year = tally.heating_year if not usage.heating_year_paid else 0
        claim = claimed(usage, tally, quote, year)

        holders = of.quota_from is not None
        again = usage_claimed(tariff, claim, at, opened_on=of.opened_on, holders=holders)

        assert Charges(tariff, again).lines(quote.quantity) == quote.lines
        assert Charges(tariff, again).settled(quote.quantity) == quote.settled


def test_a_claim_has_the_fields_of_the_journals_record() -> None:
    neutral = Claim()

    for name in Claim.__dataclass_fields__:
        assert name in Intent.__dataclass_fields__
    assert usage_claimed(stepped(), neutral, noon("2026-03-01")) == Usage(
        used=Quantity(0),
        quantum=Quantity(1),
        month=JANUARY + 2,
        on=date(2026, 3, 1),
        period="2026",
    )


def test_a_claim_cannot_be_priced_where_the_unknown_opening_sets_the_period() -> None:
    tariff = stepped(cycle={"months": 12, "anchor": "account"})

    with pytest.raises(OpeningUnknown):
        usage_claimed(tariff, Claim(), noon("2026-03-01"))


# The truth that node and headquarters share


@given(histories, known_facts, sales, st.data())
def test_cards_and_journals_together_say_what_a_single_node_would_know(
    history: Sequence[Tariff], of: Facts, drawn: Drawn, data: st.DataObject
) -> None:
    """Each sale goes to a slot that only learns of its own; joining them loses nothing."""
    slots = [NEW, NEW, NEW]
    single = NEW
    for (at, units, ring), truth in zip(drawn, folded(history, of, drawn)[1:], strict=True):
        tariff = in_force(history, at)
        known = together(tariff, of, data.draw(st.permutations(slots)), at)
        assert usage_at(tariff, of, known, quantum=TENTH, at=at) == usage_at(
            tariff, of, single, quantum=TENTH, at=at
        )
        usage = usage_at(tariff, of, known, quantum=TENTH, at=at, consumption=ring)
        quote = quote_for_quantity(tariff, usage, Quantity(units * 1000))
        slot = data.draw(st.integers(0, 2))
        slots[slot] = tally_after(tariff, of, known, usage, quote, at)
        single = truth
        assert together(tariff, of, slots, at) == truth
        assert slots[slot] == truth


@given(histories, known_facts, sales, st.integers(0, 8))
def test_a_fold_may_stop_anywhere_and_go_on_from_its_tally(
    history: Sequence[Tariff], of: Facts, drawn: Drawn, cut: int
) -> None:
    whole = folded(history, of, drawn)
    cut = min(cut, len(drawn))

    assert (
        folded(history, of, drawn[:cut]) + folded(history, of, drawn[cut:], whole[cut])[1:]
        == whole
    )


@given(
    histories,
    known_facts,
    st.permutations(range(5)).flatmap(
        lambda order: st.tuples(st.just(order), st.lists(moments, min_size=5, max_size=5))
    ),
)
def test_no_part_of_a_tally_goes_back_whatever_the_clocks_say(
    history: Sequence[Tariff], of: Facts, drawn: tuple[list[int], list[datetime]]
) -> None:
    order, times = drawn
    ring = Consumption(())
    tallies = folded(history, of, [(times[i], 50 + i, ring) for i in order])

    for before, now in pairwise(tallies):
        assert now.newest(before) == now


periods = st.sampled_from(["", "2026", "2027", "2026-04", "2026-11", "20260415", "20261101", "x"])
tallies = st.builds(
    Tally,
    period=periods,
    counted=st.integers(0, 9).map(Quantity),
    heating_year=st.integers(0, 9),
    charged_through=st.integers(0, 9),
    free_day=st.integers(0, 9),
)


@given(tallies, tallies, tallies)
def test_the_newest_tally_does_not_depend_on_the_order_of_joining(
    a: Tally, b: Tally, c: Tally
) -> None:
    assert a.newest(b) == b.newest(a)
    assert a.newest(b).newest(c) == a.newest(b.newest(c))
    assert a.newest(a) == a
    assert NEW.newest(a) == a


@given(st.lists(tallies, max_size=4), moments, st.sampled_from(RICH), known_facts)
def test_tallies_together_do_not_depend_on_their_order(
    several: list[Tally], at: datetime, tariff: Tariff, of: Facts
) -> None:
    joined = together(tariff, of, several, at)

    assert joined == together(tariff, of, [*reversed(several), joined], at)
    assert usage_at(tariff, of, joined, quantum=TENTH, at=at).used >= 0


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("", "2026"),
        ("2026", "2027"),
        ("2026-09", "2026-10"),
        ("2026", "20260415"),
        ("20260415", "2027"),
        ("20260415", "2026-10"),
        ("2026-04", "20260415"),
        ("not a period", "2026"),
    ],
)
def test_of_two_periods_the_one_that_starts_later_is_newer(earlier: str, later: str) -> None:
    old, new = Tally(earlier, q("500")), Tally(later, q("1"))

    assert old.newest(new) == new.newest(old) == new


def test_days_and_months_are_counted_as_the_card_counts_them() -> None:
    assert month_of(date(2026, 3, 31)) == 2026 * 12 + 2
    assert free_day_of(date(2000, 1, 2)) == 1
    assert free_day_of(date(1999, 1, 1)) == 0
    assert day_of_free(free_day_of(date(2026, 11, 23))) == date(2026, 11, 23)
    assert noon("2026-03-01") - timedelta(hours=4) == datetime(2026, 3, 1, tzinfo=UTC)
