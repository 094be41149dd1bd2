"""What can go wrong on a parallel port alone; the rest is in :mod:`yika_node.hardware.errors`."""

from yika_common.errors import N_
from yika_common.readers.errors import ReaderError


class ParallelNotInstalled(ReaderError):
    """The settings name a parallel port, and what it takes was not installed."""

    code = "parallel_not_installed"
    sentence = N_(
        "The card reader's port %(port)s is a parallel port, and the part of this program for "
        "parallel ports is not installed. Nothing was sent to a card. Ask the administrator to "
        "install “yika[parallel]”."
    )


class HandshakeStopped(ReaderError):
    """The reader began to carry a byte or to change its mode, and stopped on the way."""

    code = "reader_handshake_stopped"
    sentence = N_(
        "The card reader at %(port)s stopped in the middle of a transfer (step %(step)s). What "
        "was already recorded stays recorded. Check its cable, switch the reader off and on, then "
        "try again."
    )


class ModeRefused(ReaderError):
    """The reader, or the port of this computer, does not take the mode that is configured."""

    code = "reader_mode_refused"
    sentence = N_(
        "The card reader at %(port)s can't send in %(mode)s mode, or this port can't receive so. "
        "Nothing was sent to a card. Set parallel_mode to “auto” in the settings."
    )
