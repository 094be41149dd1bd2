"""What the desks hand to the faces: plain values, ready to be shown, never a row or a key.

Money, quantity and price are the integers of :mod:`yika_common.numbers`; every time is an aware
UTC time.  A page only formats them.
"""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from yika_common.cards.application import CardIdentity
from yika_common.cards.cut import Cut
from yika_common.cards.record import CreditRecord
from yika_common.cards.write_back import MeterStatus, WriteBack
from yika_common.clock import to_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import CARRYING, AccountFacts
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.sync.customers import AccountSheet, OwnLimit
from yika_common.sync.personal_data import Person
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.limits import Expiry
from yika_common.tariffs.mixture import Mixture, mixtures_of
from yika_common.values import dataclass


class Age(IntEnum):
    """Where a tariff stands between the times at which it expires; a greater one is worse."""

    FRESH = 0
    STALE = 1
    """It should have been replaced; it is sold by."""
    EXPIRED = 2
    """It is sold by only where the settings say so."""


class Level(IntEnum):
    """What an operator is; :mod:`yika_node.services.rights` says what each may do.

    The names stand in journals; the numbers mean nothing but themselves.
    """

    CLERK = 1
    SUPERVISOR = 2
    AUDITOR = 3
    MANAGER = 4
    TECHNICIAN = 5


class By(StrEnum):
    """How the customer said what he wants; the letter is the journal's."""

    MONEY = "m"
    QUANTITY = "q"


class SaleState(StrEnum):
    """Where one meter's sale stands; only PENDING still waits for the card."""

    PENDING = "pending"
    WRITTEN = "written"
    SUPERSEDED = "superseded"


class CardKind(StrEnum):
    """What kind of card lies in the reader."""

    BLANK = "blank"
    OURS = "ours"
    GUEST = "guest"
    """Of our areas; its account is not known here."""
    STRANGER = "stranger"
    """Of another area: it shows what it tells anybody."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may sign in; a ``temporary`` password must be changed before anything else."""

    name: str
    level: Level
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class MeterView:
    """A meter of an account and the slot of the card it answers to (0 to 7)."""

    slot: int
    service: Service
    meter: str


class HoldView(NamedTuple):
    """A hold on an account, named by the place of its record; ``node`` is empty for this one.

    ``until`` None: it has no end; ``words`` are empty while nobody can read them.
    """

    node: str
    epoch: int
    seq: int
    level: str
    until: datetime | None
    lifter: str
    words: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the counter sees it; ``person`` is None while the vault is locked.

    ``home`` is the vending point that opened it, empty for this one.  ``facts`` is what sets its
    prices since ``facts_at``; None of both: as it was opened.  ``told`` is headquarters' sheet,
    ``limits`` the account's own limits, one per service, whether or not their time is over.
    ``status`` is empty, or :data:`~yika_common.sync.customers.SUSPENDED` or ``CLOSED``; ``holds``
    are those that nobody lifted, whether or not their time is over.
    """

    number: str
    area: str
    tariff_class: str
    profile: int
    persons: int
    area_m2: Quantity | None
    meters: tuple[MeterView, ...]
    person: Person | None
    card: str | None
    opened_at: datetime
    operator: str
    home: str = ""
    facts: AccountFacts | None = None
    facts_at: datetime | None = None
    limits: tuple[OwnLimit, ...] = ()
    told: AccountSheet | None = None
    status: str = ""
    status_at: datetime | None = None
    community: str = ""
    holds: tuple[HoldView, ...] = ()

    @property
    def confirmed(self) -> bool:
        """Whether headquarters has told of it, so that other vending points know it too."""
        return self.told is not None

    def pricing_facts(self, zone: ZoneInfo) -> Facts:
        """What of the account sets its price; days are those of ``zone``."""
        opened = to_timestamp(self.opened_at)
        facts = self.facts
        if facts is None:
            area = self.area_m2 or 0
            return Facts.recorded(zone, opened=opened, persons=self.persons, inner_area=area)
        return Facts.recorded(
            zone,
            opened=opened,
            persons=facts.persons,
            persons_until=facts.persons_until,
            inner_area=facts.inner_area,
            gross_area=facts.gross_area,
            heat_class=facts.heat_class,
            heat_from=facts.heat_from,
            suspended=facts.suspended,
            equipment=facts.equipment,
            quota_from=facts.quota_from,
            mixed=facts.mixed,
        )

    def mixture_of(self, service: Service) -> Mixture | None:
        """The second class that has a part of the service; None: there is none."""
        mixed = mixtures_of(self.facts.mixed) if self.facts and self.facts.mixed else ()
        return next((one for one in mixed if one.service is service), None)

    def limit_of(self, service: Service, at: datetime) -> OwnLimit | None:
        """The account's own limits of a service at that moment."""
        now = to_timestamp(at)
        held = (limit for limit in self.limits if limit.service is service and limit.until > now)
        return next(held, None)


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What the clerk fills in to open an account; ``meters`` is slot to meter number.

    ``persons`` 0: nobody said; the household counts as the number its tariff includes.
    """

    person: Person
    area: str
    tariff_class: str
    profile: int
    persons: int
    area_m2: Quantity | None
    meters: tuple[tuple[int, str], ...]
    community: str = ""
    reason: str = ""
    """Why there is a second account at the address."""


@dataclass(frozen=True, slots=True)
class SlotView:
    """One meter's place on the card in the reader, as its record and write-back say.

    ``problem`` says why the record can't be used, ``write_back_problem`` the same of what the
    meter wrote; nothing is sold to a slot with a problem.  A ``bare`` card has no room to say more
    than count and total; ``cut`` says what else it has no room for.  Where a ``refund_waits`` for
    the meter, nothing is sold either.
    """

    slot: int
    service: Service
    meter: str
    record: CreditRecord | None
    write_back: WriteBack | None
    problem: YikaError | None = None
    write_back_problem: YikaError | None = None
    bare: bool = False
    refund_waits: bool = False
    cut: Cut = Cut.WHOLE

    @property
    def holds_money(self) -> bool:
        """Whether the meter was told to count money: its quantities are the currency's."""
        return self.record is not None and bool(self.record.parameters.price)

    @property
    def settings_wait(self) -> bool:
        """Whether the record brings the meter settings that it has not confirmed yet."""
        if self.record is None or not self.record.parameters.version:
            return False
        return self.record.parameters.version > self.settings_in_force

    @property
    def settings_in_force(self) -> int:
        """Version of the settings that the meter said it goes by; 0: it said none."""
        return 0 if self.write_back is None else self.write_back.parameter_version

    @property
    def transferred(self) -> bool:
        """Whether the meter has written that another one is to take its place."""
        status = None if self.write_back is None else self.write_back.reading.status
        return status is not None and MeterStatus.TRANSFERRED in status

    @property
    def count(self) -> int:
        """The purchase count n on the card; 0: nothing was ever sold."""
        return 0 if self.record is None else self.record.count

    @property
    def total(self) -> Quantity:
        """The lifetime total T on the card."""
        return Quantity(0) if self.record is None else self.record.total

    @property
    def waiting(self) -> Quantity | None:
        """What the meter has not taken yet; None when it never wrote back."""
        if self.write_back is None:
            return None
        return Quantity(max(0, self.total - self.write_back.reading.total))

    @property
    def unloaded(self) -> Quantity | None:
        """Credit on the card that its meter has not taken, as far as it told; None: none."""
        if self.record is None:
            return None
        taken, position = Quantity(0), (0, 0)
        if self.write_back is not None:
            taken, position = self.write_back.reading.total, self.write_back.reading.position
        if position >= self.record.position or self.total <= taken:
            return None
        return Quantity(self.total - taken)


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One meter's sale in a list; ``amount`` is its price, ``paid`` what was handed over.

    ``act`` says why the record went onto the card (:data:`yika_common.journal.bodies.ACTS`);
    ``given_back`` is the number of the refund of a purchase, 0 while there is none.
    """

    epoch: int
    seq: int
    basket: int
    at: datetime
    operator: str
    account: str
    card: str
    slot: int
    service: Service
    meter: str
    quantity: Quantity
    amount: Money
    paid: Money
    count: int
    total: Quantity
    tariff_id: str
    tariff_version: int
    state: SaleState
    resolved_at: datetime | None
    act: str = ""
    given_back: int = 0

    @property
    def carried(self) -> bool:
        """Whether it is no sale: what was bought before goes on, elsewhere."""
        return self.act in CARRYING


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a pending sale when its card was seen again."""

    sale: SaleRow
    state: SaleState
    problem: YikaError | None = None


class NoticeView(NamedTuple):
    """What headquarters wants done with a card, or with a meter's (one of the two is empty)."""

    card: str
    meter: str
    number: int
    action: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class CardView:
    """What lies in the reader, and what reading it has settled.

    ``refusal`` says why the card is sold nothing: lost, replaced, out of use; ``notices`` what
    headquarters wants done with it.
    """

    kind: CardKind
    identity: CardIdentity
    account: Account | None
    slots: tuple[SlotView, ...]
    resolved: tuple[Resolution, ...]
    pending: tuple[SaleRow, ...]
    read_at: datetime
    refusal: YikaError | None = None
    notices: tuple[NoticeView, ...] = ()


@dataclass(frozen=True, slots=True)
class SaleEntry:
    """One filled-in line of the sale form; ``value`` is minor units of money or milli-units."""

    slot: int
    by: By
    value: int


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What a meter told through a card."""

    at: datetime
    card: str
    slot: int
    meter: str
    generation: int
    count: int
    total: Quantity
    balance: Quantity
    used: Quantity
    status: int
    meter_time: datetime


@dataclass(frozen=True, slots=True)
class TariffView:
    """A tariff version on the shelf; ``in_force`` at the moment of asking."""

    id: str
    version: int
    service: Service
    tariff_class: str
    area: str | None
    effective_from: datetime
    digest: str
    in_force: bool
    expires: Expiry | None
    age: Age


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a list, and the key with which the next one begins (None: that was all)."""

    rows: tuple[Row, ...]
    next: str | None
