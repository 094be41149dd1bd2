"""What the journal means, as tables: a pure function of its records, in their order.

Each record type has one function here that writes its projection, with plain prepared statements
because the counter waits for them.  :func:`rebuild` empties every projection and replays the
journal; the tables are then equal to what they were.

A meter's position, what is settled through its slot and a premises' tally move with the ``sale``
record, not with the ``intent``: an intent that is superseded never reached the card, and no second
sale to a card begins while one of its intents is pending.
"""

import sqlite3
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from yika_common.journal import bodies, card_bodies, meter_bodies
from yika_common.journal.body import Body
from yika_common.journal.implied import card_state
from yika_common.journal.record import Record, Unknown, decode_line
from yika_node.db import (
    account_events,
    card_projections,
    customer_projections,
    meter_projections,
    money_projections,
    refund_projections,
    sold_projections,
)

PENDING: Final = "pending"
WRITTEN: Final = "written"
SUPERSEDED: Final = "superseded"

TABLES: Final = (
    "operator",
    "account",
    "account_meter",
    "card",
    "intent",
    "refund",
    "tally",
    "meter_position",
    "reading",
    "witness",
    "held_item",
    "bundle",
    "account_facts",
    "own_limit",
    "refusal",
    "special_card",
    "card_report",
    "card_end",
    "stock_move",
    "notice_done",
    "meter_swap",
    "money",
    "sold",
    "charge",
    "tendering",
    "receipt_print",
    "complaint",
    "complaint_photo",
    "correction",
    "account_event",
    "account_state",
    "account_hold",
    "staff_change",
    "phone_answer",
    "day_limit",
    "deed",
    "shift",
    "banking",
    "idle_days",
    "total",
)
"""Every projection."""


def apply(connection: sqlite3.Connection, epoch: int, record: Record) -> None:
    """Write what one record means; within the transaction that stores it."""
    if isinstance(record.body, Unknown):
        return
    write = _APPLY.get(type(record.body))
    if write is None:
        # Of a kind that is loaded with its first record (yika_common.journal.kinds).
        _APPLY.update(import_module(_LATE[record.body.kind]).APPLY)
        write = _APPLY[type(record.body)]
    write(connection, epoch, record, record.body)
    account_events.noted(connection, epoch, record)


def rebuild(connection: sqlite3.Connection) -> None:
    """Make every projection again from the journal; within one transaction."""
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the tuple above
    lines = connection.execute("SELECT epoch, line FROM record ORDER BY epoch, seq")
    for epoch, line in lines:
        apply(connection, epoch, decode_line(line))


def _nothing(_c: sqlite3.Connection, _epoch: int, _record: Record, _body: object) -> None:
    """Starts, approvals and tool cards that came back are history only."""


def _login(c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.Login) -> None:
    if body.outcome == "ok":
        c.execute("UPDATE operator SET last_at = ? WHERE name = ?", (record.ts, record.operator))


def _account(
    c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.AccountOpened
) -> None:
    c.execute(
        "INSERT INTO account (number, area, tariff_class, profile, persons, heated_area, who,"
        " opened_at, operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            body.account,
            body.area,
            body.tariff_class,
            body.profile,
            body.persons,
            body.heated_area,
            body.who,
            record.ts,
            record.operator,
        ),
    )
    c.executemany(
        "INSERT INTO account_meter (account, slot, service, meter) VALUES (?, ?, ?, ?)",
        [(body.account, meter.slot, str(meter.service), meter.meter) for meter in body.meters],
    )
    account_events.opened(c, body)


def _intent(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Intent) -> None:
    place = sold_projections.place_of(c, body.account)
    c.execute(
        "INSERT INTO intent (epoch, seq, basket, at, operator, account, card, slot, service,"
        " meter, generation, count, total, quantity, amount, paid, tariff, tariff_version, act,"
        " state, period, counted, heating_year, charged_through, free_day, money_number,"
        " money_total, quantity_number, quantity_total, debts, area, tariff_class)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending',"
        " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            epoch,
            record.seq,
            body.basket or record.seq,
            record.ts,
            record.operator,
            body.account,
            body.card,
            body.slot,
            str(body.service),
            body.meter,
            body.generation,
            body.count,
            body.total,
            body.quantity,
            body.amount,
            body.paid,
            body.tariff,
            body.tariff_version,
            body.act,
            *card_state(body),
            *place,
        ),
    )
    money_projections.sold(c, epoch, record, body)
    sold_projections.sold(c, record, body, place)
    if body.act == bodies.REFUND:
        refund_projections.begun(c, epoch, record, body)


def _sale(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Sale) -> None:
    if not _resolve(c, epoch, record, body, WRITTEN):
        return
    intent = (body.epoch or epoch, body.intent)
    c.execute(
        "INSERT INTO meter_position (meter, generation, count, total, money_number, money_total,"
        " quantity_number, quantity_total, debts)"
        " SELECT meter, generation, count, total, money_number, money_total, quantity_number,"
        " quantity_total, debts FROM intent WHERE epoch = ? AND seq = ?"
        " ON CONFLICT (meter) DO UPDATE SET generation = excluded.generation,"
        " count = excluded.count, total = excluded.total, money_number = excluded.money_number,"
        " money_total = excluded.money_total, quantity_number = excluded.quantity_number,"
        " quantity_total = excluded.quantity_total, debts = excluded.debts"
        " WHERE (excluded.generation, excluded.count) > (generation, count)",
        intent,
    )
    c.execute(
        "INSERT INTO tally (account, service, epoch, seq, period, counted, heating_year,"
        " charged_through, free_day)"
        " SELECT account, service, epoch, seq, period, counted, heating_year, charged_through,"
        " free_day FROM intent WHERE epoch = ? AND seq = ?"
        " ON CONFLICT (account, service) DO UPDATE SET epoch = excluded.epoch,"
        " seq = excluded.seq, period = excluded.period, counted = excluded.counted,"
        " heating_year = excluded.heating_year, charged_through = excluded.charged_through,"
        " free_day = excluded.free_day"
        " WHERE (excluded.epoch, excluded.seq) > (epoch, seq)",
        intent,
    )


def _superseded(
    c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Superseded
) -> None:
    if _resolve(c, epoch, record, body, SUPERSEDED):
        sold_projections.superseded(c, body.epoch or epoch, body.intent)


def _resolve(
    c: sqlite3.Connection,
    epoch: int,
    record: Record,
    body: bodies.Sale | bodies.Superseded,
    state: str,
) -> bool:
    """Close the intent; False when it was closed before: a second resolution changes nothing."""
    done = c.execute(
        "UPDATE intent SET state = ?, resolved_at = ?"
        " WHERE epoch = ? AND seq = ? AND state = 'pending'",
        (state, record.ts, body.epoch or epoch, body.intent),
    )
    return done.rowcount == 1


def _reading(c: sqlite3.Connection, epoch: int, record: Record, body: bodies.Reading) -> None:
    c.execute(
        "INSERT INTO reading (epoch, seq, at, card, slot, meter, generation, count, total,"
        " balance, used, status, sequence, meter_time)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            epoch,
            record.seq,
            record.ts,
            body.card,
            body.slot,
            body.meter,
            body.generation,
            body.count,
            body.total,
            body.balance,
            body.used,
            body.status,
            body.sequence,
            body.meter_time,
        ),
    )


def _witness(c: sqlite3.Connection, _epoch: int, _record: Record, body: bodies.Witness) -> None:
    c.execute(
        "INSERT OR IGNORE INTO witness (node, epoch, seq, head, card, slot)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (body.node, body.epoch, body.seq, body.head, body.card, body.slot),
    )


def _bundle(
    c: sqlite3.Connection, _epoch: int, record: Record, body: bodies.BundleApplied
) -> None:
    c.executemany(
        "INSERT OR IGNORE INTO held_item (name, version, digest) VALUES (?, ?, ?)",
        list(body.items),
    )
    c.execute(
        "INSERT OR REPLACE INTO bundle (id, version, digest, at) VALUES (1, ?, ?, ?)",
        (body.version, body.digest, record.ts),
    )


def _special(
    c: sqlite3.Connection, _epoch: int, record: Record, body: card_bodies.SpecialCard
) -> None:
    if body.state == card_bodies.ISSUED:
        c.execute(
            "INSERT OR REPLACE INTO special_card (number, kind, holder, serial, state,"
            " valid_until, issued_at, operator, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                body.card,
                body.what,
                body.holder,
                body.serial,
                body.state,
                body.until,
                record.ts,
                record.operator,
            ),
        )
        return
    # What registers this vending point, or is copied here, may have been issued at another one.
    c.execute(
        "INSERT INTO special_card (number, kind, holder, serial, state, valid_until, issued_at,"
        " operator, ended_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?) ON CONFLICT (number)"
        " DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at",
        (
            body.card,
            body.what,
            body.holder,
            body.serial,
            body.state,
            body.until,
            record.operator,
            record.ts,
        ),
    )


_APPLY: dict[type[Body], Callable[[sqlite3.Connection, int, Record, Any], None]] = {
    bodies.Boot: _nothing,
    bodies.Login: _login,
    bodies.AccountOpened: _account,
    bodies.AccountFacts: customer_projections.facts,
    bodies.LimitsLifted: customer_projections.limits,
    bodies.CardIssued: card_projections.issued,
    bodies.Intent: _intent,
    bodies.Sale: _sale,
    bodies.Superseded: _superseded,
    bodies.Reading: _reading,
    bodies.Witness: _witness,
    bodies.BundleApplied: _bundle,
    bodies.BundleRefused: customer_projections.refusal,
    card_bodies.Approved: _nothing,
    card_bodies.RefundPaid: refund_projections.paid,
    card_bodies.SpecialCard: _special,
    card_bodies.CardReported: card_projections.reported,
    card_bodies.CardEnded: card_projections.ended,
    card_bodies.CardCleared: _nothing,
    card_bodies.StockMoved: card_projections.stock,
    card_bodies.NoticeDone: card_projections.noticed,
    meter_bodies.ToolReturned: _nothing,
    meter_bodies.MeterSwapped: meter_projections.swapped,
}

_LATE: Final = {
    "corrected": "yika_node.db.correction_projections",
    **dict.fromkeys(("complaint", "photo"), "yika_node.db.complaint_projections"),
    **dict.fromkeys(("charge", "tender", "printed"), "yika_node.db.till_projections"),
    **dict.fromkeys(("life", "hold", "seen"), "yika_node.db.life_projections"),
    **dict.fromkeys(
        ("shift", "cash", "drawer", "z", "z_why", "banked", "idle", "total"),
        "yika_node.db.cash_projections",
    ),
    "practice": "yika_node.db.practice_projections",
    "phone": "yika_node.db.phone_projections",
    **dict.fromkeys(("oper", "staff", "daylimit", "supplement"), "yika_node.db.staff_projections"),
}
"""The kinds whose module has an ``APPLY`` of its own, loaded when one is met."""
