"""Walks of the chapter on giving a purchase back."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk
from walks.shop import WATER, Household


def ask_for_a_refund(clerk: Person, customer: Household) -> None:
    """The customer's card is in, and a second person is asked to approve his refund."""
    clerk.customer_comes(customer)
    clerk.open("/")
    clerk.key("v")
    clerk.type("typed twice")
    clerk.key("Enter")


@walk("refunds")
def a_purchase_is_given_back_before_the_meter_has_it(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    clerk.open("/")
    clerk.follow("All sales")
    with clerk.leaving():
        clerk.page.locator("main tbody tr").filter(has_text=customer.number).locator(
            "a"
        ).first.click()
    clerk.puts_in(customer.chip)
    clerk.follow("Give this purchase back")
    clerk.type("typed twice")
    clerk.key("Enter")
    clerk.second_person(customer)
    clerk.press("g")
    clerk.key("g")
    clerk.good()
    clerk.sees("50.00")
    clerk.sees_name("Refund")


@walk("refunds")
def the_last_sale_is_reversed_from_the_first_page(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    ask_for_a_refund(clerk, customer)
    clerk.second_person(customer)
    clerk.press("g")
    clerk.key("g")
    clerk.good()


@walk("refunds")
def what_a_meter_took_is_paid_when_the_meter_shows_it(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer, WATER)
    clerk.shop.load(customer, WATER)
    ask_for_a_refund(clerk, customer)
    clerk.second_person(customer)
    clerk.press("g")
    clerk.key("g")
    slip = clerk.page.url
    expect(clerk.page.locator(".notice.warn").first).to_be_visible()
    clerk.card_goes()
    clerk.shop.load(customer, WATER)
    clerk.puts_in(customer.chip)
    clerk.page.goto(slip)
    clerk.press("z")
    clerk.key("z")
    clerk.good()


@walk("refunds-complaints")
def a_complaint_is_written_down_with_its_evidence(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    row = clerk.shop.node.enquiries.sales(account=customer.number).rows[0]
    clerk.open(f"/receipts/{row.epoch}/{row.basket}")
    clerk.follow("Complaint about this receipt")
    clerk.page.locator("[name=words]").fill("says it is dearer than last month")
    clerk.do("Write it down")
    clerk.sees("says it is dearer than last month", "50.00")
    with clerk.page.expect_download() as saved:
        clerk.link("Evidence as a file").click()
    assert saved.value.suggested_filename
