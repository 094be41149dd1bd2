"""Everything a sale of a given quantity is charged: fees, steps of every component, taxes.

Lines come in the order in which a tender is used up: heat basic fee, fixed charges, consumption
settled, free units, components, rebates, taxes.  How a line is rounded, :mod:`.lines` says.
"""

from collections.abc import Iterable, Iterator, Mapping

from yika_common.numbers import Money, Quantity
from yika_common.tariffs.due import due_lines
from yika_common.tariffs.fees import Rebate, Tax
from yika_common.tariffs.ladder import ladders_of, settled_parts
from yika_common.tariffs.lines import (
    SETTLED_STEPS,
    STEP_UNIT,
    IncludedTax,
    QuoteLine,
    free_line,
    included,
    rate_of,
    rebate_line,
    step_line,
    tax_line,
)
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.search import largest_fitting
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

__all__ = ["Charges", "IncludedTax", "QuoteLine", "included_taxes"]

MONEY_QUANTUM = Quantity(10)
"""A meter that holds money counts hundredths, in 1/1000 of the currency's unit."""


@dataclass(frozen=True, slots=True)
class _Rate:
    """A rebate or a tax: ``rate`` of the lines with these codes."""

    code: str
    rate: int
    codes: frozenset[str]

    @classmethod
    def of(cls, part: Rebate | Tax, rebates: Iterable["_Rate"] = ()) -> "_Rate":
        """``rebates`` lower the sum where all of their lines are in it."""
        codes = frozenset(part.components)
        return cls(part.code, part.rate, codes | _within(codes, rebates))

    def base(self, sums: Mapping[str, int]) -> int:
        """The sum that the rate is applied to."""
        return sum(sums.get(code, 0) for code in self.codes)


class Charges:
    """What any quantity would be charged, for one tariff and one customer's usage.

    ``amount`` never falls when the quantity rises: every line that depends on the quantity is
    monotone, no rebate gives back more than the rise it is a part of, and so is their sum.

    Raises:
        AreaUnknown: the heat basic fee is due and the area is not known.
        HeatClassUnknown: or the tariff does not know the account's class.
    """

    def __init__(self, tariff: Tariff, usage: Usage) -> None:
        self._tariff, self._usage = tariff, usage
        self.quantum = MONEY_QUANTUM if tariff.holds_money else usage.quantum
        self._ladders = ladders_of(tariff, usage)
        self._free = 0
        if tariff.free_allocation is not None:
            self._free = usage.free - usage.free % self.quantum
        self._constant = tuple(_constant_lines(tariff, usage))
        self._sums = _sums_of(self._constant)
        self._rebates = tuple(_Rate.of(r) for r in tariff.rebates if r.holds(usage.on))
        self._taxes = tuple(
            _Rate.of(tax, self._rebates) for tax in tariff.levied if not tax.inclusive
        )

    def free(self, quantity: int) -> Quantity:
        """How many of ``quantity`` are units that fell due by themselves."""
        return Quantity(min(self._free, quantity))

    def settled(self, quantity: int) -> Quantity:
        """What is counted in the quota period after a sale of ``quantity``."""
        usage = self._usage
        if self._tariff.counts_consumption:
            return max(usage.used, usage.consumed or Quantity(0))
        return Quantity(self._used_before_steps(quantity) + quantity - self.free(quantity))

    def _used_before_steps(self, quantity: int) -> int:
        allocation = self._tariff.free_allocation
        counts = allocation is not None and allocation.counts_in_quota
        return self._usage.used + (self.free(quantity) if counts else 0)

    def lines(self, quantity: int) -> tuple[QuoteLine, ...]:
        """The lines of a sale of ``quantity`` (1/1000 of the unit, at least 0)."""
        lines = [*self._constant]
        free = self.free(quantity)
        if free:
            lines.append(self._free_line(free))
        used = self._used_before_steps(quantity)
        lines += (
            step_line(ladder.code, step, part, price)
            for ladder in self._ladders
            for step, part, price in ladder.parts(used, quantity - free)
        )
        sums = _sums_of(lines)
        for rebate in self._rebates:
            if base := rebate.base(sums):
                line = rebate_line(rebate.code, base, rebate.rate)
                sums[rebate.code] = line.amount
                lines.append(line)
        lines += (
            tax_line(tax.code, base, tax.rate) for tax in self._taxes if (base := tax.base(sums))
        )
        return tuple(lines)

    def amount(self, quantity: int) -> Money:
        """The sum of :meth:`lines`, without making them: a sum is looked for by many amounts."""
        free = self.free(quantity)
        sums = dict(self._sums)
        if free:
            line = self._free_line(free)
            sums[line.code] = line.amount
        used = self._used_before_steps(quantity)
        for ladder in self._ladders:
            sums[ladder.code] = sums.get(ladder.code, 0) + ladder.amount(used, quantity - free)
        for rebate in self._rebates:
            sums[rebate.code] = -rate_of(rebate.base(sums), rebate.rate)
        taxes = sum(rate_of(tax.base(sums), tax.rate) for tax in self._taxes)
        return Money(sum(sums.values()) + taxes)

    def largest(self, tendered: Money) -> Quantity:
        """The largest multiple of the quantum whose amount fits into ``tendered``."""
        dearest = sum(ladder.highest for ladder in self._ladders)
        guess = tendered * STEP_UNIT // (dearest * self.quantum)
        slack = len(self._ladders) + len(self._taxes) + 1
        number = largest_fitting(
            lambda number: self.amount(number * self.quantum), tendered, guess=guess, slack=slack
        )
        return Quantity(number * self.quantum)

    def _free_line(self, free: int) -> QuoteLine:
        allocation = self._tariff.free_allocation
        assert allocation is not None, "only an allocation makes units free"
        return free_line(allocation.code, free, allocation.price)


def included_taxes(tariff: Tariff, lines: Iterable[QuoteLine]) -> tuple[IncludedTax, ...]:
    """What of the lines is a tax contained in their prices, by tax.

    It is backed out line by line, each rounded half up: the sum over the lines is what goes to
    the tax office, so that what is reported by payee and by receipt adds up.
    """
    known = tuple(lines)
    rebates = tuple(_Rate.of(rebate) for rebate in tariff.rebates)
    found = []
    for tax in tariff.levied:
        if tax.inclusive:
            codes = frozenset(tax.components)
            codes |= _within(codes, rebates)
            amount = sum(included(line.amount, tax.rate) for line in known if line.code in codes)
            if amount:
                found.append(IncludedTax(tax.code, tax.rate, Money(amount)))
    return tuple(found)


def _constant_lines(tariff: Tariff, usage: Usage) -> Iterator[QuoteLine]:
    yield from due_lines(tariff, usage)
    for code, (step, quantity, price) in settled_parts(tariff, usage):
        yield step_line(code, step + SETTLED_STEPS, quantity, price)


def _sums_of(lines: Iterable[QuoteLine]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in lines:
        sums[line.code] = sums.get(line.code, 0) + line.amount
    return sums


def _within(codes: frozenset[str], rebates: Iterable[_Rate]) -> frozenset[str]:
    """The rebates that lower lines with these codes: no rebate lowers them and others."""
    return frozenset(rebate.code for rebate in rebates if rebate.codes <= codes)
