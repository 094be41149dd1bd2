"""What a task at the counter costs, counted in keys, and that no key is lost on the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from browser_counter import Counter, Hands, OpenPage, focus_is_in_main, put_in, signed_in
from node_world import Fate, a_chip, meters_for

pytestmark = pytest.mark.browser
expect.set_options(timeout=15_000)

MakeHands = Callable[[Page], Hands]


def sold(counter: Counter, before: int) -> list[tuple[int, str]]:
    """The slots sold to since, and what for; the newest first."""
    rows = counter.pages.node.enquiries.sales(limit=1000).rows
    return sorted((row.slot, f"{row.paid / 100:.2f}") for row in rows[: len(rows) - before])


# Keys


def test_a_sale_costs_the_amount_and_two_keys(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before, clerk = counter.sales(), hands(page)
    clerk.type("50")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    assert (clerk.keys, sold(counter, before)) == (len("50") + 2, [(0, "50.00")])
    expect(page.get_by_role("link", name="Next customer")).to_be_focused()


def test_the_next_customer_costs_no_key(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    counter.pull()
    page.wait_for_url(f"{counter.url}/")
    assert clerk.keys == 0
    assert focus_is_in_main(page)


def test_another_service_costs_one_key_more(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before, clerk = counter.sales(), hands(page)
    clerk.press("c")
    expect(page.locator("#amount-4")).to_be_focused()
    clerk.type("50")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    assert (clerk.keys, sold(counter, before)) == (len("50") + 2 + 1, [(4, "50.00")])


def test_a_second_service_in_the_same_sale_costs_one_key_and_its_amount(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before, clerk = counter.sales(), hands(page)
    clerk.type("50c30")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    assert (clerk.keys, sold(counter, before)) == (
        len("50") + 2 + len("30") + 1,
        [(0, "50.00"), (4, "30.00")],
    )


def test_the_same_letter_again_goes_to_the_next_meter_of_the_service(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    clerk.press("e")
    expect(page.locator("#amount-1")).to_be_focused()
    clerk.press("E")
    expect(page.locator("#amount-0")).to_be_focused()


def test_quantity_instead_of_money_costs_one_key(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    clerk.type("cq3")
    expect(page.locator(".total output")).to_have_text("¥15.00")
    clerk.press("q")
    expect(page.locator("[name=by-4]")).to_have_value("m")
    assert page.locator("[name=by-0]").input_value() == "m"
    assert page.locator("#amount-4").input_value() == "3"


def test_the_last_receipt_is_printed_again_with_one_key(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    row = counter.pages.node.enquiries.sales().rows[0]
    page = signed_in(open_page, counter, f"/receipts/{row.epoch}/{row.basket}")
    page.evaluate(
        "() => { window.print = () => { window.printed = (window.printed ?? 0) + 1; }; }"
    )
    clerk = hands(page)
    clerk.press("p")
    assert (clerk.keys, page.evaluate("window.printed")) == (1, 1)


def test_reading_a_card_help_language_and_home_cost_one_key_each(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    clerk = hands(page)
    clerk.press("F4")
    page.wait_for_url(f"{counter.url}/card")
    clerk.press("F8")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    assert page.url == f"{counter.url}/card"
    clerk.press("F8")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    clerk.press("F1")
    page.wait_for_url("**/manual**")
    assert focus_is_in_main(page)
    clerk.press("Escape")
    page.wait_for_url(f"{counter.url}/")
    assert clerk.keys == 5


def test_an_account_costs_what_is_typed_and_a_key_for_each_field_that_must_be_filled(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    """Enter passes over what may stay empty; the last one opens the account."""
    page = signed_in(open_page, counter)
    clerk = hands(page)
    clerk.press("F6")
    page.locator("#f-name").wait_for()
    meter = meters_for(4, counter.opened)[0][1]
    counter.opened += 1
    for field, text in (("f-name", "李四"), ("f-meter-0", meter)):
        expect(page.locator(f"#{field}")).to_be_focused()
        clerk.type(text)
        clerk.press("Enter")
    page.wait_for_url("**/accounts/N0001*")
    assert clerk.keys == len(["F6"]) + len("李四") + len(meter) + 2

    # The blank card becomes the account's with one key, which leads to the first sale.
    counter.insert(a_chip(counter.opened))
    keys = clerk.keys
    expect(page.get_by_role("button", name="Make the blank card")).to_be_focused()
    clerk.press("Enter")
    page.wait_for_url(f"{counter.url}/sell")
    expect(page.locator("#amount-0")).to_be_focused()
    assert clerk.keys - keys == 1


def test_an_account_of_whom_the_search_did_not_find_costs_what_is_typed_f6_and_one_key(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter, "/accounts")
    clerk = hands(page)
    meter = meters_for(4, counter.opened)[0][1]
    counter.opened += 1
    clerk.type("欧阳修远")
    clerk.press("F6")
    expect(page.locator("#f-meter-0")).to_be_focused()
    assert page.locator("#f-name").input_value() == "欧阳修远"
    clerk.type(meter)
    clerk.press("Enter")
    page.wait_for_url("**/accounts/N0001*")
    assert clerk.keys == len("欧阳修远") + len(["F6"]) + len(meter) + 1
    account = counter.pages.node.accounts.get(page.url.rsplit("/", 1)[-1])
    assert (account.person and account.person.name, account.persons) == ("欧阳修远", 0)


@pytest.mark.parametrize(("text", "carried"), [("ls", "ls"), ("N0001-3", ""), ("", "")])
def test_what_may_be_initials_is_looked_at_and_a_number_is_no_name(
    open_page: OpenPage, counter: Counter, text: str, carried: str
) -> None:
    page = signed_in(open_page, counter, "/accounts")
    page.keyboard.type(text)
    page.keyboard.press("F6")
    expect(page.locator("#f-name")).to_be_focused()
    expect(page.locator("#f-name")).to_have_value(carried)


def test_enter_goes_on_to_what_is_missing_wherever_it_is_pressed(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter, "/accounts/new")
    clerk = hands(page)
    meter = meters_for(4, counter.opened)[2][1]
    counter.opened += 1
    page.locator("#f-phone").focus()
    clerk.press("Enter")
    expect(page.locator("#f-meter-0")).to_be_focused()
    # One meter is enough, whichever place it has.
    page.locator("#f-meter-2").fill(meter)
    clerk.press("Enter")
    expect(page.locator("#f-name")).to_be_focused()
    clerk.type("李四")
    clerk.press("Enter")
    page.wait_for_url("**/accounts/N0001*")


def test_a_card_that_was_pulled_while_it_was_written_costs_one_key_more(
    open_page: OpenPage, counter: Counter, hands: MakeHands
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before, clerk = counter.sales(), hands(page)
    page.keyboard.type("50")
    page.locator(".total output").wait_for()
    hand = counter.pages.world.hand
    hand.fate = looking = Fate()
    counter.pages.node.cards.read()
    hand.fate = Fate(at=len(looking.steps), how="pull")
    clerk.press("Enter", "Enter")
    page.wait_for_url("**/receipts/**")
    hand.fate = Fate()
    again = page.get_by_role("button", name="Put the same card in and write again")
    expect(again).to_be_focused()
    assert page.locator("h1").count() == page.locator("main .main").count() == 1
    counter.insert(counter.chip)
    keys = clerk.keys
    clerk.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sold")
    expect(page.get_by_role("link", name="Next customer")).to_be_focused()
    assert (clerk.keys - keys, sold(counter, before)) == (1, [(0, "50.00")])


# Nothing typed is lost


def test_twelve_keys_at_once_sell_the_same_while_the_server_takes_a_second(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, "/tariffs")
    counter.insert(counter.chip)
    before = counter.sales()
    counter.delay_s = 1.0
    for key in ("F2", "5", "0", "c", "1", "0", "0", "e", "Enter", "Enter", "F4"):
        page.keyboard.press(key)
    counter.delay_s = 0.0
    page.wait_for_url(f"{counter.url}/card")
    assert sold(counter, before) == [(0, "50.00"), (4, "100.00")]
    assert focus_is_in_main(page)


def test_twenty_characters_two_milliseconds_apart_land_whole(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter, "/tariffs")
    counter.delay_s = 0.5
    page.keyboard.press("F3")
    page.keyboard.type("4711-0815-2026-ABCDE", delay=2)
    counter.delay_s = 0.0
    page.wait_for_url(f"{counter.url}/accounts")
    expect(page.locator("#f-text")).to_have_value("4711-0815-2026-ABCDE")


# The card in the reader


@pytest.mark.parametrize("path", ["/", "/accounts", "/sales", "/tariffs", "/sync", "/manual"])
def test_a_card_that_comes_in_leads_to_its_sale_from_any_page_that_holds_nothing_unsent(
    open_page: OpenPage, counter: Counter, path: str
) -> None:
    page = signed_in(open_page, counter, path)
    put_in(page, counter)
    expect(page.locator("#amount-0")).to_be_focused()


def test_a_page_that_holds_something_unsent_stays(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter, "/accounts/new")
    page.locator("#f-name").fill("李四")
    counter.insert(counter.chip)
    expect(page.locator("#status")).to_contain_text("in the reader")
    page.wait_for_timeout(2500)
    assert page.url == f"{counter.url}/accounts/new"
    assert page.locator("#f-name").input_value() == "李四"


def test_a_card_that_goes_while_an_amount_is_typed_takes_it_along_and_says_so(
    open_page: OpenPage, counter: Counter
) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before = counter.sales()
    page.keyboard.type("50")
    page.locator(".total output").wait_for()
    page.keyboard.press("Enter")
    counter.pull()
    page.wait_for_url(f"{counter.url}/")
    expect(page.get_by_text("Nothing was sold.")).to_be_visible()
    page.keyboard.press("Enter")
    counter.insert(counter.chip)
    page.wait_for_url(f"{counter.url}/sell")
    expect(page.locator("#amount-0")).to_have_value("")
    assert counter.sales() == before


# Touch


def test_a_sale_costs_three_taps(open_page: OpenPage, counter: Counter) -> None:
    page = signed_in(open_page, counter)
    put_in(page, counter)
    before, button = counter.sales(), page.locator("#sale button.main")
    page.locator("[data-fill='50']").click()
    button.click()
    button.click()
    page.wait_for_url("**/receipts/**")
    assert sold(counter, before) == [(0, "50.00")]
