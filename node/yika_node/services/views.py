"""What the desks hand to the faces: plain values, ready to be shown, never a row or a key.

Money, quantity and price are the integers of :mod:`yika_common.numbers`; every time is an aware
UTC time.  A page only formats them.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Generic, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from yika_common.cards.application import CardIdentity
from yika_common.cards.record import CreditRecord
from yika_common.cards.write_back import WriteBack
from yika_common.clock import to_timestamp
from yika_common.errors import YikaError
from yika_common.journal.bodies import AccountFacts
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.sync.customers import AccountSheet, OwnLimit
from yika_common.sync.personal_data import Person
from yika_common.tariffs.dues import Bill
from yika_common.tariffs.explanation import Explanation
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.limits import Expiry
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.usage import Usage


class Age(IntEnum):
    """Where a tariff stands between the times at which it expires; a greater one is worse."""

    FRESH = 0
    STALE = 1
    """It should have been replaced; it is sold by."""
    EXPIRED = 2
    """It is sold by only where the settings say so."""


class Level(IntEnum):
    """What an operator may do; each page names the levels it is open to."""

    CLERK = 1
    SUPERVISOR = 2
    AUDITOR = 3


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


@dataclass(frozen=True, slots=True)
class Operator:
    """A person who may sign in."""

    name: str
    level: Level


@dataclass(frozen=True, slots=True)
class MeterView:
    """A meter of an account and the slot of the card it answers to (0 to 7)."""

    slot: int
    service: Service
    meter: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account as the counter sees it; ``person`` is None while the vault is locked.

    ``home`` is the vending point that opened it, empty for this one.  ``facts`` is what sets its
    prices since ``facts_at``; None of both: as it was opened.  ``told`` is headquarters' sheet,
    ``limits`` the account's own limits, one per service, whether or not their time is over.
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
        )

    def limit_of(self, service: Service, at: datetime) -> OwnLimit | None:
        """The account's own limits of a service at that moment."""
        now = to_timestamp(at)
        held = (limit for limit in self.limits if limit.service is service and limit.until > now)
        return next(held, None)

    def meter_in(self, slot: int) -> MeterView | None:
        """The meter of that slot, or None when the slot is not used."""
        return next((meter for meter in self.meters if meter.slot == slot), None)


@dataclass(frozen=True, slots=True)
class AccountForm:
    """What the clerk fills in to open an account; ``meters`` is slot to meter number."""

    person: Person
    area: str
    tariff_class: str
    profile: int
    persons: int
    area_m2: Quantity | None
    meters: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class FactsForm:
    """What a supervisor fills in to amend what sets an account's prices; it replaces all of it.

    ``persons`` 0: not known; times None: for ever, and always.
    """

    tariff_class: str
    persons: int
    persons_until: datetime | None
    inner_m2: Quantity | None
    gross_m2: Quantity | None
    heat_class: str
    heat_from: datetime | None
    suspended: tuple[int, ...]
    equipment: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class LimitsForm:
    """What a supervisor fills in to set an account's own limits of a service; 0: no bound."""

    service: Service
    per_sale: Quantity
    per_day: Quantity
    per_month: Quantity
    per_cycle: Quantity
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SlotView:
    """One meter's place on the card in the reader, as its record and write-back say.

    ``problem`` says why the record can't be used, ``write_back_problem`` the same of what the
    meter wrote; nothing is sold to a slot with a problem.
    """

    slot: int
    service: Service
    meter: str
    record: CreditRecord | None
    write_back: WriteBack | None
    problem: YikaError | None = None
    write_back_problem: YikaError | None = None

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


@dataclass(frozen=True, slots=True)
class SaleRow:
    """One meter's sale in a list; ``amount`` is its price, ``paid`` what was handed over."""

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


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a pending sale when its card was seen again."""

    sale: SaleRow
    state: SaleState
    problem: YikaError | None = None


@dataclass(frozen=True, slots=True)
class CardView:
    """What lies in the reader, and what reading it has settled."""

    kind: CardKind
    identity: CardIdentity
    account: Account | None
    slots: tuple[SlotView, ...]
    resolved: tuple[Resolution, ...]
    pending: tuple[SaleRow, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True)
class SaleEntry:
    """One filled-in line of the sale form; ``value`` is minor units of money or milli-units."""

    slot: int
    by: By
    value: int


@dataclass(frozen=True, slots=True)
class SlotQuote:
    """The price of one meter's line, with all that explains it.

    ``usage`` is what the price depends on; ``heating_year`` is the year whose basic fee the line
    pays, ``adjusted_number`` names the adjustment that it settles (0: none).  ``ordered`` is what
    headquarters ordered to be credited beside what is bought, or below zero withheld of it, under
    ``ordered_number`` (0: nothing ever); ``total`` counts both.
    """

    slot: int
    service: Service
    meter: str
    by: By
    typed: int
    tariff_id: str
    tariff_version: int
    tariff_digest: bytes
    period: str
    heating_year: int | None
    generation: int
    count: int
    total: Quantity
    adjusted_number: int
    ordered: Quantity
    ordered_number: int
    usage: Usage
    bill: Bill
    explanation: Explanation

    @property
    def quote(self) -> Quote:
        """What is supplied, and its price."""
        return self.bill.quote

    @property
    def used(self) -> Quantity:
        """What was counted in the quota period before this line."""
        return self.usage.used

    @property
    def step_left(self) -> Quantity | None:
        """What is left of the step that this line ends in; None in the last step."""
        return self.explanation.left_in_step


class Agreed(NamedTuple):
    """What a customer agreed to: the money to hand over, and what he gets, line by line."""

    paid: Money
    quantities: tuple[Quantity, ...]


class Sums(ABC):
    """What the lines of one payment come to together."""

    __slots__ = ()

    @property
    @abstractmethod
    def bills(self) -> tuple[Bill, ...]:
        """The bills of the lines."""

    @property
    def amount(self) -> Money:
        """The price of all that is supplied."""
        return Money(sum(bill.quote.amount for bill in self.bills))

    @property
    def paid(self) -> Money:
        """The money that is handed over, change given back."""
        return Money(sum(bill.paid for bill in self.bills))

    @property
    def change(self) -> Money:
        """What is handed back of what was tendered."""
        return Money(sum(bill.change for bill in self.bills))

    @property
    def tendered(self) -> Money:
        """What was put on the counter."""
        return Money(sum(bill.tendered for bill in self.bills))

    @property
    def adjusted(self) -> Money:
        """Of headquarters' adjustment: above zero to the customer's favour."""
        return Money(sum(bill.adjusted for bill in self.bills))

    @property
    def collected(self) -> Money:
        """Paid off of debts."""
        return Money(sum(bill.collected for bill in self.bills))

    @property
    def kept(self) -> Money:
        """Money that buys nothing now and stays to the customer's favour."""
        return Money(sum(bill.kept for bill in self.bills))

    @property
    def rounding(self) -> Money:
        """Cash rounding: above zero the customer pays so much more."""
        return Money(sum(bill.rounding for bill in self.bills))


@dataclass(frozen=True, slots=True)
class BasketQuote(Sums):
    """What the whole basket costs."""

    card: str
    account: str
    at: datetime
    lines: tuple[SlotQuote, ...]

    @property
    def bills(self) -> tuple[Bill, ...]:
        """The bills of the lines."""
        return tuple(line.bill for line in self.lines)

    @property
    def agreed(self) -> Agreed:
        """What whoever sees this agrees to."""
        return Agreed(self.paid, tuple(line.quote.quantity for line in self.lines))


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One meter's line of a receipt; ``sale.state`` says whether the card has it.

    ``entry`` is what was typed for it; ``used`` is what was counted in the quota period before
    this line; ``tariff_digest`` is the first 8 bytes of the tariff file's SHA-256, in hex.
    ``ordered`` is what headquarters ordered to be credited beside what was bought, or withheld of
    it.  ``explanation`` is None where tariff or account are not at hand any more.
    """

    sale: SaleRow
    entry: SaleEntry
    txn_id: str
    bill: Bill
    used: Quantity
    period: str
    tariff_digest: str
    ordered: Quantity
    explanation: Explanation | None

    @property
    def quote(self) -> Quote:
        """What is supplied, and its price."""
        return self.bill.quote

    @property
    def tariff_id(self) -> str:
        """The tariff it was priced by."""
        return self.sale.tariff_id

    @property
    def tariff_version(self) -> int:
        """And its version."""
        return self.sale.tariff_version


@dataclass(frozen=True, slots=True)
class Receipt(Sums):
    """One basket: one payment, one number, a line per meter.

    ``number`` is node-epoch-sequence and never used twice.  ``problem`` says why a line is still
    pending; it is known only to the sale that was just made.
    """

    number: str
    node: str
    epoch: int
    basket: int
    at: datetime
    operator: str
    account: Account | None
    account_number: str
    card: str
    lines: tuple[ReceiptLine, ...]
    problem: YikaError | None = None

    @property
    def bills(self) -> tuple[Bill, ...]:
        """The bills of the lines."""
        return tuple(line.bill for line in self.lines)

    @property
    def complete(self) -> bool:
        """No line still waits for the card."""
        return all(line.sale.state is not SaleState.PENDING for line in self.lines)


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


@dataclass(frozen=True, slots=True)
class SyncState:
    """How this node stands with headquarters.

    ``waiting`` counts records no verified acknowledgement covers; ``oldest`` is the time of the
    first of them.  ``problem`` is the last exchange's failure, None after a good one.
    """

    head: int
    acknowledged: int
    waiting: int
    oldest: datetime | None
    last_contact: datetime | None
    manifest: int
    status: str
    problem: YikaError | None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one exchange did."""

    sent: int
    acknowledged: int
    items: int
    manifest: int


@dataclass(frozen=True, slots=True)
class NodeState:
    """What the chips on every page say."""

    enrolled: bool
    node: str
    areas: tuple[str, ...]
    locked: bool
    refusal: YikaError | None
    pending: int
    sync: SyncState | None
    tariffs: Age
    """The worst age of a tariff that is in force."""


Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A page of a list, and the key with which the next one begins (None: that was all)."""

    rows: tuple[Row, ...]
    next: str | None
