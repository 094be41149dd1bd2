"""The list of tool cards opens for its node alone, and each order stands where it says."""

from typing import Any

import pytest

from card_builders import KEYS
from journals import SEAL_KEY, a_certificate, a_root, key_of
from tool_builders import TOOL_CARD, an_order
from yika_common.signing.errors import SealBroken, SignatureInvalid, TooFewSignatures
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import SignedFile, read_signed_file, sign
from yika_common.sync.errors import MessageForAnother
from yika_common.sync.tool_list import (
    TOOLS_TYPE,
    SlotOrder,
    ToolCard,
    ToolList,
    open_tools,
    order_of,
    seal_tools,
)


def held(**changes: Any) -> SlotOrder:
    order = an_order(card=TOOL_CARD, **changes)
    return SlotOrder(order.slot, order.meter_id, order.encode(KEYS.wbq or b"").hex())


def a_card(**changes: Any) -> ToolCard:
    usual: dict[str, Any] = {
        "card": TOOL_CARD,
        "key_version": 1,
        "node": "5a" * 16,
        "holder": "Sun",
        "until": 1_780_000_000,
        "orders": (held(),),
    }
    return ToolCard(**(usual | changes))


def a_list(**changes: Any) -> ToolList:
    usual: dict[str, Any] = {"node": "N0042", "epoch": 1, "cards": (a_card(),)}
    return ToolList(**(usual | changes))


def opened(file: SignedFile, key: SealKey = SEAL_KEY, epoch: int = 1) -> ToolList:
    return open_tools(file, a_root(), key, node="N0042", epoch=epoch)


def test_a_list_opens_for_its_node() -> None:
    file = seal_tools(a_list(), a_certificate(), [key_of("registry")])
    assert opened(read_signed_file(file.to_bytes())) == a_list()
    assert order_of(a_list().cards[0].orders[0]).card == TOOL_CARD


def test_a_list_opens_for_no_other() -> None:
    file = seal_tools(a_list(), a_certificate(), [key_of("registry")])
    with pytest.raises(SealBroken):
        opened(file, SealKey.from_private(b"\1" * 32))
    with pytest.raises(SealBroken):
        opened(file, epoch=2)
    with pytest.raises((SignatureInvalid, TooFewSignatures)):
        opened(seal_tools(a_list(), a_certificate(), [key_of("stranger")]))
    with pytest.raises(ValueError, match="node it is for"):
        seal_tools(a_list(), a_certificate(node="N0043"), [key_of("registry")])
    inside = a_list(node="N0043").to_bytes()
    box = seal(inside, a_certificate().seal_key, b"yika/tools/1\0N0042\x001")
    with pytest.raises(MessageForAnother):
        opened(sign(TOOLS_TYPE, box, [key_of("registry")]))


@pytest.mark.parametrize(
    "orders",
    [
        (),
        (held(), held()),
        (held()._replace(slot=5),),
        (held()._replace(meter="M00000000043"),),
        (held()._replace(order="00" * 130),),
    ],
)
def test_an_order_for_another_place_is_on_no_list(orders: tuple[SlotOrder, ...]) -> None:
    with pytest.raises(ValueError, match="od"):
        a_card(orders=orders)
    with pytest.raises(ValueError, match="od"):
        a_card(card="880000000002")


def test_the_cards_key_is_shown_to_nobody() -> None:
    assert "5a5a" not in repr(a_list())
