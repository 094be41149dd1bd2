"""What can go wrong with fees and deposits."""

from yika_common.errors import N_, YikaError
from yika_node.services.errors import SaleUnknown


class FeeUnknown(YikaError):
    """The catalogue has no such fee."""

    code = "fee_unknown"
    sentence = N_(
        "The utility's list of fees has no “%(code_)s”. Nothing was taken. Choose a fee of the "
        "list; headquarters keeps it."
    )


class LateFeeUnlikely(YikaError):
    """A fee that is written down later came in at no likely time, or nobody says why so late."""

    code = "late_fee_unlikely"
    sentence = N_(
        "A fee that nobody wrote down needs the time when it was collected, in the past and at "
        "most %(most)s days ago, and a note that says why. Nothing was recorded. Correct it."
    )


class FeePriceFixed(YikaError):
    """Another sum than the price was typed for a fee whose price nobody types."""

    code = "fee_price_fixed"
    sentence = N_(
        "This fee is %(price)s and no other sum. Nothing was taken. Leave the sum empty, or "
        "choose another fee."
    )


class ChargeSumUnusable(YikaError):
    """No money, or too much."""

    code = "charge_sum_unusable"
    sentence = N_(
        "The sum must be above 0, and at most one million. Nothing was taken. Correct it."
    )


class ChargeNoteUnusable(YikaError):
    """What is noted of a charge can't be used."""

    code = "charge_note_unusable"
    sentence = N_("The note has at most %(most)s characters. Nothing was taken. Shorten it.")


class ChargeUnknown(SaleUnknown):
    """No charge has this number."""

    code = "charge_unknown"
    sentence = N_(
        "There is no fee or deposit with number %(number)s at this vending point. Nothing was "
        "changed. Look it up in the list."
    )


class ChargeReasonMissing(YikaError):
    """Nobody said why money is given back."""

    code = "charge_reason_missing"
    sentence = N_(
        "Giving money back needs a reason of at most %(most)s characters. Nothing was given back. "
        "Type it."
    )


class ChargeGivenBack(YikaError):
    """Its money was handed back before."""

    code = "charge_given_back"
    sentence = N_("The money of %(number)s was given back before. Nothing is paid a second time.")


class ChargeNotGivenBack(YikaError):
    """It is a guarantee, or a debt that was paid."""

    code = "charge_not_given_back"
    sentence = N_(
        "%(number)s is neither a fee nor a deposit. Nothing was given back. A guarantee is handed "
        "back on its account's page; headquarters settles a debt that was paid wrongly."
    )


class ChargeOfAnotherEpoch(YikaError):
    """It was taken before the vending point was enrolled anew."""

    code = "charge_of_another_epoch"
    sentence = N_(
        "This was taken before the vending point was enrolled anew. Nothing was given back. Ask "
        "headquarters for an adjustment."
    )


class DepositCredited(YikaError):
    """Headquarters has the deposit, and a purchase anywhere may have applied it."""

    code = "deposit_credited"
    sentence = N_(
        "Headquarters has this deposit, and a purchase may have used it already. Nothing was "
        "given back. Ask headquarters to settle it by hand."
    )
