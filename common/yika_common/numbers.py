"""Money, quantity and price are integers; decimal text exists only at the edges.

=========  ==============================  =====================
type       unit                            text
=========  ==============================  =====================
Money      1/100 of the currency's unit    at most 2 decimals
Quantity   1/1000 of the service's unit    at most 3 decimals
Price      1/10000 currency per unit       at most 4 decimals
=========  ==============================  =====================

No float ever holds any of them.  :func:`half_up` is the only rounding in the program; it is for
amounts that are not negative.
"""

import re
from typing import NewType

from yika_common.errors import N_, YikaError

Money = NewType("Money", int)
Quantity = NewType("Quantity", int)
Price = NewType("Price", int)

MONEY_PLACES = 2
QUANTITY_PLACES = 3
PRICE_PLACES = 4

MAGNITUDE_MAX = 10**15
"""No number of the program's users is larger; what is typed above it is a slip or an attack."""

_DECIMAL = re.compile(r"(-?)([0-9]{1,16})(?:\.([0-9]{1,9}))?", re.ASCII)


class NotANumber(YikaError):
    """A text that should be a plain decimal number is not one."""

    code = "not_a_number"
    sentence = N_(
        "“%(text)s” is not a number with at most %(places)s decimals. Nothing was changed. "
        "Type digits only, for example 120 or 120.5."
    )


def half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded half up; both at least 0, the denominator above 0."""
    return (2 * numerator + denominator) // (2 * denominator)


def scaled_from_text(text: str, places: int) -> int:
    """An exact decimal text as an integer of ``10**-places``.

    Raises:
        NotANumber: signs other than one leading minus, letters, spaces, exponents, more decimals
            than ``places`` or more than :data:`MAGNITUDE_MAX`.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise NotANumber(text=text[:40], places=places)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > places:
        raise NotANumber(text=text[:40], places=places)
    value = int(whole + fraction.ljust(places, "0"))
    if value > MAGNITUDE_MAX:
        raise NotANumber(text=text[:40], places=places)
    return -value if sign else value


def scaled_to_text(value: int, places: int, *, least: int | None = None) -> str:
    """The decimal text of an integer of ``10**-places``, with at least ``least`` decimals kept.

    ``least`` is all of them when it is not given: money prints ``5.00``.
    """
    digits = str(abs(value)).rjust(places + 1, "0")
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    if least is not None:
        kept = fraction.rstrip("0")
        fraction = kept.ljust(least, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def money_from_text(text: str) -> Money:
    """See :func:`scaled_from_text`; two decimals."""
    return Money(scaled_from_text(text, MONEY_PLACES))


def money_to_text(value: Money) -> str:
    """``Money(49939)`` is ``499.39``."""
    return scaled_to_text(value, MONEY_PLACES)


def quantity_from_text(text: str) -> Quantity:
    """See :func:`scaled_from_text`; three decimals."""
    return Quantity(scaled_from_text(text, QUANTITY_PLACES))


def quantity_to_text(value: Quantity, *, least: int = 0) -> str:
    """``Quantity(74200)`` is ``74.2``."""
    return scaled_to_text(value, QUANTITY_PLACES, least=least)


def price_to_text(value: Price) -> str:
    """``Price(20700)`` is ``2.07``; at least two decimals."""
    return scaled_to_text(value, PRICE_PLACES, least=2)
