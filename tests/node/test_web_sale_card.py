"""What the clerk sees while he sells is about the card in the reader, or says that it is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from card_builders import ChipMemory
from node_pages import Clerk, Pages, code_of, hidden, led_to, pages_in, tag_of
from yika_node.hardware.errors import PortMissing

TYPED = "&amount-4=50"
NOT_SOLD = "The card was taken out before the sale. Nothing was sold."


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "data") as pages:
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


@pytest.fixture
def chips(clerk: Clerk) -> tuple[ChipMemory, ChipMemory]:
    """The cards of two households; the first one's lies in the reader."""
    _, second = clerk.open_with_card(index=1)
    _, first = clerk.open_with_card(index=0)
    return first, second


def put_in(clerk: Clerk, chip: ChipMemory | None) -> None:
    """Put a card in, or take one out."""
    hand = clerk.pages.world.hand
    hand.pull()
    clerk.pages.world.pass_time(seconds=1)
    clerk.pages.app.extensions["yika_node"].watch.seen()
    if chip is not None:
        hand.insert(chip)
        clerk.pages.world.pass_time(seconds=1)


def asked(clerk: Clerk, tag: str, typed: str = "") -> TestResponse:
    """What the sale page hears when it asks for the reader."""
    return clerk.get(f"/card/seen?tag={tag}&away={typed}")


def test_every_meter_says_what_its_next_unit_costs_and_how_far_that_price_goes(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    page = clerk.get("/sell").text
    assert "¥5.00/m³ · 180\N{NO-BREAK SPACE}m³ left, then ¥7.00/m³" in page
    clerk.sell({"amount-4": "50"})
    assert "¥5.00/m³ · 170\N{NO-BREAK SPACE}m³ left, then ¥7.00/m³" in clerk.get("/sell").text


def test_a_card_that_stays_changes_nothing(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    tag = tag_of(clerk.get("/sell"))
    clerk.pages.world.pass_time(seconds=5)
    assert asked(clerk, tag, TYPED).status_code == 204


def test_a_card_that_went_makes_room_for_the_next(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    tag = tag_of(clerk.get("/sell"))
    put_in(clerk, None)
    assert led_to(asked(clerk, tag)) == "/"
    assert NOT_SOLD not in clerk.get("/").text


def test_a_card_that_went_while_an_amount_was_typed_is_said_and_nothing_can_be_sold(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    page = clerk.get("/sell")
    put_in(clerk, None)
    assert led_to(asked(clerk, tag_of(page), TYPED)) == "/"
    assert NOT_SOLD in clerk.get("/").text
    for path in ("/sell/quote", "/sell"):
        assert code_of(clerk.send(path, {**hidden(page), "amount-4": "50"})) == "card_absent"


def test_another_card_in_its_place_is_the_one_that_is_shown_and_gets_nothing_that_was_typed(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    page = clerk.get("/sell")
    put_in(clerk, chips[1])
    assert led_to(asked(clerk, tag_of(page), TYPED)) == "/sell"
    now = clerk.get("/sell").text
    assert NOT_SOLD in now
    assert chips[1].memory.identity.number in now
    sold = clerk.send("/sell", {**hidden(page), "amount-4": "50"})
    assert code_of(sold) == "card_swapped"
    assert clerk.pages.node.enquiries.sales().rows == ()


def test_a_reader_that_falters_takes_nothing_away(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = tag_of(clerk.get("/sell"))

    def unplugged() -> bool:
        raise PortMissing(port="/dev/ttyUSB0")

    monkeypatch.setattr(clerk.pages.world.hand, "card_present", unplugged)
    clerk.pages.world.pass_time(seconds=1)
    assert led_to(asked(clerk, tag, TYPED)) == ""


def test_a_price_is_never_that_of_a_card_that_has_gone(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    """Without the check of the insertion the remembered card would be priced on and on."""
    page = clerk.get("/sell")
    put_in(clerk, chips[1])
    quote = clerk.send("/sell/quote", {**hidden(page), "amount-4": "50"})
    assert code_of(quote) == "card_swapped"
    front = clerk.pages.app.extensions["yika_node"]
    naive = front.last_card._view
    assert naive is not None
    assert naive.identity.number == chips[1].memory.identity.number


def test_the_second_key_names_the_sum_and_the_meters(
    clerk: Clerk, chips: tuple[ChipMemory, ChipMemory]
) -> None:
    filled = {**hidden(clerk.get("/sell")), "amount-0": "50", "amount-4": "50"}
    assert (
        "Confirm: take ¥100.00 for Electricity, single phase …0000, Cold water …0000 "
        "and write the card"
    ) in clerk.quote(filled).text
