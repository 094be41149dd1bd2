"""Quota periods and heating years, at their edges and in the utility's own time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import a_tariff, heat_keys, moment
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
