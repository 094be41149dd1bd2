"""The page of tool cards, from the list to what a card brought back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, pages_in
from node_tools import COLD, GAS, TOOL, order_for, tool_card
from node_world import OPERATOR, PASSWORD, a_chip
from staff_builders import add_operator
from yika_common.cards.tool_order import OrderKind
from yika_node.services.views import Level

PAGE = "/tools"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        yield pages


def order(pages: Pages, kind: OrderKind = OrderKind.INSPECTION) -> None:
    card = tool_card(order_for(COLD, 0, kind=kind), order_for(GAS, 1, kind=kind))
    pages.world.headquarters.order_tools(card)
    pages.node.courier.sync()


def test_without_a_list_the_page_says_so_in_both_languages(pages: Pages) -> None:
    assert "has ordered no tool cards" in pages.clerk().get(PAGE).text
    assert "工具卡" in pages.clerk("zh").get(PAGE).text


def test_a_card_is_written_taken_back_and_its_outcome_shown(pages: Pages) -> None:
    order(pages)
    clerk = pages.clerk()
    shown = clerk.get(PAGE).text
    assert TOOL in shown
    assert "to be written" in shown
    chip = a_chip(60)
    pages.world.hand.insert(chip)
    assert clerk.post("/tools/write", {"card": TOOL}, on=PAGE).status_code == 303
    assert "is written" in clerk.get(PAGE).text
    pages.world.load(chip, COLD)
    brought = clerk.post("/tools/return", {}, on=PAGE)
    assert brought.status_code == 200
    assert "the meter did it" in brought.text
    assert '<td class="n">0\xa0m³</td>' in brought.text, "its balance, with its unit"
    assert "never shown to the meter" in brought.text
    assert "came back" in clerk.get(PAGE).text
    assert pages.soon == 2


def test_a_refusal_is_said_on_the_page(pages: Pages) -> None:
    order(pages)
    clerk = pages.clerk()
    open_card = clerk.post("/tools/write", {"card": "880000000077"}, on=PAGE)
    assert (open_card.status_code, code_of(open_card)) == (409, "card_absent")
    pages.world.hand.insert(a_chip(61))
    unknown = clerk.post("/tools/write", {"card": "880000000077"}, on=PAGE)
    assert (unknown.status_code, code_of(unknown)) == (409, "tool_card_unknown")
    blank = clerk.post("/tools/return", {}, on=PAGE)
    assert code_of(blank) == "card_blank"


def test_a_lost_card_is_reported_once(pages: Pages) -> None:
    order(pages)
    clerk = pages.clerk()
    pages.world.hand.insert(a_chip(62))
    clerk.post("/tools/write", {"card": TOOL}, on=PAGE)
    fields = {"card": TOOL, "reason": "left on the bus"}
    assert clerk.post("/tools/missing", fields, on=PAGE).status_code == 303
    assert code_of(clerk.post("/tools/missing", fields, on=PAGE)) == "tool_card_not_out"


def test_only_a_supervisor_opens_the_page(pages: Pages) -> None:
    add_operator(pages.node, "li", Level.CLERK)
    clerk: Clerk = pages.clerk(name="li")
    assert clerk.get(PAGE).status_code == 403
