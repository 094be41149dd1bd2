"""Writing what headquarters tells: the sheets of one part, all at once."""

import sqlite3
from collections.abc import Sequence

from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class ToldAccount:
    """An account's sheet, sealed, and what it is found by."""

    account: str
    card: str
    meters: tuple[str, ...]
    premises: str
    sealed: bytes


def replace_part(
    connection: sqlite3.Connection, item: str, sha256: bytes, accounts: Sequence[ToldAccount]
) -> None:
    """These are the accounts of the part now, and no others; within a transaction."""
    connection.execute(
        "DELETE FROM sheet_meter WHERE account IN (SELECT account FROM sheet WHERE item = ?)",
        (item,),
    )
    connection.execute("DELETE FROM sheet WHERE item = ?", (item,))
    connection.executemany(
        "INSERT OR REPLACE INTO sheet (account, item, card, premises, sealed)"
        " VALUES (?, ?, ?, ?, ?)",
        [(told.account, item, told.card, told.premises, told.sealed) for told in accounts],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO sheet_meter (meter, account) VALUES (?, ?)",
        [(meter, told.account) for told in accounts for meter in told.meters],
    )
    connection.execute(
        "INSERT OR REPLACE INTO sheet_part (item, sha256) VALUES (?, ?)", (item, sha256)
    )
