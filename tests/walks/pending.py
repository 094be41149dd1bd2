"""Walks of the chapter on pending sales."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk
from walks.shop import Household


def pulled(clerk: Person) -> Household:
    """A sale whose card was pulled out before it was written: its receipt is shown."""
    customer = clerk.shop.household()
    clerk.customer_comes(customer)
    clerk.type("50")
    clerk.page.locator(".total output").wait_for()
    clerk.shop.pull_at_the_last_write()
    clerk.confirm()
    clerk.shop.hold_still()
    clerk.heading("Paid, and not all on the card yet")
    return customer


@walk("pending")
def the_button_of_the_pending_sales_finishes_one(clerk: Person) -> None:
    customer = pulled(clerk)
    clerk.key("F7")
    clerk.sees(customer.number)
    clerk.puts_in(customer.chip)
    clerk.key("Enter")
    clerk.good()
    expect(clerk.page.locator("tbody")).not_to_contain_text(customer.number)


@walk("pending")
def reading_the_card_is_enough(clerk: Person) -> None:
    customer = pulled(clerk)
    clerk.open("/")
    clerk.sees_name("First finish what is open")
    clerk.puts_in(customer.chip)
    clerk.key("F4")
    clerk.good()
    assert not [one for one in clerk.shop.pending() if one == customer.number]
