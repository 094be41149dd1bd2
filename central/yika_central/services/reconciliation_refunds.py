"""Refunds as they arrive: purchases that are given back, money that is booked, and what is odd.

====================  =====================================================================
reason                meaning; the subject
====================  =====================================================================
refund_unknown        gives back, or pays for, what is not in that journal; epoch/seq
refund_differs        is not of all of that purchase: another meter, more or less of it, or
                      other money handed out; epoch/seq
refunded_twice        a purchase given back before, or paid for before; epoch/seq
refund_taken          paid at once, and a reading says that the meter had taken it; the meter
refund_undone         paid out, and a card made in its card's place by somebody who did not know
                      of it has the credit; the meter
refund_unproven       paid after a write-back that is not here or does not show it; the meter
====================  =====================================================================

Nothing of this keeps a record or its money out of the books; a refund that is not of all of its
purchase leaves the purchase as it is.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from yika_central.db import refund_store as store
from yika_central.db.books import book_late_sales
from yika_central.db.database import add_new
from yika_central.db.projections import Projected, suspense_row
from yika_central.db.refund_store import REFUND, Linked, Place, Values, place_of
from yika_central.db.rerate_queue import Pairs
from yika_central.db.suspense import settle
from yika_central.db.tables import Reading, RefundPaid, Sale, Suspense

UNKNOWN, DIFFERS, TWICE = "refund_unknown", "refund_differs", "refunded_twice"
TAKEN, UNDONE, UNPROVEN = "refund_taken", "refund_undone", "refund_unproven"


def take_refunds(connection: Connection, node: str, projected: Projected, at: int) -> Pairs:
    """Link and book what a node's records, which are stored now, say of refunds.

    Returns what re-rating must look at: the purchases given back, or not any more.
    """
    fresh = [row for row in projected.of(Sale) if row["act"] == REFUND]
    doubts: list[Values] = []
    changed = Pairs()
    places = {place_of(row) for row in (*fresh, *projected.ended) if row["act"] == REFUND}
    for link in store.linked(connection, node, store.refunds_at(connection, node, places)):
        if store.name_refund(connection, link):
            assert link.purchase is not None, "it was named"
            changed.add_sale(link.purchase)
        if place_of(link.refund) in {place_of(row) for row in fresh}:
            doubts += _doubts(link, at)
    doubts += _pay(connection, node, projected, fresh, at)
    doubts += [
        suspense_row(paid, TAKEN, subject=refund["meter"], amount=refund["paid"], at=at)
        for refund, paid in store.paid_at_once_after(connection, projected.of(Reading))
    ]
    doubts += [
        suspense_row(paid, UNDONE, subject=refund["meter"], amount=refund["paid"], at=at)
        for refund, paid in store.paid_and_undone(
            connection, node, projected.of(Sale), projected.of(RefundPaid)
        )
    ]
    add_new(connection, Suspense, sorted(doubts, key=lambda row: (*place_of(row), row["reason"])))
    return changed


def _doubts(link: Linked, at: int) -> Iterable[dict[str, Any]]:
    refund, purchase = link.refund, link.purchase
    subject = f"{refund['epoch']}/{refund['refunds']}"
    reason = ""
    if purchase is None:
        reason = UNKNOWN
    elif not link.whole:
        reason = DIFFERS
    elif purchase["refunded"] not in (0, refund["seq"]):
        reason = TWICE
    if reason:
        yield suspense_row(refund, reason, subject=subject, amount=refund["paid"], at=at)


def _pay(
    connection: Connection, node: str, projected: Projected, fresh: Sequence[Values], at: int
) -> list[dict[str, Any]]:
    """Book the refunds that were paid, and say what is odd about these payments."""
    new = {place_of(row): row for row in projected.of(RefundPaid)}
    waited = {place_of(row): row for row in store.payments_of(connection, node, fresh)}
    payments = [row for _, row in sorted((waited | new).items())]
    doubts, booked = [], dict[Place, Values]()
    for paid, refund in store.paid_for(connection, node, payments):
        if refund is None:
            doubts.append(
                suspense_row(paid, UNKNOWN, subject=_subject(paid), amount=-paid["amount"], at=at)
            )
        elif refund["booked"] or place_of(refund) in booked:
            doubts.append(_doubt(paid, TWICE, refund, at))
        else:
            place = {name: refund[name] for name in store.PLACE}
            booked[place_of(refund)] = place | {name: paid[name] for name in store.TIMES}
            doubts += _doubts_of_payment(connection, paid, refund, at)
            settle(connection, UNKNOWN, [_subject(paid)])
    rows = list(booked.values())
    store.book(connection, rows)
    book_late_sales(connection, rows)
    return doubts


def _doubts_of_payment(
    connection: Connection, paid: Values, refund: Values, at: int
) -> Iterable[dict[str, Any]]:
    if paid["amount"] != -refund["paid"]:
        yield _doubt(paid, DIFFERS, refund, at)
    meter = refund["meter"]
    if not paid["write_back"]:
        taken = (meter, refund["generation"], refund["count"] - 1)
        if store.taken_at(connection, [taken]):
            yield suspense_row(paid, TAKEN, subject=meter, amount=refund["paid"], at=at)
        return
    key = (meter, paid["write_back"])
    shown = store.readings_numbered(connection, [key]).get(key)
    if shown is None or not _shows(shown, refund):
        yield suspense_row(paid, UNPROVEN, subject=meter, amount=refund["paid"], at=at)


def _shows(reading: Values, refund: Values) -> bool:
    """Whether the meter says that it holds what was given back no more."""
    position = (reading["generation"], reading["count"])
    ours = (refund["generation"], refund["count"])
    if position < ours or reading["balance"] < 0:
        return False
    return position > ours or bool(reading["total"] <= refund["total_after"])


def _doubt(paid: Values, reason: str, refund: Values, at: int) -> dict[str, Any]:
    subject = f"{refund['epoch']}/{refund['seq']}"
    return suspense_row(paid, reason, subject=subject, amount=refund["paid"], at=at)


def _subject(paid: Values) -> str:
    return f"{paid['refund_epoch']}/{paid['refund_seq']}"
