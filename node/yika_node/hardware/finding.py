"""Where a machine may have a card reader: serial ports, the PC/SC service, parallel ports."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from yika_common.errors import Phrase
from yika_common.readers.errors import ReaderError
from yika_node.hardware.errors import (
    PcscNoReader,
    PcscNotInstalled,
    PcscNotRunning,
    PortBusy,
    PortUnusable,
)
from yika_node.hardware.pcsc_reader import PcscReader
from yika_node.hardware.places import Group, Place, joined
from yika_node.hardware.serial_ports import is_held, serial_ports
from yika_node.hardware.serial_reader import MakeProtocol, SerialReader
from yika_node.hardware.timing import USUAL, Timing

PCSC_PLACE: Final = "PC/SC"
_PCSC_SAID: Final[dict[type[ReaderError], Phrase]] = {
    PcscNotInstalled: Phrase("PC/SC is not installed"),
    PcscNotRunning: Phrase("the PC/SC service does not run"),
    PcscNoReader: Phrase("the PC/SC service knows no reader"),
}


def serial_group(
    protocols: Sequence[MakeProtocol],
    ports: Callable[[], Sequence[str]] = serial_ports,
    timing: Timing = USUAL,
) -> Group:
    """Every serial port, for these protocols."""

    def places() -> list[Place]:
        return [
            Place(
                port,
                partial(SerialReader, port, protocols, timing=timing),
                partial(is_held, port),
            )
            for port in ports()
        ]

    return Group(places, _serial_said)


def pcsc_group(timing: Timing = USUAL) -> Group:
    """The PC/SC service, whichever readers it knows."""
    place = Place(PCSC_PLACE, partial(PcscReader, timing=timing))
    return Group(lambda: [place], _pcsc_said, quiet=True)


def parallel_ports() -> list[str]:
    """The parallel ports that Linux's ppdev offers."""
    return sorted(str(path) for path in Path("/dev").glob("parport*"))


def parallel_group(
    protocol: str, mode: str, ports: Callable[[], Sequence[str]] = parallel_ports
) -> Group:
    """Every parallel port; a device there gets nothing unless its device id says what it is."""

    def reader(port: str) -> SerialReader:
        from yika_node.hardware.parallel_reader import parallel_reader  # noqa: PLC0415 - few have one

        return parallel_reader(port, protocol, mode, named=False)

    return Group(lambda: [Place(port, partial(reader, port)) for port in ports()], _parallel_said)


def _parallel_said(failures: dict[str, ReaderError]) -> Phrase | None:
    """What came of the parallel ports; nothing where there is none."""
    if not failures:
        return None
    return Phrase("no card reader is known at %(ports)s", ports=", ".join(sorted(failures)))


def _serial_said(failures: dict[str, ReaderError]) -> Phrase:
    """What came of each serial port."""
    held = [port for port, failure in failures.items() if isinstance(failure, PortBusy)]
    shut = [port for port, failure in failures.items() if isinstance(failure, PortUnusable)]
    silent = [port for port in failures if port not in (*held, *shut)]
    said = []
    if silent:
        said.append(Phrase("nothing answers at %(ports)s", ports=", ".join(sorted(silent))))
    if shut:
        said.append(Phrase("%(ports)s cannot be opened", ports=", ".join(sorted(shut))))
    if held:
        said.append(Phrase("another program uses %(ports)s", ports=", ".join(sorted(held))))
    return joined(said or [Phrase("this machine has no serial port")])


def _pcsc_said(failures: dict[str, ReaderError]) -> Phrase:
    for failure in failures.values():
        return _PCSC_SAID.get(type(failure), Phrase("the PC/SC service does not answer"))
    return Phrase("the PC/SC service does not answer")
