"""Which vending points hold a tariff version, which refused it, and which have not been heard of.

All of it is what the nodes' own journals say: a node adopts or refuses, and writes down which.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from yika_central.db.database import Database
from yika_central.db.tables import HeldItem, Node, NodeArea, NodeRefusal, TariffVersion, table_of
from yika_common.clock import from_timestamp
from yika_common.sync.messages import TARIFF_ITEM


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a node did not take a manifest; ``at`` is by its own clock, the sentence its own."""

    manifest: int
    code: str
    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Holding:
    """How a node stands to a tariff version.

    ``since`` is when it took it into use, by its own clock.  ``refusal`` is there when it does not
    hold it and last refused it, or the whole manifest it came with.  ``heard`` says whether
    anything was heard of the node since the version was published.
    """

    node: str
    since: datetime | None
    refusal: Refusal | None
    last_contact: datetime | None
    heard: bool


class TariffHolders:
    """Asks the projections of the nodes' journals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, tariff_id: str, version: int) -> tuple[Holding, ...]:
        """Every node that the version is for; none when there is no such version."""
        tariff = table_of(TariffVersion)
        with self._database.reading() as session:
            published = session.execute(
                select(tariff.c.area, tariff.c.published_at).where(
                    tariff.c.tariff_id == tariff_id, tariff.c.version == version
                )
            ).first()
            if published is None:
                return ()
            name = f"{TARIFF_ITEM}{tariff_id}/{version}"
            rows = _nodes(session, name, published.area)
            refusals = _refusals(session, name, published.published_at)
        return tuple(_holding(row, refusals, published.published_at) for row in rows)


def _nodes(session: Session, name: str, scope: str | None) -> list[Row[Any]]:
    held, area, node = table_of(HeldItem), table_of(NodeArea), table_of(Node)
    query = (
        select(node.c.node, node.c.last_contact, held.c.adopted_at)
        .join(held, (held.c.node == node.c.node) & (held.c.name == name), isouter=True)
        .order_by(node.c.node)
    )
    if scope is not None:
        query = query.where(node.c.node.in_(select(area.c.node).where(area.c.area == scope)))
    return list(session.execute(query).all())


def _refusals(session: Session, name: str, published_at: int) -> dict[str, Refusal]:
    """Each node's last refusal of the version, or of a manifest that may have brought it."""
    table = table_of(NodeRefusal)
    rows = session.execute(
        select(table)
        .where(table.c.item.in_((name, "")), table.c.refused_at >= published_at)
        .order_by(table.c.item, table.c.manifest)
    ).all()
    # One that names the version comes after one that names nothing, and later ones after earlier.
    return {
        row.node: Refusal(row.manifest, row.code, row.sentence, from_timestamp(row.refused_at))
        for row in rows
    }


def _holding(row: Row[Any], refusals: dict[str, Refusal], published_at: int) -> Holding:
    held = row.adopted_at is not None
    contact = row.last_contact
    return Holding(
        node=row.node,
        since=from_timestamp(row.adopted_at) if held else None,
        refusal=None if held else refusals.get(row.node),
        last_contact=None if contact is None else from_timestamp(contact),
        heard=contact is not None and contact >= published_at,
    )
