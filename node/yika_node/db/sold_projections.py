"""What was sold, summed up as it is sold: the table ``sold``.

A sum over years reads a few hundred rows.  Every sale is counted three times, in the row of its
hour, its day and its 32 days, all by UTC; whatever period is asked for, in whatever time zone, is
some of those rows and, at its two ends, less than an hour of sales each
(:func:`yika_node.db.business_queries.parts_of`).

=============  =================================================================
outcome        what the row counts
=============  =================================================================
sold           purchases, on the card or still waiting for it
superseded     purchases that another vending point's sale came before
refund         purchases given back, below zero
off            refunds that did not take place: counted, and nothing else
=============  =================================================================

What carries credit onto a new card, or into a new meter, sells nothing and is not here.
"""

import sqlite3
from typing import Final, NamedTuple

from yika_common.journal import bodies
from yika_common.journal.record import Record

HOUR: Final = 3600
DAY: Final = 24 * HOUR
MONTH: Final = 32 * DAY
SPANS: Final = (MONTH, DAY, HOUR)

SOLD: Final = "sold"
SUPERSEDED: Final = "superseded"
REFUND: Final = "refund"
OFF: Final = "off"

_ADD: Final = (
    "INSERT INTO sold (span, start, outcome, operator, service, area, tariff_class, count,"
    " quantity, amount, paid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT DO UPDATE SET count = count + excluded.count,"
    " quantity = quantity + excluded.quantity, amount = amount + excluded.amount,"
    " paid = paid + excluded.paid"
)


class _Of(NamedTuple):
    """Whose sale it was, and of what."""

    operator: str
    service: str
    area: str
    tariff_class: str


class _Figures(NamedTuple):
    """Count, quantity, amount and money paid."""

    sales: int
    quantity: int
    amount: int
    paid: int


def place_of(c: sqlite3.Connection, account: str) -> tuple[str, str]:
    """Area and class of an account as they are now; empty for one that was opened elsewhere."""
    found = c.execute(
        "SELECT account.area, COALESCE(account_facts.tariff_class, account.tariff_class)"
        " FROM account LEFT JOIN account_facts ON account_facts.account = account.number"
        " WHERE account.number = ?",
        (account,),
    ).fetchone()
    return ("", "") if found is None else (found[0], found[1])


def sold(
    c: sqlite3.Connection, record: Record, body: bodies.Intent, place: tuple[str, str]
) -> None:
    """Count a purchase or a refund; ``place`` is the account's area and class."""
    if body.act in bodies.CARRYING:
        return
    outcome = REFUND if body.act == bodies.REFUND else SOLD
    figures = _Figures(1, body.quantity, body.amount, body.paid)
    _add(c, record.ts, outcome, _Of(record.operator, str(body.service), *place), figures)


def superseded(c: sqlite3.Connection, epoch: int, seq: int) -> None:
    """Count an intent that never reached its card elsewhere from now on."""
    at, act, *told = c.execute(
        "SELECT at, act, operator, service, area, tariff_class, 1, quantity, amount, paid"
        " FROM intent WHERE epoch = ? AND seq = ?",
        (epoch, seq),
    ).fetchone()
    if act in bodies.CARRYING:
        return
    of, figures = _Of(*told[:4]), _Figures(*told[4:])
    refund = act == bodies.REFUND
    _add(c, at, REFUND if refund else SOLD, of, _Figures(*(-figure for figure in figures)))
    _add(c, at, OFF if refund else SUPERSEDED, of, _Figures(1, 0, 0, 0) if refund else figures)


def _add(c: sqlite3.Connection, at: int, outcome: str, of: _Of, figures: _Figures) -> None:
    c.executemany(_ADD, [(span, at - at % span, outcome, *of, *figures) for span in SPANS])
