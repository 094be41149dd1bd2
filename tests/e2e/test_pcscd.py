"""Debian's pcscd and libccid, which know nothing of us, use the simulated reader and card."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pcsc_daemon import PcscDaemon, pcsc_daemon, until
from reader_builders import EchoCard, command
from yika_common.cards.application import AID, CardState, open_fci
from yika_common.infra.entropy import system_random
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.simulated.card_file import new_card_file
from yika_common.simulated.reader import SimulatedReader

pytestmark = pytest.mark.pcsc

POLLS_S = 10.0
SELECT = bytes([0x00, 0xA4, 0x04, 0x00, len(AID)]) + AID


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[SimulatedReader]:
    with SimulatedReader(tmp_path / "port") as reader:
        yield reader


@pytest.fixture
def daemon(tmp_path: Path, simulated: SimulatedReader) -> Iterator[PcscDaemon]:
    with pcsc_daemon(tmp_path, simulated.link) as running:
        yield running


def sent(daemon: PcscDaemon, apdu: bytes) -> tuple[bytes, bytes]:
    """Status and data that ``opensc-tool`` printed for a command."""
    done = daemon.opensc("--reader", "0", "--card-driver", "default", "-s", apdu.hex(":"))
    status = re.search(r"SW1=0x(..), SW2=0x(..)", done.stdout)
    assert status is not None, done
    data = ""
    for line in done.stdout[status.end() :].splitlines():
        if re.match(r"[0-9A-F]{2} ", line):
            data += line[:48]
    return bytes.fromhex(status[1] + status[2]), bytes.fromhex(data)


def test_opensc_reads_the_user_cards_answer_to_reset(
    daemon: PcscDaemon, simulated: SimulatedReader, tmp_path: Path
) -> None:
    simulated.insert(new_card_file(tmp_path / "card", system_random))
    assert until(daemon.card_is_listed, POLLS_S)
    assert daemon.opensc("--reader", "0", "--atr").stdout.strip() == USER_CARD_ATR.hex(":")


def test_opensc_selects_the_application_and_reads_what_anybody_may(
    daemon: PcscDaemon, simulated: SimulatedReader, tmp_path: Path
) -> None:
    simulated.insert(new_card_file(tmp_path / "card", system_random))
    assert until(daemon.card_is_listed, POLLS_S)
    status, data = sent(daemon, SELECT)
    assert status == b"\x90\x00"
    assert open_fci(data).state is CardState.BLANK


def test_libccid_carries_long_commands_and_grants_more_time(tmp_path: Path) -> None:
    card = EchoCard()
    data = bytes(range(250))
    with SimulatedReader(tmp_path / "port", time_requests=3) as simulated:
        simulated.insert(card)
        with pcsc_daemon(tmp_path, simulated.link) as daemon:
            assert until(daemon.card_is_listed, POLLS_S)
            assert sent(daemon, command(data)) == (b"\x90\x00", data)
    assert command(data) in card.seen


def test_the_daemon_sees_cards_come_and_go(daemon: PcscDaemon, simulated: SimulatedReader) -> None:
    assert not daemon.card_is_listed()
    for _ in range(2):
        simulated.insert(EchoCard())
        assert until(daemon.card_is_listed, POLLS_S)
        simulated.remove()
        assert until(lambda: not daemon.card_is_listed(), POLLS_S)


def test_a_write_torn_under_libccid_never_reaches_the_card(
    daemon: PcscDaemon, simulated: SimulatedReader
) -> None:
    card = EchoCard()
    write = command(bytes(100), write=True)
    simulated.insert(card)
    assert until(daemon.card_is_listed, POLLS_S)
    simulated.pull_after(50)
    done: subprocess.CompletedProcess[str] = daemon.opensc("-r", "0", "-s", write.hex(":"))
    assert done.returncode != 0
    assert write not in card.seen
    assert until(lambda: not daemon.card_is_listed(), POLLS_S)
