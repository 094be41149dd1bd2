"""Explain this receipt: how a bill came about and what comes next, as data without words.

Source: complaints about receipts that nobody could retrace ("why did I get so little?"): each
deduction is named with its reason and with what is still owed, and the customer sees how much is
left at this price, what the next price is and when the count starts afresh.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from yika_common.numbers import Money, Price, Quantity
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import Period
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import Bill


class DeductionKind(StrEnum):
    """Why money did not become supply."""

    FEE = "fee"
    """The basic fee of heat, or another fee that is due once."""
    FIXED_CHARGE = "fixed_charge"
    TRUE_UP = "true_up"
    """Consumption of the period that reached dearer steps than it was sold at."""
    DEBT = "debt"
    ADJUSTMENT = "adjustment"
    """Above 0 taken for headquarters, below 0 to the customer's favour."""
    REBATE = "rebate"
    TAX = "tax"
    """A tax on top of the prices."""
    TAX_INCLUDED = "tax_included"
    """Contained in the prices; it adds nothing to what is paid."""
    ROUNDING = "rounding"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """One thing that was deducted, in the order of the waterfall.

    Attributes:
        code: of the line or the tax, or the debt's id; empty where the kind says all.
        months: how many months a fixed charge is for; 0 elsewhere.
        left: still owed of a debt; ``None`` elsewhere.
    """

    kind: DeductionKind
    code: str
    amount: Money
    months: int = 0
    left: Money | None = None


@dataclass(frozen=True, slots=True)
class NextVersion:
    """The published version that comes next: its price of the same unit, and from when (UTC)."""

    version: int
    price: Price
    starts: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A bill retraced; quantities in 1/1000 of the service's unit.

    Prices are of one unit, all components together, before taxes that are added.

    Attributes:
        used_before: counted in the period before this sale.
        used_after: and with it.
        step: the step that the next unit falls in, from 1.
        steps: how many there are.
        left_in_step: left at ``price``; ``None`` in the last step.
        price: of the next unit.
        next_price: of the step after; ``None`` in the last.
        resets_on: when the count starts afresh, aware UTC.
        free: units of this sale that were free.
        deductions: what did not become supply.
        next_version: published and not yet in force; ``None`` if there is none.
    """

    used_before: Quantity
    used_after: Quantity
    step: int
    steps: int
    left_in_step: Quantity | None
    price: Price
    next_price: Price | None
    resets_on: datetime
    free: Quantity
    deductions: tuple[Deduction, ...]
    next_version: NextVersion | None


def explain(
    tariff: Tariff,
    facts: Facts,
    usage: Usage,
    bill: Bill,
    period: Period,
    next_tariff: Tariff | None = None,
) -> Explanation:
    """Retrace ``bill``, which was computed from ``usage``, in the quota period ``period``.

    ``next_tariff`` is the version that will replace this one, if it is published.
    """
    raise NotImplementedError
