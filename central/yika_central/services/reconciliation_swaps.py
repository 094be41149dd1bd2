"""What a person must look at when a meter took the place of another.

What was bought of the old meter up to the swap moved on with it.  A sale to the old meter that is
not in that, whichever of the two arrives first, is credit that no meter takes: its customer is
owed it.  A meter that was replaced is given to nobody, and no meter to two accounts.  What moves
on rests on the old meter's own word: a write-back with genuine evidence which says that it was
transferred, and how much was left; or on a figure that a second person approved.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, and_, or_, select, tuple_

from yika_central.db.meter_projections import swapped_out
from yika_central.db.projections import Projected, Values
from yika_central.db.tables import Account, AccountMeter, MeterSwap, Reading, Sale, table_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.reconciliation_evidence import false_readings
from yika_common.cards.write_back import MeterStatus

Doubt = tuple[Values, str, str, int]
"""The record's place, the reason, what it is about, and the money."""

SWAPPED = "meter_swapped"
UNFOUNDED = "swap_unfounded"
_SUPERSEDED = "SUPERSEDED"
_PLACE = ("node", "epoch", "branch", "seq")


def swap_doubts(connection: Connection, projected: Projected, keys: KeyRoom) -> Iterable[Doubt]:
    """Sales that a swap left behind, swaps that rest on nothing, and meters given out twice.

    Nothing is stored yet.
    """
    sales, swaps = projected.of(Sale), projected.of(MeterSwap)
    opened = projected.of(AccountMeter)
    known = swapped_out(
        connection, {row["meter"] for row in sales} | {row["meter"] for row in opened}
    )
    moved = {meter: out.position for meter, out in known.items()}
    for swap in swaps:
        place = (swap["generation"], swap["count"])
        moved[swap["old"]] = max(moved.get(swap["old"], (0, 0)), place)
    left = [row for row in sales if _is_left(row, moved)]
    left += _left_before(connection, swaps)
    doubts: list[Doubt] = [(row, SWAPPED, row["meter"], row["amount"]) for row in left]
    owners = {row["account"]: row for row in projected.of(Account)}
    taken = [
        (owners[row["account"]], row["meter"])
        for row in opened
        # An account's opening may arrive after its meter was replaced.
        if row["meter"] in known and known[row["meter"]].account != row["account"]
    ]
    doubts += [(row, SWAPPED, meter, 0) for row, meter in taken]
    doubts += [(row, "meter_taken", row["new"], 0) for row in _given(connection, swaps)]
    doubts += [
        (swap, UNFOUNDED, swap["old"], 0)
        for swap in swaps
        if swap["moved"]
        and not swap["figure"]
        and not _is_founded(connection, projected, swap, keys)
    ]
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


def _is_founded(connection: Connection, projected: Projected, swap: Values, keys: KeyRoom) -> bool:
    """Whether the old meter wrote what the swap says of it."""
    table = table_of(Reading)
    stored = connection.execute(
        select(table).where(table.c.meter == swap["old"], table.c.number == swap["reading"])
    ).mappings()
    told = [
        row
        for row in (*map(dict, stored), *projected.of(Reading))
        if (row["meter"], row["number"]) == (swap["old"], swap["reading"])
        and (row["balance"], row["lifetime_use"]) == (swap["balance"], swap["used"])
        and row["total"] + swap["unloaded"] == swap["total"]
        and row["status"] & MeterStatus.TRANSFERRED
    ]
    return len(told) > len(false_readings(connection, told, keys))
