"""Situations of customers in tests: tariffs, tallies, and what a journal would claim of them."""

from datetime import date, datetime
from typing import Any

from tariff_builders import a_component, a_tariff, heat_keys, milli, moment
from yika_common.numbers import Quantity
from yika_common.tariffs.facts import Facts, Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import quote_for_quantity
from yika_common.tariffs.situation import tally_after, usage_at
from yika_common.tariffs.usage import Usage

TENTH = Quantity(100)
NEW = Tally()
JANUARY = 2026 * 12


def q(text: str) -> Quantity:
    return Quantity(milli(text))


def facts(**known: Any) -> Facts:
    return Facts(**{"opened_on": date(2026, 1, 1)} | known)


def noon(day: str) -> datetime:
    """Noon in Shanghai."""
    return moment(f"{day}T12:00:00+08:00")


def at_noon(
    tariff: Tariff, day: str, tally: Tally = NEW, of: Facts | None = None, **known: Any
) -> Usage:
    return usage_at(tariff, of or facts(), tally, quantum=TENTH, at=noon(day), **known)


def after(tariff: Tariff, tally: Tally, quantity: str, day: str, of: Facts | None = None) -> Tally:
    """The tally after such a sale at noon."""
    usage = at_noon(tariff, day, tally, of)
    quote = quote_for_quantity(tariff, usage, q(quantity))
    return tally_after(tariff, of or facts(), tally, usage, quote, noon(day))


def stepped(**changes: object) -> Tariff:
    return a_tariff(components=[a_component(["180", "260"], ["5", "7", "9"])], **changes)


def heated(**fee: object) -> Tariff:
    keys = heat_keys("0.054")
    keys["heat_basic_fee"] |= fee
    return a_tariff(**keys)


def allowing(quantity: str = "1.5", per: str = "day", most: str = "45", **more: object) -> Tariff:
    name = {"en": "Free"}
    free = {"code": "free", "name": name, "quantity": quantity, "per": per, "most": most}
    return stepped(free_allocation=free, **more)


def settling() -> Tariff:
    return a_tariff(
        quota_basis="consumed",
        cycle={"months": 3, "anchor": "01-01"},
        components=[a_component(["5", "10"], ["1", "2", "3"])],
    )
