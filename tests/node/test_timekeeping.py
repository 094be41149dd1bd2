"""The node's time: held up by what is known to have passed, never for ever by a mistake."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from node_world import START
from yika_common.clock import to_timestamp
from yika_node.services.timekeeping import LATEST, LEAP_S, TrustedClock, believable

NOW = to_timestamp(START)
times = st.integers(0, 2**32 - 1)


@given(times, times, times)
def test_time_is_never_before_the_wall_clock_or_headquarters(
    now: int, last: int, headquarters: int
) -> None:
    assert believable(now, last, headquarters) >= max(now, headquarters)


def test_a_clock_set_back_is_held_at_the_last_record() -> None:
    assert believable(NOW - 3600, NOW, 0) == NOW


def test_a_clock_that_lost_its_battery_is_held_at_headquarters_time() -> None:
    assert believable(0, 0, NOW) == NOW


def test_a_record_from_far_ahead_holds_nothing_up() -> None:
    assert believable(NOW, NOW + LEAP_S + 1, 0) == NOW


@given(st.datetimes(timezones=st.just(UTC)), times)
def test_whatever_the_clock_shows_fits_a_card(shown: datetime, headquarters: int) -> None:
    clock = TrustedClock(lambda: shown)
    clock.headquarters_said(headquarters)
    assert 0 <= to_timestamp(clock()) <= LATEST


def test_a_process_never_sees_time_run_backwards() -> None:
    wall = START
    clock = TrustedClock(lambda: wall)
    assert clock() == START
    wall = START - timedelta(hours=3)
    assert clock() == START
    wall = START + timedelta(hours=1)
    assert clock() == wall
