"""What a workbook is made of: plain values, read by somebody else.

Money and quantities are the integers of ``yika_common.numbers``; times are aware.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from yika_common.errors import N_, YikaError


class PeriodBackwards(YikaError):
    """The last day of a report lies before its first."""

    code = "period_backwards"
    sentence = N_(
        "The last day, %(last)s, lies before the first, %(first)s. No report was made. "
        "Choose the days again."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which sales a workbook holds: whole days of the utility, perhaps of one node or area.

    Raises:
        PeriodBackwards: the last day lies before the first.
    """

    first_day: date
    last_day: date
    zone: ZoneInfo
    node: str = ""
    area: str = ""

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise PeriodBackwards(first=str(self.first_day), last=str(self.last_day))


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRow:
    """One meter's sale; ``amount`` is what was charged, fees included.

    ``right`` is what it should have cost, None while nobody has priced it again.
    ``causes`` maps a cause's code to its part of ``difference``.  ``paid`` is ``amount`` less
    ``adjusted``, with ``debts``, ``kept`` and ``rounding``.  ``month`` is what a sale is booked in
    that came when its own was closed.
    """

    at: datetime
    node: str
    epoch: int
    branch: int
    seq: int
    txn_id: str
    area: str
    account: str
    card: str
    meter: str
    service: str
    operator: str
    outcome: str
    quantity: int
    amount: int
    tariff_id: str
    tariff_version: int
    tariff_hash: str
    period: str
    used_before: int
    right: int | None = None
    difference: int = 0
    causes: Mapping[str, int] = field(default_factory=dict)
    counted_at: datetime | None = None
    right_tariff: str = ""
    right_used_before: int | None = None
    straddles: bool = False
    problem: str = ""
    adjusted: int = 0
    debts: int = 0
    kept: int = 0
    rounding: int = 0
    paid: int = 0
    month: str = ""

    @property
    def position(self) -> str:
        """``N0001-e1-q17``; a branch of a fork is named behind it."""
        fork = f"-b{self.branch}" if self.branch else ""
        return f"{self.node}-e{self.epoch}-q{self.seq}{fork}"

    @property
    def fingerprint(self) -> str:
        """The line that stands for this sale in the hash over all rows."""
        return f"{self.position} {self.txn_id} {self.quantity} {self.amount} {self.difference}\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line of a sale's price; a fee has step 0 and its price in millionths."""

    at: datetime
    position: str
    txn_id: str
    service: str
    code: str
    step: int
    quantity: int
    price: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """How complete one journal is here: everything ``upto``, and which later pieces wait.

    ``parked`` are (first, last) of segments that arrived early; what lies between is missing.
    ``sales`` counts the journal's sales in the workbook.
    """

    node: str
    name: str
    epoch: int
    branch: int
    upto: int
    sales: int
    segments: int
    parked: tuple[tuple[int, int], ...]
    last_contact: datetime | None

    @property
    def missing(self) -> tuple[tuple[int, int], ...]:
        """The positions that are known to exist and are not here."""
        holes, expected = [], self.upto + 1
        for first, last in sorted(self.parked):
            if first > expected:
                holes.append((expected, first - 1))
            expected = max(expected, last + 1)
        return tuple(holes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRow:
    """A tariff version that sales of the workbook name; ``published`` is False for a stranger."""

    tariff_id: str
    version: int
    digest: str
    effective_from: datetime | None
    officers: str
    sales: int
    amount: int

    @property
    def published(self) -> bool:
        """Whether headquarters published it."""
        return self.effective_from is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementRow:
    """What became of one posting for a sale."""

    at: datetime
    position: str
    account: str
    service: str
    cause: str
    policy: int
    posted: int
    absorbed: int
    adjusted: int
    month: str
    of_month: str
    settled_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentRow:
    """A part of an account's adjustment; ``about`` names its sale or debt."""

    made_at: datetime
    account: str
    number: int
    kind: str
    cause: str
    about: str
    amount: int
    month: str
    of_month: str
    who: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtRow:
    """A debt as it stands; ``age`` is its place in ``yika_central.reports.labels.DEBT_AGES``."""

    debt: str
    account: str
    zh: str
    en: str
    registered_at: datetime
    due_on: str
    amount: int
    fees: int
    waived: int
    collected: int
    too_much: int
    left: int
    age: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """A card that was made; ``turn`` 1 is an account's first."""

    at: datetime
    node: str
    operator: str
    account: str
    card: str
    turn: int
    replaces: str
    reason: str
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerTotals:
    """The same figures added up by the database, for the control sheet to compare with."""

    sales: int
    amount: int
    right: int
    difference: int
    posted: int
    lines: int
    line_amount: int
    quantities: Mapping[str, int]
    paid: int = 0
    adjusted: int = 0
    debts: int = 0
    kept: int = 0
    rounding: int = 0
    settled: int = 0
    absorbed: int = 0
    credited: int = 0
    registered: int = 0
    card_fees: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Every value by which the summary groups, sorted; ``operators`` are (node, operator)."""

    nodes: tuple[str, ...]
    areas: tuple[str, ...]
    services: tuple[str, ...]
    operators: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything a workbook shows; ``sales`` and ``lines`` are read once, in order."""

    scope: Scope
    made_at: datetime
    made_by: str
    software: str
    groups: Groups
    ledger: LedgerTotals
    node_names: Mapping[str, str]
    sales: Iterable[SaleRow]
    lines: Iterable[LineRow]
    journals: Iterable[JournalRow]
    tariffs: Iterable[TariffRow]
    settlements: Iterable[SettlementRow] = ()
    adjustments: Iterable[AdjustmentRow] = ()
    debts: Iterable[DebtRow] = ()
    cards: Iterable[CardRow] = ()
