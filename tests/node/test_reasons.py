"""Reasons have codes, from one list, wherever one is asked for."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Pages, pages_in
from staff_builders import add_operator
from yika_node.services.views import Level
from yika_node.web.reason_words import OTHER, REASONS

TEMPLATES = Path(__file__).parents[2] / "node/yika_node/web/templates"
IN_OWN_WORDS = {"_notices.html", "card_of_account.html", "shift_report.html", "banking.html"}
"""What headquarters said, how a holder was recognised, why a drawer does not tally: no code
foresees it."""


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


def test_a_code_means_one_thing() -> None:
    codes = [code for group in REASONS.values() for code, _ in group if code != OTHER[0]]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[A-Z][0-9]", code) for code in codes)
    assert all(group[-1] == OTHER for group in REASONS.values())


@pytest.mark.parametrize("page", sorted(TEMPLATES.glob("*.html")), ids=lambda page: page.name)
def test_wherever_a_reason_is_asked_for_the_list_is_offered(page: Path) -> None:
    asked = re.findall(r'ui\.field\("reason".*?\) }}', page.read_text(encoding="utf-8"), re.S)
    if page.name not in IN_OWN_WORDS:
        assert all('list="' in field for field in asked)


def test_the_chosen_code_stands_in_the_record(pages: Pages) -> None:
    chief = pages.clerk()
    add_operator(pages.node, "wei", Level.CLERK)
    page = chief.get("/operator?name=wei").text
    offered = re.findall(r'<option value="([A-Z][0-9] [^"]+)"', page)
    assert "P2 left" in offered
    chief.post("/operator/disable", {"name": "wei", "reason": "P2 left"}, on="/operator?name=wei")
    assert "P2 left" in chief.get("/operators/changes").text
