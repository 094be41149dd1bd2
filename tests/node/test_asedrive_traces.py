"""The production driver says what Athena's driver said, byte for byte, and reads its answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from asedrive_builders import AseDriveReader, TracePlayer
from wire_traces import read_trace
from yika_common.cards.application import AID, open_fci
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.readers.port import MemoryKind
from yika_node.hardware.errors import ReaderSilent

RECORD = bytes(range(0x40, 0x68))


@contextmanager
def recorded(folder: Path, name: str) -> Iterator[AseDriveReader]:
    """The driver on a port where the trace is played; every command must be in it."""
    player = TracePlayer(folder / "port", read_trace(name))
    driver = AseDriveReader(folder / "port")
    try:
        yield driver
        assert player.strange == []
    finally:
        driver.close()
        player.close()


def test_a_cpu_card_is_powered_and_selected_as_athena_does(tmp_path: Path) -> None:
    select = bytes([0x00, 0xA4, 0x04, 0x00, len(AID)]) + AID
    with recorded(tmp_path, "asedrive-cpu.trace") as driver:
        connection = driver.apdu()
        assert connection.atr == USER_CARD_ATR
        answer = connection.transmit(select)
        assert open_fci(answer[:-2]).serial == b"CHIP0001"


@pytest.mark.parametrize(
    ("kind", "place"), [(MemoryKind.SLE4442, 0x40), (MemoryKind.SLE4428, 0x140)]
)
def test_a_chip_is_read_written_and_shown_its_code_as_athena_does(
    tmp_path: Path, kind: MemoryKind, place: int
) -> None:
    size = kind.facts.code_size
    with recorded(tmp_path, f"asedrive-{kind.name.lower()}.trace") as driver:
        chip = driver.chip()
        assert chip.kind is kind
        assert chip.read(0, 32)[:4] == kind.facts.atr
        assert not chip.present(bytes(size))
        assert chip.present(b"\xff" * size)
        chip.write(place, RECORD)
        assert chip.read(place, len(RECORD)) == RECORD
        chip.change_code(0, bytes(range(1, size + 1)))
        assert chip.present(bytes(range(1, size + 1)))


def test_a_command_that_athena_never_sent_is_noticed(tmp_path: Path) -> None:
    """The control: without it the tests above would prove nothing."""
    with (
        pytest.raises(AssertionError, match="more items"),
        recorded(tmp_path, "asedrive-sle4442.trace") as driver,
        pytest.raises(ReaderSilent),
    ):
        driver.chip().read(1, 2)
