"""Which accounts' sheets may be out of date, and how often the parts they lie in have changed."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, and_, delete, func, or_, select

from yika_central.db.base import one_of
from yika_central.db.database import insert_or
from yika_central.db.tables import NodeArea, NodePart, SheetChange, SheetPart, table_of
from yika_central.domain.parts import DuePart

_DRAINING = 0x53484545
"""The number under which PostgreSQL keeps the lock of whoever brings sheets up to date."""


def note_changed(connection: Connection, accounts: Iterable[str], *, node: str = "") -> None:
    """Whatever is told of these accounts may have changed, by the node's records or the office."""
    rows = [{"account": account, "node": node} for account in sorted(set(accounts))]
    if rows:
        table = table_of(SheetChange)
        # Changing the row makes this wait for whoever is just forgetting it, and then add it anew.
        statement = insert_or(connection, SheetChange).on_conflict_do_update(
            index_elements=["account", "node"], set_={"ticket": table.c.ticket + 1}
        )
        connection.execute(statement, [row | {"ticket": 1} for row in rows])


def hold_sheets(connection: Connection) -> None:
    """Let nobody else bring sheets up to date until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_DRAINING)))


def take_changed(connection: Connection, limit: int) -> tuple[str, ...]:
    """Forget some changes and return their accounts; those just being noted are left for later."""
    table = table_of(SheetChange)
    rows = connection.execute(
        select(table.c.account, table.c.node)
        .order_by(table.c.account, table.c.node)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    if rows:
        keys = [(row.account, row.node) for row in rows]
        here = one_of([table.c.account, table.c.node], keys)
        connection.execute(delete(table).where(here))
    return tuple(sorted({row.account for row in rows}))


def any_changed(connection: Connection) -> bool:
    """Whether a sheet may be out of date."""
    return connection.execute(select(table_of(SheetChange).c.account).limit(1)).first() is not None


def raise_parts(
    connection: Connection, parts: Collection[tuple[str, int]], *, facts: Collection[object]
) -> None:
    """These parts changed; those also in ``facts`` in more than what was bought."""
    table = table_of(SheetPart)
    rows = [
        {"area": area, "part": part, "version": 1, "facts_version": int((area, part) in facts)}
        for area, part in sorted(parts)
    ]
    if rows:
        statement = insert_or(connection, SheetPart)
        raised = {
            name: table.c[name] + statement.excluded[name] for name in ("version", "facts_version")
        }
        statement = statement.on_conflict_do_update(index_elements=["area", "part"], set_=raised)
        connection.execute(statement, rows)


def due_parts(
    connection: Connection, node: str, epoch: int, *, sealed_before: int
) -> tuple[DuePart, ...]:
    """The parts that the node was sealed in another state, or never in this epoch.

    Where no more than purchases changed, only those last sealed up to ``sealed_before``.
    """
    area, part, sealed = table_of(NodeArea), table_of(SheetPart), table_of(NodePart)
    same = and_(
        sealed.c.node == area.c.node, sealed.c.area == part.c.area, sealed.c.part == part.c.part
    )
    rows = connection.execute(
        select(
            part.c.area,
            part.c.part,
            part.c.version,
            part.c.facts_version,
            sealed.c.digest,
            sealed.c.item_version,
            sealed.c.epoch,
        )
        .select_from(area)
        .join(part, part.c.area == area.c.area)
        .join(sealed, same, isouter=True)
        .where(
            area.c.node == node,
            or_(
                sealed.c.node.is_(None),
                sealed.c.epoch != epoch,
                sealed.c.facts_version != part.c.facts_version,
                and_(sealed.c.version != part.c.version, sealed.c.sealed_at <= sealed_before),
            ),
        )
        .order_by(part.c.area, part.c.part)
    ).all()
    return tuple(
        DuePart(
            area=row.area,
            part=row.part,
            version=row.version,
            facts_version=row.facts_version,
            digest=bytes(row.digest) if row.epoch == epoch else b"",
            item_version=row.item_version or 0,
        )
        for row in rows
    )
