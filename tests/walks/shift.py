"""Walks of the chapter on shifts and cash."""

from playwright.sync_api import expect

from node_world import OPERATOR
from shift_builders import differences_of, reports_of
from walks.person import Person
from walks.register import walk


def open_drawer(clerk: Person, money: str = "200") -> None:
    """A shift is open, begun now where none was."""
    clerk.shop.node.guard.on = True
    answer_for_the_last(clerk)
    clerk.open("/shift")
    if clerk.page.locator("form[action$='/shift/open']").count():
        clerk.type(money)
        clerk.key("Enter")


def close_drawer(clerk: Person, money: str = "200") -> None:
    """The open shift is counted and closed, if there is one."""
    clerk.open("/shift")
    if clerk.page.locator("form[action*='/shift/close/']").count():
        carried = clerk.page.locator("[name=carried]")
        if carried.count():
            carried.check()
            clerk.page.locator("[name=total]").focus()
        clerk.type(money)
        clerk.key("Enter")
    answer_for_the_last(clerk)


def answer_for_the_last(clerk: Person) -> None:
    """What was over or short at the last close is answered for, so that another shift may open."""
    node = clerk.shop.node
    for report in reports_of(node).reports(1):
        if report.unanswered:
            differences_of(node).explain(OPERATOR, report.number, "counted again")


@walk("shift-morning")
def the_first_page_leads_to_the_shift(clerk: Person) -> None:
    close_drawer(clerk)
    clerk.shop.node.guard.on = True
    clerk.open("/")
    clerk.key("F9")
    clerk.type("300")
    clerk.key("Enter")
    clerk.good()
    clerk.open("/shift")
    clerk.sees_name("Count and close")


@walk("shift-morning")
def the_float_is_counted_by_notes_and_coins(clerk: Person) -> None:
    close_drawer(clerk)
    clerk.shop.node.guard.on = True
    clerk.open("/shift")
    clerk.unfold("By notes and coins")
    clerk.page.locator("[name=pieces-10000]").fill("2")
    clerk.page.locator("[name=pieces-100]").fill("7")
    with clerk.leaving():
        clerk.page.locator("[name=pieces-100]").press("Enter")
    clerk.good()


@walk("shift-day")
def cash_goes_into_the_safe(clerk: Person) -> None:
    open_drawer(clerk)
    clerk.open("/shift")
    clerk.key("c")
    clerk.heading("Cash in and out")
    clerk.type("100")
    clerk.page.locator("#f-reason").fill("to the safe")
    clerk.page.locator("[name=reference]").fill("S-1")
    clerk.enter_twice("[name=reference]")
    clerk.good()


@walk("shift-day")
def the_drawer_is_opened_without_a_sale(clerk: Person) -> None:
    open_drawer(clerk)
    clerk.open("/shift/cash")
    clerk.sees_name("The drawer is opened without a sale")
    clerk.page.locator("#f-why").fill("change for a note")
    clerk.enter_twice("#f-why")
    clerk.good()


@walk("shift-day")
def an_x_report_closes_nothing(clerk: Person) -> None:
    open_drawer(clerk)
    clerk.open("/shift")
    clerk.key("x")
    clerk.heading("X report")
    clerk.sees_name("An X report closes nothing and has no number.")


@walk("shift-evening")
def a_shift_is_counted_closed_and_explained(clerk: Person) -> None:
    close_drawer(clerk)
    open_drawer(clerk)
    clerk.key("F9")
    clerk.type("199.5")
    clerk.key("Enter")
    expect(clerk.page.locator("[name=reason]")).to_be_focused()
    clerk.type("a coin is missing")
    clerk.key("Enter")
    clerk.sees("a coin is missing")
    papers = len(clerk.shop.printer.papers)
    clerk.press("p")
    clerk.shop.printed(papers + 1)


@walk("shift-forgotten")
def yesterdays_shift_is_closed_before_anything_is_sold(clerk: Person) -> None:
    open_drawer(clerk)
    clerk.shop.world.pass_time(hours=24)
    clerk.open("/login")
    clerk.sign_in()
    clerk.open("/")
    clerk.sees_name("Before you sell: count and close the shift that was left open.")
    clerk.key("Enter")
    clerk.sees_name(
        "This shift is of an earlier day and was never closed. Count the drawer and close it "
        "before anything is sold."
    )
    clerk.type("200")
    clerk.key("Enter")
    clerk.key("F9")
    clerk.sees_name("Open your shift")
    clerk.key("z")
    clerk.heading("Z reports")


@walk("shift-bank")
def the_takings_are_brought_to_the_bank(clerk: Person) -> None:
    close_drawer(clerk)
    open_drawer(clerk)
    clerk.customer_comes(clerk.shop.household())
    clerk.type("50")
    clerk.page.locator(".total output").wait_for()
    clerk.confirm()
    clerk.card_goes()
    close_drawer(clerk, "250")
    clerk.key("F9")
    clerk.key("b")
    clerk.type("50")
    clerk.page.locator("[name=reference]").fill("B-77")
    clerk.page.locator("[name=reason]").fill("the rest tomorrow")
    clerk.enter_twice("[name=reason]")
    clerk.sees("B-77")
    clerk.sees_name("Received by")


@walk("shift-days")
def the_sales_day_is_closed_and_printed(clerk: Person) -> None:
    close_drawer(clerk)
    open_drawer(clerk)
    close_drawer(clerk)
    clerk.key("F9")
    clerk.key("d")
    clerk.heading("Sales days")
    clerk.do("Close the sales day")
    clerk.good()
    clerk.sees_name("Print")
