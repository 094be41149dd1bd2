"""What a purchase counts in: its period, a version's part of it, another holder's quota."""

from datetime import date

from situation_builders import JANUARY, NEW, TENTH, after, at_noon, facts, noon, q, stepped
from tariff_builders import moment
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Claim, Consumption, Tally
from yika_common.tariffs.situation import together, usage_at, usage_claimed

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
