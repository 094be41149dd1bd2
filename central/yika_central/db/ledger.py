"""The statements that take journal records in: few, over many rows, none of them row by row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, and_, bindparam, func, select, update
from sqlmodel import Session

from yika_central.db.base import one_of
from yika_central.db.database import add, add_new, put
from yika_central.db.projections import Projected, Values
from yika_central.db.suspense import BATCH
from yika_central.db.tables import (
    Account,
    AccountFacts,
    AccountHold,
    AccountLife,
    AccountMeter,
    Acknowledgement,
    Approval,
    Branch,
    CardEnd,
    CardReport,
    CardWitness,
    Charge,
    Complaint,
    HeldItem,
    IssuedCard,
    ManifestIssue,
    MeterSwap,
    NodeOperator,
    NodeRefusal,
    NoticeDone,
    OwnLimit,
    PhoneUse,
    Reading,
    Record,
    RefundPaid,
    Row,
    Sale,
    SaleDebt,
    SaleLine,
    Segment,
    StockMove,
    Suspense,
    table_of,
)
from yika_central.domain.placement import BranchEnd, Position
from yika_common.journal.segment import SegmentHeader

PARKED = "PARKED"
TAKEN = "TAKEN"

_NEW_EACH: tuple[type[Row], ...] = (
    Record,
    Sale,
    SaleLine,
    SaleDebt,
    Reading,
    CardWitness,
    Complaint,
    AccountFacts,
    AccountHold,
    AccountLife,
    OwnLimit,
    CardReport,
    CardEnd,
    StockMove,
    NoticeDone,
    MeterSwap,
    Approval,
    PhoneUse,
    RefundPaid,
    Charge,
)
"""Tables whose rows are named by their record: a record is stored once, so a clash is a bug."""

_FIRST_STANDS: tuple[type[Row], ...] = (
    Account,
    AccountMeter,
    IssuedCard,
    HeldItem,
    NodeRefusal,
    Suspense,
)
"""Tables in which two records may name one thing: the first stands, suspense shows the other."""


def branches_of(connection: Connection | Session, node: str, epoch: int) -> tuple[BranchEnd, ...]:
    """The branches of one journal; every enrolled epoch has branch 0."""
    table = table_of(Branch)
    columns = [table.c[name] for name in BranchEnd.__dataclass_fields__]
    rows = connection.execute(
        select(*columns)
        .where(table.c.node == node, table.c.epoch == epoch)
        .order_by(table.c.branch)
    ).all()
    return tuple(BranchEnd(*row) for row in rows)


def known_positions(
    connection: Connection,
    node: str,
    epoch: int,
    branches: Sequence[BranchEnd],
    *,
    first: int,
    last: int,
) -> dict[Position, int]:
    """The positions from ``first`` - 1 to ``last`` that are here, each with its branch."""
    known = {(end.upto, bytes(end.head)): end.branch for end in reversed(branches)}
    if all(end.upto < first for end in branches):
        return known
    table = table_of(Record)
    rows = connection.execute(
        select(table.c.seq, table.c.hash, table.c.branch).where(
            table.c.node == node,
            table.c.epoch == epoch,
            table.c.branch.in_([end.branch for end in branches]),
            table.c.seq.between(first - 1, last),
        )
    ).all()
    return known | {(seq, bytes(digest)): branch for seq, digest, branch in rows}


def store(connection: Connection, projected: Projected) -> None:
    """Insert the projected rows; the caller holds the node's lock."""
    for table in _NEW_EACH:
        add(connection, table, projected.of(table))
    for table in _FIRST_STANDS:
        add_new(connection, table, projected.of(table))
    put(connection, NodeOperator, _last_of_each(projected.of(NodeOperator)), ["level", "added_at"])


def _last_of_each(rows: Iterable[Values]) -> list[Values]:
    return list({row["operator"]: row for row in rows}.values())


def extend_branch(connection: Connection, node: str, epoch: int, end: BranchEnd) -> None:
    """Write where the branch ends now; a new branch comes into being."""
    row = {"node": node, "epoch": epoch} | asdict(end)
    put(connection, Branch, [row], ["upto", "head", "floor_at"])


def manifest_times(connection: Connection, node: str, versions: Iterable[int]) -> dict[int, int]:
    """When these manifests were issued to the node; unknown versions are left out."""
    table = table_of(ManifestIssue)
    wanted = sorted(set(versions))
    if not wanted:
        return {}
    rows = connection.execute(
        select(table.c.version, table.c.issued_at).where(
            table.c.node == node, table.c.version.in_(wanted)
        )
    ).all()
    return {row.version: row.issued_at for row in rows}


def ack_time(connection: Connection, node: str, count: int) -> int:
    """When the node's n-th acknowledgement was given; 0 when it never was."""
    table = table_of(Acknowledgement)
    found = connection.execute(
        select(table.c.given_at).where(table.c.node == node, table.c.n == count)
    ).scalar()
    return found or 0


def connected(connection: Connection, header: SegmentHeader) -> list[bytes]:
    """The parked segments that follow one of a segment's records, which are here, in order."""
    parked, record = table_of(Segment), table_of(Record)
    before = and_(
        record.c.node == parked.c.node,
        record.c.hash == parked.c.previous,
        record.c.epoch == parked.c.epoch,
        record.c.seq == parked.c.first - 1,
    )
    found = connection.execute(
        select(parked.c.sha256)
        .join(record, before)
        .where(
            parked.c.node == header.node,
            parked.c.epoch == header.epoch,
            parked.c.state == PARKED,
            parked.c.first.between(header.first + 1, header.last + 1),
        )
        .order_by(parked.c.first, parked.c.sha256)
    ).scalars()
    return [bytes(sha256) for sha256 in found]


def kept_file(connection: Connection, node: str, sha256: bytes) -> tuple[bytes, int]:
    """A segment that is here, in the coding it came in, and when it came."""
    table = table_of(Segment)
    row = connection.execute(
        select(table.c.file, table.c.received_at).where(
            table.c.node == node, table.c.sha256 == sha256
        )
    ).one()
    return bytes(row.file), row.received_at


def parked_count(connection: Connection, node: str, epoch: int) -> int:
    """How many segments of the journal are parked."""
    table = table_of(Segment)
    here = (table.c.node == node, table.c.epoch == epoch, table.c.state == PARKED)
    query = select(func.count()).select_from(table).where(*here)
    return connection.execute(query).scalar_one()


def mark_taken(connection: Connection, node: str, sha256: bytes) -> None:
    """A parked segment has found its place."""
    table = table_of(Segment)
    connection.execute(
        update(table).where(table.c.node == node, table.c.sha256 == sha256).values(state=TAKEN)
    )


def sales_at(
    connection: Connection, node: str, places: Iterable[tuple[int, int]]
) -> list[Mapping[str, object]]:
    """The sales of a node at these pairs of epoch and seq, in whatever branch."""
    table, branch = table_of(Sale), table_of(Branch)
    wanted = sorted(set(places))
    if not wanted:
        return []
    # Whole keys are looked up: between epoch and seq stands the branch.
    branches = connection.execute(
        select(branch.c.epoch, branch.c.branch).where(branch.c.node == node)
    ).all()
    keys = [
        (epoch, number, seq)
        for epoch, seq in wanted
        for of_epoch, number in branches
        if of_epoch == epoch
    ]
    found: list[Mapping[str, object]] = []
    for start in range(0, len(keys), BATCH):
        rows = connection.execute(
            select(table).where(
                table.c.node == node,
                one_of([table.c.epoch, table.c.branch, table.c.seq], keys[start : start + BATCH]),
            )
        ).mappings()
        found.extend(dict(row) for row in rows)
    return found


def resolve_sales(connection: Connection, rows: Sequence[Values]) -> None:
    """Write how these sales ended; a row names the sale (``k_``) and what is written (``v_``)."""
    if not rows:
        return
    table = table_of(Sale)
    keys = and_(
        *(table.c[name] == bindparam(f"k_{name}") for name in ("node", "epoch", "branch", "seq"))
    )
    connection.execute(
        update(table)
        .where(keys)
        .values(
            outcome=bindparam("v_outcome"),
            resolved_epoch=bindparam("v_epoch"),
            resolved_seq=bindparam("v_seq"),
            resolved_at=bindparam("v_at"),
            carried=bindparam("v_carried"),
        ),
        list(rows),
    )
