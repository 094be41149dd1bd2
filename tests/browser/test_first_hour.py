"""The first hour of practice, walked in a browser until every step has checked itself off."""

from collections.abc import Callable

import pytest
from manual_pictures import LANGUAGES, Walk, in_a_browser
from playwright.sync_api import Browser, Page, expect

from yika_node.practice.town import CLERK, PASSWORD, PIN

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]
STEPS = 12


class Learner:
    """A newcomer who does what the page of the first hour says, cards by the table's own keys."""

    def __init__(self, walked: Walk) -> None:
        self.walked = walked
        self.page: Page = walked.page

    def done(self) -> int:
        self.walked.go("/practice/hour")
        return self.page.locator(".steps .done").count()

    def key_on_table(self, key: str) -> None:
        self.walked.go("/practice/table")
        with self.walked.leaving():
            self.walked.press(key)
        self.walked.clock.go_on()

    def sign_in(self) -> None:
        self.walked.go("/login")
        self.page.fill("#f-name", CLERK)
        self.page.fill("#f-password", PASSWORD)
        with self.walked.leaving():
            self.walked.press("Enter")

    def open_shift(self) -> None:
        self.walked.go("/shift")
        self.page.keyboard.type("200")
        with self.walked.leaving():
            self.walked.press("Enter")

    def sell(self, amounts: dict[int, str]) -> None:
        self.walked.go("/sell")
        for slot, amount in amounts.items():
            self.page.fill(f"[name=amount-{slot}]", amount)
        with self.walked.leaving():
            self.walked.press("Enter", "Enter")

    def load(self, card: str) -> None:
        self.walked.go(f"/meters/?card={card}")
        self.page.locator("form[action='/meters/insert'] button").first.click()
        self.page.wait_for_selector(".visit")

    def give_back(self) -> None:
        """From the receipt that is shown; approved with the managing card."""
        page = self.page
        with self.walked.leaving():
            page.locator("a[href*='/refunds/new/']").first.click()
        page.locator("main form[method=post] input:visible").first.fill("tried it")
        with self.walked.leaving():
            self.walked.press("Enter")
        self.put_in("manager")
        page.locator("main input[type=password]").first.fill(PIN)
        with self.walked.leaving():
            self.walked.press("Enter")
        self.put_in("card-1")
        button = page.locator("main form[method=post] button").first
        button.click()
        with self.walked.leaving():
            button.click()  # The second press confirms.

    def put_in(self, card: str) -> None:
        self.walked.put_in(card)

    def issue_card(self, account: str) -> None:
        self.put_in("spare-1")
        self.page.goto(account)
        with self.walked.leaving():
            self.page.locator("form[action$='/card'] button").first.click()

    def lose(self, account: str) -> None:
        self.page.goto(account + "/card")
        form = self.page.locator("form[action$='/card/lost']")
        form.locator("input:visible").first.fill("by telephone")
        with self.walked.leaving():
            self.walked.press("Enter", "Enter")
        self.page.wait_for_selector("form[action$='/card/found']")

    def replace(self, account: str) -> None:
        self.put_in("spare-2")
        self.page.goto(account + "/card/replace")
        form = self.page.locator("form[action$='/card/replace']")
        form.locator("input:visible").first.fill("lost")
        form.locator("button").first.click()
        with self.walked.leaving():
            form.locator("button").first.click()

    def open_account(self) -> str:
        page = self.page
        self.walked.go("/accounts/new")
        page.fill("[name=name]", "New Person")
        page.fill("[name=address]", "9 Practice Road")
        page.fill("[name=persons]", "3")
        page.fill("[name=area_m2]", "80")
        page.check("[name=profile][value='4']")
        expect(page.locator("[name^=meter-]")).to_have_count(4)
        for slot, meter in enumerate(("107", "207", "307", "407")):
            page.fill(f"[name=meter-{slot}]", f"PRACTICE-{meter}")
        with self.walked.leaving():
            page.locator("main form[method=post] button").last.click()
        return page.url

    def close_shift(self) -> None:
        self.walked.go("/shift")
        self.page.locator("form[action*='/shift/close/'] input:visible").first.fill("350")
        with self.walked.leaving():
            self.page.locator("form[action*='/shift/close/'] button").first.click()


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_step_of_the_first_hour_checks_itself_off(
    language: str, browser: Browser, barriers: Callable[[Page], list[str]]
) -> None:
    with in_a_browser(language, browser) as walked:
        learner = Learner(walked)
        assert learner.done() == 0
        assert barriers(walked.page) == []
        walked.go("/practice/table")
        assert barriers(walked.page) == []
        learner.sign_in()
        learner.open_shift()
        learner.key_on_table("1")
        learner.sell({0: "100"})
        assert learner.done() == 3
        learner.key_on_table("0")
        learner.load("card-1")
        learner.key_on_table("1")
        walked.go("/card")
        learner.sell({0: "20", 3: "30"})
        assert learner.done() == 5
        learner.key_on_table("p")
        learner.sell({0: "20"})
        assert learner.done() == 5
        learner.key_on_table("1")
        walked.go("/card")
        assert learner.done() == 6
        learner.sell({3: "40"})
        learner.give_back()
        account = learner.open_account()
        learner.issue_card(account)
        assert learner.done() == 9
        learner.lose(account)
        learner.replace(account)
        assert learner.done() == 11
        learner.close_shift()
        assert learner.done() == STEPS
        assert learner.page.locator(".steps [aria-current]").count() == 0
