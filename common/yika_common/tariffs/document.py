"""Tariff files: strict JSON in, a sound tariff out.

The format, key by key, is ``docs/tariff-format.md``.  Decimal numbers are texts; counts and
versions are integers; a key that may be null may be left out.
"""

import hashlib
import re
from dataclasses import fields
from typing import Final
from zoneinfo import ZoneInfo

from yika_common.errors import Phrase
from yika_common.numbers import PRICE_PLACES, Money, Price, Quantity
from yika_common.services import Service
from yika_common.tariffs import readers
from yika_common.tariffs.document_fees import (
    fixed_charge,
    free_allocation,
    heat_basic_fee,
    named_tax,
    rebate,
    tax,
)
from yika_common.tariffs.errors import TariffMalformed, Unsound
from yika_common.tariffs.model import (
    CYCLE_MONTHS,
    STEPS_MAX,
    Component,
    Cycle,
    Expiry,
    GoldenCase,
    Hoard,
    HoardCounts,
    Household,
    Limits,
    MeterHolds,
    Opening,
    PartPeriod,
    QuotaBasis,
    Rounding,
    SeasonalQuota,
    Step,
    StepMode,
    Tariff,
    VersionChange,
)
from yika_common.tariffs.parts import FINEST_UNIT
from yika_common.tariffs.query import (
    ASKED,
    MAY_BE_ASKED,
    PERSONS_MAX,
    QUERY_SIZE_MAX,
    MoneyQuery,
    QuantityQuery,
    parse_query,
    read_usage,
)
from yika_common.tariffs.strict_json import Node, read_strict

__all__ = [
    "FILE_SIZE_MAX",
    "QUERY_SIZE_MAX",
    "MoneyQuery",
    "QuantityQuery",
    "parse_query",
    "parse_tariff",
]

FILE_SIZE_MAX = 64 * 1024

COMPONENTS_MAX = 16
FEES_MAX = 16
GOLDEN_MAX = 100
VERSION_MAX = 10**9

ANCHOR_ACCOUNT: Final = "account"

_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_NO_CURRENCY = Phrase("it must be three capital letters, such as CNY")

_REQUIRED = (
    "format", "id", "version", "service", "class", "currency", "time_zone", "effective_from",
    "cycle", "quota_basis", "step_mode", "on_version_change", "components", "fixed_charges",
    "limits", "golden",
)  # fmt: skip
_NULLABLE = (
    "area", "household", "heat_basic_fee", "tax",
    "expires", "part_period", "seasonal_quota", "meter_holds", "free_allocation", "rebates",
    "taxes",
)  # fmt: skip
_LIMITS = tuple(field.name for field in fields(Limits))


def parse_tariff(data: bytes) -> Tariff:
    """The tariff in a file of these exact bytes.

    Raises:
        TariffMalformed: the first rule found broken, with the path of its key.
    """
    try:
        return _tariff(read_strict(data, FILE_SIZE_MAX), hashlib.sha256(data).digest())
    except Unsound as found:
        raise TariffMalformed(key=found.key, why=found.why) from found


def _tariff(root: Node, digest: bytes) -> Tariff:
    keys = root.members(_REQUIRED, _NULLABLE)
    keys["format"].integer(1, 1)
    zone = readers.time_zone(keys["time_zone"])
    return root.build(
        Tariff,
        id=readers.code(keys["id"]),
        version=keys["version"].integer(1, VERSION_MAX),
        service=readers.choice(keys["service"], Service),
        tariff_class=readers.code(keys["class"]),
        area=readers.optional(keys, "area", readers.code),
        currency=keys["currency"].matching(_CURRENCY, _NO_CURRENCY),
        time_zone=zone.key,
        effective_from=readers.moment(keys["effective_from"], zone),
        expires=readers.optional(keys, "expires", lambda node: _expiry(node, zone)),
        cycle=_cycle(keys["cycle"]),
        part_period=readers.optional(keys, "part_period", _part_period),
        quota_basis=readers.choice(keys["quota_basis"], QuotaBasis),
        step_mode=readers.choice(keys["step_mode"], StepMode),
        on_version_change=readers.choice(keys["on_version_change"], VersionChange),
        household=readers.optional(keys, "household", _household),
        seasonal_quota=readers.optional(keys, "seasonal_quota", _seasonal_quota),
        components=tuple(_component(n) for n in keys["components"].items(1, COMPONENTS_MAX)),
        meter_holds=readers.with_default(
            keys,
            "meter_holds",
            lambda node: readers.choice(node, MeterHolds),
            MeterHolds.QUANTITY,
        ),
        heat_basic_fee=readers.optional(keys, "heat_basic_fee", heat_basic_fee),
        fixed_charges=tuple(fixed_charge(n) for n in keys["fixed_charges"].items(0, FEES_MAX)),
        free_allocation=readers.optional(keys, "free_allocation", free_allocation),
        rebates=tuple(rebate(n) for n in _items(keys, "rebates")),
        tax=readers.optional(keys, "tax", tax),
        taxes=tuple(named_tax(n) for n in _items(keys, "taxes")),
        limits=_limits(keys["limits"]),
        golden=tuple(_golden(n) for n in keys["golden"].items(0, GOLDEN_MAX)),
        digest=digest,
    )


def _items(keys: dict[str, Node], key: str) -> list[Node]:
    node = keys.get(key)
    return [] if node is None else node.items(0, FEES_MAX)


def _component(node: Node) -> Component:
    keys = node.members(("code", "name", "payee", "steps"))
    return node.build(
        Component,
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
        payee=keys["payee"].text(64),
        steps=tuple(_step(step) for step in keys["steps"].items(1, STEPS_MAX)),
    )


def _step(node: Node) -> Step:
    keys = node.members(("price",), ("up_to",))
    return Step(
        up_to=readers.optional(keys, "up_to", readers.positive_quantity),
        price=Price(keys["price"].decimal(PRICE_PLACES)),
    )


def _cycle(node: Node) -> Cycle:
    keys = node.members(("months", "anchor"))
    by_account = keys["anchor"].value == ANCHOR_ACCOUNT
    return node.build(
        Cycle,
        months=keys["months"].integer(CYCLE_MONTHS[0], CYCLE_MONTHS[-1]),
        anchor=None if by_account else readers.month_day(keys["anchor"]),
    )


def _part_period(node: Node) -> PartPeriod:
    keys = node.members((), ("opening", "rounding", "unit"))
    return PartPeriod(
        opening=readers.with_default(
            keys, "opening", lambda found: readers.choice(found, Opening), Opening.FULL
        ),
        rounding=readers.with_default(
            keys, "rounding", lambda found: readers.choice(found, Rounding), Rounding.HALF_UP
        ),
        unit=readers.with_default(keys, "unit", readers.positive_quantity, FINEST_UNIT),
    )


def _household(node: Node) -> Household:
    keys = node.members(("included_persons", "extra_per_person"), ("max_persons",))
    return node.build(
        Household,
        included_persons=keys["included_persons"].integer(1, PERSONS_MAX),
        extra_per_person=readers.quantity(keys["extra_per_person"]),
        max_persons=readers.optional(
            keys, "max_persons", lambda found: found.integer(1, PERSONS_MAX)
        ),
    )


def _seasonal_quota(node: Node) -> SeasonalQuota:
    keys = node.members(("from", "until", "extra", "equipment"))
    return SeasonalQuota(
        starts=readers.month_day(keys["from"]),
        until=readers.month_day(keys["until"]),
        extra=readers.positive_quantity(keys["extra"]),
        equipment=readers.short_code(keys["equipment"]),
    )


def _expiry(node: Node, zone: ZoneInfo) -> Expiry:
    keys = node.members(("soft", "hard"))
    return Expiry(soft=readers.moment(keys["soft"], zone), hard=readers.moment(keys["hard"], zone))


def _limits(node: Node) -> Limits:
    keys = node.members((), _LIMITS)

    def quantity(key: str) -> Quantity | None:
        return readers.optional(keys, key, readers.positive_quantity)

    def money(key: str) -> Money | None:
        return readers.optional(keys, key, readers.positive_money)

    return node.build(
        Limits,
        min_quantity=quantity("min_quantity"),
        max_quantity_per_sale=quantity("max_quantity_per_sale"),
        max_quantity_per_cycle=quantity("max_quantity_per_cycle"),
        max_quantity_per_day=quantity("max_quantity_per_day"),
        max_quantity_per_month=quantity("max_quantity_per_month"),
        min_amount=money("min_amount"),
        max_amount_per_sale=money("max_amount_per_sale"),
        max_amount_per_day=money("max_amount_per_day"),
        max_amount_per_month=money("max_amount_per_month"),
        hoard=readers.optional(keys, "hoard", _hoard),
    )


def _hoard(node: Node) -> Hoard:
    keys = node.members(("quantity", "counts"))
    return Hoard(
        quantity=readers.positive_quantity(keys["quantity"]),
        counts=readers.choice(keys["counts"], HoardCounts),
    )


def _golden(node: Node) -> GoldenCase:
    keys = node.members((*ASKED, "quantity", "charged"), MAY_BE_ASKED)
    return GoldenCase(
        usage=read_usage(keys),
        tendered=readers.optional(keys, "amount", readers.money),
        quantity=readers.quantity(keys["quantity"]),
        charged=readers.money(keys["charged"]),
    )
