"""What change, a deposit and the last sale cost at the counter, counted in keys."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser_counter import Counter, Hands, OpenPage, put_in, signed_in

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

MakeHands = Callable[[Page], Hands]


def test_a_sale_with_change_costs_one_key_and_what_is_given(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    clerk.type("50")
    clerk.press("t")
    expect(page.locator("#tender-cash")).to_be_focused()
    clerk.type("100")
    expect(page.locator(".change")).to_contain_text("50.00")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    assert clerk.keys == len("50") + 1 + len("100") + 2
    expect(page.locator("[data-tenders]")).to_contain_text("100.00")


def test_the_last_sale_is_one_key_from_the_first_page(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    clerk.type("20")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    page.goto(counter.url)
    clerk.press("v")
    page.wait_for_url("**/refunds/new/**")
    expect(page.get_by_label("Reason")).to_be_focused()


def test_a_deposit_costs_a_key_the_account_the_sum_and_two_keys(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    number = counter.pages.node.enquiries.sales().rows[0].account
    clerk = hands(page)
    clerk.press("d")
    page.wait_for_url("**/charges/deposit")
    clerk.type(number)
    clerk.press("Tab")
    clerk.type("80")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/charges/1/*")
    assert clerk.keys == 1 + len(number) + 1 + len("80") + 2
    expect(page.get_by_role("link", name="Next customer")).to_be_focused()
