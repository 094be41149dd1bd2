"""Whatever is wrong at the counter: one sentence in the user's language, nothing half-done."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import serial
from werkzeug.test import TestResponse

from card_builders import ChipMemory, repeatable_random
from node_pages import Clerk, Pages, code_of, hidden, pages_in, said
from node_world import OPERATOR, World, a_chip
from reader_builders import QUICK, GemPcTwinReader
from yika_common.cards.application import File
from yika_common.cards.errors import CardAbsent
from yika_common.infra.language import sentence, translate
from yika_common.simulated.icc import CardMemory, UserCardIcc
from yika_common.simulated.reader import SimulatedReader

LANGUAGES = ("en", "zh")
POWER, HEAT, GAS, WATER = 0, 2, 3, 4


class Counter:
    """A clerk with a customer's card in the reader and the sale form open."""

    def __init__(self, pages: Pages, language: str) -> None:
        self.pages = pages
        self.clerk: Clerk = pages.clerk(language)
        self.account, self.chip = self.clerk.open_with_card()
        self.clerk.sell({f"amount-{WATER}": "50"})
        self.form = hidden(self.clerk.get("/sell"))

    def sell(self, **changes: str) -> TestResponse:
        fields = {name.replace("_", "-"): text for name, text in changes.items()}
        tokens = {name: self.form[name] for name in ("csrf_token", "form_token", "card")}
        return self.clerk.send("/sell", tokens | fields)

    def truth(self) -> tuple[object, ...]:
        """What a sale would change: records that count money, and the card."""
        sales = self.pages.node.enquiries.sales().rows
        accounts = self.pages.node.accounts.find("").rows
        return sales, self.pages.node.enquiries.pending(), accounts, self.chip.load()


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def counter(tmp_path: Path, language: str) -> Iterator[Counter]:
    with pages_in(tmp_path / "node") as pages:
        yield Counter(pages, language)


def one_sentence(page: TestResponse, code: str, language: str) -> str:
    """The only sentence of a page, which is that of the code and in the language."""
    assert code_of(page) == code
    (text,) = said(page)
    assert bool(re.search(r"[一-鿿]", text.replace("王小明", ""))) is (language == "zh"), text
    assert page.text.count("<h1") == 1
    assert "Traceback" not in page.text
    return text


def test_a_refused_line_of_a_basket_names_its_meter(counter: Counter, language: str) -> None:
    before = counter.truth()
    refused = counter.sell(**{f"amount_{slot}": "1000" for slot in range(7)}, amount_7="0")
    text = one_sentence(refused, "line_refused", language)
    assert counter.pages.node.accounts.get(counter.account).meters[7].meter in text
    assert counter.truth() == before


def test_a_used_form_with_other_amounts_is_refused(counter: Counter, language: str) -> None:
    assert counter.sell(**{f"amount_{GAS}": "50"}).status_code == 303
    before = counter.truth()
    refused = counter.sell(**{f"amount_{GAS}": "90"})
    one_sentence(refused, "form_used", language)
    assert counter.truth() == before


def another_card(counter: Counter) -> None:
    counter.clerk.open_account(4, 1)
    other = counter.pages.node.accounts.find("").rows[-1]
    counter.pages.world.hand.insert(a_chip(1))
    counter.pages.node.cards.initialise(OPERATOR, other.number)


def no_card(counter: Counter) -> None:
    counter.pages.world.hand.pull()


class StrangeCard(UserCardIcc):
    """A card of another system: it knows no application of ours."""

    def transmit(self, apdu: bytes) -> bytes:
        return b"\x6a\x82"


def foreign_card(counter: Counter) -> None:
    counter.pages.world.hand.icc = StrangeCard(a_chip(3), repeatable_random(1))


def blank_card(counter: Counter) -> None:
    counter.pages.world.hand.insert(a_chip(4))


def copied_card(counter: Counter) -> None:
    """The readable content of the card on another chip, whose keys are not known to the thief."""
    real = counter.chip.load()
    keys = dict.fromkeys(real.keys, bytes(16))
    copy = ChipMemory(CardMemory(real.identity, real.records, keys))
    counter.pages.world.hand.insert(copy)


def forged_record(counter: Counter) -> None:
    real = counter.chip.load()
    records = list(real.records[File.CREDIT])
    records[WATER] = records[WATER][:-1] + bytes([records[WATER][-1] ^ 1])
    forged = CardMemory(real.identity, {**real.records, File.CREDIT: tuple(records)}, real.keys)
    counter.chip.commit(forged)
    counter.pages.world.hand.insert(counter.chip)


@pytest.mark.parametrize(
    ("mishap", "code"),
    [
        pytest.param(another_card, "card_swapped", id="wrong card"),
        pytest.param(no_card, "card_absent", id="no card"),
        pytest.param(foreign_card, "card_foreign", id="foreign card"),
        pytest.param(blank_card, "card_swapped", id="blank card"),
        pytest.param(copied_card, "card_not_authentic", id="copied card"),
        pytest.param(forged_record, "record_forged", id="forged record"),
    ],
)
def test_a_card_that_is_not_right_is_not_sold_to(
    counter: Counter, language: str, mishap: Callable[[Counter], None], code: str
) -> None:
    mishap(counter)
    before = counter.truth()
    one_sentence(counter.sell(amount_4="50"), code, language)
    assert counter.truth() == before


def test_what_was_typed_for_one_card_is_never_offered_for_another(
    counter: Counter, language: str
) -> None:
    another_card(counter)
    refused = counter.sell(amount_4="50")
    one_sentence(refused, "card_swapped", language)
    assert "amount-4" not in refused.text
    assert "form_token" not in refused.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"amount_4": "0"}, "nothing_to_sell", id="zero"),
        pytest.param({"amount_4": "-5"}, "nothing_to_sell", id="below zero"),
        pytest.param({"amount_4": "0.01"}, "below_minimum", id="below minimum"),
        pytest.param({"amount_4": "0.25", "by_4": "q"}, "not_a_multiple", id="no multiple"),
        pytest.param({"amount_4": "10000000.01"}, "sale_too_large", id="above maximum"),
        pytest.param(
            {"amount_4": "1000000.1", "by_4": "q"}, "sale_too_large", id="too large a quantity"
        ),
        pytest.param({"amount_3": "501", "by_3": "q"}, "above_maximum", id="above the tariff"),
        pytest.param({"amount_4": "12x"}, "not_a_number", id="letters"),
        pytest.param({"amount_4": "1,000"}, "not_a_number", id="comma"),
        pytest.param({"amount_4": "9" * 40}, "not_a_number", id="endless"),
        pytest.param({"amount_4": "<b>5</b>"}, "not_a_number", id="markup"),
        pytest.param({}, "nothing_entered", id="nothing"),
        pytest.param({"amount_2": "5"}, "fee_not_covered", id="less than the fee"),
        pytest.param({"amount_4": "5", "by_4": "z"}, "not_understood", id="no way to sell"),
        pytest.param({"amount_4": "50", "amount_0": "x"}, "not_a_number", id="one line of two"),
    ],
)
def test_an_amount_that_is_not_right_sells_nothing(
    counter: Counter, language: str, fields: dict[str, str], code: str
) -> None:
    before = counter.truth()
    one_sentence(counter.sell(**fields), code, language)
    assert counter.truth() == before


def test_while_typing_the_same_sentences_stand_where_the_price_would(
    counter: Counter, language: str
) -> None:
    page = counter.clerk.quote(counter.form | {"amount-4": "12x"})
    (text,) = said(page)
    assert (page.status_code, code_of(page)) == (422, "not_a_number")
    assert "12x" in text
    assert "<html" not in page.text
    assert ("不是" in text) is (language == "zh")


def test_an_account_nobody_knows_is_said_to_be_unknown(counter: Counter, language: str) -> None:
    before = counter.truth()
    page = counter.clerk.get("/accounts/N0001019999999")
    assert "N0001019999999" in one_sentence(page, "account_unknown", language)
    given = counter.clerk.post("/accounts/N0001019999999/card", {})
    one_sentence(given, "account_unknown", language)
    one_sentence(counter.clerk.get("/receipts/1/999999"), "sale_unknown", language)
    assert counter.truth() == before


def test_an_expired_session_sells_nothing_and_leads_back(counter: Counter, language: str) -> None:
    before = counter.truth()
    counter.pages.world.pass_time(minutes=16)
    one_sentence(counter.sell(amount_4="50"), "session_expired", language)
    assert counter.truth()[0] == before[0]
    assert counter.pages.node.vault.locked
    fresh = counter.pages.clerk(counter.clerk.language)
    assert fresh.sell({"amount-4": "50"}).status_code == 200


def test_a_form_of_another_session_sells_nothing(counter: Counter, language: str) -> None:
    before = counter.truth()
    page = counter.clerk.send("/sell", counter.form | {"csrf_token": "x", "amount-4": "50"})
    one_sentence(page, "form_expired", language)
    assert counter.truth() == before


def test_a_full_disk_sells_nothing(counter: Counter, language: str) -> None:
    before = counter.truth()
    connection = counter.pages.node.journal._connection
    connection.execute("PRAGMA max_page_count = 1")
    everything = {f"amount_{slot}": "10" for slot in range(8)}
    page = counter.sell(**everything | {f"by_{slot}": "q" for slot in range(8)})
    one_sentence(page, "disk_full", language)
    assert page.status_code == 507
    connection.execute("PRAGMA max_page_count = 1000000")
    assert counter.truth() == before
    assert counter.sell(amount_4="50").status_code == 303


# The reader, through its production driver


@pytest.fixture
def port(tmp_path: Path) -> Path:
    return tmp_path / "port"


@pytest.fixture
def at_port(tmp_path: Path, port: Path, language: str) -> Iterator[Clerk]:
    world = World(tmp_path / "node")
    driver = GemPcTwinReader(str(port), timing=QUICK)
    world.hand = driver  # type: ignore[assignment]
    node = world.enrolled()
    node.staff.sign_out(OPERATOR)
    with closing(node):
        yield Pages(world, node).clerk(language)


def test_a_port_that_is_missing_is_named(at_port: Clerk, port: Path, language: str) -> None:
    for path in ("/card", "/sell"):
        assert str(port) in one_sentence(at_port.get(path), "port_missing", language)
    assert str(port) in at_port.get("/").text


def test_a_port_that_is_busy_is_named(at_port: Clerk, port: Path, language: str) -> None:
    with SimulatedReader(port) as simulated:
        other = serial.Serial(str(simulated.link), exclusive=True)
        one_sentence(at_port.get("/sell"), "port_busy", language)
        other.close()
        one_sentence(at_port.get("/sell"), "card_absent", language)


def test_a_port_that_is_none_is_named(at_port: Clerk, port: Path, language: str) -> None:
    port.write_text("a file")
    one_sentence(at_port.get("/sell"), "port_unusable", language)


def test_a_reader_that_is_unplugged_is_named(at_port: Clerk, port: Path, language: str) -> None:
    with SimulatedReader(port):
        one_sentence(at_port.get("/sell"), "card_absent", language)
    page = at_port.get("/sell")
    assert one_sentence(page, code_of(page), language)
    assert code_of(page) in {"reader_unplugged", "port_missing"}


def test_a_reader_that_does_not_answer_is_named(at_port: Clerk, port: Path, language: str) -> None:
    master, slave = os.openpty()
    port.symlink_to(os.ttyname(slave))
    one_sentence(at_port.get("/sell"), "reader_silent", language)
    os.close(master)
    os.close(slave)


def test_the_first_page_says_once_what_is_wrong_with_the_reader(
    at_port: Clerk, port: Path, language: str
) -> None:
    page = at_port.get("/").text.partition("<main")[2].partition("</main>")[0]
    assert page.count(str(port)) == 1
    assert translate("does not answer", language) in at_port.get("/status").text


def test_the_sentence_shown_is_the_catalogues(counter: Counter, language: str) -> None:
    no_card(counter)
    assert said(counter.sell(amount_4="5")) == [sentence(CardAbsent(), language)]
