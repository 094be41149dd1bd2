"""The sale form takes any tender and tells the change; the receipt says both, and its copies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Clerk, Pages, code_of, hidden, pages_in, said
from yika_node.services.reprints import Printing
from yika_node.web.till import till_of

WATER = "amount-4"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    clerk = pages.clerk(request.param)
    clerk.open_with_card()
    return clerk


def the_card(clerk: Clerk) -> dict[str, str]:
    """What the form sends along: the card, and its own tokens."""
    return hidden(clerk.get("/sell"))


def test_the_change_is_told_while_it_is_typed(clerk: Clerk) -> None:
    asked = the_card(clerk) | {WATER: "50", "tender-cash": "100"}
    assert "¥50.00</b>" in clerk.quote(asked).text
    short = clerk.quote(asked | {"tender-cash": "20"})
    assert short.status_code == 200
    assert "30.00" in short.text
    assert "data-tenders" not in clerk.quote(the_card(clerk) | {WATER: "50"}).text


def test_a_sale_in_two_tenders_says_both_on_its_receipt(clerk: Clerk) -> None:
    receipt = clerk.sell(
        {WATER: "50", "tender-cheque": "30", "reference-cheque": "C-17", "tender-cash": "50"}
    )
    assert receipt.status_code == 200
    assert "C-17" in receipt.text
    assert receipt.text.count("¥30.00") == 2


def test_exact_cash_needs_no_more_than_the_amount(clerk: Clerk) -> None:
    receipt = clerk.sell({WATER: "50"})
    assert "data-tenders" not in receipt.text


def test_what_does_not_add_up_comes_back_as_typed_and_sells_nothing(clerk: Clerk) -> None:
    refused = clerk.sell({WATER: "50", "tender-mobile": "70", "reference-mobile": "abc"})
    assert code_of(refused) == "tender_too_much"
    assert 'value="70"' in refused.text
    assert 'value="abc"' in refused.text
    assert '<details class="tenders" data-opens open>' in refused.text
    missing = clerk.sell({WATER: "50", "tender-voucher": "50"})
    assert code_of(missing) == "tender_number_missing"
    assert len(said(missing)) == 1
    letters = clerk.sell({WATER: "50", "tender-cash": "much"})
    assert code_of(letters) == "not_a_number"
    assert clerk.pages.node.enquiries.sales().rows == ()


def test_the_same_sum_within_ten_minutes_is_asked_about_and_still_sold(clerk: Clerk) -> None:
    asked = the_card(clerk) | {WATER: "50"}
    plain = clerk.quote(asked).text
    assert clerk.sell({WATER: "50"}).status_code == 200
    repeated = clerk.quote(asked).text
    assert repeated.count('class="notice warn"') == plain.count('class="notice warn"') + 1
    other = clerk.quote(the_card(clerk) | {WATER: "60"}).text
    assert other.count('class="notice warn"') == plain.count('class="notice warn"')
    clerk.pages.world.pass_time(minutes=11)
    later = clerk.quote(asked).text
    assert later.count('class="notice warn"') == plain.count('class="notice warn"')


def test_the_page_of_a_receipt_says_which_copy_was_printed_last(clerk: Clerk) -> None:
    path = clerk.sell({WATER: "50"}).request.path
    node = clerk.pages.node
    printing = Printing(node.journal, till_of(node), node.standing, node.clock)
    sale = node.enquiries.sales().rows[0]
    assert "data-copy" not in clerk.get(path).text
    printing.first("mei", sale.epoch, sale.basket)
    assert 'data-copy="0"' in clerk.get(path).text
    printing.copy("mei", sale.epoch, sale.basket, "lost")
    printing.copy("mei", sale.epoch, sale.basket, "lost again")
    assert 'data-copy="2"' in clerk.get(path).text
