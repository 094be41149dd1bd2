"""From an intent to rows: the sale, the lines of its price, and what it took for debts."""

from collections.abc import Iterator
from typing import Any

from yika_common.journal import bodies
from yika_common.journal.implied import counted_on_card
from yika_common.journal.record import Record


def sale_row(
    record: Record, body: bodies.Intent, digest: bytes, bracket: tuple[int, int]
) -> dict[str, Any]:
    """The sale but for its place; ``bracket`` bounds its true time by headquarters' clock."""
    return {
        "hash": digest,
        "basket": body.basket or record.seq,
        "operator": record.operator,
        "stamped_at": record.ts,
        "not_before": bracket[0],
        "not_after": bracket[1],
        "account": body.account,
        "card": body.card,
        "meter": body.meter,
        "slot": body.slot,
        "service": str(body.service),
        "generation": body.generation,
        "count": body.count,
        "total_after": body.total,
        "quantity": body.quantity,
        "amount": body.amount,
        "residual": body.residual,
        "by_money": body.typed_by == bodies.BY_MONEY,
        "typed": body.typed,
        "tariff_id": body.tariff,
        "tariff_version": body.tariff_version,
        "tariff_hash": body.tariff_digest,
        "period": body.period,
        "used_before": body.used_before,
        "persons": body.persons,
        "area_m2": body.heated_area or None,
        "heating_year": body.heating_year or None,
        "months_due": body.months_due,
        **{name: getattr(body, name) for name in _AS_WRITTEN},
        "counted": counted_on_card(body),
        "debts": sum(debt.amount for debt in body.debts),
        "paid": body.paid,
        "act": body.act,
        "refunds": body.refunds,
        "refunded": 0,
        "booked": int(body.act == bodies.PURCHASE),
        "carried": 0,
        "key_version": body.key_version,
        "outcome": "PENDING",
        "resolved_epoch": None,
        "resolved_seq": None,
        "resolved_at": None,
    }


def line_rows(body: bodies.Intent) -> Iterator[dict[str, Any]]:
    """The lines of the price, numbered."""
    for number, line in enumerate(body.lines):
        yield {"line": number} | line._asdict()


def debt_rows(body: bodies.Intent) -> Iterator[dict[str, Any]]:
    """What was taken for each debt that anything was taken for."""
    for debt, amount, left in body.debts:
        if amount:
            yield {"debt": debt, "amount": amount, "still_owed": left}


_AS_WRITTEN = (
    "charged_through",
    "free_day",
    "free",
    "consumed",
    "heat_class",
    "heat_days",
    "heat_suspended",
    "equipment",
    "adjusted",
    "adjusted_number",
    "adjusted_quantity",
    "adjusted_quantity_number",
    "kept",
    "rounding",
    "mixed",
)
"""Columns of a sale that are keys of the intent, under the same name."""
