"""The page on which a meter is replaced, with a second person where the old one is dead."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from card_builders import ChipMemory
from little_headquarters import meter_number
from node_pages import Clerk, Pages, code_of, facts, pages_in
from node_world import OPERATOR, PASSWORD
from staff_builders import add_operator
from yika_common.journal.bodies import MAKEUP
from yika_common.journal.card_bodies import Approved
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.journal.record import decode_line
from yika_common.meters.state import MeterState, consumed
from yika_common.numbers import Quantity
from yika_node.services.views import Level

WATER, OLD, NEW = 4, meter_number("4", 0), meter_number("4", 5)


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


def bought(pages: Pages, clerk: Clerk) -> tuple[str, ChipMemory]:
    """An account whose water meter took 3 and has used nothing."""
    number, chip = clerk.open_with_card()
    assert clerk.sell({"amount-4": "3", "by-4": "q"}).status_code == 200
    pages.world.load(chip, OLD)
    pages.world.hand.insert(chip)
    return number, chip


def transferred(pages: Pages, chip: ChipMemory) -> None:
    stored = pages.world.use_meter(OLD)
    stored.commit(replace(stored.state(), transferred=True))
    pages.world.load(chip, OLD)
    pages.world.hand.insert(chip)


def state_of(pages: Pages, meter: str) -> MeterState:
    return pages.world.use_meter(meter).state()


def swaps(pages: Pages) -> list[MeterSwapped]:
    rows = pages.node.queries.records(1, 1, 10_000)
    bodies = (decode_line(row.line).body for row in rows)
    return [body for body in bodies if isinstance(body, MeterSwapped)]


FIELDS = {"meter": NEW, "start": "12.5", "reason": "it runs backwards"}


def test_the_page_says_what_is_known_of_the_old_meter(pages: Pages, clerk: Clerk) -> None:
    number, chip = bought(pages, clerk)
    page = f"/accounts/{number}/meters/{WATER}/replace"
    assert f'href="{page}"' in clerk.get(f"/accounts/{number}").text
    before = clerk.get(page).text
    assert "it never wrote" in before
    assert "has not written that it was transferred" in before
    transferred(pages, chip)
    look = clerk.post(f"/accounts/{number}/meters/{WATER}/look", FIELDS, on=page)
    assert look.status_code == 303
    after = clerk.get(look.location).text
    assert "moves to the new meter" in after
    assert f'value="{NEW}"' in after
    assert "dead" not in after
    assert "更换" in pages.clerk("zh").get(page).text
    pages.world.hand.pull()
    assert code_of(clerk.post(f"/accounts/{number}/meters/{WATER}/look", {}, on=page))


def test_a_transferred_meter_is_replaced(pages: Pages, clerk: Clerk) -> None:
    number, chip = bought(pages, clerk)
    transferred(pages, chip)
    page = f"/accounts/{number}/meters/{WATER}/replace"
    sent = clerk.post(page, FIELDS, on=page)
    assert sent.status_code == 303, sent.text
    assert NEW in clerk.get(f"/accounts/{number}").text
    [swap] = swaps(pages)
    assert (swap.moved, swap.start, swap.figure) == (3_000, 12_500, 0)
    pages.world.load(chip, NEW)
    assert state_of(pages, NEW).total == 3_000


def test_a_dead_meters_figure_goes_by_the_second_person(pages: Pages, clerk: Clerk) -> None:
    number, _ = bought(pages, clerk)
    page = f"/accounts/{number}/meters/{WATER}/replace"
    fields = FIELDS | {"figure": "2.5"}
    asked = clerk.post(page, fields, on=page)
    assert asked.status_code == 303
    assert asked.location.startswith("/approve/")
    assert swaps(pages) == []
    token = asked.location.rsplit("/", 1)[-1]
    waiting = pages.node.approvals.pending(token)
    assert "2.5 of credit from dead meter" in str(waiting.what)
    approved = Approved(
        act=waiting.digest.hex(), card="870000000001", holder="Li", counter=1, proof="00" * 8
    )
    pages.node.approvals.give(token, approved)
    back = f"{waiting.then}&approval={token}"
    assert "has approved the figure" in clerk.get(back).text
    done = clerk.post(page, fields, on=back)
    assert done.status_code == 303, done.text
    [swap] = swaps(pages)
    assert (swap.moved, swap.figure) == (2_500, 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "swap_transfer_missing"),
        ({"figure": "3.1"}, "swap_figure_too_high"),
        ({"figure": "x"}, "not_a_number"),
        ({"meter": OLD}, "meter_taken"),
        ({"meter": meter_number("3", 5)}, "meter_of_another_service"),
        ({"meter": ""}, "meter_unknown"),
        ({"reason": ""}, "swap_form_incomplete"),
        ({"start": "-1"}, "swap_form_incomplete"),
        ({"figure": "2", "approval": "ff"}, "approval_missing"),
    ],
)
def test_a_refusal_is_said_on_the_page_and_what_was_typed_stays(
    pages: Pages, clerk: Clerk, changes: dict[str, str], code: str
) -> None:
    number, _ = bought(pages, clerk)
    page = f"/accounts/{number}/meters/{WATER}/replace"
    sent = clerk.post(page, FIELDS | changes, on=page)
    assert (code_of(sent), sent.status_code >= 400) == (code, True)
    assert 'value="12.5"' in sent.text or "start" in changes
    assert swaps(pages) == []


def test_only_a_supervisor_replaces_meters(pages: Pages, clerk: Clerk) -> None:
    number, _ = bought(pages, clerk)
    add_operator(pages.node, "li", Level.CLERK)
    assert "/replace" not in pages.clerk(name="li").get(f"/accounts/{number}").text
    page = f"/accounts/{number}/meters/{WATER}/replace"
    assert pages.clerk(name="li").get(page).status_code == 403
    assert clerk.get(f"/accounts/{number}/meters/99/replace").status_code == 422


def test_what_is_left_in_the_old_meter_is_shown_with_its_unit(pages: Pages, clerk: Clerk) -> None:
    number, _chip = bought(pages, clerk)
    clerk.post(f"/accounts/{number}/meters/{WATER}/look", {}, on="/")
    shown = facts(clerk.get(f"/accounts/{number}/meters/{WATER}/replace"))
    assert shown["Left in it then"] == shown["Used in its life"].replace("0", "3") == "3\xa0m³"
    assert shown["Bought and not taken"] == "0\xa0m³"
    listed = clerk.get("/readings").text
    assert listed.count("3\xa0m³") == 2, "bought so far, and the balance"


def test_a_replaced_meter_is_not_among_the_latest_sales_and_is_named_on_the_list(
    pages: Pages, clerk: Clerk
) -> None:
    number, chip = bought(pages, clerk)
    transferred(pages, chip)
    clerk.post(f"/accounts/{number}/meters/{WATER}/look", {}, on="/")
    page = f"/accounts/{number}/meters/{WATER}/replace"
    assert clerk.post(page, FIELDS, on=page).status_code == 303
    for place in ("/", f"/accounts/{number}"):
        rows = clerk.get(place).text
        assert rows.count("/receipts/") == 1, place
        assert "0\xa0m³" not in rows.partition("Latest sales")[2], place
    listed = clerk.get("/sales").text
    assert "carried into the new meter" in listed
    assert "¥0.00" not in listed
    assert "转入新表" in pages.clerk("zh").get("/sales").text


def test_what_the_new_meter_has_no_room_for_is_loaded_from_the_page_of_the_sale(
    pages: Pages, clerk: Clerk
) -> None:
    number, chip = bought(pages, clerk)
    transferred(pages, chip)
    page = f"/accounts/{number}/meters/{WATER}/replace"
    assert 'name="holds"' in clerk.get(page).text
    sent = clerk.post(page, FIELDS | {"holds": "2"}, on=page)
    assert sent.status_code == 303, sent.text
    [swap] = swaps(pages)
    assert (swap.moved, swap.owed, swap.holds) == (3_000, 1_000, 2_000)
    pages.world.load(chip, NEW)
    pages.world.hand.insert(chip)
    full = clerk.get("/sell").text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "1 m³ is still owed to it, of 1 m³ in all" in full
    assert "It has no room for more now." in full
    assert "/make-up" not in full
    stored = pages.world.use_meter(NEW)
    stored.commit(consumed(stored.state(), Quantity(1_500), pages.world.now)[0])
    pages.world.load(chip, NEW)
    pages.world.hand.insert(chip)
    offered = clerk.get("/sell").text.replace("\u00a0", " ").replace("\u202f", " ")
    assert "Load 1 m³, nothing to pay" in offered
    assert offered.count("autofocus") == 1
    fields = {"card": hidden(offered, "card"), "slot": str(WATER)}
    done = clerk.post("/make-up", fields, on="/sell")
    assert done.status_code == 303, done.text
    after = clerk.get(done.location).text
    assert "nothing was paid" in after
    assert "still owed" not in after
    assert code_of(clerk.post("/make-up", fields, on="/sell")) == "nothing_owed"
    (sale,) = (sale for sale in pages.node.enquiries.sales().rows if sale.act == MAKEUP)
    assert clerk.get(f"/receipts/{sale.epoch}/{sale.basket}").status_code == 200
    assert "owed to the meter, loaded" in clerk.get(f"/sales?account={number}").text
    pages.world.load(chip, NEW)
    assert state_of(pages, NEW).total == 3_000


def hidden(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]
