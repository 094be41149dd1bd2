"""What a record can say about money at the counter beyond sales, and about paper.

As :mod:`yika_common.journal.bodies`, in whose terms these are; loaded with the first of them.
"""

from typing import ClassVar, NamedTuple

from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, is_number, is_text, number, rows, text
from yika_common.values import dataclass

CASH, CARD, BANK = "cash", "card", "bank"
CHEQUE, MOBILE, VOUCHER = "cheque", "mobile", "voucher"
TENDERS = (CASH, CARD, BANK, CHEQUE, MOBILE, VOUCHER)
"""Notes and coins, a bank card, a transfer, a cheque, a payment by telephone, a voucher."""

FEE, DEPOSIT = "fee", "deposit"
GUARANTEE, GUARANTEE_BACK, GUARANTEE_DEBT = "guarantee", "guarantee_back", "guarantee_debt"
"""What is held for an account as security (押金): taken, handed back, used to pay a debt."""

DEBT_PAID = "debt"
"""A debt paid at the counter where an account ends; before, it is collected with purchases."""

PREPAID_BACK = "prepaid_back"
"""What was deposited and bought nothing, handed back where an account ends."""

SETTLED_BACK, SETTLED_PAID = "settled_back", "settled_paid"
"""What was open of headquarters' adjustment where an account ends: handed out, or collected."""

OF_ADJUSTMENT = (SETTLED_BACK, SETTLED_PAID)
HELD = (GUARANTEE, GUARANTEE_BACK, GUARANTEE_DEBT)
OF_DEBTS = (GUARANTEE_DEBT, DEBT_PAID)

REFERENCE_MAX = 40
_TENDER_MAX = max(map(len, TENDERS))
_U32 = (1 << 32) - 1
_COPIES_MAX = 10_000


class Part(NamedTuple):
    """Money paid in one tender; ``reference`` is its own number, where it has one."""

    tender: str
    given: int
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tendered(Body):
    """How a payment was made, where it was not the exact sum in cash.

    In the commit of the payment's own records, right after them; money that is handed out (a
    refund, what is taken back) names what it was handed out in.
    """

    kind: ClassVar[str] = "tender"
    receipt: int = number("b", least=1)
    """Seq of the first record of the payment, by which its receipt is numbered."""
    parts: tuple[Part, ...] = rows(
        "pt",
        Part,
        (is_text(1, _TENDER_MAX), is_number(1, FIGURE_MAX), is_text(0, REFERENCE_MAX)),
        most=len(TENDERS),
    )
    change: int = number("ch", most=FIGURE_MAX, default=0)
    """Cash given back."""
    reason: str = text("why", most=200, default="")
    """Why money goes back in another tender than it came."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: known tenders, once each; change comes out of cash."""
        Body.__post_init__(self)
        named = [part.tender for part in self.parts]
        if not named or len({*named}) != len(named) or not {*named} <= {*TENDERS}:
            raise ValueError(Phrase("“pt” names each tender once, and only those there are"))
        if self.change and self.change >= self.given_in(CASH):
            raise ValueError(Phrase("“ch” is less than what was given in cash"))

    def given_in(self, tender: str) -> int:
        """What was put on the counter in a tender."""
        return sum(part.given for part in self.parts if part.tender == tender)

    @property
    def total(self) -> int:
        """The money that stays: all that was given, less the change."""
        return sum(part.given for part in self.parts) - self.change


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged(Body):
    """Money was taken that buys no supply, or given back: see the words of ``what``.

    The record's own number is that of its receipt.  A deposit is credited by headquarters.  A fee
    or deposit is given back, whole, by a later record that names it.  A guarantee is held as one
    sum for the account: records of their own hand of it back, or pay debts with it.
    """

    kind: ClassVar[str] = "charge"
    what: str = text("w", among=(FEE, DEPOSIT, *HELD, DEBT_PAID, PREPAID_BACK, *OF_ADJUSTMENT))
    account: str = text("a", default="")
    """For whom; a fee may be anybody's."""
    code: str = text("cd", most=32, default="")
    """Of the fee in the utility's catalogue, of the kind of guarantee, or of the debt."""
    name_zh: str = text("zh", most=60, default="")
    name_en: str = text("en", most=60, default="")
    """Of what the code is of, as the catalogue, or the account's sheet, then had it."""
    booked_as: str = text("ac", most=16, default="")
    """The utility's bookkeeping account for it."""
    amount: int = number("amt", least=1, most=FIGURE_MAX)
    tax: int = number("tx", most=FIGURE_MAX, default=0)
    """Tax contained in the amount."""
    takes_back: int = number("rv", default=0)
    """Seq of the record whose money is given back; 0: money is taken."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of that record; 0: this one."""
    hash: str = hexadecimal("ih", 8, default="")
    reason: str = text("why", most=200, default="")
    """What there is to say of it; why it is given back."""
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed, because money is taken."""
    happened: int = number("hp", default=0)
    """When the money came in, where that was written down later; 0: then."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: what is an account's names it, and what it is of."""
        Body.__post_init__(self)
        if self.what not in (FEE, DEPOSIT) and (self.takes_back or not self.account):
            raise ValueError(Phrase("“a” says whose it is, and “rv” is of fees and deposits"))
        if self.what in OF_DEBTS and not self.code:
            raise ValueError(Phrase("“cd” says which debt is paid"))

    @property
    def signed(self) -> int:
        """The money that came in, below zero where it went out; a debt's offset moves none."""
        if self.what == GUARANTEE_DEBT:
            return 0
        out = self.takes_back or self.what in (GUARANTEE_BACK, PREPAID_BACK, SETTLED_BACK)
        return -self.amount if out else self.amount

    @property
    def held(self) -> int:
        """What it adds to the account's guarantee."""
        if self.what not in HELD:
            return 0
        return self.amount if self.what == GUARANTEE else -self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed(Body):
    """A receipt was printed."""

    kind: ClassVar[str] = "printed"
    receipt: int = number("b", least=1)
    epoch: int = number("iep", most=_U32, default=0)
    """Of the receipt; 0: this one."""
    copy: int = number("n", most=_COPIES_MAX, default=0)
    """0: the original; 1 and on: the copies that say COPY and this number."""
    reason: str = text("why", most=200, default="")
