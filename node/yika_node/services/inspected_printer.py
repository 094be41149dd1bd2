"""What an inspection finds of the receipt printer."""

from pathlib import Path

from yika_common.errors import N_
from yika_node.config import NO_PRINTER, PrinterConfig
from yika_node.hardware.printer_status import PrinterStatus
from yika_node.services.findings import Finding, good, warn
from yika_node.services.printer_desk import PrinterView
from yika_node.services.printers import printer_of

PART = N_("Printer")


def printer(folder: Path, config: PrinterConfig, view: PrinterView | None = None) -> Finding:
    """How the printer is; ``view`` is what the program that runs knows of it already.

    Raises:
        PrinterError: why it would not print.
    """
    if config.kind == NO_PRINTER:
        text = N_("Receipts are printed from the browser, with the printer set up there.")
        return good(PART, text)
    if view is None:
        status = printer_of(config, folder).status()
    else:
        status = PrinterStatus(view.paper_low, view.problem)
    if status.problem is not None:
        raise status.problem
    if status.paper_low:
        return warn(
            PART,
            N_("The receipt printer at %(port)s answers; its roll is nearly at its end."),
            N_("Have a new roll at hand."),
            port=config.port,
        )
    if not config.answers or config.kind == "file":
        text = N_("The receipt printer at %(port)s cannot be asked; its page prints a test page.")
        return good(PART, text, port=config.port)
    return good(PART, N_("The receipt printer at %(port)s answers."), port=config.port)
