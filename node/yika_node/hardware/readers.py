"""The readers that a configuration can name."""

from typing import Final

from yika_node.hardware.asedrive import ASEDRIVE, AseDriveProtocol
from yika_node.hardware.gempc_twin import GEMPC_TWIN, GemPcTwinProtocol
from yika_node.hardware.serial_reader import MakeProtocol, SerialReader

PROTOCOLS: Final[dict[str, MakeProtocol]] = {
    GEMPC_TWIN: GemPcTwinProtocol,
    ASEDRIVE: AseDriveProtocol,
}
"""In the order in which they are tried; Athena's needs the longest to wake up."""


def reader_at(port: str, protocol: str) -> SerialReader:
    """The driver for the reader of that protocol; for ``auto``, for whichever is found."""
    makers = [PROTOCOLS[protocol]] if protocol in PROTOCOLS else list(PROTOCOLS.values())
    return SerialReader(port, makers)
