"""The one place where a node's parts are chosen and joined."""

import logging
import os
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from yika_common.clock import Clock
from yika_common.errors import YikaError
from yika_common.infra.collecting import without_collecting
from yika_common.infra.entropy import RandomSource
from yika_common.infra.passwords import Cost
from yika_common.infra.wall_clock import system_elapsed
from yika_common.journal.bodies import Boot
from yika_common.readers.port import NamedReader
from yika_common.values import dataclass
from yika_node.config import Config, load
from yika_node.db.customer_queries import CustomerQueries
from yika_node.db.folder_lock import hold_folder
from yika_node.db.journal import Journal
from yika_node.db.sentinel import Sentinel
from yika_node.db.start import Start, read_start
from yika_node.db.store import Store, needs_update, open_store
from yika_node.hardware.readers import reader_at
from yika_node.services.account_desk import AccountDesk
from yika_node.services.adoption import Adoption
from yika_node.services.amendments import Amendments
from yika_node.services.approvals import ApprovalBook
from yika_node.services.backup_state import Safekeeping
from yika_node.services.card_desk import CardDesk
from yika_node.services.card_life import CardLife
from yika_node.services.card_shelf import CardShelf
from yika_node.services.card_standing import CardStandings
from yika_node.services.counter import Counter
from yika_node.services.courier import Courier, UplinkTo, stop_or_go
from yika_node.services.customers import Customers
from yika_node.services.day_rule import rule_of_days
from yika_node.services.enquiries import Enquiries
from yika_node.services.enrolment import Enrolment
from yika_node.services.keyring import KeyRing
from yika_node.services.known_accounts import KnownAccounts
from yika_node.services.lockout import Elapsed, Lockout
from yika_node.services.notices import Notices
from yika_node.services.offline_allowance import OfflineAllowance
from yika_node.services.price_basis import PriceBasis
from yika_node.services.pricing import Pricing
from yika_node.services.printers import Printers
from yika_node.services.reader_test import ReaderTest
from yika_node.services.receipt_codes import ReceiptCodes
from yika_node.services.recovery import verdict
from yika_node.services.right_uses import RightUses
from yika_node.services.roster import Roster
from yika_node.services.sales_desk import SalesDesk
from yika_node.services.segments import Cutter
from yika_node.services.settings_shelf import SettingsShelf
from yika_node.services.settlement import Judge, Settlement
from yika_node.services.shift_guard import ShiftGuard
from yika_node.services.staff_desk import StaffDesk
from yika_node.services.standing import Standing
from yika_node.services.state_views import NodeState
from yika_node.services.stick import Stick
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.timekeeping import TrustedClock
from yika_node.services.views import Age
from yika_node.services.vouchers import check_vouchers
from yika_node.uplink import HttpUplink
from yika_node.vault import Vault

_INCARNATION_SIZE = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Node:
    """One vending point, wired; whoever built it closes it."""

    folder: Path
    config: Config
    clock: TrustedClock
    journal: Journal
    queries: CustomerQueries
    standing: Standing
    vault: Vault
    keyring: KeyRing
    enrolment: Enrolment
    staff: StaffDesk
    roster: Roster
    uses: RightUses
    lockout: Lockout
    accounts: AccountDesk
    amendments: Amendments
    approvals: ApprovalBook
    cards: CardDesk
    life: CardLife
    notices: Notices
    sales: SalesDesk
    enquiries: Enquiries
    receipt_codes: ReceiptCodes
    tariffs: TariffShelf
    settings: SettingsShelf
    customers: Customers
    courier: Courier
    stick: Stick
    reader: NamedReader
    reader_test: ReaderTest
    printers: Printers
    safekeeping: Safekeeping
    guard: ShiftGuard
    allowance: OfflineAllowance
    store: Store
    lock: int

    def state(self) -> NodeState:
        """What the chips on every page say."""
        enrolled = self.standing.enrolled
        return NodeState(
            enrolled=enrolled,
            node=self.standing.membership.node if enrolled else "",
            areas=self.standing.membership.certificate.areas if enrolled else (),
            locked=self.vault.locked,
            refusal=self.journal.refusal,
            pending=len(self.queries.pending()),
            sync=self.courier.state() if enrolled else None,
            tariffs=self.tariffs.age() if enrolled else Age.FRESH,
        )

    def warm_up(self) -> None:
        """Load what the first page does without: SQLAlchemy.

        Any page may be asked for meanwhile; one that reads tables waits for the rest.

        Raises:
            DatabaseBusy, DatabaseDamaged and their like: the next page that reads will say so.
        """
        with without_collecting():
            self.queries.pending()

    def close(self) -> None:
        """Sign everybody out, close the database and let go of the data folder."""
        self.staff.lock()
        self.printers.close()
        self.journal.close()
        self.store.close()
        self.reader.close()
        os.close(self.lock)


def build(
    folder: Path,
    *,
    clock: Clock,
    random: RandomSource,
    reader: NamedReader | None = None,
    uplinks: UplinkTo = HttpUplink,
    cost: Cost | None = None,
    judge: Judge = verdict,
    elapsed: Elapsed = system_elapsed,
) -> Node:
    """The node of a data folder, enrolled or not.

    Args:
        folder: the data folder; made if it is missing.
        clock: the wall clock.
        random: unpredictable bytes.
        reader: the card reader; None: the one that the configuration names.
        uplinks: gives the wire to an address.
        cost: what guessing a password costs; None: the usual.
        judge: decides about pending sales.
        elapsed: seconds that have passed, whatever the clock is set to.

    Raises:
        ConfigurationUnreadable, UnknownSetting, WrongSetting, AlreadyRunning, NotDurable,
        StrangersFile, TablesTooNew, DatabaseDamaged:
            nothing was started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = load(folder)
    lock = hold_folder(folder)
    try:
        if needs_update(folder):
            _keep_before_update(folder, config, clock, random)
        store = open_store(folder)
        outside = _Outside(
            clock=TrustedClock(clock),
            random=random,
            reader=reader or _configured_reader(config),
            uplinks=uplinks,
            cost=cost,
            judge=judge,
            elapsed=elapsed,
        )
        return _join(folder, config, lock, store, outside)
    except BaseException:
        os.close(lock)
        raise


@dataclass(frozen=True, slots=True)
class _Outside:
    """What a test replaces."""

    clock: TrustedClock
    random: RandomSource
    reader: NamedReader
    uplinks: UplinkTo
    cost: Cost | None
    judge: Judge
    elapsed: Elapsed


def _keep_before_update(folder: Path, config: Config, clock: Clock, random: RandomSource) -> None:
    """Make a backup before a newer program changes the tables; selling does not wait for one."""
    from yika_node.services.safekeeping import Keeper  # noqa: PLC0415 - once in an update

    try:
        Keeper(folder, clock, random, config.backup.second_place).keep()
    except YikaError as failure:
        _log.warning("no_backup_before_update", extra={"facts": {"code": failure.code}})


def _configured_reader(config: Config) -> NamedReader:
    named = config.reader
    return reader_at(named.port, named.protocol, named.parallel_mode)


def _join(folder: Path, config: Config, lock: int, store: Store, outside: _Outside) -> Node:
    clock, random, wires = outside.clock, outside.random, outside.uplinks
    incarnation, software = random(_INCARNATION_SIZE).hex(), f"yika {version('yika')}"
    boot = Boot(software=software, incarnation=incarnation)
    ground = _ground(folder, store, outside)
    journal, queries, standing, vault, keyring, card_shelf, shelf, settings, customers = ground
    adoption = Adoption(
        journal, queries, standing, vault, keyring, shelf, settings, card_shelf, customers, clock
    )
    cutter = Cutter(queries, standing, vault, clock, incarnation, software)
    courier = Courier(journal, queries, standing, cutter, adoption, wires, clock, random)
    lockout = Lockout(journal, queries, clock, outside.elapsed)
    roster, staff = _staff(ground, lockout, clock, boot)
    enrolment = Enrolment(folder, journal, standing, vault, staff, adoption, wires, clock)
    accounts = _account_desk(ground, store, outside)
    enquiries = Enquiries(queries, standing, accounts, shelf)
    settlement = Settlement(journal, queries, standing, keyring, customers, clock, outside.judge)
    counter, standings = Counter(outside.reader, random), CardStandings(store, queries)
    notices = _noticed(standings, card_shelf, journal, clock, courier, config)
    cards = CardDesk(counter, journal, queries, keyring, accounts, settlement, standings, clock)
    approvals = ApprovalBook(clock, random)
    return Node(
        folder=folder,
        config=config,
        clock=clock,
        journal=journal,
        queries=queries,
        standing=standing,
        vault=vault,
        keyring=keyring,
        enrolment=enrolment,
        staff=staff,
        roster=roster,
        uses=RightUses(journal, clock),
        lockout=lockout,
        accounts=accounts,
        amendments=Amendments(journal, accounts, clock),
        approvals=approvals,
        cards=cards,
        life=CardLife(cards, settings, approvals, card_shelf.levels),
        notices=notices,
        sales=_selling(ground, cards, enquiries, approvals, clock),
        enquiries=enquiries,
        receipt_codes=ReceiptCodes(queries, standing, vault),
        tariffs=shelf,
        settings=settings,
        customers=customers,
        courier=courier,
        stick=Stick(queries, standing, cutter, courier, adoption, random),
        reader=outside.reader,
        reader_test=ReaderTest(outside.reader, counter, clock),
        printers=Printers(config, folder),
        safekeeping=Safekeeping(folder),
        guard=_guarded(journal, store, clock, config, PriceBasis(shelf, settings, software)),
        allowance=_allowed(journal, store, settings, clock),
        store=store,
        lock=lock,
    )


class _Ground(NamedTuple):
    """What the desks stand on."""

    journal: Journal
    queries: CustomerQueries
    standing: Standing
    vault: Vault
    keyring: KeyRing
    card_shelf: CardShelf
    shelf: TariffShelf
    settings: SettingsShelf
    customers: Customers


def _ground(folder: Path, store: Store, outside: _Outside) -> _Ground:
    start = read_start(store.path)
    queries, standing = CustomerQueries(store), Standing(start.enrolled)
    vault = Vault(folder, outside.random, outside.cost)
    journal = _journal(folder, store, start, standing, vault, outside.clock)
    card_shelf = CardShelf(queries, standing, vault)
    keyring = KeyRing(queries, standing, vault, card_shelf)
    shelf = TariffShelf(queries, standing, outside.clock)
    settings, personal = SettingsShelf(queries, standing), keyring.personal_key
    customers = Customers(journal, queries, standing, vault, outside.random, personal)
    return _Ground(
        journal, queries, standing, vault, keyring, card_shelf, shelf, settings, customers
    )


def _staff(on: _Ground, lockout: Lockout, clock: Clock, boot: Boot) -> tuple[Roster, StaffDesk]:
    """Who may work here: by headquarters' list, and by the operators' passwords."""
    roster = Roster(on.queries, on.standing, on.vault, on.settings, clock)
    on.keyring.at_forgetting.append(roster.forget)
    return roster, StaffDesk(*on[:5], clock, lockout, roster=roster, boot=boot)


def _account_desk(on: _Ground, store: Store, outside: _Outside) -> AccountDesk:
    return AccountDesk(
        on.journal,
        on.queries,
        KnownAccounts(on.queries, on.keyring, on.customers, on.standing),
        on.standing,
        on.keyring,
        on.shelf,
        outside.clock,
        outside.random,
        store=store,
        customers=on.customers,
    )


def _selling(
    on: _Ground, cards: CardDesk, enquiries: Enquiries, approvals: ApprovalBook, clock: Clock
) -> SalesDesk:
    pricing = Pricing(on.queries, on.shelf, on.settings, on.card_shelf.levels)
    books = (on.journal, on.queries, on.keyring, on.standing)
    return SalesDesk(cards, *books, pricing, enquiries, approvals, clock)


def _noticed(
    standings: CardStandings,
    shelf: CardShelf,
    journal: Journal,
    clock: Clock,
    courier: Courier,
    config: Config,
) -> Notices:
    """Headquarters' notices, heard wherever it is asked whether a card may be sold to."""
    zone = ZoneInfo(config.place.time_zone)
    notices = Notices(shelf, lambda: standings.book, journal, clock, courier.heard_at, zone)
    standings.notices = notices
    return notices


def _allowed(
    journal: Journal, store: Store, settings: SettingsShelf, clock: Clock
) -> OfflineAllowance:
    """Without headquarters' answer no more is sold than its settings allow."""
    allowance = OfflineAllowance(store, settings.settings, clock)
    journal.obey(allowance.rule)
    return allowance


def _guarded(
    journal: Journal, store: Store, clock: Clock, config: Config, basis: PriceBasis
) -> ShiftGuard:
    """Money moves in open shifts only, where the configuration says so."""
    guard = ShiftGuard(store, clock, config.place.zone, basis.at, on=config.cash.shifts)
    journal.precede(guard.ahead)
    journal.obey(guard.rule)
    journal.obey(rule_of_days(config.place.zone))
    journal.obey(check_vouchers)
    return guard


def _journal(
    folder: Path,
    store: Store,
    start: Start,
    standing: Standing,
    vault: Vault,
    clock: TrustedClock,
) -> Journal:
    """The journal, with the clock and headquarters' last word carried over from before."""
    identity = standing.membership.identity() if standing.enrolled else None
    journal = Journal(store.path, Sentinel(folder), vault.signing_key, identity)
    clock.recorded(start.recorded_at)
    if start.last_word is not None:
        clock.headquarters_said(start.last_word.headquarters_at)
        stop_or_go(journal, start.last_word.status)
    return journal
