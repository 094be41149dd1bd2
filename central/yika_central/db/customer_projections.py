"""What records about customers mean in headquarters' tables; beside their place in the journal."""

from typing import Any

from yika_common.journal import account_bodies, bodies, complaint_bodies
from yika_common.journal.record import Record


def facts_row(record: Record) -> dict[str, Any]:
    """The columns of an amendment of what sets an account's prices."""
    body = record.body
    assert isinstance(body, bodies.AccountFacts)
    return {
        "account": body.account,
        "stamped_at": record.ts,
        "operator": record.operator,
        "tariff_class": body.tariff_class,
        "persons": body.persons,
        "persons_until": body.persons_until,
        "inner_area": body.inner_area,
        "gross_area": body.gross_area,
        "heat_class": body.heat_class,
        "heat_from": body.heat_from,
        "suspended": " ".join(map(str, body.suspended)),
        "equipment": body.equipment,
        "reason": body.reason,
        "quota_from": body.quota_from,
        "mixed": body.mixed,
    }


def limits_row(record: Record) -> dict[str, Any]:
    """The columns of an account's own limits."""
    body = record.body
    assert isinstance(body, bodies.LimitsLifted)
    return {
        "account": body.account,
        "service": str(body.service),
        "stamped_at": record.ts,
        "operator": record.operator,
        "per_sale": body.per_sale,
        "per_day": body.per_day,
        "per_month": body.per_month,
        "per_cycle": body.per_cycle,
        "valid_until": body.until,
        "reason": body.reason,
    }


def life_row(record: Record) -> dict[str, Any]:
    """The columns of what became of an account."""
    body = record.body
    assert isinstance(body, account_bodies.AccountMoved)
    return {
        "account": body.account,
        "stamped_at": record.ts,
        "operator": record.operator,
        "what": body.what,
        "sealed": body.who,
        "changed": body.changed,
        "community": body.community,
        "premises": body.premises,
        "reason": body.reason,
    }


def hold_row(record: Record, node: str) -> dict[str, Any]:
    """The columns of a hold, or of its lifting."""
    body = record.body
    assert isinstance(body, account_bodies.AccountHeld)
    return {
        "account": body.account,
        "stamped_at": record.ts,
        "operator": record.operator,
        "level": body.level,
        "words": body.words,
        "valid_until": body.until,
        "lifter": body.lifter,
        "lifts_node": (body.node or node) if body.seq else "",
        "lifts_epoch": body.epoch,
        "lifts_seq": body.seq,
        "reason": body.reason,
    }


def complaint_row(record: Record) -> dict[str, Any]:
    """The columns of a complaint that nobody has answered."""
    body = record.body
    assert isinstance(body, complaint_bodies.Complained)
    return {
        "account": body.account,
        "stamped_at": record.ts,
        "operator": record.operator,
        "about": body.about,
        "sealed": body.words,
        "of_epoch": body.epoch,
        "receipt": body.receipt,
        **dict.fromkeys(("outcome", "zh", "en", "reason", "answered_by", "seconded_by"), ""),
        **dict.fromkeys(("amount", "answered_at", "notice"), 0),
        "card": "",
    }


def refusal_row(record: Record) -> dict[str, Any]:
    """The columns of a manifest that a node did not switch to."""
    body = record.body
    assert isinstance(body, bodies.BundleRefused)
    return {
        "manifest": body.version,
        "digest": body.digest,
        "seq": record.seq,
        "item": body.item,
        "code": body.code,
        "sentence": body.sentence,
        "refused_at": record.ts,
    }
