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


class ReaderSought(ReaderError):
    """No reader is known yet, and the search for one is under way."""

    code = "reader_sought"
    sentence = N_(
        "The card reader is being looked for. Nothing was sent to a card. Wait a few seconds and "
        "try again."
    )


class ReaderNotFound(ReaderError):
    """Everything was tried, and nowhere did a reader answer."""

    code = "reader_not_found"
    sentence = N_(
        "No card reader was found (%(tried)s). Nothing was sent to a card. Plug it in and switch "
        "it on, or name its port in the settings."
    )


class PcscNotInstalled(ReaderError):
    """Pyscard or pcsc-lite is not there."""

    code = "pcsc_not_installed"
    sentence = N_(
        "The program's part for PC/SC readers is not installed. Nothing was sent to a card. "
        "Install yika[pcsc] and pcscd, or use a serial reader."
    )


class PcscNotRunning(ReaderError):
    """The PC/SC service does not run, or ended while it was used."""

    code = "pcsc_not_running"
    sentence = N_(
        "The PC/SC service of this machine (pcscd) does not run. What was already recorded stays "
        "recorded. Start the service and put the same card in again."
    )


class PcscNoReader(ReaderError):
    """The PC/SC service runs and knows no reader."""

    code = "pcsc_no_reader"
    sentence = N_(
        "The PC/SC service knows no card reader. Nothing was sent to a card. Plug the reader in; "
        "if it stays unknown, install its driver."
    )
