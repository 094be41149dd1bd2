"""One replay under way: which customers a draft would hold for, and their sales, in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yika_central.db import tariff_store as store
from yika_central.db.rerating_store import place_of, premises_of, purchase_of, rulings_of
from yika_central.domain.tariff_replay import Findings, Group, Tally, price_customer
from yika_common.clock import to_timestamp
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

BATCH = 200
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
        self.last = accounts[-1]
        self.done += len(accounts)
        premises = premises_of(connection, accounts, self.draft.zone)
        standings = {name: known.standing_at(self.now) for name, known in premises.items()}
        service = self.draft.service
        groups = {
            name: self._group(standings[name].tariff_class, known.area)
            for name, known in premises.items()
            if standings[name].facts.mixture_of(service) is None  # no draft alone prices them
        }
        self._count(connection, {n: g for n, g in groups.items() if g.verdict != "priced"})
        priced = {name: group for name, group in groups.items() if group.verdict == "priced"}
        self._price(connection, priced, {name: standings[name].facts for name in priced})
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
        rulings = rulings_of(connection, groups)
        for account, sales in groupby(rows, key=lambda row: str(row["account"])):
            group, ruled = groups[account], rulings.get((account, self._service), {})
            priced = price_customer(
                account,
                (purchase_of(sale, ruled.get(place_of(sale), {})) for sale in sales),
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


def _named(tariff: Tariff | None) -> str:
    return "" if tariff is None else f"{tariff.id} v{tariff.version}"
