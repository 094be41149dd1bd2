"""Who may do what at a vending point: one table, and what is not in it is refused.

Each view of the program names the one :class:`Right` it needs; :data:`RIGHTS` says which levels
have it.  An auditor's rights are all for looking.  A manager approves what others do, so the money
that passes in a session in which he approved is not his: :data:`NOT_AFTER_APPROVING`.

The card reader, the drawer and the printer are at the counter.  A page that was opened from
another machine has the rights of :data:`FROM_AFAR` at most: it looks, sums and manages, and nobody
sells there with a card that he does not see.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from yika_node.services.views import Level


class Right(Enum):
    """One function of the program."""

    LOOK = auto()
    """The first page, the reader's last test, the manual."""
    SEE_ACCOUNTS = auto()
    """Accounts with their holders, and their cards."""
    SEE_SALES = auto()
    """Sales, receipts, refunds, what is pending."""
    SEE_OFFICE = auto()
    """Exchanges, tariffs, readings."""
    SEE_REPORTS = auto()
    """Reports over all operators and customers, and what auditors look for."""
    SEE_OPERATORS = auto()
    """Who may sign in, and what was changed about that."""
    TAKE_JOURNAL = auto()
    """The whole journal as files."""
    READ_CARD = auto()
    SELL = auto()
    SETTLE = auto()
    """Bring what is pending to its end, with the card."""
    OPEN_ACCOUNT = auto()
    ISSUE_CARD = auto()
    AMEND_ACCOUNT = auto()
    LIMIT_ACCOUNT = auto()
    CHANGE_DETAILS = auto()
    """The holder's name, telephone and address; to put a hold on, and lift what anybody may."""
    LEAD_ACCOUNT = auto()
    """Another holder, rest, the end of an account."""
    LIFT_HOLD = auto()
    """Sell where a hold asks for a supervisor, and lift what only one may lift."""
    SEE_PERSON = auto()
    """Telephone and identity document in full, which is recorded."""
    IMPORT_ACCOUNTS = auto()
    REPORT_CARD = auto()
    """Note a card as lost or found, and what became of a notice."""
    COMPLAIN = auto()
    """Write down what a customer complains of."""
    REPLACE_CARD = auto()
    END_CARD = auto()
    WRITE_AGAIN = auto()
    GIVE_BACK = auto()
    """Begin a refund and pay it out; a second person approves it."""
    RETURN_GUARANTEE = auto()
    """Hand back money that is held as security; from a sum on a second person approves it."""
    APPROVE = auto()
    """The second person's page, at the desk of whoever asks."""
    KEEP_STOCK = auto()
    REPLACE_METER = auto()
    WRITE_TOOLS = auto()
    WRITE_SPECIAL = auto()
    TEST_READER = auto()
    PRINT = auto()
    """Papers once more."""
    TEST_PRINTER = auto()
    SET_PRINTER = auto()
    """Which printer is used."""
    WORK_SHIFT = auto()
    """Open a drawer of one's own, move cash in it, count and close it."""
    SEE_SHIFTS = auto()
    """Everybody's Z reports, and what must be in a drawer that is not counted yet."""
    CORRECT_PAYMENTS = auto()
    """Set right in what way a payment was made, and write down a fee that was forgotten."""
    LEAD_SHIFTS = auto()
    """Count and close another's drawer; bring takings to the bank."""
    EXCHANGE = auto()
    """Exchange with headquarters now."""
    MANAGE_OPERATORS = auto()
    LIMIT_OPERATORS = auto()
    """Set what others may do in a day."""


_SEEING: Final = frozenset({Right.LOOK, Right.SEE_ACCOUNTS, Right.SEE_SALES, Right.SEE_OFFICE})
_MONEY: Final = frozenset({Right.SELL, Right.REPLACE_CARD, Right.WRITE_AGAIN, Right.GIVE_BACK})
_COUNTER: Final = frozenset(
    {
        Right.READ_CARD,
        Right.SETTLE,
        Right.OPEN_ACCOUNT,
        Right.CHANGE_DETAILS,
        Right.ISSUE_CARD,
        Right.REPORT_CARD,
        Right.COMPLAIN,
        Right.END_CARD,
        Right.APPROVE,
        Right.KEEP_STOCK,
        Right.TEST_READER,
        Right.PRINT,
        Right.TEST_PRINTER,
        Right.WORK_SHIFT,
        Right.EXCHANGE,
    }
)
_CLERK: Final = _SEEING | _COUNTER | _MONEY | {Right.TAKE_JOURNAL}
_LEADING: Final = frozenset(
    {
        Right.SEE_REPORTS,
        Right.SEE_OPERATORS,
        Right.AMEND_ACCOUNT,
        Right.LIMIT_ACCOUNT,
        Right.LEAD_ACCOUNT,
        Right.LIFT_HOLD,
        Right.RETURN_GUARANTEE,
        Right.SEE_PERSON,
        Right.IMPORT_ACCOUNTS,
        Right.REPLACE_METER,
        Right.WRITE_TOOLS,
        Right.WRITE_SPECIAL,
        Right.SET_PRINTER,
        Right.SEE_SHIFTS,
        Right.CORRECT_PAYMENTS,
        Right.LEAD_SHIFTS,
        Right.MANAGE_OPERATORS,
        Right.LIMIT_OPERATORS,
    }
)

RIGHTS: Final[Mapping[Level, frozenset[Right]]] = {
    Level.CLERK: _CLERK,
    Level.SUPERVISOR: _CLERK | _LEADING,
    Level.MANAGER: _CLERK | _LEADING,
    Level.AUDITOR: _SEEING
    | {Right.SEE_REPORTS, Right.SEE_OPERATORS, Right.SEE_SHIFTS, Right.TAKE_JOURNAL},
    Level.TECHNICIAN: frozenset(
        {
            Right.LOOK,
            Right.SEE_OFFICE,
            Right.TEST_READER,
            Right.TEST_PRINTER,
            Right.SET_PRINTER,
            Right.EXCHANGE,
        }
    ),
}

NOT_AFTER_APPROVING: Final = _MONEY | {Right.RETURN_GUARANTEE}
"""What nobody may do any more in a session in which he approved for another."""


FROM_AFAR: Final = _SEEING | {
    Right.SEE_REPORTS,
    Right.SEE_OPERATORS,
    Right.SEE_SHIFTS,
    Right.SEE_PERSON,
    Right.TAKE_JOURNAL,
    Right.AMEND_ACCOUNT,
    Right.LIMIT_ACCOUNT,
    Right.CHANGE_DETAILS,
    Right.LIFT_HOLD,
    Right.IMPORT_ACCOUNTS,
    Right.COMPLAIN,
    Right.MANAGE_OPERATORS,
    Right.LIMIT_OPERATORS,
    Right.EXCHANGE,
}
"""What may be done from another machine of the local network, by whoever may at the counter."""


class Place(Enum):
    """Where a page was opened."""

    COUNTER = auto()
    """The vending point's own machine."""
    AFAR = auto()
    """Another one on its local network."""


def may(level: Level, right: Right, place: Place = Place.COUNTER) -> bool:
    """Whether the table gives the level the right, there."""
    if place is not Place.COUNTER and right not in FROM_AFAR:
        return False
    return right in RIGHTS.get(level, frozenset())
