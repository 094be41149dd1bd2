"""The pages of drawers: opened, counted blind, closed, handed over, banked."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from node_pages import Clerk, Pages, code_of, facts, hidden, pages_in, said
from node_world import Fate
from staff_builders import add_operator
from yika_common.sync.settings import Settings
from yika_node.services.views import Level

OTHER = "lin"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as made:
        made.node.guard.on = True
        yield made


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


def opened(clerk: Clerk, total: str = "300") -> None:
    answer = clerk.post("/shift/open", {"total": total}, on="/shift")
    assert answer.status_code == 303, said(answer)


def action(clerk: Clerk) -> str:
    """Where the form of the close leads."""
    found = re.search(r'action="(/shift/close/\d+/\d+)"', clerk.get("/shift").text)
    assert found is not None
    return found[1]


def test_signing_in_leads_to_the_shift(clerk: Clerk) -> None:
    home = clerk.get("/")
    assert "Before you sell: open your shift." in home.text
    assert 'href="/shift" data-focus' in home.text
    assert clerk.get("/sell").location == "/shift"
    opened(clerk)
    assert "Before you sell" not in clerk.get("/").text


def test_each_page_has_one_place_where_the_focus_begins(clerk: Clerk) -> None:
    for state in ("closed", "open"):
        if state == "open":
            opened(clerk)
        for path in ("/shift", "/shift/cash", "/shift/z", "/shift/bank", "/shift/totals"):
            page = clerk.get(path)
            assert page.status_code == 200
            assert page.text.count(" autofocus") <= 1, (path, state)


def test_a_day_is_f9_the_count_and_enter(clerk: Clerk) -> None:
    """The count's field has the focus, and the form that it is in has one button."""
    opened(clerk)
    clerk.open_with_card()
    sold = clerk.sell({"by-4": "m", "amount-4": "50"})
    assert sold.status_code == 200, said(sold)
    page = clerk.get("/shift")
    assert re.search(r'name="total"[^>]* autofocus', page.text)
    # Blind: neither what was taken nor what has to be in the drawer is on the page.
    assert "350.00" not in page.text
    answer = clerk.post(action(clerk), {"total": "349.50"}, on="/shift")
    assert answer.location == "/shift/z/1"
    z = clerk.get("/shift/z/1")
    assert "¥0.50 short" in z.text
    assert facts(z)["First receipt"] == facts(z)["Last receipt"] != "–"
    answer = clerk.post("/shift/z/1/reason", {"reason": "a coin rolled away"}, on="/shift/z/1")
    assert answer.status_code == 303
    assert "a coin rolled away" in clerk.get("/shift/z/1").text


def test_a_second_press_shows_the_same_report(clerk: Clerk) -> None:
    opened(clerk)
    where, fields = action(clerk), hidden(clerk.get("/shift")) | {"total": "300"}
    first, again = clerk.send(where, fields), clerk.send(where, fields | {"total": "0"})
    assert first.location == again.location == "/shift/z/1"
    assert "as expected" in clerk.get("/shift/z/1").text


def test_a_count_by_notes_and_coins(clerk: Clerk) -> None:
    answer = clerk.post("/shift/open", {"pieces-10000": "3", "pieces-50": "1"}, on="/shift")
    assert answer.status_code == 303
    wrong = clerk.post(
        action(clerk), {"total": "300", "pieces-10000": "3", "pieces-50": "1"}, on="/shift"
    )
    assert (wrong.status_code, code_of(wrong)) == (422, "count_disagrees")
    assert 'value="3"' in wrong.text
    nothing = clerk.post(action(clerk), {}, on="/shift")
    assert code_of(nothing) == "count_missing"
    clerk.post(action(clerk), {"pieces-10000": "3", "pieces-50": "1"}, on="/shift")
    assert "Counted by notes and coins" in clerk.get("/shift/z/1").text


def test_cash_in_and_out(clerk: Clerk) -> None:
    opened(clerk)
    moved = {"amount": "100", "what": "drop", "reason": "full", "reference": "S-1"}
    assert clerk.post("/shift/cash", moved, on="/shift/cash").status_code == 303
    without = clerk.post("/shift/cash", moved | {"reason": " "}, on="/shift/cash")
    assert code_of(without) == "move_unusable"
    assert clerk.post("/shift/drawer", {"reason": "change"}, on="/shift/cash").status_code == 303
    clerk.post(action(clerk), {"total": "200"}, on="/shift")
    z = clerk.get("/shift/z/1")
    assert "as expected" in z.text
    assert facts(z)["Drawer opened without a sale"] == "1"
    assert facts(z)["To be brought to the bank"] == "¥0.00"


def test_a_large_movement_needs_a_second_person(pages: Pages, clerk: Clerk) -> None:
    opened(clerk)
    folder = pages.world.folder
    assert "second_from" not in (folder / "node.toml").read_text(encoding="utf-8")
    object.__setattr__(pages.node.config.cash, "second_from", 50_000)
    moved = {"amount": "500", "what": "drop", "reason": "full"}
    answer = clerk.post("/shift/cash", moved, on="/shift/cash")
    assert answer.location.startswith("/approve/")
    asked = clerk.get(answer.location)
    assert "500.00" in asked.text
    object.__setattr__(pages.node.config.cash, "second_from", 0)


def test_a_sale_that_waits_for_its_card_is_named_before_the_count(
    pages: Pages, clerk: Clerk
) -> None:
    opened(clerk)
    number, _ = clerk.open_with_card()
    page, looking = clerk.get("/sell"), Fate()
    pages.world.hand.fate = looking
    clerk.get("/card")
    # The card is read again before it is written, which is the very next command.
    pages.world.hand.fate = Fate(at=len(looking.steps), how="pull")
    sold = clerk.send("/sell", {**hidden(page), "by-4": "m", "amount-4": "50"})
    assert sold.status_code == 303, said(sold)
    pages.world.hand.fate = Fate()
    text = clerk.get("/shift").text
    assert text.index("1 sale is not on its card yet") < text.index('name="total"')
    assert number in text


def test_an_x_report_has_no_number_and_for_a_clerk_no_cash(pages: Pages, clerk: Clerk) -> None:
    add_operator(pages.node, OTHER, Level.CLERK)
    other = pages.clerk(name=OTHER)
    opened(other, "77")
    (link,) = re.findall(r"/shift/x/\d+/\d+", other.get("/shift").text)[:1]
    own = other.get(link)
    assert "X report" in own.text
    assert "77.00" not in own.text
    assert "77.00" in clerk.get(link).text


def test_a_clerk_sees_and_closes_only_his_own(pages: Pages, clerk: Clerk) -> None:
    add_operator(pages.node, OTHER, Level.CLERK)
    other = pages.clerk(name=OTHER)
    opened(clerk)
    opened(other)
    mine = action(clerk)
    refused = other.post(mine, {"total": "0"}, on="/shift")
    assert code_of(refused) == "shift_of_another"
    clerk.post(mine, {"total": "300"}, on="/shift")
    assert other.get("/shift/z/1").status_code == 404
    assert "Z 1" not in other.get("/shift/z").text
    assert other.get("/shift/bank").status_code == 403
    # The supervisor counts the drawer of a clerk who went home.
    (there,) = set(re.findall(r"/shift/of/\d+/\d+", clerk.get("/shift").text))
    page = clerk.get(there)
    (where,) = re.findall(r'action="(/shift/close/\d+/\d+)"', page.text)
    assert clerk.post(where, {"total": "300"}, on=there).location == "/shift/z/2"
    z = clerk.get("/shift/z/2")
    assert (facts(z)["Operator"], facts(z)["Counted by"]) == (OTHER, "mei")


def test_takings_go_to_the_bank_with_a_slip(clerk: Clerk) -> None:
    for total in ("300", "290"):
        opened(clerk)
        clerk.post(action(clerk), {"total": total}, on="/shift")
    none = clerk.post("/shift/bank", {"amount": "0"}, on="/shift/bank")
    assert code_of(none) == "nothing_to_bank"
    page = clerk.get("/shift/bank")
    sent = {**hidden(page), "amount": "0", "report": "1", "bank_account": "6222 0001"}
    assert clerk.send("/shift/bank", sent).location == "/shift/bank/1"
    slip = clerk.get("/shift/bank/1")
    assert "6222 0001" in slip.text
    assert "Z 1" in slip.text
    assert 'value="6222 0001"' in clerk.get("/shift/bank").text


def test_what_is_not_there_is_said(clerk: Clerk) -> None:
    for path in ("/shift/z/7", "/shift/bank/7", f"/shift/z/{10**30}", f"/shift/bank/{10**30}"):
        assert clerk.get(path).status_code == 404, path
    for number in (0, 7, 2**63 - 1, 10**30):
        assert clerk.post(f"/shift/z/{number}/reason", {"reason": "why"}).status_code == 404
    assert clerk.get(f"/shift/x/{2**53}/1").status_code == 409
    assert clerk.get(f"/shift/z?below={10**30}").status_code == 200


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_there_in_both_languages(pages: Pages, language: str) -> None:
    clerk = pages.clerk(language)
    opened(clerk)
    clerk.post("/shift/cash", {"amount": "1", "what": "petty", "reason": "tea"}, on="/shift/cash")
    clerk.post(action(clerk), {"total": "1"}, on="/shift")
    for path in (
        "/",
        "/shift",
        "/shift/cash",
        "/shift/z",
        "/shift/z/1",
        "/shift/bank",
        "/shift/totals",
    ):
        page = clerk.get(path)
        assert page.status_code == 200
        assert ("交班" in page.text or "班" in page.text) == (language == "zh"), path


def test_a_great_difference_leads_to_the_second_person(pages: Pages, clerk: Clerk) -> None:
    pages.world.headquarters.publish_settings(
        Settings(difference_accepted=100, difference_unsigned=1_000)
    )
    pages.node.courier.sync()
    opened(clerk)
    clerk.post(action(clerk), {"total": "299"}, on="/shift")
    assert "accepted without a word" in clerk.get("/shift/z/1").text
    opened(clerk)
    clerk.post(action(clerk), {"total": "250"}, on="/shift")
    assert "a second person signs for it" in clerk.get("/shift/z/2").text
    refused = clerk.post("/shift/open", {"total": "1"}, on="/shift")
    assert code_of(refused) == "difference_unanswered"
    answer = clerk.post("/shift/z/2/reason", {"reason": "nobody knows"}, on="/shift/z/2")
    assert answer.location.startswith("/approve/")
    assert "-50.00" in clerk.get(answer.location).text
    # An approval that nobody gave is none.
    forged = {"reason": "nobody knows", "approval": "00"}
    refused = clerk.post("/shift/z/2/reason", forged, on="/shift/z/2")
    assert code_of(refused) == "approval_missing"


def test_a_sale_that_waits_is_carried_on_by_a_tick(pages: Pages, clerk: Clerk) -> None:
    opened(clerk)
    clerk.open_with_card()
    page, looking = clerk.get("/sell"), Fate()
    pages.world.hand.fate = looking
    clerk.get("/card")
    pages.world.hand.fate = Fate(at=len(looking.steps), how="pull")
    clerk.send("/sell", {**hidden(page), "by-4": "m", "amount-4": "50"})
    pages.world.hand.fate = Fate()
    assert "1 sale of this shift is not on its card yet" in clerk.get("/shift").text
    where = action(clerk)
    refused = clerk.post(where, {"total": "350"}, on="/shift")
    assert code_of(refused) == "sales_not_on_cards"
    assert 'value="350"' in refused.text
    answer = clerk.post(where, {"total": "350", "carried": "1"}, on="/shift")
    assert answer.location == "/shift/z/1"
    assert facts(clerk.get("/shift/z/1"))["Sales not on their cards yet"] == "1"


def test_the_sales_day_is_closed_on_wish_and_shown(clerk: Clerk) -> None:
    nothing = clerk.post("/shift/totals", {}, on="/shift/totals")
    assert code_of(nothing) == "nothing_to_total"
    opened(clerk)
    clerk.post(action(clerk), {"total": "300"}, on="/shift")
    answer = clerk.post("/shift/totals", {}, on="/shift/totals")
    assert answer.location == "/shift/totals/day/1"
    page = clerk.get("/shift/totals/day/1")
    assert "Z 1" in page.text
    assert facts(page)["Number"] == "1"
    assert "/shift/totals/day/1" in clerk.get("/shift/totals").text
    for path in ("/shift/totals/day/2", "/shift/totals/cut/1", f"/shift/totals/year/{10**30}"):
        assert clerk.get(path).status_code == 404, path
    for what in ("month", "year", "x"):
        assert clerk.get(f"/shift/totals?period={what}").status_code == 200


def test_the_bank_account_of_the_settings_stands_on_the_slip(pages: Pages, clerk: Clerk) -> None:
    named: dict[str, Any] = {
        "bank_holder": "Heat and Water",
        "bank_number": "6222 9999",
        "bank_branch": "East River",
        "bank_name": "Bank of the Town",
    }
    pages.world.headquarters.publish_settings(Settings(**named))
    pages.node.courier.sync()
    opened(clerk)
    clerk.post(action(clerk), {"total": "300"}, on="/shift")
    page = clerk.get("/shift/bank")
    assert 'name="bank_account"' not in page.text
    sent = {**hidden(page), "amount": "0", "report": "1", "bank_account": "6222 0001"}
    clerk.send("/shift/bank", sent)
    pages.world.headquarters.publish_settings(Settings())
    pages.node.courier.sync()
    slip = clerk.get("/shift/bank/1")
    assert all(word in slip.text for word in named.values())
    assert "6222 0001" not in slip.text


def test_whoever_hands_over_can_sign_out_from_his_report(pages: Pages, clerk: Clerk) -> None:
    opened(clerk)
    clerk.post(action(clerk), {"total": "300"}, on="/shift")
    page = clerk.get("/shift/z/1")
    # The session goes on until then: a difference may still have to be explained.
    assert page.status_code == 200
    assert "Hand over and sign out" in page.text
    assert clerk.send("/logout", hidden(page)).status_code == 303
    assert clerk.get("/shift/z/1").status_code in (302, 303)
