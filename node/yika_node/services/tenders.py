"""How a payment is made: what is given in each tender, and the change (找零).

========================================  =========================================================
typed                                     what holds
========================================  =========================================================
nothing                                   the exact sum in cash; nothing is written down of it
other tenders, and no cash                what they leave is paid in cash, exactly
cash, alone or with others                what is given beyond the sum is change, out of the cash
========================================  =========================================================

Only cash is changed: the other tenders together never come to more than the sum.  A cheque, a
transfer and a voucher have a number of their own, without which nobody finds them again.
Loaded when somebody pays otherwise than with the exact cash.
"""

from collections.abc import Sequence
from typing import Final

from yika_common.errors import N_, YikaError
from yika_common.journal.till_bodies import BANK, CASH, CHEQUE, TENDERS, VOUCHER, Part, Tendered
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.db.journal import Draft, Position

NUMBERED: Final = frozenset((BANK, CHEQUE, VOUCHER))
"""The tenders that are not taken without their number."""

REASON_MAX: Final = 200


class TenderShort(YikaError):
    """Less was given than is to be paid."""

    code = "tender_short"
    sentence = N_(
        "%(given)s is given, and %(due)s is to be paid. Nothing was recorded. Take %(missing)s "
        "more, or correct what is given."
    )


class TenderTooMuch(YikaError):
    """More was given than is to be paid, and not in cash."""

    code = "tender_too_much"
    sentence = N_(
        "%(given)s is given, %(due)s is to be paid, and only cash has change. Nothing was "
        "recorded. Correct what is given."
    )


class TenderNumberMissing(YikaError):
    """A cheque, a transfer or a voucher without its number."""

    code = "tender_number_missing"
    sentence = N_("%(tender)s needs its number. Nothing was recorded. Type it beside the sum.")


class TenderUnlikeItsPayment(YikaError):
    """Money is to go back in another tender than it came, and nobody said why."""

    code = "tender_unlike_its_payment"
    sentence = N_(
        "This was paid otherwise: %(tender)s. No money was handed out. Hand it back that way, or "
        "say why not."
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What a clerk typed of a payment: at most one part for each tender, in their order."""

    parts: tuple[Part, ...]

    def record(self, due: Money, payment: int, reason: str = "") -> Tendered | None:
        """How a sum is paid with it; None: exactly, in cash.

        Args:
            due: what is to be paid.
            payment: seq of the payment's first record.
            reason: why money goes back in another tender than it came.

        Raises:
            TenderShort, TenderTooMuch, TenderNumberMissing: it can't be.
        """
        for part in self.parts:
            if part.tender in NUMBERED and not part.reference:
                raise TenderNumberMissing(tender=part.tender)
        parts = _with_cash(self.parts, due)
        given = sum(part.given for part in parts)
        cash = sum(part.given for part in parts if part.tender == CASH)
        if given < due:
            raise TenderShort(
                given=money_to_text(Money(given)),
                due=money_to_text(due),
                missing=money_to_text(Money(due - given)),
            )
        change = given - due
        if change and change >= cash:
            raise TenderTooMuch(given=money_to_text(Money(given)), due=money_to_text(due))
        if not parts or (change == 0 and cash == given and not reason):
            return None
        return Tendered(receipt=payment, parts=parts, change=change, reason=reason)

    def drafts(self, due: Money, records: int, reason: str = "") -> list[Draft]:
        """The record to commit right after a payment's own ``records``, if there is to be one.

        Raises:
            those of :meth:`record`.
        """
        if self.record(due, 1, reason) is None:
            return []

        def at(position: Position) -> Tendered:
            made = self.record(due, position.seq - records, reason)
            assert made is not None, "it was asked with the same sum"
            return made

        return [at]


@dataclass(frozen=True, slots=True)
class Handing:
    """How money is handed back: in the tenders it came in, or otherwise for a reason."""

    given: Given = Given(())
    why: str = ""

    def drafts(self, due: Money, records: int, paid_in: frozenset[str]) -> list[Draft]:
        """As :meth:`Given.drafts`; ``paid_in`` names the tenders, but cash, that it came in.

        Raises:
            TenderUnlikeItsPayment: it goes back in others, and nobody said why.
            those of :meth:`Given.record`.
        """
        used = {part.tender for part in self.given.parts if part.given and part.tender != CASH}
        alike = used <= paid_in and bool(used) == bool(paid_in)
        if not alike and not self.why:
            named = (tender for tender in TENDERS if tender in paid_in)
            raise TenderUnlikeItsPayment(tender=next(named, CASH))
        return self.given.drafts(due, records, "" if alike else self.why[:REASON_MAX])


def _with_cash(parts: Sequence[Part], due: Money) -> tuple[Part, ...]:
    """The parts; where no cash was typed, with the cash that they leave to be paid."""
    left = due - sum(part.given for part in parts)
    if left <= 0 or any(part.tender == CASH for part in parts):
        return tuple(parts)
    return (Part(CASH, left, ""), *parts)


def in_order(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts in the order in which tenders are listed everywhere."""
    return tuple(sorted(parts, key=lambda part: TENDERS.index(part.tender)))
