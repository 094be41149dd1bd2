"""Walks of the chapter on system and managing cards."""

from playwright.sync_api import expect

from walks.person import Person
from walks.refunds import ask_for_a_refund
from walks.register import walk
from walks.shop import PIN, order_a_managing_card


@walk("special-managing")
def a_wrong_pin_is_said_and_the_right_one_approves_this_act_alone(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    ask_for_a_refund(clerk, customer)
    clerk.heading("A second person approves")
    clerk.puts_in(clerk.shop.managing)
    clerk.type("111111")
    clerk.key("Enter")
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()
    clerk.type(PIN)
    clerk.key("Enter")
    clerk.puts_in(customer.chip)
    clerk.press("g")
    clerk.key("g")
    clerk.good()


@walk("special-writing")
def a_managing_card_is_written_and_reported_lost(clerk: Person) -> None:
    number = order_a_managing_card(clerk.shop)
    clerk.key("F10")
    clerk.follow("System and managing cards")
    clerk.sees(number)
    clerk.puts_in(clerk.shop.spare())
    clerk.page.locator(f"#pin-{number}").fill("24681012")
    clerk.page.locator(f"#again-{number}").fill("24681012")
    clerk.do("Write the card")
    clerk.good()
    clerk.card_goes()
    clerk.unfold("It is lost")
    clerk.page.locator(f"#reason-{number}").fill("left on the train")
    clerk.do_twice("Report it as missing")
    clerk.good()
