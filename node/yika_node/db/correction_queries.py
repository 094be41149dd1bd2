"""Reading payments that may have to be set right; loaded when one is looked at.

Plain statements over indexes alone: a payment's own rows, and the shift that it was taken in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from yika_common.clock import from_timestamp
from yika_common.journal.till_bodies import CASH, Part
from yika_node.db.shift_sums import Ask

_BASKET_MAX: Final = 8
"""Meters on one card: a payment's records lie together."""

_PAID: Final = (
    "SELECT operator, at, amount FROM money WHERE epoch = ? AND seq BETWEEN ? AND ?"
    " AND what IN ('sale', 'fee', 'deposit', 'guarantee') AND (seq = ? OR EXISTS (SELECT 1"
    " FROM intent WHERE intent.epoch = money.epoch AND intent.seq = money.seq"
    " AND intent.basket = ?)) ORDER BY seq, part"
)
_RETURNED: Final = (
    "SELECT 1 FROM refund JOIN intent ON intent.epoch = refund.epoch"
    " AND intent.seq = refund.purchase WHERE refund.epoch = ? AND intent.epoch = ?"
    " AND intent.basket = ? UNION SELECT 1 FROM charge WHERE epoch = ? AND seq = ?"
    " AND given_back > 0 LIMIT 1"
)
_SHIFT: Final = (
    "SELECT report, closed_epoch, closed_seq FROM shift WHERE operator = ? AND (epoch, seq) <"
    " (?, ?) ORDER BY epoch DESC, seq DESC LIMIT 1"
)


class Taken(NamedTuple):
    """A payment: who took it when, what it came to, and in which tenders, as now written down."""

    operator: str
    at: int
    amount: int
    parts: tuple[Part, ...]
    report: int
    returned: bool


class Correction(NamedTuple):
    """A payment set right: see :class:`yika_node.db.till_tables.Correction`."""

    epoch: int
    seq: int
    of_epoch: int
    receipt: int
    report: int
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    reason: str
    at: datetime
    operator: str


def taken(ask: Ask, epoch: int, receipt: int) -> Taken | None:
    """A payment of this journal for supply, a fee, a deposit or a guarantee; None: there is none.

    ``report`` is the Z report of its shift, 0 where that is open or there was none.
    """
    span = (epoch, receipt, receipt + _BASKET_MAX - 1, receipt, receipt)
    rows = ask(_PAID, span)
    amount = sum(row[2] for row in rows)
    if not rows or amount <= 0:
        return None
    operator, at = rows[0][0], rows[0][1]
    tenders = ask(
        "SELECT tender, given - change, reference FROM tendering WHERE epoch = ? AND receipt = ?",
        (epoch, receipt),
    )
    parts = tuple(Part(*row) for row in tenders) or (Part(CASH, amount, ""),)
    shift = ask(_SHIFT, (operator, epoch, receipt))
    closed = bool(shift) and tuple(shift[0][1:]) > (epoch, receipt)
    returned = ask(_RETURNED, (epoch, epoch, receipt, epoch, receipt))
    report = int(shift[0][0]) if closed else 0
    return Taken(operator, at, amount, parts, report, bool(returned))


def corrections(ask: Ask, epoch: int, receipt: int) -> Sequence[Correction]:
    """How often a payment was set right, oldest first."""
    rows = ask(
        "SELECT epoch, seq, of_epoch, receipt, report, before, after, reason, at, operator"
        " FROM correction WHERE of_epoch = ? AND receipt = ? ORDER BY epoch, seq",
        (epoch, receipt),
    )
    return [
        Correction(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            _parts(row[5]),
            _parts(row[6]),
            row[7],
            from_timestamp(row[8]),
            row[9],
        )
        for row in rows
    ]


def _parts(text: Any) -> tuple[Part, ...]:
    return tuple(Part(*part) for part in json.loads(text))
