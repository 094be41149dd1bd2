"""What a person must look at when a meter took the place of another.

What was bought of the old meter up to the swap moved on with it.  A sale to the old meter that is
not in that, whichever of the two arrives first, is credit that no meter takes: its customer is
owed it.  A meter that was replaced is given to nobody, and no meter to two accounts.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, or_, select, tuple_

from yika_central.db.meter_projections import swapped_out
from yika_central.db.projections import Projected, Values
from yika_central.db.tables import Account, AccountMeter, MeterSwap, Sale, table_of

Doubt = tuple[Values, str, str, int]
"""The record's place, the reason, what it is about, and the money."""

SWAPPED = "meter_swapped"
_SUPERSEDED = "SUPERSEDED"
_PLACE = ("node", "epoch", "branch", "seq")


def swap_doubts(connection: Connection, projected: Projected) -> Iterable[Doubt]:
    """Sales that a swap left behind, and meters given out twice; nothing is stored yet."""
    sales, swaps = projected.of(Sale), projected.of(MeterSwap)
    opened = projected.of(AccountMeter)
    known = swapped_out(
        connection, {row["meter"] for row in sales} | {row["meter"] for row in opened}
    )
    moved = dict(known)
    for swap in swaps:
        place = (swap["generation"], swap["count"])
        moved[swap["old"]] = max(moved.get(swap["old"], (0, 0)), place)
    left = [row for row in sales if _is_left(row, moved)]
    left += _left_before(connection, swaps)
    doubts: list[Doubt] = [(row, SWAPPED, row["meter"], row["amount"]) for row in left]
    owners = {row["account"]: row for row in projected.of(Account)}
    taken = [(owners[row["account"]], row["meter"]) for row in opened if row["meter"] in known]
    doubts += [(row, SWAPPED, meter, 0) for row, meter in taken]
    doubts += [(row, "meter_taken", row["new"], 0) for row in _given(connection, swaps)]
    # One record may name several such meters; its row in suspense names one.
    return {(*(doubt[0][name] for name in _PLACE), doubt[1]): doubt for doubt in doubts}.values()


def _is_left(sale: Values, moved: dict[str, tuple[int, int]]) -> bool:
    return sale["meter"] in moved and (sale["generation"], sale["count"]) > moved[sale["meter"]]


def _left_before(connection: Connection, swaps: Sequence[Values]) -> list[Values]:
    """Sales that arrived before the swap which left them behind."""
    if not swaps:
        return []
    sale = table_of(Sale)
    behind = [
        and_(
            sale.c.meter == swap["old"],
            tuple_(sale.c.generation, sale.c["count"]) > (swap["generation"], swap["count"]),
        )
        for swap in swaps
    ]
    query = select(sale).where(or_(*behind), sale.c.outcome != _SUPERSEDED)
    return [dict(row) for row in connection.execute(query).mappings()]


def _given(connection: Connection, swaps: Sequence[Values]) -> list[Values]:
    """Swaps whose new meter is another account's."""
    if not swaps:
        return []
    meter = table_of(AccountMeter)
    rows = connection.execute(
        select(meter.c.meter, meter.c.account).where(
            meter.c.meter.in_(sorted({swap["new"] for swap in swaps}))
        )
    ).all()
    owners = {row.meter: row.account for row in rows}
    return [swap for swap in swaps if owners.get(swap["new"], swap["account"]) != swap["account"]]
