"""How intents end: which sale a ``sale`` or ``superseded`` record is about.

An intent is named by epoch and seq, in an earlier epoch also by eight bytes of its hash.  The
first record that ends it decides; a second one changes nothing and is shown.  An intent that is
not here yet (an earlier epoch's, on a stick that has still to come) is settled when it arrives.

A card that can be copied proves less: a sale that its node calls superseded may have gone into the
meter from a copy.  It stays open until the meter's own word settles it.

Where the card was moved on by others before it came back, its node cannot tell, and no record ever
ends the intent.  Its purchase count tells: :mod:`yika_central.db.overtaken`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from yika_central.db.card_kinds import memory_cards
from yika_central.db.ledger import resolve_sales, sales_at
from yika_central.db.projections import (
    Arrival,
    Arrived,
    Projected,
    Resolution,
    Values,
    project,
    suspense_row,
)
from yika_central.db.rerate_queue import Pairs
from yika_central.db.settlement_store import SUPERSEDED
from yika_central.db.suspense import BATCH, settle
from yika_central.db.tables import IssuedCard, Record, Sale, Suspense, table_of
from yika_central.domain.placement import BranchEnd, holder
from yika_common.journal.bodies import ADDING
from yika_common.journal.record import decode_line

UNKNOWN_INTENT = "unknown_intent"
RESOLVED_TWICE = "resolved_twice"


def apply_resolutions(
    connection: Connection,
    projected: Projected,
    arrival: Arrival,
    branches: Mapping[int, BranchEnd],
) -> Pairs:
    """Give the sales their outcomes: those in ``projected`` in place, stored ones by statement."""
    here = {row["seq"]: row for row in projected.of(Sale)}
    stored: list[Resolution] = []
    for resolution in projected.resolutions:
        same_epoch = resolution.intent_epoch == arrival.epoch
        row = here.get(resolution.intent_seq) if same_epoch else None
        # An intent comes before what ends it, however the two were cut into segments.
        if row is None or row["seq"] > resolution.seq:
            stored.append(resolution)
        elif not _ended(row):
            row |= _outcome(connection, projected, row, resolution, arrival.epoch)
        else:
            _doubt(projected, arrival, resolution, RESOLVED_TWICE, amount=row["amount"])
    return _apply_stored(connection, projected, arrival, branches, stored)


def resolve_late(connection: Connection, projected: Projected, arrival: Arrival) -> Pairs:
    """End the intents that have just arrived after the records that end them."""
    subjects = {
        _subject(arrival.epoch, row["seq"], row["hash"]): row for row in projected.of(Sale)
    }
    changed = Pairs()
    for found in _waiting_for(connection, arrival.node, sorted(subjects)):
        item = Arrived(found["line"], found["hash"], decode_line(found["line"]))
        (resolution,) = project([item], _arrival_of(found, arrival)).resolutions
        subject = _subject_of(resolution)
        row = subjects.get(subject)
        if row is None or _ended(row):
            continue
        row |= _outcome(connection, projected, row, resolution, found["epoch"])
        resolve_sales(connection, [_statement_row(row, resolution, found["epoch"])])
        settle(connection, UNKNOWN_INTENT, [subject])
        changed.add_sale(row)
    return changed


_PLACE = ("node", "epoch", "branch", "seq")


def _waiting_for(
    connection: Connection, node: str, subjects: Sequence[str]
) -> list[Mapping[str, Any]]:
    """The node's records that were to end these intents before they came, in order."""
    suspense, record = table_of(Suspense), table_of(Record)
    places = and_(*(suspense.c[name] == record.c[name] for name in _PLACE))
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(subjects), BATCH):
        rows = connection.execute(
            select(record)
            .join(suspense, places)
            .where(
                suspense.c.reason == UNKNOWN_INTENT,
                suspense.c.subject.in_(subjects[start : start + BATCH]),
                suspense.c.node == node,
            )
        ).mappings()
        found += (dict(row) for row in rows)
    return sorted(found, key=lambda row: (row["epoch"], row["seq"], row["branch"]))


def _arrival_of(found: Mapping[str, Any], arrival: Arrival) -> Arrival:
    return Arrival(
        node=found["node"],
        epoch=found["epoch"],
        branch=found["branch"],
        segment=found["segment"],
        received_at=arrival.received_at,
        floor_at=0,
        manifest_times={},
    )


def _apply_stored(
    connection: Connection,
    projected: Projected,
    arrival: Arrival,
    branches: Mapping[int, BranchEnd],
    resolutions: Sequence[Resolution],
) -> Pairs:
    places = [(entry.intent_epoch, entry.intent_seq) for entry in resolutions]
    sales: list[Values] = [dict(row) for row in sales_at(connection, arrival.node, places)]
    changes, changed = [], Pairs()
    for resolution in resolutions:
        sale = _named(sales, resolution, arrival, branches)
        if sale is None:
            _doubt(projected, arrival, resolution, UNKNOWN_INTENT)
        elif _ended(sale):
            _doubt(projected, arrival, resolution, RESOLVED_TWICE, amount=sale["amount"])
        else:
            sale |= _outcome(connection, projected, sale, resolution, arrival.epoch)
            projected.ended.append(sale)
            changes.append(_statement_row(sale, resolution, arrival.epoch))
            changed.add_sale(sale)
    resolve_sales(connection, changes)
    return changed


def _named(
    sales: Sequence[Values],
    resolution: Resolution,
    arrival: Arrival,
    branches: Mapping[int, BranchEnd],
) -> Values | None:
    """The sale a resolution is about, among those at its position in any branch."""
    same_epoch = resolution.intent_epoch == arrival.epoch
    branch = holder(branches, arrival.branch, resolution.intent_seq) if same_epoch else None
    for sale in sales:
        if (sale["epoch"], sale["seq"]) != (resolution.intent_epoch, resolution.intent_seq):
            continue
        if sale["branch"] == branch:
            return sale
        if branch is None and bytes(sale["hash"]).hex().startswith(resolution.intent_hash):
            return sale
    return None


def _ended(sale: Values) -> bool:
    """Whether its node said how the sale ended; what was inferred gives way to that."""
    return sale["resolved_seq"] is not None


def _outcome(
    connection: Connection, projected: Projected, sale: Values, resolution: Resolution, epoch: int
) -> Values:
    waits = (
        resolution.outcome == SUPERSEDED
        and sale["act"] in ADDING
        and _is_copyable(connection, projected, sale["card"])
    )
    return {
        "outcome": sale["outcome"] if waits else resolution.outcome,
        "resolved_epoch": epoch,
        "resolved_seq": resolution.seq,
        "resolved_at": resolution.at,
        "carried": int(resolution.carried),
    }


def _is_copyable(connection: Connection, projected: Projected, card: str) -> bool:
    """Whether the card, stored or just arriving, is a memory card."""
    arriving = any(row["card"] == card and row["chip"] for row in projected.of(IssuedCard))
    return arriving or card in memory_cards(connection, [card])


def _statement_row(sale: Values, resolution: Resolution, epoch: int) -> Values:
    return {f"k_{name}": sale[name] for name in _PLACE} | {
        "v_outcome": sale["outcome"],
        "v_epoch": epoch,
        "v_seq": resolution.seq,
        "v_at": resolution.at,
        "v_carried": int(resolution.carried),
    }


def _doubt(
    projected: Projected,
    arrival: Arrival,
    resolution: Resolution,
    reason: str,
    *,
    amount: int = 0,
) -> None:
    place = {
        "node": arrival.node,
        "epoch": arrival.epoch,
        "branch": arrival.branch,
        "seq": resolution.seq,
    }
    projected.of(Suspense).append(
        suspense_row(
            place,
            reason,
            subject=_subject_of(resolution),
            amount=amount,
            at=arrival.received_at,
        )
    )


def _subject_of(resolution: Resolution) -> str:
    digest = bytes.fromhex(resolution.intent_hash)
    return _subject(resolution.intent_epoch, resolution.intent_seq, digest)


def _subject(epoch: int, seq: int, digest: bytes) -> str:
    return f"{epoch}/{seq}/{bytes(digest)[:8].hex()}"
