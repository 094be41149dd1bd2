"""Headquarters merged two accounts: either number finds both, and the clerk is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_builders import ELSEWHERE, a_sheet
from node_pages import Pages, pages_in
from node_world import OPERATOR, PASSWORD

OTHER = "N0003-000004"


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        pages.world.headquarters.tell(
            a_sheet(merged=(OTHER,)), a_sheet(OTHER, 5, merged_into=ELSEWHERE, holder=())
        )
        pages.node.courier.sync()
        yield pages


def test_either_number_finds_both(counter: Pages) -> None:
    for number in (OTHER, ELSEWHERE):
        found = {one.number for one in counter.node.accounts.finder.find(number, 8)}
        assert found == {OTHER, ELSEWHERE}


def test_the_account_that_was_merged_leads_to_the_one_that_stands_for_it(counter: Pages) -> None:
    clerk = counter.clerk()
    page = clerk.get(f"/accounts/{OTHER}").text
    assert f"This account was merged into {ELSEWHERE}" in page
    assert f'href="/accounts/{ELSEWHERE}"' in page
    assert "stands for the same household" in clerk.get(f"/accounts/{ELSEWHERE}").text
