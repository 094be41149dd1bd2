"""Adopting what headquarters publishes: everything is verified, then all of it holds at once.

The manifest must continue the one in force (:mod:`yika_common.sync.rules`); each item must be the
file it names; a tariff must carry the signatures of its role, be the version it is listed as, and
price its own examples here as its author did; a key bundle must open with our key.  The switch is
one transaction with its ``bundle`` record, which names the items that are new: half a bundle never
holds.  A bundle of many new items has several records of one version.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yika_common.clock import Clock
from yika_common.journal.bodies import AppliedItem, BundleApplied
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.errors import ItemMismatch
from yika_common.sync.key_bundle import open_bundle
from yika_common.sync.messages import (
    KEYS_ITEM,
    TARIFF_ITEM,
    Item,
    Manifest,
    digest_of,
    open_manifest,
    open_tariff,
)
from yika_common.sync.rules import check_item, check_manifest
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.model import Tariff
from yika_node.db.journal import Along, Entry, Journal
from yika_node.db.queries import Queries
from yika_node.services.keyring import KeyRing
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.vault import Vault

MANIFEST = "manifest"
"""The name under which manifests are kept among the items."""

_DIGEST_SHOWN = 16
_ITEMS_PER_RECORD = 16


@dataclass(frozen=True, slots=True)
class Adoption:
    """Switches the node to another manifest."""

    journal: Journal
    queries: Queries
    standing: Standing
    vault: Vault
    keyring: KeyRing
    shelf: TariffShelf
    clock: Clock

    def missing(self, file: SignedFile) -> tuple[Item, ...]:
        """The items to fetch before the manifest can be adopted; none if it is in force already.

        Raises:
            SignatureInvalid and its like, ManifestOlder, ItemVanished and their like: the
                manifest is not taken.
        """
        manifest = self._checked(file)
        if manifest is None:
            return ()
        return tuple(
            item
            for item in manifest.items
            if self.queries.item(bytes.fromhex(item.sha256)) is None
        )

    def adopt(self, file: SignedFile, fetched: Mapping[str, bytes]) -> bool:
        """Switch to the manifest; False if it is in force already.

        ``fetched`` holds the files of :meth:`missing` by their hex SHA-256.

        Raises:
            ItemMismatch, GoldenCaseDiffers, TariffMalformed, TariffsClash, SealBroken and those
                of :meth:`missing`: the manifest in force stays in force.
            VaultLocked: the keys can't be opened.
        """
        manifest = self._checked(file)
        if manifest is None:
            return False
        files = {item.name: self._file_of(item, fetched) for item in manifest.items}
        self._check_tariffs(manifest, files)
        self._check_keys(manifest, files)
        new = [item for item in manifest.items if not self._in_force(item)]
        bodies = [
            BundleApplied(
                version=manifest.version,
                digest=digest_of(file.payload)[:_DIGEST_SHOWN],
                items=tuple(
                    AppliedItem(item.name, item.version, item.sha256[:_DIGEST_SHOWN])
                    for item in new[start : start + _ITEMS_PER_RECORD]
                ),
            )
            for start in range(0, max(1, len(new)), _ITEMS_PER_RECORD)
        ]
        self.journal.append(bodies, at=self.clock(), along=[_kept(file, manifest, files)])
        self.keyring.forget()
        self.shelf.forget()
        return True

    def _checked(self, file: SignedFile) -> Manifest | None:
        membership = self.standing.membership
        manifest = open_manifest(file, membership.root)
        held_file = self._held_file()
        if held_file is None:
            check_manifest(manifest, node=membership.node, held=None, held_digest="")
        elif held_file.payload == file.payload:
            return None
        else:
            check_manifest(
                manifest,
                node=membership.node,
                held=open_manifest(held_file, membership.root),
                held_digest=digest_of(held_file.payload),
            )
        return manifest

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

    def _check_tariffs(self, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        root = self.standing.membership.root
        offered: list[Tariff] = []
        for item in manifest.items:
            if item.name.startswith(TARIFF_ITEM):
                tariff = parse_tariff(open_tariff(read_signed_file(files[item.name]), root))
                if tariff.version != item.version or tariff.id not in item.name.split("/"):
                    raise ItemMismatch(name=item.name)
                check_golden(tariff)
                offered.append(tariff)
        TariffBook([*self.shelf.tariffs(), *offered])

    def _check_keys(self, manifest: Manifest, files: Mapping[str, bytes]) -> None:
        membership = self.standing.membership
        for item in manifest.items:
            if item.name.startswith(KEYS_ITEM):
                open_bundle(
                    read_signed_file(files[item.name]),
                    membership.root,
                    self.vault.seal_key(),
                    node=membership.node,
                    epoch=membership.epoch,
                )


def _kept(file: SignedFile, manifest: Manifest, files: Mapping[str, bytes]) -> Along:
    rows = [
        (bytes.fromhex(item.sha256), item.name, item.version, files[item.name])
        for item in manifest.items
    ]
    digest = bytes.fromhex(digest_of(file.payload))
    rows.append((digest, MANIFEST, manifest.version, file.to_bytes()))

    def keep(connection: sqlite3.Connection, _entries: Sequence[Entry]) -> None:
        connection.executemany(
            "INSERT OR IGNORE INTO item (sha256, name, version, file) VALUES (?, ?, ?, ?)", rows
        )

    return keep
