"""The registry: every node's standing, and the signed list of what it must hold.

A manifest names its items by SHA-256.  Its version rises by one, it names the manifest before it,
and no item ever leaves it: a tariff's item is named ``tariff/ID/VERSION``, so that a new node gets
the version in force together with those to come; the key bundle's is ``keys/NODE``, what is told
of customers ``customers/AREA/PART``, the tool cards of a node that issues them ``tools/NODE``, its
managing cards and the special cards it is to write ``special/NODE``, and the settings of all nodes
``settings``.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, or_, select, update

from yika_central.db.database import Database, add, add_new, lock_node
from yika_central.db.sheet_changes import any_changed, due_parts
from yika_central.db.tables import (
    Item,
    ManifestIssue,
    Node,
    NodeArea,
    SettingsChange,
    TariffVersion,
    table_of,
)
from yika_central.domain.parts import DuePart
from yika_central.errors import UnknownItem
from yika_central.services import allotment, card_lists, customers, person_lists
from yika_central.services.key_bundles import current_certificate, sealed_keys
from yika_central.services.key_room import KeyRoom
from yika_central.services.node_views import NodeView, known_nodes
from yika_central.services.special_lists import is_due, sealed_special
from yika_central.services.tool_lists import sealed_tools
from yika_common.clock import Clock, to_timestamp
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync import messages
from yika_common.sync.customers import item_name
from yika_common.sync.messages import (
    CARDS_ITEM,
    KEYS_ITEM,
    PERSONS_ITEM,
    SPECIAL_ITEM,
    TARIFF_ITEM,
    TOOLS_ITEM,
    Certificate,
    Manifest,
    digest_of,
    sign_manifest,
)
from yika_common.sync.settings import SETTINGS_ITEM

ACTIVE = "ACTIVE"
STOPPED = "STOPPED"
WAITING = "WAITING"
FORKED = "fork"
COPIED_CARD = "copied_card"
BY_HAND = "by_hand"

_ROUNDS = 10
"""Transactions that one contact may spend on sheets."""


class Registry:
    """Knows the nodes and issues their manifests."""

    def __init__(self, database: Database, keys: KeyRoom, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    def nodes(self) -> tuple[NodeView, ...]:
        """Every node, by name."""
        with self._database.reading() as session:
            return known_nodes(session.connection())

    def item(self, sha256: bytes) -> bytes:
        """The file kept under a digest.

        Raises:
            UnknownItem: there is none.
        """
        table = table_of(Item)
        with self._database.reading() as session:
            content = session.execute(
                select(table.c.content).where(table.c.sha256 == sha256)
            ).scalar()
        if content is None:
            raise UnknownItem
        return bytes(content)

    def stop(self, node: str) -> None:
        """Tell the node, at its next contact, to stop selling.

        Raises:
            UnknownNode: nothing was changed.
        """
        self._set_state(node, STOPPED, BY_HAND)

    def release(self, node: str) -> None:
        """Let a stopped node sell again: a person has looked at the reason.

        Raises:
            UnknownNode: nothing was changed.
        """
        self._set_state(node, ACTIVE, "")

    def newest_manifest(self, connection: Connection, node: str) -> tuple[Manifest, bytes] | None:
        """The last manifest issued to the node and its file; None before the first."""
        table = table_of(ManifestIssue)
        file = connection.execute(
            select(table.c.file)
            .where(table.c.node == node)
            .order_by(table.c.version.desc())
            .limit(1)
        ).scalar()
        if file is None:
            return None
        return Manifest.parse(read_signed_file(file).payload, limit=len(file)), file

    def issue(
        self,
        connection: Connection,
        node: str,
        *,
        new_keys: bool = False,
        new_tools: bool = False,
        new_special: bool = False,
    ) -> None:
        """Issue the node's next manifest, if what it must hold has changed.

        ``new_keys`` seals the key bundle anew: its meters, cards or receiver changed;
        ``new_tools`` the list of tool cards, ``new_special`` that of managing cards and of cards
        to be written; both go with a new receiver too.  The caller holds the transaction; a node
        that is not enrolled yet gets nothing.
        """
        lock_node(connection, node)
        certificate = current_certificate(connection, node)
        if certificate is None:
            return
        before = self.newest_manifest(connection, node)
        held = {item.name: item for item in before[0].items} if before else {}
        items = held | _tariffs(connection, node) | _settings(connection)
        keys_name = f"{KEYS_ITEM}{node}"
        if new_keys or keys_name not in held:
            version = held[keys_name].version + 1 if keys_name in held else 1
            file = sealed_keys(connection, certificate, self._keys)
            items[keys_name] = keep_item(
                connection, keys_name, version, file, node=node, at=self._clock()
            )
        tools_name = f"{TOOLS_ITEM}{node}"
        if new_tools or (new_keys and tools_name in held):
            version = held[tools_name].version + 1 if tools_name in held else 1
            file = sealed_tools(connection, certificate, self._keys)
            items[tools_name] = keep_item(
                connection, tools_name, version, file, node=node, at=self._clock()
            )
        special_name = f"{SPECIAL_ITEM}{node}"
        if new_special or is_due(connection, node) or (new_keys and special_name in held):
            version = held[special_name].version + 1 if special_name in held else 1
            file = sealed_special(connection, certificate, self._keys)
            items[special_name] = keep_item(
                connection, special_name, version, file, node=node, at=self._clock()
            )
        allotment.top_up(connection, certificate)
        now, cards_name = self._clock(), f"{CARDS_ITEM}{node}"
        if card_lists.is_changed(connection, certificate, to_timestamp(now)):
            version = held[cards_name].version + 1 if cards_name in held else 1
            file = card_lists.sealed_cards(connection, certificate, self._keys, to_timestamp(now))
            items[cards_name] = keep_item(connection, cards_name, version, file, node=node, at=now)
        persons_name, at = f"{PERSONS_ITEM}{node}", to_timestamp(now)
        if person_lists.is_changed(connection, certificate, at):
            version = held[persons_name].version + 1 if persons_name in held else 1
            file = person_lists.sealed_persons(connection, certificate, self._keys, at)
            items[persons_name] = keep_item(
                connection, persons_name, version, file, node=node, at=now
            )
        if items == held:
            return
        self._sign(connection, node, items.values(), before[0] if before else None)

    def allot(self, connection: Connection, node: str) -> None:
        """Give a node that is short of numbers for cards new ones; the caller holds it."""
        certificate = current_certificate(connection, node)
        if certificate is not None and allotment.is_short(connection, certificate):
            self.issue(connection, node)

    def tell(self, node: str) -> None:
        """Issue the node's next manifest, if what it is told has changed.

        Cheap when nothing has.  The sheets are made again first, in transactions of their own; as
        long as some are left to be made, the node is told nothing, so that it is told once.
        """
        with self._database.reading() as session:
            connection = session.connection()
            special = is_due(connection, node)
            due = special or self._says_else(connection, node)
        if due:
            with self._database.writing() as connection:
                self.issue(connection, node, new_special=special)
        if not self._something_to_tell(node):
            return
        for _ in range(_ROUNDS):
            with self._database.writing() as connection:
                if customers.bring_up_to_date(connection) < customers.ACCOUNTS_AT_ONCE:
                    break
        else:
            return
        with self._database.writing() as connection:
            lock_node(connection, node)
            self._tell(connection, node)

    def _says_else(self, connection: Connection, node: str) -> bool:
        """Whether the node is to hear something new of cards or persons."""
        certificate, now = current_certificate(connection, node), to_timestamp(self._clock())
        return certificate is not None and (
            card_lists.is_changed(connection, certificate, now)
            or person_lists.is_changed(connection, certificate, now)
        )

    def _something_to_tell(self, node: str) -> bool:
        with self._database.reading() as session:
            connection = session.connection()
            certificate = current_certificate(connection, node)
            return certificate is not None and (
                any_changed(connection) or bool(self._due(connection, certificate))
            )

    def _due(self, connection: Connection, certificate: Certificate) -> tuple[DuePart, ...]:
        before = to_timestamp(self._clock() - customers.PURCHASES_EVERY)
        return due_parts(connection, certificate.node, certificate.epoch, sealed_before=before)

    def _tell(self, connection: Connection, node: str) -> None:
        certificate = current_certificate(connection, node)
        before = self.newest_manifest(connection, node)
        if certificate is None or before is None:
            return
        items = {item.name: item for item in before[0].items}
        held, at = dict(items), self._clock()
        for part in self._due(connection, certificate):
            sealed = customers.seal_part(connection, part, certificate, self._keys)
            digest, version = part.digest, part.item_version
            if sealed is not None:
                file, digest = sealed
                version += 1
                name = item_name(part.area, part.part)
                items[name] = keep_item(connection, name, version, file, node=node, at=at)
            customers.note_sealed(
                connection,
                node,
                certificate.epoch,
                part,
                digest=digest,
                item_version=version,
                at=at,
            )
        if items != held:
            self._sign(connection, node, items.values(), before[0])

    def _sign(
        self,
        connection: Connection,
        node: str,
        items: Iterable[messages.Item],
        before: Manifest | None,
    ) -> None:
        at = to_timestamp(self._clock())
        manifest = Manifest(
            audience=node,
            version=before.version + 1 if before else 1,
            prev=digest_of(before.to_bytes()) if before else "",
            root_version=self._keys.root.version,
            issued=at,
            items=tuple(sorted(items, key=lambda item: item.name)),
        )
        row = ManifestIssue(
            node=node,
            version=manifest.version,
            digest=bytes.fromhex(digest_of(manifest.to_bytes())),
            file=sign_manifest(manifest, [self._keys.signer("registry")]).to_bytes(),
            issued_at=at,
        )
        add(connection, ManifestIssue, [row.model_dump()])
        table = table_of(Node)
        connection.execute(
            update(table).where(table.c.node == node).values(manifest=manifest.version)
        )

    def _set_state(self, node: str, state: str, reason: str) -> None:
        table = table_of(Node)
        with self._database.writing() as connection:
            lock_node(connection, node)
            connection.execute(
                update(table).where(table.c.node == node).values(state=state, reason=reason)
            )


def keep_item(
    connection: Connection, name: str, version: int, file: bytes, *, node: str = "", at: datetime
) -> messages.Item:
    """Keep a file for nodes to fetch, and return what a manifest says of it."""
    item = messages.Item.of(name, version, file)
    row = Item(
        sha256=bytes.fromhex(item.sha256),
        name=name,
        version=version,
        node=node,
        length=item.length,
        content=file,
        created_at=to_timestamp(at),
    )
    add_new(connection, Item, [row.model_dump()])
    return item


def nodes_of_area(connection: Connection, area: str | None) -> tuple[str, ...]:
    """The nodes that sell for an area (None: all nodes), in the order their rows are locked."""
    table = table_of(NodeArea)
    query = select(table.c.node).distinct().order_by(table.c.node)
    if area is not None:
        query = query.where(table.c.area == area)
    return tuple(connection.execute(query).scalars())


def _tariffs(connection: Connection, node: str) -> dict[str, messages.Item]:
    """Every published tariff that is for the node's areas, as items of its manifest."""
    tariff, item, area = table_of(TariffVersion), table_of(Item), table_of(NodeArea)
    areas = select(area.c.area).where(area.c.node == node)
    rows = connection.execute(
        select(tariff.c.tariff_id, tariff.c.version, item.c.sha256, item.c.length)
        .join(item, item.c.sha256 == tariff.c.package)
        .where(or_(tariff.c.area.is_(None), tariff.c.area.in_(areas)))
    ).all()
    found = (
        messages.Item(
            name=f"{TARIFF_ITEM}{tariff_id}/{version}",
            version=version,
            sha256=bytes(sha256).hex(),
            length=length,
        )
        for tariff_id, version, sha256, length in rows
    )
    return {entry.name: entry for entry in found}


def _settings(connection: Connection) -> dict[str, messages.Item]:
    """The settings of all nodes, once somebody has set them."""
    change, item = table_of(SettingsChange), table_of(Item)
    row = connection.execute(
        select(item)
        .where(
            item.c.name == SETTINGS_ITEM,
            item.c.version == select(func.max(change.c.number)).scalar_subquery(),
        )
        .limit(1)
    ).first()
    if row is None:
        return {}
    sha256 = bytes(row.sha256).hex()
    entry = messages.Item(
        name=SETTINGS_ITEM, version=row.version, sha256=sha256, length=row.length
    )
    return {SETTINGS_ITEM: entry}
