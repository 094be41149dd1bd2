"""Accounts in tests of what becomes of them."""

from typing import Any

from node_world import OPERATOR, World, a_form
from yika_common.journal.account_bodies import ANYBODY
from yika_node.bootstrap import Node
from yika_node.services.account_life import HoldForm
from yika_node.services.views import Account

WHY = "a letter of 1 April"


def opened(node: Node, index: int = 0, **changes: object) -> Account:
    return node.accounts.open(OPERATOR, a_form(4, index, **changes))


def tell(world: World, node: Node, *sheets: Any) -> None:
    world.headquarters.tell(*sheets)
    node.courier.sync()


def a_hold(level: str, lifter: str = ANYBODY, **changes: Any) -> HoldForm:
    return HoldForm(level, "安检过期", None, lifter)._replace(**changes)
