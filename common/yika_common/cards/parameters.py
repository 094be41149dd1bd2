"""What a meter is set to, as a credit record and an order of a tool card bring it.

The 22 bytes of :mod:`yika_common.cards.record` from 74 on: a version, levels, and for a meter that
holds money its prices.  Where a price is brought its successor stands in the place of the second
level and the overdraft.
"""

from dataclasses import field, replace
from datetime import datetime
from typing import NamedTuple

from yika_common.cards.layout import Field, Kind, Layout
from yika_common.numbers import Price, Quantity
from yika_common.values import dataclass

_NO_QUANTITY = Quantity(0)
_NO_PRICE = Price(0)

PARAMETERS = Layout(
    Field("version", 2),
    Field("alarm_level", 4),
    Field("max_stored", 4),
    Field("price", 4),
    Field("next_price", 4),
    Field("next_from", 4, Kind.TIME_OR_NONE),
)
"""The fields of :class:`MeterParameters` that bring a price; a tool card's order has the same."""
_LEVELS = Layout(
    *PARAMETERS.fields[:4],
    Field("second_level", 4),
    Field("overdraft", 4),
)
"""The same bytes where no price is brought."""
_PRICE = slice(10, 14)
_VERSION_MAX = 0xFFFF


class Levels(NamedTuple):
    """At which credit a meter does what; in 1/1000 of what it holds.

    At ``alarm_level`` it warns.  At ``second_level`` it closes once, until a card is shown to it;
    0: it does not.  It stores no more than ``max_stored``; 0: the meter's own.  It delivers until
    the balance is ``overdraft`` below zero, and takes that back from the next purchase.
    """

    alarm_level: Quantity = _NO_QUANTITY
    max_stored: Quantity = _NO_QUANTITY
    second_level: Quantity = _NO_QUANTITY
    overdraft: Quantity = _NO_QUANTITY

    def beside_a_price(self) -> "Levels":
        """Those for which there is room beside a price, and on a card of six meters."""
        return self._replace(second_level=_NO_QUANTITY, overdraft=_NO_QUANTITY)


@dataclass(frozen=True, slots=True)
class MeterParameters:
    """What the meter is to be set to; version 0 brings nothing.

    A meter that holds money deducts at ``price``, and at ``next_price`` once its clock has
    reached ``next_from``; the two come together, with a price before them, or neither does.  Every
    record of such a meter brings its price, and no other record brings one.  ``second_level`` and
    ``overdraft`` (:class:`Levels`) have no room beside a price.
    """

    version: int = 0
    alarm_level: Quantity = _NO_QUANTITY
    max_stored: Quantity = _NO_QUANTITY
    price: Price = _NO_PRICE
    next_price: Price = _NO_PRICE
    next_from: datetime | None = None
    second_level: Quantity = _NO_QUANTITY
    overdraft: Quantity = _NO_QUANTITY
    data: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.next_from is None) != (self.next_price == 0):
            raise ValueError("next_price: a next price has a time, and a time has a next price")
        if self.next_price and not self.price:
            raise ValueError("next_price: a price comes before the next one")
        if self.price and not self.version:
            raise ValueError("price: a price comes with a parameter version")
        if self.price and (self.second_level or self.overdraft):
            raise ValueError("second_level, overdraft: they have no room beside a price")
        object.__setattr__(self, "data", (PARAMETERS if self.price else _LEVELS).pack(self))

    @property
    def levels(self) -> Levels:
        """All that is not a price."""
        return Levels(self.alarm_level, self.max_stored, self.second_level, self.overdraft)

    def levelled(self, in_force: int, levels: Levels) -> "MeterParameters":
        """These with other levels; the very same ones if they bring those levels already.

        They do not if the meter is at a higher version than theirs: then nobody knows which levels
        it has, and it is told again.  ``in_force`` is its version; 0: it has none, or has not
        said.  The new version is above both; where there is none any more, nothing changes.
        """
        told = bool(self.version) and self.version >= in_force and self.levels == levels
        version = max(self.version, in_force) + 1
        if told or version > _VERSION_MAX:
            return self
        return replace(self, version=version, **levels._asdict())

    def repriced(
        self,
        version: int,
        price: Price,
        next_price: Price = _NO_PRICE,
        next_from: datetime | None = None,
    ) -> "MeterParameters":
        """These with other prices; the very same ones if those are their prices already.

        The new version is ``version``, or the one after this if that is higher, so that the meter
        takes the prices whichever card it saw last.
        """
        if (self.price, self.next_price, self.next_from) == (price, next_price, next_from):
            return self
        return replace(
            self,
            version=max(version, self.version + 1),
            price=price,
            next_price=next_price,
            next_from=next_from,
        )


def read_parameters(data: bytes) -> MeterParameters:
    """The parameters in these 22 bytes.

    Raises:
        ValueError: no parameters have these bytes.
    """
    layout = PARAMETERS if any(data[_PRICE]) else _LEVELS
    return MeterParameters(**layout.unpack(data))
