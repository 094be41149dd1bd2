"""Quota periods and heating years, at their edges and in the utility's own time."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import a_component, a_tariff, heat_keys, moment
from yika_common.tariffs.errors import OpeningUnknown
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import Period, heating_year_of, period_of


def with_cycle(months: int, anchor: str = "01-01", time_zone: str = "Asia/Shanghai") -> Tariff:
    return a_tariff(cycle={"months": months, "anchor": anchor}, time_zone=time_zone)


def in_month(month: int) -> datetime:
    return datetime(2026, month, 15, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize(
    ("months", "starts"),
    [
        pytest.param(1, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], id="months"),
        pytest.param(3, [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10], id="quarters"),
        pytest.param(6, [1, 1, 1, 1, 1, 1, 7, 7, 7, 7, 7, 7], id="half years"),
    ],
)
def test_a_month_lies_in_the_period_of_the_calendar(
    month: int, months: int, starts: list[int]
) -> None:
    assert period_of(with_cycle(months), in_month(month)).id == f"2026-{starts[month - 1]:02}"


def test_the_widely_copied_formula_would_fail_those_periods() -> None:
    """Negative control: rounding the quotient puts March into the second quarter."""
    assert round(3 / 3) * 3 + 1 == 4
    assert period_of(with_cycle(3), in_month(3)).id == "2026-01"


def test_a_year_is_the_utility_s_year() -> None:
    assert period_of(with_cycle(12), in_month(5)) == Period(
        id="2026",
        start=datetime(2025, 12, 31, 16, tzinfo=UTC),
        end=datetime(2026, 12, 31, 16, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("at", "period"),
    [
        ("2025-12-31T23:59:59+08:00", "2025"),
        ("2026-01-01T00:00:00+08:00", "2026"),
        ("2025-12-31T16:00:00+00:00", "2026"),
    ],
)
def test_a_period_begins_at_its_first_second_in_the_utility_s_time(at: str, period: str) -> None:
    assert period_of(with_cycle(12), moment(at)).id == period


@pytest.mark.parametrize(
    ("months", "anchor", "at", "period"),
    [
        pytest.param(12, "07-01", "2026-06-30T23:59:59+08:00", "2025-07", id="before the anchor"),
        pytest.param(12, "07-01", "2026-07-01T00:00:00+08:00", "2026-07", id="at the anchor"),
        pytest.param(3, "02-15", "2026-02-14T12:00:00+08:00", "2025-11", id="over the new year"),
        pytest.param(3, "02-15", "2026-05-14T12:00:00+08:00", "2026-02", id="day before"),
        pytest.param(3, "02-15", "2026-05-15T12:00:00+08:00", "2026-05", id="the day"),
        pytest.param(
            6, "04-01", "2026-03-31T12:00:00+08:00", "2025-10", id="half years from April"
        ),
        pytest.param(
            1, "01-28", "2026-02-27T12:00:00+08:00", "2026-01", id="months from the 28th"
        ),
    ],
)
def test_the_anchor_is_honoured(months: int, anchor: str, at: str, period: str) -> None:
    assert period_of(with_cycle(months, anchor), moment(at)).id == period


def test_a_midnight_that_clocks_skip_still_begins_a_period() -> None:
    tariff = with_cycle(1, "01-08", "America/Santiago")  # 2024-09-08 began at 01:00
    period = period_of(tariff, moment("2024-09-08T01:00:00-03:00"))
    assert period.id == "2024-09"
    assert period.start == datetime(2024, 9, 8, 4, tzinfo=UTC)


@given(
    st.sampled_from([1, 3, 6, 12]),
    st.dates().map(lambda day: f"{day.month:02}-{min(day.day, 28):02}"),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/Santiago", "Africa/Cairo"]),
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_periods_cover_all_time_without_gap_or_overlap(
    months: int, anchor: str, time_zone: str, at: datetime
) -> None:
    tariff = with_cycle(months, anchor, time_zone)
    period = period_of(tariff, at)
    assert period.start <= at < period.end
    assert period_of(tariff, period.start) == period
    assert period_of(tariff, period.end).start == period.end
    assert period_of(tariff, period.end).id != period.id
    assert period_of(tariff, period.end - timedelta(seconds=1)) == period


@pytest.mark.parametrize(
    ("at", "year"),
    [
        ("2026-06-30T23:59:59+08:00", 2025),
        ("2026-07-01T00:00:00+08:00", 2026),
        ("2027-01-15T00:00:00+08:00", 2026),
    ],
)
def test_a_heating_year_is_named_for_the_year_it_starts_in(at: str, year: int) -> None:
    assert heating_year_of(a_tariff(**heat_keys()), moment(at)) == year


def test_a_tariff_without_basic_fee_has_no_heating_years() -> None:
    with pytest.raises(ValueError, match="no heating years"):
        heating_year_of(a_tariff(), in_month(1))


def by_account(months: int, **more: object) -> Tariff:
    return a_tariff(cycle={"months": months, "anchor": "account"}, **more)


@pytest.mark.parametrize(
    ("months", "opened_on", "at", "period", "start"),
    [
        pytest.param(1, "2025-05-10", "2026-03-09T23:59:59", "2026-02", "2026-02-10", id="before"),
        pytest.param(
            1, "2025-05-10", "2026-03-10T00:00:00", "2026-03", "2026-03-10", id="the day"
        ),
        pytest.param(
            3, "2025-05-10", "2026-04-30T12:00:00", "2026-02", "2026-02-10", id="quarter"
        ),
        pytest.param(12, "2025-01-10", "2026-03-10T00:00:00", "2026-01", "2026-01-10", id="year"),
        pytest.param(
            1, "2025-05-31", "2026-02-28T00:00:00", "2026-02", "2026-02-28", id="a short month"
        ),
        pytest.param(
            1, "2025-05-31", "2026-02-27T23:59:59", "2026-01", "2026-01-31", id="and before it"
        ),
        pytest.param(
            12, "2024-02-29", "2026-02-28T00:00:00", "2026-02", "2026-02-28", id="a leap day"
        ),
        pytest.param(
            12, "2024-02-29", "2028-02-28T12:00:00", "2027-02", "2027-02-28", id="in a leap year"
        ),
    ],
)
def test_periods_can_begin_with_the_account(
    months: int, opened_on: str, at: str, period: str, start: str
) -> None:
    found = period_of(by_account(months), moment(f"{at}+08:00"), date.fromisoformat(opened_on))
    assert found.id == period
    assert found.start == moment(f"{start}T00:00:00+08:00")
    assert found.part_days is None


def test_periods_that_begin_with_the_account_need_its_opening() -> None:
    with pytest.raises(OpeningUnknown):
        period_of(by_account(1), in_month(3))


PART = {"opening": "prorata", "unit": "0.01"}
STEPS = [a_component(["180", "260"], ["5", "7", "9"])]


@pytest.mark.parametrize(
    ("opened_on", "part_days"),
    [
        pytest.param(date(2026, 8, 1), (153, 365), id="the first of August"),
        pytest.param(date(2026, 12, 31), (1, 365), id="the last day"),
        pytest.param(date(2026, 1, 1), None, id="the first day"),
        pytest.param(date(2025, 8, 1), None, id="an earlier year"),
        pytest.param(date(2027, 8, 1), None, id="a later year"),
        pytest.param(None, None, id="unknown"),
    ],
)
def test_an_opening_within_a_period_counts_the_days_that_are_left(
    opened_on: date | None, part_days: tuple[int, int] | None
) -> None:
    tariff = a_tariff(components=STEPS, part_period=PART)
    period = period_of(tariff, in_month(9), opened_on)
    assert (period.id, period.part_days) == ("2026", part_days)
    assert period_of(a_tariff(), in_month(9), opened_on).part_days is None


def changed(mode: str, effective_from: str = "2026-10-01T00:00:00", **more: Any) -> Tariff:
    return a_tariff(
        version=2, on_version_change=mode, effective_from=effective_from, components=STEPS, **more
    )


def test_a_version_that_carries_leaves_the_period_alone() -> None:
    assert period_of(changed("carry"), in_month(11)) == period_of(a_tariff(), in_month(11))


@pytest.mark.parametrize(("mode", "part_days"), [("reset", None), ("prorata", (92, 365))])
def test_a_version_within_a_period_can_begin_a_part_period(
    mode: str, part_days: tuple[int, int] | None
) -> None:
    tariff = changed(mode)
    whole = period_of(a_tariff(), in_month(11))
    assert period_of(tariff, in_month(11)) == Period(
        "20261001", moment("2026-10-01T00:00:00+08:00"), whole.end, part_days
    )
    assert period_of(tariff, moment("2026-10-01T00:00:00+08:00")).id == "20261001"
    assert period_of(tariff, moment("2026-09-30T23:59:59+08:00")).id == "2026"
    assert period_of(tariff, moment("2027-01-01T00:00:00+08:00")).id == "2027"


@pytest.mark.parametrize("mode", ["reset", "prorata"])
def test_a_first_version_and_one_that_begins_with_a_period_are_whole(mode: str) -> None:
    first = a_tariff(on_version_change=mode, effective_from="2026-10-01T00:00:00")
    assert period_of(first, in_month(11)).id == "2026"
    punctual = period_of(changed(mode, "2026-01-01T00:00:00"), in_month(11))
    assert (punctual.id, punctual.part_days) == ("2026", None)


def test_a_part_day_counts_whole() -> None:
    noon = period_of(
        changed("prorata", "2026-12-31T12:00:00"), moment("2026-12-31T13:00:00+08:00")
    )
    assert (noon.id, noon.part_days) == ("20261231", (1, 365))


def test_the_later_of_opening_and_version_counts() -> None:
    tariff = changed("prorata", part_period=PART)
    for opened_on, days in ((date(2026, 8, 1), 92), (date(2026, 11, 1), 61)):
        assert period_of(tariff, in_month(12), opened_on).part_days == (days, 365)


@given(
    st.sampled_from([1, 3, 6, 12]),
    st.dates(date(1990, 1, 1), date(2089, 12, 31)),
    st.sampled_from(["carry", "reset", "prorata"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_account_and_part_periods_cover_all_time_too(
    months: int, opened_on: date, mode: str, effective: datetime, at: datetime
) -> None:
    tariff = by_account(
        months, version=2, on_version_change=mode, effective_from=f"{effective:%Y-%m-%dT%H:%M:%S}"
    )
    period = period_of(tariff, at, opened_on)
    assert period.start <= at < period.end
    after = period_of(tariff, period.end, opened_on)
    assert after.start == period.end
    assert after.id != period.id
    begins = tariff.effective_from
    if period.start < begins <= at or at < begins < period.end:
        assert mode == "carry" or at < begins
    if period.part_days is not None:
        assert mode == "prorata"
        assert 1 <= period.part_days[0] < period.part_days[1] <= 366
