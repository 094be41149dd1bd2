"""The pages of cards' lives, as a clerk without a screen meets them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from card_builders import ChipMemory
from node_pages import Clerk, Pages, code_of, facts, hidden, led_to, pages_in, said
from node_world import Fate, a_chip
from yika_common.cards.application import CardState, File
from yika_common.journal.card_bodies import Approved
from yika_common.sync.settings import Settings

WATER = "amount-4"
PLACES = ("/cards", "/cards/stock", "/card/end")


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


@pytest.fixture
def sold(clerk: Clerk) -> tuple[str, ChipMemory]:
    """An account whose card carries water that no meter took."""
    number, chip = clerk.open_with_card()
    clerk.sell({WATER: "50"})
    return number, chip


def put_in(clerk: Clerk, chip: ChipMemory) -> None:
    clerk.pages.world.hand.insert(chip)


def replaced(clerk: Clerk, number: str, chip: ChipMemory, **fields: str) -> str:
    """Replace the account's card and return the page that follows."""
    put_in(clerk, chip)
    place = f"/accounts/{number}/card/replace"
    answer = clerk.post(place, {"reason": "lost on the bus"} | fields, on=place)
    assert answer.status_code == 303, answer.text
    return answer.location


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("place", PLACES)
def test_every_page_opens_in_both_languages(pages: Pages, place: str, language: str) -> None:
    assert pages.clerk(language).get(place).status_code == 200


def test_a_lost_card_is_told_in_one_sentence_and_sold_nothing(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    place = f"/accounts/{sold[0]}/card"
    refused = clerk.post(f"{place}/lost", {"reason": " "}, on=place)
    assert code_of(refused) == "card_reason_missing"
    answer = clerk.post(f"{place}/lost", {"reason": "called, id 4711"}, on=place)
    assert answer.status_code == 303
    assert facts(clerk.get(place))["Reported lost"] != "–"
    for page in ("/card", "/sell"):
        (sentence,) = said(clerk.get(page))
        assert "was reported lost" in sentence
    assert sold[0] in clerk.get("/cards").text
    clerk.post(f"{place}/found", {"reason": "has it again"}, on=place)
    assert said(clerk.get("/card")) == []


def test_a_card_is_replaced_and_the_slip_says_what_it_carries(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    number, old = sold
    slip = clerk.get(replaced(clerk, number, a_chip(1)))
    shown = facts(slip)
    assert shown["Reason"] == "lost on the bus"
    assert shown["In the place of card"] == old.memory.identity.number
    assert 'data-sale-state="written"' in slip.text
    assert "Leave the card in the meter" in slip.text
    put_in(clerk, old)
    (sentence,) = said(clerk.get("/card"))
    assert "was replaced" in sentence
    # The list of sales leads to the slip.
    assert shown["Card"] in clerk.get("/sales").text


def test_an_unfinished_card_is_told_and_finished(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    number, _ = sold
    chip = a_chip(1)
    put_in(clerk, chip)
    place = f"/accounts/{number}/card/replace"
    fields = hidden(clerk.get(place)) | {"reason": "lost"}
    clerk.pages.world.hand.fate = Fate(8, "pull")
    answer = clerk.send(place, fields)
    assert answer.status_code != 303
    assert said(answer)
    clerk.pages.world.hand.fate = Fate()
    put_in(clerk, chip)
    page = clerk.get("/card")
    assert "is not finished" in page.text
    again = clerk.send(place, fields)
    assert again.status_code == 303
    assert "The new card is ready" in clerk.get(again.location).text
    assert chip.memory.identity.state is CardState.USER


def test_a_fee_is_taken_unless_a_second_person_waives_it(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    number, _ = sold
    clerk.pages.world.headquarters.publish_settings(Settings(card_fee=2_000))
    clerk.pages.node.courier.sync()
    place = f"/accounts/{number}/card/replace"
    assert facts(clerk.get(place))["Fee"] == "¥20.00"
    asked = clerk.post(f"/accounts/{number}/card/free", {"reason": "our fault"}, on=place)
    assert asked.status_code == 303, asked.text
    token = asked.location.rsplit("/", 1)[-1]
    assert "our fault" in clerk.get(asked.location).text
    waiting = clerk.pages.node.approvals.pending(token)
    approve(clerk, token, waiting.digest)
    back = f"{waiting.then}&approval={token}"
    assert facts(clerk.get(back))["Fee"] == "none"
    put_in(clerk, a_chip(1))
    made = clerk.post(place, {"reason": "our fault"}, on=back)
    assert made.status_code == 303, made.text
    assert "¥0.00" in clerk.get(made.location).text
    slip = clerk.get(replaced(clerk, number, a_chip(2)))
    assert "¥20.00" in slip.text


def approve(clerk: Clerk, token: str, digest: bytes) -> None:
    clerk.pages.node.approvals.give(
        token,
        Approved(act=digest.hex(), card="M1", holder="zhao", counter=1, proof="00" * 8),
    )


def test_a_card_with_credit_is_not_ended_and_an_empty_one_is(clerk: Clerk) -> None:
    number, chip = clerk.open_with_card()
    clerk.sell({WATER: "50"})
    refused = clerk.post("/card/end", {"how": "recycled", "reason": "moved"}, on="/card/end")
    assert code_of(refused) == "credit_on_card"
    replaced(clerk, number, a_chip(1))
    put_in(clerk, chip)
    done = clerk.post("/card/end", {"how": "recycled", "reason": "found"}, on="/card/end")
    assert done.status_code == 303, done.text
    assert "made blank" in clerk.get("/cards").text
    assert chip.memory.identity.state is CardState.BLANK
    spoilt = {"card": chip.memory.identity.number or "860000000000", "reason": "dead"}
    assert clerk.post("/card/spoilt", spoilt, on="/card/end").status_code == 303


def test_a_damaged_place_is_written_again_after_an_approval(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    _, chip = sold
    card = chip.memory.identity.number
    whole = chip.memory.records[File.CREDIT]
    torn = (*whole[:4], b"\x5a" * 130, *whole[5:])
    chip.memory = replace(chip.memory, records={**chip.memory.records, File.CREDIT: torn})
    assert f"/card/{card}/again/4" in clerk.get("/card").text
    place = f"/card/{card}/again/4"
    asked = clerk.post(place, {"reason": "torn"}, on=place)
    token = asked.location.rsplit("/", 1)[-1]
    waiting = clerk.pages.node.approvals.pending(token)
    approve(clerk, token, waiting.digest)
    done = clerk.post(place, {}, on=f"{waiting.then}&approval={token}")
    assert done.status_code == 303, done.text
    assert chip.memory.records[File.CREDIT] == whole
    none = clerk.get(f"/card/{card}/again/3")
    assert code_of(none) == "nothing_to_write_again"


def test_what_was_read_does_not_outlast_the_card_in_the_reader(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    card = sold[1].memory.identity.number
    assert card in clerk.get("/card").text
    front = clerk.pages.app.extensions["yika_node"]
    assert front.last_card.of(card, front.watch.seen().tag) is not None
    clerk.pages.world.hand.pull()
    clerk.pages.world.pass_time(seconds=2)
    assert led_to(clerk.get("/card/seen?tag=card-1&away=")) == "/"
    assert front.last_card.of(card, front.watch.seen().tag) is None


def test_a_card_of_another_area_and_one_of_nobody_are_shown(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    memory = sold[1].memory
    other = ChipMemory(replace(memory, identity=replace(memory.identity, number="990000000001")))
    put_in(clerk, other)
    page = clerk.get("/card")
    assert "A card of another area" in page.text
    assert facts(page)["Card"] == "990000000001"


def test_cards_that_nobody_recorded_as_received_are_no_number_below_zero(clerk: Clerk) -> None:
    clerk.open_with_card()
    page = clerk.get("/cards")
    assert "1 card more was made than came" in page.text
    assert "There must be" not in page.text


def test_blank_cards_are_counted(clerk: Clerk) -> None:
    clerk.post("/cards/stock", {"chips": "20", "what": "received"}, on="/cards/stock")
    clerk.open_with_card()
    assert facts(clerk.get("/cards/stock"))["In the drawer"] == "19"
    refused = clerk.post("/cards/stock", {"chips": "0", "what": "received"}, on="/cards/stock")
    assert code_of(refused) == "stock_unusable"


def test_nothing_is_said_of_a_card_that_nobody_made(clerk: Clerk) -> None:
    assert code_of(clerk.get("/slips/860000009999")) == "card_unknown_here"
