"""A simulated reader with a pace takes the time of line, contact and chip, and no more."""

import pytest

from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.simulated.pace import CLOCK_HZ, Pace, Speeds


class Clock:
    """A clock that only sleeping moves, and that oversleeps."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 100.0
        self._late = late

    def sleep(self, seconds: float) -> None:
        self.now += seconds + self._late

    def monotonic(self) -> float:
        return self.now


def paced(clock: Clock, speeds: Speeds | None = None) -> Pace:
    return Pace(speeds or Speeds(), clock.sleep, clock.monotonic)


def test_a_byte_has_eleven_bits_on_the_line() -> None:
    clock = Clock()
    paced(clock, Speeds(baud=1_200)).line(1_200)
    assert clock.now == pytest.approx(100 + 11)


def test_an_answer_to_reset_comes_at_372_clocks_a_bit() -> None:
    clock = Clock()
    paced(clock).reset(USER_CARD_ATR)
    clocks = 400 + len(USER_CARD_ATR) * 11 * 372
    assert clock.now == pytest.approx(100 + clocks / CLOCK_HZ)


def test_the_contact_is_as_fast_as_was_agreed() -> None:
    """TA1 11: 372 clocks an etu; TA1 96: 512 / 32.  Eleven etu a byte, 22 after a block."""
    clock = Clock()
    pace = paced(clock)
    pace.contact(10, 20)
    assert clock.now == pytest.approx(100 + (30 * 11 + 44) * 372 / CLOCK_HZ)
    begin = clock.now
    pace.agreed(0x96)
    pace.contact(10, 20)
    assert clock.now == pytest.approx(begin + (30 * 11 + 44) * 16 / CLOCK_HZ)


def test_the_chip_takes_a_time_for_each_page_begun() -> None:
    clock = Clock()
    pace = paced(clock, Speeds(command_s=0.25, page_s=1.0))
    for written, taken in ((0, 0.25), (1, 1.25), (64, 1.25), (65, 2.25)):
        begin = clock.now
        pace.chip(written)
        assert clock.now == pytest.approx(begin + taken)


def test_what_was_overslept_is_taken_off_the_next_step() -> None:
    clock = Clock(late=0.001)
    pace = paced(clock, Speeds(baud=1_100))
    slept = 0.0
    for _ in range(50):
        before = clock.now
        pace.line(1)
        slept += clock.now - before
    assert slept == pytest.approx(50 * 0.01 + 0.001)


def test_a_pause_of_the_program_is_not_made_up_for() -> None:
    clock = Clock()
    pace = paced(clock, Speeds(baud=1_100))
    pace.line(1)
    clock.now += 60
    begin = clock.now
    pace.line(1)
    assert clock.now == pytest.approx(begin + 0.01)
