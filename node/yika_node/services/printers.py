"""The vending point's receipt printer, if it has one; what it needs is loaded when it has."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from yika_node.config import NO_PRINTER, Config, PrinterConfig

if TYPE_CHECKING:
    from yika_node.hardware.escpos_printer import EscPosPrinter
    from yika_node.printing.profiles import Profile
    from yika_node.services.printer_desk import PrinterDesk


class Printers:
    """Holds the desk of the printer that is configured.

    Attributes:
        config: which printer that is.
        language: of what it prints.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self.config = config.printer
        self._place_language = config.place.language
        self.language = config.printer.language or self._place_language
        self._folder = folder
        self._lock = threading.Lock()
        self._desk: PrinterDesk | None = None

    @property
    def desk(self) -> PrinterDesk | None:
        """The printer's queue; None where the browser prints."""
        if self.config.kind == NO_PRINTER:
            return None
        with self._lock:
            if self._desk is None:
                self._desk = desk_of(self.config, self._folder)
            return self._desk

    def choose(self, config: PrinterConfig) -> None:
        """Use another printer from now on, and after the next start.

        Raises:
            ConfigurationUnreadable, UnknownSetting, WrongSetting, ChoiceNotKept: as it was.
        """
        from yika_node.services.printer_choice import write_choice  # noqa: PLC0415 - rare

        write_choice(self._folder, config)
        self.close()
        self.config = config
        self.language = config.language or self._place_language

    def close(self) -> None:
        """Let go of the printer."""
        with self._lock:
            if self._desk is not None:
                self._desk.close()
                self._desk = None


def desk_of(config: PrinterConfig, folder: Path) -> PrinterDesk:
    """The queue of a configured printer; paths in it begin at the data folder."""
    from yika_node.services.printer_desk import PrinterDesk  # noqa: PLC0415 - see above

    return PrinterDesk(printer_of(config, folder), profile_in(config, folder))


def profile_in(config: PrinterConfig, folder: Path) -> Profile:
    """What a configured printer can do."""
    from yika_node.printing.profiles import profile_of  # noqa: PLC0415 - see above

    logo = folder.joinpath(config.logo) if config.logo else None
    return profile_of(config.profile, config.width, cuts=config.cut, logo=logo)


def printer_of(config: PrinterConfig, folder: Path) -> EscPosPrinter:
    """The driver for a configured printer."""
    from yika_node.hardware import printer_line  # noqa: PLC0415 - see above
    from yika_node.hardware.escpos_printer import EscPosPrinter  # noqa: PLC0415

    port, speed, flow = config.port, config.speed, config.flow
    lines = {
        "serial": lambda: printer_line.serial_line(port, speed, flow),
        "usb": lambda: printer_line.device_line(port),
        "network": lambda: printer_line.network_line(port),
        "file": lambda: printer_line.device_line(str(folder.joinpath(port))),
    }
    return EscPosPrinter(lines[config.kind], answers=config.answers and config.kind != "file")
