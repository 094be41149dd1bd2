"""Walks of the chapter on the counter and its keys."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk

PAGES = {
    "F3": "/accounts",
    "F6": "/accounts/new",
    "F7": "/pending",
    "F9": "/shift",
    "F10": "/sync",
    "F4": "/card",
    "F2": "/sell",
    "F1": "/manual",
}


@walk("counter")
def a_card_begins_its_sale_and_the_next_one_the_next(clerk: Person) -> None:
    first, second = clerk.shop.household(), clerk.shop.household()
    clerk.customer_comes(first)
    clerk.type("20")
    clerk.page.locator(".total output").wait_for()
    clerk.confirm()
    clerk.heading("Sold")
    clerk.card_goes()
    clerk.page.wait_for_timeout(1200)
    with clerk.leaving():
        clerk.puts_in(second.chip)
    clerk.sees(second.number)
    expect(clerk.page.locator("#amount-0")).to_be_focused()


@walk("counter-keys")
def every_key_opens_its_page(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    for key, path in PAGES.items():
        clerk.key(key)
        clerk.page.wait_for_url(f"{clerk.shop.url}{path}*")
    expect(clerk.page.locator("[data-focus]")).to_have_attribute("id", "selling")
    other = "en" if clerk.shop.language != "en" else "zh-CN"
    clerk.key("F8")
    expect(clerk.page.locator("html")).to_have_attribute("lang", other)
    clerk.key("F8")
    expect(clerk.page.locator("html")).to_have_attribute("lang", clerk.shop.language)
    clerk.card_goes()
    clerk.key("Escape")
    clerk.page.wait_for_url(f"{clerk.shop.url}/")


@walk("counter-line")
def the_line_tells_of_the_card_and_of_what_waits(clerk: Person) -> None:
    line = clerk.page.locator("#status")
    clerk.customer_comes(clerk.shop.household())
    clerk.type("20")
    clerk.page.locator(".total output").wait_for()
    clerk.confirm()
    expect(line).to_contain_text(clerk.name("in the reader"))
    expect(line).to_contain_text(clerk.name("Waiting to send"))
    clerk.shop.exchange()
    clerk.open("/")
    expect(line).to_contain_text(clerk.name("Headquarters"))
