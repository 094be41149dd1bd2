"""Mixed use: one meter whose quantity two classes of customers share, as a shop in a home does.

The second class has a whole number of percent, the first the rest.  What counts is everything
sold in a quota period: of a total of Q the second class has ``Q x percent / 100``, rounded down to
whole quanta of the meter, and the first class what remains.  A sale's part is how much the class's
part of the total grows by it.  So the parts of a sale always add up to it, each class has a step
counter of its own that follows from the total alone, and a hundred small purchases are divided as
one large one.  Source: published mixed gas prices (household and other use, in percent, at one
meter).

==========  ============================  ==========================================
text        form                          where it stands
==========  ============================  ==========================================
a mixture   ``gas:commercial:30``         facts of an account, several with spaces
named       ``shop-gas 3 00ff… 30``       a purchase: id, version, digest (8 bytes)
                                          and percent of the second class's tariff
==========  ============================  ==========================================
"""

import re

from yika_common.errors import Phrase
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.values import dataclass

WHOLE = 100
MIXTURES_TEXT_MAX = 240
NAMED_TEXT_MAX = 112
"""Characters of the two texts in a record."""

_MIXTURE = re.compile(r"([a-z_]{1,32}):([A-Za-z0-9][A-Za-z0-9_.-]{0,63}):([1-9][0-9]?)", re.ASCII)
_NAMED = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9_.-]{0,63}) ([1-9][0-9]{0,9}) ([0-9a-f]{16}) ([1-9][0-9]?)", re.ASCII
)
_SERVICES = frozenset(map(str, Service))


@dataclass(frozen=True, slots=True)
class Portion:
    """One class's part of what is sold at a meter.

    ``percent`` is the second class's, ``unit`` the meter's quantum; ``second`` says whose it is.
    """

    percent: int
    unit: Quantity
    second: bool

    def of(self, total: int) -> int:
        """Its part of everything that was sold in a quota period."""
        beside = self._beside(total)
        return beside if self.second else total - beside

    def sold(self, used: int, quantity: int) -> int:
        """Its part of a sale of ``quantity`` after ``used``; the two classes' add up to it."""
        beside = min(quantity, self._beside(used + quantity) - self._beside(used))
        return beside if self.second else quantity - beside

    def reaching(self, bound: int) -> int:
        """The least total, in whole quanta, of which its part is at least ``bound``."""
        few, enough = -1, 1
        while self.of(enough * self.unit) < bound:
            enough *= 2
        while enough - few > 1:
            middle = (few + enough) // 2
            if self.of(middle * self.unit) < bound:
                few = middle
            else:
                enough = middle
        return enough * self.unit

    @property
    def share(self) -> int:
        """Its percent."""
        return self.percent if self.second else WHOLE - self.percent

    def _beside(self, total: int) -> int:
        return total * self.percent // (WHOLE * self.unit) * self.unit


@dataclass(frozen=True, slots=True)
class Mixture:
    """Of a service's quantity, ``percent`` (1 to 99) is sold to a second class."""

    service: Service
    tariff_class: str
    percent: int

    def __str__(self) -> str:
        return f"{self.service}:{self.tariff_class}:{self.percent}"


@dataclass(frozen=True, slots=True)
class NamedBeside:
    """The second class's tariff, as a purchase names it; ``digest`` is 16 hex digits."""

    id: str
    version: int
    digest: str
    percent: int

    def __str__(self) -> str:
        return f"{self.id} {self.version} {self.digest} {self.percent}"


def mixtures_of(text: str) -> tuple[Mixture, ...]:
    """What an account's facts say, in the order of the services' names.

    Raises:
        ValueError: it is no such text, or names a service twice; with a ``Phrase``.
    """
    found: dict[str, Mixture] = {}
    for word in text.split():
        read = _MIXTURE.fullmatch(word)
        if read is None or read[1] not in _SERVICES or read[1] in found:
            raise ValueError(
                Phrase("mixed use is a service, a class and 1 to 99 percent, each service once")
            )
        found[read[1]] = Mixture(Service(read[1]), read[2], int(read[3]))
    return tuple(found[service] for service in sorted(found))


def named_beside(text: str) -> NamedBeside | None:
    """The second tariff that a purchase names; ``None``: it names none.

    Raises:
        ValueError: it is no such text; with a ``Phrase``.
    """
    if not text:
        return None
    read = _NAMED.fullmatch(text)
    if read is None:
        raise ValueError(Phrase("“mx” is a tariff's id, version and digest, and 1 to 99 percent"))
    return NamedBeside(read[1], int(read[2]), read[3], int(read[4]))
