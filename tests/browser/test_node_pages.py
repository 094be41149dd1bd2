"""The counter in a real browser: keys, cards, both languages, nothing that keeps people out."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from browser_counter import Counter, OpenPage, focus_is_in_main, put_in, signed_in
from node_world import a_chip, meters_for
from yika_common.journal.excerpt import read_code
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.receipts import Evidence

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)


PLACES = (
    "/",
    "/card",
    "/sell",
    "/accounts",
    "/accounts/new",
    "/pending",
    "/sales",
    "/readings",
    "/tariffs",
    "/sync",
    "/operators",
    "/manual",
)


def test_nothing_keeps_anybody_out_of_any_page(
    open_page: OpenPage, counter: Counter, barriers: Callable[[Page], list[str]], language: str
) -> None:
    page = signed_in(open_page, counter, language=language)
    put_in(page, counter)
    receipt = counter.pages.node.enquiries.sales().rows[0]
    paths = [*PLACES, f"/accounts/{counter.account}", f"/receipts/1/{receipt.basket}"]
    found = []
    for path in paths:
        page.goto(counter.url + path)
        found += [f"{path} {barrier}" for barrier in barriers(page)]
    assert found == []


def test_with_large_text_on_a_small_screen_the_sale_still_fits(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, width=1024, height=600)
    put_in(page, counter)
    page.get_by_role("button", name="Large text").click()
    page.wait_for_url(f"{counter.url}/sell")
    page.locator("#amount-4").fill("50")
    expect(page.locator(".total output")).to_have_text("¥50.00")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0


def test_a_card_put_in_is_read_and_one_taken_out_makes_room(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    page.keyboard.press("F4")
    page.wait_for_url(f"{counter.url}/card")
    expect(page.get_by_role("heading", level=1)).to_have_text("王小明")
    counter.pull()
    page.wait_for_url(f"{counter.url}/")


def test_after_a_sale_the_next_card_begins_the_next_sale(
    open_page: OpenPage, counter: Counter
) -> None:
    basket = counter.pages.node.enquiries.sales().rows[0].basket
    counter.insert(counter.chip)
    page = signed_in(open_page, counter, f"/receipts/1/{basket}")
    counter.pull()
    expect(page.get_by_text("Put the customer's card in.")).to_be_visible()
    expect(page.locator(".receipt")).to_be_visible()
    counter.insert(counter.chip)
    page.wait_for_url(f"{counter.url}/sell")


def test_the_first_key_asks_and_a_changed_amount_takes_it_back(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before = counter.sales()
    page.keyboard.type("50")
    page.locator(".total output").wait_for()
    page.keyboard.press("Enter")
    button = page.locator("#sale button.main")
    expect(button).to_have_text(
        "Confirm: take ¥50.00 for Electricity, single phase …0000 and write the card"
    )
    page.locator("#amount-4").fill("7")
    expect(button).to_have_text("Sell")
    assert counter.sales() == before


def test_the_price_follows_what_is_typed(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    page.locator("#amount-7").fill("3")
    expect(page.locator("#quote [data-code=below_minimum]")).to_be_visible()
    page.locator("select[name=by-7]").select_option("q")
    expect(page.locator(".total output")).to_have_text("¥900.00")
    page.locator("#amount-4").fill("1x")
    expect(page.locator("#quote [data-code=not_a_number]")).to_contain_text("1x")
    page.locator("#amount-4").fill("500")
    expect(page.locator(".total output")).to_have_text("¥1,400.00")
    expect(page.locator("#quote .explained tr")).to_have_count(4)


def test_going_back_and_sending_again_sells_once(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before = counter.sales()
    page.locator("#amount-4").fill("5")
    page.keyboard.press("Enter")
    page.locator("#sale button.armed").dblclick()
    page.wait_for_url("**/receipts/**")
    page.reload()
    assert counter.sales() - before == 1


def test_a_household_is_opened_and_given_its_card_with_keys_alone(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter)
    page.keyboard.press("F6")
    expect(page.locator("#f-name")).to_be_focused()
    page.keyboard.type("李四")
    page.locator("input[name=profile][value='6']").check()
    expect(page.locator("#meters input")).to_have_count(6)
    assert page.locator("#f-name").input_value() == "李四"
    page.locator("#f-persons").fill("2")
    for slot, meter in meters_for(6, counter.opened):
        page.locator(f"[name=meter-{slot}]").fill(meter)
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/N0001*")
    counter.insert(a_chip(counter.opened))
    counter.opened += 1
    assert focus_is_in_main(page)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{counter.url}/sell")
    expect(page.locator("#amount-0")).to_be_focused()


def test_a_refused_account_comes_back_filled_in(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter, "/accounts/new", language="zh-CN")
    page.locator("#f-name").fill("李四")
    page.locator("#f-persons").fill("3")
    page.locator("[name=meter-0]").fill("4711")
    page.keyboard.press("Enter")
    expect(page.locator("[data-code=meter_unknown]")).to_contain_text("本营业点没有表 4711 的密钥")
    assert page.locator("#f-name").input_value() == "李四"
    assert page.locator("[name=meter-0]").input_value() == "4711"


def test_the_manual_opens_at_the_chapter_of_the_page(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, "/pending")
    page.keyboard.press("F1")
    page.wait_for_url(f"{counter.url}/manual")
    expect(page.locator("#pending")).to_be_focused()


def test_the_language_changes_on_the_page_that_is_open(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, "/accounts?text=nobody")
    page.keyboard.press("F8")
    expect(page.get_by_text("没有符合的用户。")).to_be_visible()
    assert page.url == f"{counter.url}/accounts?text=nobody"
    page.keyboard.press("F8")
    expect(page.get_by_text("No account fits.")).to_be_visible()


def test_the_status_line_follows_the_exchange(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter, "/sync")
    page.get_by_role("button", name="Exchange now").click()
    expect(page.get_by_text("Headquarters has everything that was recorded here.")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Waiting to send0")


def test_the_receipt_is_printed_alone_and_narrow(
    open_page: OpenPage, counter: Counter, tmp_path: Path
) -> None:
    basket = counter.pages.node.enquiries.sales().rows[0].basket
    page = signed_in(open_page, counter, f"/receipts/1/{basket}")
    page.emulate_media(media="print")
    for part in ("header.bar", "nav.commands", "footer.foot", ".screen-only"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator(".receipt")).to_be_visible()
    page.pdf(path=tmp_path / "receipt.pdf", width="80mm", height="297mm")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_code_on_the_printed_receipt_gives_back_what_was_paid(
    open_page: OpenPage, counter: Counter
) -> None:
    """Another program reads the code off the picture, and only headquarters' files check it."""
    sale = counter.pages.node.enquiries.sales().rows[0]
    page = signed_in(open_page, counter, f"/receipts/1/{sale.basket}")
    page.emulate_media(media="print")
    picture = page.locator(".receipt-code svg").screenshot(caret="initial")
    (found,) = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    membership = counter.pages.node.standing.membership
    evidence = Evidence(membership.root)
    evidence.take(read_signed_file(counter.pages.world.headquarters.certificate_file))
    verdict = evidence.judge(read_code(found.text))
    assert verdict.ok
    receipt = counter.pages.node.enquiries.receipt(1, sale.basket)
    assert f"{receipt.number}" == verdict.members(str)["receipt"]
    assert sum(line.intent.paid for line in verdict.lines) == receipt.amount
