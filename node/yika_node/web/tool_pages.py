"""Tool cards: what waits to be written, what is out, and taking a card back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from yika_node.bootstrap import Node

if TYPE_CHECKING:
    from yika_node.services.tool_desk import ToolDesk

pages = Blueprint("tool", __name__)


def tool_desk_of(node: Node) -> ToolDesk:
    """The desk of a node; loaded when it is asked for, because few vending points ever ask."""
    from yika_node.services.tool_desk import ToolDesk  # noqa: PLC0415 - see above

    cards = node.cards
    return ToolDesk(
        cards.counter,
        node.journal,
        node.queries,
        cards.keyring,
        node.standing,
        node.vault,
        cards.clock,
    )
