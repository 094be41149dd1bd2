"""Money goes back as it came, or otherwise for a reason; the last sale is found by its card."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counters import WATER, Counters
from node_pages import Clerk, code_of, hidden, pages_in
from node_world import OPERATOR, for_money
from refund_builders import REASON, TOKEN, refund_desk
from second_person import approved
from yika_common.journal.till_bodies import Part
from yika_node.bootstrap import Node
from yika_node.services.payments import Receipt
from yika_node.services.tenders import Given, Handing, TenderShort, TenderUnlikeItsPayment

MOBILE = Given((Part("mobile", 5_000, "W-1"),))
FORM = {"amount-4": "50", "tender-card": "50", "reference-card": "4711"}


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path)
    made.publish_and_open()
    yield made
    made.close()


@pytest.fixture
def clerk(tmp_path: Path) -> Iterator[Clerk]:
    with pages_in(tmp_path / "node") as pages:
        yield pages.clerk("en")


def sold(counters: Counters) -> Receipt:
    node = counters.nodes[0]
    return node.sales.sell(OPERATOR, counters.card, [for_money(WATER, 5_000)], "t1", given=MOBILE)


def money(node: Node) -> list[tuple[str, str, int]]:
    with closing(sqlite3.connect(node.store.path)) as connection:
        return connection.execute(
            "SELECT what, tender, amount FROM money ORDER BY epoch, seq, part"
        ).fetchall()


def give_back(counters: Counters, bought: Receipt, handing: Handing) -> Receipt:
    sale = bought.lines[0].sale
    desk = refund_desk(counters.nodes[0])
    return desk.give_back(OPERATOR, sale.epoch, sale.seq, REASON, TOKEN, handing)


def test_what_was_paid_by_telephone_goes_back_by_telephone(counters: Counters) -> None:
    bought = sold(counters)
    give_back(counters, bought, Handing(MOBILE))
    assert money(counters.nodes[0]) == [
        ("sale", "mobile", 5_000),
        ("refund", "mobile", -5_000),
    ]


def test_in_cash_it_goes_back_only_with_a_reason(counters: Counters) -> None:
    bought = sold(counters)
    with pytest.raises(TenderUnlikeItsPayment):
        give_back(counters, bought, Handing())
    with pytest.raises(TenderUnlikeItsPayment):
        give_back(counters, bought, Handing(Given((Part("card", 5_000, "1"),))))
    with pytest.raises(TenderShort):
        give_back(counters, bought, Handing(Given((Part("cash", 10, ""),)), "no network"))
    assert money(counters.nodes[0]) == [("sale", "mobile", 5_000)]
    give_back(counters, bought, Handing(why="no network"))
    assert money(counters.nodes[0])[1] == ("refund", "cash", -5_000)
    lines = [row.line for row in counters.nodes[0].queries.records(1, 1, 1000)]
    assert any(b"no network" in line and b'"t":"tender"' in line for line in lines)


def test_cash_needs_nothing_more(counters: Counters) -> None:
    bought = counters.sell(for_money(WATER, 5_000))
    give_back(counters, bought, Handing())
    assert money(counters.nodes[0])[1] == ("refund", "cash", -5_000)


def test_the_page_offers_the_tender_that_was_used(clerk: Clerk) -> None:
    clerk.open_with_card()
    receipt = clerk.post("/sell", FORM, on="/sell").location
    (new,) = re.findall(r'href="(/refunds/new/[^"]+)"', clerk.get(receipt).text)
    place = approved(clerk, new, REASON)
    page = clerk.get(place)
    assert re.search(r'name="tender-card" value="50\.00"', page.text)
    assert re.search(r'name="reference-card" value="4711"', page.text)
    refused = clerk.send(place.partition("?")[0], hidden(page))
    assert code_of(refused) == "tender_unlike_its_payment"
    fields = hidden(page) | {"tender-card": "50", "reference-card": "4711"}
    done = clerk.send(place.partition("?")[0], fields)
    assert done.status_code == 303, done.text
    assert money(clerk.pages.node)[-1] == ("refund", "card", -5_000)


def test_the_last_sale_is_found_by_the_card_in_the_reader(clerk: Clerk) -> None:
    clerk.open_with_card()
    empty = clerk.get("/refunds/last")
    assert empty.status_code == 200
    clerk.sell({"amount-4": "50"})
    one = clerk.get("/refunds/last")
    assert one.location.startswith("/refunds/new/")
    clerk.sell({"amount-4": "20", "amount-3": "30"})
    both = clerk.get("/refunds/last").text
    assert both.count('href="/refunds/new/') == 2
    assert 'data-key="1"' in both
    clerk.pages.world.hand.pull()
    assert code_of(clerk.get("/refunds/last")) == "card_absent"
