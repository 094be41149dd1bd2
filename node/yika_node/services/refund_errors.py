"""What can go wrong when a purchase is given back."""

from typing import Final

from yika_common.errors import N_, Phrase, YikaError
from yika_node.services.errors import SaleUnknown
from yika_node.services.refund_rules import Payment, Terms


class RefundRefused(YikaError):
    """The purchase can't be given back here, or not now."""

    code = "refund_refused"
    sentence = N_("%(why)s Nothing was given back.")


class RefundUnknown(SaleUnknown):
    """No refund has this number."""

    code = "refund_unknown"
    sentence = N_(
        "There is no refund with number %(number)s at this vending point. Nothing was paid out. "
        "Look it up in the list of refunds."
    )


class RefundReasonMissing(YikaError):
    """Nobody said why the purchase is given back."""

    code = "refund_reason_missing"
    sentence = N_(
        "A refund needs a reason of at most %(most)s characters. Nothing was given back. Type it."
    )


class RefundNotPayable(YikaError):
    """The money may not be handed out yet."""

    code = "refund_not_payable"
    sentence = N_("%(why)s No money was paid out.")


REFUSALS: Final[dict[Terms, Phrase]] = {
    Terms.OTHER_EPOCH: Phrase(
        "This purchase was made before the vending point was enrolled anew. Ask headquarters for "
        "an adjustment."
    ),
    Terms.NOT_A_PURCHASE: Phrase("This record is no purchase."),
    Terms.NOT_ON_CARD: Phrase(
        "The credit of this purchase is not on the card yet. Put the card in and finish it first."
    ),
    Terms.GIVEN_BACK: Phrase("This purchase was given back before."),
    Terms.UNREADABLE: Phrase(
        "The record of this meter on the card can't be read. Let the card be repaired first."
    ),
    Terms.NOT_NEWEST: Phrase(
        "The card shows another record of this meter than that of this purchase: only the newest "
        "purchase of a meter can be given back."
    ),
    Terms.BARE_CARD: Phrase(
        "On an SLE4442 card nothing proves what the meter has taken. Ask headquarters for an "
        "adjustment."
    ),
}
OVERTAKEN: Final = Phrase(
    "Another vending point has sold to the card before this refund reached it: the purchase "
    "stands, and there is nothing to pay."
)
METER_REPLACED: Final = Phrase(
    "The meter was replaced, and nothing here shows that it gave the credit back before: then the "
    "credit moved on to the new meter, and there is nothing to pay. Ask headquarters if in doubt."
)
METER_GONE_BELOW_ZERO: Final = Phrase(
    "The meter was replaced after it had delivered some of the credit, and its last balance is "
    "below zero. Nothing is paid here. Ask headquarters to settle it."
)
WAITS: Final[dict[Payment, Phrase]] = {
    Payment.NOT_ON_CARD: Phrase("The refund is not on the card yet. Put the same card in again."),
    Payment.NOT_CARRIED: Phrase(
        "Another card took the place of the one that the refund is on, and headquarters has not "
        "told that the refund was known there: the credit may be on the new card. Exchange news "
        "with headquarters and ask again; if it stays so, ask headquarters."
    ),
    Payment.METER_FIRST: Phrase(
        "The meter may hold the credit. Let the customer put the card into the meter, and bring "
        "it back."
    ),
    Payment.BELOW_ZERO: Phrase(
        "Some of the credit was used: the meter's balance is below zero. Let the customer buy "
        "what is missing, put the card into the meter, and bring it back."
    ),
}
GONE: Final[dict[Payment, Phrase]] = {
    Payment.METER_FIRST: METER_REPLACED,
    Payment.BELOW_ZERO: METER_GONE_BELOW_ZERO,
}
"""Where the meter was replaced: nothing that is done with the card changes it any more."""
