"""Parallel ports without a kernel: the production line on a simulated device's registers."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp

from reader_builders import QUICK
from yika_common.readers.ieee1284 import IDLE, UNCONNECTED, Control, Mode
from yika_common.simulated.firmware import Firmware
from yika_common.simulated.parallel_link import CONTROL, DATA, STATUS, WRITE, ParallelLink
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_gempc_twin import GemPcTwin
from yika_common.simulated.reader_slot import Slot
from yika_node.hardware.connection import ApduConnection
from yika_node.hardware.gempc_twin import GemPcTwinProtocol
from yika_node.hardware.line import Line
from yika_node.hardware.parallel_line import ParallelLine
from yika_node.hardware.parallel_registers import Registers
from yika_node.hardware.serial_reader import MakeProtocol, SerialReader
from yika_node.hardware.timing import Timing

SHIM_SOURCE = Path(__file__).parents[1] / "packaging" / "dev" / "parport.c"
HANDSHAKES = ("byte", "nibble")
NOT_BYTES = frozenset({Mode.NIBBLE, Mode.NIBBLE_ID})


Access = Callable[[int, int], int]
"""An access to a register: which one, +80 for writing, and the value; the value read."""


class DirectRegisters:
    """A device's registers within this program.

    Attributes:
        closed: whether the port was released.
        lines: the host's.
    """

    def __init__(self, port: "Port") -> None:
        self._port = port
        self.closed = False
        self.lines: int = IDLE

    def status(self) -> int:
        return self._port.access(STATUS, 0)

    def control(self, mask: int, value: int) -> None:
        self.lines = (self.lines & ~mask) | value
        self._port.access(CONTROL | WRITE, self.lines)

    def data(self) -> int:
        return self._port.access(DATA, 0)

    def set_data(self, value: int) -> None:
        self._port.access(DATA | WRITE, value)

    def turn(self, *, reverse: bool) -> None:
        self.control(Control.REVERSE, Control.REVERSE if reverse else 0)

    def close(self) -> None:
        self.closed = True

    @property
    def at_rest(self) -> bool:
        """Whether the host's lines are those of compatibility mode."""
        return self.lines == IDLE


class Port:
    """A simulated port and its device; the line opens it as often as it likes.

    Attributes:
        link: the device, while it is connected.
        access: what an access does; replaced where a test disturbs the lines.
        registers: of the last opening.
        events: what happened on the lines.
    """

    def __init__(self, modes: frozenset[Mode] = frozenset(Mode)) -> None:
        self.modes = modes
        self.events: list[str] = []
        self.link: ParallelLink | None = None
        self.access: Access = self.reach
        self.registers = DirectRegisters(self)

    def wire(self, path: Path, firmware: Firmware) -> ParallelLink:
        """The device's side, as :class:`SimulatedReader` wants it."""
        self.link = ParallelLink(path, modes=self.modes, on_event=self.events.append)
        self.link.peripheral.write_control(self.registers.lines)
        return self.link

    @property
    def device(self) -> ParallelLink:
        assert self.link is not None
        return self.link

    def reach(self, register: int, value: int) -> int:
        """As an unconnected port where the device was taken off."""
        link = self.link
        if link is None or not link.link.exists():
            return UNCONNECTED if register == STATUS else 0xFF
        return link.access(register, value)

    def opened(self, path: str) -> Registers:
        """Take the port."""
        self.registers = DirectRegisters(self)
        return self.registers


def parallel_line(port: Port, mode: str = "auto", *, named: bool = True) -> ParallelLine:
    """The production line on that port."""
    return ParallelLine(
        "/dev/parport0", mode, time.monotonic, named=named, open_registers=port.opened
    )


@contextmanager
def device(
    folder: Path, modes: frozenset[Mode] = frozenset(Mode), *, echo: bool = True
) -> Iterator[Port]:
    """A port whose device sends back what it gets."""
    port = Port(modes)
    link = port.wire(folder / "port", GemPcTwin(Slot(lambda _event, _facts: None)))
    ended = threading.Event()

    def back() -> None:
        while not ended.is_set():
            try:
                link.to_program(os.read(link.master, 4096))
            except BlockingIOError:
                ended.wait(0.001)

    thread = threading.Thread(target=back)
    if echo:
        thread.start()
    try:
        yield port
    finally:
        ended.set()
        if echo:
            thread.join()
        link.close()


def make_parallel(port: Port, mode: str) -> MakeProtocol:
    """Makes the GemPC Twin's protocol on that port."""

    def line(path: str, baud: int, monotonic: Callable[[], float], *, ready: bool = True) -> Line:
        return ParallelLine(path, mode, monotonic, open_registers=port.opened)

    def protocol(path: str, timing: Timing, monotonic: Callable[[], float]) -> GemPcTwinProtocol:
        return GemPcTwinProtocol(path, timing, monotonic, line)

    return protocol


class ParallelReader(SerialReader):
    """The production driver for a GemPC Twin on a parallel port."""

    def __init__(self, port: Port, mode: str = "auto", timing: Timing = QUICK) -> None:
        super().__init__("/dev/parport0", [make_parallel(port, mode)], timing=timing)

    def connect(self) -> ApduConnection:
        connection = super().connect()
        assert isinstance(connection, ApduConnection)
        return connection


@contextmanager
def parallel_reader(
    folder: Path,
    mode: str = "auto",
    *,
    modes: frozenset[Mode] = frozenset(Mode),
    timing: Timing = QUICK,
) -> Iterator[tuple[SimulatedReader, ParallelReader, Port]]:
    """A simulated reader on a parallel port, and the production driver."""
    port = Port(modes)
    with SimulatedReader(
        folder / "port", firmware=partial(GemPcTwin, echo=False), wire=port.wire
    ) as simulated:
        driver = ParallelReader(port, mode, timing)
        try:
            yield simulated, driver, port
        finally:
            driver.close()


@cache
def shim() -> Path:
    """The library that shows a program a parallel port; built once."""
    built = Path(mkdtemp(prefix="yika-")) / "parport.so"
    subprocess.run(
        [
            "gcc",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-shared",
            "-fPIC",
            "-O2",
            "-o",
            built,
            SHIM_SOURCE,
            "-ldl",
        ],
        check=True,
        timeout=60,
    )
    return built


def with_port(socket: Path, node: str = "/dev/parport0") -> dict[str, str]:
    """The environment of a program that shall find the device at that socket."""
    return {
        **os.environ,
        "LD_PRELOAD": str(shim()),
        "YIKA_PARPORT": str(socket),
        "YIKA_PARPORT_NODE": node,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
