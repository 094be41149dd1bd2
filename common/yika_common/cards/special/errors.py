"""What can be wrong with a system or managing card, one class per thing that happens."""

from yika_common.cards.errors import CardError, CardForeign
from yika_common.errors import N_


class CardIsSpecial(CardForeign):
    """A customer's card is needed, and this is a system or managing card."""

    code = "card_is_special"
    sentence = N_(
        "Card %(number)s is a system card or a managing card, not a customer's. It was left "
        "untouched. Put in the customer's card."
    )


class ManagingCardNeeded(CardError):
    """A managing card is needed, and this is another card."""

    code = "managing_card_needed"
    sentence = N_(
        "The card in the reader is not a managing card. It was left untouched. Put the managing "
        "card in."
    )


class SystemCardNeeded(CardError):
    """A system card is needed, and this is another card."""

    code = "system_card_needed"
    sentence = N_(
        "The card in the reader is not a system card. It was left untouched. Put in the system "
        "card that headquarters issued for this vending point."
    )


class SpecialCardBurnt(CardError):
    """The card was used up or taken back; it is good for nothing for ever."""

    code = "special_card_burnt"
    sentence = N_(
        "Card %(number)s is burnt: it was used or taken back, and is good for nothing. Nothing "
        "was done. Ask headquarters for another one."
    )


class ManagingCardForeign(CardError):
    """A managing card that headquarters did not name to this vending point."""

    code = "managing_card_foreign"
    sentence = N_(
        "Managing card %(number)s is not meant for this vending point. It was left untouched and "
        "nothing was approved. Use another card, or ask headquarters to allow it here."
    )


class ManagingCardRevoked(CardError):
    """Headquarters revoked the card."""

    code = "managing_card_revoked"
    sentence = N_(
        "Managing card %(number)s was revoked by headquarters. Nothing was approved. Keep the "
        "card and report it."
    )


class ManagingCardExpired(CardError):
    """The card's time is over, or has not begun."""

    code = "managing_card_expired"
    sentence = N_(
        "Managing card %(number)s is good from %(since)s to %(until)s, and today is not within. "
        "Nothing was approved. Ask headquarters for a new card."
    )


class ManagingCardCopied(CardError):
    """The card is behind what it was left at: there are two of it."""

    code = "managing_card_copied"
    sentence = N_(
        "There are two copies of managing card %(number)s: this one is not as it was left at its "
        "last use. Nothing was approved, and the card is refused from now on. Keep it and call "
        "headquarters."
    )


class WrongPin(CardError):
    """A PIN that is not the card's; a try is spent."""

    code = "wrong_pin"
    sentence = N_(
        "That is not the PIN of card %(number)s. Nothing was done. Tries left before the card is "
        "blocked: %(left)s."
    )


class PinLastTry(CardError):
    """One wrong PIN more would block the card, and nobody has said that he knows."""

    code = "pin_last_try"
    sentence = N_(
        "One wrong PIN more blocks card %(number)s for ever, and only headquarters can replace "
        "it. The PIN was not presented. If you are sure of it, confirm that this is the last try."
    )


class PinBlocked(CardError):
    """Too many wrong PINs."""

    code = "pin_blocked"
    sentence = N_(
        "Card %(number)s is blocked after three wrong PINs. Nothing was done. Headquarters must "
        "issue another card."
    )


class PinUnusable(CardError):
    """A new PIN that is none."""

    code = "pin_unusable"
    sentence = N_(
        "A PIN has %(least)s to %(most)s digits, not all the same. Nothing was written. Choose "
        "another one."
    )


class PinsDiffer(CardError):
    """The PIN was typed in two ways."""

    code = "pins_differ"
    sentence = N_("The two PINs differ. Nothing was written. Type the same PIN twice.")


class SystemPinWrong(CardError):
    """On a memory card a wrong PIN shows before the chip is asked."""

    code = "system_pin_wrong"
    sentence = N_(
        "That is not the PIN of system card %(number)s, or the card was changed. Nothing was "
        "done. Type the ten digits that headquarters told you."
    )


class SystemCardExpired(CardError):
    """The voucher's time is over."""

    code = "system_card_expired"
    sentence = N_(
        "System card %(number)s was good until %(until)s. Nothing was done. Check this machine's "
        "clock, or ask headquarters for another card."
    )
