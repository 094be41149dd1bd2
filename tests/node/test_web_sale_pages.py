"""A clerk opens an account, makes its card and sells, page by page, without a screen."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from little_headquarters import AREA
from node_pages import Clerk, Pages, code_of, facts, hidden, led_to, pages_in, said, states, tag_of
from node_world import Fate, a_chip
from yika_common.sync.settings import Settings
from yika_node.services.views import SaleState


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def clerk(pages: Pages) -> Clerk:
    return pages.clerk()


# Accounts and cards


def test_an_account_is_opened_found_and_given_its_card(pages: Pages, clerk: Clerk) -> None:
    number, chip = clerk.open_with_card(6)
    page = clerk.get(f"/accounts/{number}")
    assert facts(page)["Card"] == chip.load().identity.number
    for text in (number, "王小", "010-5", "河路", chip.load().identity.number, "10000000"):
        assert number in clerk.get(f"/accounts?text={text}").text, text
    assert "No account fits." in clerk.get("/accounts?text=nobody").text


def test_a_refused_account_keeps_what_was_filled_in(clerk: Clerk) -> None:
    form = {"name": "李四", "meter-2": "NOSUCH", "profile": "6", "persons": "2"}
    refused = clerk.post(
        "/accounts/new", form | {"area": AREA, "tariff_class": "residential"}, on="/accounts/new"
    )
    assert (code_of(refused), refused.status_code, len(said(refused))) == ("meter_unknown", 422, 1)
    assert 'value="李四"' in refused.text
    assert 'value="NOSUCH"' in refused.text
    assert 'value="6" checked' in refused.text


def test_the_field_that_is_wrong_is_named_as_the_form_names_it(pages: Pages) -> None:
    for language, name in (("en", "“Name”"), ("zh", "“姓名”")):
        refused = pages.clerk(language).post(
            "/accounts/new", {"name": "", "persons": "1", "profile": "4"}, on="/accounts/new"
        )
        assert name in said(refused)[0]


def test_the_meter_fields_follow_the_size_of_the_card(clerk: Clerk) -> None:
    for size in (4, 6, 8):
        part = clerk.get(f"/accounts/new/meters?profile={size}&meter-1=42").text
        assert part.count('name="meter-') == size
        assert 'value="42"' in part
    offered = clerk.get("/accounts/new/meters?profile=4").text
    assert '<option value="100000000000">' in offered


def test_a_meter_in_use_is_offered_no_more(clerk: Clerk) -> None:
    clerk.open_account(4)
    assert '<option value="100000000000">' not in clerk.get("/accounts/new").text


def test_a_card_shows_what_its_meters_said(pages: Pages, clerk: Clerk) -> None:
    number, chip = clerk.open_with_card()
    clerk.sell({"amount-4": "50"})
    meter = pages.node.accounts.get(number).meters[4].meter
    pages.world.load(chip, meter)
    page = clerk.post("/card/read", {})
    row = page.text.partition(meter)[2].partition("</tr>")[0]
    assert [text.replace("\xa0", " ") for text in re.findall(r'<td class="n">([^<]*)<', row)] == [
        "1",
        "10 m³",
        "10 m³",
        "0 m³",
        "10 m³",
    ]
    assert meter in clerk.get("/readings").text
    assert meter in clerk.get(f"/readings?meter={meter}").text
    assert "No meter has written" in clerk.get("/readings?meter=4711").text


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "this period, all meters of the service"), ("zh", "（同类各表合计）")],
)
def test_what_two_meters_of_a_service_bought_is_one_sum(
    pages: Pages, language: str, words: str
) -> None:
    clerk = pages.clerk(language)
    clerk.open_with_card()
    clerk.sell({"amount-0": "10", "by-0": "q"})
    sold = clerk.sell({"amount-1": "5", "by-1": "q"}).text
    assert words in sold
    assert "10\xa0kWh → 15\xa0kWh" in sold
    shown = clerk.get("/card").text
    assert words in shown
    assert shown.count('<td class="n">15\xa0kWh<br>') == 2
    assert '<td class="n">10\xa0kWh</td>' in shown, "each meter's own total stands beside it"


def test_a_blank_card_leads_to_opening_an_account(pages: Pages, clerk: Clerk) -> None:
    pages.world.hand.insert(a_chip(5))
    assert 'href="/accounts/new"' in clerk.get("/card").text.partition("<main")[2]
    assert "This card is blank." in clerk.get("/sell").text


def test_the_page_that_waits_for_a_card_is_led_to_it_and_back(pages: Pages, clerk: Clerk) -> None:
    _, chip = clerk.open_with_card()
    pages.world.hand.pull()
    pages.world.pass_time(seconds=1)
    assert clerk.get("/card/seen?tag=empty").status_code == 204
    pages.world.hand.insert(chip)
    pages.world.pass_time(seconds=1)
    assert led_to(clerk.get("/card/seen?tag=empty")) == "/sell"
    tag = tag_of(clerk.get("/card"))
    assert clerk.get(f"/card/seen?tag={tag}&away=").status_code == 204
    pages.world.hand.pull()
    pages.world.pass_time(seconds=1)
    assert led_to(clerk.get(f"/card/seen?tag={tag}&away=")) == "/"
    assert "Put the customer's card in" in clerk.get(f"/card/seen?tag={tag}").text
    pages.world.hand.insert(chip)
    pages.world.pass_time(seconds=1)
    assert led_to(clerk.get(f"/card/seen?tag={tag}&away=")) == "/sell"


# Selling


def test_a_basket_is_sold_by_money_and_by_quantity(pages: Pages, clerk: Clerk) -> None:
    number, _ = clerk.open_with_card()
    receipt = clerk.sell({"amount-4": "500", "amount-7": "3", "by-7": "q", "amount-2": "1500"})
    assert states(receipt.text) == ["written"] * 3
    for text in ("¥207.00", "¥157.00", "¥136.00", "¥900.00", "¥1,499.96", "¥2,899.96", "¥0.04"):
        assert text in receipt.text
    assert receipt.text.count("Transaction") == 3
    assert number in clerk.get("/sales").text
    assert clerk.get(f"/sales?account={number}").text.count("on the card") == 3
    assert pages.soon == 3


def test_the_receipt_names_the_lines_as_the_tariff_does(pages: Pages) -> None:
    pages.clerk().open_with_card()
    receipt = pages.clerk("zh").sell({"amount-4": "500"})
    for name in ("水费", "水资源费", "污水处理费", "冷水"):
        assert name in receipt.text


def test_a_receipt_has_the_head_and_the_foot_that_headquarters_set(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.open_with_card()
    bare = clerk.sell({"amount-4": "60"})
    assert "receipt-note" not in bare.text
    head, foot = "Donghe Water & Power", "东河热线 96000"
    pages.world.headquarters.publish_settings(Settings(receipt_title=head, receipt_note=foot))
    pages.node.courier.sync()
    slip = clerk.sell({"amount-4": "60"}).text.partition('<section class="receipt">')[2]
    assert slip.index("Donghe Water &amp; Power") < slip.index("Receipt") < slip.index(foot)


def test_the_price_while_typing_is_the_price_sold_at(clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell"))
    quote = clerk.quote(form | {"amount-4": "500"})
    assert "¥500.00" in quote.text
    assert "80\xa0m³" in quote.text
    agreed = re.search(r'name="agreed" value="([^"]+)"', quote.text)
    assert agreed is not None
    sold = clerk.send("/sell", form | {"amount-4": "500", "agreed": agreed[1]})
    assert sold.status_code == 303


def test_a_price_that_changed_since_it_was_shown_is_not_charged(
    pages: Pages, clerk: Clerk
) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell")) | {
        "amount-4": "100",
        "by-4": "q",
        "agreed": "4q100000=1:100000",
    }
    refused = clerk.send("/sell", form)
    assert code_of(refused) == "price_changed"
    assert pages.node.enquiries.sales().rows == ()


def test_what_happened_within_the_minute_has_no_age(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    clerk.sell({"amount-4": "50"})
    waiting = pages.node.courier.state().waiting
    assert f"<span>Waiting to send</span><b>{waiting}</b>" in clerk.get("/sales").text
    pages.world.pass_time(minutes=5)
    assert f"<b>{waiting}, oldest 5 min</b>" in clerk.get("/sales").text


def test_a_refused_sale_keeps_what_was_typed_and_its_token(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell")) | {"amount-4": "100", "by-4": "q"}
    refused = clerk.send("/sell", form | {"agreed": "4q100000=1:100000"})
    assert 'name="amount-4" value="100"' in refused.text
    assert '<option value="q" selected>' in refused.text
    assert hidden(refused)["form_token"] == form["form_token"]
    assert clerk.send("/sell", hidden(refused) | form).status_code == 303


def test_a_sale_refused_for_want_of_its_card_says_so(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell")) | {"amount-4": "100"}
    pages.world.hand.pull()
    refused = clerk.send("/sell", form)
    assert (code_of(refused), len(said(refused))) == ("card_absent", 1)


def test_an_empty_form_has_no_price_and_sells_nothing(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell"))
    assert "Type an amount" in clerk.quote(form).text
    assert code_of(clerk.send("/sell", form)) == "nothing_entered"


def test_the_same_form_sells_once(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card()
    form = hidden(clerk.get("/sell")) | {"amount-4": "50"}
    first, second = clerk.send("/sell", form), clerk.send("/sell", form)
    assert first.location == second.location
    assert len(pages.node.enquiries.sales().rows) == 1


def test_a_price_is_never_that_of_another_card(pages: Pages, clerk: Clerk) -> None:
    clerk.open_with_card(index=0)
    form = hidden(clerk.get("/sell"))
    clerk.open_with_card(index=1)
    assert code_of(clerk.quote(form | {"amount-4": "50"})) == "card_swapped"


def pull_while_selling(pages: Pages, clerk: Clerk, step: int) -> str:
    """Sell for 60 and lose the card at a step of its writing; returns the receipt's path.

    Selling has one command less than reading before it writes (step -2), is answered (-1) and
    reads back (0).
    """
    form = hidden(clerk.get("/sell")) | {"amount-0": "60"}
    looking = Fate()
    pages.world.hand.fate = looking
    clerk.get("/sell")
    pages.world.hand.fate = Fate(at=len(looking.steps) + step, how="pull")
    sold = clerk.send("/sell", form)
    pages.world.hand.fate = Fate()
    assert sold.status_code == 303, sold.text
    return sold.location


@pytest.mark.parametrize("step", [-2, -1, 0], ids=["before", "unconfirmed", "not read back"])
def test_a_card_pulled_while_it_is_written_leaves_a_sale_that_is_finished_later(
    pages: Pages, clerk: Clerk, step: int
) -> None:
    number, chip = clerk.open_with_card()
    path = pull_while_selling(pages, clerk, step)
    receipt = clerk.get(path)
    assert states(receipt.text) == ["pending"]
    assert "is recorded and owed to the customer" in receipt.text
    assert "waits for its card" in clerk.get("/").text
    assert number in clerk.get("/pending").text
    pages.world.hand.insert(chip)
    finished = clerk.post("/pending/resolve", {}, on="/pending")
    assert "is on the card now" in finished.text
    assert states(clerk.get(path).text) == ["written"]
    sale = pages.node.enquiries.sales().rows[0]
    report = pages.world.load(chip, sale.meter)
    assert (report.credited, sale.state) == (sale.quantity, SaleState.WRITTEN)


def test_nothing_waits_for_a_card_without_pending_sales(clerk: Clerk) -> None:
    clerk.open_with_card()
    page = clerk.post("/pending/resolve", {}, on="/pending")
    assert "No sale waits for the card in the reader." in page.text
