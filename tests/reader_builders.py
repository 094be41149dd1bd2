"""Cards and readers for tests of everything between a program and a card."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_gempc_twin import GemPcTwin
from yika_node.hardware.connection import ApduConnection
from yika_node.hardware.gempc_twin import GemPcTwinProtocol
from yika_node.hardware.serial_reader import SerialReader
from yika_node.hardware.timing import USUAL, Timing

OK = b"\x90\x00"
QUICK = Timing(
    answer_s=0.25,
    power_s=0.2,
    margin_s=0.05,
    operation_s=1.5,
    turn_s=0.3,
    idle_s=60.0,
    greetings_s=(0.05, 0.2),
)
QUICK_ATR = bytes.fromhex("3B 97 96 81 31 FE 05 80 55 59494B4101 84")
"""The user card's answer to reset with BWI 0: it promises an answer in 90 ms."""


class GemPcTwinReader(SerialReader):
    """The production driver for a GemPC Twin and nothing else."""

    def __init__(
        self,
        port: str,
        *,
        timing: Timing = USUAL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(port, [GemPcTwinProtocol], timing=timing, monotonic=monotonic)

    def connect(self) -> ApduConnection:
        connection = super().connect()
        assert isinstance(connection, ApduConnection)
        return connection


class EchoCard:
    """Answers a command with its data, and remembers every command it got whole."""

    def __init__(self, atr: bytes = USER_CARD_ATR) -> None:
        self.atr = atr
        self.seen: list[bytes] = []
        self.resets = 0

    def reset(self) -> bytes:
        self.resets += 1
        return self.atr

    def transmit(self, apdu: bytes) -> bytes:
        self.seen.append(apdu)
        return apdu[5:] + OK


def command(data: bytes, *, write: bool = False) -> bytes:
    """A command with data: an UPDATE BINARY or a harmless one (beyond 255 bytes Lc is wrong)."""
    return bytes([0x00, 0xD6 if write else 0xCA, 0, 0, len(data) % 256]) + data


@contextmanager
def reader_and_driver(
    folder: Path, *, timing: Timing = QUICK, echo: bool = True, time_requests: int = 0
) -> Iterator[tuple[SimulatedReader, GemPcTwinReader]]:
    """A simulated reader and the production driver on its port."""
    with SimulatedReader(
        folder / "port",
        firmware=partial(GemPcTwin, echo=echo),
        time_requests=time_requests,
    ) as simulated:
        driver = GemPcTwinReader(str(folder / "port"), timing=timing)
        try:
            yield simulated, driver
        finally:
            driver.close()
