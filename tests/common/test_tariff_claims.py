"""A node's claims are priced as it priced them, and tallies come together in any order."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from situation_builders import JANUARY, NEW, TENTH, allowing, heated, noon, q, settling, stepped
from tariff_builders import a_fixed_charge
from yika_common.journal.bodies import Intent
from yika_common.numbers import Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.errors import OpeningUnknown
from yika_common.tariffs.facts import (
    Claim,
    Consumption,
    Facts,
    Tally,
    day_of_free,
    free_day_of,
    month_of,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Quote, quote_for_quantity
from yika_common.tariffs.situation import tally_after, together, usage_at, usage_claimed
from yika_common.tariffs.usage import Usage

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
