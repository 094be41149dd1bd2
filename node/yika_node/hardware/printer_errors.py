"""What can go wrong between the program and a receipt printer, one class per thing that happens.

Nothing of it touches a sale: what was sold is recorded before anything is printed.
"""

from yika_common.errors import N_, YikaError


class PrinterError(YikaError):
    """A receipt did not come out, or not to its end."""


class PrinterMissing(PrinterError):
    """There is no such port or address."""

    code = "printer_missing"
    sentence = N_(
        "The receipt printer's port %(port)s cannot be used (%(why)s). What was sold is recorded "
        "and valid. Plug the printer in and switch it on, then print again."
    )


class PrinterSilent(PrinterError):
    """It does not answer."""

    code = "printer_silent"
    sentence = N_(
        "The receipt printer at %(port)s does not answer. What was sold is recorded and valid. "
        "Check its power and cable, then print again."
    )


class PaperOut(PrinterError):
    """The roll is at its end."""

    code = "paper_out"
    sentence = N_(
        "The receipt printer is out of paper. What was sold is recorded and valid. Put in a new "
        "roll, then print again."
    )


class CoverOpen(PrinterError):
    """The lid is open."""

    code = "cover_open"
    sentence = N_(
        "The receipt printer's cover is open. What was sold is recorded and valid. Close it, then "
        "print again."
    )


class PrinterOffline(PrinterError):
    """It was switched off-line, or its buttons are being used."""

    code = "printer_offline"
    sentence = N_(
        "The receipt printer is off-line. What was sold is recorded and valid. Press its button "
        "to put it on-line, then print again."
    )


class PrinterFailed(PrinterError):
    """The knife is stuck, or the head too hot."""

    code = "printer_failed"
    sentence = N_(
        "The receipt printer reports that its knife or its head failed. What was sold is recorded "
        "and valid. Open and close its cover, or switch it off and on, then print again."
    )


class PrinterStuck(PrinterError):
    """It takes no more bytes, or does not come to the end."""

    code = "printer_stuck"
    sentence = N_(
        "The receipt printer did not come to the end of the paper. What was sold is recorded and "
        "valid. Look at the printer, then print again."
    )
