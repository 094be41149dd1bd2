"""A simulated receipt printer on a port, and a node that is told of it."""

import time
from collections.abc import Callable
from pathlib import Path

from node_world import without_shifts
from yika_common.simulated.receipt_printer import PtyWire, ReceiptPrinter
from yika_node.config import PrinterConfig
from yika_node.services.printer_choice import write_choice


def printer_at(
    folder: Path, *, shifts: bool = False, **config: str | int | bool
) -> ReceiptPrinter:
    """A printer on a serial port, configured for the data folder."""
    port = folder.with_name(f"{folder.name}-printer")
    simulated = ReceiptPrinter(PtyWire(port))
    folder.mkdir(parents=True, exist_ok=True)
    if not shifts:
        without_shifts(folder)
    settings = {"kind": "serial", "port": str(port), "speed": 115_200, **config}
    write_choice(folder, PrinterConfig(**settings))  # type: ignore[arg-type]
    return simulated


def until(holds: Callable[[], object], limit_s: float = 5.0) -> None:
    """Wait until that holds."""
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
