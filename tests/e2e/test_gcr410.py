"""Gemplus' own driver, which knows nothing of us, uses the simulated Gemplus reader.

What it says and is told is compared with the traces in ``tests/vectors/readers``, recorded from
this driver; our own driver is tested against those.  The numbers of the blocks are left out: after
``0A`` it does not wait for an answer, drops what may have come and says the same once more at the
new speed, so that the numbers go their own ways until both sides begin again.
"""

from functools import partial
from pathlib import Path

import pytest

from card_builders import ChipMemory
from gcr410_driver import (
    COMMUNICATION_ERROR,
    NOT_PRESENT,
    PRESENT,
    SUCCESS,
    Gcr410,
    gcr410,
)
from gemplus_builders import exchanges
from reader_builders import OK, EchoCard, command
from wire_traces import Trace, read_trace
from yika_common.cards.application import AID
from yika_common.infra.entropy import system_random
from yika_common.readers.gemplus_commands import speed_of
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.simulated.firmware import Disturbance
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_gemplus import Gemplus

pytestmark = pytest.mark.pcsc

SELECT = bytes([0x00, 0xA4, 0x04, 0x00, len(AID)]) + AID
LONG = command(bytes(range(255)))
REPAIRED = (Disturbance.NAK, Disturbance.BAD_LRC, Disturbance.NOISE)
"""Where nothing comes back it gives up, and after a late answer it has the card do it again."""


class Watched:
    """A simulated reader whose line is written down."""

    def __init__(self, folder: Path, baud: int = 9600) -> None:
        self.trace: Trace = []
        self.reader = SimulatedReader(
            folder / "port",
            firmware=partial(Gemplus, baud=baud),
            on_line=lambda way, data: self.trace.append((way, data)),
        )

    def told(self) -> Trace:
        """What was said since this was asked last."""
        told, self.trace[:] = list(self.trace), []
        return told


def powered(driver: Gcr410) -> None:
    """Open the port and power the card up at its fastest speed, as pcscd does."""
    assert driver.do("open")[0] == SUCCESS
    assert driver.do("power-up") == (SUCCESS, USER_CARD_ATR)
    driver.do("speed", USER_CARD_ATR[2:3])
    assert driver.do("present")[0] == PRESENT


def test_it_finds_the_reader_and_brings_it_from_9600_to_38400(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        assert driver.do("open")[0] == SUCCESS
        said = exchanges(watched.told())
        assert said == exchanges(read_trace("gemplus-open.trace"))
        assert speed_of(next(sent[1] for sent, _ in said if sent[0] == 0x0A)) == 38_400
        assert driver.do("present")[0] == NOT_PRESENT


def test_it_finds_a_reader_that_was_left_at_38400(tmp_path: Path) -> None:
    watched = Watched(tmp_path, 38_400)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        assert driver.do("open")[0] == SUCCESS
        assert driver.do("present")[0] == NOT_PRESENT


def test_it_does_not_hear_a_reader_at_a_speed_it_does_not_try(tmp_path: Path) -> None:
    """The control: at the wrong speed the simulated reader really is not understood."""
    watched = Watched(tmp_path, 19_200)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        assert driver.do("open")[0] == COMMUNICATION_ERROR


def test_it_selects_the_application_of_a_user_card(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        reader.insert(UserCardIcc(ChipMemory(blank_memory(b"CHIP0001")), system_random))
        powered(driver)
        assert driver.apdu(SELECT)[-2:] == OK
        assert driver.do("power-down")[0] == SUCCESS
        recorded = exchanges(read_trace("gemplus-cpu.trace"))
        assert exchanges(watched.trace)[-len(recorded) :] == recorded


def test_it_sends_and_fetches_what_does_not_fit_a_block(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        reader.insert(EchoCard())
        powered(driver)
        watched.told()
        assert driver.apdu(LONG + b"\0") == LONG[5:] + b"\0" + OK
        assert exchanges(watched.trace) == exchanges(read_trace("gemplus-long.trace"))


@pytest.mark.parametrize("kind", REPAIRED)
def test_it_repairs_a_mishap_and_the_card_executes_once(tmp_path: Path, kind: Disturbance) -> None:
    card = EchoCard()
    watched = Watched(tmp_path)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        reader.insert(card)
        powered(driver)
        reader.disturb(kind)
        assert driver.apdu(command(b"abc")) == b"abc" + OK
        assert driver.apdu(command(b"after")) == b"after" + OK
    assert card.seen == [command(b"abc"), command(b"after")]


def test_it_notices_a_card_that_was_pulled(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.reader as reader, gcr410(tmp_path, reader.link) as driver:
        reader.insert(EchoCard())
        powered(driver)
        reader.pull_after(3)
        assert driver.do("apdu", command(b"abc", write=True))[0] == COMMUNICATION_ERROR
        assert driver.do("present")[0] == NOT_PRESENT
        reader.insert(EchoCard())
        assert driver.do("power-up") == (SUCCESS, USER_CARD_ATR)
