"""Oversight: exceptions, cards in stock, meters' alarms, credit that does not add up."""

from collections.abc import Iterator
from typing import Final

from yika_common.cards.write_back import MeterStatus
from yika_common.errors import N_
from yika_node.services.reports.model import (
    Column,
    Kind,
    Line,
    Report,
    Scope,
    Source,
    numbers_of,
)
from yika_node.services.reports.sales import PERIOD
from yika_node.services.reports.words import SERVICES, unit_of, word

OVERSIGHT: Final = N_("Oversight")

_WHEN: Final = Column("time", N_("Time"), Kind.TIME, wide=19)
_OPERATOR: Final = Column("operator", N_("Operator"), wide=14)
_ACCOUNT: Final = Column("account", N_("Account"), Kind.ACCOUNT, wide=15)
_NAME: Final = Column("name", N_("Holder"), wide=14)
_ADDRESS: Final = Column("address", N_("Address"), wide=24)
_SERVICE: Final = Column("service", N_("Service"), Kind.WORD, wide=20)
_METER: Final = Column("meter", N_("Meter"), Kind.IDENT, wide=16)
_UNIT: Final = Column("unit", N_("Unit"), wide=6)
_REASON: Final = Column("reason", N_("Reason"), wide=30)

_LIMITS: Final = (
    "SELECT at, operator, account, service, per_sale, per_day, per_month, per_cycle, until,"
    " reason FROM own_limit WHERE at >= ? AND at < ? AND (? = '' OR operator = ?)"
    " ORDER BY at, account, service"
)


def _limits(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    values = scope.since, scope.until, scope.operator, scope.operator
    for at, operator, account, service, *rest in source.ask(_LIMITS, values):
        *most, until, reason = rest
        name = source.people(str(account)).name
        who = at, operator, account, name, word(SERVICES, str(service))
        yield Line(
            "", (*who, *(bound or None for bound in most), unit_of(str(service)), until, reason)
        )


LIMITS: Final = Report(
    name="limits",
    title=N_("Limits lifted"),
    family=OVERSIGHT,
    about=N_(
        "Accounts whose own limits hold instead of the tariff's: who set them, why, until when."
    ),
    columns=(
        _WHEN,
        _OPERATOR,
        _ACCOUNT,
        _NAME,
        _SERVICE,
        Column("per-sale", N_("Most in one sale"), Kind.QUANTITY, wide=11),
        Column("per-day", N_("Most in a day"), Kind.QUANTITY, wide=11),
        Column("per-month", N_("Most in a month"), Kind.QUANTITY, wide=11),
        Column("per-cycle", N_("Most in a quota period"), Kind.QUANTITY, wide=11),
        _UNIT,
        Column("until", N_("Until"), Kind.TIME, wide=19),
        _REASON,
    ),
    rows=_limits,
    filters=PERIOD | {"operator"},
)

_STOCK: Final = (
    (
        N_("Received"),
        "SELECT SUM(chips) FROM stock_move WHERE what = 'received' AND at >= ? AND at < ?",
        1,
    ),
    (
        N_("Sent away"),
        "SELECT SUM(chips) FROM stock_move WHERE what = 'sent' AND at >= ? AND at < ?",
        -1,
    ),
    (
        N_("Useless"),
        "SELECT SUM(chips) FROM stock_move WHERE what = 'useless' AND at >= ? AND at < ?",
        -1,
    ),
    (N_("Cards issued"), "SELECT COUNT(*) FROM card WHERE issued_at >= ? AND issued_at < ?", -1),
    (
        N_("Made blank again"),
        "SELECT COUNT(*) FROM card_end WHERE how = 'recycled' AND at >= ? AND at < ?",
        1,
    ),
)
"""What moves the stock of blank cards: its name, its number, which way."""

_KEPT: Final = (
    (
        N_("Spoilt cards"),
        "SELECT COUNT(*) FROM card_end WHERE how = 'spoilt' AND at >= ? AND at < ?",
    ),
    (
        N_("Cards taken in and kept"),
        "SELECT COUNT(*) FROM card_end WHERE how IN ('kept', 'retired') AND at >= ? AND at < ?",
    ),
    (
        N_("Tool cards issued"),
        "SELECT COUNT(*) FROM special_card WHERE kind = 'tool' AND issued_at >= ?"
        " AND issued_at < ?",
    ),
    (
        N_("Tool cards that ended"),
        "SELECT COUNT(*) FROM special_card WHERE kind = 'tool' AND ended_at >= ? AND ended_at < ?",
    ),
)
"""What is counted and moves no blank card."""


def _stock(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    left = sum(
        sign * _number(source, statement, 0, scope.since) for _name, statement, sign in _STOCK
    )
    yield Line("", (N_("Opening stock"), left))
    for name, statement, sign in _STOCK:
        moved = sign * _number(source, statement, scope.since, scope.until)
        left += moved
        yield Line("", (name, moved))
    yield Line("", (N_("Closing stock"), left))
    for name, statement in _KEPT:
        yield Line("", (name, _number(source, statement, scope.since, scope.until)))


def _number(source: Source, statement: str, since: int, until: int) -> int:
    ((found,),) = source.ask(statement, (since, until))
    assert found is None or isinstance(found, int), "a count"
    return found or 0


STOCK: Final = Report(
    name="stock",
    title=N_("Card stock"),
    family=OVERSIGHT,
    about=N_("Blank cards at the beginning and the end, and what became of the others."),
    columns=(
        Column("what", N_("What"), Kind.WORD, wide=28),
        Column("number", N_("Cards"), Kind.COUNT, wide=10),
    ),
    rows=_stock,
)

_ALARMS: Final = (
    (MeterStatus.TRANSFERRED, N_("transferred")),
    (MeterStatus.CLEARED, N_("cleared")),
    (MeterStatus.WARNED, N_("closed at the second level until its card is shown")),
    (MeterStatus.BATTERY, N_("battery low")),
    (MeterStatus.COVER, N_("cover was opened")),
    (MeterStatus.MAGNET, N_("a magnet was near")),
)
_JOBS: Final = (
    (MeterStatus.COVER | MeterStatus.MAGNET, N_("inspect with a tool card")),
    (MeterStatus.BATTERY, N_("change the battery")),
    (MeterStatus.TRANSFERRED, N_("take the meter down")),
)
_ALARMED: Final = """
SELECT reading.epoch, reading.seq, at, meter, account_meter.service, account_meter.account, status
FROM reading {index} LEFT JOIN account_meter USING (meter)
WHERE {flaw} AND at >= ? AND at < ? AND (? = 0 OR (at, reading.epoch, reading.seq) < (?, ?, ?))
    AND NOT EXISTS (SELECT 1 FROM reading AS newer
        WHERE newer.meter = reading.meter AND newer.sequence > reading.sequence)
ORDER BY at DESC, reading.epoch DESC, reading.seq DESC
"""
"""The newest write-back of each meter, if it is of the kind that the index holds."""


def _newest(
    source: Source, scope: Scope, after: str, limit: int, flaw: str, index: str
) -> Iterator[tuple[object, ...]]:
    before = numbers_of(after, 3)
    statement = _ALARMED.format(flaw=flaw, index=f"INDEXED BY {index}")
    values = scope.since, scope.until, before[0], *before
    for row in source.ask(statement + (f" LIMIT {limit:d}" if limit else ""), values):
        yield tuple(row)


def _alarms(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    for epoch, seq, at, meter, service, account, status in _newest(
        source, scope, after, limit, "status & 252 <> 0", "reading_alarm"
    ):
        assert isinstance(status, int), "bits"
        holder = source.people(str(account or ""))
        said = tuple(name for bit, name in _ALARMS if status & bit)
        due = tuple(job for bits, job in _JOBS if status & bits)
        who = account or "", holder.name, holder.address, holder.phone
        cells = at, meter, word(SERVICES, str(service or "")), *who, said, due
        yield Line(f"{at}-{epoch}-{seq}", cells)


ALARMS: Final = Report(
    name="alarms",
    title=N_("Meter alarms and work due"),
    family=OVERSIGHT,
    about=N_("Meters whose newest write-back says that something must be done."),
    columns=(
        _WHEN,
        _METER,
        _SERVICE,
        _ACCOUNT,
        _NAME,
        _ADDRESS,
        Column("phone", N_("Phone"), Kind.IDENT, wide=14),
        Column("alarm", N_("Alarm"), Kind.WORD, wide=26),
        Column("job", N_("Work due"), Kind.WORD, wide=24),
    ),
    rows=_alarms,
    paged=True,
)

_UNBALANCED: Final = """
SELECT reading.epoch, reading.seq, at, meter, account_meter.service, account_meter.account,
    total, used, balance, used + balance - total
FROM reading INDEXED BY reading_unbalanced LEFT JOIN account_meter USING (meter)
WHERE used + balance <> total AND at >= ? AND at < ?
    AND (? = 0 OR (at, reading.epoch, reading.seq) < (?, ?, ?))
ORDER BY at DESC, reading.epoch DESC, reading.seq DESC
"""


def _unbalanced(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    before = numbers_of(after, 3)
    values = scope.since, scope.until, before[0], *before
    statement = _UNBALANCED + (f" LIMIT {limit:d}" if limit else "")
    for epoch, seq, at, meter, service, account, *figures in source.ask(statement, values):
        difference = figures[-1]
        assert isinstance(difference, int), "a quantity"
        kind = N_("credit that nobody sold") if difference > 0 else N_("credit was lost")
        name = source.people(str(account or "")).name
        who = at, meter, word(SERVICES, str(service or "")), account or "", name
        cells = (*who, *figures, unit_of(str(service or "")), kind)
        yield Line(f"{at}-{epoch}-{seq}", cells)


UNBALANCED: Final = Report(
    name="unbalanced",
    title=N_("Credit that does not add up"),
    family=OVERSIGHT,
    about=N_(
        "Write-backs seen here in which use and balance are not what the meter took. A meter that "
        "holds money counts its use in units: there, the difference says nothing."
    ),
    columns=(
        _WHEN,
        _METER,
        _SERVICE,
        _ACCOUNT,
        _NAME,
        Column("taken", N_("Taken"), Kind.QUANTITY, wide=12),
        Column("used", N_("Used"), Kind.QUANTITY, wide=12),
        Column("balance", N_("Balance"), Kind.QUANTITY, wide=12),
        Column("difference", N_("Difference"), Kind.QUANTITY, wide=12),
        _UNIT,
        Column("kind", N_("What it looks like"), Kind.WORD, wide=22),
    ),
    rows=_unbalanced,
    paged=True,
)
