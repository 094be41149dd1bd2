"""Two classes at one meter: typed with keys alone, and shown at the counter and on the receipt."""

from collections.abc import Callable

from playwright.sync_api import Page

from browser_counter import Counter, OpenPage, put_in, signed_in
from mixed_builders import MIXED, shop
from node_world import OPERATOR, PASSWORD

Barriers = Callable[[Page], list[str]]
WORDS = {"en": ("Mixed use", "Second class, 30 %"), "zh-CN": ("混合用途", "第二类别 30 %")}


def test_a_share_is_typed_with_keys_and_stands_on_the_counter_and_the_receipt(
    open_page: OpenPage, counter: Counter, barriers: Barriers, language: str
) -> None:
    node = counter.pages.node
    node.staff.sign_in(OPERATOR, PASSWORD)
    counter.pages.world.headquarters.publish_tariff(shop())
    node.courier.sync()
    path = f"/accounts/{counter.account}/facts"
    page = signed_in(open_page, counter, path, language=language)
    shared = page.locator("details")
    if shared.get_attribute("open") is None:
        page.locator("summary").focus()
        page.keyboard.press("Enter")
    page.locator("#f-mixed-class-cold_water").focus()
    page.locator("#f-mixed-class-cold_water").select_option("commercial")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("30")
    assert barriers(page) == []
    page.locator("[name=reason]").fill("front room")
    page.keyboard.press("Enter")
    page.wait_for_timeout(400)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{counter.url}/accounts/{counter.account}")
    facts = node.accounts.get(counter.account).facts
    assert facts is not None
    assert facts.mixed == MIXED
    mixed, second = WORDS[language]
    assert page.get_by_text(mixed, exact=True).is_visible()
    page.goto(f"{counter.url}/")
    put_in(page, counter)
    assert "30 %" in page.locator(".papers").inner_text()
    page.locator("#amount-4").fill("100")
    page.wait_for_timeout(800)
    page.locator("#amount-4").press("Enter")
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    page.wait_for_url("**/receipts/**")
    assert page.get_by_text(second).count()
    assert barriers(page) == []
