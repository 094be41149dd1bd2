"""What can go wrong between the program and the reader, one class per thing that happens.

Whether a sale is on the card is never decided here: the journal and the card decide, when the
card is in a reader again.
"""

from yika_common.errors import N_
from yika_common.readers.errors import ReaderError


class PortMissing(ReaderError):
    """There is no such serial port; nothing was sent."""

    code = "port_missing"
    sentence = N_(
        "The card reader's port %(port)s does not exist. Nothing was sent to a card. "
        "Plug the reader in, or name another port in the settings."
    )


class PortBusy(ReaderError):
    """Another program holds the serial port; nothing was sent."""

    code = "port_busy"
    sentence = N_(
        "The card reader's port %(port)s is in use by another program. Nothing was sent to a "
        "card. End the other program."
    )


class PortUnusable(ReaderError):
    """The port is there and can't be opened as a serial port; nothing was sent."""

    code = "port_unusable"
    sentence = N_(
        "The card reader's port %(port)s cannot be opened (%(why)s). Nothing was sent to a card. "
        "Ask the administrator to check the port and its permissions."
    )


class ReaderUnplugged(ReaderError):
    """The port failed while it was open."""

    code = "reader_unplugged"
    sentence = N_(
        "The card reader at %(port)s was unplugged. What was already recorded stays recorded. "
        "Plug it in again and put the same card in."
    )


class ReaderSilent(ReaderError):
    """The port is open and the reader does not answer in time."""

    code = "reader_silent"
    sentence = N_(
        "The card reader at %(port)s does not answer. What was already recorded stays recorded. "
        "Check its cable and power, then try again."
    )


class ReaderGarbled(ReaderError):
    """The reader's answers came damaged, and again when repeated."""

    code = "reader_garbled"
    sentence = N_(
        "What the card reader at %(port)s sends arrives damaged. What was already recorded stays "
        "recorded. Check its cable, then try again."
    )


class ReaderBusy(ReaderError):
    """Another page works with the card; nothing was sent on behalf of this one."""

    code = "reader_busy"
    sentence = N_(
        "The card reader is working for another page. Nothing was done here. "
        "Wait a moment and try again."
    )
