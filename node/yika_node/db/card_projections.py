"""What this journal says of cards' lives, as tables: issued, lost, ended, blank ones moved."""

import sqlite3

from yika_common.journal import bodies, card_bodies
from yika_common.journal.record import Record
from yika_node.db import money_projections


def issued(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.CardIssued) -> None:
    """A card of an account; the account's card is that of the highest generation."""
    c.execute(
        "INSERT INTO card (number, account, generation, key_version, serial, issued_at, operator,"
        " replaces, fee, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.card,
            body.account,
            body.generation,
            body.key_version,
            body.serial,
            record.ts,
            record.operator,
            body.replaces,
            body.fee,
            body.reason,
        ),
    )
    money_projections.card_paid(c, epoch, record, body)


def reported(
    c: sqlite3.Connection, _epoch: int, record: Record, body: card_bodies.CardReported
) -> None:
    """The latest word of the holder holds."""
    c.execute(
        "INSERT OR REPLACE INTO card_report (card, account, state, at, operator, reason)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (body.card, body.account, body.state, record.ts, record.operator, body.reason),
    )


def ended(c: sqlite3.Connection, _epoch: int, record: Record, body: card_bodies.CardEnded) -> None:
    """A card ends; what was kept may be made blank later."""
    c.execute(
        "INSERT OR REPLACE INTO card_end (card, account, serial, how, at, operator, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            body.card,
            body.account,
            body.serial,
            body.how,
            record.ts,
            record.operator,
            body.reason,
        ),
    )


def noticed(
    c: sqlite3.Connection, _epoch: int, record: Record, body: card_bodies.NoticeDone
) -> None:
    """What headquarters' list says of a card was done; a card turned away may be kept later."""
    c.execute(
        "INSERT OR REPLACE INTO notice_done (card, meter, number, how, at) VALUES (?, ?, ?, ?, ?)",
        ("" if body.meter else body.card, body.meter, body.notice, body.how, record.ts),
    )


def stock(c: sqlite3.Connection, epoch: int, record: Record, body: card_bodies.StockMoved) -> None:
    """Blank cards came, left, or were useless."""
    c.execute(
        "INSERT INTO stock_move (epoch, seq, what, chips, at, operator, reason)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (epoch, record.seq, body.what, body.chips, record.ts, record.operator, body.reason),
    )
