"""Tariffs of every shape for random worlds: what the database prices, and what Python must."""

from collections.abc import Iterator
from typing import Any, Final

from rerating_builders import tariff_text
from yika_central.domain.published import Published
from yika_common.tariffs.document import parse_tariff

_CHARGE: Final = {
    "code": "service",
    "name": {"en": "Service charge"},
    "amount": "12.00",
    "months": 1,
    "catch_up_months": 3,
}


def _steps(*prices: str) -> list[dict[str, str]]:
    bounds = ("10", "25", "60", "120", "300")
    steps = [{"up_to": b, "price": p} for b, p in zip(bounds, prices, strict=False)]
    return [*steps[: len(prices) - 1], {"price": prices[-1]}]


def _component(code: str, *prices: str) -> dict[str, Any]:
    return {"code": code, "name": {"en": code}, "payee": "P", "steps": _steps(*prices)}


def _versions(id_: str, first: dict[str, Any], *later: dict[str, Any]) -> Iterator[bytes]:
    known = {"id": id_} | first
    for number, changes in enumerate(({}, *later), start=1):
        known = known | changes | {"version": number}
        yield tariff_text(**known)


_JULY, _OCTOBER, _SPRING = "2026-07-01T00:00:00", "2026-10-15T08:00:00", "2027-03-01T00:00:00"
_SIX = ("1.00", "1.50", "2.00", "3.00", "4.50", "6.0001")

TARIFFS: Final[tuple[bytes, ...]] = (
    # The common shape: household allowances, several components, versions that carry and reset.
    *_versions(
        "WATER",
        {"household": {"included_persons": 3, "extra_per_person": "60", "max_persons": 6}},
        {"effective_from": _JULY, "prices": ("5.50", "7.70", "9.90")},
        {"effective_from": _SPRING, "prices": ("4.00", "4.50", "5.00")},
    ),
    *_versions("SHOP-WATER", {"class": "shop", "prices": ("8.00", "8.00", "8.50")}),
    *_versions("FAR-WATER", {"area": "A02", "effective_from": _JULY}),
    *_versions(
        "GAS",
        {
            "service": "gas",
            "cycle": {"months": 1, "anchor": "03-05"},
            "components": [_component("gas", *_SIX), _component("net", "0.3333", "0.10")],
        },
        {"effective_from": _OCTOBER, "components": [_component("gas", "2.00", "1.75", "3.00")]},
        {
            "effective_from": _SPRING,
            "on_version_change": "reset",
            "cycle": {"months": 12, "anchor": "01-01"},
        },
    ),
    *_versions(
        "SHOP-GAS",
        {
            "service": "gas",
            "class": "shop",
            "tax": {"rate": "0.09", "inclusive": False, "components": ["water"]},
        },
    ),
    # Shapes that only the fold in Python knows, before or after ones that the database knows.
    *_versions(
        "HOT", {"service": "hot_water"}, {"effective_from": _OCTOBER, "fixed_charges": [_CHARGE]}
    ),
    *_versions(
        "RECYCLED",
        {"service": "recycled_water", "step_mode": "whole_block"},
        {"effective_from": _SPRING, "step_mode": "marginal", "on_version_change": "prorata"},
    ),
    *_versions(
        "PURE",
        {
            "service": "purified_water",
            "free_allocation": {
                "code": "free",
                "name": {"en": "Free"},
                "quantity": "6",
                "per": "month",
                "price": "0",
                "most": "18",
                "counts_in_quota": False,
            },
        },
    ),
    *_versions(
        "HEAT",
        {
            "service": "heat",
            "components": [_component("heat", "0.20", "0.25")],
            "heat_basic_fee": {
                "rate": "8.01",
                "per": "m2",
                "heating_year_starts": "07-01",
                "code": "basic",
                "name": {"en": "Basic fee"},
            },
        },
    ),
    *_versions(
        "POWER", {"service": "electricity_single", "cycle": {"months": 3, "anchor": "account"}}
    ),
)

PARSED: Final = tuple(parse_tariff(text) for text in TARIFFS)
PUBLISHED: Final = Published(PARSED)
SERVICES: Final = sorted({tariff.service for tariff in PARSED})
