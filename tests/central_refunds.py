"""Refunds at headquarters in tests: what a vending point writes of them, and what became of it."""

from dataclasses import replace
from typing import Any

from central_builders import Pen
from settlement_builders import CARD, METER, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Sale, Suspense
from yika_common.journal import bodies
from yika_common.journal import card_bodies as cards
from yika_common.journal.bodies import Intent, Reading
from yika_common.journal.record import decode_line
from yika_common.journal.reversal import reversal


def refund(
    pen: Pen, purchase: int, *, written: bool = True, paid: int | None = 0, **changes: Any
) -> int:
    """Give back a purchase of the pen's; ``paid`` names the write-back, None: not paid yet."""
    bought = decode_line(pen.lines[purchase - 1]).body
    assert isinstance(bought, Intent)
    back = reversal(bought, purchase, approved=pen.seq, reason="typed twice", mac="ab" * 8)
    seq = pen.write(replace(back, **changes))
    if written:
        pen.write(bodies.Sale(intent=seq))
    if written and paid is not None:
        pen.write(cards.RefundPaid(intent=seq, amount=max(0, -back.paid), write_back=paid))
    return seq


def sale(hq: Headquarters, seq: int, node: str = "N0001") -> dict[str, Any]:
    (found,) = (row for row in rows(hq, Sale) if (row["node"], row["seq"]) == (node, seq))
    return found


def reasons(hq: Headquarters) -> set[str]:
    odd = {row["reason"] for row in rows(hq, Suspense)}
    return {reason for reason in odd if reason.startswith("refund")}


def told(*, count: int, total: int, number: int, balance: int = 0, meter: str = METER) -> Reading:
    """What the meter wrote back; its evidence is another matter."""
    return Reading(
        card=CARD,
        meter=meter,
        slot=3,
        generation=1,
        count=count,
        total=total,
        balance=balance,
        used=0,
        status=0,
        sequence=number,
        meter_time=1,
        evidence="00" * 8,
    )
