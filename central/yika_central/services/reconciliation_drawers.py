"""Drawers that were so much over or short that a second person signs for it: a line to look at.

A vending point's Z report says by which bounds its difference was judged
(:attr:`yika_common.journal.cash_bodies.ShiftClosed.wants`); those beyond the second one stand in
suspense with their sum, whoever has signed meanwhile.
"""

from collections.abc import Sequence
from typing import Final

from yika_central.db.projections import Arrival, Arrived, Values, suspense_row
from yika_common.journal.cash_bodies import ShiftClosed

DIFFERS: Final = "drawer_differs"
_SIGNED: Final = 2


def drawers_that_differ(arrived: Sequence[Arrived], arrival: Arrival) -> list[Values]:
    """The rows of suspense for the Z reports among these records."""
    return [
        suspense_row(
            {
                "node": arrival.node,
                "epoch": arrival.epoch,
                "branch": arrival.branch,
                "seq": item.record.seq,
            },
            DIFFERS,
            subject=f"Z {body.report} · {item.record.operator}",
            amount=body.difference,
            at=arrival.received_at,
        )
        for item in arrived
        if isinstance(body := item.record.body, ShiftClosed) and body.wants >= _SIGNED
    ]
