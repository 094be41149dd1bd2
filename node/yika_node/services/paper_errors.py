"""What can go wrong with paper: a printer's troubles, what can't be drawn, a full queue."""

from yika_common.errors import N_, YikaError
from yika_node.hardware.printer_errors import PrinterError
from yika_node.printing.pictures import FontMissing, LogoUnusable

__all__ = [
    "ChoiceNotKept",
    "FontMissing",
    "LogoUnusable",
    "PrinterBusy",
    "PrinterError",
    "PrinterNotSet",
]


class PrinterBusy(YikaError):
    """Too many papers wait already."""

    code = "printer_busy"
    sentence = N_(
        "Many papers wait for the receipt printer already. This one was not printed; what was "
        "sold is recorded and valid. See to the printer, then print again."
    )


class PrinterNotSet(YikaError):
    """A page is to be printed, and no printer is configured."""

    code = "printer_not_set"
    sentence = N_(
        "No receipt printer is set up here. Nothing was printed. Choose one on the page “Receipt "
        "printer”, or under [printer] in node.toml."
    )


class ChoiceNotKept(YikaError):
    """The configuration file can't be written."""

    code = "choice_not_kept"
    sentence = N_(
        "The choice of the printer could not be written to %(path)s (%(why)s). Nothing was "
        "changed. Let the administrator free the file or the disk."
    )
