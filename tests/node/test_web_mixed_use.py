"""The pages about a meter that two classes share, in both languages."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mixed_builders import MIXED, shop
from node_pages import Clerk, Pages, code_of, facts, pages_in, said
from node_world import OPERATOR, PASSWORD, for_quantity, open_with_card
from yika_node.printing.paper import Line
from yika_node.services.paper_words import Words
from yika_node.services.receipt_paper import ReceiptPaper

WATER = 4
CLASS, SHARE = "mixed-class-cold_water", "mixed-share-cold_water"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        pages.node.staff.sign_in(OPERATOR, PASSWORD)
        pages.world.headquarters.publish_tariff(shop())
        pages.node.courier.sync()
        yield pages


@pytest.fixture
def number(pages: Pages) -> str:
    account, _ = open_with_card(pages.world, pages.node)
    return account.number


def share(clerk: Clerk, number: str, **typed: str) -> str:
    """Send the form; the code of its refusal, empty where it was taken."""
    page = f"/accounts/{number}/facts"
    form = {"tariff_class": "residential", "persons": "3", "area_m2": "96.4", "reason": "a shop"}
    sent = clerk.post(page, form | {CLASS: "commercial", SHARE: "30"} | typed, on=page)
    if sent.status_code == 303:
        return ""
    assert said(sent)
    assert " open>" in sent.text, "what was refused is in sight"
    return code_of(sent)


def test_a_share_is_typed_shown_kept_in_the_form_and_told_in_the_history(
    pages: Pages, number: str
) -> None:
    clerk = pages.clerk()
    assert share(clerk, number) == ""
    account = pages.node.accounts.get(number)
    assert account.facts is not None
    assert account.facts.mixed == MIXED
    assert facts(clerk.get(f"/accounts/{number}"))["Mixed use"] == "Cold water: Commercial 30 %"
    form = clerk.get(f"/accounts/{number}/facts").text
    assert '<option value="commercial" selected>' in form
    assert f'name="{SHARE}" type="text" value="30"' in form
    history = clerk.get(f"/accounts/{number}/history").text
    assert "Mixed use: – → Cold water: Commercial 30 %" in history
    assert share(clerk, number, **{CLASS: "", SHARE: ""}) == ""
    assert facts(clerk.get(f"/accounts/{number}"))["Mixed use"] == "–"
    assert "混合用途" in pages.clerk("zh").get(f"/accounts/{number}").text


@pytest.mark.parametrize(
    "typed",
    [
        {SHARE: ""},
        {CLASS: ""},
        {SHARE: "0"},
        {SHARE: "100"},
        {SHARE: "x"},
        {CLASS: "residential"},
        {CLASS: "a b"},
        {"mixed-class-gas": "commercial"},
    ],
)
def test_half_a_share_is_refused_and_nothing_changes(
    pages: Pages, number: str, typed: dict[str, str]
) -> None:
    before = pages.node.accounts.get(number)
    assert share(pages.clerk(), number, **typed) == "amendment_unusable"
    assert pages.node.accounts.get(number) == before


def test_tariffs_that_cannot_share_are_refused_in_both_languages(
    pages: Pages, number: str
) -> None:
    pages.world.headquarters.publish_tariff(shop(2, meter_holds="money", expires=None))
    pages.node.courier.sync()
    clerk = pages.clerk("zh")
    assert share(clerk, number) == "cannot_be_mixed"


@pytest.mark.parametrize(
    ("language", "second"), [("en", "Second class, 30 %"), ("zh", "第二类别 30 %")]
)
def test_the_counter_and_the_receipt_show_both_parts(
    pages: Pages, number: str, language: str, second: str
) -> None:
    clerk = pages.clerk(language)
    assert share(clerk, number) == ""
    card = pages.node.accounts.get(number).card or ""
    sold = pages.node.sales.sell(OPERATOR, card, [for_quantity(WATER, 100_000)], "f")
    page = clerk.get(f"/receipts/{sold.epoch}/{sold.basket}").text
    assert second in page
    assert "SHOP v1" in page
    assert "· 70 %" in page
    assert "· 30 %" in page
    held, settings = pages.node.tariffs.tariffs(), pages.node.settings.settings()
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    paper = ReceiptPaper(words, settings, held).paper(sold, "")
    printed = [part.text for part in paper.parts if type(part) is Line]
    assert second in printed
    assert {end for end in ("70 %", "30 %") for text in printed if f"· {end}" in text} == {
        "70 %",
        "30 %",
    }
    assert "30 %" in clerk.get("/").text + clerk.get("/sell").text
