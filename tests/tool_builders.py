"""Tool cards for tests: orders to the meter of ``card_builders.KEYS``."""

from dataclasses import replace
from typing import Any

from card_builders import (
    KEYS,
    METER_ID,
    NODE_KEY,
    NOW,
    NUMBER,
    SLOT,
    ChipMemory,
    issued_chip,
    powered,
    repeatable_random,
)
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind, ToolOrder
from yika_common.cards.user_card import open_session
from yika_common.numbers import Quantity
from yika_common.services import Service

PARAMETERS = MeterParameters(6, Quantity(5_000), Quantity(800_000))
TOOL_CARD = "860000000099"


def an_order(**changes: Any) -> ToolOrder:
    """The first order: an inspection, unless told otherwise."""
    kind = changes.get("kind", OrderKind.INSPECTION)
    order = ToolOrder(
        meter_id=METER_ID,
        slot=SLOT,
        service=Service.GAS,
        key_version=1,
        kind=kind,
        number=1,
        card=NUMBER,
        not_after=NOW,
        parameters=PARAMETERS if kind is OrderKind.PARAMETERS else MeterParameters(),
    )
    return replace(order, **changes)


def tool_chip(order: ToolOrder, number: str = TOOL_CARD) -> ChipMemory:
    """A tool card of that number with one order on it."""
    chip = issued_chip(number)
    session = open_session(powered(chip), repeatable_random(31), NODE_KEY, number=number)
    session.write_record(order.slot, order.encode(KEYS.wbq or b""))
    return chip
