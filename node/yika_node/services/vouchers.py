"""A voucher pays once: the rule that the journal obeys, whichever desk takes the payment.

Here the numbers of this vending point's own payments are compared; headquarters compares those of
all.  A voucher whose payment was given back may be used again.  Nothing is loaded for a payment
without one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from yika_common.errors import N_, YikaError

if TYPE_CHECKING:
    from yika_node.db.journal import Entry

_KINDS: Final = frozenset(("tender", "corrected"))
_SAME: Final = (
    "SELECT epoch, receipt FROM tendering WHERE reference = ? AND tender = 'voucher'"
    " AND (epoch, receipt) <> (?, ?)"
)


class VoucherUsed(YikaError):
    """Another payment was made with the voucher."""

    code = "voucher_used"
    sentence = N_(
        "Voucher %(voucher)s has paid for receipt %(receipt)s already. Nothing was recorded. Look "
        "at its number, or take the money otherwise."
    )


def check_vouchers(
    connection: sqlite3.Connection, entries: Sequence[Entry], _operator: str
) -> None:
    """Refuse a payment with a voucher that paid before, within its transaction.

    Raises:
        VoucherUsed: nothing is recorded.
    """
    if not any(entry.body.kind in _KINDS for entry in entries):
        return
    from yika_node.db.correction_queries import taken  # noqa: PLC0415 - see above
    from yika_node.db.shift_queries import asking  # noqa: PLC0415

    ask = asking(connection)
    for number, payment in _vouchers(entries):
        if taken(ask, *payment) is None:
            # Money that is handed out, perhaps for the very payment.
            continue
        for epoch, receipt in ask(_SAME, (number, *payment)):
            before = taken(ask, epoch, receipt)
            if before is not None and not before.returned:
                raise VoucherUsed(voucher=number, receipt=f"{epoch}-{receipt:06}")


def _vouchers(entries: Sequence[Entry]) -> Iterator[tuple[str, tuple[int, int]]]:
    """The numbers that these records pay with, and the payments."""
    from yika_common.journal.correction_bodies import PaymentCorrected  # noqa: PLC0415
    from yika_common.journal.till_bodies import VOUCHER, Tendered  # noqa: PLC0415

    for entry in entries:
        body = entry.body
        if isinstance(body, Tendered):
            parts, payment = body.parts, (entry.epoch, body.receipt)
        elif isinstance(body, PaymentCorrected):
            parts, payment = body.after, (body.epoch or entry.epoch, body.receipt)
        else:
            continue
        yield from ((p.reference, payment) for p in parts if p.tender == VOUCHER and p.reference)
