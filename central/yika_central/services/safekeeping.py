"""Safekeeping: headquarters in one folder, from which another machine can go on.

A backup holds the database, the keys, the root document and the configuration.  What the nodes
sent after it was made is not lost: they still hold it.  But a restored headquarters must not give
a node a number it has given before, so a restore moves every node's count of acknowledgements and
manifests far ahead, and with it the version of everything that a manifest names by version alone.
A tariff's version is part of its name, and officers signed it: one that was published after the
backup is published again from the same signed file.
"""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, and_, func, select, update

from yika_central.config import FILE as CONFIG_FILE
from yika_central.db.database import Database, add
from yika_central.db.tables import (
    Item,
    ManifestIssue,
    Node,
    NodePart,
    SettingsChange,
    table_of,
)
from yika_central.errors import AlreadyInitialised, FolderNotReady
from yika_central.services.key_room import ROOT_FILE, SECRETS_FILE, KeyRoom
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.backup import backup
from yika_common.infra.files import PRIVATE, READABLE, replace_file
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync import messages
from yika_common.sync.messages import TARIFF_ITEM, Manifest, digest_of, sign_manifest
from yika_common.sync.settings import SETTINGS_ITEM

DATABASE_FILE = "central.db"
DUMP_FILE = "central.pgdump"
LEAP = 1_000_000
"""How far a restore moves what must never be given twice."""

_FILES = ((SECRETS_FILE, PRIVATE), (ROOT_FILE, READABLE), (CONFIG_FILE, READABLE))


class DumpFailed(YikaError):
    """The database server's own tool could not do it."""

    code = "central_dump_failed"
    sentence = N_(
        "The database server's backup tool did not finish: %(why)s. The backup is not complete. "
        "Install the PostgreSQL client of the server's version and try again."
    )


def back_up(folder: Path, target: Path, *, database_url: str) -> None:
    """Write a backup of the data folder into ``target``, which is made if it is missing.

    Raises:
        BackupDamaged, DumpFailed, DiskFull: the backup is not complete; the data are untouched.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if database_url:
        _postgresql("pg_dump", "--format=custom", f"--file={target / DUMP_FILE}", database_url)
    else:
        backup(folder / DATABASE_FILE, target / DATABASE_FILE)
    for name, mode in _FILES:
        if (folder / name).exists():
            replace_file(target / name, (folder / name).read_bytes(), mode=mode)


def put_back(source: Path, folder: Path, *, database_url: str) -> None:
    """Copy a backup into an empty data folder (and an empty PostgreSQL database).

    Raises:
        FolderNotReady: ``source`` holds no backup.
        AlreadyInitialised: the folder holds a headquarters; nothing was changed.
        DumpFailed: the PostgreSQL database was not filled; nothing else was copied.
    """
    if not (source / SECRETS_FILE).exists():
        raise FolderNotReady(folder=str(source))
    if (folder / SECRETS_FILE).exists() or (folder / DATABASE_FILE).exists():
        raise AlreadyInitialised(folder=str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if database_url:
        _postgresql(
            "pg_restore", "--exit-on-error", f"--dbname={database_url}", str(source / DUMP_FILE)
        )
    else:
        shutil.copyfile(source / DATABASE_FILE, folder / DATABASE_FILE)
    for name, mode in reversed(_FILES):
        if (source / name).exists():
            replace_file(folder / name, (source / name).read_bytes(), mode=mode)


def leap_ahead(database: Database, keys: KeyRoom) -> None:
    """After a restore: let no acknowledgement or manifest number be given a second time."""
    table = table_of(Node)
    with database.writing() as connection:
        nodes = connection.execute(
            select(table.c.node, table.c.manifest).order_by(table.c.node)
        ).all()
        connection.execute(update(table).values(ack_counter=table.c.ack_counter + LEAP))
        part = table_of(NodePart)
        connection.execute(update(part).values(item_version=part.c.item_version + LEAP))
        _leap_settings(connection)
        for node, version in nodes:
            if version:
                _leap_manifest(connection, keys, node, version)


def _leap_settings(connection: Connection) -> None:
    """Let the settings in force be a version that no node was ever given."""
    change, item = table_of(SettingsChange), table_of(Item)
    newest = connection.execute(select(func.max(change.c.number))).scalar()
    if newest is None:
        return
    for table, column in ((change, change.c.number), (item, item.c.version)):
        where = column == newest
        if table is item:
            where = and_(where, item.c.name == SETTINGS_ITEM)
        connection.execute(update(table).where(where).values({column.name: newest + LEAP}))


def _leap_manifest(connection: Connection, keys: KeyRoom, node: str, version: int) -> None:
    issue, table = table_of(ManifestIssue), table_of(Node)
    row = connection.execute(
        select(issue).where(issue.c.node == node, issue.c.version == version)
    ).one()
    before = Manifest.parse(read_signed_file(row.file).payload, limit=len(row.file))
    after = Manifest(
        audience=node,
        version=version + LEAP,
        prev=digest_of(before.to_bytes()),
        root_version=before.root_version,
        issued=before.issued,
        items=tuple(map(_leaped, before.items)),
    )
    leaped = ManifestIssue(
        node=node,
        version=after.version,
        digest=bytes.fromhex(digest_of(after.to_bytes())),
        file=sign_manifest(after, [keys.signer("registry")]).to_bytes(),
        issued_at=row.issued_at,
    )
    add(connection, ManifestIssue, [leaped.model_dump()])
    connection.execute(update(table).where(table.c.node == node).values(manifest=after.version))


def _leaped(item: messages.Item) -> messages.Item:
    if item.name.startswith(TARIFF_ITEM):
        return item
    return replace(item, version=item.version + LEAP)


def _postgresql(*arguments: str) -> None:
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    except FileNotFoundError as cause:
        raise DumpFailed(why=Phrase("%(tool)s is not installed", tool=arguments[0])) from cause
    if done.returncode != 0:
        words = done.stderr.strip()[-200:]
        raise DumpFailed(why=Phrase("%(tool)s says “%(words)s”", tool=arguments[0], words=words))
