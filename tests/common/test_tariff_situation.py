"""Facts and tallies: what a price rests on, at a node and at headquarters alike."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from situation_builders import (
    JANUARY,
    NEW,
    TENTH,
    after,
    allowing,
    at_noon,
    facts,
    heated,
    noon,
    q,
    stepped,
)
from tariff_builders import a_fixed_charge, moment
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Facts, Sold, Tally, day_of_free, free_day_of
from yika_common.tariffs.situation import usage_at
from yika_common.tariffs.usage import OwnLimits, Usage

SHANGHAI = ZoneInfo("Asia/Shanghai")


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
