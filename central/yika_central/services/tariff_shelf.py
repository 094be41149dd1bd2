"""The published tariffs: every version for ever, what each is now, and which nodes hold it.

A version is never changed.  The exact bytes of its file are what two persons signed, what nodes
verify, and what its digest names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, select

from yika_central.db.database import Database, add, hold_office, lock_nodes
from yika_central.db.rerate_queue import queue_sales_of
from yika_central.db.suspense import settle
from yika_central.db.tables import Item, TariffVersion, table_of
from yika_central.services.registry import Registry, keep_item, nodes_of_area
from yika_central.services.tariff_rules import check_succession
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.services import Service
from yika_common.sync.messages import TARIFF_ITEM
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff

SOON = timedelta(days=30)
"""A version whose warning begins within this time wants a successor."""


class Standing(StrEnum):
    """What a published version is now."""

    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Published:
    """A published version, as the pages list it.

    ``soft`` and ``hard`` are its expiry, where it has one; ``followed`` says whether a higher
    version is published.
    """

    tariff_id: str
    version: int
    digest: bytes
    service: Service
    tariff_class: str
    area: str | None
    effective_from: datetime
    published_at: datetime
    officers: tuple[str, ...]
    standing: Standing
    followed: bool
    soft: datetime | None = None
    hard: datetime | None = None

    def wants_successor(self, now: datetime) -> bool:
        """Whether its warning is near, or past, and nothing follows it."""
        return self.soft is not None and not self.followed and self.soft <= now + SOON


class TariffShelf:
    """Puts versions on the shelf and never takes one off."""

    def __init__(self, database: Database, registry: Registry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock

    def place(
        self,
        connection: Connection,
        tariff: Tariff,
        document: bytes,
        file: bytes,
        officers: Sequence[str],
    ) -> None:
        """Publish a tariff within a transaction; its nodes find it in their next manifest.

        ``file`` is ``document`` with its signatures.

        Raises:
            TariffNotNewer, TariffChangesScope, TariffTimeWrong: it does not follow.
        """
        hold_office(connection)
        # A sale is either here and found below, or comes when the version is in force.
        lock_nodes(connection)
        check_succession(connection, tariff)
        self._store(connection, tariff, document, file, officers)
        for node in nodes_of_area(connection, tariff.area):
            self._registry.issue(connection, node)

    def published(self) -> tuple[Published, ...]:
        """Every published version, by id and falling version."""
        table = table_of(TariffVersion)
        with self._database.reading() as session:
            rows = session.execute(
                select(table).order_by(table.c.tariff_id, table.c.version.desc())
            ).all()
        now = self._clock()
        found = []
        for _, versions in groupby(rows, key=lambda row: row.tariff_id):
            listed = list(versions)
            current = next(
                (row.version for row in listed if from_timestamp(row.effective_from) <= now), 0
            )
            found += [
                _published(row, current, followed=place > 0) for place, row in enumerate(listed)
            ]
        return tuple(found)

    def ending(self) -> tuple[Published, ...]:
        """Versions whose warning is near and that nothing follows."""
        now = self._clock()
        return tuple(entry for entry in self.published() if entry.wants_successor(now))

    def entry(self, tariff_id: str, version: int) -> Published | None:
        """One published version; None when there is no such version."""
        return next(
            (e for e in self.published() if (e.tariff_id, e.version) == (tariff_id, version)), None
        )

    def document(self, tariff_id: str, version: int) -> bytes | None:
        """The exact file of a published version; None when there is no such version."""
        table = table_of(TariffVersion)
        with self._database.reading() as session:
            found = session.execute(
                select(table.c.document).where(
                    table.c.tariff_id == tariff_id, table.c.version == version
                )
            ).scalar()
        return None if found is None else bytes(found)

    def signed_file(self, tariff_id: str, version: int) -> bytes | None:
        """A published version with its signatures, as nodes fetch it; None for no version."""
        table, item = table_of(TariffVersion), table_of(Item)
        with self._database.reading() as session:
            found = session.execute(
                select(item.c.content)
                .join(table, table.c.package == item.c.sha256)
                .where(table.c.tariff_id == tariff_id, table.c.version == version)
            ).scalar()
        return None if found is None else bytes(found)

    def predecessor(self, tariff_id: str, version: int) -> tuple[int, bytes] | None:
        """Number and file of the version published before this one; None for the first."""
        table = table_of(TariffVersion)
        with self._database.reading() as session:
            row = session.execute(
                select(table.c.version, table.c.document)
                .where(table.c.tariff_id == tariff_id, table.c.version < version)
                .order_by(table.c.version.desc())
                .limit(1)
            ).first()
        return None if row is None else (row.version, bytes(row.document))

    def baseline(self, tariff_id: str, below: int) -> Published | None:
        """What a version is compared with: the one in force, else the last below it."""
        versions = [e for e in self.published() if e.tariff_id == tariff_id and e.version < below]
        in_force = [e for e in versions if e.standing is Standing.IN_FORCE]
        return next(iter((*in_force, *versions)), None)

    def _store(
        self,
        connection: Connection,
        tariff: Tariff,
        document: bytes,
        file: bytes,
        officers: Sequence[str],
    ) -> None:
        at = self._clock()
        name = f"{TARIFF_ITEM}{tariff.id}/{tariff.version}"
        item = keep_item(connection, name, tariff.version, file, at=at)
        row = TariffVersion(
            tariff_id=tariff.id,
            version=tariff.version,
            digest=tariff.digest,
            package=bytes.fromhex(item.sha256),
            document=document,
            service=str(tariff.service),
            tariff_class=tariff.tariff_class,
            area=tariff.area,
            effective_from=to_timestamp(tariff.effective_from),
            published_at=to_timestamp(at),
            officers=", ".join(officers),
        )
        add(connection, TariffVersion, [row.model_dump()])
        settle(connection, "unknown_tariff", [tariff_subject(tariff)])
        queue_sales_of(
            connection,
            service=str(tariff.service),
            since=to_timestamp(tariff.effective_from),
            at=to_timestamp(at),
        )


@lru_cache(maxsize=512)
def _parsed(document: bytes) -> Tariff:
    return parse_tariff(document)


def _published(row: Row[Any], current: int, *, followed: bool) -> Published:
    tariff = _parsed(bytes(row.document))
    standing = (
        Standing.IN_FORCE
        if row.version == current
        else Standing.SCHEDULED
        if row.version > current
        else Standing.SUPERSEDED
    )
    return Published(
        tariff_id=row.tariff_id,
        version=row.version,
        digest=bytes(row.digest),
        service=Service(row.service),
        tariff_class=row.tariff_class,
        area=row.area,
        effective_from=from_timestamp(row.effective_from),
        published_at=from_timestamp(row.published_at),
        officers=tuple(row.officers.split(", ")),
        standing=standing,
        followed=followed,
        soft=tariff.expires.soft if tariff.expires else None,
        hard=tariff.expires.hard if tariff.expires else None,
    )


def tariff_subject(tariff: Tariff) -> str:
    """How suspense names a tariff version: id, version and the 8 bytes of digest sales carry."""
    return f"{tariff.id}/{tariff.version}/{tariff.digest[:8].hex()}"
