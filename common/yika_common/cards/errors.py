"""What can be wrong with a card, one class per thing that happens.

The sentence says what is now true of the card, because that decides what the person at the
counter does next.

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


class CardForeign(CardError):
    """The card is not one of ours; no secret was presented and nothing was written."""

    code = "card_foreign"
    sentence = N_(
        "This is not a card of this system. It was left untouched. Put in the customer's card."
    )


class ChipNotNumbered(CardForeign):
    """A memory chip as its maker delivers it: it may be any firm's, so no code is presented."""

    code = "chip_not_numbered"
    sentence = N_(
        "This memory chip is new and was never numbered for this system. It was left untouched. "
        "Cards are numbered where they are bought in: ask headquarters for numbered ones."
    )


class CardBlank(CardError):
    """A card with a customer is needed and this one was never issued."""

    code = "card_blank"
    sentence = N_(
        "This card is blank. It was left untouched. Issue it to a customer first, or put in the "
        "customer's card."
    )


class CardHalfMade(CardError):
    """A chip that was pulled while it was made a card, or made blank, whose code it may have."""

    code = "card_half_made"
    sentence = N_(
        "This chip was taken out while it was made card %(number)s, or while that card was made "
        "blank. It was left untouched. Finish that first: read the card, and make it blank."
    )


class CardNotBlank(CardError):
    """A blank card is needed and this one already belongs to somebody."""

    code = "card_not_blank"
    sentence = N_(
        "This card is already card %(number)s. It was left untouched. Put in a blank card."
    )


class CardRetired(CardError):
    """The card was taken out of service for good."""

    code = "card_retired"
    sentence = N_(
        "Card %(number)s is retired. It was left untouched. Use the card that replaced it."
    )


class CardSwapped(CardError):
    """Another card than the one the work began with is in the reader."""

    code = "card_swapped"
    sentence = N_(
        "Card %(found)s is in the reader, but the work began with card %(expected)s. The card was "
        "left untouched. Put card %(expected)s in again."
    )


class CardNotAuthentic(CardError):
    """The mutual authentication failed: a copy, a damaged card, or another key."""

    code = "card_not_authentic"
    sentence = N_(
        "Card %(number)s could not prove that it is genuine. Nothing was written. Keep the card "
        "and report it."
    )


class CardKeyBlocked(CardError):
    """Three failed authentications in a row; the card refuses until it is powered off."""

    code = "card_key_blocked"
    sentence = N_(
        "Card %(number)s refuses after three failed attempts. Nothing was written. Take it out "
        "and put it in again."
    )


class CardRefused(CardError):
    """The card answered a command with an error status; the session is over."""

    code = "card_refused"
    sentence = N_(
        "The card refused the command (status %(status)s). Nothing was written. Take the card "
        "out and put it in again."
    )


class CardWriteUncertain(CardError):
    """The answer to an update was lost: the card holds the old bytes or the new ones, whole."""

    code = "card_write_uncertain"
    sentence = N_(
        "The card left before it confirmed the write. It holds either the old or the new content, "
        "whole. Put the same card in again and it will be settled."
    )


class CardReadBackDiffers(CardError):
    """The card confirmed an update and then read back something else."""

    code = "card_read_back_differs"
    sentence = N_(
        "The card did not keep what was written to it. Its content is not to be trusted. "
        "Put the same card in again; if this repeats, replace the card."
    )


class CardTooSmall(CardError):
    """The chip has no room for what the record would say; known before anything is written."""

    code = "card_too_small"
    sentence = N_(
        "This card has no room for %(what)s. Nothing was sold and nothing was written. Replace it "
        "by a CPU card."
    )


class CardCodeSpent(CardError):
    """One wrong code more would block the chip for ever; the code was not presented."""

    code = "card_code_spent"
    sentence = N_(
        "Card %(number)s was given wrong codes, and one more would block it for ever. It was left "
        "untouched. Replace the card."
    )


class RecordForged(CardError):
    """A credit record does not carry its meter's MAC: damaged, forged, or another meter's."""

    code = "record_forged"
    sentence = N_(
        "The credit record on the card is damaged or was not made for this meter. It was not "
        "used. Keep the card and report it."
    )


class WriteBackForged(CardError):
    """A meter's write-back does not carry its MAC: damaged, forged, or another meter's."""

    code = "write_back_forged"
    sentence = N_(
        "What the meter wrote on the card is damaged or was not made by this meter. It was not "
        "used. Let the meter write the card again."
    )


class OrderForged(CardError):
    """An order does not carry its meter's MAC: damaged, forged, or another meter's."""

    code = "order_forged"
    sentence = N_(
        "The order on the tool card is damaged or was not made for this meter. It was not "
        "followed. Ask headquarters for another one."
    )


class ContentUnknown(CardError):
    """Authentic bytes in a format that this program does not know: a newer program's."""

    code = "card_content_unknown"
    sentence = N_(
        "The card holds content of a newer format (%(what)s). It was left untouched. Update this "
        "program."
    )
