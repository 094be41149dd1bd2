"""An account with all that is known of it here: our own journal, and what headquarters tells.

Facts amended here hold until headquarters' sheet reflects a record at least as late; limits are
taken from whichever side set them last; the account's card is the one of the highest generation.
So with who holds it; what one side knows as closed is closed, and a hold is over that one side
knows to be lifted.  An account opened elsewhere is known by its sheet alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from yika_common.clock import from_timestamp
from yika_common.journal.bodies import AccountFacts
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.customers import CLOSED, AccountSheet, HoldSheet, LostSale, OwnLimit
from yika_common.sync.personal_data import Person, open_person, open_words
from yika_node.db.customer_queries import CustomerQueries
from yika_node.errors import VaultLocked
from yika_node.services.customers import Customers
from yika_node.services.errors import KeysNotHeld
from yika_node.services.keyring import KeyRing
from yika_node.services.rows import account_of
from yika_node.services.standing import Standing
from yika_node.services.views import Account, HoldView, MeterView

if TYPE_CHECKING:
    from yika_node.db import rows


class KnownAccounts:
    """Joins the two sources; changes nothing."""

    def __init__(
        self,
        queries: CustomerQueries,
        keyring: KeyRing,
        customers: Customers,
        standing: Standing,
    ) -> None:
        self._queries = queries
        self._standing = standing
        self._keyring = keyring
        self._customers = customers

    def get(self, number: str) -> Account | None:
        """One account; those opened elsewhere only while somebody is signed in."""
        found = self._queries.account(number)
        told = self._told(number)
        if found is not None:
            return self._whole(account_of(*found, self._person), told, _generation(found[2]))
        if told is None:
            return None
        account, issued = account_of_sheet(told), self._queries.newest_card(number)
        if issued is not None and issued.generation > told.generation:
            account = replace(account, card=issued.number)
        return self._whole(account, told, max(told.generation, _generation(issued)))

    def number_of_card(self, card: str) -> str | None:
        """The account that a card was issued to, here or elsewhere."""
        issued = self._queries.card(card)
        if issued is not None:
            return issued.account
        try:
            return self._customers.account_of_card(card)
        except VaultLocked:
            return None

    def number_of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, opened here or elsewhere."""
        return self._queries.account_of_meter(meter) or self._customers.account_of_meter(meter)

    def numbers(self, after: str, limit: int) -> tuple[str, ...]:
        """The next so many accounts above a number, opened here or elsewhere, in order."""
        here = self._queries.account_numbers(after, limit)
        return tuple(islice(heapq.merge(here, self._elsewhere(after)), limit))

    def _elsewhere(self, after: str) -> Iterator[str]:
        try:
            for sheet in self._customers.elsewhere(after):
                yield account_of_sheet(sheet).number
        except VaultLocked:
            return

    def _told(self, number: str) -> AccountSheet | None:
        try:
            return self._customers.sheet(number)
        except VaultLocked:
            return None

    def _whole(self, account: Account, told: AccountSheet | None, generation: int) -> Account:
        account = replace(account, told=told, limits=self._limits(account.number, told))
        if told is not None:
            # A meter that was replaced elsewhere may have been replaced again here since.
            account = replace(account, meters=meters_of_sheet(told))
            if told.generation > generation:
                account = replace(account, card=told.card)
        account = self._lived(replace(account, meters=self._meters(account)), told)
        own = self._queries.facts(account.number)
        if own is not None and (told is None or own.at > told.facts_at):
            return _with_facts(account, _facts_of(own), own.at)
        return account if told is None else _with_facts(account, told.facts, told.facts_at)

    def _lived(self, account: Account, told: AccountSheet | None) -> Account:
        """The account as it stands after all that became of it."""
        own = self._queries.account_state(account.number)
        status, at, community = own[0:2] + own[4:] if own else ("", 0, "")
        if told is not None and status != CLOSED and told.status_at >= at:
            status, at = told.status, told.status_at
        person, who_at = account.person, 0
        if own is not None and own.who:
            who_at, person = own.who_at, self._opened(own.who, account.number)
        if told is not None and told.holder_at > who_at:
            person, community = told.person, told.community
        return replace(
            account,
            person=person,
            community=community or (told.community if told else ""),
            status=status,
            status_at=from_timestamp(at) if at else None,
            holds=self._holds(account.number, told),
        )

    def _holds(self, account: str, told: AccountSheet | None) -> tuple[HoldView, ...]:
        """The holds that neither side knows to be lifted."""
        here = self._standing.membership.node
        rows = self._queries.account_holds(account)
        known = {(row.node or here, row.epoch, row.seq) for row in rows}
        lifted = set(told.lifted) if told else set[LostSale]()
        own = [
            HoldSheet(*row[:4], row.until, row.lifter, self._words(row.words, account))
            for row in rows
            if row.lifted_at is None and (here, row.epoch, row.seq) not in lifted
        ]
        elsewhere = [
            hold
            for hold in (told.holds if told else ())
            if (hold.node, hold.epoch, hold.seq) not in known
        ]
        return tuple(
            HoldView(*hold[:4], from_timestamp(hold.until) if hold.until else None, *hold[5:])
            for hold in (*own, *elsewhere)
        )

    def _words(self, sealed: str, account: str) -> str:
        try:
            return open_words(sealed, self._keyring.personal_key(), account)
        except (VaultLocked, KeysNotHeld, SealBroken):
            return ""

    def _meters(self, account: Account) -> tuple[MeterView, ...]:
        """The account's meters, with those that were replaced here since."""
        meters = {view.slot: view for view in account.meters}
        for swap in self._queries.swaps(account.number):
            shown = meters.get(swap.slot)
            if shown is not None and shown.meter == swap.old:
                meters[swap.slot] = replace(shown, meter=swap.new)
        return tuple(meters.values())

    def _limits(self, number: str, told: AccountSheet | None) -> tuple[OwnLimit, ...]:
        newest = {limit.service: limit for limit in (told.limits if told else ())}
        for row in self._queries.own_limits(number):
            limit = OwnLimit(
                service=Service(row.service),
                per_sale=row.per_sale,
                per_day=row.per_day,
                per_month=row.per_month,
                per_cycle=row.per_cycle,
                at=row.at,
                until=row.until,
            )
            known = newest.get(limit.service)
            if known is None or limit.at > known.at:
                newest[limit.service] = limit
        return tuple(newest[service] for service in sorted(newest))

    def _person(self, row: rows.Account) -> Person | None:
        return self._opened(row.who, row.number)

    def _opened(self, sealed: str, account: str) -> Person | None:
        try:
            return open_person(sealed, self._keyring.personal_key(), account)
        except (VaultLocked, KeysNotHeld, SealBroken, FileMalformed):
            return None


def meters_of_sheet(sheet: AccountSheet) -> tuple[MeterView, ...]:
    """The meters that a sheet names."""
    return tuple(
        MeterView(meter.slot, Service(meter.service), meter.meter) for meter in sheet.meters
    )


def account_of_sheet(sheet: AccountSheet) -> Account:
    """The account that a sheet is about."""
    account = Account(
        number=sheet.account,
        area=sheet.area,
        tariff_class=sheet.tariff_class,
        profile=sheet.profile,
        persons=sheet.persons,
        area_m2=Quantity(sheet.inner_area) or None,
        meters=meters_of_sheet(sheet),
        person=sheet.person,
        card=sheet.card or None,
        opened_at=from_timestamp(sheet.opened),
        operator="",
        home=sheet.node,
        told=sheet,
    )
    return _with_facts(account, sheet.facts, sheet.facts_at)


def _with_facts(account: Account, facts: AccountFacts, at: int) -> Account:
    return replace(
        account,
        tariff_class=facts.tariff_class,
        persons=facts.persons,
        area_m2=Quantity(facts.inner_area) or None,
        facts=facts,
        facts_at=from_timestamp(at) if at else None,
    )


def _facts_of(row: rows.AccountFacts) -> AccountFacts:
    return AccountFacts(
        account=row.account,
        tariff_class=row.tariff_class,
        persons=row.persons,
        persons_until=row.persons_until,
        inner_area=row.inner_area,
        gross_area=row.gross_area,
        heat_class=row.heat_class,
        heat_from=row.heat_from,
        suspended=tuple(int(year) for year in row.suspended.split()),
        equipment=row.equipment,
        reason=row.reason,
        quota_from=row.quota_from,
        mixed=row.mixed,
    )


def _generation(card: rows.Card | None) -> int:
    return 0 if card is None else card.generation
