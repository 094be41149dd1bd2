"""The one place where the parts of headquarters are chosen and joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from yika_central.config import Config, read_config
from yika_central.db.database import Database, open_database
from yika_central.errors import AlreadyInitialised, FolderNotReady
from yika_central.services.accounting import Accounting
from yika_central.services.adjustments import Adjustments
from yika_central.services.approval_office import ApprovalOffice
from yika_central.services.card_register import CardRegister
from yika_central.services.complaint_office import ComplaintOffice
from yika_central.services.debt_office import DebtOffice
from yika_central.services.detection import Detection
from yika_central.services.duplicate_finder import DuplicateFinder
from yika_central.services.duplicate_views import Duplicates
from yika_central.services.enquiries import Enquiries
from yika_central.services.enrolment import Enrolment
from yika_central.services.inspection import Inspection
from yika_central.services.key_room import (
    SECRETS_FILE,
    TARIFF_THRESHOLD,
    KeyRoom,
    make_key_room,
    open_key_room,
)
from yika_central.services.level_office import LevelOffice
from yika_central.services.merging import Merging
from yika_central.services.network_office import NetworkOffice
from yika_central.services.notice_desk import NoticeDesk
from yika_central.services.over_use import OverUses
from yika_central.services.person_office import PersonOffice
from yika_central.services.phone_room import PhoneRoom
from yika_central.services.policies import Policies
from yika_central.services.reconciliation import Reconciliation
from yika_central.services.registry import Registry
from yika_central.services.report_office import ReportOffice
from yika_central.services.rerating import Rerating
from yika_central.services.rulings import Rulings
from yika_central.services.settings_office import SettingsOffice
from yika_central.services.settlement import Settling
from yika_central.services.special_office import SpecialOffice
from yika_central.services.staff import Credential, Staff
from yika_central.services.stick import Stick
from yika_central.services.stock import Stock
from yika_central.services.tariff_office import TariffOffice
from yika_central.services.tool_desk import ToolDesk
from yika_central.services.two_persons import TwoPersons
from yika_common.clock import Clock
from yika_common.infra.entropy import RandomSource, system_random
from yika_common.infra.migrations import upgrade
from yika_common.infra.passwords import Cost
from yika_common.infra.wall_clock import system_clock

MIGRATIONS = "yika_central.db.migrations"
SOFTWARE = f"Yika {version('yika')}"


@dataclass(frozen=True, slots=True)
class Headquarters:
    """Headquarters, wired."""

    folder: Path
    config: Config
    database: Database
    clock: Clock
    random: RandomSource
    keys: KeyRoom
    staff: Staff
    registry: Registry
    stock: Stock
    enrolment: Enrolment
    tariff_office: TariffOffice
    settings_office: SettingsOffice
    reconciliation: Reconciliation
    stick: Stick
    inspection: Inspection
    rerating: Rerating
    settling: Settling
    policies: Policies
    adjustments: Adjustments
    debt_office: DebtOffice
    over_uses: OverUses
    accounting: Accounting
    rulings: Rulings
    duplicate_finder: DuplicateFinder
    duplicates: Duplicates
    merging: Merging
    complaint_office: ComplaintOffice
    tool_desk: ToolDesk
    special_office: SpecialOffice
    level_office: LevelOffice
    network_office: NetworkOffice
    notice_desk: NoticeDesk
    card_register: CardRegister
    detection: Detection
    report_office: ReportOffice
    enquiries: Enquiries
    person_office: PersonOffice
    phone_room: PhoneRoom
    approval_office: ApprovalOffice

    def close(self) -> None:
        """Give back the database's connections."""
        self.database.close()


def build(
    folder: Path,
    *,
    clock: Clock = system_clock,
    random: RandomSource = system_random,
    database_url: str | None = None,
) -> Headquarters:
    """Headquarters on a data folder; ``database_url`` overrules its configuration.

    The tables are brought up to date on the way.

    Raises:
        FolderNotReady: the folder was never initialised.
        WrongSetting, SecretsDamaged, TablesTooNew, DatabaseAway: it cannot be used as it is.
    """
    if not (folder / SECRETS_FILE).exists():
        raise FolderNotReady(folder=str(folder))
    config = read_config(folder)
    keys = open_key_room(folder)
    database = open_database(config.database_url if database_url is None else database_url, folder)
    upgrade(database.engine, MIGRATIONS)
    return _join(folder, config, database, keys, clock, random)


def _join(
    folder: Path,
    config: Config,
    database: Database,
    keys: KeyRoom,
    clock: Clock,
    random: RandomSource,
) -> Headquarters:
    staff = Staff(database, clock, random, _cost(config))
    registry = Registry(database, keys, clock)
    reconciliation = Reconciliation(database, keys, registry)
    zone = ZoneInfo(config.time_zone)
    enrolment = Enrolment(database, keys, registry, clock, random)
    settling = Settling(database, clock, zone)
    persons = TwoPersons(staff, config.two_persons_above)
    phone_room = PhoneRoom(database, keys, persons, clock)
    return Headquarters(
        folder=folder,
        config=config,
        database=database,
        clock=clock,
        random=random,
        keys=keys,
        staff=staff,
        registry=registry,
        stock=Stock(database, keys, registry, clock),
        enrolment=enrolment,
        tariff_office=TariffOffice(database, keys, staff, registry, clock),
        settings_office=SettingsOffice(database, keys, registry, clock),
        reconciliation=reconciliation,
        stick=Stick(database, reconciliation, registry),
        inspection=Inspection(database),
        rerating=Rerating(database, clock, zone),
        settling=settling,
        policies=Policies(database, clock),
        adjustments=Adjustments(database, persons, clock, zone),
        debt_office=DebtOffice(database, persons, clock, zone),
        over_uses=OverUses(database),
        accounting=Accounting(database, settling, clock, zone),
        rulings=Rulings(database, persons, clock),
        duplicate_finder=DuplicateFinder(database, keys, clock),
        duplicates=Duplicates(database, keys, clock, zone),
        merging=Merging(database, persons, clock, zone),
        complaint_office=ComplaintOffice(database, keys, persons, clock, zone),
        tool_desk=ToolDesk(database, keys, registry, persons, clock, zone),
        special_office=SpecialOffice(database, keys, enrolment, clock, random),
        level_office=LevelOffice(database, clock),
        network_office=NetworkOffice(database, clock, zone),
        notice_desk=NoticeDesk(database, clock, zone),
        card_register=CardRegister(database),
        detection=Detection(database, clock),
        report_office=ReportOffice(database, clock, zone, software=SOFTWARE),
        enquiries=Enquiries(database, clock, zone),
        person_office=PersonOffice(database, clock),
        phone_room=phone_room,
        approval_office=ApprovalOffice(database, keys, persons, phone_room, clock),
    )


def initialise(
    folder: Path,
    *,
    administrator: Credential,
    officers: Sequence[Credential],
    clock: Clock = system_clock,
    random: RandomSource = system_random,
    database_url: str | None = None,
) -> Headquarters:
    """Set up a new headquarters: tables, keys, root document, its first people.

    The keys are written last: a folder that has them is complete.

    Raises:
        AlreadyInitialised: the folder has keys; nothing was changed.
        PasswordTooShort, PasswordTooLong, NameTaken: nothing is usable yet; run it again.
        ValueError: fewer officers than a tariff needs.
    """
    if (folder / SECRETS_FILE).exists():
        raise AlreadyInitialised(folder=str(folder))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = read_config(folder)
    database = open_database(config.database_url if database_url is None else database_url, folder)
    upgrade(database.engine, MIGRATIONS)
    staff = Staff(database, clock, random, _cost(config))
    if len(officers) < TARIFF_THRESHOLD:
        raise ValueError(f"a tariff is signed by {TARIFF_THRESHOLD} persons")
    prepared = [staff.prepare_officer(credential) for credential in officers]
    staff.begin_anew(administrator, list(zip(prepared, officers, strict=True)))
    make_key_room(folder, {officer.name: officer.public for officer in prepared}, random)
    database.close()
    return build(folder, clock=clock, random=random, database_url=database_url)


def _cost(config: Config) -> Cost:
    return Cost(memory_kib=config.password_memory)
