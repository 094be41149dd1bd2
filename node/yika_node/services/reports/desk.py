"""Asking for business data at the counter: what is asked, and the tables it is answered from.

Where a report's telephones are shown in full, that is recorded as on an account's page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from importlib.metadata import version
from typing import Any, Final
from zoneinfo import ZoneInfo

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.engine import named_engine_failures
from yika_common.journal.account_bodies import PersonSeen
from yika_common.services import Service
from yika_common.values import dataclass
from yika_node.db.business_queries import STATES
from yika_node.db.journal import Journal
from yika_node.db.store import Store
from yika_node.errors import VaultLocked
from yika_node.services.account_desk import AccountDesk
from yika_node.services.errors import KeysNotHeld
from yika_node.services.keyring import KeyRing
from yika_node.services.reports.audit import KINDS
from yika_node.services.reports.catalogue import REPORTS
from yika_node.services.reports.customers import PHONE
from yika_node.services.reports.holders import Holders
from yika_node.services.reports.model import FilterUnusable, Report, Scope, Source
from yika_node.services.reports.sales import sales_in
from yika_node.services.reports.workshop import Workshop
from yika_node.vault import Vault

PAGE: Final = 50
SALES_ON_A_PAGE: Final = 3000
"""A report that reads every sale shows no more of them on a page; a workbook has no bound."""

ROWS_ON_A_PAGE: Final = 400
NAMESAKES: Final = 50
"""Accounts that one text may stand for."""

DAYS_MOST, YEAR_LEAST, YEAR_MOST = 10_000, 2000, 2106
_TEXT_MAX: Final = 100


class NoSuchReport(YikaError):
    """There is no report of that name."""

    code = "no_such_report"
    sentence = N_("There is no such report. Choose one from the list of reports.")


class PeriodUnusable(YikaError):
    """The times of a period cannot be read, or the last lies before the first."""

    code = "period_unusable"
    sentence = N_(
        "This is no period: it must have a first and a last time, the first before the last. "
        "Nothing was looked up. Choose the times again."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What was typed, as far as it was understood; the period's ends are the place's own time."""

    since: datetime
    until: datetime
    customer: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class BusinessDesk:
    """Answers questions and orders workbooks; changes nothing but what is recorded of it."""

    store: Store
    vault: Vault
    keyring: KeyRing
    accounts: AccountDesk
    clock: Clock
    zone: ZoneInfo
    node: str
    workshop: Workshop
    journal: Journal

    def report(self, name: str) -> Report:
        """A report by its name.

        Raises:
            NoSuchReport: there is none.
        """
        if name not in REPORTS:
            raise NoSuchReport
        return REPORTS[name]

    def understood(self, report: Report, typed: Mapping[str, str]) -> Asking:
        """What was typed into a report's filter; today, where no period was.

        Raises:
            PeriodUnusable, FilterUnusable: nothing can be looked up.
        """
        today = self.clock().astimezone(self.zone).date()
        since = self._moment(typed.get("since", ""), today, time())
        until = self._moment(typed.get("until", ""), today, time(23, 59, 59))
        if until < since:
            raise PeriodUnusable
        customer = (
            typed.get("customer", "").strip()[:_TEXT_MAX] if "customer" in report.filters else ""
        )
        state = typed.get("state", "")
        known: Sequence[str] = (*KINDS, *STATES)
        service = typed.get("service", "")
        if (state and state not in known) or (service and service not in set(Service)):
            raise FilterUnusable
        scope = Scope(
            since=to_timestamp(since),
            until=to_timestamp(until) + 1,
            operator=typed.get("operator", "").strip()[:_TEXT_MAX],
            area=typed.get("area", "").strip()[:_TEXT_MAX],
            service=service,
            state=state,
            accounts=self._accounts(customer),
            days=_number(typed.get("days", ""), 1, DAYS_MOST, report.days),
            year=_number(typed.get("year", ""), YEAR_LEAST, YEAR_MOST, 0),
        )
        return Asking(since=since, until=until, customer=customer, scope=scope)

    @contextmanager
    def source(self, *, full: bool = False) -> Iterator[Source]:
        """The tables, as they are while this lasts; ``full``: telephones are not masked."""
        with named_engine_failures(), self.store.engine.connect() as connection:

            def ask(statement: str, values: Sequence[object]) -> Any:
                return connection.exec_driver_sql(statement, tuple(values))

            yield Source(
                ask=ask,
                people=Holders(ask, *self._keys(), full=full),
                zone=self.zone,
                node=self.node,
                now=to_timestamp(self.clock()),
            )

    def in_full(self, operator: str, report: Report, *, allowed: bool) -> bool:
        """Whether telephones are shown in full to the operator, which is then recorded.

        Args:
            operator: who looks.
            report: what is looked at; one without telephones is looked at unrecorded.
            allowed: whether he may see them.

        Raises:
            VaultLocked, NodeRestored, DiskFull: nothing is shown.
        """
        if not allowed or not any(column.name == PHONE.name for column in report.columns):
            return False
        body = PersonSeen(report=report.name)
        self.journal.append([body], at=self.clock(), operator=operator)
        return True

    def too_much(self, report: Report, source: Source, asking: Asking) -> int:
        """How many sales the report would have to read where a page cannot; else 0."""
        sales = sales_in(source, asking.scope) if report.reads_sales else 0
        return sales if sales > SALES_ON_A_PAGE else 0

    def choices(self) -> tuple[list[str], list[str]]:
        """The operators who sold here and the areas that were sold in, by name."""
        with self.source() as source:
            operators = source.ask(_DISTINCT.format("operator"), ())
            areas = source.ask(_DISTINCT.format("area"), ())
            return [str(name) for (name,) in operators], [str(name) for (name,) in areas]

    def order(
        self,
        report: Report,
        asking: Asking,
        filters: Sequence[tuple[str, str]],
        owner: str,
        language: str,
        *,
        full: bool = False,
    ) -> str:
        """Have a workbook made; gives its id.

        Raises:
            WorkbooksBusy: nothing was begun.
        """
        personal, data = self._keys()
        order = {
            "database": str(self.store.path),
            "report": report.name,
            "scope": asdict(asking.scope),
            "filters": [list(one) for one in filters],
            "zone": self.zone.key,
            "node": self.node,
            "now": to_timestamp(self.clock()),
            "language": language,
            "made_by": owner,
            "software": f"yika {version('yika')}",
            "personal": "" if personal is None else personal.hex(),
            "data": "" if data is None else data.hex(),
            "full": full,
        }
        return self.workshop.start(owner, report.name, order)

    def _keys(self) -> tuple[bytes | None, bytes | None]:
        """What opens the holders of accounts opened here, and of those that are told, if known."""
        try:
            return self.keyring.personal_key(), self.vault.data_key()
        except (VaultLocked, KeysNotHeld):
            return None, None

    def _accounts(self, customer: str) -> tuple[str, ...] | None:
        if not customer:
            return None
        found = self.accounts.find(customer, limit=NAMESAKES)
        return tuple(account.number for account in found.rows)

    def _moment(self, text: str, day: date, at: time) -> datetime:
        if not text:
            return datetime.combine(day, at, self.zone)
        try:
            return datetime.fromisoformat(text).replace(tzinfo=self.zone)
        except ValueError as cause:
            raise PeriodUnusable from cause


_DISTINCT: Final = "SELECT DISTINCT {0} FROM sold WHERE span = 2764800 AND {0} <> '' ORDER BY 1"


def periods(today: date) -> dict[str, tuple[datetime, datetime]]:
    """The periods that are asked for most: their first and their last second."""
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    yesterday = today - timedelta(days=1)
    days = {
        "today": (today, today),
        "yesterday": (yesterday, yesterday),
        "month": (first, today),
        "last_month": (before.replace(day=1), before),
    }
    begin, end = time(), time(23, 59, 59)
    return {
        name: (datetime.combine(start, begin), datetime.combine(last, end))
        for name, (start, last) in days.items()
    }


def _number(text: str, least: int, most: int, otherwise: int) -> int:
    if not text:
        return otherwise
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= most:
        raise FilterUnusable
    return int(text)
