"""Tariffs and purchases for the tests of re-rating: what a test does not say, these say."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from yika_central.domain.published import named
from yika_central.domain.purchases import Position, Purchase, TariffUsed
from yika_central.domain.ratings import Premises, Standing
from yika_central.domain.timeline import EVER
from yika_common.numbers import money_from_text, quantity_from_text
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

YEAR_START = datetime(2025, 12, 31, 16, 0, tzinfo=UTC)
"""1 January 2026, 00:00 in Shanghai."""

OPENED_ON = date(2025, 12, 1)


def premises(tariff_class: str = "residential", **facts: Any) -> Premises:
    """An account of area A01 that never changed, opened in December 2025."""
    known = Facts(**({"opened_on": OPENED_ON} | facts))
    return Premises("A01", (Standing(EVER, tariff_class, known),))


PREMISES = premises()


def a_tariff(**changes: Any) -> Tariff:
    """Beijing's water steps as one component: 5.00 to 180, 7.00 to 260, then 9.00, a year."""
    return parse_tariff(tariff_text(**changes))


def tariff_text(
    *, prices: tuple[str, str, str] = ("5.00", "7.00", "9.00"), **changes: Any
) -> bytes:
    """The file of :func:`a_tariff`."""
    first, second, third = prices
    document = {
        "format": 1,
        "id": "WATER",
        "version": 1,
        "service": "cold_water",
        "class": "residential",
        "currency": "CNY",
        "time_zone": "Asia/Shanghai",
        "effective_from": "2020-01-01T00:00:00",
        "cycle": {"months": 12, "anchor": "01-01"},
        "quota_basis": "purchased",
        "step_mode": "marginal",
        "on_version_change": "carry",
        "components": [
            {
                "code": "water",
                "name": {"en": "Water", "zh": "水费"},
                "payee": "BWG",
                "steps": [
                    {"up_to": "180", "price": first},
                    {"up_to": "260", "price": second},
                    {"price": third},
                ],
            }
        ],
        "fixed_charges": [],
        "limits": {
            "min_quantity": None,
            "max_quantity_per_sale": None,
            "max_quantity_per_cycle": None,
        },
        "golden": [],
    }
    return json.dumps(document | changes, ensure_ascii=False).encode()


def heat_tariff() -> Tariff:
    """Two-part heat: 8.01 a m² once a heating year from July, and 0.20 a kWh."""
    return a_tariff(
        id="HEAT",
        service="heat",
        components=[
            {
                "code": "heat",
                "name": {"en": "Heat", "zh": "热费"},
                "payee": "HEAT",
                "steps": [{"price": "0.20"}],
            }
        ],
        heat_basic_fee={
            "rate": "8.01",
            "per": "m2",
            "heating_year_starts": "07-01",
            "code": "basic",
            "name": {"en": "Basic fee", "zh": "基本热费"},
        },
    )


def a_purchase(
    tariff: Tariff,
    quantity: str,
    charged: str,
    *,
    day: int = 0,
    node: str = "N0001",
    seq: int = 1,
    meter: str = "M1",
    count: int = 1,
    used: str = "0",
    bracket: timedelta | None = None,
    **changes: Any,
) -> Purchase:
    """A purchase on day ``day`` of 2026 as ``node`` wrote it down, in decimal text."""
    stamped_at = changes.pop("stamped_at", YEAR_START + timedelta(days=day))
    width = bracket or timedelta(hours=1)
    facts: dict[str, Any] = {
        "position": Position(node, 1, seq, f"{node}/{seq}".encode()),
        "meter": meter,
        "generation": 1,
        "count": count,
        "stamped_at": stamped_at,
        "not_before": stamped_at - width,
        "not_after": stamped_at + width,
        "quantity": quantity_from_text(quantity),
        "charged": money_from_text(charged),
        "tariff": named(tariff),
        "used_before": quantity_from_text(used),
    }
    return Purchase(**(facts | changes))


def unknown_tariff() -> TariffUsed:
    """A tariff that nobody published."""
    return TariffUsed("WATER", 99, "00" * 8)
