"""The words for rights, for what is changed about operators, and for limits of a day."""

from typing import Final

from flask_babel import lazy_gettext as _

from yika_common.infra.web.site import Text
from yika_common.journal import staff_bodies as staff
from yika_node.db.staff_projections import ADDED, LIMIT
from yika_node.services.rights import Right

LIMITS: Final[dict[str, Text]] = {
    staff.SALES: _("Purchases sold"),
    staff.REFUNDS: _("Refunds"),
    staff.SUPPLEMENTS: _("Purchases written again"),
}
CHANGES: Final[dict[str, Text]] = {
    ADDED: _("added"),
    staff.LEVEL: _("another level"),
    staff.DISABLED: _("can't sign in any more"),
    staff.ENABLED: _("can sign in again"),
    staff.RESET: _("has a password that holds once"),
    staff.PASSWORD: _("chose a new password"),
    staff.RELEASED: _("the name was opened again"),
    staff.BOUND: _("is that person of headquarters' list"),
    **{LIMIT + what: _("limit for %(what)s", what=name) for what, name in LIMITS.items()},
}
PURPOSES: Final[dict[str, Text]] = {
    "release": _("open a name that wrong passwords have closed"),
    "admit": _("let somebody work for a day whom the list does not let in"),
    "join": _("let a person of the list begin here"),
    "approve": _("approve one act"),
    "allowance": _("let what may be sold without headquarters begin anew"),
}
"""What headquarters is asked by telephone."""
RIGHT_NAMES: Final[dict[Right, Text]] = {
    Right.LOOK: _("See the first page and the manual"),
    Right.SEE_ACCOUNTS: _("See accounts and cards"),
    Right.SEE_SALES: _("See sales, receipts and refunds"),
    Right.SEE_OFFICE: _("See exchanges, tariffs and readings"),
    Right.SEE_REPORTS: _("See business figures and reports"),
    Right.SEE_OPERATORS: _("See operators and what was changed about them"),
    Right.TAKE_JOURNAL: _("Take the journal as files"),
    Right.READ_CARD: _("Read cards"),
    Right.SELL: _("Sell"),
    Right.SETTLE: _("Bring pending sales to their end"),
    Right.OPEN_ACCOUNT: _("Open accounts"),
    Right.ISSUE_CARD: _("Make cards for accounts"),
    Right.AMEND_ACCOUNT: _("Amend what sets prices"),
    Right.LIMIT_ACCOUNT: _("Set an account's own limits"),
    Right.CHANGE_DETAILS: _("Change a holder's details, put holds on accounts"),
    Right.LEAD_ACCOUNT: _("Change holders, suspend and close accounts"),
    Right.LIFT_HOLD: _("Sell in spite of a hold, lift it"),
    Right.SEE_PERSON: _("See telephone and document in full"),
    Right.IMPORT_ACCOUNTS: _("Import accounts from a file"),
    Right.REPORT_CARD: _("Report cards lost or found"),
    Right.COMPLAIN: _("Write complaints down"),
    Right.REPLACE_CARD: _("Replace cards"),
    Right.END_CARD: _("Take cards out of use"),
    Right.WRITE_AGAIN: _("Write a purchase again"),
    Right.GIVE_BACK: _("Give purchases back"),
    Right.RETURN_GUARANTEE: _("Hand guarantees back"),
    Right.APPROVE: _("Let a second person approve"),
    Right.KEEP_STOCK: _("Keep the stock of blank cards"),
    Right.REPLACE_METER: _("Replace meters"),
    Right.WRITE_TOOLS: _("Write tool cards"),
    Right.WRITE_SPECIAL: _("Write system and managing cards"),
    Right.TEST_READER: _("Test the reader"),
    Right.PRINT: _("Print papers once more"),
    Right.TEST_PRINTER: _("Test the printer"),
    Right.SET_PRINTER: _("Choose the printer"),
    Right.WORK_SHIFT: _("Open, move and close a drawer of one's own"),
    Right.SEE_SHIFTS: _("See everybody's drawers and Z reports"),
    Right.CORRECT_PAYMENTS: _("Set right how a payment was made"),
    Right.LEAD_SHIFTS: _("Close another's drawer, bring takings to the bank"),
    Right.EXCHANGE: _("Exchange with headquarters"),
    Right.MANAGE_OPERATORS: _("Manage operators"),
    Right.LIMIT_OPERATORS: _("Set what others may do in a day"),
}
"""Every right; a test looks that none is missing."""

SECOND_PERSON: Final[dict[str, Text]] = {
    "refund": _("give a purchase back"),
    "supplement": _("write a purchase again onto its card"),
    "meter swap": _("replace a meter whose balance nobody can read, by a figure"),
    "free card": _("replace a card without its fee"),
    "charge back": _("give a fee or deposit back"),
    "payment correction": _("set right how a payment was made"),
    "guarantee back": _("hand back a guarantee, from the sum on that the point sets"),
    "over or short": _("explain a great difference in a drawer"),
    "cash": _("take cash out of a drawer where headquarters wants two persons"),
    "close account": _("close an account although its card holds credit"),
    "operator level": _("make somebody a supervisor or manager"),
    "sale beyond limit": _("sell beyond the operator's limit of the day"),
}
"""Every act that a second person approves, by the kind under which its digest is made.

At headquarters two persons publish a tariff, settle a case and order a tool card.
"""
