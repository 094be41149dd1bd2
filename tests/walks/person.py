"""Somebody at the counter who does what the manual says, by the names and keys that it gives."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from manual_pictures import leaving
from playwright.sync_api import Locator, Page, expect

from browser_counter import OpenPage
from card_builders import ChipMemory
from walks.shop import OPERATOR, PASSWORD, PIN, Household, Shop


class Person:
    """An operator at a page of the shop; names are given in English and looked for in its own
    language.
    """

    def __init__(self, shop: Shop, open_page: OpenPage) -> None:
        self.shop = shop
        self._open_page = open_page
        shop.begin()
        self.page: Page = open_page(f"{shop.url}/login", language=shop.language)
        self.sign_in()

    def sign_in(self, name: str = OPERATOR, password: str = PASSWORD) -> None:
        """Sign in at the form that is shown."""
        self.page.locator("main [name=name]").fill(name)
        self.page.locator("main [name=password]").fill(password)
        with self.leaving():
            self.press("Enter")

    def sign_out(self) -> None:
        """Leave the counter to the next one."""
        with self.leaving():
            self._named("button", "Sign out", within="header").click()

    # Going from page to page

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """What is pressed within leads to another page, which is there at the end."""
        with leaving(self.page):
            yield

    def open(self, path: str) -> None:
        """Open a page by its address, where the manual names the page and not the way."""
        self.page.goto(self.shop.url + path)

    def key(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.leaving():
            self.press(key)

    def enter_twice(self, field: str) -> None:
        """Press Enter in a field, and once more on the button that it leads to."""
        with self.leaving():
            self.page.locator(field).press("Enter")
            self.press("Enter")

    def press(self, *keys: str) -> None:
        """Press keys that lead nowhere yet."""
        for key in keys:
            self.page.keyboard.press(key)

    def confirm(self) -> None:
        """Press Enter twice: the first press asks, the second one leads on."""
        with self.leaving():
            self.press("Enter", "Enter")

    def type(self, text: str) -> None:
        """Type where the cursor stands."""
        self.page.keyboard.type(text)

    # By their names

    def name(self, english: str) -> str:
        """A text of the pages, in the language that is shown."""
        return self.shop.name(english)

    def button(self, english: str) -> Locator:
        """The button of that name on the page."""
        return self._named("button", english)

    def link(self, english: str) -> Locator:
        """The link of that name on the page."""
        return self._named("link", english)

    def field(self, english: str) -> Locator:
        """The field of that name on the page."""
        return self.page.locator("main").get_by_label(self.name(english), exact=True).first

    def follow(self, english: str) -> None:
        """Press the link of that name."""
        with self.leaving():
            self.link(english).click()

    def follow_text(self, text: str) -> None:
        """Press the link of that text, which is nobody's translation."""
        with self.leaving():
            self.page.locator("main").get_by_role("link", name=text, exact=True).first.click()

    def do(self, english: str) -> None:
        """Press the button of that name once."""
        with self.leaving():
            self.button(english).click()

    def do_twice(self, english: str) -> None:
        """Press the button of that name, which asks, and press it again."""
        button = self.button(english)
        button.evaluate("button => { window.pressed = button; }")
        with self.leaving():
            button.click()
            self.page.evaluate("window.pressed.click()")

    def unfold(self, english: str) -> None:
        """Open the part of the page that is folded under that name."""
        self.page.locator("main summary").filter(has_text=self.name(english)).first.click()

    def sees(self, *texts: str) -> None:
        """All of these stand on the page."""
        for text in texts:
            expect(self.page.locator("body")).to_contain_text(text, use_inner_text=True)

    def sees_name(self, *english: str) -> None:
        """All of these texts of the pages stand on the page."""
        self.sees(*(self.name(one) for one in english))

    def heading(self, english: str) -> None:
        """The page is the one with that heading."""
        expect(self.page.locator("h1")).to_contain_text(self.name(english))

    def good(self) -> None:
        """The page says that it was done."""
        expect(self.page.locator(".notice.good").first).to_be_visible()

    def _named(self, role: str, english: str, within: str = "main") -> Locator:
        # A key stands before the name, without a gap.
        name = re.compile(re.escape(self.name(english)) + r"\s*$")
        where = self.page.locator(within)
        found = where.get_by_role("button" if role == "button" else "link", name=name)
        return found.first

    # Cards

    def customer_comes(self, customer: Household) -> None:
        """His card is put in on the first page, which leads to the sale by itself."""
        self.card_goes()
        self.open("/")
        self.shop.put_in(customer.chip)
        self.page.wait_for_url(f"{self.shop.url}/sell")
        expect(self.page.locator("main .customer, main .narrow")).to_be_visible()

    def card_goes(self) -> None:
        """The reader is empty, and the page says so."""
        self.shop.take_out()

    def puts_in(self, chip: ChipMemory) -> None:
        """Put a card in where the page waits for it."""
        self.shop.put_in(chip)

    def second_person(self, customer: Household | None = None) -> None:
        """The holder of the managing card approves; then the customer's card goes back in."""
        self.heading("A second person approves")
        self.shop.put_in(self.shop.managing)
        self.type(PIN)
        self.key("Enter")
        if customer is not None:
            self.shop.put_in(customer.chip)
        else:
            self.shop.take_out()

    def another_page(self, path: str) -> Page:
        """A second window."""
        return self._open_page(self.shop.url + path, language=self.shop.language)
