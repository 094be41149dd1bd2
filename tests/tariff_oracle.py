"""A price by the words of docs/tariff-format.md: from the file's own JSON, in fractions.

Nothing here is shared with the engine.  It is slow and plain on purpose: seasons are lists of
days, months are sets, every number is a fraction of the major unit.
"""

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from yika_common.tariffs.usage import Usage

Document = Mapping[str, Any]


def rounded(value: Fraction) -> int:
    """Half up, away from zero for what is given back."""
    return math.floor(value + Fraction(1, 2)) if value >= 0 else -rounded(-value)


_ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "half_up": rounded,
    "down": math.floor,
    "up": math.ceil,
}


def oracle_amount(document: Document, usage: Usage, quantity: int) -> int:
    """Everything charged, in minor units."""
    return sum(amount for _, amount in oracle_lines(document, usage, quantity))


def oracle_lines(document: Document, usage: Usage, quantity: int) -> list[tuple[str, int]]:
    """The code and the amount of every line that is not zero, in order."""
    quantum = 10 if document.get("meter_holds") == "money" else usage.quantum
    lines: list[tuple[str, Fraction]] = []
    lines += _fees(document, usage)
    if document["quota_basis"] == "consumed":
        lines += _settled(document, usage)
    free = _free(document, usage, quantity, quantum)
    lines += _units(document, usage, quantity, free)
    amounts = [(code, rounded(value * 100)) for code, value in lines]
    given_back: dict[str, set[str]] = {}
    for rebate in document.get("rebates") or []:
        first, last = date.fromisoformat(rebate["from"]), date.fromisoformat(rebate["until"])
        if usage.on is not None and first <= usage.on <= last:
            base = sum(amount for code, amount in amounts if code in rebate["components"])
            amounts.append((rebate["code"], -rounded(base * Fraction(rebate["rate"]))))
            given_back[rebate["code"]] = set(rebate["components"])
    on_top = []
    for tax in [*(document.get("taxes") or []), *_single_tax(document)]:
        taxed = set(tax["components"])
        taxed |= {code for code, lowered in given_back.items() if lowered <= taxed}
        if not tax["inclusive"]:
            base = sum(amount for code, amount in amounts if code in taxed)
            on_top.append((tax["code"], rounded(base * Fraction(tax["rate"]))))
    return [(code, amount) for code, amount in amounts + on_top if amount]


def _single_tax(document: Document) -> list[dict[str, Any]]:
    return [] if document["tax"] is None else [{**document["tax"], "code": "tax"}]


def _fees(document: Document, usage: Usage) -> list[tuple[str, Fraction]]:
    lines = []
    fee = document["heat_basic_fee"]
    if fee is not None and not usage.heating_year_paid:
        rate = Fraction(fee["rate"])
        if fee.get("days"):
            late = fee.get("late_opening") == "by_day" and usage.heat_days is not None
            rate *= min(fee["days"], usage.heat_days or 0) if late else fee["days"]
        if usage.heat_class and fee.get("coefficients"):
            rate *= Fraction(fee["coefficients"][usage.heat_class])
        if usage.heat_suspended and fee.get("suspended_share") is not None:
            rate *= Fraction(fee["suspended_share"])
        rate = Fraction(rounded(rate * 10**6), 10**6)
        assert usage.area_m2 is not None
        lines.append((fee["code"], rate * Fraction(usage.area_m2, 1000)))
    for charge in document["fixed_charges"]:
        lines.append((charge["code"], _times(charge, usage) * Fraction(charge["amount"])))
    return lines


def _times(charge: Mapping[str, Any], usage: Usage) -> int:
    looked_at = min(usage.months_due, int(charge["catch_up_months"]))
    by_account = charge.get("anchor") == "account" and charge["months"] > 1
    if usage.month is None or (by_account and usage.opened_month is None):
        return looked_at // int(charge["months"])
    months = {usage.month - back for back in range(looked_at)}
    if usage.opened_month is not None:
        later = charge.get("starts") == "next_month"
        months = {month for month in months if month >= usage.opened_month + later}
    start = usage.opened_month if by_account else 0
    assert start is not None
    due = {start + index * charge["months"] for index in range(-40, 30_000)}
    return len(months & due)


def _edges(document: Document, usage: Usage, component: Mapping[str, Any]) -> list[Fraction]:
    """The bounds that hold for the customer."""
    rise = Fraction(0)
    household = document["household"]
    if household is not None and usage.persons is not None:
        counted = min(usage.persons, household.get("max_persons") or usage.persons)
        rise = max(0, counted - household["included_persons"]) * Fraction(
            household["extra_per_person"]
        )
    edges = [Fraction(step["up_to"]) + rise for step in component["steps"][:-1]]
    if usage.part_days is not None:
        part = document.get("part_period") or {}
        unit = Fraction(part.get("unit", "0.001"))
        how = _ROUNDINGS[part.get("rounding", "half_up")]
        edges = [how(edge * Fraction(*usage.part_days) / unit) * unit for edge in edges]
    season = document.get("seasonal_quota")
    if season is not None and season["equipment"] in usage.equipment and usage.on is not None:
        days = _days(season["from"], season["until"])
        extra = Fraction(season["extra"]) if f"{usage.on:%m-%d}" in days else 0
        edges = [edge + extra for edge in edges]
    return edges


def _days(first: str, last: str) -> set[str]:
    """Every month and day of the season, counted through a leap year from its first day."""
    day, days = date.fromisoformat(f"2024-{first}"), set()
    while f"{day:%m-%d}" != last:
        days.add(f"{day:%m-%d}")
        day += timedelta(days=1)
    return days | {last}


def _cuts(edges: list[Fraction], steps: list[Mapping[str, Any]]) -> list[Any]:
    lows, highs = [Fraction(0), *edges], [*edges, Fraction(10**12)]
    return [
        (low, high, Fraction(step["price"]))
        for low, high, step in zip(lows, highs, steps, strict=True)
    ]


def _settled(document: Document, usage: Usage) -> list[tuple[str, Fraction]]:
    lines = []
    start = Fraction(usage.used, 1000)
    end = max(start, Fraction(usage.consumed or 0, 1000))
    for component in document["components"]:
        base = Fraction(component["steps"][0]["price"])
        for low, high, price in _cuts(_edges(document, usage, component), component["steps"])[1:]:
            reached = max(Fraction(0), min(end, high) - max(start, low))
            lines.append((component["code"], reached * (price - base)))
    return lines


def _free(document: Document, usage: Usage, quantity: int, quantum: int) -> int:
    allocation = document.get("free_allocation")
    return 0 if allocation is None else min(usage.free // quantum * quantum, quantity)


def _units(
    document: Document, usage: Usage, quantity: int, free: int
) -> list[tuple[str, Fraction]]:
    if document.get("meter_holds") == "money":
        return [(document["components"][0]["code"], Fraction(quantity, 1000))]
    if document["quota_basis"] == "consumed":
        return [
            (part["code"], Fraction(quantity, 1000) * Fraction(part["steps"][0]["price"]))
            for part in document["components"]
        ]
    lines = []
    allocation = document.get("free_allocation")
    start = Fraction(usage.used, 1000)
    if allocation is not None:
        lines.append(
            (allocation["code"], Fraction(free, 1000) * Fraction(allocation.get("price", "0")))
        )
        start += Fraction(free, 1000) if allocation.get("counts_in_quota") else 0
    end = start + Fraction(quantity - free, 1000)
    for part in document["components"]:
        cuts = _cuts(_edges(document, usage, part), part["steps"])
        if document["step_mode"] == "marginal":
            for low, high, price in cuts:
                reached = max(Fraction(0), min(end, high) - max(start, low))
                lines.append((part["code"], reached * price))
        elif end > start:
            reached_price, before = (
                next(price for _, high, price in cuts if at <= high) for at in (end, start)
            )
            lines.append((part["code"], (end - start) * reached_price))
            lines.append((part["code"], start * (reached_price - before)))
    return lines
