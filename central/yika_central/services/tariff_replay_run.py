"""One replay under way: which customers a draft would hold for, and their sales, in batches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from yika_central.db import tariff_store as store
from yika_central.domain.purchases import Position, Purchase, TariffUsed
from yika_central.domain.tariff_replay import Findings, Group, Tally, price_customer
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

BATCH = 500
"""Accounts in one read: so few that memory stays flat, so many that the way there is cheap."""

WARM_UP = 12
"""Months before the first sale compared whose sales count in quotas: the longest period."""

_YEAR = 12


@dataclass(slots=True)
class ReplayRun:
    """The state between two batches."""

    draft: Tariff
    known: tuple[Tariff, ...]
    now: datetime
    since: datetime
    first: datetime
    done: int = 0
    last: str = ""
    groups: dict[tuple[str, str], Group] = field(default_factory=dict)
    present: dict[tuple[str, str], Tariff | None] = field(default_factory=dict)
    tally: Tally = field(default_factory=lambda: Tally(()))

    @classmethod
    def of(cls, connection: Connection, document: bytes, months: int, now: datetime) -> Self:
        """A replay of a draft over the last months before ``now``."""
        draft = parse_tariff(document)
        rows = store.versions(connection, str(draft.service))
        known = tuple(
            parse_tariff(bytes(row.document))
            for row in rows
            if (row.tariff_id, row.version) != (draft.id, draft.version)
        )
        return cls(
            draft=draft,
            known=known,
            now=now,
            since=months_before(now, months, draft.zone),
            first=months_before(now, months + WARM_UP, draft.zone),
        )

    def batch(self, connection: Connection) -> bool:
        """Price the next accounts; False when there were none left."""
        accounts = store.accounts_after(connection, self.last, BATCH)
        if not accounts:
            return False
        first, self.last = accounts[0].account, accounts[-1].account
        self.done += len(accounts)
        amended = store.amendments_of(connection, first, self.last)
        placed = [
            (row.account, self._group(_class(row, amended.get(row.account)), row.area))
            for row in accounts
        ]
        others = {account: group for account, group in placed if group.verdict != "priced"}
        self._count(connection, others)
        priced = {account: group for account, group in placed if group.verdict == "priced"}
        self._price(
            connection,
            priced,
            {
                row.account: _facts(row, amended.get(row.account), self.draft.zone)
                for row in accounts
                if row.account in priced
            },
        )
        return True

    def findings(self, connection: Connection) -> Findings:
        """What was found in all batches."""
        strangers = store.strangers_sales(connection, self._service, *self._window(self.since))
        self.tally.groups = [
            group for _, group in sorted(self.groups.items()) if group.sales or group.accounts
        ]
        return self.tally.findings(to_timestamp(self.since), to_timestamp(self.now), strangers)

    def _count(self, connection: Connection, groups: dict[str, Group]) -> None:
        counts = store.count_sales(
            connection, list(groups), self._service, *self._window(self.since)
        )
        for account, sales in counts.items():
            groups[account].accounts += 1
            groups[account].same += groups[account].verdict == "untouched"
            groups[account].sales += sales

    def _price(
        self, connection: Connection, groups: dict[str, Group], facts: dict[str, Facts]
    ) -> None:
        rows = store.sales_of(connection, list(groups), self._service, *self._window(self.first))
        for account, sales in groupby(rows, key=lambda row: str(row.account)):
            group = groups[account]
            priced = price_customer(
                account,
                _purchases(sales),
                facts=facts[account],
                present=self.present[group.tariff_class, group.area],
                draft=self.draft,
                first=self.first,
                since=self.since,
            )
            self.tally.add(group, priced)

    @property
    def _service(self) -> str:
        return str(self.draft.service)

    def _window(self, since: datetime) -> tuple[int, int]:
        return to_timestamp(since), to_timestamp(self.now)

    def _group(self, tariff_class: str, area: str) -> Group:
        """The customers of a class and area; what holds for them is looked up once."""
        key = (tariff_class, area)
        if key not in self.groups:
            begins = max(self.now, self.draft.effective_from)
            self.present[key] = self._in_force(self.known, key, self.now)[0]
            without = self._in_force(self.known, key, begins)
            then = self._in_force((*self.known, self.draft), key, begins)
            verdict = "untouched" if then == without else "clash" if then[1] else "priced"
            named = (_named(self.present[key]), _named(then[0]))
            self.groups[key] = Group(*key, verdict, *named)
        return self.groups[key]

    def _in_force(
        self, known: Sequence[Tariff], key: tuple[str, str], at: datetime
    ) -> tuple[Tariff | None, bool]:
        """The tariff of these customers, and whether there is none because two fit."""
        try:
            return TariffBook(known).in_force(self.draft.service, *key, at), False
        except NoTariffInForce:
            return None, False
        except TariffsClash:
            return None, True


def months_before(now: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The first second of a month in the zone, so many months before the one of ``now``."""
    local = now.astimezone(zone)
    month = local.year * _YEAR + local.month - 1 - months
    return local.replace(
        year=month // _YEAR, month=month % _YEAR + 1, day=1, hour=0, minute=0, second=0
    )


def _class(account: Row[Any], amended: Row[Any] | None) -> str:
    return str(account.tariff_class if amended is None else amended.tariff_class)


def _facts(account: Row[Any], amended: Row[Any] | None, zone: ZoneInfo) -> Facts:
    """What sets the account's prices: as it was opened, or as it was amended last."""
    if amended is None:
        return Facts.recorded(
            zone,
            opened=account.opened_at,
            persons=account.persons,
            inner_area=account.area_m2 or 0,
        )
    return Facts.recorded(
        zone,
        opened=account.opened_at,
        persons=amended.persons,
        persons_until=amended.persons_until,
        inner_area=amended.inner_area,
        gross_area=amended.gross_area,
        heat_class=amended.heat_class,
        heat_from=amended.heat_from,
        suspended=tuple(map(int, amended.suspended.split())),
        equipment=amended.equipment,
    )


def _named(tariff: Tariff | None) -> str:
    return "" if tariff is None else f"{tariff.id} v{tariff.version}"


def _purchases(sales: Iterable[Row[Any]]) -> list[Purchase]:
    return [
        Purchase(
            position=Position(sale.node, sale.epoch, sale.seq, bytes(sale.hash)),
            meter=sale.meter,
            generation=sale.generation,
            count=sale.count,
            stamped_at=from_timestamp(sale.stamped_at),
            not_before=from_timestamp(sale.not_before),
            not_after=from_timestamp(sale.not_after),
            quantity=Quantity(sale.quantity),
            charged=Money(sale.amount),
            tariff=TariffUsed(sale.tariff_id, sale.tariff_version, sale.tariff_hash),
            used_before=Quantity(sale.used_before),
            persons=sale.persons or None,
            area_m2=sale.area_m2,
            heating_year=sale.heating_year,
            months_due=sale.months_due,
        )
        for sale in sales
    ]
