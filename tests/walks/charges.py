"""Walks of the chapter on fees and deposits."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk
from walks.shift import open_drawer


@walk("charges")
def the_list_of_what_was_taken(clerk: Person) -> None:
    take_a_fee(clerk)
    clerk.key("Escape")
    clerk.follow("Fees and deposits")
    clerk.sees("22.60")
    clerk.sees_name("taken")


def take_a_fee(clerk: Person) -> None:
    """A fee of the list, paid in cash."""
    clerk.open("/")
    clerk.key("b")
    clerk.page.locator("[name=code]").select_option("SEAL")
    clerk.page.locator("[name=note]").fill("second seal")
    clerk.enter_twice("[name=note]")
    clerk.sees_name("Receipt for a fee")


@walk("charges-fee")
def a_fee_is_taken_with_change(clerk: Person) -> None:
    clerk.open("/")
    clerk.key("b")
    clerk.page.locator("[name=code]").select_option("SEAL")
    clerk.page.locator("[name=code]").blur()
    clerk.press("t")
    expect(clerk.page.locator("#tender-cash")).to_be_focused()
    clerk.type("50")
    clerk.confirm()
    clerk.sees("27.40")
    clerk.key("Escape")


def take_a_deposit(clerk: Person) -> str:
    """A deposit for somebody whose card is not there; whose account it is."""
    number = clerk.shop.household().number
    clerk.open("/")
    clerk.key("d")
    clerk.type(number)
    clerk.press("Tab")
    clerk.type("80")
    clerk.confirm()
    clerk.sees_name("Receipt for a deposit")
    return number


@walk("charges-deposit")
def a_deposit_is_taken_and_headquarters_hears_of_it(clerk: Person) -> None:
    number = take_a_deposit(clerk)
    clerk.sees(number, "80.00")
    clerk.shop.exchange()
    clerk.page.reload()
    clerk.good()


@walk("charges-back")
def a_deposit_is_given_back(clerk: Person) -> None:
    take_a_deposit(clerk)
    clerk.follow("Give this money back")
    clerk.type("wrong account")
    clerk.key("Enter")
    clerk.second_person()
    clerk.press("g")
    clerk.key("g")
    clerk.sees_name("This money was given back.")


@walk("charges-guarantee")
def a_guarantee_is_taken_and_handed_back(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.key("F3")
    clerk.type(customer.number)
    clerk.key("Enter")
    clerk.follow("Guarantee")
    clerk.page.locator("#f-amount").fill("30")
    clerk.enter_twice("#f-amount")
    clerk.sees("30.00")
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("Guarantee")
    clerk.follow("Hand it back")
    clerk.type("30")
    clerk.page.locator("[name=reason]").fill("moves away")
    clerk.enter_twice("[name=reason]")
    clerk.good()


@walk("charges-correct")
def cash_was_noted_and_it_was_a_bank_card(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    row = clerk.shop.node.enquiries.sales(account=customer.number).rows[0]
    open_drawer(clerk)
    clerk.open(f"/receipts/{row.epoch}/{row.basket}")
    clerk.follow("It was paid otherwise: set it right")
    clerk.page.locator("#tender-cash").fill("")
    clerk.page.locator("#tender-card").fill("50")
    clerk.page.locator("[name=reason]").fill("the slip says card")
    clerk.do("Ask a second person")
    clerk.second_person()
    clerk.do_twice("Set it right")
    clerk.sees("the slip says card")
