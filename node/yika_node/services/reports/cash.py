"""What went through hands: operators settled, money by tender, refunds, over and short."""

from collections.abc import Iterator
from typing import Final

from yika_common.errors import N_
from yika_node.db import business_queries as business
from yika_node.services.reports.model import Column, Kind, Line, Report, Scope, Source
from yika_node.services.reports.sales import PERIOD, UNIT
from yika_node.services.reports.words import (
    MOVEMENTS,
    OUTCOMES,
    SERVICES,
    TENDERS,
    unit_of,
    word,
)

_OPERATOR: Final = Column("operator", N_("Operator"), wide=14)
_REASON: Final = Column("reason", N_("Reason"), wide=30)
_WHEN: Final = Column("time", N_("Time"), Kind.TIME, wide=19)
_ACCOUNT: Final = Column("account", N_("Account"), Kind.ACCOUNT, wide=15)

_ACTS: Final = (
    (
        N_("Accounts opened"),
        "SELECT operator, COUNT(*), 0 FROM account WHERE opened_at >= ? AND opened_at < ?"
        " AND (? = '' OR operator = ?) GROUP BY operator",
    ),
    (
        N_("First cards"),
        "SELECT operator, COUNT(*), SUM(fee) FROM card WHERE issued_at >= ? AND issued_at < ?"
        " AND (? = '' OR operator = ?) AND replaces = '' GROUP BY operator",
    ),
    (
        N_("Cards replaced for a fee"),
        "SELECT operator, COUNT(*), SUM(fee) FROM card WHERE issued_at >= ? AND issued_at < ?"
        " AND (? = '' OR operator = ?) AND replaces <> '' AND fee > 0 GROUP BY operator",
    ),
    (
        N_("Cards replaced free of charge"),
        "SELECT operator, COUNT(*), 0 FROM card WHERE issued_at >= ? AND issued_at < ?"
        " AND (? = '' OR operator = ?) AND replaces <> '' AND fee = 0 GROUP BY operator",
    ),
    (
        N_("Meters replaced"),
        "SELECT operator, COUNT(*), 0 FROM meter_swap WHERE at >= ? AND at < ?"
        " AND (? = '' OR operator = ?) GROUP BY operator",
    ),
)
"""What is counted beside sales: its name, and by operator its number and money."""


_BESIDE: Final = (
    "SELECT operator, what, COUNT(*), SUM(amount) FROM money INDEXED BY money_at"
    " WHERE at >= ? AND at < ? AND (? = '' OR operator = ?) AND what IN"
    " ('fee', 'deposit', 'guarantee', 'guarantee_back', 'debt', 'prepaid_back')"
    " GROUP BY operator, what ORDER BY operator, what"
)
"""Money taken beside supply, and handed back of it."""


def _settlement(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """Sales and refunds by service, then what else was done, one operator after the other."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for each in business.sums(source.ask, scope, ("operator", "outcome", "service")):
        operator, outcome, service = each.key
        named = word(OUTCOMES, outcome), word(SERVICES, service)
        figures = each.sales, each.quantity, unit_of(service), each.paid
        found.setdefault(operator, []).append((*named, *figures))
    asked = scope.since, scope.until, scope.operator, scope.operator
    for name, statement in _ACTS:
        rows = source.ask(statement, asked)
        for who, number, fees in rows:
            found.setdefault(str(who), []).append((name, "", number, None, "", fees))
    for who, what, number, amount in source.ask(_BESIDE, asked):
        cells = word(MOVEMENTS, str(what)), "", number, None, "", amount
        found.setdefault(str(who), []).append(cells)
    for operator in sorted(found):
        yield from (Line("", (operator, *line)) for line in found[operator])


SETTLEMENT: Final = Report(
    name="settlement",
    title=N_("Settlement of operators"),
    family=N_("Money"),
    about=N_("What each operator sold, gave back, opened, issued and replaced, for both to sign."),
    columns=(
        _OPERATOR,
        Column("what", N_("What"), Kind.WORD, wide=26),
        Column("service", N_("Service"), Kind.WORD, wide=22),
        Column("count", N_("How many"), Kind.COUNT, wide=9),
        Column("quantity", N_("Quantity"), Kind.QUANTITY, wide=13),
        UNIT,
        Column("money", N_("Money"), Kind.MONEY, total=True),
    ),
    rows=_settlement,
    filters=PERIOD | {"operator"},
    signed=True,
)


def _money(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    rows = source.ask(
        "SELECT operator, what, tender, COUNT(*), SUM(amount) FROM money INDEXED BY money_at"
        " WHERE at >= ? AND at < ? AND (? = '' OR operator = ?)"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        (scope.since, scope.until, scope.operator, scope.operator),
    )
    for operator, what, tender, number, amount in rows:
        named = word(MOVEMENTS, str(what)), word(TENDERS, str(tender))
        yield Line("", (operator, *named, number, amount))


MONEY: Final = Report(
    name="money",
    title=N_("Money by tender"),
    family=N_("Money"),
    about=N_("All money that moved at this vending point, by operator, occasion and tender."),
    columns=(
        _OPERATOR,
        Column("what", N_("What"), Kind.WORD, wide=26),
        Column("tender", N_("Paid by"), Kind.WORD, wide=16),
        Column("count", N_("How many"), Kind.COUNT, total=True, wide=9),
        Column("money", N_("Money"), Kind.MONEY, total=True),
    ),
    rows=_money,
    filters=PERIOD | {"operator"},
    reads_sales=True,
)

_RESOURCES: Final = (
    "SELECT intent.service, money.tender, COUNT(*), SUM(money.amount)"
    " FROM money INDEXED BY money_at JOIN intent USING (epoch, seq)"
    " WHERE money.at >= ? AND money.at < ? AND (? = '' OR money.operator = ?)"
    " AND money.what = 'sale' GROUP BY 1, 2 ORDER BY 1, 2"
)


def _resources(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    values = scope.since, scope.until, scope.operator, scope.operator
    for service, tender, number, amount in source.ask(_RESOURCES, values):
        named = word(SERVICES, str(service)), word(TENDERS, str(tender))
        yield Line("", (*named, number, amount))


RESOURCES: Final = Report(
    name="tenders",
    title=N_("Sales by service and tender"),
    family=N_("Money"),
    about=N_("With what each service was paid for."),
    columns=(
        Column("service", N_("Service"), Kind.WORD, wide=24),
        Column("tender", N_("Paid by"), Kind.WORD, wide=16),
        Column("count", N_("How many"), Kind.COUNT, total=True, wide=9),
        Column("money", N_("Money"), Kind.MONEY, total=True),
    ),
    rows=_resources,
    filters=PERIOD | {"operator"},
    reads_sales=True,
)


def _over_short(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """Every close, with the sum of the operator's differences up to it."""
    rows = source.ask(
        "SELECT report, operator, opened_at, closed_at, closed_by, expected, declared,"
        " declared - expected, (SELECT SUM(upto.declared - upto.expected) FROM shift AS upto"
        " WHERE upto.operator = shift.operator AND upto.report > 0"
        " AND upto.report <= shift.report), reason"
        " FROM shift WHERE report > 0 AND closed_at >= ? AND closed_at < ?"
        " AND (? = '' OR operator = ?) ORDER BY report",
        (scope.since, scope.until, scope.operator, scope.operator),
    )
    yield from (Line("", tuple(row)) for row in rows)


OVER_SHORT: Final = Report(
    name="over-short",
    title=N_("Over and short"),
    family=N_("Money"),
    about=N_("What each shift should have held, what was counted, and the difference."),
    columns=(
        Column("report", N_("Report"), Kind.COUNT, wide=8),
        _OPERATOR,
        Column("opened", N_("Shift opened"), Kind.TIME, wide=19),
        Column("closed", N_("Shift closed"), Kind.TIME, wide=19),
        Column("closed-by", N_("Closed by"), wide=14),
        Column("expected", N_("Expected"), Kind.MONEY, total=True),
        Column("declared", N_("Counted"), Kind.MONEY, total=True),
        Column("difference", N_("Difference"), Kind.MONEY, total=True),
        Column("running", N_("Of this operator so far"), Kind.MONEY),
        _REASON,
    ),
    rows=_over_short,
    filters=PERIOD | {"operator"},
)

_REFUNDS: Final = """
SELECT back.at, back.epoch || '-' || back.basket, back.account, back.service, -back.quantity,
    -back.paid, back.state, back.operator, refund.paid_by, refund.paid_at, refund.reason,
    (back.at - bought.at) / 60, bought.operator,
    (SELECT MIN(shift.closed_at) FROM shift WHERE shift.operator = back.operator
        AND shift.report > 0 AND shift.closed_at >= back.at)
FROM intent AS back INDEXED BY intent_at JOIN refund USING (epoch, seq)
LEFT JOIN intent AS bought ON bought.epoch = back.epoch AND bought.seq = refund.purchase
WHERE back.act = 'refund' AND back.at >= ? AND back.at < ? AND (? = '' OR back.operator = ?)
ORDER BY back.at, back.epoch, back.seq
"""


def _refunds(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    values = scope.since, scope.until, scope.operator, scope.operator
    for row in source.ask(_REFUNDS, values):
        at, receipt, account, service, quantity, money, state, operator, payer, paid_at, *rest = (
            row
        )
        reason, minutes, sold_by, closed_at = rest
        off = state == "superseded"
        assert isinstance(at, int), "a time"
        before_close = (closed_at - at) // 60 if isinstance(closed_at, int) else None
        yield Line(
            "",
            (
                at,
                receipt,
                account,
                word(SERVICES, str(service)),
                None if off else quantity,
                unit_of(str(service)),
                None if off else money,
                _fate(off=off, paid=paid_at is not None),
                reason,
                operator,
                payer,
                sold_by,
                minutes,
                before_close,
            ),
        )


def _fate(*, off: bool, paid: bool) -> str:
    if off:
        return N_("did not take place")
    return N_("paid out") if paid else N_("not paid out")


REFUNDS: Final = Report(
    name="refunds",
    title=N_("Refunds and reversals"),
    family=N_("Money"),
    about=N_("Every purchase given back: why, by whom, how long after the sale."),
    columns=(
        _WHEN,
        Column("receipt", N_("Receipt"), Kind.RECEIPT, wide=18),
        _ACCOUNT,
        Column("service", N_("Service"), Kind.WORD, wide=20),
        Column("quantity", N_("Quantity"), Kind.QUANTITY, total=True, wide=12),
        UNIT,
        Column("money", N_("Given back"), Kind.MONEY, total=True),
        Column("state", N_("State"), Kind.WORD, wide=14),
        _REASON,
        _OPERATOR,
        Column("paid-by", N_("Paid out by"), wide=12),
        Column("sold-by", N_("Sold by"), wide=12),
        Column("minutes", N_("Minutes after the sale"), Kind.COUNT, wide=12),
        Column("before", N_("Minutes before the close"), Kind.COUNT, wide=12),
    ),
    rows=_refunds,
    filters=PERIOD | {"operator"},
    reads_sales=True,
)
