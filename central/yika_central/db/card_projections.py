"""From journal records to rows about the lives of cards."""

from typing import Any

from yika_common.journal import bodies, card_bodies
from yika_common.journal.record import Record


def issued_row(record: Record) -> dict[str, Any]:
    """The row of ``issued_card`` but for its place."""
    body = record.body
    assert isinstance(body, bodies.CardIssued)
    return {
        "account": body.account,
        "card": body.card,
        "generation": body.generation,
        "key_version": body.key_version,
        "issued_at": record.ts,
        "serial": body.serial,
        "chip": body.chip,
        "replaces": body.replaces,
        "fee": body.fee,
        "reason": body.reason,
        "operator": record.operator,
    }


def report_row(record: Record) -> dict[str, Any]:
    """The row of ``card_report`` but for its place."""
    body = record.body
    assert isinstance(body, card_bodies.CardReported)
    return {
        "account": body.account,
        "card": body.card,
        "state": body.state,
        "reason": body.reason,
        "operator": record.operator,
        "reported_at": record.ts,
    }


def end_row(record: Record) -> dict[str, Any]:
    """The row of ``card_end`` but for its place."""
    body = record.body
    assert isinstance(body, card_bodies.CardEnded)
    return {
        "account": body.account,
        "card": body.card,
        "serial": body.serial,
        "how": body.how,
        "reason": body.reason,
        "operator": record.operator,
        "ended_at": record.ts,
    }


def notice_row(record: Record) -> dict[str, Any]:
    """The row of ``notice_done`` but for its place."""
    body = record.body
    assert isinstance(body, card_bodies.NoticeDone)
    return {
        "card": body.card if not body.meter else "",
        "meter": body.meter,
        "number": body.notice,
        "how": body.how,
        "reason": body.reason,
        "operator": record.operator,
        "done_at": record.ts,
    }


def stock_row(record: Record) -> dict[str, Any]:
    """The row of ``stock_move`` but for its place."""
    body = record.body
    assert isinstance(body, card_bodies.StockMoved)
    return {
        "what": body.what,
        "chips": body.chips,
        "reason": body.reason,
        "operator": record.operator,
        "moved_at": record.ts,
    }
