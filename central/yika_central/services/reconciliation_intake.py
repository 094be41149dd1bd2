"""One segment's records into the ledger, inside the transaction of whoever calls."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy import Connection

from yika_central.db import ledger
from yika_central.db.books import book_late_sales
from yika_central.db.case_store import look_at, look_at_accounts, look_at_witnesses
from yika_central.db.charge_store import unfounded
from yika_central.db.database import add, add_new
from yika_central.db.duplicate_store import ENDS
from yika_central.db.duplicate_store import note_due as note_traces
from yika_central.db.meter_projections import (
    note_outcomes,
    place_meters,
    release_meters,
    withdrawn,
)
from yika_central.db.meter_standing import note_meters
from yika_central.db.network_store import follow_swaps
from yika_central.db.notice_store import follow_cards, note_done
from yika_central.db.projections import Arrival, Arrived, Projected, project, suspense_row
from yika_central.db.rerate_queue import EVER, Pairs, pairs_amended
from yika_central.db.settlement_store import note_due
from yika_central.db.sheet_changes import note_changed
from yika_central.db.special_projections import note_special
from yika_central.db.suspense import settle
from yika_central.db.tables import (
    Account,
    AccountFacts,
    AccountHold,
    AccountLife,
    AccountMeter,
    CardEnd,
    CardReport,
    CardWitness,
    Charge,
    IssuedCard,
    MeterSwap,
    NoticeDone,
    OwnLimit,
    Reading,
    Sale,
    Segment,
    Suspense,
    VoucherUse,
)
from yika_central.domain.placement import BranchEnd, Missing, Placed, place
from yika_central.services.key_room import KeyRoom
from yika_central.services.reconciliation_cards import settle_carried
from yika_central.services.reconciliation_doubts import doubts_of
from yika_central.services.reconciliation_drawers import drawers_that_differ
from yika_central.services.reconciliation_outcomes import apply_resolutions, resolve_late
from yika_central.services.reconciliation_refunds import take_refunds
from yika_central.services.reconciliation_vouchers import voucher_uses, vouchers_used_twice
from yika_central.services.special_lists import nodes_of_card
from yika_central.services.special_lists import note_due as note_list_due
from yika_common.journal.bodies import REPLACEMENT, BundleApplied
from yika_common.journal.segment import Segment as OpenSegment
from yika_common.journal.till_bodies import DEPOSIT, HELD, OF_ADJUSTMENT, OF_DEBTS, PREPAID_BACK
from yika_common.signing.keys import PublicKey
from yika_common.sync.messages import Status

_TOLD = (Account, AccountFacts, AccountLife, AccountHold, OwnLimit, IssuedCard, MeterSwap, Sale)
"""Tables whose rows change what nodes are told of an account."""

UNFOUNDED = "charge_unfounded"
"""Gives back what was not taken so, or was given back before; the account."""

DOUBT_KEY = ("node", "epoch", "branch", "seq", "reason")


@dataclass(frozen=True, slots=True)
class Incoming:
    """A segment whose signature and chain hold, in the coding it came in, and when it came.

    ``sha256`` is the digest of its container, whatever the coding.
    """

    segment: OpenSegment
    key: PublicKey
    genesis: bytes
    coded: bytes
    sha256: bytes
    received_at: int
    keys: KeyRoom = field(repr=False)
    """Headquarters' own, against which readings are checked."""

    @property
    def node(self) -> str:
        """The node whose journal it is."""
        return self.segment.header.node

    @property
    def epoch(self) -> int:
        """The epoch of that journal."""
        return self.segment.header.epoch


def take(
    connection: Connection, incoming: Incoming, affected: Pairs, *, parked: bool = False
) -> Status:
    """Put a segment's new records where they belong, or park it while earlier ones are missing.

    ``parked`` says that the segment is in the parking area already.  What re-rating must look at
    is added to ``affected``.  What is returned is how the journal stands because of this segment
    alone.
    """
    header = incoming.segment.header
    branches = ledger.branches_of(connection, incoming.node, incoming.epoch)
    known = ledger.known_positions(
        connection,
        incoming.node,
        incoming.epoch,
        branches,
        first=header.first,
        last=header.last,
    ) | {(0, incoming.genesis): 0}
    placed = place(
        header.first,
        bytes.fromhex(header.prev),
        incoming.segment.heads,
        branches,
        known,
    )
    if isinstance(placed, Missing):
        if incoming.segment.lines and not parked:
            _keep(connection, incoming, ledger.PARKED)
        return Status.FORK if placed.contradicts else Status.GAP
    if placed.start < len(incoming.segment.lines):
        affected |= _absorb(connection, incoming, branches, placed)
        if parked:
            ledger.mark_taken(connection, incoming.node, incoming.sha256)
        else:
            _keep(connection, incoming, ledger.TAKEN)
    elif parked:
        ledger.mark_taken(connection, incoming.node, incoming.sha256)
    if not incoming.segment.lines:
        _raise_floor(connection, incoming, branches, placed.branch)
    return Status.FORK if placed.branch else Status.OK


def _absorb(
    connection: Connection,
    incoming: Incoming,
    branches: tuple[BranchEnd, ...],
    placed: Placed,
) -> Pairs:
    """Store the new records; the accounts and services whose sales may now cost otherwise."""
    segment = incoming.segment
    end = _end_before(branches, placed)
    arrived = [
        Arrived(*item) for item in zip(segment.lines, segment.heads, segment.records, strict=True)
    ][placed.start :]
    arrival = _arrival(connection, incoming, placed, end, arrived)
    projected = project(arrived, arrival)
    known = {branch.branch: branch for branch in branches} | {end.branch: end}
    changed = apply_resolutions(connection, projected, arrival, known)
    projected.of(Suspense).extend(doubts_of(connection, projected, arrival, incoming.keys))
    projected.of(Suspense).extend(drawers_that_differ(arrived, arrival))
    # Two deliveries may doubt the same record: in one order, neither waits for the other.
    projected.of(Suspense).sort(key=lambda row: tuple(row[name] for name in DOUBT_KEY))
    ledger.store(connection, projected)
    _note_vouchers(connection, arrived, arrival)
    release_meters(connection, incoming.node, withdrawn(projected.of(AccountLife)))
    place_meters(
        connection,
        {row["account"] for table in (Account, MeterSwap) for row in projected.of(table)},
    )
    _note_cards(connection, projected, incoming.received_at)
    changed |= resolve_late(connection, projected, arrival)
    changed |= take_refunds(connection, incoming.node, projected, incoming.received_at)
    settle(connection, "unknown_account", [row["account"] for row in projected.of(Account)])
    settle_carried(connection, [row for row in projected.of(Sale) if row["act"] != REPLACEMENT])
    ledger.extend_branch(
        connection,
        incoming.node,
        incoming.epoch,
        replace(
            end,
            upto=segment.header.last,
            head=segment.heads[-1],
            floor_at=projected.floor_at,
        ),
    )
    book_late_sales(connection, [row for row in projected.of(Sale) if row["booked"]])
    settling = {row["account"] for row in projected.of(Sale) if row["paid"] != row["amount"]}
    settling |= _charged(connection, projected, incoming.received_at)
    settling |= {row["account"] for row in projected.of(MeterSwap) if row["owed"]}
    note_due(connection, settling | {account for account, _ in changed}, node=incoming.node)
    meters = {row["meter"] for table in (Sale, Reading) for row in projected.of(table)}
    look_at(connection, meters | {row["old"] for row in projected.of(MeterSwap)})
    follow_swaps(connection, projected.of(MeterSwap))
    look_at_accounts(connection, {account for account, _ in changed})
    look_at_witnesses(connection, projected.of(CardWitness), incoming.received_at)
    told = {row["account"] for table in _TOLD for row in projected.of(table)}
    told |= {account for account, _ in changed}
    told |= {row["account"] for row in projected.of(Charge) if row["what"] in (*HELD, *OF_DEBTS)}
    note_changed(connection, told, node=incoming.node)
    note_traces(connection, _recognised(projected))
    return changed | _affected(projected) | pairs_amended(connection, _amended(projected))


def _recognised(projected: Projected) -> set[str]:
    """The accounts that can be recognised by something else than before."""
    found = {row["account"] for table in (Account, MeterSwap) for row in projected.of(table)}
    lives = projected.of(AccountLife)
    return found | {row["account"] for row in lives if row["sealed"] or row["what"] in ENDS}


def _note_vouchers(connection: Connection, arrived: Sequence[Arrived], arrival: Arrival) -> None:
    """What was paid with vouchers; one that paid before is doubted."""
    uses = voucher_uses(connection, arrived, arrival)
    add_new(connection, VoucherUse, uses)
    add_new(connection, Suspense, vouchers_used_twice(connection, uses, arrival))


_SETTLING: Final = (DEPOSIT, PREPAID_BACK, *OF_DEBTS, *OF_ADJUSTMENT)
"""The money beside sales that bears on what an account is owed, or owes."""


def _charged(connection: Connection, projected: Projected, at: int) -> set[str]:
    """Doubt what gives back more than was taken; the accounts whose deposits changed."""
    charges = projected.of(Charge)
    doubts = [
        suspense_row(row, UNFOUNDED, subject=row["account"], amount=row["amount"], at=at)
        for row in unfounded(connection, charges)
    ]
    add_new(connection, Suspense, doubts)
    return {row["account"] for row in charges if row["what"] in _SETTLING}


def _arrival(
    connection: Connection,
    incoming: Incoming,
    placed: Placed,
    end: BranchEnd,
    arrived: Sequence[Arrived],
) -> Arrival:
    """Where these records belong, and what bounds their times."""
    bodies = (item.record.body for item in arrived)
    versions = [body.version for body in bodies if isinstance(body, BundleApplied)]
    return Arrival(
        node=incoming.node,
        epoch=incoming.epoch,
        branch=placed.branch,
        segment=incoming.sha256,
        received_at=incoming.received_at,
        floor_at=end.floor_at,
        manifest_times=ledger.manifest_times(connection, incoming.node, versions),
    )


def _note_cards(connection: Connection, projected: Projected, at: int) -> None:
    """What records say of orders and meters, of lost cards, of notices and of special cards."""
    note_outcomes(connection, projected.orders)
    note_meters(connection, projected)
    follow_cards(connection, _cards_moved(projected), at)
    note_done(connection, projected.of(NoticeDone))
    for number in note_special(connection, projected.special):
        note_list_due(connection, nodes_of_card(connection, number))


def _cards_moved(projected: Projected) -> set[str]:
    """The cards of which something was said that bears on whether they are lost."""
    said = {row["card"] for table in (CardReport, CardEnd) for row in projected.of(table)}
    return said | {row["replaces"] for row in projected.of(IssuedCard) if row["replaces"]}


def _affected(projected: Projected) -> Pairs:
    """What re-rating must look at: sales, and accounts whose class may price stored sales."""
    affected = Pairs()
    for sale in projected.of(Sale):
        affected.add_sale(sale)
    for meter in projected.of(AccountMeter):
        affected.add(meter["account"], meter["service"], EVER)
    return affected


def _amended(projected: Projected) -> dict[str, int]:
    """The accounts whose facts changed, each with the earliest time of a change."""
    times: dict[str, int] = {}
    for row in projected.of(AccountFacts):
        times[row["account"]] = min(
            row["stamped_at"], times.get(row["account"], row["stamped_at"])
        )
    return times


def _end_before(branches: tuple[BranchEnd, ...], placed: Placed) -> BranchEnd:
    """The branch the records go onto, as it is before them."""
    if not placed.begins:
        return next(end for end in branches if end.branch == placed.branch)
    parent = next(end for end in branches if end.branch == placed.parent)
    return BranchEnd(
        branch=placed.branch,
        parent=placed.parent,
        base=placed.base,
        upto=placed.base,
        head=parent.head,
        # The parent's floor may come from later records than the one both share.
        floor_at=0,
    )


def _raise_floor(
    connection: Connection,
    incoming: Incoming,
    branches: tuple[BranchEnd, ...],
    branch: int,
) -> None:
    """A sign of life ends at the node's last record: what follows was made after its last ack.

    Only such a segment says so.  One with records may have been cut from a long backlog, and
    records behind it may be older than the acknowledgement its header names.
    """
    header = incoming.segment.header
    end = next(end for end in branches if end.branch == branch)
    heard = ledger.ack_time(connection, incoming.node, header.ack_count)
    if end.upto == header.last and heard > end.floor_at:
        ledger.extend_branch(
            connection, incoming.node, incoming.epoch, replace(end, floor_at=heard)
        )


def _keep(connection: Connection, incoming: Incoming, state: str) -> None:
    header = incoming.segment.header
    row = Segment(
        node=header.node,
        sha256=incoming.sha256,
        epoch=header.epoch,
        first=header.first,
        last=header.last,
        previous=bytes.fromhex(header.prev),
        head=bytes.fromhex(header.head),
        n_ack=header.ack_count,
        process=header.incarnation,
        stamped_at=header.at,
        manifest=header.manifest,
        received_at=incoming.received_at,
        state=state,
        file=incoming.coded,
    )
    if state == ledger.PARKED:
        add_new(connection, Segment, [row.model_dump()])
    else:
        add(connection, Segment, [row.model_dump()])
