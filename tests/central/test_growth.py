"""What runs with every delivery, look at the queue and page searches; it never scans."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from central_builders import HandClock, Pen, enrol, new_headquarters, publish_water
from yika_central.bootstrap import Headquarters
from yika_central.services.enquiries import SaleFilter
from yika_central.services.reconciliation_review import review
from yika_common.journal.bodies import Sale as SaleEnd

METERS = ["001000000001", "001000000002", "001000000003", "001000000004"]
CARD = "860000000001"
GROWING = re.compile(
    r"^SCAN (?:record|sale|sale_line|reading|card_witness|segment|acknowledgement|suspense|rating"
    r"|rating_share|posting|account|account_meter|issued_card|held_item|meter|card|recent|other)\b"
)


@pytest.fixture
def pen(tmp_path: Path, clock: HandClock) -> Iterator[Pen]:
    """A node with two accounts, on SQLite: it tells its plans without knowing what is stored."""
    hq = new_headquarters(tmp_path / "central", clock)
    publish_water(hq)
    pen = enrol(hq, clock)
    pen.open_account("A1", METERS, card=CARD)
    pen.open_account("A2", METERS, card=CARD)
    pen.send(pen.cut())
    yield pen
    hq.close()


@contextmanager
def plans(hq: Headquarters) -> Iterator[list[str]]:
    """Every scan of a growing table that SQLite plans meanwhile, with its statement."""
    found: list[str] = []

    def look(connection: Connection, _: object, statement: str, values: Any, *rest: Any) -> None:
        raw: Any = connection.connection.dbapi_connection
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            first = values[0] if rest[-1] else values
            for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", first):
                if GROWING.match(row[3]):
                    found.append(f"{row[3]}: {statement}")

    event.listen(hq.database.engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(hq.database.engine, "before_cursor_execute", look)


def deliver(pen: Pen) -> None:
    """Sales of several accounts, cut so that ends come apart from their intents, and doubled."""
    start = pen.seq + 1
    intents = [
        pen.sell(account, METERS[place], card=CARD, settle=False)
        for account in ("A1", "A2", "GHOST")
        for place in (2, 3)
    ]
    middle = pen.seq
    pen.write(*(SaleEnd(intent=intent) for intent in intents), SaleEnd(intent=intents[0]))
    pen.send(pen.cut(middle + 1))
    pen.send(pen.cut(start, middle))
    pen.send(pen.cut(start))
    pen.send(pen.sign_of_life())


def test_a_delivery_searches(pen: Pen) -> None:
    with plans(pen.hq) as scans:
        deliver(pen)
    assert scans == []


def test_re_rating_and_the_review_search(pen: Pen, clock: HandClock) -> None:
    deliver(pen)
    with plans(pen.hq) as scans:
        pen.hq.rerating.drain()
        review(pen.hq.database, clock())
    assert scans == []


PAGES: dict[str, Callable[[Headquarters], object]] = {
    "nodes": lambda hq: hq.registry.nodes(),
    "sales of an account": lambda hq: hq.enquiries.sales(SaleFilter(account="A1")),
    "one sale": lambda hq: hq.enquiries.sale(("N0001", 1, 0, 5)),
    "suspense": lambda hq: hq.enquiries.suspense(),
    "what waits": lambda hq: hq.enquiries.sold_today(),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_searches(pen: Pen, page: str) -> None:
    deliver(pen)
    pen.hq.rerating.drain()
    with plans(pen.hq) as scans:
        PAGES[page](pen.hq)
    assert scans == []
