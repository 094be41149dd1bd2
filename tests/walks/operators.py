"""Walks of the chapter on operators."""

from playwright.sync_api import expect

from node_world import OPERATOR, PASSWORD
from phone_builders import answer_to, desk_of
from staff_builders import add_operator
from walks.person import Person
from walks.register import walk
from walks.shop import WATER
from yika_common.sync.person_list import ListedPerson
from yika_node.services.views import Level

OTHER_PASSWORD = "quite another set of words"


def newcomer(clerk: Person, level: Level = Level.CLERK) -> str:
    """Another operator, with the password that all have."""
    name = f"new{clerk.shop.another()}"
    add_operator(clerk.shop.node, name, level)
    return name


def page_of(clerk: Person, name: str) -> None:
    """The page of an operator, by the way that the manual tells."""
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.follow_text(name)


@walk("operators-levels")
def who_may_do_what(clerk: Person) -> None:
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.follow("Who may do what")
    clerk.sees(OPERATOR)


@walk("operators-adding")
def a_clerk_is_added(clerk: Person) -> None:
    name = f"clerk{clerk.shop.another()}"
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.type(name)
    clerk.page.locator("[name=password]").fill(OTHER_PASSWORD)
    clerk.do_twice("Add")
    clerk.sees(name)
    clerk.sign_out()
    clerk.sign_in(name, OTHER_PASSWORD)
    expect(clerk.page.locator(".who")).to_have_text(name)


@walk("operators-adding")
def a_supervisor_is_made_by_two(clerk: Person) -> None:
    name = f"super{clerk.shop.another()}"
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.type(name)
    clerk.page.locator("[name=level]").select_option("SUPERVISOR")
    clerk.page.locator("[name=password]").fill(OTHER_PASSWORD)
    clerk.do_twice("Add")
    clerk.second_person()
    clerk.type(OTHER_PASSWORD)
    clerk.do_twice("Add")
    clerk.sees(name)


@walk("operators-changing")
def who_has_left_signs_in_no_more(clerk: Person) -> None:
    page_of(clerk, newcomer(clerk))
    clerk.unfold("This person has left")
    clerk.page.locator("#reason-disable").fill("has left us")
    clerk.do_twice("Let sign in no more")
    clerk.sees_name("can't sign in any more")
    clerk.sees("has left us")


@walk("operators-changing")
def a_forgotten_password_is_given_anew_and_holds_once(clerk: Person) -> None:
    name = newcomer(clerk)
    page_of(clerk, name)
    clerk.unfold("The password is forgotten")
    clerk.page.locator("#reset-password").fill(OTHER_PASSWORD)
    clerk.page.locator("#reason-reset").fill("forgotten")
    clerk.do_twice("Give this password")
    clerk.good()
    clerk.sign_out()
    clerk.sign_in(name, OTHER_PASSWORD)
    clerk.sees_name(
        "Your password was given to you and holds once. Choose your own before you go on."
    )


@walk("operators-password")
def somebody_changes_the_own_password(clerk: Person) -> None:
    name = newcomer(clerk, Level.AUDITOR)
    clerk.sign_out()
    clerk.sign_in(name)
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.follow("My password")
    clerk.type(PASSWORD)
    clerk.press("Tab")
    clerk.type(OTHER_PASSWORD)
    clerk.key("Enter")
    clerk.good()


@walk("operators-locking")
def the_page_is_locked_and_comes_back_as_it_was(clerk: Person) -> None:
    clerk.customer_comes(clerk.shop.household())
    clerk.type("37.5")
    clerk.press("F11")
    expect(clerk.page.locator("#lock-password")).to_be_focused()
    expect(clerk.page.locator("main")).to_be_hidden()
    clerk.type(PASSWORD)
    clerk.press("Enter")
    expect(clerk.page.locator("main")).to_be_visible()
    expect(clerk.page.locator("#amount-0")).to_have_value("37.5")


@walk("operators-wrong")
def a_wrong_password_is_said_and_soon_the_next_try_waits(clerk: Person) -> None:
    name = newcomer(clerk)
    clerk.sign_out()
    for _ in range(4):
        clerk.sign_in(name, "not the password")
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()


@walk("operators-limits")
def beyond_the_limit_of_a_day_a_second_person_lets_sell(clerk: Person) -> None:
    name = newcomer(clerk)
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.follow("Limits of a day")
    clerk.page.locator("[name=who]").select_option(label=name)
    clerk.page.locator("[name=what]").select_option(index=0)
    clerk.page.locator("[name=amount]").fill("10")
    clerk.page.locator("[name=reason]").fill("still learning")
    clerk.do_twice("Set it")
    clerk.sees(name)
    clerk.sign_out()
    clerk.sign_in(name)
    customer = clerk.shop.household()
    clerk.customer_comes(customer)
    clerk.page.locator(f"#amount-{WATER}").fill("50")
    clerk.page.locator(".total output").wait_for()
    clerk.page.locator(f"#amount-{WATER}").focus()
    clerk.confirm()
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()
    clerk.key("z")
    clerk.second_person(customer)
    clerk.heading("The sale is approved")
    clerk.key("Enter")
    clerk.heading("Sold")


@walk("operators-list")
def an_operator_is_said_to_be_a_person_of_the_list(clerk: Person) -> None:
    headquarters, name = clerk.shop.world.headquarters, newcomer(clerk)
    number = f"20{clerk.shop.another()}"
    headquarters.list_persons(
        ListedPerson(staff_number=number, name="Chen Wei", level="CLERK"),
        ListedPerson(staff_number="1001", name=OPERATOR, level="SUPERVISOR"),
    )
    clerk.shop.exchange()
    page_of(clerk, name)
    clerk.unfold("Which person of headquarters' list this is")
    clerk.page.locator("[name=number]").fill(number)
    clerk.do_twice("Say so")
    clerk.sees(number)


@walk("operators-telephone")
def headquarters_approves_by_telephone(clerk: Person) -> None:
    name = f"super{clerk.shop.another()}"
    clerk.key("F10")
    clerk.follow("Operators")
    clerk.type(name)
    clerk.page.locator("[name=level]").select_option("SUPERVISOR")
    clerk.page.locator("[name=password]").fill(OTHER_PASSWORD)
    clerk.do_twice("Add")
    token = clerk.page.url.rpartition("/")[2]
    clerk.follow("No managing card here: ask headquarters by telephone")
    clerk.sees_name("Call headquarters and read this out. It reads a code back.")
    clerk.type(answer_to(desk_of(clerk.shop.node).asked(token)))
    clerk.key("Enter")
    clerk.type(OTHER_PASSWORD)
    clerk.do_twice("Add")
    clerk.sees(name)
