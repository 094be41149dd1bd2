"""Evidence: whether a reading is the meter's own word.

A meter's write-back carries a MAC that only the meter and headquarters can make
(:mod:`yika_common.cards.write_back`).  A node journals the reading's fields and that MAC; whoever
changed a field on the way, on the card or in the node, could not make it again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from yika_central.db.projections import Values
from yika_central.db.suspense import BATCH
from yika_central.db.tables import Meter, table_of
from yika_central.services.key_room import KeyRoom
from yika_common.cards.ciphers import same
from yika_common.cards.errors import ContentUnknown
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp
from yika_common.numbers import Quantity


def false_readings(
    connection: Connection, readings: Sequence[Values], keys: KeyRoom
) -> list[Values]:
    """The rows of ``reading`` whose evidence does not fit; a meter never in stock has no key."""
    stocked = _stocked(connection, sorted({row["meter"] for row in readings}))
    return [
        row
        for row in readings
        if row["meter"] in stocked and not _holds(row, keys, stocked[row["meter"]])
    ]


def _stocked(connection: Connection, meters: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Key version and area of the meters that are in stock."""
    table = table_of(Meter)
    found: dict[str, tuple[int, str]] = {}
    for start in range(0, len(meters), BATCH):
        rows: Iterable[Any] = connection.execute(
            select(table.c.meter, table.c.key_version, table.c.area).where(
                table.c.meter.in_(meters[start : start + BATCH])
            )
        )
        found |= {meter: (version, area) for meter, version, area in rows}
    return found


def _holds(row: Mapping[str, Any], keys: KeyRoom, stocked: tuple[int, str]) -> bool:
    key_version, area = stocked
    wbq = keys.meter_keys(row["meter"], key_version, area).wbq
    assert wbq is not None, "headquarters derives all four keys"
    try:
        reading = MeterReading(
            meter_id=row["meter"],
            slot=row["slot"],
            key_version=key_version,
            generation=row["generation"],
            count=row["count"],
            total=Quantity(row["total"]),
            balance=Quantity(row["balance"]),
            lifetime_use=Quantity(row["lifetime_use"]),
            status=MeterStatus(row["status"]),
            sequence=row["number"],
            clock=from_timestamp(row["meter_time"]),
        )
    except (ValueError, ContentUnknown):
        # No write-back has room for such figures.
        return False
    return same(bytes.fromhex(row["evidence"]), reading.evidence(wbq))
