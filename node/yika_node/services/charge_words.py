"""The words for money beside sales, in one table for papers and pages."""

from typing import Final, NamedTuple

from yika_common.errors import N_
from yika_common.journal.till_bodies import (
    DEBT_PAID,
    DEPOSIT,
    FEE,
    GUARANTEE,
    GUARANTEE_BACK,
    GUARANTEE_DEBT,
    PREPAID_BACK,
    SETTLED_BACK,
    SETTLED_PAID,
)


class ChargeWords(NamedTuple):
    """What a charge is called: by itself, as a paper's title, its sum, and what to know of it."""

    name: str
    title: str
    total: str
    note: str = ""


WORDS: Final[dict[str, ChargeWords]] = {
    FEE: ChargeWords(N_("Fee"), N_("Receipt for a fee"), N_("Paid")),
    DEPOSIT: ChargeWords(
        N_("Deposit"),
        N_("Receipt for a deposit"),
        N_("Paid"),
        N_(
            "This money is credited with the next purchase after headquarters has answered, at "
            "any vending point. Bring the card then."
        ),
    ),
    GUARANTEE: ChargeWords(
        N_("Guarantee"),
        N_("Receipt for a guarantee"),
        N_("Paid"),
        N_(
            "This money is held as security and buys nothing. It is handed back where it was "
            "taken. Keep this receipt."
        ),
    ),
    GUARANTEE_BACK: ChargeWords(
        N_("Guarantee handed back"), N_("Guarantee handed back"), N_("Handed out")
    ),
    GUARANTEE_DEBT: ChargeWords(
        N_("Debt paid with the guarantee"),
        N_("Debt paid with the guarantee"),
        N_("Taken from the guarantee"),
    ),
    PREPAID_BACK: ChargeWords(
        N_("Prepaid money handed back"), N_("Prepaid money handed back"), N_("Handed out")
    ),
    SETTLED_BACK: ChargeWords(
        N_("Headquarters' credit paid out"), N_("Headquarters' credit paid out"), N_("Handed out")
    ),
    SETTLED_PAID: ChargeWords(
        N_("Headquarters' claim paid"), N_("Receipt for headquarters' claim"), N_("Paid")
    ),
    DEBT_PAID: ChargeWords(N_("Debt"), N_("Receipt for a debt paid"), N_("Paid")),
}
"""By what a charge is."""

TAKES: Final = frozenset({FEE, DEPOSIT, GUARANTEE, DEBT_PAID, SETTLED_PAID})
"""What brings money in."""
