"""The readers that a configuration can name.

A driver is loaded when its reader is first called: a point has one reader, and little memory.
"""

from collections.abc import Callable
from typing import Final

from yika_common.readers.port import NamedReader
from yika_node.hardware.serial_reader import MakeProtocol, SerialProtocol, SerialReader
from yika_node.hardware.timing import Timing

AUTO: Final = "auto"
PCSC: Final = "pcsc"
GEMPC_TWIN: Final = "gempc-twin"
ASEDRIVE: Final = "asedrive"
GEMPLUS: Final = "gemplus"
PARALLEL_PORTS: Final = "/dev/parport"
"""What the path of a parallel port begins with."""


def _gempc_twin(port: str, timing: Timing, monotonic: Callable[[], float]) -> SerialProtocol:
    from yika_node.hardware.gempc_twin import GemPcTwinProtocol  # noqa: PLC0415 - see above

    return GemPcTwinProtocol(port, timing, monotonic)


def _asedrive(port: str, timing: Timing, monotonic: Callable[[], float]) -> SerialProtocol:
    from yika_node.hardware.asedrive import AseDriveProtocol  # noqa: PLC0415 - see above

    return AseDriveProtocol(port, timing, monotonic)


def _gemplus(port: str, timing: Timing, monotonic: Callable[[], float]) -> SerialProtocol:
    from yika_node.hardware.gemplus import GemplusProtocol  # noqa: PLC0415 - see above

    return GemplusProtocol(port, timing, monotonic)


PROTOCOLS: Final[dict[str, MakeProtocol]] = {
    GEMPC_TWIN: _gempc_twin,
    ASEDRIVE: _asedrive,
    GEMPLUS: _gemplus,
}
"""In the order in which they are tried; the last one is called at nine speeds."""


def reader_at(port: str, protocol: str, parallel_mode: str = AUTO) -> NamedReader:
    """The driver for the reader of that protocol at that port.

    Args:
        port: a path; for PC/SC the name of a reader; ``auto``: wherever one is found.
        protocol: as it is configured; ``auto``: whichever is found.
        parallel_mode: how a parallel port's reader sends: byte, nibble; ``auto``: as it can.
    """
    if port.startswith(PARALLEL_PORTS):
        from yika_node.hardware.parallel_reader import parallel_reader  # noqa: PLC0415 - few have one

        return parallel_reader(port, protocol, parallel_mode)
    if protocol == PCSC:
        from yika_node.hardware.pcsc_reader import PcscReader  # noqa: PLC0415 - few need it

        return PcscReader("" if port == AUTO else port)
    makers = [PROTOCOLS[protocol]] if protocol in PROTOCOLS else list(PROTOCOLS.values())
    if port != AUTO:
        return SerialReader(port, makers)
    from yika_node.hardware import finding  # noqa: PLC0415 - a configured port does without
    from yika_node.hardware.sought_reader import SoughtReader  # noqa: PLC0415

    groups = [finding.serial_group(makers)]
    if protocol == AUTO:
        groups.append(finding.pcsc_group())
    if protocol != GEMPLUS:
        groups.append(finding.parallel_group(protocol, parallel_mode))
    return SoughtReader(groups)
