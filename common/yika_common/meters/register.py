"""How what passes a meter's measuring element becomes what its register shows.

A three-phase meter behind current and voltage transformers measures a small image of what the
customer uses: its register multiplies by both ratios, and credit is in real kWh.  A large water
meter sends one pulse for so many litres: between two pulses nothing is registered, and what passed
is kept for the next one.  In 1/1000 of the service's unit::

    passed     = element x ratio
    registered = the multiples of ``step`` in what passed so far

The register closes at the last step that is paid for, so a meter never delivers a step on credit
that nobody gave.
"""

from yika_common.numbers import Quantity
from yika_common.values import dataclass


@dataclass(frozen=True, slots=True)
class Register:
    """A meter's register.

    Attributes:
        ratio: of the transformers, current times voltage; 1 without any.
        step: the least that is registered, 1/1000 of the service's unit; a multiple of ``ratio``.
    """

    ratio: int = 1
    step: Quantity = Quantity(1)

    def __post_init__(self) -> None:
        if self.ratio < 1 or self.step < 1 or self.step % self.ratio:
            raise ValueError("a register's step is a multiple of its ratio")

    def whole(self, passed: Quantity) -> Quantity:
        """What of this the register shows: the steps that are whole."""
        return Quantity(passed - passed % self.step)


DIRECT = Register()
"""Registers 1/1000 of the unit, just as it passes."""
