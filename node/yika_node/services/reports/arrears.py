"""Balances and arrears by class: what is held for customers, what they owe, and since when.

What is owed either way is headquarters' last word, which each account's sheet tells; what is held
as guarantees, and what was recovered of debts, is this journal's.  Sheets are sealed, so every
account that was opened here is opened once for it.

Source: R8 of the catalogue of functions.  Agreements on instalments are headquarters': a debt of
several instalments is told as several debts.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from yika_common.errors import N_
from yika_node.services.reports.model import (
    Cells,
    Column,
    Holder,
    Kind,
    Line,
    Report,
    Scope,
    Source,
)
from yika_node.services.reports.words import CLASSES, word

_DAY: Final = 86_400
AGES: Final = (30, 90, 365)
"""Days up to which a debt is of an age; what is older is of the last."""

_ACCOUNTS: Final = """
SELECT number, COALESCE(account_facts.tariff_class, account.tariff_class) FROM account
LEFT JOIN account_facts ON account_facts.account = account.number
WHERE ? = '' OR area = ? ORDER BY number
"""
_HELD: Final = """
SELECT account, SUM(CASE what WHEN 'guarantee' THEN amount ELSE -amount END) FROM charge
WHERE account <> '' AND what IN ('guarantee', 'guarantee_back', 'guarantee_debt')
GROUP BY account
"""
_RECOVERED: Final = """
SELECT intent.account, SUM((SELECT COALESCE(SUM(each.value ->> 1), 0)
    FROM json_each(CAST(record.line AS TEXT), '$.db') AS each))
FROM intent INDEXED BY intent_at JOIN record USING (epoch, seq)
WHERE intent.at >= ? AND intent.at < ? AND intent.act = '' AND intent.state <> 'superseded'
GROUP BY 1
UNION ALL
SELECT account, SUM(amount) FROM charge
WHERE at >= ? AND at < ? AND account <> '' AND what IN ('guarantee_debt', 'debt') GROUP BY 1
"""


def _arrears(source: Source, scope: Scope, _after: str, _limit: int) -> Iterator[Line]:
    """One row for each class, by its name."""
    held = _by_account(source, _HELD, ())
    period = scope.since, scope.until
    recovered = _by_account(source, _RECOVERED, (*period, *period))
    sums: dict[str, Counter[str]] = {}
    for account, tariff_class in source.ask(_ACCOUNTS, (scope.area, scope.area)):
        holder = source.people(str(account))
        into = sums.setdefault(str(tariff_class), Counter())
        into.update(_figures(holder, source.now))
        into["held"] += held[str(account)]
        into["recovered"] += recovered[str(account)]
    for tariff_class in sorted(sums):
        yield Line("", _row(tariff_class, sums[tariff_class]))


def _by_account(source: Source, statement: str, values: Sequence[object]) -> Counter[str]:
    found: Counter[str] = Counter()
    for account, amount in source.ask(statement, values):
        assert isinstance(amount, int), "a sum"
        found[str(account)] += amount
    return found


def _figures(holder: Holder, now: int) -> Counter[str]:
    found = Counter({"accounts": 1, "owing": int(holder.owed > 0), "owed": holder.owed})
    found["credit" if holder.credit > 0 else "claimed"] += abs(holder.credit)
    for since, left in holder.debts:
        found[age_of(since, now)] += left
    return found


def age_of(since: int, now: int) -> str:
    """How old a debt is: the column that it is summed up in."""
    if not since:
        return "unknown"
    days = (now - since) // _DAY
    return next((f"age-{upto}" for upto in AGES if days <= upto), "older")


def _row(tariff_class: str, sums: Counter[str]) -> Cells:
    return word(CLASSES, tariff_class), *(sums[column.name] for column in ARREARS.columns[1:])


def _money(name: str, heading: str) -> Column:
    return Column(name, heading, Kind.MONEY, total=True, wide=13)


ARREARS: Final = Report(
    name="arrears",
    title=N_("Balances and arrears by class"),
    family=N_("Customers"),
    about=N_(
        "What is held for customers of each class and what they owe, how old that is, and what "
        "was recovered in the period."
    ),
    columns=(
        Column("class", N_("Class"), Kind.WORD, wide=16),
        Column("accounts", N_("Accounts"), Kind.COUNT, total=True, wide=9),
        _money("credit", N_("Owed to customers")),
        _money("held", N_("Held as guarantee")),
        Column("owing", N_("Accounts that owe"), Kind.COUNT, total=True, wide=9),
        _money("owed", N_("Owed")),
        _money("age-30", N_("Up to 30 days old")),
        _money("age-90", N_("Up to 90 days old")),
        _money("age-365", N_("Up to a year old")),
        _money("older", N_("Older")),
        _money("unknown", N_("Of unknown age")),
        _money("claimed", N_("Adjustments owed by customers")),
        _money("recovered", N_("Recovered in the period")),
    ),
    rows=_arrears,
    filters=frozenset({"period", "area"}),
    reads_sales=True,
)
