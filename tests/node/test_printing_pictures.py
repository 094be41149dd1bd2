"""Receipts as a printer prints them: drawn by an emulator that is not ours, and read again.

The pictures lie in pytest's folders after a run, to be looked at.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zxingcpp

from node_world import OPERATOR, World, for_money, for_quantity, open_with_card
from printer_emulator import emulate, needs_emulator
from yika_common.sync.settings import Settings
from yika_node.bootstrap import Node
from yika_node.printing.columns import width_of
from yika_node.printing.encoding import encoded
from yika_node.printing.profiles import Profile
from yika_node.services.paper_words import Words, masked, masked_place
from yika_node.services.payments import Receipt
from yika_node.services.receipt_paper import ReceiptPaper
from yika_node.services.views import SaleState

SETTINGS = Settings(
    receipt_title="江城公用事业公司",
    receipt_tax_number="91110000100001234X",
    receipt_note="服务热线 96116",
)
PAID = {"zh": "实付", "en": "Paid"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    world = World(tmp_path_factory.mktemp("node"))
    node = world.enrolled()
    open_with_card(world, node)
    yield node
    node.close()


@pytest.fixture(scope="module")
def receipt(node: Node) -> Receipt:
    """Three meters in one payment."""
    card = node.cards.read(OPERATOR).identity.number
    basket = (for_money(0, 12_000), for_money(1, 50_000), for_quantity(2, 20_000))
    return node.sales.sell(OPERATOR, card, basket, "t1")


def papers(node: Node, language: str, settings: Settings = SETTINGS) -> ReceiptPaper:
    words = Words(language, ZoneInfo("Asia/Shanghai"))
    return ReceiptPaper(words, settings, node.tariffs.tariffs(), drawer=True)


@needs_emulator
@pytest.mark.parametrize("copy", [0, 2])
@pytest.mark.parametrize("chinese", [True, False], ids=["text", "picture"])
@pytest.mark.parametrize("mm", [58, 80])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_sale_of_three_meters_is_printed_and_its_code_read(
    node: Node, receipt: Receipt, tmp_path: Path, language: str, mm: int, chinese: bool, copy: int
) -> None:
    profile = Profile(mm, chinese=chinese, codes=chinese)
    code = node.receipt_codes.code(receipt)
    printed = emulate(
        encoded(papers(node, language).paper(receipt, code, copy), profile),
        tmp_path,
        dots=profile.dots,
    )
    assert printed.unknown == []
    assert printed.drawer == ("closed" if copy else "open")
    picture = printed.picture()
    assert picture.width == profile.dots
    (read,) = zxingcpp.read_barcodes(picture.resize((picture.width * 2, picture.height * 2)))
    assert read.text == code
    if chinese:
        (text,) = printed.texts
        assert SETTINGS.receipt_title in text
        assert re.search(rf"{PAID[language]} +￥1,396.11", text)
        assert ("COPY 2" in text or "副本 2" in text) is bool(copy)
        lines = [line for line in text.splitlines() if not line.startswith("[")]
        assert max(map(width_of, lines)) <= profile.columns


def lines_of(node: Node, receipt: Receipt, language: str, settings: Settings = SETTINGS) -> str:
    paper = papers(node, language, settings).paper(receipt, "")
    sent = encoded(paper, Profile(80))
    return re.sub(r"[\x1b\x1d][a@!E](?:[\x00-\x11])?|\x1c&", "", sent.decode("gb18030"))


def test_everything_that_the_law_asks_stands_on_a_receipt(node: Node, receipt: Receipt) -> None:
    text = lines_of(node, receipt, "en")
    for fact in (
        "Tax number 91110000100001234X",
        receipt.number,
        "2026-04-01 16:00:00",
        receipt.node,
        OPERATOR,
        receipt.account_number,
        "王小明",
        receipt.card,
        *(line.sale.meter for line in receipt.lines),
        *(line.txn_id for line in receipt.lines),
        "245.7 kWh x 0.4883",
        "Basic fee",
        "96.4 m2 x 8.01",
        "Left in step 1",
        "Purchase number",
        "服务热线 96116",
    ):
        assert fact in text, fact


def test_sums_stand_in_capitals_on_chinese_receipts(node: Node, receipt: Receipt) -> None:
    assert "人民币壹仟叁佰玖拾陆元壹角壹分" in lines_of(node, receipt, "zh")
    assert "人民币" not in lines_of(node, receipt, "en")


def test_where_the_law_asks_it_a_customer_is_masked(node: Node, receipt: Receipt) -> None:
    assert "王小明" in lines_of(node, receipt, "zh")
    text = lines_of(node, receipt, "zh", replace(SETTINGS, receipt_person="masked"))
    assert "王**" in text
    assert "小明" not in text
    assert masked("") == ""
    assert masked("O") == "O"
    assert masked_place("东河路 17 号 3 单元 402") == "东河路 * 号 * 单元 *"


def test_a_line_that_is_not_on_the_card_says_so(node: Node, receipt: Receipt) -> None:
    first, *others = receipt.lines
    waiting = replace(first, sale=replace(first.sale, state=SaleState.PENDING))
    text = lines_of(node, replace(receipt, lines=(waiting, *others)), "en")
    assert text.count("NOT ON THE CARD YET") == 1
    assert "NOT ON THE CARD" not in lines_of(node, receipt, "en")


def test_receipts_have_their_own_language(node: Node, receipt: Receipt) -> None:
    chinese, english = lines_of(node, receipt, "zh"), lines_of(node, receipt, "en")
    assert "基本热费" in chinese
    assert "Basic fee" not in chinese
    assert "Basic fee" in english
    assert "收据" in chinese


def test_in_practice_every_paper_says_so_in_both_languages(node: Node, receipt: Receipt) -> None:
    words = Words("en", ZoneInfo("Asia/Shanghai"), practice=True)
    paper = ReceiptPaper(words, SETTINGS, node.tariffs.tariffs()).paper(receipt, "")
    text = encoded(paper, Profile(80)).decode("gb18030")
    assert "练习" in text
    assert "PRACTICE" in text
    assert "PRACTICE" not in lines_of(node, receipt, "en")
