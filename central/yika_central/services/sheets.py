"""An account's sheet from what headquarters holds of the account.

A sheet is kept as two JSON objects: what changes seldom, and what every purchase moves; what is
told of its holder is opened only when a part is sealed.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from yika_central.db.sheet_sources import Source, Values
from yika_central.services.dues import Dues
from yika_common.journal.account_bodies import CLOSED, RESUMED, SUSPENDED, WITHDRAWN
from yika_common.journal.bodies import TOTAL_MAX, SlotOpened
from yika_common.services import Service
from yika_common.signing import strict_json
from yika_common.sync.customers import (
    HOLDS_MAX,
    LOST_MAX,
    MERGED_MAX,
    AccountSheet,
    HoldSheet,
    LostSale,
    OwnLimit,
    SlotSheet,
    WaitingRefund,
)

_STATUS = {SUSPENDED: SUSPENDED, RESUMED: "", CLOSED: CLOSED, WITHDRAWN: CLOSED}

MOVING = ("sl", "lw", "dc")
"""Keys of a sheet that every purchase moves."""

_HELD = b'"hd":['


@dataclass(frozen=True, slots=True)
class StoredSheet:
    """A sheet without its holder, as it is kept; what holds say is sealed in it."""

    facts: bytes
    slots: bytes


def stored_sheet(source: Source, dues: Dues) -> StoredSheet:
    """The sheet of an account."""
    members = _sheet(source, dues).members()
    moving = {key: members.pop(key) for key in MOVING if key in members}
    return StoredSheet(strict_json.write(members), strict_json.write(moving))


def line_of(
    stored: StoredSheet, holder: bytes, opened: Callable[[str, str], str] = lambda _, __: ""
) -> bytes:
    """The sheet as the line that travels.

    Args:
        stored: the sheet.
        holder: a JSON object, or empty.
        opened: the words of a hold, by the node that sealed them and what is sealed.
    """
    who = b'{"who":[%b]}' % holder if holder else b"{}"
    facts = stored.facts
    if _HELD in facts:
        told = json.loads(facts)
        for hold in told["hd"]:
            hold[-1] = opened(hold[0], hold[-1])
        facts = strict_json.write(told)
    members = (part[1:-1] for part in (facts, stored.slots, who))
    return b"{" + b",".join(part for part in members if part) + b"}\n"


def _sheet(source: Source, dues: Dues) -> AccountSheet:
    account, card = source.account, source.card
    return AccountSheet(
        account=account["account"],
        area=account["area"],
        node=account["node"],
        opened=account["opened_at"],
        profile=account["profile"],
        meters=tuple(
            SlotOpened(meter["slot"], Service(meter["service"]), meter["meter"])
            for meter in source.meters
        ),
        card=card["card"] if card else "",
        generation=card["generation"] if card else 0,
        slots=_slots(source, dues),
        lowered=tuple(sorted(row["slot"] for row in source.slots if row["lowered"])),
        waiting=tuple(
            WaitingRefund(row["slot"], row["generation"], row["total_after"])
            for row in source.waiting
        ),
        adjustment_number=dues.adjustment_number,
        adjustment=dues.adjustment,
        debts=dues.debts,
        due=dues.due,
        collected=dues.collected,
        guarantees=dues.guarantees,
        limits=tuple(_limit(row) for row in source.limits),
        made_up=dues.made_up,
        holds=_holds(source.holds),
        lifted=_lifted(source.holds),
        **_state(source),
        merged_into=source.survivor if source.survivor != source.account["account"] else "",
        merged=_merged(source),
        lost=_open_sales(source.lost),
        carried=_open_sales(source.carried),
        **_facts(source),
    )


def _state(source: Source) -> dict[str, Any]:
    """Whether it rests or is closed, since when, and since when who holds it where."""
    status, holder = source.status, source.holder
    return {
        "status": _STATUS[status["what"]] if status else "",
        "status_at": status["stamped_at"] if status else 0,
        "holder_at": holder["stamped_at"] if holder else 0,
        "community": (holder or source.account)["community"],
    }


def _merged(source: Source) -> tuple[str, ...]:
    """The accounts that the surviving one of a household stands for."""
    account = source.account["account"]
    others = (member for member in source.members if member != account)
    return tuple(others)[:MERGED_MAX] if source.survivor == account else ()


def _holds(rows: Sequence[Values]) -> tuple[HoldSheet, ...]:
    """The newest holds that nobody has lifted; their words are still sealed."""
    over = {(row["lifts_node"], row["lifts_epoch"], row["lifts_seq"]) for row in rows}
    held = [
        HoldSheet(
            row["node"],
            row["epoch"],
            row["seq"],
            row["level"],
            row["valid_until"],
            row["lifter"],
            row["words"],
        )
        for row in rows
        if row["level"] and (row["node"], row["epoch"], row["seq"]) not in over
    ]
    return tuple(held[-HOLDS_MAX:])


def _lifted(rows: Sequence[Values]) -> tuple[LostSale, ...]:
    """The newest liftings of holds that were put on elsewhere."""
    elsewhere = [
        LostSale(row["lifts_node"], row["lifts_epoch"], row["lifts_seq"])
        for row in rows
        if row["lifts_seq"] and row["lifts_node"] != row["node"]
    ]
    return tuple(elsewhere[-HOLDS_MAX:])


def _facts(source: Source) -> dict[str, Any]:
    """What sets the prices: as amended last, else as the account was opened."""
    account, facts = source.account, source.facts
    if facts is None:
        return {
            "tariff_class": account["tariff_class"],
            "persons": account["persons"],
            "inner_area": account["area_m2"] or 0,
        }
    same = ("tariff_class", "persons", "persons_until", "inner_area", "gross_area")
    more = ("heat_class", "heat_from", "equipment", "quota_from", "mixed")
    return {name: facts[name] for name in (*same, *more)} | {
        "suspended": tuple(int(year) for year in facts["suspended"].split()),
        "facts_at": facts["stamped_at"],
    }


def _open_sales(rows: Sequence[Values]) -> tuple[LostSale, ...]:
    return tuple(LostSale(row["node"], row["epoch"], row["seq"]) for row in rows[:LOST_MAX])


def _limit(row: Values) -> OwnLimit:
    return OwnLimit(
        service=Service(row["service"]),
        per_sale=row["per_sale"],
        per_day=row["per_day"],
        per_month=row["per_month"],
        per_cycle=row["per_cycle"],
        at=row["stamped_at"],
        until=row["valid_until"],
    )


def _slots(source: Source, dues: Dues) -> tuple[SlotSheet, ...]:
    ordered = {slot: (number, total) for slot, number, total in dues.quantities}
    slots = {row["slot"]: _slot(row) for row in source.slots}
    for meter in source.meters:
        if meter["service"] in source.together:
            place = meter["slot"]
            alone = slots.get(place) or SlotSheet(place, 0, 0, 0)
            slots[place] = _counted_together(alone, source.together[meter["service"]])
    for slot, (number, total) in ordered.items():
        counted = slots.get(slot) or SlotSheet(slot, 0, 0, 0)
        slots[slot] = counted._replace(quantity_number=number, quantity_total=total)
    return tuple(slots[slot] for slot in sorted(slots))


def _slot(row: Values) -> SlotSheet:
    """The slot after its newest purchase; what an intent leaves stands on the card as well."""
    return SlotSheet(
        slot=row["slot"],
        generation=row["generation"],
        count=row["count"],
        total=row["total_after"],
        period=row["period"],
        bought=_bounded(row["counted"]),
        heating_year=int(row["heating_newest"] or 0),
        charged_through=int(row["charged_newest"]),
        free_day=int(row["free_newest"]),
        money_number=int(row["adjusted_newest"]),
        money_total=_bounded(row["adjusted_sum"]),
        debts=_bounded(row["debts_sum"]),
        quantity_applied_number=int(row["quantity_newest"]),
        quantity_applied=_bounded(row["quantity_sum"]),
    )


def _counted_together(slot: SlotSheet, counts: Values) -> SlotSheet:
    """The slot with what all accounts of the household bought and paid; never less than alone."""
    bought = _bounded(counts["counted"])
    if slot.period == counts["period"]:
        bought = max(bought, slot.bought)
    return slot._replace(
        period=counts["period"],
        bought=bought,
        heating_year=max(slot.heating_year, counts["heating"]),
        charged_through=max(slot.charged_through, counts["charged"]),
        free_day=max(slot.free_day, counts["free"]),
    )


def _bounded(value: int) -> int:
    """What a sheet can say; only a dishonest node's records go beyond."""
    return max(-TOTAL_MAX, min(TOTAL_MAX, int(value)))
