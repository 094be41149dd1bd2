"""How numbers and times stand on a page; integers in, text out.

Money carries the currency's sign in both languages; thousands are set apart.  Times are shown in
the time zone of the utility, never in UTC, in one order that sorts and that nobody misreads.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask

from yika_common.numbers import (
    Money,
    Price,
    Quantity,
    money_to_text,
    price_to_text,
    quantity_to_text,
)


def grouped(text: str) -> str:
    """A plain decimal text with its thousands set apart: ``-1234567.80`` is ``-1,234,567.80``."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"


def money_shown(value: Money, currency: str) -> str:
    """``Money(-49939)`` is ``-¥499.39``."""
    text = grouped(money_to_text(value))
    return f"-{currency}{text[1:]}" if text.startswith("-") else f"{currency}{text}"


def quantity_shown(value: Quantity, unit: str = "") -> str:
    """``Quantity(74200)`` in m³ is ``74.2 m³``, with a space that does not break."""
    text = grouped(quantity_to_text(value))
    return f"{text}\N{NO-BREAK SPACE}{unit}" if unit else text


def price_shown(value: Price, currency: str, unit: str = "") -> str:
    """``Price(20700)`` per m³ is ``¥2.07/m³``."""
    text = f"{currency}{grouped(price_to_text(value))}"
    return f"{text}/{unit}" if unit else text


def time_shown(moment: datetime, zone: ZoneInfo) -> str:
    """``2026-11-23 14:05:09``, in the zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def day_shown(moment: datetime, zone: ZoneInfo) -> str:
    """``2026-11-23``, in the zone."""
    return moment.astimezone(zone).strftime("%Y-%m-%d")


def register_formats(app: Flask, *, currency: str, zone: ZoneInfo) -> None:
    """The filters money, quantity(unit), price(unit), local_time and local_day."""
    app.jinja_env.filters.update(
        money=lambda value: money_shown(value, currency),
        quantity=quantity_shown,
        price=lambda value, unit="": price_shown(value, currency, unit),
        local_time=lambda moment: time_shown(moment, zone),
        local_day=lambda moment: day_shown(moment, zone),
    )
