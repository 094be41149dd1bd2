"""What can go wrong at the counter, one class per thing that happens."""

from yika_common.errors import N_, YikaError


class CardUnknown(YikaError):
    """A card of this system whose key this node was not given."""

    code = "card_unknown"
    sentence = N_(
        "Card %(number)s belongs to an area that this vending point does not serve. It was left "
        "untouched. Use a vending point of the customer's area."
    )


class PracticeCardShown(YikaError):
    """A card of the practice program lies in a real reader."""

    code = "practice_card_shown"
    sentence = N_(
        "Card %(number)s is a practice card and worth nothing. It was left untouched. Put in the "
        "customer's card."
    )


class RealCardShown(YikaError):
    """A customer's card is shown to the practice program."""

    code = "real_card_shown"
    sentence = N_(
        "Card %(number)s is a real card, and this is practice. It was left untouched. Serve the "
        "customer at the vending point itself."
    )


class AccountUnknown(YikaError):
    """No account of this number, or of this card, is known here."""

    code = "account_unknown"
    sentence = N_(
        "No account is known here for %(number)s. Nothing was sold or changed. Check the number, "
        "or use the vending point where the account was opened."
    )


class AccountOpenedElsewhere(YikaError):
    """A first card is asked for where the account was not opened."""

    code = "account_opened_elsewhere"
    sentence = N_(
        "Account %(account)s was opened at vending point %(node)s, and only that one makes its "
        "card. No card was issued. Make it there."
    )


class AmendmentUnusable(YikaError):
    """A field of a supervisor's form can't be used."""

    code = "amendment_unusable"
    sentence = N_("The field “%(field)s” is empty or not usable. Nothing was changed. Correct it.")


class CardReplaced(YikaError):
    """The account has a newer card."""

    code = "card_replaced"
    sentence = N_(
        "Card %(number)s was replaced by a newer card of the same account. Nothing was sold. Use "
        "the newer card."
    )


class AccountHasCard(YikaError):
    """A second card was asked for."""

    code = "account_has_card"
    sentence = N_(
        "Account %(account)s already has card %(card)s, and it has been sold to. No card was "
        "issued. Use that card."
    )


class NoCardKeyLeft(YikaError):
    """The pool of numbers for new cards is used up."""

    code = "no_card_key_left"
    sentence = N_(
        "This vending point has no number left for a new card. No card was issued. Exchange data "
        "with headquarters, which then allots new numbers; if it does not, ask it to put cards "
        "into stock."
    )


class KeysNotHeld(YikaError):
    """Headquarters has not sent any keys yet."""

    code = "keys_not_held"
    sentence = N_(
        "This vending point has not received its keys from headquarters. Nothing was changed. "
        "Connect to headquarters once."
    )


class MeterUnknown(YikaError):
    """A meter whose keys this node was not given."""

    code = "meter_unknown"
    sentence = N_(
        "Meter %(meter)s is not one this vending point has keys for. Nothing was changed. Check "
        "the number, or fetch the keys from headquarters."
    )


class MeterCountsOtherwise(YikaError):
    """A meter that holds money is not credited with a quantity, nor the other way round."""

    code = "meter_counts_otherwise"
    sentence = N_(
        "Meter %(meter)s was not sold %(unit)s before, and tariff %(tariff)s sells nothing else. "
        "Nothing was sold. Correct the account's tariff class, or ask headquarters for the tariff "
        "of such meters."
    )


class MeterTaken(YikaError):
    """The meter already belongs to an account."""

    code = "meter_taken"
    sentence = N_(
        "Meter %(meter)s already belongs to account %(account)s. Nothing was changed. Check the "
        "number."
    )


class MeterOfAnotherService(YikaError):
    """The meter measures something else than its place on the card is for."""

    code = "meter_of_another_service"
    sentence = N_(
        "Meter %(meter)s is not of the kind that place %(place)s on the card is for. Nothing was "
        "changed. Check the number."
    )


class AccountFormIncomplete(YikaError):
    """A field of the account's form can't be used."""

    code = "account_form_incomplete"
    sentence = N_(
        "The field “%(field)s” is empty or not usable. No account was opened. Correct it."
    )


class SlotEmpty(YikaError):
    """The card has no meter in that place."""

    code = "slot_empty"
    sentence = N_(
        "There is no meter in place %(place)s of this card. Nothing was sold. Choose one of the "
        "meters shown."
    )


class NothingEntered(YikaError):
    """A sale form without a single amount."""

    code = "nothing_entered"
    sentence = N_(
        "No amount was entered for any meter. Nothing was sold. Enter an amount for at least one "
        "meter."
    )


class SaleTooLarge(YikaError):
    """More than any household buys at once: a slip of the finger."""

    code = "sale_too_large"
    sentence = N_(
        "This is more than can be sold to one meter at once (%(limit)s). Nothing was sold. Enter "
        "a smaller amount."
    )


class PriceChanged(YikaError):
    """The price differs from the one the customer agreed to."""

    code = "price_changed"
    sentence = N_(
        "The price has changed from %(agreed)s to %(found)s since it was shown. Nothing was sold. "
        "Show the customer the new price and confirm again."
    )


class FormUsed(YikaError):
    """A form that has sold comes back with other amounts, or for another card."""

    code = "form_used"
    sentence = N_(
        "This page has already sold: receipt %(number)s. It came back with other amounts or for "
        "another card, and nothing more was sold. Look at that receipt, then open the sale page "
        "anew."
    )


class LineRefused(YikaError):
    """One meter of several can't be sold to; ``why`` is that meter's own refusal."""

    code = "line_refused"
    sentence = N_("%(service)s, place %(place)s on the card (meter %(meter)s): %(why)s")


class SaleStillOpen(YikaError):
    """An earlier sale to this card is not settled."""

    code = "sale_still_open"
    sentence = N_(
        "An earlier sale to card %(card)s is not settled, and the card does not tell what became "
        "of it. Nothing more was sold. Call headquarters."
    )


class SaleNotClosed(YikaError):
    """A sale that is on the card, or may be, could not be recorded as such."""

    code = "sale_not_closed"
    sentence = N_(
        "The sale is paid and recorded, and its end is not: %(why)s. Put that right, then put the "
        "same card in again and the sale is finished. Do not sell it again."
    )


class RecordNotRemade(YikaError):
    """A pending sale's record can't be made again byte for byte."""

    code = "record_not_remade"
    sentence = N_(
        "The pending sale %(number)s can't be written again with this vending point's keys. The "
        "card was left untouched. Call headquarters."
    )


class SaleUnknown(YikaError):
    """No sale of that number."""

    code = "sale_unknown"
    sentence = N_("There is no sale %(number)s here. Nothing was changed. Check the number.")


class OperatorExists(YikaError):
    """A second operator of the same name."""

    code = "operator_exists"
    sentence = N_(
        "There already is an operator %(name)s. Nothing was changed. Choose another name."
    )


class OperatorNameUnusable(YikaError):
    """A name that can't be printed in a record."""

    code = "operator_name_unusable"
    sentence = N_(
        "An operator's name has 1 to 32 printable characters. Nothing was changed. Choose another "
        "name."
    )


class StoppedByHeadquarters(YikaError):
    """Headquarters' signed answer was to stop."""

    code = "stopped_by_headquarters"
    sentence = N_(
        "Headquarters has stopped this vending point (%(status)s). Nothing more will be sold. "
        "Call headquarters."
    )


class CertificateForAnother(YikaError):
    """The certificate is not for the keys that were made here."""

    code = "certificate_for_another"
    sentence = N_(
        "The certificate that came back is not for this vending point. Nothing was set up. Ask "
        "headquarters for a new token."
    )


class RefundAwaitsMeter(YikaError):
    """A refund is on the card that its meter must take before anything else is sold to it."""

    code = "refund_awaits_meter"
    sentence = N_(
        "A refund waits for meter %(meter)s. Nothing was sold to it. Put the card into the meter "
        "first, then sell."
    )


class ComplaintUnknown(YikaError):
    """There is no complaint of that number."""

    code = "complaint_unknown"
    sentence = N_(
        "There is no complaint %(number)s here. Nothing was changed. Look at the list again."
    )
