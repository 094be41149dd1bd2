"""What an inspection finds of the receipt printer."""

from datetime import datetime
from pathlib import Path

from yika_common.errors import N_
from yika_common.sync.settings import Settings
from yika_node.config import NO_PRINTER, PrinterConfig, load
from yika_node.hardware.printer_status import PrinterStatus
from yika_node.printing.encoding import encoded
from yika_node.services.findings import Finding, good, warn
from yika_node.services.paper_errors import PrinterNotSet
from yika_node.services.paper_words import Words
from yika_node.services.printer_desk import PrinterView
from yika_node.services.printers import printer_of, profile_in
from yika_node.services.slip_papers import trial_paper

PART = N_("Printer")


def printer(folder: Path, config: PrinterConfig, view: PrinterView | None = None) -> Finding:
    """How the printer is; ``view`` is what the program that runs knows of it already.

    Raises:
        PrinterError: why it would not print.
    """
    if config.kind == NO_PRINTER:
        text = N_("Receipts are printed from the browser, with the printer set up there.")
        return good(PART, text)
    known: PrinterStatus | PrinterView = (
        printer_of(config, folder).status() if view is None else view
    )
    if known.problem is not None:
        raise known.problem
    if known.paper_low:
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


def print_test_page(folder: Path, at: datetime) -> None:
    """Print the test page on the configured printer, and wait for its end.

    Raises:
        PrinterNotSet: none is configured.
        PrinterError, FontMissing, LogoUnusable: it did not come out.
    """
    config = load(folder)
    if config.printer.kind == NO_PRINTER:
        raise PrinterNotSet
    words = Words(config.printer.language or config.place.language, config.place.zone)
    profile = profile_in(config.printer, folder)
    page = trial_paper(words, Settings(), profile, at)
    printer_of(config.printer, folder).print(encoded(page, profile))
