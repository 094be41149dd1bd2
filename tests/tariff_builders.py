"""Makers of tariff files and tariffs: a test states only what it is about."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from yika_common.numbers import MONEY_PLACES, QUANTITY_PLACES, scaled_from_text
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff

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
