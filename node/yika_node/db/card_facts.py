"""What this journal says of a card, its meters and its purchases before and after a sale.

Plain statements: every sale asks all of this, and nearly always the answer is that nothing
happened; classes for these tables would take memory in every server.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from yika_common.journal.card_bodies import LOST
from yika_node.db.projections import SUPERSEDED, WRITTEN

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SwapRow(NamedTuple):
    """A meter that took another's place; see :class:`yika_node.db.seldom.MeterSwap`."""

    slot: int
    old: str
    new: str
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int


def ended_at(connection: Connection, card: str) -> int | None:
    """When the card was taken out of use here."""
    found = connection.exec_driver_sql("SELECT at FROM card_end WHERE card = ?", (card,)).first()
    return None if found is None else int(found[0])


def lost_at(connection: Connection, card: str) -> int | None:
    """When the card was reported lost here, if it was not found since."""
    found = connection.exec_driver_sql(
        "SELECT at FROM card_report WHERE card = ? AND state = ?", (card, LOST)
    ).first()
    return None if found is None else int(found[0])


def swaps_of(connection: Connection, account: str) -> Sequence[SwapRow]:
    """The account's meters that were replaced here, in order."""
    rows = connection.exec_driver_sql(
        f"SELECT {', '.join(SwapRow._fields)} FROM meter_swap"  # noqa: S608 - own names
        " WHERE account = ? ORDER BY epoch, seq",
        (account,),
    )
    return [SwapRow(*row) for row in rows]


def refunds_of(
    connection: Connection, purchases: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], int]:
    """Of these purchases, by epoch and seq, those with a refund that stands: the refund's seq."""
    wanted = sorted(set(purchases))
    rows = connection.exec_driver_sql(
        "SELECT refund.epoch, refund.purchase, refund.seq FROM json_each(?) AS bought"
        " JOIN refund ON refund.epoch = json_extract(bought.value, '$[0]')"
        " AND refund.purchase = json_extract(bought.value, '$[1]')"
        " JOIN intent ON intent.epoch = refund.epoch AND intent.seq = refund.seq"
        " WHERE intent.state <> ?",
        (json.dumps(wanted), SUPERSEDED),
    )
    return {(epoch, purchase): seq for epoch, purchase, seq in rows}


def owes_refund(connection: Connection, account: str) -> bool:
    """Whether a refund of the account is on its card whose money was not handed out."""
    found = connection.exec_driver_sql(
        "SELECT 1 FROM refund JOIN intent ON intent.epoch = refund.epoch AND intent.seq ="
        " refund.seq WHERE refund.paid_at IS NULL AND intent.state = ? AND intent.account = ?"
        " LIMIT 1",
        (WRITTEN, account),
    )
    return found.first() is not None
