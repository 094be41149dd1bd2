"""Customers: who has not bought for long, what is left and owed, what was used, what heat is due.

Those of this vending point's own accounts are gone through by their numbers; last purchases are
gone through in the order of the journal, so that the first recent one ends the list.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

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
from yika_node.services.reports.words import CLASSES, SERVICES, unit_of, word

NON_BUYER_DAYS: Final = 90
_DAY: Final = 86_400
_MONTHS: Final = 12
_HEATING_BEGINS: Final = 7
"""From July on, the heating year of the coming winter is asked about."""

ACCOUNT: Final = Column("account", N_("Account"), Kind.ACCOUNT, wide=15)
NAME: Final = Column("name", N_("Holder"), wide=14)
ADDRESS: Final = Column("address", N_("Address"), wide=24)
PHONE: Final = Column("phone", N_("Phone"), Kind.IDENT, wide=14)
AREA: Final = Column("area", N_("Area"), Kind.IDENT, wide=8)
COMMUNITY: Final = Column("community", N_("Community"), wide=16)
CLASS: Final = Column("class", N_("Class"), Kind.WORD, wide=12)
SERVICE: Final = Column("service", N_("Service"), Kind.WORD, wide=22)
METER: Final = Column("meter", N_("Meter"), Kind.IDENT, wide=16)
UNIT: Final = Column("unit", N_("Unit"), wide=6)

_NON_BUYERS: Final = """
SELECT tally.epoch, tally.seq, intent.at, tally.account, tally.service, intent.meter,
    intent.quantity, intent.area, COALESCE(account_state.community, '')
FROM tally INDEXED BY tally_newest JOIN intent USING (epoch, seq)
LEFT JOIN account_state ON account_state.account = tally.account
WHERE (tally.epoch, tally.seq) > (?, ?) ORDER BY tally.epoch, tally.seq
"""
_LAST: Final = (
    "SELECT at, balance, used FROM reading WHERE meter = ? ORDER BY sequence DESC LIMIT 1"
)
_FIRST: Final = "SELECT at, used FROM reading WHERE meter = ? ORDER BY sequence LIMIT 1"


def _non_buyers(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    epoch, seq = numbers_of(after, 2)
    recent = source.now - (scope.days or NON_BUYER_DAYS) * _DAY
    found = 0
    for row in source.ask(_NON_BUYERS, (epoch, seq)):
        at, account, service, meter = row[2], str(row[3]), str(row[4]), str(row[5])
        assert isinstance(at, int), "a time"
        if at >= recent or (limit and found == limit):
            return
        if scope.area not in ("", row[7]) or scope.service not in ("", service):
            continue
        holder = source.people(account)
        read_at, left, estimate = _left(source, meter)
        who = account, holder.name, holder.address, holder.phone, row[7], row[8]
        bought = word(SERVICES, service), meter, at, (source.now - at) // _DAY, row[6]
        cells = (*who, *bought, left, estimate, unit_of(service), read_at)
        yield Line(f"{row[0]}-{row[1]}", cells)
        found += 1


def _left(source: Source, meter: str) -> tuple[int, int | None, int | None]:
    """When a meter was last heard of, what it then held, and what it may hold now.

    The estimate goes on at the pace between its first and its last write-back here.
    """
    first, last = list(source.ask(_FIRST, (meter,))), list(source.ask(_LAST, (meter,)))
    if not last:
        return 0, None, None
    (began, used_before), (at, balance, used) = first[0], last[0]
    assert isinstance(at, int), "a time"
    assert isinstance(balance, int), "a quantity"
    if not isinstance(began, int) or at <= began:
        return at, balance, None
    assert isinstance(used, int), "a quantity"
    assert isinstance(used_before, int), "a quantity"
    spent = (used - used_before) * (source.now - at) // (at - began)
    return at, balance, max(balance - spent, 0)


NON_BUYERS: Final = Report(
    name="non-buyers",
    title=N_("Long without a purchase"),
    family=N_("Customers"),
    about=N_("Who has not bought a service for so many days, the longest first."),
    columns=(
        ACCOUNT,
        NAME,
        ADDRESS,
        PHONE,
        AREA,
        COMMUNITY,
        SERVICE,
        METER,
        Column("at", N_("Last purchase"), Kind.TIME, wide=19),
        Column("days", N_("Days since"), Kind.COUNT, wide=8),
        Column("quantity", N_("Last quantity"), Kind.QUANTITY, wide=12),
        Column("left", N_("Left when last read"), Kind.QUANTITY, wide=12),
        Column("estimate", N_("Left by estimate"), Kind.QUANTITY, wide=12),
        UNIT,
        Column("read", N_("Last read"), Kind.TIME, wide=19),
    ),
    rows=_non_buyers,
    filters=frozenset({"days", "area", "service"}),
    paged=True,
    days=NON_BUYER_DAYS,
)

_NEVER: Final = """
SELECT number, area, COALESCE(community, ''), tariff_class, opened_at FROM account
LEFT JOIN account_state ON account_state.account = account.number
WHERE number > ? AND (? = '' OR area = ?) AND opened_at < ?
    AND NOT EXISTS (SELECT 1 FROM intent WHERE intent.account = account.number)
ORDER BY number
"""


def _never(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    recent = source.now - (scope.days or NON_BUYER_DAYS) * _DAY
    rows = source.ask(_NEVER + _limited(limit), (after, scope.area, scope.area, recent))
    for number, area, community, tariff_class, opened in rows:
        assert isinstance(opened, int), "a time"
        holder = source.people(str(number))
        who = number, holder.name, holder.address, holder.phone, area, community
        since = (source.now - opened) // _DAY
        yield Line(str(number), (*who, word(CLASSES, str(tariff_class)), opened, since))


NEVER: Final = Report(
    name="never",
    title=N_("Never bought here"),
    family=N_("Customers"),
    about=N_("Accounts opened here so many days ago that never bought anything here."),
    columns=(
        ACCOUNT,
        NAME,
        ADDRESS,
        PHONE,
        AREA,
        COMMUNITY,
        CLASS,
        Column("opened", N_("Account opened on"), Kind.TIME, wide=19),
        Column("days", N_("Days since"), Kind.COUNT, wide=8),
    ),
    rows=_never,
    filters=frozenset({"days", "area"}),
    paged=True,
    days=NON_BUYER_DAYS,
)

_METERS: Final = """
SELECT number, area, COALESCE(account_facts.tariff_class, account.tariff_class),
    account_meter.service, account_meter.meter, account_meter.slot
FROM account JOIN account_meter ON account_meter.account = account.number
LEFT JOIN account_facts ON account_facts.account = account.number
WHERE (number, slot) > (?, ?) AND (? = '' OR area = ?) AND (? = '' OR account_meter.service = ?)
ORDER BY number, slot
"""


def _limited(limit: int) -> str:
    return f" LIMIT {limit:d}" if limit else ""


def _meters(
    source: Source, scope: Scope, after: str, limit: int
) -> Iterator[tuple[str, tuple[object, ...], str, str]]:
    """The meters of the accounts opened here: key, account's cells, service, meter."""
    number, _, slot = after.rpartition("-")
    first = numbers_of(slot, 1)[0] if after else -1
    narrowed = scope.area, scope.area, scope.service, scope.service
    for row in source.ask(_METERS + _limited(limit), (number, first, *narrowed)):
        holder = source.people(str(row[0]))
        who = row[0], holder.name, holder.address, row[1], word(CLASSES, str(row[2]))
        yield f"{row[0]}-{row[5]}", who, str(row[3]), str(row[4])


def _meter_count(source: Source, scope: Scope) -> int:
    ((count,),) = source.ask(
        "SELECT COUNT(*) FROM account_meter JOIN account ON account.number = account"
        " WHERE (? = '' OR area = ?) AND (? = '' OR service = ?)",
        (scope.area, scope.area, scope.service, scope.service),
    )
    assert isinstance(count, int), "a count"
    return count


_HELD: Final = """
SELECT COALESCE(SUM(CASE what WHEN 'guarantee' THEN amount ELSE -amount END), 0) FROM charge
WHERE account = ? AND account <> '' AND what IN ('guarantee', 'guarantee_back', 'guarantee_debt')
"""


def _balances(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    told = ""
    for key, who, service, meter in _meters(source, scope, after, limit):
        read_at, left, estimate = _left(source, meter)
        account = str(who[0])
        # What is owed and held is the account's, and stands with its first meter alone.
        money = _money_of(source, account) if account != told else (None, None, None)
        told = account
        figures = left, estimate, unit_of(service), read_at, *money
        yield Line(key, (*who, word(SERVICES, service), meter, *figures))


def _money_of(source: Source, account: str) -> tuple[int, int, int]:
    """What an account owes, what headquarters owes it, and what is held here as its guarantee."""
    ((held,),) = source.ask(_HELD, (account,))
    assert isinstance(held, int), "a sum"
    holder = source.people(account)
    return holder.owed, holder.credit, held


BALANCES: Final = Report(
    name="balances",
    title=N_("Balances and debts"),
    family=N_("Customers"),
    about=N_("What each meter held when it was last read, and what each account owes."),
    columns=(
        ACCOUNT,
        NAME,
        ADDRESS,
        AREA,
        CLASS,
        SERVICE,
        METER,
        Column("left", N_("Left when last read"), Kind.QUANTITY, total=True, wide=12),
        Column("estimate", N_("Left by estimate"), Kind.QUANTITY, wide=12),
        UNIT,
        Column("read", N_("Last read"), Kind.TIME, wide=19),
        Column("owed", N_("Owed"), Kind.MONEY, total=True, wide=12),
        Column("credit", N_("Owed to the customer"), Kind.MONEY, total=True, wide=12),
        Column("held", N_("Held as guarantee"), Kind.MONEY, total=True, wide=12),
    ),
    rows=_balances,
    size=_meter_count,
    filters=frozenset({"area", "service"}),
    paged=True,
)

_MONTH_NAMES: Final = (
    N_("Jan"),
    N_("Feb"),
    N_("Mar"),
    N_("Apr"),
    N_("May"),
    N_("Jun"),
    N_("Jul"),
    N_("Aug"),
    N_("Sep"),
    N_("Oct"),
    N_("Nov"),
    N_("Dec"),
)
_USED: Final = "SELECT meter_time, used FROM reading WHERE meter = ? ORDER BY sequence"


def _used(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    year = scope.year or datetime.fromtimestamp(source.now, source.zone).year
    for key, who, service, meter in _meters(source, scope, after, limit):
        months = _by_month(source, meter, year)
        known = [month for month in months if month is not None]
        whole = sum(known) if known else None
        mean = whole // len(known) if whole is not None else None
        cells = (*who, word(SERVICES, service), meter, unit_of(service), *months, whole, mean)
        yield Line(key, cells)


def _by_month(source: Source, meter: str, year: int) -> list[int | None]:
    """What a meter used by the month in which it said so; None where it said nothing."""
    months: list[int | None] = [None] * _MONTHS
    before: int | None = None
    for at, used in source.ask(_USED, (meter,)):
        assert isinstance(at, int), "a time"
        assert isinstance(used, int), "a quantity"
        day = datetime.fromtimestamp(at, source.zone)
        if day.year == year and before is not None:
            months[day.month - 1] = (months[day.month - 1] or 0) + used - before
        before = used
    return months


USED: Final = Report(
    name="used",
    title=N_("Use by month"),
    family=N_("Customers"),
    about=N_("What each meter used in each month of a year, as far as its write-backs say."),
    columns=(
        ACCOUNT,
        NAME,
        ADDRESS,
        AREA,
        CLASS,
        SERVICE,
        METER,
        UNIT,
        *(
            Column(f"month-{n}", name, Kind.QUANTITY, wide=9)
            for n, name in enumerate(_MONTH_NAMES)
        ),
        Column("sum", N_("Whole year"), Kind.QUANTITY, total=True, wide=11),
        Column("mean", N_("Mean"), Kind.QUANTITY, wide=10),
    ),
    rows=_used,
    size=_meter_count,
    filters=frozenset({"year", "area", "service"}),
    paged=True,
)

_HEAT: Final = """
SELECT number, area, COALESCE(account_facts.tariff_class, account.tariff_class),
    COALESCE(account_facts.inner_area, account.heated_area),
    COALESCE(account_facts.suspended, ''), COALESCE(tally.heating_year, 0)
FROM account
JOIN account_meter ON account_meter.account = account.number AND account_meter.service = 'heat'
LEFT JOIN account_facts ON account_facts.account = account.number
LEFT JOIN tally ON tally.account = account.number AND tally.service = 'heat'
WHERE number > ? AND (? = '' OR area = ?) ORDER BY number
"""
_HEAT_PAID: Final = """
SELECT intent.at, (SELECT SUM(line.value ->> 4) FROM record,
        json_each(CAST(record.line AS TEXT), '$.ln') AS line
    WHERE record.epoch = intent.epoch AND record.seq = intent.seq
        AND line.value ->> 1 = 0)
FROM intent WHERE account = ? AND service = 'heat' AND act = '' AND heating_year >= ?
ORDER BY epoch, seq LIMIT 1
"""


def _heat(source: Source, scope: Scope, after: str, limit: int) -> Iterator[Line]:
    today = datetime.fromtimestamp(source.now, source.zone)
    year = scope.year or (today.year if today.month >= _HEATING_BEGINS else today.year - 1)
    rows = source.ask(_HEAT + _limited(limit), (after, scope.area, scope.area))
    for number, area, tariff_class, heated, suspended, newest in rows:
        assert isinstance(newest, int), "a year"
        holder = source.people(str(number))
        paid = list(source.ask(_HEAT_PAID, (number, year))) if newest >= year else []
        at, money = paid[0] if paid else (0, None)
        state = N_("not paid")
        if newest >= year:
            state = N_("paid")
        elif str(year) in str(suspended).split():
            state = N_("suspended")
        who = number, holder.name, holder.address, area, word(CLASSES, str(tariff_class))
        yield Line(str(number), (*who, heated, "m²", state, at, money))


HEAT: Final = Report(
    name="heat",
    title=N_("Basic fees for heat"),
    family=N_("Customers"),
    about=N_("Which accounts with heat have paid the basic fee of a heating year, and when."),
    columns=(
        ACCOUNT,
        NAME,
        ADDRESS,
        AREA,
        CLASS,
        Column("heated", N_("Heated area"), Kind.QUANTITY, total=True, wide=12),
        UNIT,
        Column("state", N_("State"), Kind.WORD, wide=12),
        Column("paid-at", N_("Paid on"), Kind.TIME, wide=19),
        Column("paid", N_("Fees paid with it"), Kind.MONEY, total=True),
    ),
    rows=_heat,
    filters=frozenset({"year", "area"}),
    paged=True,
)
