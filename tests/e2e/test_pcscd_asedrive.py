"""Debian's pcscd and Athena's driver, which know nothing of us, use the simulated ASEDrive.

What went over the line is compared with the traces in ``tests/vectors/readers``, recorded from
this driver; our own driver is tested against those.  A trace is the reader's start and the last
power-up of the card with everything after it, but without the polling (``16``), which comes as it
likes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from card_builders import ChipMemory
from memory_builders import ChipStoreInMemory, whole_byte_flickers
from pcsc_daemon import ATHENA, PcscDaemon, pcsc_daemon, until
from wire_traces import Trace, joined, read_trace, trace_text
from yika_common.cards.application import AID
from yika_common.infra.entropy import system_random
from yika_common.readers.asedrive import Command, command_frame
from yika_common.readers.asedrive_data import CardParameters
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.readers.port import MemoryKind
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.memory_chip import SimulatedChip, new_content
from yika_common.simulated.reader import Direction, SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive

pytestmark = pytest.mark.pcsc

POLLS_S = 15.0
SELECT = bytes([0x00, 0xA4, 0x04, 0x00, len(AID)]) + AID
POWER_UP = command_frame(Command.PARAMETERS, CardParameters().data)
LEFT_OUT = (command_frame(Command.STATUS), command_frame(Command.POWER_OFF))

OK = b"\x90\x00"
RECORD = bytes(range(0x40, 0x68))
SLE4442 = (
    bytes.fromhex("00B0000020"),
    bytes.fromhex("0020000003000000"),
    bytes.fromhex("0020000003FFFFFF"),
    b"\x00\xd6\x00\x40" + bytes([len(RECORD)]) + RECORD,
    b"\x00\xb0\x00\x40" + bytes([len(RECORD)]),
    bytes.fromhex("0024000006FFFFFF010203"),
    bytes.fromhex("0020000003010203"),
)
FACTORY = "4604151CFFFFFFFFFFFFFFFFFFFFFFFFFFD27600000400FFFFFFFFFF"
SLE4442_ANSWERS = [
    bytes.fromhex("A2131091" + FACTORY) + OK,
    bytes.fromhex("63C2"),
    OK,
    OK,
    RECORD + OK,
    OK,
    OK,
]
SLE4428 = (
    bytes.fromhex("00B0000020"),
    bytes.fromhex("00200000020000"),
    bytes.fromhex("0020000002FFFF"),
    b"\x00\xd6\x01\x40" + bytes([len(RECORD)]) + RECORD,
    b"\x00\xb0\x01\x40" + bytes([len(RECORD)]),
    bytes.fromhex("0024000004FFFF0102"),
    bytes.fromhex("00200000020102"),
)
SLE4428_ANSWERS = [
    bytes.fromhex("92231091" + FACTORY) + OK,
    bytes.fromhex("63C7"),
    OK,
    OK,
    RECORD + OK,
    OK,
    OK,
]


class Watched:
    """A simulated ASEDrive whose line is written down, used by pcscd."""

    def __init__(self, folder: Path) -> None:
        self.trace: Trace = []
        self.reader = SimulatedReader(folder / "port", firmware=AseDrive, on_line=self._note)

    def _note(self, way: Direction, data: bytes) -> None:
        self.trace.append((way, data))

    def last_use(self) -> Trace:
        """The reader's start, and what was done with the card since it was last powered up."""
        runs = iter(joined(self.trace))
        exchanges = [(sent, answer) for (_, sent), (_, answer) in zip(runs, runs, strict=False)]
        begun = max(at for at, (sent, _) in enumerate(exchanges) if sent == POWER_UP)
        kept = [exchanges[0], *(pair for pair in exchanges[begun:] if pair[0] not in LEFT_OUT)]
        ways = (Direction.TO_READER, Direction.FROM_READER)
        return [run for pair in kept for run in zip(ways, pair, strict=True)]


@contextmanager
def athena(
    folder: Path, card: UserCardIcc | SimulatedChip
) -> Iterator[tuple[PcscDaemon, Watched]]:
    watched = Watched(folder)
    with watched.reader as reader:
        reader.insert(card)
        with pcsc_daemon(folder, reader.link, ATHENA) as daemon:
            assert until(daemon.card_is_listed, POLLS_S)
            yield daemon, watched


def chip(kind: MemoryKind) -> SimulatedChip:
    return SimulatedChip(ChipStoreInMemory(new_content(kind)), whole_byte_flickers())


def test_it_selects_the_application_of_a_cpu_card(tmp_path: Path) -> None:
    card = UserCardIcc(ChipMemory(blank_memory(b"CHIP0001")), system_random)
    with athena(tmp_path, card) as (daemon, watched):
        assert daemon.opensc("--reader", "0", "--atr").stdout.strip() == USER_CARD_ATR.hex(":")
        done = daemon.opensc("-r", "0", "--card-driver", "default", "-s", SELECT.hex(":"))
        assert "SW1=0x90, SW2=0x00" in done.stdout
        assert trace_text(watched.last_use()) == trace_text(read_trace("asedrive-cpu.trace"))


def test_it_reads_writes_and_presents_the_code_to_an_sle4442(tmp_path: Path) -> None:
    with athena(tmp_path, chip(MemoryKind.SLE4442)) as (daemon, watched):
        assert daemon.control(*SLE4442) == SLE4442_ANSWERS
        assert trace_text(watched.last_use()) == trace_text(read_trace("asedrive-sle4442.trace"))


def test_it_reads_writes_and_presents_the_code_to_an_sle4428(tmp_path: Path) -> None:
    with athena(tmp_path, chip(MemoryKind.SLE4428)) as (daemon, watched):
        assert daemon.control(*SLE4428) == SLE4428_ANSWERS
        assert trace_text(watched.last_use()) == trace_text(read_trace("asedrive-sle4428.trace"))


@pytest.mark.parametrize("kind", MemoryKind)
def test_it_reads_and_sets_what_is_frozen(tmp_path: Path, kind: MemoryKind) -> None:
    """One byte for each address: 1 can still be written.  Selecting answers nothing."""
    code = b"\xff" * kind.facts.code_size
    commands = (
        b"\0\x20\0\0" + bytes([len(code)]) + code,
        bytes.fromhex("00A40000023F01"),
        bytes.fromhex("00B000050E"),
        bytes.fromhex("00D6000A02FFFF"),
        bytes.fromhex("00B000050E"),
    )
    free, more = b"\0\0\0" + b"\1" * 11, b"\0\0\0\1\1\0\0" + b"\1" * 7
    with athena(tmp_path, chip(kind)) as (daemon, _):
        assert daemon.control(*commands) == [OK, b"", free + OK, OK, more + OK]


def test_it_sees_a_card_come_and_go(tmp_path: Path) -> None:
    card = UserCardIcc(ChipMemory(), system_random)
    with athena(tmp_path, card) as (daemon, watched):
        watched.reader.remove()
        assert until(lambda: not daemon.card_is_listed(), POLLS_S)
        watched.reader.insert(card)
        assert until(daemon.card_is_listed, POLLS_S)
