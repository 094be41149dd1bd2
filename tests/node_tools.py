"""Tool cards as the little headquarters orders them, for a node's tests."""

from typing import Any

from little_headquarters import AREA, MASTERS, meter_number
from node_world import START
from yika_common.cards.keys import derive_card_key, derive_meter_keys
from yika_common.cards.tool_order import OrderKind, ToolOrder
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.services import Service
from yika_common.sync.tool_list import SlotOrder, ToolCard

TOOL = "880000000001"
COLD, GAS = meter_number("4", 0), meter_number("3", 0)
SERVICES = {"4": Service.COLD_WATER, "3": Service.GAS}


def order_for(meter: str, slot: int, **changes: Any) -> ToolOrder:
    usual: dict[str, Any] = {
        "meter_id": meter,
        "slot": slot,
        "service": SERVICES[meter[0]],
        "key_version": 1,
        "kind": OrderKind.INSPECTION,
        "number": 1,
        "card": TOOL,
        "not_after": from_timestamp(to_timestamp(START) + 5 * 86_400),
    }
    return ToolOrder(**(usual | changes))


def tool_card(*orders: ToolOrder, number: str = TOOL, **changes: Any) -> ToolCard:
    held = []
    for order in orders:
        wbq = derive_meter_keys(MASTERS, order.meter_id, 1, area=AREA).wbq
        assert wbq is not None
        held.append(SlotOrder(order.slot, order.meter_id, order.encode(wbq).hex()))
    usual: dict[str, Any] = {
        "card": number,
        "key_version": 1,
        "node": derive_card_key(MASTERS, number, 1).hex(),
        "holder": "Sun",
        "until": to_timestamp(orders[0].not_after),
        "orders": tuple(held),
    }
    return ToolCard(**(usual | changes))
