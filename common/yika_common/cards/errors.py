"""What can be wrong with a card.

A failed exchange is one of :class:`CardRemoved`, :class:`CardMute` or a
:class:`yika_common.readers.errors.ReaderError`: the command under way may have been taken.
"""

from yika_common.errors import N_, YikaError


class CardError(YikaError):
    """The card is missing, silent, not ours, or not as it should be."""


class CardAbsent(CardError):
    """The slot is empty; nothing was sent."""

    code = "card_absent"
    sentence = N_("There is no card in the reader. Nothing was written. Put the card in.")


class CardRemoved(CardError):
    """The card was pulled or exchanged since it was powered up.

    A command under way may have been taken by the card.
    """

    code = "card_removed"
    sentence = N_(
        "The card was taken out of the reader while it was in use. "
        "What was already recorded stays recorded. Put the same card in again."
    )


class CardMute(CardError):
    """A card is in the slot and does not answer, at power-up or to a command."""

    code = "card_mute"
    sentence = N_(
        "The card in the reader does not answer. What was already recorded stays recorded. "
        "Put it in again, chip first; if it stays silent, replace the card."
    )
