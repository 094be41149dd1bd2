"""The vending point as a whole: its daily summary, and the sheet for the finance office.

What a sale took beside supply stands in its record alone, so these reports read the sales of their
period: debts collected (late fees are entered with their debts at headquarters, and collected with
them), what headquarters' adjustments settled by themselves, what was kept for the next purchase.
Everything sold here goes onto cards for meters; there is no mechanical meter in a journal.

Source: R2 and R4 of the catalogue of functions.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from yika_common.cards.tool_order import OrderKind
from yika_common.errors import N_
from yika_common.journal.meter_bodies import EXECUTED
from yika_node.db import business_queries as business
from yika_node.db.money_projections import SALE
from yika_node.db.seldom_records import SELDOM
from yika_node.services.reports.model import Cells, Column, Kind, Line, Report, Scope, Source
from yika_node.services.reports.sales import CHARGED, COUNT, PAID, PERIOD, QUANTITY, SERVICE, UNIT
from yika_node.services.reports.words import (
    CLASSES,
    MOVEMENTS,
    OUTCOMES,
    SERVICES,
    TENDERS,
    unit_of,
    word,
)

_BEFORE: Final = N_("Takings not brought to the bank, before")
_AFTER: Final = N_("Takings not brought to the bank, at the end")

_WAITING: Final = """
SELECT COUNT(*), COALESCE(SUM(to_bank), 0) FROM shift
WHERE report > 0 AND closed_at < ?1 AND NOT EXISTS (
    SELECT 1 FROM banking WHERE banking.batch = shift.batch AND banking.at < ?1)
"""

_ACTS: Final = (
    (
        N_("Accounts opened"),
        "SELECT COUNT(*), NULL, NULL FROM account WHERE opened_at >= ? AND opened_at < ?",
    ),
    (
        N_("First cards"),
        "SELECT COUNT(*), NULL, SUM(fee) FROM card"
        " WHERE issued_at >= ? AND issued_at < ? AND replaces = ''",
    ),
    (
        N_("Cards replaced"),
        "SELECT COUNT(*), NULL, SUM(fee) FROM card"
        " WHERE issued_at >= ? AND issued_at < ? AND replaces <> ''",
    ),
    (
        N_("Meters replaced, with the credit moved"),
        "SELECT COUNT(*), SUM(moved), NULL FROM meter_swap WHERE at >= ? AND at < ?",
    ),
)

_OF_SALES: Final = """
SELECT service, SUM(collected > 0), SUM(collected), SUM(favour > 0), SUM(max(favour, 0)),
    SUM(favour < 0), SUM(min(favour, 0)), SUM(kept > 0), SUM(kept)
FROM (SELECT service, COALESCE(said ->> '$.ja', 0) AS favour, COALESCE(said ->> '$.kp', 0) AS kept,
        (SELECT COALESCE(SUM(each.value ->> 1), 0) FROM json_each(said, '$.db') AS each)
            AS collected
    FROM (SELECT intent.service, CAST(record.line AS TEXT) AS said
        FROM intent INDEXED BY intent_at JOIN record USING (epoch, seq)
        WHERE intent.at >= ? AND intent.at < ? AND intent.act = ''))
GROUP BY 1 ORDER BY 1
"""
_TAKEN_WITH_SALES: Final = (
    N_("Debts collected, with their late fees"),
    N_("Settled by itself, to the customers' favour"),
    N_("Settled by itself, to the utility's favour"),
    N_("Kept for the next purchase"),
)

_STILL_OWED: Final = """
SELECT COUNT(*), COALESCE(SUM(left_over), 0) FROM (
    SELECT intent.account, each.value ->> 0, each.value ->> 2 AS left_over,
        MAX(intent.epoch * 1099511627776 + intent.seq)
    FROM intent INDEXED BY intent_at JOIN record USING (epoch, seq)
    JOIN json_each(CAST(record.line AS TEXT), '$.db') AS each
    WHERE intent.at >= ? AND intent.at < ? AND intent.act = '' GROUP BY 1, 2)
WHERE left_over > 0
"""

_CLEAR: Final = int(OrderKind.CLEAR)

_CLEARED: Final = (
    "SELECT COUNT(*) FROM record INDEXED BY record_seldom"  # noqa: S608 - own words
    " JOIN json_each(CAST(record.line AS TEXT), '$.od') AS each"
    f' WHERE {SELDOM} AND substr(record.line, 1, 12) = CAST(\'{{"t":"tool",\' AS BLOB)'
    " AND CAST(record.line AS TEXT) ->> '$.ts' >= ? AND CAST(record.line AS TEXT) ->> '$.ts' < ?"
    f" AND each.value ->> 1 = {_CLEAR} AND each.value ->> 3 = '{EXECUTED}'"
)

_MOVED: Final = """
SELECT what, tender, COUNT(*), SUM(amount) FROM money INDEXED BY money_at
WHERE at >= ? AND at < ? GROUP BY 1, 2 ORDER BY 1, 2
"""


def _summary(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """What was there before, what happened, what is there at the end."""
    period = scope.since, scope.until
    yield _waiting(source, _BEFORE, scope.since)
    for each in business.sums(source.ask, scope, ("outcome", "service")):
        outcome, service = each.key
        yield _row(word(OUTCOMES, outcome), service, (each.sales, each.quantity, each.paid))
    for code, *taken in source.ask(_OF_SALES, period):
        pairs = zip(taken[::2], taken[1::2], strict=True)
        for name, (times, money) in zip(_TAKEN_WITH_SALES, pairs, strict=True):
            if times:
                yield _row(name, str(code), (times, None, money))
    for times, money in source.ask(_STILL_OWED, period):
        yield _row(N_("Still owed by those who paid debts"), "", (times, None, money))
    for name, statement in _ACTS:
        for figures in source.ask(statement, period):
            yield _row(name, "", figures)
    for (times,) in source.ask(_CLEARED, period):
        yield _row(N_("Meters cleared with tool cards"), "", (times, None, None))
    for what, tender, times, money in source.ask(_MOVED, period):
        if what != SALE:
            yield _row(word(MOVEMENTS, str(what)), "", (times, None, money), str(tender))
    for what, tender, times, money in source.ask(_MOVED, period):
        if what == SALE:
            yield _row(N_("Of the sales, paid by"), "", (times, None, money), str(tender))
    yield _waiting(source, _AFTER, scope.until)


def _waiting(source: Source, name: str, at: int) -> Line:
    ((shifts, money),) = source.ask(_WAITING, (at,))
    return _row(name, "", (shifts, None, money))


def _row(name: str, service: str, figures: Sequence[object], tender: str = "") -> Line:
    times, quantity, money = figures
    named: Cells = name, word(SERVICES, service), word(TENDERS, tender)
    return Line("", (*named, times, quantity, unit_of(service), money))


SUMMARY: Final = Report(
    name="summary",
    title=N_("Daily summary of the point"),
    family=N_("Money"),
    about=N_(
        "What was here before, what was sold, collected, settled, opened and replaced, by what it "
        "was paid, and what is here at the end. Everything sold here goes onto cards."
    ),
    columns=(
        Column("what", N_("What"), Kind.WORD, wide=34),
        SERVICE,
        Column("tender", N_("Paid by"), Kind.WORD, wide=16),
        Column("count", N_("How many"), Kind.COUNT, wide=9),
        Column("quantity", N_("Quantity"), Kind.QUANTITY, wide=13),
        UNIT,
        Column("money", N_("Money"), Kind.MONEY),
    ),
    rows=_summary,
    filters=PERIOD,
    reads_sales=True,
    signed=True,
)

_FINANCE: Final = """
SELECT tariff_class, service, COUNT(*), SUM(quantity), SUM(amount), SUM(paid),
    MIN(epoch * 1099511627776 + basket), MAX(epoch * 1099511627776 + basket)
FROM intent INDEXED BY intent_at
WHERE at >= ? AND at < ? AND (act = '' OR (act = 'refund' AND state <> 'superseded'))
    AND (? = '' OR area = ?)
GROUP BY 1, 2 ORDER BY 1, 2
"""
_EPOCH: Final = 1 << 40
"""Receipts in the order of their numbers, across epochs: far more than an epoch has."""


def _finance(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """By class and service, with the first and the last receipt."""
    values = scope.since, scope.until, scope.area, scope.area
    for tariff_class, code, times, quantity, amount, paid, first, last in source.ask(
        _FINANCE, values
    ):
        service = str(code)
        named = word(CLASSES, str(tariff_class)), word(SERVICES, service)
        figures = times, quantity, unit_of(service), amount, paid
        yield Line("", (*named, *figures, _receipt(first), _receipt(last)))


def _receipt(place: object) -> str:
    assert isinstance(place, int), "the least or greatest of integers"
    return f"{place // _EPOCH}-{place % _EPOCH}"


FINANCE: Final = Report(
    name="finance",
    title=N_("Classes for the finance office"),
    family=N_("Money"),
    about=N_(
        "How often, how much and for how much money each class bought, purchases given back taken "
        "off, with the receipts from the first to the last."
    ),
    columns=(
        Column("class", N_("Class"), Kind.WORD, wide=16),
        SERVICE,
        COUNT,
        QUANTITY,
        UNIT,
        CHARGED,
        PAID,
        Column("first", N_("First receipt"), Kind.RECEIPT, wide=18),
        Column("last", N_("Last receipt"), Kind.RECEIPT, wide=18),
    ),
    rows=_finance,
    filters=PERIOD | {"area"},
    reads_sales=True,
    signed=True,
)
