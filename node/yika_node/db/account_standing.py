"""What this journal says of an account, as a price needs it: read while a clerk types.

Plain statements, because each key asks for a price anew.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from yika_common.journal.bodies import REFUND
from yika_common.values import dataclass
from yika_node.db.projections import PENDING, SUPERSEDED, WRITTEN

if TYPE_CHECKING:
    from sqlalchemy import Connection


class TallyRow(NamedTuple):
    """What was bought and charged of a service; see :class:`yika_node.db.seldom.Tally`."""

    service: str
    period: str
    counted: int
    heating_year: int
    charged_through: int
    free_day: int


class PositionRow(NamedTuple):
    """Where a meter stands; see :class:`yika_node.db.seldom.MeterPosition`."""

    meter: str
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int
    money_number: int
    money_total: int
    quantity_number: int
    quantity_total: int
    debts: int


class PendingRow(NamedTuple):
    """A sale that still waits for its card."""

    meter: str
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method


class OwedRow(NamedTuple):
    """What a meter had no room for when it took another's place here."""

    slot: int
    meter: str
    owed: int
    holds: int


@dataclass(frozen=True, slots=True)
class Standing:
    """By service, by meter, what is still open, and what replaced meters left.

    ``sold`` is how many written sales this journal has, of the meters that were asked for.
    """

    tallies: Sequence[TallyRow]
    positions: Sequence[PositionRow]
    pending: Sequence[PendingRow]
    sold: Mapping[str, int]
    owed: Sequence[OwedRow] = ()


def standing_of(
    connection: Connection, account: str, meters: Sequence[str], bare: Sequence[str]
) -> Standing:
    """The account's and its meters' rows; the sales to ``bare`` meters are counted."""
    tallies = connection.exec_driver_sql(
        f"SELECT {', '.join(TallyRow._fields)} FROM tally WHERE account = ?",  # noqa: S608
        (account,),
    )
    positions = connection.exec_driver_sql(
        f"SELECT {', '.join(PositionRow._fields)} FROM meter_position"  # noqa: S608 - own names
        " WHERE meter IN (SELECT value FROM json_each(?))",
        (json.dumps(list(meters)),),
    )
    # By its own index, or SQLite would walk through all sales of the account.
    pending = connection.exec_driver_sql(
        f"SELECT {', '.join(PendingRow._fields)} FROM intent"  # noqa: S608 - own names
        f" INDEXED BY intent_pending WHERE state = '{PENDING}' AND account = ?",
        (account,),
    )
    return Standing(
        tallies=[TallyRow(*row) for row in tallies],
        positions=[PositionRow(*row) for row in positions],
        pending=[PendingRow(*row) for row in pending],
        sold=_sold(connection, account, bare) if bare else {},
        owed=[
            OwedRow(*row)
            for row in connection.exec_driver_sql(
                "SELECT slot, new, owed, holds FROM meter_swap WHERE account = ? AND owed > 0",
                (account,),
            )
        ],
    )


def _sold(connection: Connection, account: str, meters: Sequence[str]) -> dict[str, int]:
    rows = connection.exec_driver_sql(
        "SELECT meter, COUNT(*) FROM intent WHERE account = ? AND state = ?"
        " AND meter IN (SELECT value FROM json_each(?)) GROUP BY meter",
        (account, WRITTEN, json.dumps(list(meters))),
    )
    return {row[0]: row[1] for row in rows}


def waiting_refund(connection: Connection, account: str, meter: str) -> tuple[int, int] | None:
    """Generation and total of the meter's newest refund whose money was not handed out yet."""
    row = connection.exec_driver_sql(
        "SELECT back.generation, back.total FROM refund JOIN intent AS back USING (epoch, seq)"
        " WHERE refund.paid_at IS NULL AND back.account = ? AND back.meter = ?"
        " AND back.state <> ? ORDER BY back.generation DESC, back.count DESC LIMIT 1",
        (account, meter, SUPERSEDED),
    ).first()
    return None if row is None else (row[0], row[1])


def sold_since(
    connection: Connection, account: str, service: str, since: int
) -> Sequence[tuple[int, int, int]]:
    """Time, quantity and amount of the account's sales of a service, newest first.

    What was given back was not sold.
    """
    rows = connection.exec_driver_sql(
        "SELECT at, service, state, quantity, amount FROM intent AS bought WHERE account = ?"
        " AND act <> ? AND NOT EXISTS (SELECT 1 FROM refund JOIN intent AS back"
        " ON back.epoch = refund.epoch AND back.seq = refund.seq WHERE refund.epoch = bought.epoch"
        " AND refund.purchase = bought.seq AND back.state <> ?)"
        " ORDER BY epoch DESC, seq DESC",
        (account, REFUND, SUPERSEDED),
    )
    found = []
    for at, sold, state, quantity, amount in rows:
        if at < since:
            break
        if sold == service and state != SUPERSEDED:
            found.append((at, quantity, amount))
    rows.close()
    return found
