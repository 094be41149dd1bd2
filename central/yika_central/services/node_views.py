"""The nodes as the pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from yika_central.db.tables import Branch, Node, NodeArea, NodeRefusal, Segment, table_of
from yika_common.clock import from_timestamp


@dataclass(frozen=True, slots=True)
class RefusalView:
    """A manifest that a node did not switch to, and the sentence that it said."""

    manifest: int
    item: str
    code: str
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NodeView:
    """A node as the pages show it; times are None while nothing was heard.

    ``upto`` is how far its journal is here without a gap, ``parked`` the segments that wait for
    records before them, ``clock_skew`` its clock minus ours in seconds.  ``refusal`` is the newest
    manifest that it refused, if it holds none that is newer.
    """

    node: str
    name: str
    areas: tuple[str, ...]
    state: str
    reason: str
    epoch: int
    upto: int
    parked: int
    last_contact: datetime | None
    manifest: int
    manifest_held: int
    clock_skew: int | None
    software: str
    refusal: RefusalView | None


def known_nodes(connection: Connection) -> tuple[NodeView, ...]:
    """Every node, by name."""
    areas: dict[str, list[str]] = {}
    pairs = select(table_of(NodeArea)).order_by(*table_of(NodeArea).primary_key)
    for node, area in connection.execute(pairs):
        areas.setdefault(node, []).append(area)
    refusals = {
        row.node: RefusalView(
            row.manifest, row.item, row.code, row.sentence, from_timestamp(row.refused_at)
        )
        for row in connection.execute(_refusals())
    }
    return tuple(
        NodeView(
            node=row["node"],
            name=row["name"],
            areas=tuple(areas.get(row["node"], ())),
            state=row["state"],
            reason=row["reason"],
            epoch=row["epoch"],
            upto=row["upto"] or 0,
            parked=row["parked"],
            last_contact=_moment(row["last_contact"]),
            manifest=row["manifest"],
            manifest_held=row["manifest_held"],
            clock_skew=row["clock_skew"],
            software=row["software"],
            refusal=refusals.get(row["node"]),
        )
        for row in connection.execute(_nodes()).mappings()
    )


def _refusals() -> Select[Any]:
    """What each node refused above the manifest that it holds, the newest last."""
    refusal, node = table_of(NodeRefusal), table_of(Node)
    above = and_(refusal.c.node == node.c.node, refusal.c.manifest > node.c.manifest_held)
    return (
        select(refusal)
        .join(node, above)
        .order_by(refusal.c.node, refusal.c.manifest, refusal.c.refused_at)
    )


def _nodes() -> Select[Any]:
    node, branch, segment = table_of(Node), table_of(Branch), table_of(Segment)
    main = and_(branch.c.node == node.c.node, branch.c.epoch == node.c.epoch, branch.c.branch == 0)
    parked = (
        select(func.count())
        .select_from(segment)
        .where(
            segment.c.node == node.c.node,
            segment.c.epoch == node.c.epoch,
            segment.c.state == "PARKED",
        )
        .scalar_subquery()
    )
    return (
        select(node, branch.c.upto, parked.label("parked"))
        .join(branch, main, isouter=True)
        .order_by(node.c.node)
    )


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_timestamp(seconds)
