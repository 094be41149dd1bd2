"""Every receipt of a node can be checked from its code alone, price and all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node_pages import Pages, pages_in
from yika_common.journal.excerpt import read_code
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TARIFF_ITEM
from yika_common.sync.receipts import Evidence
from yika_node.errors import VaultLocked
from yika_node.web.qr import qr_drawing


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "data") as pages:
        yield pages


def evidence_of(pages: Pages) -> Evidence:
    """What headquarters publishes: the node's certificate and the tariffs."""
    evidence = Evidence(pages.node.standing.membership.root)
    evidence.take(read_signed_file(pages.world.headquarters.certificate_file))
    for row in pages.node.queries.items_held(TARIFF_ITEM):
        evidence.take(read_signed_file(row.file))
    return evidence


def test_every_service_sold_by_money_and_by_quantity_is_priced_again(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.open_with_card()
    sold = clerk.sell({f"amount-{slot}": "900" for slot in range(8)})
    assert sold.status_code == 200, sold.text
    clerk.sell({"amount-4": "90", "by-4": "q", "amount-2": "100", "by-2": "q"})
    clerk.sell({"amount-4": "333.33"})
    evidence = evidence_of(pages)
    rows = pages.node.enquiries.sales(limit=100).rows
    baskets = {(row.epoch, row.basket) for row in rows}
    assert len(baskets) == 3
    for epoch, basket in baskets:
        receipt = pages.node.enquiries.receipt(epoch, basket)
        verdict = evidence.judge(read_code(pages.node.receipt_codes.code(receipt)))
        assert verdict.problems == ()
        assert all(line.checked for line in verdict.lines)
        assert sum(line.intent.paid for line in verdict.lines) == receipt.paid
        assert verdict.members(str)["receipt"] == receipt.number
        assert [line.txn_id for line in verdict.lines] == [line.txn_id for line in receipt.lines]


def test_a_code_is_the_same_each_time_and_needs_somebody_signed_in(pages: Pages) -> None:
    clerk = pages.clerk()
    clerk.open_with_card()
    clerk.sell({"amount-4": "50"})
    row = pages.node.enquiries.sales().rows[0]
    receipt = pages.node.enquiries.receipt(row.epoch, row.basket)
    code = pages.node.receipt_codes.code(receipt)
    assert pages.node.receipt_codes.code(receipt) == code
    pages.node.staff.lock()
    with pytest.raises(VaultLocked):
        pages.node.receipt_codes.code(receipt)


def test_the_longest_code_is_drawn_and_a_longer_one_is_left_to_its_text() -> None:
    """A payment for eight meters with many components can be that long."""
    longest = "YIKA:" + "A" * (4296 - 5)
    assert "<svg" in qr_drawing("YIKA:A")
    assert "<svg" in qr_drawing(longest)
    assert qr_drawing(longest + "A") == ""
