"""Makers of tariff files and tariffs: a test states only what it is about."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from yika_common.numbers import (
    MONEY_PLACES,
    QUANTITY_PLACES,
    Quantity,
    scaled_from_text,
    scaled_to_text,
)
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.usage import Usage

TARIFF_VECTORS: Mapping[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "tariffs.json").read_text(encoding="utf-8")
)


def a_document(**changes: object) -> dict[str, Any]:
    """The keys of a flat cold-water tariff at 5.00, with some of them changed."""
    return {
        "format": 1,
        "id": "TEST-WATER",
        "version": 1,
        "service": "cold_water",
        "class": "residential",
        "area": None,
        "currency": "CNY",
        "time_zone": "Asia/Shanghai",
        "effective_from": "2020-01-01T00:00:00",
        "cycle": {"months": 12, "anchor": "01-01"},
        "quota_basis": "purchased",
        "step_mode": "marginal",
        "on_version_change": "carry",
        "household": None,
        "components": [a_component([], ["5.00"])],
        "heat_basic_fee": None,
        "fixed_charges": [],
        "tax": None,
        "limits": {},
        "golden": [],
    } | changes


def a_component(
    bounds: Sequence[str], prices: Sequence[str], code: str = "water"
) -> dict[str, Any]:
    """A component with these bounds and one price more."""
    steps: list[dict[str, str]] = [
        {"up_to": bound, "price": price} for bound, price in zip(bounds, prices, strict=False)
    ]
    return {
        "code": code,
        "name": {"en": code.title(), "zh": "水费"},
        "payee": "UTILITY",
        "steps": [*steps, {"price": prices[-1]}],
    }


def a_fixed_charge(amount: str, months: int = 1, catch_up_months: int = 3) -> dict[str, Any]:
    return {
        "code": "network",
        "name": {"en": "Network fee"},
        "amount": amount,
        "months": months,
        "catch_up_months": catch_up_months,
    }


def heat_keys(rate: str = "8.01") -> dict[str, Any]:
    """The keys that make a document a two-part heat tariff at 0.20 a kWh."""
    return {
        "service": "heat",
        "components": [a_component([], ["0.20"], code="heat")],
        "heat_basic_fee": {
            "rate": rate,
            "per": "m2",
            "heating_year_starts": "07-01",
            "code": "basic",
            "name": {"en": "Basic fee"},
        },
    }


def as_bytes(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()


def a_tariff(**changes: object) -> Tariff:
    return parse_tariff(as_bytes(a_document(**changes)))


def money(text: str) -> int:
    return scaled_from_text(text, MONEY_PLACES)


def milli(text: str) -> int:
    return scaled_from_text(text, QUANTITY_PLACES)


def moment(text: str) -> datetime:
    """An aware time from ``2026-03-01T00:00:00+08:00``."""
    return datetime.fromisoformat(text)


NAME = {"en": "Line", "zh": "项目"}
QUANTA = (1, 10, 100, 250, 1000)
EQUIPMENT = ("boiler", "pump")
HEAT_CLASSES = {"low": "0.82", "mid": "0.86", "high": "0.9"}


@st.composite
def random_documents(draw: st.DrawFn) -> dict[str, Any]:
    """A sound tariff file with any of the format's features, in any mixture that is sound.

    Money meters, whole blocks and consumption each rule some features out; what is left is drawn.
    """
    kind = draw(st.sampled_from(["marginal", "marginal", "whole_block", "consumed", "money"]))
    parts = [
        draw(_random_components(f"part{number}", kind))
        for number in range(1 if kind == "money" else draw(st.integers(1, 4)))
    ]
    bounded = any(len(part["steps"]) > 1 for part in parts)
    document = a_document(
        version=draw(st.sampled_from([1, 2])),
        step_mode="whole_block" if kind == "whole_block" else "marginal",
        quota_basis="consumed" if kind == "consumed" else "purchased",
        meter_holds="money" if kind == "money" else "quantity",
        on_version_change=draw(st.sampled_from(["carry", "reset", "prorata"])),
        components=parts,
        cycle={"months": draw(st.sampled_from([1, 3, 6, 12])), "anchor": "01-01"},
    )
    if bounded and draw(st.booleans()):
        document["part_period"] = {
            "opening": "prorata",
            "rounding": draw(st.sampled_from(["half_up", "down", "up"])),
            "unit": draw(st.sampled_from(["0.001", "0.01", "1", "10"])),
        }
    if kind != "money" and draw(st.booleans()):
        document["household"] = draw(_households())
    if bounded and kind == "marginal" and draw(st.booleans()):
        document["seasonal_quota"] = draw(_seasonal_quotas())
    if draw(st.booleans()):
        document |= {"service": "heat", "heat_basic_fee": draw(_heat_fees())}
    document["fixed_charges"] = [
        draw(_fixed_charges(f"fixed{number}")) for number in range(draw(st.integers(0, 2)))
    ]
    if kind in {"marginal", "whole_block"} and draw(st.booleans()):
        document["free_allocation"] = draw(_allocations(document))
    document["rebates"], document["taxes"] = draw(_rebates_and_taxes(document))
    return document


@st.composite
def _random_components(draw: st.DrawFn, code: str, kind: str) -> dict[str, Any]:
    most = 0 if kind == "money" else 5
    bounds = sorted(draw(st.lists(st.integers(1, 500_000), max_size=most, unique=True)))
    size = len(bounds) + 1
    # Where consumption counts, everything is sold at the first price.
    least = 1 if kind == "consumed" else 0
    prices = draw(st.lists(st.integers(least, 150_000), min_size=size, max_size=size))
    prices[-1] = max(1, prices[-1])
    if kind in {"whole_block", "consumed"}:
        prices.sort()
    return a_component(
        [scaled_to_text(bound, 3) for bound in bounds],
        [scaled_to_text(price, 4) for price in prices],
        code,
    )


@st.composite
def _households(draw: st.DrawFn) -> dict[str, Any]:
    included = draw(st.integers(1, 8))
    return {
        "included_persons": included,
        "extra_per_person": scaled_to_text(draw(st.integers(0, 100_000)), 3),
        "max_persons": draw(st.none() | st.integers(included + 1, included + 4)),
    }


@st.composite
def _month_days(draw: st.DrawFn) -> str:
    day = draw(st.dates(date(2025, 1, 1), date(2025, 12, 31)))
    return f"{day:%m-%d}"


@st.composite
def _seasonal_quotas(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "from": draw(_month_days()),
        "until": draw(_month_days()),
        "extra": scaled_to_text(draw(st.integers(1, 300_000)), 3),
        "equipment": draw(st.sampled_from(EQUIPMENT)),
    }


@st.composite
def _heat_fees(draw: st.DrawFn) -> dict[str, Any]:
    fee: dict[str, Any] = heat_keys(scaled_to_text(draw(st.integers(1, 9_000_000)), 6))[
        "heat_basic_fee"
    ]
    if draw(st.booleans()):
        fee["days"] = draw(st.integers(1, 180))
        if draw(st.booleans()):
            fee |= {"late_opening": "by_day", "season_starts": "11-15"}
    if draw(st.booleans()):
        fee["coefficients"] = HEAT_CLASSES
    if draw(st.booleans()):
        fee["suspended_share"] = draw(st.sampled_from(["0", "0.3", "0.333333", "1"]))
    return fee


@st.composite
def _fixed_charges(draw: st.DrawFn, code: str) -> dict[str, Any]:
    months = draw(st.sampled_from([1, 1, 2, 3, 6, 12]))
    amount = scaled_to_text(draw(st.integers(1, 5_000)), 2)
    charge = a_fixed_charge(amount, months, months + draw(st.integers(0, 18))) | {"code": code}
    if months > 1 and draw(st.booleans()):
        charge["anchor"] = draw(st.sampled_from(["calendar", "account"]))
    if draw(st.booleans()):
        charge["starts"] = draw(st.sampled_from(["opening", "next_month"]))
    return charge


@st.composite
def _allocations(draw: st.DrawFn, document: dict[str, Any]) -> dict[str, Any]:
    quantity = draw(st.integers(1, 60_000))
    first = sum(scaled_from_text(part["steps"][0]["price"], 4) for part in document["components"])
    marginal = document["step_mode"] == "marginal"
    return {
        "code": "free",
        "name": NAME,
        "quantity": scaled_to_text(quantity, 3),
        "per": draw(st.sampled_from(["month", "day"])),
        "price": scaled_to_text(draw(st.integers(0, max(0, first - 1))), 4),
        "most": scaled_to_text(quantity + draw(st.integers(0, 60_000)), 3),
        "counts_in_quota": marginal and draw(st.booleans()),
    }


@st.composite
def _rebates_and_taxes(
    draw: st.DrawFn, document: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rebates on groups of lines that share nothing; taxes on whole groups, and lines besides."""
    codes = [part["code"] for part in (*document["components"], *document["fixed_charges"])]
    if document["heat_basic_fee"] is not None:
        codes.append(document["heat_basic_fee"]["code"])
    if document.get("free_allocation") is not None:
        codes.append(document["free_allocation"]["code"])
    codes = draw(st.permutations(codes))
    cut = draw(st.integers(0, len(codes)))
    groups = [group for group in (codes[:cut], codes[cut:]) if group]
    rebates = [
        {
            "code": f"rebate{number}",
            "name": NAME,
            "rate": scaled_to_text(draw(st.integers(1, 999_999)), 6),
            "components": group,
            "from": f"{draw(st.dates(date(2025, 1, 1), date(2026, 1, 1)))}",
            "until": f"{draw(st.dates(date(2026, 1, 1), date(2027, 1, 1)))}",
        }
        for number, group in enumerate(groups)
        if draw(st.booleans())
    ]
    taxes = [
        {
            "code": f"tax{number}",
            "name": NAME,
            "rate": scaled_to_text(draw(st.integers(1, 1_000_000)), 6),
            "inclusive": inclusive,
            "components": group,
        }
        for number, (group, inclusive) in enumerate(
            [*((group, True) for group in groups), (codes, False), *((g, False) for g in groups)]
        )
        if draw(st.booleans())
    ]
    return rebates, taxes


@st.composite
def random_usages(draw: st.DrawFn, document: dict[str, Any]) -> Usage:
    """What may be known of a customer of such a tariff; limits play no part."""
    maybe = st.booleans()
    whole = draw(st.sampled_from([28, 31, 90, 365, 366]))
    month = draw(st.none() | st.integers(2024 * 12, 2027 * 12))
    used = draw(st.integers(0, 700_000))
    free = draw(st.integers(0, 120_000)) if document.get("free_allocation") else 0
    return Usage(
        used=Quantity(used),
        quantum=Quantity(draw(st.sampled_from(QUANTA))),
        persons=draw(st.none() | st.integers(1, 14)),
        area_m2=Quantity(draw(st.integers(1, 300_000))),
        heating_year_paid=draw(maybe),
        months_due=draw(st.integers(0, 30)),
        month=month,
        opened_month=None if month is None else draw(st.none() | st.integers(month - 40, month)),
        heat_class=draw(st.sampled_from(["", *HEAT_CLASSES])),
        heat_days=draw(st.none() | st.integers(0, 200)),
        heat_suspended=draw(maybe),
        free=Quantity(free),
        equipment=tuple(draw(st.lists(st.sampled_from(EQUIPMENT), unique=True))),
        on=draw(st.none() | st.dates(date(2024, 6, 1), date(2027, 6, 1))),
        part_days=draw(st.none() | st.integers(1, whole).map(lambda days: (days, whole))),
        consumed=Quantity(draw(st.integers(0, 900_000))) if draw(maybe) else None,
    )
