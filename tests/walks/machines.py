"""Walks of the chapters on the reader, the printer, prices, headquarters and health."""

from playwright.sync_api import expect

from walks.person import Person
from walks.register import walk
from walks.selling import a_receipt_is_printed_once_more


@walk("reader-testing")
def the_reader_is_tested(clerk: Person) -> None:
    clerk.key("F10")
    clerk.follow("Card reader")
    clerk.do("Test the reader")
    expect(clerk.page.locator("#report .notice.good")).to_be_visible()


@walk("printer")
def paper_runs_out_and_the_next_roll_prints(clerk: Person) -> None:
    printer = clerk.shop.printer
    printer.paper(out=True)
    clerk.customer_comes(clerk.shop.household())
    clerk.type("20")
    clerk.page.locator(".total output").wait_for()
    papers = len(printer.papers)
    clerk.confirm()
    expect(clerk.page.locator("#printer .notice.bad")).to_be_visible()
    expect(clerk.page.locator("#status")).to_contain_text(clerk.name("out of paper"))
    printer.paper()
    clerk.press("p")
    clerk.shop.printed(papers + 1)
    expect(clerk.page.locator("#printer .notice.bad")).to_have_count(0)


walk("printer-again")(a_receipt_is_printed_once_more)


@walk("printer-setting-up")
def a_printer_is_looked_for_and_prints_its_test_page(clerk: Person) -> None:
    clerk.key("F10")
    clerk.follow("Receipt printer")
    clerk.do("Look for printers")
    expect(clerk.page.locator("#found .notice.busy")).to_have_count(0, timeout=60_000)
    clerk.do("Use this printer")
    clerk.good()
    papers = len(clerk.shop.printer.papers)
    clerk.button("Print the test page").click()
    clerk.shop.printed(papers + 1)


@walk("tariffs")
def prices_are_looked_at(clerk: Person) -> None:
    clerk.key("F10")
    clerk.follow("Tariffs")
    clerk.sees_name("in force")


@walk("headquarters")
def what_waits_is_exchanged_now(clerk: Person) -> None:
    clerk.key("F10")
    clerk.sees_name("Records waiting")
    clerk.do("Exchange now")
    clerk.sees_name("Headquarters has everything that was recorded here.")


@walk("safekeeping-health")
def how_everything_is_and_the_bundle_for_whoever_helps(clerk: Person) -> None:
    clerk.key("F10")
    clerk.follow("Health")
    clerk.sees_name("in order")
    with clerk.page.expect_download() as saved:
        clerk.link("Save the diagnostic bundle").click()
    assert saved.value.suggested_filename
