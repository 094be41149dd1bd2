"""The tariff office: a tariff is published by two persons, once, and never changed again.

The exact bytes of the file are what both sign, what nodes verify, and what its digest names.  A
version may only be followed by a higher one of the same service, class, area, currency and time
zone that does not come into force earlier than it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from yika_central.db.database import Database, add, hold_office, lock_nodes
from yika_central.db.rerate_queue import queue_sales_of
from yika_central.db.suspense import settle
from yika_central.db.tables import HeldItem, Node, NodeArea, TariffVersion, table_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import Registry, keep_item, nodes_of_area
from yika_central.services.staff import Credential, Staff
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, Phrase, YikaError
from yika_common.services import Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.signing.trust import TrustRoot
from yika_common.sync.messages import TARIFF_ITEM, open_tariff, sign_tariff
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.model import Tariff

FAR_FUTURE = timedelta(days=3653)
"""A tariff that comes into force later than this has a slip in its date."""


class TwoPersonsNeeded(YikaError):
    """One person cannot publish a tariff."""

    code = "tariff_two_persons"
    sentence = N_(
        "A tariff is signed by two different tariff officers. Nothing was published. Ask a second "
        "officer to sign."
    )


class TariffNotNewer(YikaError):
    """The version is not above the one published before it."""

    code = "tariff_not_newer"
    sentence = N_(
        "Version %(version)s of %(tariff)s is not above version %(published)s, published before. "
        "Nothing was published. Give the file a higher version."
    )


class TariffChangesScope(YikaError):
    """A later version must be for the same customers."""

    code = "tariff_changes_scope"
    sentence = N_(
        "%(tariff)s was published with another %(key)s. Nothing was published. Give a tariff for "
        "other customers an id of its own."
    )


class TariffTimeWrong(YikaError):
    """The time of coming into force makes no sense."""

    code = "tariff_time_wrong"
    sentence = N_(
        "%(tariff)s cannot come into force on %(when)s: %(why)s. Nothing was published. Correct "
        "“effective_from”."
    )


@dataclass(frozen=True, slots=True)
class Published:
    """A published version, as the pages list it."""

    tariff_id: str
    version: int
    digest: bytes
    service: Service
    tariff_class: str
    area: str | None
    effective_from: datetime
    published_at: datetime
    officers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """Whether a node has adopted a tariff version; ``since`` is by the node's own clock."""

    node: str
    since: datetime | None


class TariffOffice:
    """Publishes tariffs and knows which nodes hold them."""

    def __init__(
        self, database: Database, keys: KeyRoom, staff: Staff, registry: Registry, clock: Clock
    ) -> None:
        self._database = database
        self._keys = keys
        self._staff = staff
        self._registry = registry
        self._clock = clock

    def publish(self, document: bytes, signers: Sequence[Credential]) -> Tariff:
        """Publish the exact bytes of a tariff file; its nodes find it in their next manifest.

        Raises:
            TariffMalformed, GoldenCaseDiffers: the file is no sound tariff.
            TwoPersonsNeeded: fewer than two different persons sign.
            WrongPassword, TooManyAttempts, NotAnOfficer: a signature is missing.
            TariffNotNewer, TariffChangesScope, TariffTimeWrong: it does not follow.
            Whatever is raised, nothing was published.
        """
        tariff = parse_tariff(document)
        check_golden(tariff)
        self._check_time(tariff)
        names = [signer.name for signer in signers]
        if len(set(names)) < self._keys.root.role("tariff").threshold:
            raise TwoPersonsNeeded
        keys = [self._staff.officers_key(signer) for signer in signers]
        file = sign_tariff(document, keys)
        check_signatures(file.to_bytes(), self._keys.root)
        with self._database.writing() as connection:
            hold_office(connection)
            # A sale is either here and found below, or comes when the version is in force.
            lock_nodes(connection)
            self._check_succession(connection, tariff)
            self._store(connection, tariff, document, file.to_bytes(), names)
            for node in nodes_of_area(connection, tariff.area):
                self._registry.issue(connection, node)
        return tariff

    def published(self) -> tuple[Published, ...]:
        """Every published version, by id and falling version."""
        table = table_of(TariffVersion)
        with self._database.reading() as session:
            rows = session.execute(
                select(*(table.c[name] for name in _LISTED)).order_by(
                    table.c.tariff_id, table.c.version.desc()
                )
            ).all()
        return tuple(
            Published(
                tariff_id=row.tariff_id,
                version=row.version,
                digest=bytes(row.digest),
                service=Service(row.service),
                tariff_class=row.tariff_class,
                area=row.area,
                effective_from=from_timestamp(row.effective_from),
                published_at=from_timestamp(row.published_at),
                officers=tuple(row.officers.split(", ")),
            )
            for row in rows
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

    def held_by(self, tariff_id: str, version: int) -> tuple[Holding, ...]:
        """For each node the version is for: since when its journal says that it holds it."""
        held, area, node = table_of(HeldItem), table_of(NodeArea), table_of(Node)
        tariff = table_of(TariffVersion)
        name = f"{TARIFF_ITEM}{tariff_id}/{version}"
        with self._database.reading() as session:
            scope = session.execute(
                select(tariff.c.area).where(
                    tariff.c.tariff_id == tariff_id, tariff.c.version == version
                )
            ).scalar()
            query = (
                select(node.c.node, held.c.adopted_at)
                .join(held, (held.c.node == node.c.node) & (held.c.name == name), isouter=True)
                .order_by(node.c.node)
            )
            if scope is not None:
                query = query.where(
                    node.c.node.in_(select(area.c.node).where(area.c.area == scope))
                )
            rows = session.execute(query).all()
        return tuple(
            Holding(row.node, None if row.adopted_at is None else from_timestamp(row.adopted_at))
            for row in rows
        )

    def _check_time(self, tariff: Tariff) -> None:
        if tariff.effective_from > self._clock() + FAR_FUTURE:
            raise TariffTimeWrong(
                tariff=tariff.id,
                when=tariff.effective_from.date().isoformat(),
                why=Phrase("that is more than ten years ahead"),
            )

    def _check_succession(self, connection: Connection, tariff: Tariff) -> None:
        """Refuse what cannot follow the version published last."""
        table = table_of(TariffVersion)
        last = connection.execute(
            select(table)
            .where(table.c.tariff_id == tariff.id)
            .order_by(table.c.version.desc())
            .limit(1)
        ).first()
        if last is None:
            return
        if tariff.version <= last.version:
            raise TariffNotNewer(tariff=tariff.id, version=tariff.version, published=last.version)
        before = parse_tariff(last.document)
        for key in ("service", "tariff_class", "area", "currency", "time_zone"):
            if getattr(before, key) != getattr(tariff, key):
                raise TariffChangesScope(tariff=tariff.id, key=key.removeprefix("tariff_"))
        if tariff.effective_from < before.effective_from:
            raise TariffTimeWrong(
                tariff=tariff.id,
                when=tariff.effective_from.date().isoformat(),
                why=Phrase("version %(version)s comes into force later", version=last.version),
            )

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


_LISTED = (
    "tariff_id",
    "version",
    "digest",
    "service",
    "tariff_class",
    "area",
    "effective_from",
    "published_at",
    "officers",
)


def tariff_subject(tariff: Tariff) -> str:
    """How suspense names a tariff version: id, version and the 8 bytes of digest sales carry."""
    return f"{tariff.id}/{tariff.version}/{tariff.digest[:8].hex()}"


def check_signatures(file: bytes, root: TrustRoot) -> None:
    """Check, as a node will, that enough officers of the root document signed.

    Raises:
        SignatureInvalid, TooFewSignatures: they did not.
    """
    open_tariff(read_signed_file(file), root)
