"""Walks of the chapter on accounts."""

from playwright.sync_api import FilePayload, expect

from walks.person import Person
from walks.register import walk


def opened(clerk: Person, name: str, address: str, reason: str = "") -> None:
    """Fill in the form of a new account with one meter, and send it."""
    clerk.open("/")
    clerk.key("F6")
    clerk.type(name)
    clerk.page.locator("[name=address]").fill(address)
    clerk.page.locator("[name=persons]").fill("3")
    clerk.page.locator("[name=meter-0]").fill(clerk.shop.free_meter("1"))
    if reason:
        clerk.unfold("A second account at the same address")
        clerk.page.locator("[name=same_address]").fill(reason)
    clerk.do("Open the account")


@walk("accounts-opening")
def a_household_is_opened_and_gets_its_card(clerk: Person) -> None:
    opened(clerk, "李四", "南湖路 1 号")
    clerk.sees_name("This account has no card yet")
    clerk.puts_in(clerk.shop.spare())
    clerk.key("Enter")
    clerk.page.wait_for_url("**/sell")
    expect(clerk.page.locator("#amount-0")).to_be_focused()


@walk("accounts-opening")
def two_accounts_at_one_door_need_a_reason(clerk: Person) -> None:
    opened(clerk, "李四", "南湖路 2 号")
    opened(clerk, "李五", "南湖路 2 号")
    expect(clerk.page.locator(".notice.bad").first).to_be_visible()
    opened(clerk, "李五", "南湖路 2 号", "two households share the flat")
    clerk.sees_name("This account has no card yet")


@walk("accounts-finding")
def an_account_is_found_while_typing(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.open("/")
    clerk.key("F3")
    clerk.type("wxm")
    expect(clerk.page.locator("#found tbody tr").first).to_contain_text("王小明")
    clerk.page.locator("#f-text").fill("")
    clerk.type(customer.number)
    expect(clerk.page.locator("#found tbody tr")).to_have_count(1)
    clerk.press("ArrowDown")
    clerk.key("Enter")
    clerk.sees(customer.number)
    clerk.do("Show telephone and document in full")
    clerk.sees("13800000")


@walk("accounts-changing")
def the_details_are_corrected(clerk: Person) -> None:
    clerk.open(f"/accounts/{clerk.shop.household().number}")
    clerk.follow("Change the details")
    clerk.page.locator("[name=name]").fill("王小民")
    clerk.page.locator("[name=reason]").fill("misspelt")
    clerk.do("Change the details")
    clerk.follow("History")
    clerk.sees("王小民", "misspelt")


@walk("accounts-changing")
def another_holder_takes_the_account_over(clerk: Person) -> None:
    clerk.open(f"/accounts/{clerk.shop.household().number}")
    clerk.follow("Another holder")
    clerk.page.locator("[name=name]").fill("赵六")
    clerk.page.locator("[name=reason]").fill("bought the flat")
    clerk.do_twice("Change the holder")
    clerk.sees("赵六")


@walk("accounts-changing")
def what_sets_the_prices_is_amended(clerk: Person) -> None:
    clerk.open(f"/accounts/{clerk.shop.household().number}")
    clerk.follow("Amend")
    clerk.page.locator("[name=persons]").fill("5")
    clerk.page.locator("[name=reason]").fill("twins")
    clerk.do_twice("Amend")
    clerk.follow("History")
    clerk.sees("3 → 5", "twins")


@walk("accounts-holds")
def nothing_is_sold_until_the_hold_is_lifted(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("Holds and notes")
    clerk.page.locator("[name=level]").select_option(label=clerk.name("Nothing is sold"))
    clerk.page.locator("[name=words]").fill("meter was opened")
    clerk.do("Put it on")
    clerk.customer_comes(customer)
    clerk.sees("meter was opened")
    clerk.card_goes()
    clerk.open(f"/accounts/{customer.number}/holds")
    clerk.page.locator("#lift-1").fill("inspected")
    clerk.do("Lift")
    clerk.customer_comes(customer)
    expect(clerk.page.locator("#amount-0")).to_be_editable()
    expect(clerk.page.locator("main")).not_to_contain_text("meter was opened")


@walk("accounts-resting")
def an_account_rests_and_is_resumed(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("Suspend")
    clerk.type("abroad")
    clerk.key("Enter")
    clerk.sees_name("account suspended")
    clerk.follow("Resume")
    clerk.type("back again")
    clerk.key("Enter")
    clerk.sees_name("Suspend")


@walk("accounts-resting")
def an_account_is_closed_with_its_card_taken_in(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.puts_in(customer.chip)
    clerk.open("/card/end")
    clerk.type("moves away")
    clerk.confirm()
    clerk.card_goes()
    clerk.open(f"/accounts/{customer.number}")
    clerk.follow("Close the account")
    clerk.type("moves away")
    # Enter in the reason closes; what reckons the fee is only pressed itself.
    clerk.confirm()
    clerk.sees_name("Closing of an account")


@walk("accounts-many")
def a_table_is_tried_and_its_accounts_are_opened(clerk: Person) -> None:
    shop = clerk.shop
    known = {"name": "张三", "area": "A01", "tariff_class": "residential", "profile": "4"}
    known |= {"persons": "2", "address": f"北山路 {shop.sales()} 号"}
    known["meter-1"] = shop.free_meter("1")
    table = ",".join(known) + "\n" + ",".join(known.values()) + "\n"
    clerk.key("F3")
    clerk.follow("Open many accounts")
    file = FilePayload(name="table.csv", mimeType="text/csv", buffer=table.encode())
    clerk.page.locator("[name=file]").set_input_files(file)
    clerk.do("Try it")
    clerk.sees_name("it can be opened")
    clerk.page.locator("[name=file]").set_input_files(file)
    clerk.do_twice("Open the accounts")
    clerk.sees_name("opened")


@walk("accounts-amending-many")
def a_table_of_changes_is_tried_and_made(clerk: Person) -> None:
    customer = clerk.shop.household()
    table = f"account,phone,persons\n{customer.number},13911112222,4\n"
    file = FilePayload(name="changes.csv", mimeType="text/csv", buffer=table.encode())
    clerk.key("F3")
    clerk.follow("Change many accounts")
    for press, name in ((clerk.do, "Try it"), (clerk.do_twice, "Change the accounts")):
        clerk.page.locator("[name=file]").set_input_files(file)
        clerk.page.locator("[name=reason]").fill("counted anew")
        press(name)
        clerk.sees(customer.number)
    clerk.sees_name("changed")
    with clerk.page.expect_download() as saved:
        clerk.link("Save the undo file").click()
    assert saved.value.suggested_filename
