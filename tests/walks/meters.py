"""Walks of the chapter on tool cards and new meters."""

from dataclasses import replace

from node_tools import TOOL, order_for, tool_card
from walks.person import Person
from walks.register import walk
from walks.shop import WATER


@walk("meters")
def a_tool_card_is_written_carried_and_taken_back(clerk: Person) -> None:
    shop = clerk.shop
    customer = shop.household()
    meter = customer.account.meters[WATER].meter
    shop.world.headquarters.order_tools(tool_card(order_for(meter, WATER)))
    shop.exchange()
    clerk.key("F10")
    clerk.follow("Tool cards")
    clerk.sees(TOOL, meter)
    chip = shop.spare()
    clerk.puts_in(chip)
    clerk.do("Write the card")
    clerk.good()
    clerk.card_goes()
    shop.world.load(chip, meter)
    clerk.puts_in(chip)
    clerk.do("Take back the card in the reader")
    clerk.sees_name("What the card brought", "the meter did it")


@walk("meters-replacing")
def a_transferred_meter_is_replaced(clerk: Person) -> None:
    shop = clerk.shop
    customer = shop.household()
    old = customer.account.meters[WATER].meter
    shop.sell(customer, WATER)
    shop.load(customer, WATER)
    stored = shop.world.use_meter(old)
    stored.commit(replace(stored.state(), transferred=True))
    shop.load(customer, WATER)
    new = shop.free_meter("4")
    clerk.open(f"/accounts/{customer.number}")
    with clerk.leaving():
        clerk.page.locator("main tr").filter(has_text=old).get_by_role(
            "link", name=clerk.name("Replace")
        ).click()
    clerk.puts_in(customer.chip)
    clerk.do("Read the customer's card")
    clerk.page.locator("[name=meter]:visible").fill(new)
    clerk.page.locator("[name=start]:visible").fill("12.5")
    clerk.page.locator("[name=reason]:visible").fill("it runs backwards")
    clerk.do_twice("Replace the meter")
    clerk.good()
    clerk.sees(new)


@walk("meters-replacing")
def of_a_dead_meter_a_second_person_approves_the_figure(clerk: Person) -> None:
    shop = clerk.shop
    customer = shop.household()
    shop.sell(customer, WATER)
    shop.load(customer, WATER)
    shop.sell(customer, WATER)
    new = shop.free_meter("4")
    clerk.puts_in(customer.chip)
    clerk.open(f"/accounts/{customer.number}/meters/{WATER}/replace")
    clerk.page.locator("[name=meter]:visible").fill(new)
    clerk.page.locator("[name=reason]:visible").fill("burnt")
    clerk.page.locator("[name=figure]:visible").fill("1")
    clerk.do_twice("Replace the meter")
    clerk.second_person(customer)
    clerk.sees_name("A second person has approved the figure.")
    clerk.do_twice("Replace the meter")
    clerk.good()
    clerk.sees(new)
