"""The reader on a parallel port: the protocols of its serial relations, on another line.

Readers of both kinds were built around the same firmware, so the frames are the same; see
``docs/reader-parallel.md``.  A protocol that changes the speed of its line has no place here.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from yika_node.hardware.asedrive import ASEDRIVE, AseDriveProtocol
from yika_node.hardware.gempc_twin import GEMPC_TWIN, GemPcTwinProtocol
from yika_node.hardware.line import Line, MakeLine
from yika_node.hardware.parallel_line import ParallelLine
from yika_node.hardware.serial_reader import SerialProtocol, SerialReader
from yika_node.hardware.timing import Timing


class _MakeOnLine(Protocol):
    def __call__(
        self,
        port: str,
        timing: Timing,
        monotonic: Callable[[], float],
        make_line: MakeLine,
        /,
    ) -> SerialProtocol: ...


PROTOCOLS: Final[dict[str, _MakeOnLine]] = {
    GEMPC_TWIN: GemPcTwinProtocol,
    ASEDRIVE: AseDriveProtocol,
}


def parallel_reader(port: str, protocol: str, mode: str, *, named: bool = True) -> SerialReader:
    """The driver for the reader at a parallel port.

    Args:
        port: path of the device.
        protocol: one of ``PROTOCOLS``; anything else: whichever is found.
        mode: as :class:`ParallelLine` takes it, and the next.
        named: whether the settings name this port.
    """

    def make_line(
        path: str, baud: int, monotonic: Callable[[], float], *, ready: bool = True
    ) -> Line:
        return ParallelLine(path, mode, monotonic, named=named)

    def on_line(
        make: _MakeOnLine, path: str, timing: Timing, monotonic: Callable[[], float]
    ) -> SerialProtocol:
        return make(path, timing, monotonic, make_line)

    chosen = [PROTOCOLS[protocol]] if protocol in PROTOCOLS else list(PROTOCOLS.values())
    return SerialReader(port, [partial(on_line, make) for make in chosen])
