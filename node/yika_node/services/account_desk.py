"""Opening and finding accounts (开户)."""

import heapq
import threading
from collections.abc import Iterable
from typing import Final

from yika_common.accounts import account_number
from yika_common.clock import Clock
from yika_common.infra.entropy import RandomSource
from yika_common.journal.bodies import AccountOpened, SlotOpened
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service, services_of_place
from yika_common.sync.personal_data import Person, seal_person
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Journal
from yika_node.services.allowed import check_services
from yika_node.services.errors import (
    AccountFormIncomplete,
    AccountUnknown,
    MeterOfAnotherService,
    MeterTaken,
    MeterUnknown,
)
from yika_node.services.keyring import KeyRing
from yika_node.services.known_accounts import KnownAccounts
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, AccountForm, Page

PERSONS_MAX: Final = 99
AREA_MAX: Final = Quantity(100_000_000)
"""Heated area, 1/1000 m²: a hundred thousand square metres."""


class AccountDesk:
    """Accounts of this vending point and its areas; opening one is one act at a time."""

    def __init__(
        self,
        journal: Journal,
        queries: CustomerQueries,
        known: KnownAccounts,
        standing: Standing,
        keyring: KeyRing,
        shelf: TariffShelf,
        clock: Clock,
        random: RandomSource,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._known = known
        self._standing = standing
        self._keyring = keyring
        self._shelf = shelf
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()

    def open(self, operator: str, form: AccountForm) -> Account:
        """Open an account; its card is issued separately.

        Raises:
            AccountFormIncomplete, MeterUnknown, MeterTaken, MeterOfAnotherService,
                ServiceNotAllowed: nothing was opened.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: nothing was opened.
        """
        with self._lock:
            self._check(form)
            meters = tuple(
                SlotOpened(slot, self._meter_for(form.profile, slot, meter), meter)
                for slot, meter in sorted(form.meters)
            )
            check_services(self._standing, (meter.service for meter in meters))
            membership = self._standing.membership
            sequence = self._queries.accounts_opened() + 1
            number = account_number(membership.node, membership.epoch, sequence)
            who = seal_person(form.person, self._keyring.personal_key(), number, self._random)
            body = AccountOpened(
                account=number,
                area=form.area,
                tariff_class=form.tariff_class,
                profile=form.profile,
                persons=form.persons,
                heated_area=form.area_m2 or 0,
                meters=meters,
                who=who,
            )
            self._journal.append([body], at=self._clock(), operator=operator)
        return self.get(number)

    def get(self, number: str) -> Account:
        """One account.

        Raises:
            AccountUnknown: it was neither opened here, nor does headquarters tell of it.
        """
        found = self._known.get(number)
        if found is None:
            raise AccountUnknown(number=number)
        return found

    def of_card(self, card: str) -> Account | None:
        """The account that a card was issued to, here or elsewhere."""
        number = self._known.number_of_card(card)
        return None if number is None else self.get(number)

    def of_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, or belonged to until it was replaced."""
        return self._known.number_of_meter(meter)

    def unit_of(self, meter: str, currency: str) -> str:
        """What a meter counts in, ``currency`` if it holds money; empty for one of no key here.

        Raises:
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        try:
            service = self._keyring.meter(meter).service
        except MeterUnknown:
            return ""
        number = self._known.number_of_meter(meter)
        account = None if number is None else self._known.get(number)
        return service.unit if account is None else self._shelf.unit(service, account, currency)

    def find(self, text: str, *, after: str | None = None, limit: int = 50) -> Page[Account]:
        """Accounts whose number, card, meter, name, phone, address or document holds the text.

        Personal data is searched while somebody is signed in, by opening it in memory.
        """
        wanted = text.strip().casefold()
        sources = (self._known.here(after or ""), self._known.elsewhere(after or "", wanted))
        found: list[Account] = []
        for account in heapq.merge(*sources, key=lambda account: account.number):
            if _matches(account, wanted):
                found.append(self.get(account.number))
                if len(found) == limit:
                    return Page(tuple(found), account.number)
        return Page(tuple(found), None)

    def free_meters(self, service: Service, limit: int = 20) -> tuple[str, ...]:
        """Meters of a service that this node holds keys for and that belong to nobody yet."""
        candidates = list(self._keyring.meters_of(service))
        taken = self._queries.meters_taken(candidates) | self._queries.told_meters(candidates)
        return tuple(meter for meter in candidates if meter not in taken)[:limit]

    def free_for_place(self, service: Service) -> tuple[str, ...]:
        """Free meters for a place on the card made for that service, of what may be sold here."""
        kinds = self.kinds_for_place(service)
        return tuple(meter for kind in kinds for meter in self.free_meters(kind))

    def kinds_for_place(self, service: Service) -> tuple[Service, ...]:
        """What may be sold here of what can be measured in a place made for that service."""
        allowed = self._standing.membership.certificate.services
        return tuple(kind for kind in services_of_place(service) if kind in allowed)

    def areas(self) -> tuple[str, ...]:
        """The areas that this vending point serves."""
        return self._standing.membership.certificate.areas

    def classes(self) -> tuple[str, ...]:
        """The classes of customers that have a tariff."""
        return self._shelf.classes()

    def _check(self, form: AccountForm) -> None:
        if form.area not in self.areas():
            raise AccountFormIncomplete(field="area")
        if form.tariff_class not in self.classes():
            raise AccountFormIncomplete(field="tariff_class")
        if form.profile not in PROFILES:
            raise AccountFormIncomplete(field="profile")
        if not 1 <= form.persons <= PERSONS_MAX:
            raise AccountFormIncomplete(field="persons")
        if form.area_m2 is not None and not 0 < form.area_m2 <= AREA_MAX:
            raise AccountFormIncomplete(field="area_m2")
        slots = [slot for slot, _ in form.meters]
        places = range(len(PROFILES[form.profile]))
        if not slots or len(set(slots)) != len(slots) or any(s not in places for s in slots):
            raise AccountFormIncomplete(field="meters")
        numbers = [meter for _, meter in form.meters]
        if len(set(numbers)) != len(numbers):
            raise AccountFormIncomplete(field="meters")

    def _meter_for(self, profile: int, slot: int, meter: str) -> Service:
        """The service of the slot, once the meter is one for it and free."""
        service = self._keyring.meter(meter).service
        if service not in services_of_place(PROFILES[profile][slot]):
            raise MeterOfAnotherService(meter=meter, place=slot + 1)
        holder = self.of_meter(meter)
        if holder is not None:
            raise MeterTaken(meter=meter, account=holder)
        return service


def person_of_form(name: str, phone: str, address: str, document: str) -> Person:
    """The holder of an account, as typed.

    Raises:
        AccountFormIncomplete: names the first text that is missing, too long or not printable.
    """
    texts = {"name": name, "phone": phone, "address": address, "document": document}
    for field, text in texts.items():
        others = {"name": "x"} | {field: text.strip()}
        try:
            Person(**others)
        except ValueError as cause:
            raise AccountFormIncomplete(field=field) from cause
    return Person(**{field: text.strip() for field, text in texts.items()})


def _matches(account: Account, wanted: str) -> bool:
    return any(wanted in text.casefold() for text in _texts(account))


def _texts(account: Account) -> Iterable[str]:
    yield account.number
    yield account.card or ""
    yield from (meter.meter for meter in account.meters)
    if account.person is not None:
        person = account.person
        yield from (person.name, person.phone, person.address, person.document)
