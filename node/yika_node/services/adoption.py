"""Adopting what headquarters publishes: everything is verified, then all of it holds at once.

The manifest must continue the one in force (:mod:`yika_common.sync.rules`); each item must be the
file it names; a tariff must carry the signatures of its role, be the version it is listed as, and
price its own examples here as its author did; a key bundle, and what is told of customers, must
open with our key.  The switch is one transaction with its ``bundle`` record, which names the items
that are new: half a bundle never holds.  A bundle of many new items has several records of one
version.

A genuine manifest that is not switched to is journaled once, with the item and the sentence, so
that headquarters learns of it with the next exchange.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.journal.bodies import AppliedItem, BundleApplied, BundleRefused
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    KeyUnusable,
    SealBroken,
    SignatureInvalid,
    TooFewSignatures,
    WrongKind,
)
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.customers import CUSTOMERS_ITEM
from yika_common.sync.errors import (
    ItemChanged,
    ItemMismatch,
    ItemOlder,
    ItemVanished,
    ManifestForked,
    MessageForAnother,
)
from yika_common.sync.messages import (
    CARDS_ITEM,
    KEYS_ITEM,
    PERSONS_ITEM,
    SPECIAL_ITEM,
    TARIFF_ITEM,
    TOOLS_ITEM,
    Item,
    Manifest,
    digest_of,
    open_manifest,
    open_tariff,
)
from yika_common.sync.rules import check_item, check_manifest
from yika_common.sync.settings import SETTINGS_ITEM, open_settings
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers, TariffMalformed, TariffsClash
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Along, Entry, Journal
from yika_node.services.card_shelf import CardShelf
from yika_node.services.customers import Customers
from yika_node.services.keyring import KeyRing
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.vault import Vault

MANIFEST = "manifest"
"""The name under which manifests are kept among the items."""

_DIGEST_SHOWN = 16
_ITEMS_PER_RECORD = 16
_SEALED: Final = {
    KEYS_ITEM: ("key_bundle", "open_bundle"),
    TOOLS_ITEM: ("tool_list", "open_tools"),
    CARDS_ITEM: ("card_list", "open_cards"),
    PERSONS_ITEM: ("person_list", "open_persons"),
    SPECIAL_ITEM: ("special_list", "open_special"),
}
"""What is sealed to this vending point, by the beginning of its name: who opens it."""
_SENTENCE_MAX = 500


@dataclass(frozen=True, slots=True)
class Adoption:
    """Switches the node to another manifest."""

    journal: Journal
    queries: CustomerQueries
    standing: Standing
    vault: Vault
    keyring: KeyRing
    shelf: TariffShelf
    settings: SettingsShelf
    card_shelf: CardShelf
    customers: Customers
    clock: Clock

    def missing(self, file: SignedFile) -> tuple[Item, ...]:
        """The items to fetch before the manifest can be adopted; none if it is in force already.

        Raises:
            SignatureInvalid and its like, ManifestOlder, ItemVanished and their like: the
                manifest is not taken.
        """
        manifest = self._opened(file)
        if manifest is None:
            return ()
        return tuple(
            item
            for item in manifest.items
            if self.queries.item(bytes.fromhex(item.sha256)) is None
            # A part's old file is gone once a newer one is in force.
            and not self._in_force(item)
        )

    def adopt(self, file: SignedFile, fetched: Mapping[str, bytes]) -> bool:
        """Switch to the manifest; False if it is in force already.

        ``fetched`` holds the files of :meth:`missing` by their hex SHA-256.

        Raises:
            ItemMismatch, GoldenCaseDiffers, TariffMalformed, TariffsClash, SealBroken and those
                of :meth:`missing`: the manifest in force stays in force.
            VaultLocked: the keys can't be opened.
        """
        manifest = self._opened(file)
        if manifest is None:
            return False
        new = [item for item in manifest.items if not self._in_force(item)]
        try:
            files = self._checked(new, fetched)
        except ItemUnusable as unusable:
            self._refuse(file, manifest, unusable.item, unusable.why)
            raise unusable.why from unusable
        digest = digest_of(file.payload)[:_DIGEST_SHOWN]
        bodies = [
            BundleApplied(
                version=manifest.version,
                digest=digest,
                items=tuple(
                    AppliedItem(item.name, item.version, item.sha256[:_DIGEST_SHOWN])
                    for item in new[start : start + _ITEMS_PER_RECORD]
                ),
            )
            for start in range(0, max(1, len(new)), _ITEMS_PER_RECORD)
        ]
        self.journal.append(bodies, at=self.clock(), along=[_kept(file, manifest, new, files)])
        self.keyring.forget()
        self.shelf.forget()
        self.settings.forget()
        self.card_shelf.forget()
        self.customers.catch_up()
        return True

    def _opened(self, file: SignedFile) -> Manifest | None:
        """The manifest, if it may follow the one in force; None if it is that one."""
        membership = self.standing.membership
        manifest = open_manifest(file, membership.root)
        held_file = self._held_file()
        if held_file is None:
            check_manifest(manifest, node=membership.node, held=None, held_digest="")
        elif held_file.payload == file.payload:
            return None
        else:
            try:
                check_manifest(
                    manifest,
                    node=membership.node,
                    held=open_manifest(held_file, membership.root),
                    held_digest=digest_of(held_file.payload),
                )
            except (ManifestForked, ItemVanished, ItemOlder, ItemChanged) as broken:
                name = str(broken.facts.get("name", ""))
                self._refuse(file, manifest, name, broken)
                raise
        return manifest

    def _refuse(self, file: SignedFile, manifest: Manifest, item: str, why: YikaError) -> None:
        """Write down, once, that this manifest is not switched to."""
        digest = digest_of(file.payload)[:_DIGEST_SHOWN]
        if self.queries.refused(manifest.version, digest):
            return
        refusal = BundleRefused(
            version=manifest.version,
            digest=digest,
            item=item,
            code=why.code,
            sentence="".join(c if c.isprintable() else "?" for c in str(why))[:_SENTENCE_MAX],
        )
        self.journal.append([refusal], at=self.clock())

    def _held_file(self) -> SignedFile | None:
        bundle = self.queries.bundle()
        if bundle is None:
            return None
        row = self.queries.manifest(bundle.version)
        assert row is not None, "a bundle is switched on together with its manifest"
        return read_signed_file(row.file)

    def _in_force(self, item: Item) -> bool:
        """The very item was switched on by an earlier bundle."""
        return self.queries.holds(item.name, item.version, item.sha256[:_DIGEST_SHOWN])

    def _file_of(self, item: Item, fetched: Mapping[str, bytes]) -> bytes:
        data = fetched.get(item.sha256)
        if data is None:
            row = self.queries.item(bytes.fromhex(item.sha256))
            if row is None:
                raise ItemMismatch(name=item.name)
            data = row.file
        check_item(item, data)
        return data

    def _checked(self, new: Sequence[Item], fetched: Mapping[str, bytes]) -> dict[str, bytes]:
        """The files of the new items, by name, each good for what it is.

        Raises:
            ItemUnusable: names the first that is not.
        """
        files: dict[str, bytes] = {}
        offered: list[Tariff] = []
        for item in new:
            with _unusable(item):
                files[item.name] = self._file_of(item, fetched)
                if item.name.startswith(TARIFF_ITEM):
                    offered.append(self._tariff(item, files[item.name]))
                    TariffBook([*self.shelf.tariffs(), *offered])
                else:
                    self._check(item, read_signed_file(files[item.name]))
        return files

    def _tariff(self, item: Item, file: bytes) -> Tariff:
        root = self.standing.membership.root
        tariff = parse_tariff(open_tariff(read_signed_file(file), root))
        if tariff.version != item.version or tariff.id not in item.name.split("/"):
            raise ItemMismatch(name=item.name)
        check_golden(tariff)
        return tariff

    def _check(self, item: Item, file: SignedFile) -> None:
        membership = self.standing.membership
        if item.name.startswith(CUSTOMERS_ITEM):
            self.customers.check(file, item.name)
        elif item.name == SETTINGS_ITEM:
            open_settings(file, membership.root)
        for begins, (module, opens) in _SEALED.items():
            if item.name.startswith(begins):
                # Few vending points get some of these: the others need not know how.
                getattr(import_module(f"yika_common.sync.{module}"), opens)(
                    file,
                    membership.root,
                    self.vault.seal_key(),
                    node=membership.node,
                    epoch=membership.epoch,
                )


class ItemUnusable(Exception):
    """An item of a manifest can't be used, and why."""

    def __init__(self, item: str, why: YikaError) -> None:
        super().__init__(item)
        self.item = item
        self.why = why


@contextmanager
def _unusable(item: Item) -> Iterator[None]:
    try:
        yield
    except _ITS_FAULT as why:
        raise ItemUnusable(item.name, why) from why


_ITS_FAULT = (
    ItemMismatch,
    MessageForAnother,
    GoldenCaseDiffers,
    TariffMalformed,
    TariffsClash,
    FileMalformed,
    FileTooLarge,
    KeyUnusable,
    SealBroken,
    SignatureInvalid,
    TooFewSignatures,
    WrongKind,
)
"""What is wrong with an item itself; a locked vault or a full disk says nothing about it."""


def _kept(
    file: SignedFile, manifest: Manifest, new: Sequence[Item], files: Mapping[str, bytes]
) -> Along:
    rows = [
        (bytes.fromhex(item.sha256), item.name, item.version, files[item.name]) for item in new
    ]
    digest = bytes.fromhex(digest_of(file.payload))
    rows.append((digest, MANIFEST, manifest.version, file.to_bytes()))
    passing = (CUSTOMERS_ITEM, CARDS_ITEM, TOOLS_ITEM, SPECIAL_ITEM, PERSONS_ITEM)
    parts = [(item.name, item.version) for item in new if item.name.startswith(passing)]

    def keep(connection: sqlite3.Connection, _entries: Sequence[Entry]) -> None:
        connection.executemany(
            "INSERT OR IGNORE INTO item (sha256, name, version, file) VALUES (?, ?, ?, ?)", rows
        )
        # Of a tariff every version is kept; of what passes, such as customers, only the newest.
        connection.executemany("DELETE FROM item WHERE name = ? AND version < ?", parts)

    return keep
