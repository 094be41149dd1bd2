"""What was sold: every sale, and its sums by service, day, class, area and step."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from yika_common.errors import N_
from yika_node.db import business_queries as business
from yika_node.db.sold_projections import DAY
from yika_node.services.reports.model import (
    Cells,
    Column,
    Kind,
    Line,
    Report,
    Scope,
    Source,
    numbers_of,
)
from yika_node.services.reports.words import (
    CLASSES,
    ELSEWHERE,
    SERVICES,
    STATES,
    TENDERS,
    TOTAL,
    unit_of,
    word,
    words,
)

PERIOD: Final = frozenset({"period"})
SALE_FILTERS: Final = PERIOD | {"customer", "operator", "area", "service", "state"}
SUM_FILTERS: Final = PERIOD | {"operator", "area", "service", "state"}

SERVICE: Final = Column("service", N_("Service"), Kind.WORD, wide=22)
COUNT: Final = Column("count", N_("Sales"), Kind.COUNT, total=True, wide=9)
QUANTITY: Final = Column("quantity", N_("Quantity"), Kind.QUANTITY, total=True, wide=13)
UNIT: Final = Column("unit", N_("Unit"), wide=6)
CHARGED: Final = Column("charged", N_("Charged"), Kind.MONEY, total=True)
PAID: Final = Column("paid", N_("Paid"), Kind.MONEY, total=True)

_SALE_COLUMNS: Final = (
    Column("time", N_("Time"), Kind.TIME, wide=19),
    Column("receipt", N_("Receipt"), Kind.RECEIPT, wide=18),
    Column("account", N_("Account"), Kind.ACCOUNT, wide=15),
    Column("name", N_("Holder"), wide=14),
    Column("address", N_("Address"), wide=22),
    Column("area", N_("Area"), Kind.IDENT, wide=7),
    Column("class", N_("Class"), Kind.WORD, wide=12),
    SERVICE,
    Column("meter", N_("Meter"), Kind.IDENT, wide=15),
    QUANTITY,
    UNIT,
    CHARGED,
    PAID,
    Column("tender", N_("Paid by"), Kind.WORD, wide=10),
    Column("operator", N_("Operator"), wide=10),
    Column("state", N_("State"), Kind.WORD, wide=16),
)


def _sales(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    at, epoch, seq = numbers_of(after, 3)
    before = (at, epoch, seq) if after else None
    for sale in business.sales(source.ask, scope, before, limit):
        holder = source.people(sale.account)
        refund = sale.act == "refund"
        off = refund and sale.state == "superseded"
        state = "off" if off else "refund" if refund else sale.state
        yield Line(
            f"{sale.at}-{sale.epoch}-{sale.seq}",
            (
                sale.at,
                f"{sale.epoch}-{sale.basket}",
                sale.account,
                holder.name,
                holder.address,
                sale.area,
                word(CLASSES, sale.tariff_class),
                word(SERVICES, sale.service),
                sale.meter,
                None if off else sale.quantity,
                unit_of(sale.service),
                None if off else sale.amount,
                None if off else sale.paid,
                () if refund else words(TENDERS, sale.tender.split(",")),
                sale.operator,
                word(STATES, state),
            ),
        )


def _sale_totals(source: Source, scope: Scope) -> Iterator[Cells]:
    """By service, then all together, under the columns of the list."""
    found = business.sums(source.ask, scope, ("service",))
    for each in found:
        service = each.key[0]
        yield _total(each.sales, service, each.quantity, each.amount, each.paid)
    whole = [sum(figures) for figures in zip(*(each[1:] for each in found), strict=True)]
    sales, _, amount, paid = whole or (0, 0, 0, 0)
    yield _total(sales, "", None, amount, paid)


def _total(sales: int, service: str, quantity: int | None, amount: int, paid: int) -> Cells:
    figures = {
        "receipt": sales,
        "service": word(SERVICES, service),
        "quantity": quantity,
        "unit": unit_of(service),
        "charged": amount,
        "paid": paid,
    }
    return (TOTAL, *(figures.get(column.name) for column in _SALE_COLUMNS[1:]))


def sales_in(source: Source, scope: Scope) -> int:
    """How many sales are asked for."""
    return sum(each.sales for each in business.sums(source.ask, scope, ()))


SALES: Final = Report(
    name="sales",
    title=N_("Sales"),
    family=N_("Sales"),
    about=N_("Every sale, newest first, with its customer."),
    columns=_SALE_COLUMNS,
    rows=_sales,
    totals=_sale_totals,
    size=sales_in,
    filters=SALE_FILTERS,
    paged=True,
    counter=True,
)


def summed(
    by: Sequence[str], named: Callable[[Sequence[str]], Cells]
) -> Callable[[Source, Scope, str, int], Iterator[Line]]:
    """Rows of sums by columns of ``sold``, the service last; ``named`` makes their first cells."""

    def rows(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
        for each in business.sums(source.ask, scope, (*by, "service")):
            service = each.key[-1]
            figures = each.sales, each.quantity, unit_of(service), each.amount, each.paid
            yield Line("", (*named(each.key[:-1]), word(SERVICES, service), *figures))

    return rows


_FIGURES: Final = (SERVICE, COUNT, QUANTITY, UNIT, CHARGED, PAID)

BY_SERVICE: Final = Report(
    name="services",
    title=N_("Sums by service"),
    family=N_("Sales"),
    about=N_("How often, how much and for how much money each service was sold."),
    columns=_FIGURES,
    rows=summed((), lambda _key: ()),
    filters=SUM_FILTERS,
    counter=True,
)
BY_AREA: Final = Report(
    name="areas",
    title=N_("Sums by area"),
    family=N_("Sales"),
    about=N_("The sales of each area, by service."),
    columns=(Column("area", N_("Area"), Kind.WORD, wide=16), *_FIGURES),
    rows=summed(("area",), lambda key: (key[0] or ELSEWHERE,)),
    filters=SUM_FILTERS,
)
BY_CLASS: Final = Report(
    name="classes",
    title=N_("Sums by class"),
    family=N_("Sales"),
    about=N_("The sales to each class of customers, by service, for the finance office."),
    columns=(Column("class", N_("Class"), Kind.WORD, wide=16), *_FIGURES),
    rows=summed(("tariff_class",), lambda key: (word(CLASSES, key[0]),)),
    filters=SUM_FILTERS,
)


def _days(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """Each day of the place within the period is a question of its own, about a few rows."""
    for first, last in days_of(scope, source):
        day = Scope(
            since=first,
            until=last,
            operator=scope.operator,
            area=scope.area,
            service=scope.service,
            state=scope.state,
        )
        for each in business.sums(source.ask, day, ("service",)):
            service = each.key[0]
            figures = each.sales, each.quantity, unit_of(service), each.amount, each.paid
            name = datetime.fromtimestamp(first, source.zone).date().isoformat()
            yield Line("", (name, word(SERVICES, service), *figures))


def days_of(scope: Scope, source: Source) -> Iterator[tuple[int, int]]:
    """The days of the place within the period, cut to it, from the first that sold anything."""
    ends = (
        "SELECT MIN(start) FROM sold WHERE span = ?",
        "SELECT MAX(start) FROM sold WHERE span = ?",
    )
    oldest, newest = (start for end in ends for (start,) in source.ask(end, (DAY,)))
    if not isinstance(oldest, int) or not isinstance(newest, int):
        return
    first, until = max(scope.since, oldest), min(scope.until, newest + DAY)
    while first < until:
        last = min(next_day(first, source), until)
        yield first, last
        first = last


def next_day(moment: int, source: Source) -> int:
    """The next midnight of the place."""
    day = datetime.fromtimestamp(moment, source.zone)
    following = datetime.fromordinal(day.toordinal() + 1)
    return int(following.replace(tzinfo=source.zone).timestamp())


BY_DAY: Final = Report(
    name="days",
    title=N_("Sums by day"),
    family=N_("Sales"),
    about=N_("What was sold on each day of the period, by service."),
    columns=(Column("day", N_("Day"), Kind.IDENT, wide=12), *_FIGURES),
    rows=_days,
    filters=SUM_FILTERS,
)

_STEPS: Final = """
SELECT service, tariff || ' v' || tariff_version, line.value ->> 0, line.value ->> 1,
    COUNT(DISTINCT account), SUM(line.value ->> 2), SUM(line.value ->> 4)
FROM intent INDEXED BY intent_at JOIN record USING (epoch, seq)
JOIN json_each(CAST(record.line AS TEXT), '$.ln') AS line
WHERE act IN ('', 'refund') AND NOT (act = 'refund' AND state = 'superseded')
    AND at >= ? AND at < ? AND (? = '' OR operator = ?) AND (? = '' OR area = ?)
    AND (? = '' OR service = ?)
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_WHOLE: Final = 10_000


def _steps(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    narrowed = (
        part for name in (scope.operator, scope.area, scope.service) for part in (name,) * 2
    )
    found = list(source.ask(_STEPS, (scope.since, scope.until, *narrowed)))
    whole: dict[object, int] = {}
    for service, tariff, code, _step, _people, _quantity, money in found:
        assert isinstance(money, int), "a sum of integers"
        whole[service, tariff, code] = whole.get((service, tariff, code), 0) + money
    for service, tariff, code, step, people, quantity, money in found:
        assert isinstance(money, int), "a sum of integers"
        all_steps = whole[service, tariff, code]
        share = _WHOLE * money // all_steps if all_steps else 0
        named = word(SERVICES, str(service)), tariff, code, step or None
        unit = unit_of(str(service)) if step else ""
        yield Line("", (*named, people, quantity if step else None, unit, money, share))


BY_STEP: Final = Report(
    name="steps",
    title=N_("Analysis by step"),
    family=N_("Sales"),
    about=N_("What fell into which step of which price, for how many customers."),
    columns=(
        SERVICE,
        Column("tariff", N_("Tariff"), Kind.IDENT, wide=24),
        Column("line", N_("Price line"), Kind.IDENT, wide=14),
        Column("step", N_("Step"), Kind.COUNT, wide=6),
        Column("customers", N_("Customers"), Kind.COUNT, wide=10),
        Column("quantity", N_("Quantity"), Kind.QUANTITY, wide=13),
        UNIT,
        Column("money", N_("Money"), Kind.MONEY, total=True),
        Column("share", N_("Share of the line"), Kind.SHARE, wide=10),
    ),
    rows=_steps,
    filters=PERIOD | {"operator", "area", "service"},
    reads_sales=True,
)

_COMMUNITIES: Final = """
SELECT intent.area, COALESCE(account_state.community, ''), service, COUNT(DISTINCT intent.account),
    COUNT(*), SUM(quantity), SUM(amount), SUM(paid)
FROM intent INDEXED BY intent_at
LEFT JOIN account_state ON account_state.account = intent.account
WHERE act IN ('', 'refund') AND NOT (act = 'refund' AND state = 'superseded')
    AND at >= ? AND at < ? AND (? = '' OR intent.area = ?)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def _communities(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    values = scope.since, scope.until, scope.area, scope.area
    for area, community, code, customers, sales, quantity, amount, paid in source.ask(
        _COMMUNITIES, values
    ):
        service = word(SERVICES, str(code))
        figures = customers, sales, quantity, unit_of(str(code)), amount, paid
        yield Line("", (area, community, service, *figures))


BY_COMMUNITY: Final = Report(
    name="communities",
    title=N_("Sums by community"),
    family=N_("Sales"),
    about=N_("The sales of each community, by service, with how many households bought."),
    columns=(
        Column("area", N_("Area"), Kind.IDENT, wide=8),
        Column("community", N_("Community"), wide=20),
        SERVICE,
        Column("customers", N_("Households"), Kind.COUNT, wide=11),
        COUNT,
        QUANTITY,
        UNIT,
        CHARGED,
        PAID,
    ),
    rows=_communities,
    filters=PERIOD | {"area"},
    reads_sales=True,
)
