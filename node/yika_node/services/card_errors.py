"""What can go wrong in the life of a card, one class per thing that happens."""

from yika_common.errors import N_, YikaError

REASON_MAX = 200
"""Characters of a reason that a record has room for."""


class CardLost(YikaError):
    """The holder reported the card lost."""

    code = "card_lost"
    sentence = N_(
        "Card %(number)s was reported lost on %(since)s. Nothing was sold. If this is its holder, "
        "release the card; if not, keep it and report it."
    )


class CardOutOfUse(YikaError):
    """The card was taken out of use; its chip may not have heard of it yet."""

    code = "card_out_of_use"
    sentence = N_(
        "Card %(number)s was taken out of use on %(since)s. Nothing was sold. Keep the card, and "
        "finish its end on the page of cards."
    )


class CardRefusedByList(YikaError):
    """Headquarters' list says that nothing is sold to the card."""

    code = "card_refused_by_list"
    sentence = N_("Card %(number)s: %(why)s Nothing was sold.")


class CardUnknownHere(YikaError):
    """A card of no account that is known here."""

    code = "card_unknown_here"
    sentence = N_(
        "No account is known here for card %(number)s. Nothing was changed. Look for the customer "
        "by name or account."
    )


class CardNotLost(YikaError):
    """A card is to be released that was not reported lost."""

    code = "card_not_lost"
    sentence = N_(
        "Card %(number)s is not reported lost here. Nothing was changed. If headquarters or "
        "another vending point reported it, release it there."
    )


class ReasonMissing(YikaError):
    """An act in the life of a card says why."""

    code = "card_reason_missing"
    sentence = N_(
        "The reason is missing or longer than %(most)s characters. Nothing was changed. Write why."
    )


def checked_reason(text: str) -> str:
    """The reason without blanks around it.

    Raises:
        ReasonMissing: there is none, or it is too long to be read.
    """
    text = text.strip()
    if not 0 < len(text) <= REASON_MAX or not text.isprintable():
        raise ReasonMissing(most=REASON_MAX)
    return text


class NothingToReplace(YikaError):
    """The account never had a card."""

    code = "nothing_to_replace"
    sentence = N_(
        "Account %(account)s has no card that could be replaced. No card was issued. Make its "
        "first card."
    )


class ReplacedElsewhere(YikaError):
    """Only where the account was opened, or where headquarters tells of its card."""

    code = "replaced_elsewhere"
    sentence = N_(
        "This vending point does not know how the card of account %(account)s stands. No card was "
        "issued. Exchange with headquarters, or replace the card at %(node)s."
    )


class AlreadyReplaced(YikaError):
    """The page has made a card already, and another chip is in the reader."""

    code = "already_replaced"
    sentence = N_(
        "This page has made card %(number)s already, and another card is in the reader. It was "
        "left untouched. Put the new card in again."
    )


class CreditOnCard(YikaError):
    """A card that is to end still carries credit that no meter took."""

    code = "credit_on_card"
    sentence = N_(
        "Card %(number)s still carries credit that the meter has not taken (place %(place)s). The "
        "card was left as it is. Let the meter take it, give it back, or replace the card first."
    )


class EndUnknown(YikaError):
    """A form asks for an end that cards do not have."""

    code = "end_unknown"
    sentence = N_("There is no such way to end a card. Nothing was changed. Choose one of those.")


class NothingToWriteAgain(YikaError):
    """A slot holds what it should, or nothing was ever written to it here."""

    code = "nothing_to_write_again"
    sentence = N_(
        "Place %(place)s of card %(number)s already holds the last purchase made here, or none "
        "was made here. Nothing was written."
    )


class CardMovedOn(YikaError):
    """What would be written again is below what the card, the meter or headquarters show."""

    code = "card_moved_on"
    sentence = N_(
        "Something later than our last purchase was written to place %(place)s of card "
        "%(number)s. Nothing was written. Let the vending point of that purchase write it again, "
        "or replace the card."
    )


class StockUnusable(YikaError):
    """A movement of blank cards that can't be."""

    code = "stock_unusable"
    sentence = N_(
        "The number of blank cards is missing or not usable. Nothing was recorded. Type how many "
        "there are."
    )
