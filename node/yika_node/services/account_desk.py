"""Opening and finding accounts (开户)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from yika_common.accounts import account_number
from yika_common.clock import Clock
from yika_common.infra.entropy import RandomSource
from yika_common.journal.bodies import COMMUNITY_MAX, AccountOpened, SlotOpened
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service, services_of_place
from yika_common.sync.personal_data import Person, seal_person
from yika_common.tariffs.mixture import Mixture
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.journal import Journal
from yika_node.db.store import Store
from yika_node.errors import VaultLocked
from yika_node.services.allowed import check_services
from yika_node.services.customers import Customers
from yika_node.services.errors import (
    AccountFormIncomplete,
    AccountUnknown,
    KeysNotHeld,
    MeterOfAnotherService,
    MeterTaken,
    MeterUnknown,
)
from yika_node.services.keyring import KeyRing
from yika_node.services.known_accounts import KnownAccounts
from yika_node.services.standing import Standing
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, AccountForm, Page

if TYPE_CHECKING:
    from yika_node.services.account_finder import AccountFinder
    from yika_node.services.undo_files import UndoFiles

PERSONS_MAX: Final = 99
REASON_MAX: Final = 200
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
        *,
        store: Store,
        customers: Customers,
    ) -> None:
        self._store = store
        self._customers = customers
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
                ServiceNotAllowed, AddressTaken: nothing was opened.
            VaultLocked, KeysNotHeld, NotEnrolled, NodeRestored, DiskFull: nothing was opened.
        """
        return self.open_all(operator, [form])[0]

    def open_all(self, operator: str, forms: Sequence[AccountForm]) -> tuple[Account, ...]:
        """Open several accounts in one commit: all of them, or none; raises as :meth:`open`."""
        with self._lock:
            first = self._queries.accounts_opened() + 1
            bodies = [self._body(form, first + at) for at, form in enumerate(forms)]
            self._journal.append(bodies, at=self._clock(), operator=operator)
        return tuple(self.get(body.account) for body in bodies)

    def check(self, form: AccountForm) -> str:
        """See that the account could be opened; gives what its premises are known by.

        Raises:
            those of :meth:`open`.
        """
        return self._body(form, self._queries.accounts_opened() + 1).premises

    def _body(self, form: AccountForm, sequence: int) -> AccountOpened:
        """The record of an account, the ``sequence``-th that this journal opens."""
        self._check(form)
        meters = tuple(
            SlotOpened(slot, self._meter_for(form.profile, slot, meter), meter)
            for slot, meter in sorted(form.meters)
        )
        check_services(self._standing, (meter.service for meter in meters))
        membership = self._standing.membership
        number = account_number(membership.node, membership.epoch, sequence)
        premises = self.premises(form.person, form.area, form.community)
        self.check_address(premises, number, form.reason)
        key = self._keyring.personal_key()
        return AccountOpened(
            account=number,
            area=form.area,
            tariff_class=form.tariff_class,
            profile=form.profile,
            persons=form.persons,
            heated_area=form.area_m2 or 0,
            meters=meters,
            who=seal_person(form.person, key, number, self._random),
            community=form.community,
            premises=premises,
            reason=form.reason,
        )

    def premises(self, person: Person, area: str, community: str) -> str:
        """What somebody's premises are known by; empty where no address is given.

        Raises:
            VaultLocked, KeysNotHeld, NotEnrolled: nothing can be told.
        """
        from yika_common.sync.addresses import premises_key  # noqa: PLC0415 - few accounts

        return premises_key(person, area, community, self._keyring.personal_key())

    def check_address(self, premises: str, account: str, reason: str) -> None:
        """Let an account be at these premises.

        Raises:
            AddressTaken: another one is, and no reason is given for a second.
        """
        there = self._queries.account_at(premises, account) if premises else None
        if there is not None and not reason:
            from yika_node.services.life_errors import AddressTaken  # noqa: PLC0415 - then

            raise AddressTaken(account=there)

    def check_community(self, community: str) -> None:
        """Let a community have this code; raises AccountFormIncomplete."""
        if not _is_line(community, COMMUNITY_MAX):
            raise AccountFormIncomplete(field="community")

    @property
    def here(self) -> str:
        """This vending point."""
        return self._standing.membership.node

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
        """Accounts in which every word of the text occurs, in the order of their numbers.

        Without a text all accounts.  Words are sought in number, card, meters, name and its
        initials, phone, address, document and contract, while somebody is signed in.
        """
        if text.strip():
            try:
                numbers = self.finder.numbers(text, after or "", limit)
            except (VaultLocked, KeysNotHeld):
                numbers = ()
        else:
            numbers = self._known.numbers(after or "", limit)
        rows = tuple(self.get(number) for number in numbers)
        return Page(rows, numbers[-1] if len(numbers) == limit else None)

    @cached_property
    def finder(self) -> AccountFinder:
        """Finds accounts by a few letters; made when somebody seeks."""
        from yika_node.services.account_finder import AccountFinder  # noqa: PLC0415 - see above

        return AccountFinder(self._store, self._customers, self._keyring)

    @cached_property
    def undo_files(self) -> UndoFiles:
        """What takes tables back; made with the first of these."""
        from yika_node.services.undo_files import UndoFiles  # noqa: PLC0415 - see above

        return UndoFiles(self._random)

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

    def check_mixture(self, account: Account, tariff_class: str, mixture: Mixture) -> None:
        """Whether a second class can have a part of a service of the account now.

        Raises:
            NoTariffInForce, TariffsClash, CannotBeMixed: it cannot.
        """
        book, service = self._shelf.book(), mixture.service
        book.in_force(service, tariff_class, account.area, self._clock(), mixture)

    def _check(self, form: AccountForm) -> None:
        if form.area not in self.areas():
            raise AccountFormIncomplete(field="area")
        if form.tariff_class not in self.classes():
            raise AccountFormIncomplete(field="tariff_class")
        if form.profile not in PROFILES:
            raise AccountFormIncomplete(field="profile")
        if not 0 <= form.persons <= PERSONS_MAX:
            raise AccountFormIncomplete(field="persons")
        if form.area_m2 is not None and not 0 < form.area_m2 <= AREA_MAX:
            raise AccountFormIncomplete(field="area_m2")
        self.check_community(form.community)
        if not _is_line(form.reason, REASON_MAX):
            raise AccountFormIncomplete(field="same_address")
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


def _is_line(text: str, most: int) -> bool:
    return len(text) <= most and (not text or text.isprintable())


def person_of_form(**texts: str) -> Person:
    """The holder of an account, as typed; the names are those of :class:`Person`.

    Raises:
        AccountFormIncomplete: names the first text that is missing, too long or not printable.
    """
    for field, text in texts.items():
        others = {"name": "x"} | {field: text.strip()}
        try:
            Person(**others)
        except ValueError as cause:
            raise AccountFormIncomplete(field=field) from cause
    return Person(**{field: text.strip() for field, text in texts.items()})
