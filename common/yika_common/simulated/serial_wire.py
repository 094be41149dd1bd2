"""The wire between a program and a simulated reader: each hears the other at its own speed."""

from pathlib import Path

from yika_common.infra.line_speed import line_speed, set_line_speed
from yika_common.simulated.firmware import Firmware
from yika_common.simulated.pty_link import PtyLink
from yika_common.simulated.uart import heard


class SerialWire:
    """What arrives, where the two sides' speeds are not the same.

    A program that orders another speed and takes it at once has it already when we look, since a
    pseudo terminal has no wire time.  So an order that leads to the speed which the program has
    now is heard where it still had the reader's before.

    A program that sets no speed has the one that the reader starts with.

    Args:
        link: where the port appears.
        firmware: the reader.

    Attributes:
        master: file descriptor of the reader's side.

    Raises:
        LinkUnusable: the port can't appear there.
    """

    def __init__(self, link: Path, firmware: Firmware) -> None:
        self._port = PtyLink(link)
        self._firmware = firmware
        self._seen = firmware.speed()
        self.master = self._port.master
        set_line_speed(self._port.slave, self._seen)

    def to_reader(self, data: bytes) -> bytes:
        """What the reader hears of the program's bytes."""
        before, self._seen = self._seen, line_speed(self._port.slave)
        own = self._firmware.speed()
        if before == own and self._firmware.speed(data) == self._seen:
            return data
        return heard(data, self._seen, own)

    def to_program(self, data: bytes) -> None:
        """Send the reader's bytes."""
        self._port.write(heard(data, self._firmware.speed(), line_speed(self._port.slave)))

    def close(self) -> None:
        """End the port."""
        self._port.close()
