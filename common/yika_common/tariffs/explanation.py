"""Explain this receipt: how a bill came about and what comes next, as data without words.

Source: complaints about receipts that nobody could retrace ("why did I get so little?"): each
deduction is named with its reason and with what is still owed, and the customer sees how much is
left at this price, what the next price is and when the count starts afresh.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from yika_common.numbers import Money, Price, Quantity, half_up
from yika_common.tariffs.due import due_months
from yika_common.tariffs.facts import Facts, Tally, month_of
from yika_common.tariffs.ladder import bounds_of
from yika_common.tariffs.lines import SETTLED_STEPS, QuoteLine
from yika_common.tariffs.mixture import WHOLE, Portion
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import Period
from yika_common.tariffs.quota import period_named
from yika_common.tariffs.situation import usage_at
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import Bill
from yika_common.values import dataclass

_NOTHING = Quantity(0)


class DeductionKind(StrEnum):
    """Why money did not become supply."""

    FEE = "fee"
    """The basic fee of heat, or another fee that is due once."""
    FIXED_CHARGE = "fixed_charge"
    SETTLEMENT = "settlement"
    """Consumption of a period that reached dearer steps than it was sold at."""
    DEBT = "debt"
    ADJUSTMENT = "adjustment"
    """Above 0 taken for headquarters, below 0 to the customer's favour."""
    REBATE = "rebate"
    TAX = "tax"
    """A tax on top of the prices."""
    TAX_INCLUDED = "tax_included"
    """Contained in the lines; it adds nothing to what is paid."""
    ROUNDING = "rounding"
    KEPT = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """One thing that was deducted, in the order of the waterfall.

    Attributes:
        code: of the line or the tax, or the debt's id; empty where the kind says all.
        months: the months that a fixed charge or a settlement is for, as year x 12 + month - 1.
        left: still owed of a debt; ``None`` elsewhere.
    """

    kind: DeductionKind
    code: str = ""
    amount: Money
    months: tuple[int, ...] = ()
    left: Money | None = None


@dataclass(frozen=True, slots=True)
class NextVersion:
    """The published version that comes next: what the next unit costs then, from when (UTC)."""

    version: int
    price: Price
    starts: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A bill retraced; quantities in 1/1000 of the service's unit.

    Prices are of one unit, all components together, before taxes that are added.  Where the
    tariff counts consumption, they are of the next unit consumed; while a sale settles a period
    that is over, nothing is counted yet in the one that runs.

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
        supply: money that became supply.
        deductions: what did not; with ``supply``, and without included taxes, what was paid.
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
    supply: Money
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
    quote = bill.quote
    behind = _settled_behind(tariff, facts, usage, period)
    before, after = (usage.used, quote.settled) if behind is None else (_NOTHING, _NOTHING)
    ladder = _Ladder.of(tariff, replace(usage, part_days=period.part_days))
    step = ladder.step(after)
    last = step == len(ladder.prices)
    supplied = [line for line in quote.lines if _is_supply(tariff, line)]
    return Explanation(
        used_before=before,
        used_after=after,
        step=step,
        steps=len(ladder.prices),
        left_in_step=None if last else Quantity(ladder.bounds[step - 1] - after),
        price=ladder.prices[step - 1],
        next_price=None if last else ladder.prices[step],
        resets_on=period.end,
        free=quote.free,
        supply=Money(sum(line.amount for line in supplied)),
        deductions=tuple(_deductions(tariff, usage, bill, behind or period)),
        next_version=None
        if next_tariff is None
        else _next_version(next_tariff, facts, usage, Tally(period.id, after)),
    )


@dataclass(frozen=True, slots=True)
class _Ladder:
    """The steps of all components together: where any price changes, and what a unit costs.

    Where two classes share the meter, a unit is divided among them by percent.
    """

    bounds: tuple[int, ...]
    prices: tuple[Price, ...]

    @classmethod
    def of(cls, tariff: Tariff, usage: Usage) -> "_Ladder":
        parts = [
            (_totals(part.portion, bounds_of(tariff, part, usage)), part)
            for part in tariff.components
        ]
        bounds = tuple(sorted({bound for of_part, _ in parts for bound in of_part}))
        prices = tuple(
            _together(
                (part.portion, part.steps[bisect_right(of_part, low)].price)
                for of_part, part in parts
            )
            for low in (0, *bounds)
        )
        return cls(bounds, prices)

    def step(self, used: int) -> int:
        """The step of the unit after ``used``, from 1."""
        return bisect_right(self.bounds, used) + 1


def _totals(portion: Portion | None, bounds: tuple[int, ...]) -> tuple[int, ...]:
    """The totals at which a class's portion reaches its bounds."""
    return bounds if portion is None else tuple(map(portion.reaching, bounds))


def _together(prices: Iterable[tuple[Portion | None, Price]]) -> Price:
    """What a unit costs, rounded half up where it is divided."""
    shares = ((WHOLE if portion is None else portion.share, price) for portion, price in prices)
    return Price(half_up(sum(share * price for share, price in shares), WHOLE))


def _next_version(tariff: Tariff, facts: Facts, usage: Usage, tally: Tally) -> NextVersion:
    starts = tariff.effective_from
    then = usage_at(tariff, facts, tally, quantum=usage.quantum, at=starts)
    ladder = _Ladder.of(tariff, then)
    return NextVersion(tariff.version, ladder.prices[ladder.step(then.used) - 1], starts)


def _settled_behind(tariff: Tariff, facts: Facts, usage: Usage, period: Period) -> Period | None:
    """The period before this one that the sale settles, if it settles one."""
    if not tariff.counts_consumption or usage.period in ("", period.id):
        return None
    named = period_named(tariff, usage.period, facts.opened_on)
    return named if named is not None and named.start < period.start else None


def _is_supply(tariff: Tariff, line: QuoteLine) -> bool:
    if line.step:
        return line.step < SETTLED_STEPS
    return tariff.free_allocation is not None and line.code == tariff.free_allocation.code


def _deductions(tariff: Tariff, usage: Usage, bill: Bill, settled: Period) -> Iterator[Deduction]:
    after_debts = (DeductionKind.REBATE, DeductionKind.TAX)
    lines = [
        _of_line(tariff, usage, line, settled)
        for line in bill.quote.lines
        if not _is_supply(tariff, line)
    ]
    yield from (one for one in lines if one.kind not in after_debts)
    for debt in bill.debts:
        yield Deduction(kind=DeductionKind.DEBT, code=debt.id, amount=debt.amount, left=debt.left)
    if bill.adjusted:
        yield Deduction(kind=DeductionKind.ADJUSTMENT, amount=Money(-bill.adjusted))
    yield from (one for one in lines if one.kind in after_debts)
    for tax in bill.quote.included_taxes:
        yield Deduction(kind=DeductionKind.TAX_INCLUDED, code=tax.code, amount=tax.amount)
    if bill.rounding:
        yield Deduction(kind=DeductionKind.ROUNDING, amount=bill.rounding)
    if bill.kept:
        yield Deduction(kind=DeductionKind.KEPT, amount=bill.kept)


def _of_line(tariff: Tariff, usage: Usage, line: QuoteLine, settled: Period) -> Deduction:
    if line.step:
        return Deduction(
            kind=DeductionKind.SETTLEMENT,
            code=line.code,
            amount=line.amount,
            months=_months_so_far(tariff, usage, settled),
        )
    for charge in tariff.fixed_charges:
        if charge.code == line.code:
            return Deduction(
                kind=DeductionKind.FIXED_CHARGE,
                code=line.code,
                amount=line.amount,
                months=due_months(charge, usage) or (),
            )
    kind = DeductionKind.TAX
    if tariff.heat_basic_fee is not None and tariff.heat_basic_fee.code == line.code:
        kind = DeductionKind.FEE
    elif any(rebate.code == line.code for rebate in tariff.rebates):
        kind = DeductionKind.REBATE
    return Deduction(kind=kind, code=line.code, amount=line.amount)


def _months_so_far(tariff: Tariff, usage: Usage, period: Period) -> tuple[int, ...]:
    first, after = (
        month_of(edge.astimezone(tariff.zone).date()) for edge in (period.start, period.end)
    )
    began = first if usage.opened_month is None else max(first, usage.opened_month)
    now = after - 1 if usage.month is None else min(after - 1, usage.month)
    return tuple(range(began, now + 1))
