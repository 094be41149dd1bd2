"""The readers that a configuration can name."""

from typing import Final

from yika_node.config import AUTO, ReaderConfig
from yika_node.hardware.asedrive import ASEDRIVE, AseDriveProtocol
from yika_node.hardware.gempc_twin import GEMPC_TWIN, GemPcTwinProtocol
from yika_node.hardware.serial_reader import MakeProtocol, SerialReader

PROTOCOLS: Final[dict[str, MakeProtocol]] = {
    GEMPC_TWIN: GemPcTwinProtocol,
    ASEDRIVE: AseDriveProtocol,
}
"""In the order in which they are tried; Athena's needs the longest to wake up."""


def reader_of(config: ReaderConfig) -> SerialReader:
    """The driver for the configured reader, or for whichever of them is found."""
    makers = list(PROTOCOLS.values()) if config.protocol == AUTO else [PROTOCOLS[config.protocol]]
    return SerialReader(config.port, makers)
