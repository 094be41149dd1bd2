"""Which records tell of an account other than by sales: what its history is made of.

And the keyed hash of the premises that an account was opened with.
"""

import sqlite3
from typing import Final

from yika_common.journal.bodies import AccountOpened
from yika_common.journal.record import Record

KINDS: Final = {
    *("account", "facts", "limits", "life", "hold", "seen"),
    *("card", "report", "ended", "cleared", "swap", "charge", "complaint"),
}


def noted(c: sqlite3.Connection, epoch: int, record: Record) -> None:
    """Remember where the record stands, if it tells of an account."""
    if record.body.kind not in KINDS:
        return
    account = getattr(record.body, "account", "")
    if account:
        c.execute(
            "INSERT INTO account_event (account, epoch, seq, kind) VALUES (?, ?, ?, ?)",
            (account, epoch, record.seq, record.body.kind),
        )


def opened(c: sqlite3.Connection, body: AccountOpened) -> None:
    """Remember where the account's premises are."""
    if body.community or body.premises:
        c.execute(
            "INSERT INTO account_state (account, status, status_at, who, who_at, community,"
            " premises) VALUES (?, '', 0, '', 0, ?, ?)",
            (body.account, body.community, body.premises),
        )
