"""The production driver says what Gemplus' driver said, and reads the answers that it got."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gemplus_builders import GemplusReader, TracePlayer
from reader_builders import OK, command
from wire_traces import read_trace
from yika_common.cards.application import AID, open_fci
from yika_common.cards.errors import CardMute
from yika_common.readers.gemplus_commands import set_line
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_node.hardware import gemplus_speed

SPEEDS_OF_GEMPLUS = {9_600: 0x04, 38_400: 0x02}
"""That driver knows no others, and its traces hold no other order."""


@contextmanager
def recorded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *names: str
) -> Iterator[tuple[GemplusReader, TracePlayer]]:
    """The driver on a port where the traces are played; every command must be in them."""
    monkeypatch.setattr(gemplus_speed, "SPEED_CODES", SPEEDS_OF_GEMPLUS)
    trace = [run for name in names for run in read_trace(f"gemplus-{name}.trace")]
    player = TracePlayer(folder / "port", trace)
    driver = GemplusReader(folder / "port")
    try:
        yield driver, player
        assert player.strange == []
    finally:
        driver.close()
        player.close()


def test_it_starts_and_raises_the_speed_as_gemplus_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded(tmp_path, monkeypatch, "open", "cpu") as (driver, player):
        described = driver.describe()
        assert (described.baud, described.firmware) == (38_400, "GemCore-R1.21-YK")
        assert player.speeds[set_line(38_400)] == 9_600
        assert player.speeds[b"\x17"] == 38_400


def test_a_card_is_powered_and_selected_as_gemplus_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    select = bytes([0x00, 0xA4, 0x04, 0x00, len(AID)]) + AID
    with recorded(tmp_path, monkeypatch, "open", "cpu") as (driver, _):
        with driver.connect() as connection:
            assert connection.atr == USER_CARD_ATR
            assert open_fci(connection.transmit(select)[:-2]).serial == b"CHIP0001"
        assert driver.card_present()


def test_what_does_not_fit_a_block_goes_and_comes_as_gemplus_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apdu = command(bytes(range(255))) + b"\0"
    with recorded(tmp_path, monkeypatch, "open", "cpu", "long") as (driver, _):
        assert driver.connect().transmit(apdu) == apdu[5:] + OK


def test_a_command_that_gemplus_never_sent_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without it the tests above would prove nothing."""
    with (
        pytest.raises(AssertionError, match="Left contains"),
        recorded(tmp_path, monkeypatch, "open", "cpu") as (driver, _),
        pytest.raises(CardMute),
    ):
        driver.connect().transmit(command(b"x"))
