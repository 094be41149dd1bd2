"""Papers beside receipts, drawn by an emulator that is not ours."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from node_world import OPERATOR, World, for_money, open_with_card
from printer_emulator import emulate, needs_emulator
from yika_common.journal.cash_bodies import Counted, Priced, Summed
from yika_common.numbers import Money, Quantity
from yika_common.sync.settings import Settings
from yika_node.bootstrap import Node
from yika_node.db.till_queries import TenderRow
from yika_node.printing.columns import width_of
from yika_node.printing.encoding import encoded
from yika_node.printing.paper import Line, Paper
from yika_node.printing.profiles import Profile
from yika_node.services.card_views import Slip
from yika_node.services.charge_views import Charge
from yika_node.services.charge_words import WORDS
from yika_node.services.paper_words import Words
from yika_node.services.payments import Receipt
from yika_node.services.receipt_paper import ReceiptPaper
from yika_node.services.refund_views import RefundState, RefundView
from yika_node.services.shift_views import ZReport
from yika_node.services.slip_papers import card_paper, refund_paper, trial_paper
from yika_node.services.till_papers import Papers, charge_paper, shift_paper

AT = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
SETTINGS = Settings(receipt_title="江城公用事业公司", receipt_note="服务热线 96116")
CHARGE = Charge(
    number="N0001-1-000012",
    epoch=1,
    seq=12,
    what="fee",
    account="N0001010000128",
    names=("铅封费", "Seal"),
    amount=Money(2_000),
    tax=Money(115),
    reason="",
    at=AT,
    operator=OPERATOR,
    back=0,
    tenders=(TenderRow("cash", 5_000, 3_000, "", ""),),
)
REPORT = ZReport(
    number=7,
    node="N0001",
    operator=OPERATOR,
    opened_at=AT,
    closed_at=AT,
    closed_by=OPERATOR,
    float_amount=Money(20_000),
    declared=Money(130_000),
    counts=(Counted(10_000, 13),),
    expected=Money(132_000),
    sums=(
        Summed("float", "cash", 1, 20_000),
        Summed("sale", "cash", 3, 150_000),
        Summed("sale", "mobile", 1, 9_900),
        Summed("refund", "cash", 1, -8_000),
        Summed("drop", "cash", 1, -30_000),
    ),
    tariffs=(Priced("CN-BJ-ELECTRICITY-RES", 1, 4, 151_900),),
    first="N0001-1-000007",
    last="N0001-1-000031",
    receipts=4,
    refunds=1,
    opens=2,
    pending=0,
    taken=Money(9_999_900),
    given_back=Money(8_000),
    to_bank=Money(110_000),
    reason="一张百元钞票不见了",
)


@pytest.fixture(scope="module")
def receipt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Receipt]]:
    world = World(tmp_path_factory.mktemp("node"))
    node = world.enrolled()
    open_with_card(world, node)
    card = node.cards.read(OPERATOR).identity.number
    yield node, node.sales.sell(OPERATOR, card, (for_money(0, 12_000),), "t1")
    node.close()


def words(language: str) -> Words:
    return Words(language, ZoneInfo("Asia/Shanghai"))


def refund_of(receipt: Receipt) -> RefundView:
    """The purchase given back."""
    bought = receipt.lines[0].sale
    back = replace(bought, seq=20, quantity=Quantity(-bought.quantity), paid=Money(-11_998))
    return RefundView(back, bought, "customer moved", RefundState.PAID, AT, OPERATOR, "lin")


def all_papers(node: Node, receipt: Receipt, language: str) -> dict[str, Paper]:
    said = words(language)
    slip = Slip(
        card="860000000001",
        replaces="860000000000",
        account=receipt.account_number,
        generation=2,
        at=AT,
        operator=OPERATOR,
        reason="lost",
        fee=Money(2_000),
        lines=tuple(line.sale for line in receipt.lines),
    )
    own = replace(receipt, number="N0001-1-000020")
    return {
        "refund": refund_paper(said, SETTINGS, refund_of(receipt), (own, receipt), "YIKA:ABC"),
        "card": card_paper(said, SETTINGS, slip),
        **{
            what: charge_paper(
                said,
                SETTINGS,
                replace(CHARGE, what=what, names=("", "") if what == "deposit" else CHARGE.names),
                receipt.account,
                Papers("YIKA:ABC", copy),
            )
            for copy, what in enumerate(WORDS)
        },
        "z": shift_paper(said, SETTINGS, REPORT),
        "x": shift_paper(said, SETTINGS, replace(REPORT, number=0, declared=None, expected=None)),
        "test": trial_paper(said, SETTINGS, Profile(58), AT),
    }


@needs_emulator
@pytest.mark.parametrize("mm", [58, 80])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_paper_comes_out_within_its_edges(
    receipt: tuple[Node, Receipt], tmp_path: Path, language: str, mm: int
) -> None:
    profile = Profile(mm)
    for name, paper in all_papers(*receipt, language).items():
        printed = emulate(encoded(paper, profile), tmp_path / name, dots=profile.dots)
        assert printed.unknown == []
        (text,) = printed.texts
        lines = [line for line in text.splitlines() if not line.startswith("[")]
        assert max(map(width_of, lines)) <= profile.columns
        assert "江城公用事业公司" in text


def text_of(paper: Paper) -> str:
    return "\n".join(f"{part.text} {part.right}" for part in paper.parts if isinstance(part, Line))


def test_a_z_report_tells_the_drawer_and_a_report_before_counting_does_not() -> None:
    text = text_of(shift_paper(words("en"), SETTINGS, REPORT))
    for fact in ("-¥20.00", "¥1,320.00", "¥99,999.00", "Cash x 3", "N0001-1-000031", "Difference"):
        assert fact in text, fact
    blind = replace(REPORT, number=0, declared=None, expected=None)
    hidden = text_of(shift_paper(words("en"), SETTINGS, blind))
    assert "closes nothing" in hidden
    for secret in ("¥1,320.00", "Expected", "Ever taken", "All together"):
        assert secret not in hidden, secret


def test_a_receipt_tells_how_it_was_paid(receipt: tuple[Node, Receipt]) -> None:
    node, sold = receipt
    papers = ReceiptPaper(words("en"), SETTINGS, node.tariffs.tariffs())
    tenders = (
        TenderRow("cheque", 5_000, 0, "No 4711", ""),
        TenderRow("cash", 10_000, 3_002, "", ""),
    )
    text = text_of(papers.paper(sold, "", 0, tenders))
    assert "Cheque No 4711 ¥50.00" in text
    assert "Change given back ¥30.02" in text
    # The change contains what was too little for more: it is not told a second time.
    assert "Too little" not in text
    assert "Too little" in text_of(papers.paper(sold, ""))
    assert "Cheque" not in text_of(papers.paper(sold, ""))


def test_a_slip_that_is_not_paid_out_is_no_proof(receipt: tuple[Node, Receipt]) -> None:
    _, sold = receipt
    view = refund_of(sold)
    paid = refund_paper(words("en"), SETTINGS, view, (sold, sold), "")
    waits = replace(view, state=RefundState.WAITING)
    unpaid = refund_paper(words("en"), SETTINGS, waits, (sold, sold), "")
    assert "no proof" not in text_of(paid)
    assert "no proof" in text_of(unpaid)
    assert "To be paid out" in text_of(unpaid)
