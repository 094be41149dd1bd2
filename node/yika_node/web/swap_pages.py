"""Replacing a meter: what is left in the old one moves to the new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint

from yika_node.bootstrap import Node

if TYPE_CHECKING:
    from yika_node.services.meter_swap import MeterSwap

pages = Blueprint("swap", __name__)


def meter_swap_of(node: Node) -> MeterSwap:
    """The desk of a node; loaded when it is asked for, because meters are seldom replaced."""
    from yika_node.services.meter_swap import MeterSwap  # noqa: PLC0415 - see above

    cards = node.cards
    return MeterSwap(
        queries=node.queries,
        accounts=node.accounts,
        keyring=cards.keyring,
        reissue=node.life.reissue,
        approvals=node.approvals,
        clock=cards.clock,
    )
