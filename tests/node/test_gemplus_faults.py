"""What the driver does when line, reader or port fail: each ends, in time, in one sentence."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gemplus_builders import gemplus
from reader_builders import OK, QUICK, QUICK_ATR, EchoCard, command
from yika_common.cards.errors import CardMute
from yika_common.errors import YikaError
from yika_common.readers import gemplus as wire
from yika_common.simulated.firmware import Disturbance
from yika_node.hardware.errors import PortMissing, ReaderGarbled, ReaderSilent, ReaderUnplugged
from yika_node.hardware.gemplus_link import GemplusLink

REPAIRED = [kind for kind in Disturbance if kind is not Disturbance.PARITY]
EVERY_MISHAP = pytest.mark.parametrize("kind", REPAIRED)
APDU = command(bytes(range(200)), write=True)
LONG = command(bytes(range(255)), write=True)


@contextmanager
def ends_within(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds


@EVERY_MISHAP
@pytest.mark.parametrize("apdu", [APDU, LONG], ids=["one block", "two blocks"])
def test_one_mishap_in_an_exchange_is_repaired_and_the_command_executed_once(
    tmp_path: Path, kind: Disturbance, apdu: bytes
) -> None:
    card = EchoCard(QUICK_ATR)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            simulated.disturb(kind)
            assert connection.transmit(apdu) == apdu[5:] + OK
            assert connection.transmit(command(b"after")) == b"after" + OK
    assert card.seen == [apdu, command(b"after")]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(REPAIRED), min_size=2, max_size=6))
def test_however_mishaps_follow_each_other_no_command_is_executed_twice(
    tmp_path: Path, mishaps: list[Disturbance]
) -> None:
    """What is answered was executed once, what is not answered at most once."""
    card = EchoCard(QUICK_ATR)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            for kind in mishaps:
                simulated.disturb(kind)
            try:
                answer = connection.transmit(APDU)
            except YikaError:
                answer = b""
    assert card.seen.count(APDU) == 1 if answer else card.seen.count(APDU) <= 1
    assert answer in (b"", APDU[5:] + OK)


def test_a_driver_that_repeats_after_a_restart_executes_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: Gemplus' own driver does so; the test above would see it."""

    def repeats(self: GemplusLink, data: bytes, *, wait_s: float, until: float) -> bytes:
        return self.command(data, wait_s=wait_s)

    monkeypatch.setattr(GemplusLink, "once", repeats)
    card = EchoCard(QUICK_ATR)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            simulated.disturb(Disturbance.LOST_ANSWER, 4)
            assert connection.transmit(APDU) == APDU[5:] + OK
    assert card.seen == [APDU, APDU]


def test_a_card_that_the_reader_could_not_read_is_not_asked_again(tmp_path: Path) -> None:
    card = EchoCard(QUICK_ATR)
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(card)
        with driver.connect() as connection:
            simulated.disturb(Disturbance.PARITY)
            with pytest.raises(CardMute):
                connection.transmit(APDU)
            with pytest.raises(CardMute):
                connection.transmit(APDU)
    assert card.seen == [APDU]


@EVERY_MISHAP
def test_one_mishap_is_repaired_while_opening_polling_and_powering_up(
    tmp_path: Path, kind: Disturbance
) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        simulated.disturb(kind)
        assert driver.card_present() is False
        simulated.disturb(kind)
        assert driver.card_present() is False
        simulated.insert(EchoCard(QUICK_ATR))
        simulated.disturb(kind)
        with driver.connect() as connection:
            assert connection.transmit(command(b"x")) == b"x" + OK


def test_a_wrong_edc_is_refused_and_an_unchecked_one_would_be_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without the check the driver believes the very same spoilt blocks."""

    def present_with_spoilt_answers() -> bool:
        with gemplus(tmp_path) as (simulated, driver):
            driver.card_present()
            simulated.insert(EchoCard())
            simulated.disturb(Disturbance.BAD_LRC, 100)
            return driver.card_present()

    with pytest.raises(ReaderGarbled):
        present_with_spoilt_answers()
    monkeypatch.setattr(wire, "checksum", lambda data: 0)
    assert present_with_spoilt_answers()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        pytest.param(Disturbance.SILENCE, ReaderSilent, id="silent"),
        pytest.param(Disturbance.LOST_ANSWER, ReaderSilent, id="all answers lost"),
        pytest.param(Disturbance.BAD_LRC, ReaderGarbled, id="all answers spoilt"),
        pytest.param(Disturbance.CUT, ReaderGarbled, id="all answers cut"),
        pytest.param(Disturbance.NAK, ReaderGarbled, id="all commands refused"),
    ],
)
def test_a_reader_that_stays_ill_is_named_in_time_and_works_when_it_is_well(
    tmp_path: Path, kind: Disturbance, error: type[YikaError]
) -> None:
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(QUICK_ATR))
        connection = driver.connect()
        simulated.disturb(kind, 500)
        with ends_within(3 * QUICK.operation_s), pytest.raises(error):
            connection.transmit(command(b"x"))
        with ends_within(6 * QUICK.operation_s), pytest.raises(error):
            driver.card_present()
        simulated.calm()
        with pytest.raises(error):
            connection.transmit(command(b"the connection stays broken"))
        with driver.connect() as fresh:
            assert fresh.transmit(command(b"x")) == b"x" + OK


def test_an_unplugged_reader_is_missed_and_works_again_when_it_returns(tmp_path: Path) -> None:
    """It returns at the speed it has when it is powered, not at the one it was left at."""
    with gemplus(tmp_path) as (simulated, driver):
        simulated.insert(EchoCard(QUICK_ATR))
        connection = driver.connect()
        simulated.unplug()
        with ends_within(QUICK.operation_s), pytest.raises(ReaderUnplugged):
            connection.transmit(command(b"x"))
        with ends_within(QUICK.operation_s), pytest.raises(PortMissing):
            driver.card_present()
        simulated.plug()
        assert driver.card_present()
        with pytest.raises(ReaderUnplugged):
            connection.transmit(command(b"x"))
        with driver.connect() as fresh:
            assert fresh.transmit(command(b"x")) == b"x" + OK
        assert driver.describe().baud == 76_800
