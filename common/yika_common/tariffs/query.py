"""What is known of a customer, as JSON: price queries and the golden cases of tariff files."""

from collections.abc import Callable
from typing import Final

from yika_common.errors import Phrase
from yika_common.numbers import Money, Quantity
from yika_common.tariffs import readers
from yika_common.tariffs.errors import QueryMalformed, Unsound
from yika_common.tariffs.strict_json import Node, read_strict
from yika_common.tariffs.usage import Usage
from yika_common.values import dataclass

QUERY_SIZE_MAX = 4 * 1024

MONTHS_MAX = 1200
PERSONS_MAX = 1000
DAYS_MAX = 366
EQUIPMENT_MAX = 8

ASKED: Final = ("used", "quantum")
"""What every query says."""


@dataclass(frozen=True, slots=True)
class MoneyQuery:
    """What does this sum buy?"""

    usage: Usage
    tendered: Money


@dataclass(frozen=True, slots=True)
class QuantityQuery:
    """What does this quantity cost?"""

    usage: Usage
    quantity: Quantity


def parse_query(data: bytes) -> MoneyQuery | QuantityQuery:
    """The query in one line of JSON, as ``yika price`` reads it.

    Raises:
        QueryMalformed: the first rule found broken, with its key.
    """
    try:
        root = read_strict(data, QUERY_SIZE_MAX)
        keys = root.members(ASKED, (*MAY_BE_ASKED, "quantity"))
        if ("amount" in keys) == ("quantity" in keys):
            raise root.refusal(Phrase("exactly one of amount and quantity must be given"))
        usage = read_usage(keys)
        if "amount" in keys:
            return MoneyQuery(usage, readers.money(keys["amount"]))
        return QuantityQuery(usage, readers.quantity(keys["quantity"]))
    except Unsound as found:
        raise QueryMalformed(key=found.key, why=found.why) from found


def read_usage(keys: dict[str, Node]) -> Usage:
    """What the keys say; a key left out is as :class:`Usage` has it."""
    known: dict[str, object] = {
        key: read(keys[key]) for key, read in _READERS.items() if key in keys
    }
    return Usage(
        used=readers.quantity(keys["used"]),
        quantum=readers.positive_quantity(keys["quantum"]),
        **known,  # type: ignore[arg-type]  # every reader gives what its key holds
    )


def _integer(least: int, most: int) -> Callable[[Node], int]:
    return lambda node: node.integer(least, most)


def _part_days(node: Node) -> tuple[int, int]:
    days, whole = (item.integer(1, DAYS_MAX) for item in node.items(2, 2))
    if days > whole:
        raise node.refusal(Phrase("more days would count than the period has"))
    return days, whole


def _equipment(node: Node) -> tuple[str, ...]:
    return tuple(readers.short_code(item) for item in node.items(0, EQUIPMENT_MAX))


_READERS: Final[dict[str, Callable[[Node], object]]] = {
    "persons": _integer(1, PERSONS_MAX),
    "area_m2": readers.positive_quantity,
    "heating_year_paid": Node.boolean,
    "months_due": _integer(0, MONTHS_MAX),
    "month": readers.month,
    "opened_month": readers.month,
    "heat_class": readers.short_code,
    "heat_days": _integer(0, DAYS_MAX),
    "heat_suspended": Node.boolean,
    "free": readers.quantity,
    "equipment": _equipment,
    "on": readers.day,
    "part_days": _part_days,
    "consumed": readers.quantity,
    "stored": readers.quantity,
    "sold_today": readers.quantity,
    "sold_this_month": readers.quantity,
    "spent_today": readers.money,
    "spent_this_month": readers.money,
}

MAY_BE_ASKED: Final = ("amount", *_READERS)
"""What a query may say besides."""
