"""The pages of refunds, as a clerk without a screen meets them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from card_builders import ChipMemory
from node_pages import Clerk, Pages, code_of, facts, pages_in, said
from node_world import PASSWORD
from yika_common.journal.card_bodies import Approved
from yika_common.journal.excerpt import read_code
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.receipts import Evidence

WATER = "amount-4"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    return pages.clerk(request.param)


@pytest.fixture
def sold(clerk: Clerk) -> tuple[str, ChipMemory]:
    """The path of the receipt of 50 yuan of water that no meter took."""
    _, chip = clerk.open_with_card()
    sold = clerk.post("/sell", {WATER: "50"}, on="/sell")
    return sold.location, chip


def new_page(clerk: Clerk, receipt: str) -> str:
    (path,) = re.findall(r'href="(/refunds/new/[^"]+)"', clerk.get(receipt).text)
    return str(path)


def approved(clerk: Clerk, place: str) -> str:
    """Ask for approval, and give it as the managing card's desk does; where that leads to."""
    asked = clerk.post(place, {"reason": "typed 50 for 5"}, on=place)
    assert asked.status_code == 303, asked.text
    token = asked.location.rsplit("/", 1)[-1]
    assert "typed 50 for 5" in clerk.get(asked.location).text
    book = clerk.pages.node.approvals
    waiting = book.pending(token)
    approval = Approved(
        act=waiting.digest.hex(), card="870000000001", holder="lin", counter=1, proof="00" * 8
    )
    book.give(token, approval)
    return f"{waiting.then}&approval={token}"


def given_back(clerk: Clerk, receipt: str) -> TestResponse:
    place = approved(clerk, new_page(clerk, receipt))
    done = clerk.post(place.partition("?")[0], {}, on=place)
    assert done.status_code == 303, done.text
    return clerk.get(done.location)


def path_of(page: TestResponse) -> str:
    return str(page.request.path)


def told_on_card(clerk: Clerk, place: str) -> bool:
    """Whether the card's page says that money waits; the list of purchases has a badge."""
    return re.search(f'href="{place}">(?!<span)', clerk.get("/card").text) is not None


def test_a_purchase_is_given_back_and_its_slip_says_so_below_zero(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    slip = given_back(clerk, sold[0])
    assert 'data-refund-state="paid"' in slip.text
    assert "-¥50.00" in slip.text
    assert "lin" in slip.text
    assert "typed 50 for 5" in slip.text
    receipt = clerk.get(sold[0])
    assert path_of(slip) in receipt.text
    assert "/refunds/new/" not in receipt.text
    refund = path_of(slip).rsplit("/", 1)[-1]
    assert clerk.get(f"/receipts/1/{refund}").location == path_of(slip)
    assert path_of(slip) in clerk.get("/sales").text
    assert path_of(slip) not in clerk.get("/refunds").text
    assert clerk.pages.soon


def test_the_money_waits_for_the_meter_and_the_page_says_why(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    receipt, chip = sold
    meter = clerk.pages.node.enquiries.sales().rows[0].meter
    clerk.pages.world.load(chip, meter)
    clerk.get("/card")
    slip = given_back(clerk, receipt)
    assert 'data-refund-state="waiting"' in slip.text
    place = path_of(slip)
    early = clerk.post(f"{place}/pay", {}, on=place)
    assert code_of(early) == "refund_not_payable"
    assert 'data-refund-state="waiting"' in early.text
    assert place in clerk.get("/refunds").text
    assert told_on_card(clerk, place)
    refused = clerk.post("/sell", {WATER: "5"}, on="/sell")
    assert code_of(refused) == "refund_awaits_meter"
    clerk.pages.world.load(chip, meter)
    paid = clerk.post(f"{place}/pay", {}, on=place)
    assert paid.status_code == 303
    assert 'data-refund-state="paid"' in clerk.get(place).text
    assert place not in clerk.get("/refunds").text
    assert not told_on_card(clerk, place)


def test_what_can_not_be_given_back_is_refused_before_anybody_is_asked(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    clerk.sell({WATER: "20"})
    refused = clerk.get(new_page(clerk, sold[0]))
    assert refused.status_code == 409
    assert len(said(refused)) == 1
    assert clerk.get("/refunds/new/1/99999").status_code == 404
    assert clerk.get("/refunds/1/99999").status_code == 404
    assert clerk.post("/refunds/1/99999/pay", {}).status_code == 404


def test_without_a_reason_nobody_is_asked(clerk: Clerk, sold: tuple[str, ChipMemory]) -> None:
    place = new_page(clerk, sold[0])
    assert facts(clerk.get(place))
    refused = clerk.post(place, {"reason": "  "}, on=place)
    assert code_of(refused) == "refund_reason_missing"


def test_with_the_managing_card_still_in_the_reader_nothing_is_done(
    clerk: Clerk, sold: tuple[str, ChipMemory]
) -> None:
    place = approved(clerk, new_page(clerk, sold[0]))
    clerk.pages.world.hand.pull()
    page = clerk.get(place)
    assert page.status_code == 200
    refused = clerk.post(place.partition("?")[0], {}, on=place)
    assert code_of(refused) == "card_absent"
    clerk.pages.world.hand.insert(sold[1])
    done = clerk.post(place.partition("?")[0], {}, on=place)
    assert done.status_code == 303


def test_an_auditor_sees_refunds_and_changes_nothing(pages: Pages) -> None:
    chief = pages.clerk()
    fields = {"name": "an", "password": PASSWORD, "level": "AUDITOR"}
    chief.post("/operators", fields, on="/operators")
    chief.open_with_card()
    receipt = chief.post("/sell", {WATER: "50"}, on="/sell").location
    place, slip = new_page(chief, receipt), path_of(given_back(chief, receipt))
    auditor = pages.clerk(name="an")
    assert auditor.get(slip).status_code == auditor.get("/refunds").status_code == 200
    assert code_of(auditor.get(place)) == "not_allowed"
    assert code_of(auditor.post(f"{slip}/pay", {})) == "not_allowed"


def test_the_code_on_a_slip_can_be_checked(clerk: Clerk, sold: tuple[str, ChipMemory]) -> None:
    slip = given_back(clerk, sold[0])
    node = clerk.pages.node
    refund = node.enquiries.receipt(1, int(path_of(slip).rsplit("/", 1)[-1]))
    evidence = Evidence(node.standing.membership.root)
    evidence.take(read_signed_file(node.standing.membership.certificate_file))
    verdict = evidence.judge(read_code(node.receipt_codes.code(refund)))
    (line,) = verdict.lines
    assert verdict.ok
    assert (line.intent.paid, line.intent.refunds) == (-5_000, 8)
