"""A component's steps as numbers, with everything that moves the bounds already in them."""

from collections.abc import Iterator
from typing import Protocol

from yika_common.numbers import PRICE_PLACES, half_up
from yika_common.tariffs.lines import STEP_UNIT
from yika_common.tariffs.mixture import Portion
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Component, PartPeriod, StepMode
from yika_common.tariffs.steps import Part, marginal_parts, whole_block_parts
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

_WHOLE_PRICE = 10**PRICE_PLACES
_WHOLE_PERIOD = PartPeriod()


class Ladder(Protocol):
    """How much of a quantity falls into which step, at which price."""

    @property
    def code(self) -> str:
        """The component's code."""

    @property
    def highest(self) -> int:
        """The highest price, 1/10000."""

    def parts(self, used: int, quantity: int) -> Iterator[Part]:
        """``(step, quantity, price)`` of what is sold after ``used``."""

    def amount(self, used: int, quantity: int) -> int:
        """The money of all parts, each rounded."""


@dataclass(frozen=True, slots=True)
class MarginalLadder:
    """Each step's price for the step's own part."""

    code: str
    bounds: tuple[int, ...]
    prices: tuple[int, ...]

    @property
    def highest(self) -> int:
        """The highest price, 1/10000."""
        return max(self.prices)

    def parts(self, used: int, quantity: int) -> Iterator[Part]:
        """``(step, quantity, price)`` of what is sold after ``used``."""
        return marginal_parts(self.bounds, self.prices, used, quantity)

    def amount(self, used: int, quantity: int) -> int:
        """The money of all parts, each rounded: written out, for it is asked many times."""
        total, low, top = 0, used, used + quantity
        for bound, price in zip(self.bounds, self.prices, strict=False):
            if bound > low:
                if bound >= top:
                    return total + half_up((top - low) * price, STEP_UNIT)
                total += half_up((bound - low) * price, STEP_UNIT)
                low = bound
        return total + half_up((top - low) * self.prices[-1], STEP_UNIT)


@dataclass(frozen=True, slots=True)
class WholeBlockLadder:
    """The price of the block reached for everything in the period."""

    code: str
    bounds: tuple[int, ...]
    prices: tuple[int, ...]

    @property
    def highest(self) -> int:
        """The highest price, 1/10000."""
        return self.prices[-1]

    def parts(self, used: int, quantity: int) -> Iterator[Part]:
        """``(step, quantity, price)`` of what is sold after ``used``."""
        return whole_block_parts(self.bounds, self.prices, used, quantity)

    def amount(self, used: int, quantity: int) -> int:
        """The money of all parts, each rounded."""
        return sum(
            half_up(part * price, STEP_UNIT) for _, part, price in self.parts(used, quantity)
        )


@dataclass(frozen=True, slots=True)
class PortionLadder:
    """Another ladder, for one class's portion of everything that is sold and was used."""

    ladder: Ladder
    portion: Portion

    @property
    def code(self) -> str:
        """The component's code."""
        return self.ladder.code

    @property
    def highest(self) -> int:
        """The highest price, 1/10000."""
        return self.ladder.highest

    def parts(self, used: int, quantity: int) -> Iterator[Part]:
        """``(step, quantity, price)`` of its portion of what is sold after ``used``."""
        return self.ladder.parts(self.portion.of(used), self.portion.sold(used, quantity))

    def amount(self, used: int, quantity: int) -> int:
        """The money of all parts, each rounded."""
        return self.ladder.amount(self.portion.of(used), self.portion.sold(used, quantity))


def bounds_of(tariff: Tariff, component: Component, usage: Usage) -> tuple[int, ...]:
    """The bounds that hold for the customer: household and season raise, a part period scales.

    What the household adds is scaled with the bound; what the season adds is not, for a season
    has its own days.
    """
    household = 0
    if tariff.household is not None and not _is_beside(component):
        household = tariff.household.allowance(usage.persons)
    bounds = [step.up_to + household for step in component.steps if step.up_to is not None]
    if usage.part_days is not None:
        part = tariff.part_period or _WHOLE_PERIOD
        bounds = [part.scaled(bound, usage.part_days) for bound in bounds]
    seasonal = tariff.seasonal_quota
    if seasonal is not None and not _is_beside(component):
        extra = seasonal.allowance(usage.equipment, usage.on)
        bounds = [bound + extra for bound in bounds]
    return tuple(bounds)


def _is_beside(component: Component) -> bool:
    """Whether it is the second class's: persons and equipment are the first's alone."""
    return component.portion is not None and component.portion.second


def ladders_of(tariff: Tariff, usage: Usage) -> tuple[Ladder, ...]:
    """The ladders that price a sale.

    A meter that holds money is sold money, each unit for one; where consumption counts, every
    unit is sold at the first step's price.
    """
    if tariff.holds_money:
        return (MarginalLadder(tariff.components[0].code, (), (_WHOLE_PRICE,)),)
    if tariff.counts_consumption:
        return tuple(
            MarginalLadder(part.code, (), (part.steps[0].price,)) for part in tariff.components
        )
    return tuple(_ladder_of(tariff, part, usage) for part in tariff.components)


def _ladder_of(tariff: Tariff, part: Component, usage: Usage) -> Ladder:
    kind, prices = _LADDERS[tariff.step_mode], tuple(step.price for step in part.steps)
    whole = kind(part.code, bounds_of(tariff, part, usage), prices)
    return whole if part.portion is None else PortionLadder(whole, part.portion)


def settled_parts(tariff: Tariff, usage: Usage) -> Iterator[tuple[str, Part]]:
    """What consumption beyond the settled one reached of the higher steps.

    Yields the component's code and ``(step, quantity, how much that step is above the first)``.
    """
    if not tariff.counts_consumption or usage.consumed is None:
        return
    for component in tariff.components:
        bounds = bounds_of(tariff, component, usage)
        prices = [step.price for step in component.steps]
        beyond = max(0, usage.consumed - usage.used)
        for step, quantity, price in marginal_parts(bounds, prices, usage.used, beyond):
            if price > prices[0]:
                yield component.code, (step, quantity, price - prices[0])


_LADDERS: dict[StepMode, type[MarginalLadder] | type[WholeBlockLadder]] = {
    StepMode.MARGINAL: MarginalLadder,
    StepMode.WHOLE_BLOCK: WholeBlockLadder,
}
