"""Walks of the chapter on selling."""

import re

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk


@walk("selling")
def a_sale_by_keys(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.customer_comes(customer)
    clerk.type("50")
    clerk.press("c")
    expect(clerk.page.locator("#amount-4")).to_be_focused()
    clerk.press("q")
    clerk.type("3")
    expect(clerk.page.locator(".total output")).to_have_text("¥65.00")
    clerk.press("Enter")
    expect(clerk.page.locator("#sale button.armed")).to_contain_text("65.00")
    clerk.key("Enter")
    clerk.heading("Sold")
    clerk.sees_name("Give this purchase back")
    assert len(clerk.shop.node.enquiries.sales(account=customer.number).rows) == 2
    clerk.unfold("The code as text")
    expect(clerk.page.locator("details .code")).to_be_visible()


@walk("selling")
def a_changed_amount_takes_the_first_press_back(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    clerk.type("50")
    clerk.page.locator(".total output").wait_for()
    clerk.press("Enter")
    clerk.page.locator("#sale button.armed").wait_for()
    clerk.page.locator("#amount-0").fill("500")
    expect(clerk.page.locator("#sale button.armed")).to_have_count(0)
    expect(clerk.page.locator(".total output")).to_contain_text("499.")


@walk("selling-tenders")
def change_for_a_note(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    clerk.type("50")
    clerk.press("t")
    expect(clerk.page.locator("#tender-cash")).to_be_focused()
    clerk.type("100")
    expect(clerk.page.locator(".change")).to_contain_text("50.00")
    clerk.confirm()
    expect(clerk.page.locator("[data-tenders]")).to_contain_text("100.00")


@walk("selling-tenders")
def a_bank_transfer_with_its_number(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    clerk.type("50")
    clerk.unfold("Change, or not in cash")
    clerk.page.locator("#tender-bank").fill("50")
    clerk.page.locator("[name=reference-bank]").fill("T-4711")
    clerk.page.locator(".total output").wait_for()
    clerk.confirm()
    expect(clerk.page.locator("[data-tenders]")).to_contain_text("T-4711")


@walk("selling-copy")
def a_receipt_is_printed_once_more(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    clerk.type("20")
    clerk.page.locator(".total output").wait_for()
    before = len(clerk.shop.printer.papers)
    clerk.confirm()
    clerk.shop.printed(before + 1)
    clerk.key("p")
    clerk.type("lost")
    clerk.key("Enter")
    clerk.shop.printed(before + 2)
    assert "副本".encode("gb18030") in clerk.shop.printer.papers[-1]
    clerk.sees("1")


@walk("selling-display")
def the_customer_sees_what_he_pays(clerk: Person) -> None:
    clerk.open("/")
    with clerk.page.context.expect_page() as opened:
        clerk.link("Customer's display").click()
    window = opened.value
    clerk.customer_comes(clerk.shop.household())
    clerk.type("50")
    clerk.page.locator(".total output").wait_for()
    expect(window.locator("main")).to_contain_text("50.00")
    clerk.confirm()
    expect(window.locator("main")).to_contain_text(re.compile("50.00"))
    expect(window.locator("main")).not_to_contain_text("王小明")


@walk("selling-refusals")
def what_is_beyond_a_limit_is_refused_and_stays_typed(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("Own limits")
    clerk.page.locator("[name=per_sale]").fill("5")
    clerk.page.locator("[name=until]").fill("2026-12-31")
    clerk.page.locator("[name=reason]").fill("by court order")
    clerk.do_twice("Set")
    before = clerk.shop.sales()
    clerk.customer_comes(customer)
    clerk.type("50")
    expect(clerk.page.locator("#quote [role=alert], #quote .notice.bad").first).to_be_visible()
    clerk.press("Enter", "Enter")
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()
    expect(clerk.page.locator("#amount-0")).to_have_value("50")
    assert clerk.shop.sales() == before
