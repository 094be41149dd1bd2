"""Receipt printers that this machine has: every USB printer, and serial ports where one answers.

A port that another program holds, or the card reader's, is left alone.  A printer on the network
is not looked for: its address stands on the page that it prints when its button is held down.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from yika_common.values import dataclass
from yika_node.hardware.escpos_printer import EscPosPrinter
from yika_node.hardware.printer_errors import PrinterError
from yika_node.hardware.printer_line import serial_line
from yika_node.hardware.serial_ports import is_held, serial_ports

USB: Final = ("/dev/usb", "lp*")
SPEEDS: Final = (9600, 115_200, 19_200, 38_400)


@dataclass(frozen=True, slots=True)
class FoundPrinter:
    """A printer, as it would be configured; ``kind`` is usb or serial."""

    kind: str
    port: str
    speed: int


def found_printers(
    taken: str,
    ports: Callable[[], Iterable[str]] = serial_ports,
    devices: Path = Path(USB[0]),
) -> list[FoundPrinter]:
    """The printers that are there; takes some seconds where serial ports are silent.

    Args:
        taken: the card reader's port.
        ports: gives the serial ports.
        devices: the folder of USB printers' devices.
    """
    found = [FoundPrinter("usb", str(path), SPEEDS[0]) for path in sorted(devices.glob(USB[1]))]
    for port in ports():
        if port == taken or is_held(port):
            continue
        speed = _speed_of(port)
        if speed:
            found.append(FoundPrinter("serial", port, speed))
    return found


def _speed_of(port: str) -> int:
    """The speed at which a printer answers there; 0: at none."""
    for speed in SPEEDS:
        try:
            EscPosPrinter(lambda speed=speed: serial_line(port, speed, "none")).status()  # type: ignore[misc]
        except PrinterError:
            continue
        return speed
    return 0
