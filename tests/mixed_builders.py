"""A shop in a home: what a shop pays for water, beside the shipped tariff of homes."""

import json
from typing import Any

from central_builders import water_tariff
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.mixing import mixed
from yika_common.tariffs.model import Tariff

MIXED = "cold_water:commercial:30"


def shop(
    version: int = 1, price: str = "9.50", since: str = "2014-05-01T00:00:00", **changes: Any
) -> bytes:
    """The file of a shop's water: one price."""
    document: dict[str, Any] = json.loads(water_tariff())
    component = document["components"][0] | {"steps": [{"price": price}]}
    keys = {"id": "SHOP", "class": "commercial", "version": version, "golden": []}
    keys |= {"components": [component], "effective_from": since, "household": None}
    return json.dumps(document | keys | changes, ensure_ascii=False).encode()


def both(second: bytes | None = None, percent: int = 30) -> Tariff:
    """The price of a water meter of which a shop has so many percent."""
    return mixed(parse_tariff(water_tariff()), parse_tariff(second or shop()), percent)
