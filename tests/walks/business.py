"""Walks of the chapter on business, reports and workbooks."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk

YEAR = "since=2026-01-01T00:00:00&until=2026-12-31T23:59:59"


@walk("business-sales")
def todays_sales_and_those_of_one_customer(clerk: Person) -> None:
    customer = clerk.shop.household()
    clerk.shop.sell(customer)
    with clerk.leaving():
        clerk.page.locator("nav.commands a", has_text=clerk.name("Business")).click()
    clerk.sees(customer.number)
    for period in ("Yesterday", "This month", "Last month", "Today"):
        clerk.follow(period)
    clerk.page.locator("[name=customer]").fill(customer.number)
    clerk.do("Look up")
    expect(clerk.page.locator("main tbody tr")).to_have_count(1)
    expect(clerk.page.locator("main tfoot tr").last).to_contain_text("50.00")
    with clerk.leaving():
        clerk.page.locator("main tbody a").last.click()


@walk("business-reports")
def the_settlement_of_operators(clerk: Person) -> None:
    clerk.open("/business")
    clerk.follow("Reports")
    clerk.follow("Settlement of operators")
    clerk.sees_name("Print")


@walk("business-non-buyers")
def who_has_not_bought_for_long(clerk: Person) -> None:
    clerk.open("/reports")
    clerk.follow("Long without a purchase")
    clerk.page.locator("#f-days").fill("1")
    clerk.do("Look up")
    clerk.sees_name("Left when last read", "Left by estimate")


@walk("business-paper")
def a_report_is_printed(clerk: Person) -> None:
    clerk.open(f"/reports/settlement?{YEAR}")
    clerk.page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    clerk.press("p")
    assert clerk.page.evaluate("window.printed")
    clerk.page.emulate_media(media="print")
    clerk.sees_name("Handed over by")
    clerk.page.emulate_media(media="screen")


@walk("business-workbook")
def a_workbook_is_made_and_saved(clerk: Person) -> None:
    clerk.open(f"/business?{YEAR}")
    clerk.key("e")
    clerk.heading("Workbooks")
    save = clerk.page.locator("#workbooks tbody tr").first.locator("a[download]")
    expect(save).to_be_visible(timeout=60_000)
    with clerk.page.expect_download() as saved:
        save.click()
    assert saved.value.suggested_filename.endswith(".xlsx")


@walk("business-charts")
def the_charts_and_their_numbers(clerk: Person) -> None:
    clerk.open("/business")
    clerk.follow("Charts")
    for numbers in clerk.page.locator("main details").all():
        numbers.locator("summary").click()
    expect(clerk.page.locator("main details table").first).to_be_visible()


@walk("business-auditing")
def what_an_auditor_looks_at(clerk: Person) -> None:
    for report in ("Log", "Odd acts by operator", "Odd acts, one by one", "Gaps in numbers"):
        clerk.open("/reports")
        clerk.follow(report)
        clerk.heading(report)
