"""A card in a PC/SC reader of this process: pcscd with its driver ``vpcd``, and our driver."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pcsc_daemon import VPCD, Driver, PcscDaemon, pcsc_daemon, two_free_ports
from reader_builders import OK, QUICK
from vpcd_reader import VpcdReader
from yika_node.hardware.pcsc_reader import PcscReader
from yika_node.hardware.timing import Timing

T0_ATR = bytes.fromhex("3B 02 14 50")


class T0Card:
    """A card of T=0 that answers a command with its data, two bytes at a time after GET RESPONSE.

    Attributes:
        seen: what crossed its contact, command by command.
    """

    atr = T0_ATR

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self._waiting = b""

    def reset(self) -> bytes:
        self._waiting = b""
        return self.atr

    def transmit(self, tpdu: bytes) -> bytes:
        self.seen.append(tpdu)
        instruction, size, data = tpdu[1], tpdu[4], tpdu[5:]
        if instruction == 0xC0:
            part, self._waiting = self._waiting[:size], self._waiting[size:]
            return part + self._status()
        if instruction == 0xB0:
            return bytes([0x6C, 3]) if size != 3 else b"abc" + OK
        assert len(data) == size, "T=0 carries data one way in a command"
        self._waiting = data
        return self._status()

    def _status(self) -> bytes:
        return bytes([0x61, min(2, len(self._waiting))]) if self._waiting else OK


def service(
    folder: Path, port: int, more: Sequence[tuple[Driver, Path | str]] = ()
) -> AbstractContextManager[PcscDaemon]:
    """A daemon for that port; may be started again on it."""
    return pcsc_daemon(folder, f"0x{port:04X}", VPCD, more)


@contextmanager
def pcsc_reader(
    folder: Path, *, timing: Timing = QUICK
) -> Iterator[tuple[VpcdReader, PcscReader, PcscDaemon]]:
    """The hand at the slot, the production driver, and the daemon between them."""
    port = two_free_ports()
    with service(folder, port) as daemon, VpcdReader(port) as hand:
        daemon.serve_this_process()
        driver = PcscReader(timing=timing)
        try:
            yield hand, driver, daemon
        finally:
            driver.close()
