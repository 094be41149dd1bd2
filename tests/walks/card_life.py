"""Walks of the chapter on the life of a card."""

from playwright.sync_api import expect

from special_builders import MANAGING_NUMBER
from walks.person import Person
from walks.register import walk
from walks.shop import Household


def lost(clerk: Person) -> Household:
    """A customer whose card was just reported lost; the page of his card is shown."""
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("The account's card")
    clerk.type("called, id 4711")
    clerk.confirm()
    clerk.sees_name("The holder has the card again")
    return customer


@walk("card-life-lost")
def a_card_is_lost_refused_and_found_again(clerk: Person) -> None:
    customer = lost(clerk)
    page = clerk.page.url
    clerk.customer_comes(customer)
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()
    clerk.card_goes()
    clerk.page.goto(page)
    clerk.type("shows his papers")
    clerk.confirm()
    clerk.sees_name("The holder has lost the card")


@walk("card-life-replacing")
def a_lost_card_is_replaced(clerk: Person) -> None:
    customer = lost(clerk)
    clerk.follow("Replace the card")
    clerk.sees_name("What the new card will carry")
    clerk.puts_in(clerk.shop.spare())
    clerk.type("lost on the bus")
    clerk.confirm()
    clerk.sees_name("The new card is ready")
    assert clerk.shop.node.accounts.get(customer.number).card != customer.card


@walk("card-life-replacing")
def a_card_is_replaced_without_its_fee(clerk: Person) -> None:
    lost(clerk)
    clerk.follow("Replace the card")
    clerk.type("our printer broke it")
    clerk.do("Without the fee: ask a second person")
    clerk.second_person()
    clerk.sees_name("A second person has approved that it costs nothing.")
    clerk.puts_in(clerk.shop.spare())
    clerk.do_twice("Make the blank card in the reader the new card")
    clerk.sees_name("The new card is ready")


@walk("card-life-again")
def a_damaged_place_is_written_once_more(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    clerk.shop.damage(customer)
    clerk.puts_in(customer.chip)
    clerk.key("F4")
    clerk.follow("Write the last purchase once more")
    clerk.type("unreadable")
    clerk.key("Enter")
    clerk.second_person(customer)
    clerk.press("w")
    clerk.key("w")
    clerk.good()


@walk("card-life-ending")
def a_card_that_comes_back_is_made_blank(clerk: Person) -> None:
    customer = clerk.shop.household()
    with clerk.leaving():
        clerk.page.locator("nav.commands a", has_text=clerk.name("Cards")).click()
    clerk.follow("Take a card out of use")
    clerk.puts_in(customer.chip)
    clerk.type("moves away")
    clerk.confirm()
    clerk.good()
    clerk.key("F4")
    clerk.heading("A blank card")


@walk("card-life-which")
def a_blank_card_a_managing_card_and_a_silent_one(clerk: Person) -> None:
    clerk.puts_in(clerk.shop.spare())
    clerk.key("F4")
    clerk.heading("A blank card")
    clerk.card_goes()
    clerk.page.wait_for_url(f"{clerk.shop.url}/")
    clerk.puts_in(clerk.shop.managing)
    clerk.open("/card")
    clerk.sees(MANAGING_NUMBER)


@walk("card-life-blanks")
def a_hundred_blank_cards_come(clerk: Person) -> None:
    with clerk.leaving():
        clerk.page.locator("nav.commands a", has_text=clerk.name("Cards")).click()
    clerk.follow("Blank cards")
    clerk.type("100")
    clerk.confirm()
    clerk.sees_name("In the drawer", "came")
