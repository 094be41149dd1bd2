"""What one payment comes to, as the faces show it: quoted before it, and on its receipt after."""

from abc import ABC, abstractmethod
from datetime import datetime
from typing import NamedTuple

from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.dues import Bill
from yika_common.tariffs.explanation import Explanation
from yika_common.tariffs.mixture import NamedBeside
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass
from yika_node.services.views import Account, By, SaleEntry, SaleRow, SaleState


@dataclass(frozen=True, slots=True)
class SlotQuote:
    """The price of one meter's line, with all that explains it.

    ``usage`` is what the price depends on; ``heating_year`` is the year whose basic fee the line
    pays, ``adjusted_number`` names the adjustment that it settles (0: none).  ``ordered`` is what
    headquarters ordered to be credited beside what is bought, or below zero withheld of it, under
    ``ordered_number`` (0: nothing ever); ``total`` counts both.  ``mixed`` names the second
    class's tariff and percent where two classes share the meter.
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
    mixed: NamedBeside | None = None

    @property
    def quote(self) -> Quote:
        """What is supplied, and its price."""
        return self.bill.quote

    @property
    def used(self) -> Quantity:
        """What was counted in the quota period before this line."""
        return self.usage.used


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
    it.  ``explanation`` is None where tariff or account are not at hand any more.  ``mixed`` names
    the second class's tariff and percent where two classes share the meter.
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
    mixed: NamedBeside | None

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
