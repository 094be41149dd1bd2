"""What the customer is told to do at each meter: the model's own words, or general ones."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from node_pages import pages_in
from node_world import OPERATOR, World, for_money, for_quantity, open_with_card
from yika_common.services import Service
from yika_common.sync.settings import Instruction, Settings
from yika_node.bootstrap import Node
from yika_node.printing.paper import Line
from yika_node.services.loading import CONTACT_TIME, REFUSED, loading
from yika_node.services.paper_words import Words
from yika_node.services.payments import Receipt
from yika_node.services.receipt_paper import ReceiptPaper
from yika_node.services.views import SaleRow


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    world = World(tmp_path_factory.mktemp("node"))
    node = world.enrolled()
    open_with_card(world, node)
    yield node
    node.close()


@pytest.fixture(scope="module")
def receipt(node: Node) -> Receipt:
    card = node.cards.read(OPERATOR).identity.number
    return node.sales.sell(OPERATOR, card, (for_money(0, 12_000), for_quantity(2, 20_000)), "t1")


@pytest.fixture(scope="module")
def sale(receipt: Receipt) -> SaleRow:
    return replace(receipt.lines[0].sale, service=Service.COLD_WATER, meter="310000000001")


def words(model: str, numbers: str, service: Service = Service.COLD_WATER) -> Instruction:
    return Instruction(model, service, numbers, f"{model}的卡", f"the card of {model}")


def said(settings: Settings, *sales: SaleRow, language: str = "en") -> list[str]:
    return [one.text for one in loading(settings, sales, str, language).told]


def test_a_meter_is_spoken_of_as_the_model_whose_numbers_begin_most_like_its_own(
    sale: SaleRow,
) -> None:
    settings = Settings(instructions=(words("ANY", ""), words("W20", "31"), words("W5", "5")))
    assert said(settings, sale) == ["the card of W20"]
    assert said(settings, replace(sale, meter="990000000001")) == ["the card of ANY"]
    assert said(settings, sale, language="zh_Hans_CN") == ["W20的卡"]
    more = replace(settings, instructions=(*settings.instructions, words("W20B", "3100")))
    assert said(more, sale) == ["the card of W20B"]


def test_another_service_with_such_numbers_keeps_its_general_words(sale: SaleRow) -> None:
    settings = Settings(instructions=(words("W20", "31"),))
    gas = replace(sale, service=Service.GAS)
    assert "gas appliance" in said(settings, gas)[0]


def test_contact_time_and_refusals_are_told_in_general_unless_every_meter_has_own_words(
    sale: SaleRow,
) -> None:
    settings = Settings(instructions=(words("W20", "31"),))
    assert loading(settings, [sale], str, "en").in_general == ()
    both = loading(settings, [sale, replace(sale, meter="42")], str, "en")
    assert both.in_general == (CONTACT_TIME, REFUSED)


def test_one_text_for_two_services_stands_once_with_both_names(sale: SaleRow) -> None:
    hot = replace(sale, service=Service.HOT_WATER)
    told = loading(Settings(), [sale, hot, sale], str, "en").told
    assert [one.services for one in told] == [(Service.COLD_WATER, Service.HOT_WATER)]


@pytest.mark.parametrize("service", list(Service))
def test_every_service_has_general_words_in_both_languages(
    sale: SaleRow, service: Service
) -> None:
    told = {
        language: loading(
            Settings(),
            [replace(sale, service=service)],
            Words(language, ZoneInfo("Asia/Shanghai")).say,
            language,
        )
        for language in ("en", "zh")
    }
    assert told["en"].told[0].text != told["zh"].told[0].text
    assert not set(told["en"].in_general) & set(told["zh"].in_general)


def test_the_words_stand_on_the_paper_and_not_for_meters_that_were_not_sold(
    node: Node, receipt: Receipt
) -> None:
    first, second = (line.sale for line in receipt.lines)
    settings = Settings(
        instructions=(
            words("ONE", first.meter[:3], first.service),
            words("TWO", "", second.service),
            words("THREE", "", Service.PURIFIED_WATER),
        )
    )
    office = ReceiptPaper(Words("en", ZoneInfo("Asia/Shanghai")), settings, ())
    paper = "\n".join(part.text for part in office.paper(receipt, "").parts if type(part) is Line)
    assert "the card of ONE" in paper
    assert "the card of TWO" in paper
    assert "THREE" not in paper
    assert CONTACT_TIME not in paper


def test_the_page_after_the_sale_says_what_headquarters_sent(tmp_path: Path) -> None:
    with pages_in(tmp_path) as pages:
        told = Settings(instructions=(words("E1", "", Service.ELECTRICITY_SINGLE),))
        clerk = pages.clerk()
        pages.world.headquarters.publish_settings(told)
        pages.node.courier.sync()
        clerk.open_with_card()
        page = clerk.sell({"amount-0": "100"}).text
    assert "the card of E1" in page
    assert "Wipe it" not in page
