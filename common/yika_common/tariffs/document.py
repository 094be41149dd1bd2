"""Tariff files and price queries: strict JSON in, sound values out.

The format, key by key, is ``docs/tariff-format.md``.  Decimal numbers are texts; counts and
versions are integers; a key that may be null may be left out.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from yika_common.errors import Phrase
from yika_common.numbers import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, Money, Price, Quantity
from yika_common.services import Service
from yika_common.tariffs.errors import QueryMalformed, TariffMalformed, Unsound
from yika_common.tariffs.model import (
    CYCLE_MONTHS,
    FEE_RATE_PLACES,
    STEPS_MAX,
    Component,
    Cycle,
    FeeRate,
    FixedCharge,
    GoldenCase,
    HeatBasicFee,
    Household,
    Limits,
    MonthDay,
    Name,
    QuotaBasis,
    Step,
    StepMode,
    Tariff,
    Tax,
    VersionChange,
)
from yika_common.tariffs.strict_json import Node, read_strict
from yika_common.tariffs.usage import Usage

FILE_SIZE_MAX = 64 * 1024
QUERY_SIZE_MAX = 4 * 1024

COMPONENTS_MAX = 16
FIXED_CHARGES_MAX = 16
GOLDEN_MAX = 100
VERSION_MAX = 10**9
MONTHS_MAX = 1200
PERSONS_MAX = 1000

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", re.ASCII)
_NO_CODE = Phrase("it must be 1 to 64 letters, digits, dots, dashes or underscores")
_NO_LOCAL_TIME = Phrase("it must be a local date and time such as 2014-05-01T00:00:00")
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_MONTH_DAY = re.compile(r"([0-9]{2})-([0-9]{2})", re.ASCII)
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}", re.ASCII)

_REQUIRED = (
    "format", "id", "version", "service", "class", "currency", "time_zone", "effective_from",
    "cycle", "quota_basis", "step_mode", "on_version_change", "components", "fixed_charges",
    "limits", "golden",
)  # fmt: skip
_NULLABLE = ("area", "household", "heat_basic_fee", "tax")
_LIMITS = ("min_quantity", "max_quantity_per_sale", "max_quantity_per_cycle")
_ASKED = ("used", "quantum")
_MAY_BE_ASKED = ("amount", "persons", "area_m2", "heating_year_paid", "months_due")

_Choice = TypeVar("_Choice", bound=StrEnum)
_Value = TypeVar("_Value")


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


def parse_tariff(data: bytes) -> Tariff:
    """The tariff in a file of these exact bytes.

    Raises:
        TariffMalformed: the first rule found broken, with the path of its key.
    """
    try:
        return _tariff(read_strict(data, FILE_SIZE_MAX), hashlib.sha256(data).digest())
    except Unsound as found:
        raise TariffMalformed(key=found.key, why=found.why) from found


def parse_query(data: bytes) -> MoneyQuery | QuantityQuery:
    """The query in one line of JSON, as ``yika price`` reads it.

    Raises:
        QueryMalformed: the first rule found broken, with its key.
    """
    try:
        root = read_strict(data, QUERY_SIZE_MAX)
        keys = root.members(_ASKED, (*_MAY_BE_ASKED, "quantity"))
        if ("amount" in keys) == ("quantity" in keys):
            raise root.refusal(Phrase("exactly one of amount and quantity must be given"))
        usage = _usage(keys)
        if "amount" in keys:
            return MoneyQuery(usage, _money(keys["amount"]))
        return QuantityQuery(usage, _quantity(keys["quantity"]))
    except Unsound as found:
        raise QueryMalformed(key=found.key, why=found.why) from found


def _tariff(root: Node, digest: bytes) -> Tariff:
    keys = root.members(_REQUIRED, _NULLABLE)
    keys["format"].integer(1, 1)
    zone = _time_zone(keys["time_zone"])
    return root.build(
        Tariff,
        id=_code(keys["id"]),
        version=keys["version"].integer(1, VERSION_MAX),
        service=_choice(keys["service"], Service),
        tariff_class=_code(keys["class"]),
        area=_optional(keys, "area", _code),
        currency=keys["currency"].matching(
            _CURRENCY, Phrase("it must be three capital letters, such as CNY")
        ),
        time_zone=zone.key,
        effective_from=_moment(keys["effective_from"], zone),
        cycle=_cycle(keys["cycle"]),
        quota_basis=_choice(keys["quota_basis"], QuotaBasis),
        step_mode=_choice(keys["step_mode"], StepMode),
        on_version_change=_choice(keys["on_version_change"], VersionChange),
        household=_optional(keys, "household", _household),
        components=tuple(_component(n) for n in keys["components"].items(1, COMPONENTS_MAX)),
        heat_basic_fee=_optional(keys, "heat_basic_fee", _heat_basic_fee),
        fixed_charges=tuple(
            _fixed_charge(n) for n in keys["fixed_charges"].items(0, FIXED_CHARGES_MAX)
        ),
        tax=_optional(keys, "tax", _tax),
        limits=_limits(keys["limits"]),
        golden=tuple(_golden(n) for n in keys["golden"].items(0, GOLDEN_MAX)),
        digest=digest,
    )


def _component(node: Node) -> Component:
    keys = node.members(("code", "name", "payee", "steps"))
    return node.build(
        Component,
        code=_code(keys["code"]),
        name=_name(keys["name"]),
        payee=keys["payee"].text(64),
        steps=tuple(_step(step) for step in keys["steps"].items(1, STEPS_MAX)),
    )


def _step(node: Node) -> Step:
    keys = node.members(("price",), ("up_to",))
    return Step(
        up_to=_optional(keys, "up_to", _positive_quantity),
        price=Price(keys["price"].decimal(PRICE_PLACES)),
    )


def _cycle(node: Node) -> Cycle:
    keys = node.members(("months", "anchor"))
    return node.build(
        Cycle,
        months=keys["months"].integer(CYCLE_MONTHS[0], CYCLE_MONTHS[-1]),
        anchor=_month_day(keys["anchor"]),
    )


def _household(node: Node) -> Household:
    keys = node.members(("included_persons", "extra_per_person"))
    return Household(
        included_persons=keys["included_persons"].integer(1, PERSONS_MAX),
        extra_per_person=_quantity(keys["extra_per_person"]),
    )


def _heat_basic_fee(node: Node) -> HeatBasicFee:
    keys = node.members(("rate", "per", "heating_year_starts", "code", "name"))
    if keys["per"].value != "m2":
        raise keys["per"].refusal(Phrase("it must be m2"))
    return HeatBasicFee(
        code=_code(keys["code"]),
        name=_name(keys["name"]),
        rate=FeeRate(keys["rate"].decimal(FEE_RATE_PLACES, least=1)),
        heating_year_starts=_month_day(keys["heating_year_starts"]),
    )


def _fixed_charge(node: Node) -> FixedCharge:
    keys = node.members(("code", "name", "amount", "months", "catch_up_months"))
    return node.build(
        FixedCharge,
        code=_code(keys["code"]),
        name=_name(keys["name"]),
        amount=Money(keys["amount"].decimal(MONEY_PLACES, least=1)),
        months=keys["months"].integer(1, MONTHS_MAX),
        catch_up_months=keys["catch_up_months"].integer(1, MONTHS_MAX),
    )


def _tax(node: Node) -> Tax:
    keys = node.members(("rate", "inclusive", "components"))
    codes = [_code(code) for code in keys["components"].items(1, COMPONENTS_MAX)]
    if len(set(codes)) < len(codes):
        raise keys["components"].refusal(Phrase("a code is there twice"))
    return Tax(
        rate=FeeRate(keys["rate"].decimal(FEE_RATE_PLACES, least=1)),
        inclusive=keys["inclusive"].boolean(),
        components=tuple(codes),
    )


def _limits(node: Node) -> Limits:
    keys = node.members((), _LIMITS)
    least, per_sale, per_cycle = (_optional(keys, key, _positive_quantity) for key in _LIMITS)
    return node.build(
        Limits,
        min_quantity=least,
        max_quantity_per_sale=per_sale,
        max_quantity_per_cycle=per_cycle,
    )


def _golden(node: Node) -> GoldenCase:
    keys = node.members((*_ASKED, "quantity", "charged"), _MAY_BE_ASKED)
    return GoldenCase(
        usage=_usage(keys),
        tendered=_optional(keys, "amount", _money),
        quantity=_quantity(keys["quantity"]),
        charged=_money(keys["charged"]),
    )


def _usage(keys: dict[str, Node]) -> Usage:
    paid, due = keys.get("heating_year_paid"), keys.get("months_due")
    return Usage(
        used=_quantity(keys["used"]),
        quantum=_positive_quantity(keys["quantum"]),
        persons=_optional(keys, "persons", lambda node: node.integer(1, PERSONS_MAX)),
        area_m2=_optional(keys, "area_m2", _positive_quantity),
        heating_year_paid=paid.boolean() if paid else True,
        months_due=due.integer(0, MONTHS_MAX) if due else 0,
    )


def _optional(keys: dict[str, Node], key: str, read: Callable[[Node], _Value]) -> _Value | None:
    node = keys.get(key)
    return None if node is None else read(node)


def _code(node: Node) -> str:
    return node.matching(_CODE, _NO_CODE)


def _name(node: Node) -> Name:
    return Name(node.texts(_LANGUAGE))


def _money(node: Node) -> Money:
    return Money(node.decimal(MONEY_PLACES))


def _quantity(node: Node) -> Quantity:
    return Quantity(node.decimal(QUANTITY_PLACES))


def _positive_quantity(node: Node) -> Quantity:
    return Quantity(node.decimal(QUANTITY_PLACES, least=1))


def _choice(node: Node, kind: type[_Choice]) -> _Choice:
    for choice in kind:
        if node.value == choice.value:
            return choice
    raise node.refusal(Phrase("it must be one of %(choices)s", choices=", ".join(kind)))


def _month_day(node: Node) -> MonthDay:
    found = _MONTH_DAY.fullmatch(node.text(5))
    try:
        if found is not None:
            return MonthDay(int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise node.refusal(Phrase("it must be a month and a day of every year, such as 01-01"))


def _time_zone(node: Node) -> ZoneInfo:
    try:
        return ZoneInfo(node.text(64))
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        raise node.refusal(Phrase("no time zone has this name")) from cause


def _moment(node: Node, zone: ZoneInfo) -> datetime:
    text = node.matching(_LOCAL_TIME, _NO_LOCAL_TIME)
    try:
        local = datetime.fromisoformat(text).replace(tzinfo=zone)
        moment = local.astimezone(UTC)
        there = moment.astimezone(zone)
    except (ValueError, OverflowError) as cause:
        raise node.refusal(_NO_LOCAL_TIME) from cause
    if there.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise node.refusal(Phrase("clocks of that time zone skip this moment"))
    return moment
