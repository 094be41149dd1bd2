"""What nodes are told of their customers: sheets brought up to date, parts sealed anew.

A delivery only notes whose sheet may have changed.  When a node comes with its next segment, the
sheets are made again, and of the parts that lie in its areas those that changed are sealed to it,
all in one manifest.  A part whose lines came out the same is not sealed, and where only purchases
moved, which cards carry themselves, a node is told at most every :data:`PURCHASES_EVERY`.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, select

from yika_central.db.database import put
from yika_central.db.sheet_changes import hold_sheets, raise_parts, take_changed
from yika_central.db.sheet_sources import Values, holders_of, sources_of
from yika_central.db.tables import Account, Item, NodePart, Sheet, table_of
from yika_central.domain.parts import DuePart
from yika_central.services.dues import NO_DUES, dues_of
from yika_central.services.key_room import KeyRoom
from yika_central.services.sheets import StoredSheet, line_of, stored_sheet
from yika_common.clock import to_timestamp
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.customers import item_name, part_of, seal_customers
from yika_common.sync.messages import Certificate
from yika_common.sync.personal_data import open_person, open_words

PURCHASES_EVERY = timedelta(hours=1)
"""How often a node is told of a part in which nothing but purchases moved."""

ACCOUNTS_AT_ONCE = 500
"""Accounts whose sheets one transaction makes again."""

VERSIONS_KEPT = 2
"""Versions of a sealed part that can still be fetched: a node may be fetching the one before."""


def bring_up_to_date(connection: Connection) -> int:
    """Make some of the sheets again that may have changed; how many accounts were looked at."""
    hold_sheets(connection)
    accounts = take_changed(connection, ACCOUNTS_AT_ONCE)
    if not accounts:
        return 0
    dues = dues_of(connection, accounts)
    before = _stored(connection, accounts)
    rows, changed, facts = [], set(), set()
    for account, source in sources_of(connection, accounts).items():
        sheet = stored_sheet(source, dues.get(account, NO_DUES))
        known = before.get(account)
        if sheet == known:
            continue
        place = (source.account["area"], part_of(account))
        changed.add(place)
        if known is None or known.facts != sheet.facts:
            facts.add(place)
        rows.append(
            {
                "account": account,
                "area": place[0],
                "part": place[1],
                "facts": sheet.facts,
                "slots": sheet.slots,
            }
        )
    put(connection, Sheet, rows, ["area", "part", "facts", "slots"])
    raise_parts(connection, changed, facts=facts)
    return len(accounts)


def seal_part(
    connection: Connection, part: DuePart, certificate: Certificate, keys: KeyRoom
) -> tuple[bytes, bytes] | None:
    """The signed file of the part as it is now, and the digest of its lines.

    None if the node was sealed these very lines already.
    """
    lines = part_lines(connection, part.area, part.part, keys)
    digest = hashlib.sha256(b"".join(lines)).digest()
    if digest == part.digest:
        return None
    item = item_name(part.area, part.part)
    return seal_customers(item, lines, certificate, [keys.signer("registry")]).to_bytes(), digest


def part_lines(connection: Connection, area: str, part: int, keys: KeyRoom) -> list[bytes]:
    """Every sheet of a part, with its holder, in the order of the accounts."""
    sheet, account = table_of(Sheet), table_of(Account)
    rows = connection.execute(
        select(sheet.c.account, sheet.c.facts, sheet.c.slots, account.c.node, account.c.sealed)
        .join(account, account.c.account == sheet.c.account)
        .where(sheet.c.area == area, sheet.c.part == part)
        .order_by(sheet.c.account)
    ).all()
    amended = holders_of(connection, area, part)
    personal = PersonalKeys(keys.personal_data_key)
    return [
        line_of(
            StoredSheet(bytes(row.facts), bytes(row.slots)),
            _holder(*_who(row, amended), personal, row.account),
            partial(_words, personal, row.account),
        )
        # By the bytes of the numbers: databases sort texts by their own rules.
        for row in sorted(rows, key=lambda row: str(row.account))
    ]


class PersonalKeys(dict[str, bytes]):
    """The nodes' keys for personal data, each derived once."""

    def __init__(self, derive: Callable[[str], bytes]) -> None:
        super().__init__()
        self._derive = derive

    def __missing__(self, node: str) -> bytes:
        key = self[node] = self._derive(node)
        return key


def _who(row: Any, amended: Mapping[str, Values]) -> tuple[str, str]:
    """Who holds the account, sealed, and by which node."""
    newer = amended.get(row.account)
    return (row.sealed, row.node) if newer is None else (newer["sealed"], newer["node"])


def _words(personal: PersonalKeys, account: str, node: str, sealed: str) -> str:
    """What a hold says; nothing where nobody can read it."""
    try:
        return open_words(sealed, personal[node], account)
    except SealBroken:
        return ""


def note_sealed(
    connection: Connection,
    node: str,
    epoch: int,
    part: DuePart,
    *,
    digest: bytes,
    item_version: int,
    at: datetime,
) -> None:
    """The node was told of the part in its present state; older files of it are not kept."""
    row = NodePart(
        node=node,
        area=part.area,
        part=part.part,
        epoch=epoch,
        version=part.version,
        facts_version=part.facts_version,
        digest=digest,
        item_version=item_version,
        sealed_at=to_timestamp(at),
    ).model_dump()
    put(connection, NodePart, [row], [key for key in row if key not in ("node", "area", "part")])
    item = table_of(Item)
    connection.execute(
        delete(item).where(
            item.c.node == node,
            item.c.name == item_name(part.area, part.part),
            item.c.version <= item_version - VERSIONS_KEPT,
        )
    )


def _stored(connection: Connection, accounts: Sequence[str]) -> dict[str, StoredSheet]:
    table = table_of(Sheet)
    rows = connection.execute(select(table).where(table.c.account.in_(accounts))).all()
    return {row.account: StoredSheet(bytes(row.facts), bytes(row.slots)) for row in rows}


def _holder(sealed: str, node: str, personal: PersonalKeys, account: str) -> bytes:
    """The holder as a JSON object; empty where nobody can read who it is."""
    if not sealed:
        return b""
    try:
        return open_person(sealed, personal[node], account).to_bytes().rstrip(b"\n")
    except (SealBroken, FileMalformed):
        return b""
