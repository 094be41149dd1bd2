"""Tariffs and lines of time as SQL expressions: what a database computes for many sales at once.

The expressions use integers alone and say the same on SQLite and PostgreSQL.  What depends on the
time is a balanced tree of CASE over the edges; what a quantity costs is one CASE a component,
its steps written out, in place of joined tables of steps or of min and max, which both databases
compute several times more slowly.

Only the common shape is written so: marginal steps on what was purchased, periods of the calendar,
household allowances, taxes contained in the prices.  :func:`is_common` says which tariffs have it;
everything else is the business of :mod:`yika_central.domain.rerating`, whose results these
expressions reproduce to the last digit.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from yika_common.tariffs.model import (
    Component,
    Household,
    PartPeriod,
    QuotaBasis,
    StepMode,
    Tariff,
    VersionChange,
)

QUANTITY_MAX: Final = 10**9
"""Above it a quantity is not priced by the database, where the product might not fit 64 bits."""

_PRICE_MAX: Final = 10**8
_BOUND_MAX: Final = 10**15
_UNIT: Final = 10**5
"""Quantity (1/1000) times price (1/10000) in one minor unit (1/100)."""


def is_common(tariff: Tariff) -> bool:
    """Whether the database can price sales by it."""
    return (
        tariff.step_mode is StepMode.MARGINAL
        and tariff.quota_basis is QuotaBasis.PURCHASED
        and tariff.on_version_change is not VersionChange.PRORATA
        and tariff.part_period in (None, PartPeriod())
        and tariff.cycle.anchor is not None
        and not tariff.holds_money
        and tariff.seasonal_quota is None
        and tariff.heat_basic_fee is None
        and tariff.free_allocation is None
        and not (tariff.fixed_charges or tariff.rebates)
        and all(tax.inclusive for tax in tariff.levied)
        and all(_fits(component) for component in tariff.components)
        and (tariff.household is None or tariff.household.extra_per_person <= _BOUND_MAX)
    )


def _fits(component: Component) -> bool:
    return all(
        step.price <= _PRICE_MAX and (step.up_to or 0) <= _BOUND_MAX for step in component.steps
    )


def by_time(time: str, pieces: Sequence[tuple[int, str]]) -> str:
    """The value of the last piece that has begun: (begin, SQL value), rising.

    Before the first begin its value holds.
    """
    merged = [next(group) for _, group in groupby(pieces, key=lambda piece: piece[1])]
    return _tree(time, merged)


def _tree(time: str, pieces: Sequence[tuple[int, str]]) -> str:
    if len(pieces) == 1:
        return pieces[0][1]
    middle = len(pieces) // 2
    left, right = _tree(time, pieces[:middle]), _tree(time, pieces[middle:])
    return f"CASE WHEN {time} < {pieces[middle][0]} THEN {left} ELSE {right} END"


def choice(number: str, values: Sequence[str]) -> str:
    """The value of that number, counted from 0; NULL for every other number."""
    if not values:
        return "NULL"
    branches = " ".join(f"WHEN {index} THEN {value}" for index, value in enumerate(values))
    return f"CASE {number} {branches} END"


def price(tariff: Tariff, *, used: str, quantity: str, persons: str) -> str:
    """What the quantity costs after so much was used; the arguments are columns."""
    extra = "" if tariff.household is None else f" + {allowance(tariff.household, persons)}"
    lines = (
        _component(component, used=used, quantity=quantity, extra=extra)
        for component in tariff.components
    )
    return f"({' + '.join(lines)})"


def allowance(household: Household, persons: str) -> str:
    """By how much a household's bounds rise; 0 persons are the included number."""
    included, extra = household.included_persons, household.extra_per_person
    above = f"({persons} - {included}) * {extra}"
    if household.max_persons is not None:
        most = (household.max_persons - included) * extra
        above = f"CASE WHEN {persons} > {household.max_persons} THEN {most} ELSE {above} END"
    return f"CASE WHEN {persons} > {included} THEN {above} ELSE 0 END"


def _component(component: Component, *, used: str, quantity: str, extra: str) -> str:
    prices = [int(step.price) for step in component.steps]
    if len(prices) == 1:
        return _line(quantity, prices[0])
    bounds = [f"({step.up_to}{extra})" for step in component.steps if step.up_to is not None]
    top = f"({used} + {quantity})"
    # Most sales lie in one step: these branches come first, and each costs two comparisons.
    branches = [f"WHEN {top} <= {bounds[0]} THEN {_line(quantity, prices[0])}"]
    branches += (
        f"WHEN {used} >= {low} AND {top} <= {high} THEN {_line(quantity, amount)}"
        for low, high, amount in zip(bounds, bounds[1:], prices[1:], strict=False)
    )
    branches.append(f"WHEN {used} >= {bounds[-1]} THEN {_line(quantity, prices[-1])}")
    across = " + ".join(_parts(prices, bounds, used=used, top=top))
    return f"CASE {' '.join(branches)} ELSE {across} END"


def _parts(prices: Sequence[int], bounds: Sequence[str], *, used: str, top: str) -> list[str]:
    """A sale that crosses bounds: the line of every step, nothing where it has no part."""
    lines = []
    for index, amount in enumerate(prices):
        low = bounds[index - 1] if index else None
        high = bounds[index] if index < len(bounds) else None
        begin = used if low is None else f"CASE WHEN {used} > {low} THEN {used} ELSE {low} END"
        end = top if high is None else f"CASE WHEN {top} < {high} THEN {top} ELSE {high} END"
        none = [f"{top} <= {low}"] if low is not None else []
        none += [f"{used} >= {high}"] if high is not None else []
        lines.append(
            f"CASE WHEN {' OR '.join(none)} THEN 0 ELSE {_line(f'({end} - {begin})', amount)} END"
        )
    return lines


def _line(quantity: str, amount: int) -> str:
    """Rounded half up; neither factor is below zero."""
    return f"(({quantity} * {amount} + {_UNIT // 2}) / {_UNIT})"
