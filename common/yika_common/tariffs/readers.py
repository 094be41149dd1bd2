"""How single values of tariff files and queries are read: codes, names, numbers, days, moments."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_common.errors import Phrase
from yika_common.numbers import MONEY_PLACES, QUANTITY_PLACES, Money, Quantity
from yika_common.tariffs.parts import FEE_RATE_PLACES, WHOLE_RATE, FeeRate, MonthDay, Name
from yika_common.tariffs.strict_json import Node

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*", re.ASCII)
_NO_LOCAL_TIME = Phrase("it must be a local date and time such as 2014-05-01T00:00:00")
_NO_DATE = Phrase("it must be a date such as 2014-05-01")
_NO_MONTH = Phrase("it must be a year and a month such as 2014-05")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)

_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


def optional(keys: dict[str, Node], key: str, read: Callable[[Node], _Value]) -> _Value | None:
    """The value of a key, ``None`` where it is left out."""
    node = keys.get(key)
    return None if node is None else read(node)


def with_default(
    keys: dict[str, Node], key: str, read: Callable[[Node], _Value], default: _Value
) -> _Value:
    """The value of a key, or what its absence means."""
    node = keys.get(key)
    return default if node is None else read(node)


def code(node: Node) -> str:
    """A name for programs, up to 64 characters."""
    return _code(node, 64)


def line_code(node: Node) -> str:
    """The name of a line, up to 32 characters: it is written down with every sale."""
    return _code(node, 32)


def short_code(node: Node) -> str:
    """The name of a class or a device, up to 16 characters: several may travel with a sale."""
    return _code(node, 16)


def _code(node: Node, longest: int) -> str:
    otherwise = Phrase(
        "it must be 1 to %(most)s letters, digits, dots, dashes or underscores", most=longest
    )
    text = node.matching(_CODE, otherwise)
    if len(text) > longest:
        raise node.refusal(otherwise)
    return text


def line_codes(node: Node, most: int) -> tuple[str, ...]:
    """The names of one line or more, each once."""
    found = tuple(line_code(item) for item in node.items(1, most))
    if len(set(found)) < len(found):
        raise node.refusal(Phrase("a code is there twice"))
    return found


def name(node: Node) -> Name:
    """A text for people, by language."""
    return Name(node.texts(_LANGUAGE))


def money(node: Node) -> Money:
    """A sum, at least 0."""
    return Money(node.decimal(MONEY_PLACES))


def positive_money(node: Node) -> Money:
    """A sum above 0."""
    return Money(node.decimal(MONEY_PLACES, least=1))


def quantity(node: Node) -> Quantity:
    """A quantity, at least 0."""
    return Quantity(node.decimal(QUANTITY_PLACES))


def positive_quantity(node: Node) -> Quantity:
    """A quantity above 0."""
    return Quantity(node.decimal(QUANTITY_PLACES, least=1))


def positive_rate(node: Node) -> FeeRate:
    """A rate above 0."""
    return FeeRate(node.decimal(FEE_RATE_PLACES, least=1))


def share(node: Node) -> FeeRate:
    """A part of a whole, from 0 to 1."""
    rate = FeeRate(node.decimal(FEE_RATE_PLACES))
    if rate > WHOLE_RATE:
        raise node.refusal(Phrase("it must not be above 1"))
    return rate


def choice(node: Node, kind: type[_Choice]) -> _Choice:
    """One of a few words."""
    for one in kind:
        if node.value == one.value:
            return one
    raise node.refusal(Phrase("it must be one of %(choices)s", choices=", ".join(kind)))


def month_day(node: Node) -> MonthDay:
    """A day of every year."""
    found = _MONTH_DAY.fullmatch(node.text(5))
    try:
        if found is not None:
            return MonthDay(int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise node.refusal(Phrase("it must be a month and a day of every year, such as 01-01"))


def day(node: Node) -> date:
    """A calendar day."""
    text = node.matching(_DATE, _NO_DATE)
    try:
        return date.fromisoformat(text)
    except ValueError as cause:
        raise node.refusal(_NO_DATE) from cause


def month(node: Node) -> int:
    """A calendar month, counted from January of year 0."""
    found = _MONTH.fullmatch(node.matching(_MONTH, _NO_MONTH))
    assert found is not None, "the pattern has just matched"
    return int(found[1]) * 12 + int(found[2]) - 1


def time_zone(node: Node) -> ZoneInfo:
    """An IANA time zone."""
    try:
        return ZoneInfo(node.text(64))
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise node.refusal(Phrase("no time zone has this name")) from cause


def moment(node: Node, zone: ZoneInfo) -> datetime:
    """A local date and time, as aware UTC."""
    text = node.matching(_LOCAL_TIME, _NO_LOCAL_TIME)
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
        found = local.astimezone(UTC)
        there = found.astimezone(zone)
    except (ValueError, OverflowError) as cause:
        raise node.refusal(_NO_LOCAL_TIME) from cause
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise node.refusal(Phrase("clocks of that time zone skip this moment"))
    return found
