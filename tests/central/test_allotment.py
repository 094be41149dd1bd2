"""Each number for a new card is one vending point's alone."""

import re

import pytest

from central_builders import ADMIN, HandClock, Pen, enrol
from central_pages import signed_in
from yika_central.bootstrap import Headquarters
from yika_central.db import number_store
from yika_central.services import allotment
from yika_common.journal.bodies import CardIssued
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.card_list import open_cards
from yika_common.sync.messages import CARDS_ITEM


def numbers(hq: Headquarters, pen: Pen) -> list[str]:
    """The numbers that the node's newest manifest gives it."""
    with hq.database.reading() as session:
        newest = hq.registry.newest_manifest(session.connection(), pen.node)
    assert newest is not None
    listed = [item for item in newest[0].items if item.name.startswith(CARDS_ITEM)]
    if not listed:
        return []
    file = read_signed_file(hq.registry.item(bytes.fromhex(listed[0].sha256)))
    held = open_cards(file, hq.keys.root, pen.kem, node=pen.node, epoch=1)
    return [card for part in held.numbers for card in part.cards()]


def issue(pen: Pen, *cards: str) -> None:
    """Make these cards and tell headquarters."""
    for nth, card in enumerate(cards, start=1):
        pen.write(
            CardIssued(account=f"{pen.node}-{card}", card=card, generation=nth, key_version=1)
        )
    pen.send(pen.cut())


def stock(hq: Headquarters, many: int, area: str = "A01") -> tuple[str, ...]:
    return hq.stock.take_in_new(area, [], many).cards


def contact(*pens: Pen) -> None:
    for pen in pens:
        pen.send(pen.sign_of_life())


def test_two_points_of_an_area_never_have_one_number(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = (enrol(headquarters, clock, f"N000{n}", seed=n) for n in (1, 2))
    stocked = stock(headquarters, 12)
    assert numbers(headquarters, first) == list(stocked[:4])
    assert numbers(headquarters, second) == list(stocked[4:8])


def test_where_few_are_in_stock_a_point_that_joins_still_finds_some(
    headquarters: Headquarters, clock: HandClock
) -> None:
    stocked = stock(headquarters, 12)
    first, second = (enrol(headquarters, clock, f"N000{n}", seed=n) for n in (1, 2))
    assert numbers(headquarters, first) == list(stocked[:6])
    assert numbers(headquarters, second) == list(stocked[6:10])


def test_a_point_that_joins_gets_what_is_free(
    headquarters: Headquarters, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allotment, "AT_HAND", 4)
    stocked = stock(headquarters, 10)
    first = enrol(headquarters, clock)
    second = enrol(headquarters, clock, "N0002", seed=2)
    assert numbers(headquarters, first) == list(stocked[:4])
    assert numbers(headquarters, second) == list(stocked[4:8])


def test_a_point_that_issued_most_of_its_numbers_gets_others(
    headquarters: Headquarters, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allotment, "AT_HAND", 4)
    stocked = stock(headquarters, 10)
    pen = enrol(headquarters, clock)
    issue(pen, *stocked[:2])
    manifest = headquarters.registry.nodes()[0].manifest
    assert numbers(headquarters, pen) == list(stocked[:4]), "half of them are still unused"
    issue(pen, stocked[2])
    assert headquarters.registry.nodes()[0].manifest == manifest + 1
    assert numbers(headquarters, pen) == list(stocked[3:7])
    contact(pen)
    assert headquarters.registry.nodes()[0].manifest == manifest + 1, "nothing is told twice"


def test_a_number_that_was_used_by_whoever_is_not_given_again(
    headquarters: Headquarters, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A point may hold numbers from before there were allotments."""
    monkeypatch.setattr(allotment, "AT_HAND", 2)
    first, second = (enrol(headquarters, clock, f"N000{n}", seed=n) for n in (1, 2))
    stocked = stock(headquarters, 8)
    issue(first, stocked[4])
    issue(second, *numbers(headquarters, second))
    assert numbers(headquarters, second) == [stocked[5], stocked[6]]


def test_every_area_of_a_point_has_its_numbers(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = enrol(headquarters, clock)
    ours, others = stock(headquarters, 4), stock(headquarters, 4, "A02")
    assert numbers(headquarters, pen) == list(ours[:2])
    headquarters.enrolment.invite("N0001", name="", areas=("A02",), url="https://hq.example")
    assert numbers(headquarters, pen) == [*ours[:2], *others[:2]]


def test_a_stock_is_used_up_to_its_last_number(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = (enrol(headquarters, clock, f"N000{n}", seed=n) for n in (1, 2))
    stocked = stock(headquarters, 5)
    used: list[str] = []
    while left := [card for card in numbers(headquarters, first) if card not in used]:
        issue(first, *left)
        used += left
    assert used == [stocked[0], stocked[1], stocked[4]]
    assert numbers(headquarters, second) == [stocked[2], stocked[3]]


def test_what_is_asked_does_not_grow_with_the_cards_ever_made(
    headquarters: Headquarters, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allotment, "AT_HAND", 10)
    pen = enrol(headquarters, clock)
    stocked = stock(headquarters, 100)
    for start in range(0, 90, 6):
        issue(pen, *stocked[start : start + 6])
    with headquarters.database.reading() as session:
        assert number_store.shelved(session.connection(), "A01") < 100 - 90 + 10


def test_the_register_shows_whose_the_numbers_are(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = enrol(headquarters, clock)
    stocked = stock(headquarters, 6)
    issue(pen, stocked[0])
    assert headquarters.card_register.numbers() == (("A01", "", 3), ("A01", "N0001", 2))
    page = signed_in(headquarters, ADMIN).get("/cards/register").text
    assert "Numbers for new cards" in page
    assert re.search(r"<td>A01</td><td>N0001</td><td[^>]*>2</td>", page)
