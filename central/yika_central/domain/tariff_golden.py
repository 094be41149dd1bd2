"""Golden cases proposed for a tariff: sales at, before and across every bound and with every fee.

They are computed by the engine that is running, so they prove nothing about it; what they guard
is every other program that takes the tariff into use.  A person looks at them and puts them into
the file, whose other bytes stay as they are.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.fees import HeatBasicFee
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.query import MoneyQuery, QuantityQuery, parse_query
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity

CASES_MAX: Final = 60

_KEY = re.compile(r'"golden"\s*:\s*')
_USUAL: Final = Quantity(20_000)
_TENDERED: Final = Money(10_000)
_AREA: Final = "96.4"
_WHOLE_METERS: Final = frozenset({Service.HEAT})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A case: what is asked, and what comes out."""

    asked: Json
    quantity: Quantity
    charged: Money

    def to_json(self) -> Json:
        """The case as it stands in a tariff file."""
        case = dict(self.asked)
        case["quantity"] = quantity_to_text(self.quantity)
        case["charged"] = money_to_text(self.charged)
        return case


def propose(tariff: Tariff) -> tuple[Proposed, ...]:
    """Cases for a tariff, the simple ones first; what the tariff refuses is left out."""
    found: dict[str, Proposed] = {}
    for asked in _asked(tariff):
        quote = _quoted(tariff, asked)
        if quote is not None and len(found) < CASES_MAX:
            found.setdefault(
                json.dumps(asked, sort_keys=True),
                Proposed(asked, quote.quantity, quote.amount),
            )
    return tuple(found.values())


def with_golden(document: bytes, cases: tuple[Proposed, ...]) -> bytes:
    """A sound tariff file with these golden cases, one a line, and otherwise the same bytes."""
    text = document.decode()
    key = _KEY.search(text)
    assert key is not None, "a sound tariff has golden cases, or an empty list of them"
    _, end = json.JSONDecoder().raw_decode(text, key.end())
    lines = [f"    {json.dumps(case.to_json(), ensure_ascii=False)}" for case in cases]
    table = "[\n" + ",\n".join(lines) + "\n  ]" if lines else "[]"
    return (text[: key.end()] + table + text[end:]).encode()


def _asked(tariff: Tariff) -> Iterator[Json]:
    """What to ask: steps by quantity and by money, then one rule after the other."""
    quantum = "1" if tariff.service in _WHOLE_METERS else "0.1"
    plain: Json = {"used": "0", "quantum": quantum}
    bounds = sorted({s.up_to for c in tariff.components for s in c.steps if s.up_to is not None})
    for used, quantity in _places(bounds, tariff):
        asked = plain | {"used": quantity_to_text(used)}
        yield asked | {"quantity": quantity_to_text(quantity)}
        yield asked | {"amount": money_to_text(_sum_for(tariff, asked, quantity))}
    # Where a raised bound lets the cheaper price go on.
    at = plain | {"used": quantity_to_text(bounds[0] if bounds else Quantity(0))}
    for facts in _rules(tariff, bounds):
        yield at | facts | {"quantity": quantity_to_text(_least(tariff))}
        yield at | facts | {"amount": money_to_text(_sum_for(tariff, at | facts, _least(tariff)))}


def _places(bounds: list[Quantity], tariff: Tariff) -> Iterator[tuple[Quantity, Quantity]]:
    """Where the quota stands, and what is bought: in each step, up to its end, and beyond it."""
    usual = _least(tariff)
    yield Quantity(0), usual
    for below, bound in zip([Quantity(0), *bounds], bounds, strict=False):
        half = Quantity(min(usual // 2, (bound - below) // 2) // 1000 * 1000)
        yield Quantity(bound - half), half
        yield Quantity(bound - half), usual
        yield bound, usual
    if bounds:
        yield Quantity(0), Quantity((bounds[-1] // 1000 + 1) * 1000 + usual)


def _rules(tariff: Tariff, bounds: list[Quantity]) -> Iterator[Json]:
    """The facts that make each rule besides the steps matter."""
    if tariff.household is not None:
        yield {"persons": tariff.household.included_persons + 2}
    if tariff.part_period is not None:
        part = Quantity(bounds[0] * 153 // 365_000 * 1000 if bounds else 0)
        yield {"part_days": [153, 365], "used": quantity_to_text(part)}
    if tariff.seasonal_quota is not None:
        season = tariff.seasonal_quota
        day = f"{season.starts.month:02}-{season.starts.day:02}"
        yield {"equipment": [season.equipment], "on": f"2026-{day}"}
    if tariff.heat_basic_fee is not None:
        yield from _heat(tariff.heat_basic_fee)
    for charge in tariff.fixed_charges:
        yield {"months_due": charge.months}
        yield {"months_due": charge.catch_up_months + charge.months}
    if tariff.free_allocation is not None:
        yield {"free": quantity_to_text(tariff.free_allocation.quantity)}
    for rebate in tariff.rebates:
        yield {"on": rebate.starts.isoformat()}
    if tariff.counts_consumption:
        yield {"used": "0", "consumed": quantity_to_text(_beyond(bounds))}


def _heat(fee: HeatBasicFee) -> Iterator[Json]:
    due: Json = {"area_m2": _AREA, "heating_year_paid": False}
    yield due
    for heat_class, _ in fee.coefficients:
        yield due | {"heat_class": heat_class}
    if fee.days is not None:
        yield due | {"heat_days": fee.days // 2}
    if fee.suspended_share is not None:
        yield due | {"heat_suspended": True}


def _quoted(tariff: Tariff, asked: Json) -> Quote | None:
    try:
        match parse_query(json.dumps(asked).encode()):
            case MoneyQuery(usage, tendered):
                return quote_for_money(tariff, usage, tendered)
            case QuantityQuery(usage, quantity):
                return quote_for_quantity(tariff, usage, quantity)
    except YikaError:
        return None


def _sum_for(tariff: Tariff, asked: Json, quantity: Quantity) -> Money:
    """A sum of whole currency that buys about so much and leaves a rest."""
    quote = _quoted(tariff, asked | {"quantity": quantity_to_text(quantity)})
    return _TENDERED if quote is None else Money((quote.amount // 100 + 1) * 100)


def _least(tariff: Tariff) -> Quantity:
    """A usual purchase that the tariff's limits let through."""
    limits = tariff.limits
    least = max(_USUAL, limits.min_quantity or 0)
    return Quantity(min(least, limits.max_quantity_per_sale or least))


def _beyond(bounds: list[Quantity]) -> Quantity:
    return Quantity((bounds[0] if bounds else 0) + 15_000)
