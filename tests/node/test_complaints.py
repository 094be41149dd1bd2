"""A complaint is written down where the customer stands, with the evidence for whoever answers."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from customer_builders import ELSEWHERE, a_sheet
from node_pages import Clerk, Pages, pages_in
from yika_common.journal.record import decode_line
from yika_common.journal.segment import SEGMENT_TYPE, open_segment
from yika_common.signing.errors import SignatureInvalid
from yika_common.signing.signed_file import read_signed_file
from yika_node.db.complaint_queries import complaints

WORDS = "我的卡充了二十度，表上只有十度"


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        yield pages


@pytest.fixture
def sold(pages: Pages) -> tuple[Clerk, str, str]:
    """A clerk, an account, and its receipt's place."""
    clerk = pages.clerk()
    account, _ = clerk.open_with_card()[:2]
    clerk.sell({"amount-2": "100", "by-2": "q"})
    (sale,) = pages.node.enquiries.sales(account=account).rows
    return clerk, account, f"{sale.epoch}-{sale.basket}"


def complain(clerk: Clerk, account: str, receipt: str = "", **changes: str) -> str:
    """Write a complaint down; its page's address."""
    path = f"/accounts/{account}/complaint"
    fields = {"about": "credit", "words": WORDS, "receipt": receipt} | changes
    answer = clerk.post(path, fields, on=f"{path}?receipt={receipt}")
    return answer.headers.get("Location", str(answer.status_code))


def test_a_complaint_of_a_receipt_shows_what_the_card_showed(
    pages: Pages, sold: tuple[Clerk, str, str]
) -> None:
    clerk, account, receipt = sold
    assert f"receipt={receipt}" in clerk.get(f"/receipts/{receipt.replace('-', '/')}").text
    place = complain(clerk, account, receipt)
    page = clerk.get(place).text
    for text in (
        WORDS,
        "Credit that is missing",
        "0 / 0",
        "1 / 1",
        "original printed",
        "on the card",
    ):
        assert text in page
    assert WORDS in clerk.get("/complaints").text
    assert "A complaint was written down" in clerk.get(f"/accounts/{account}/history").text
    assert WORDS in clerk.get(f"/complaints?account={account}").text
    assert WORDS not in clerk.get("/complaints?account=N0042-000999").text


def test_what_was_said_is_sealed_in_the_journal(
    pages: Pages, sold: tuple[Clerk, str, str]
) -> None:
    clerk, account, receipt = sold
    complain(clerk, account, receipt)
    tip = pages.node.queries.tip(1)
    assert tip is not None
    record = pages.node.queries.record(1, tip.seq)
    assert record is not None
    assert decode_line(record.line).body.kind == "complaint"
    assert WORDS.encode() not in record.line


def test_the_file_is_what_the_journal_says_and_one_letter_is_noticed(
    pages: Pages, sold: tuple[Clerk, str, str]
) -> None:
    clerk, account, receipt = sold
    answer = clerk.get(complain(clerk, account, receipt) + "/pack.zip")
    assert answer.mimetype == "application/zip"
    file = zipfile.ZipFile(io.BytesIO(answer.data))
    names = file.namelist()
    (page,) = [name for name in names if name.endswith(".html")]
    assert WORDS in file.read(page).decode()
    kinds = [json.loads(line)["t"] for line in file.read("records.jsonl").splitlines()]
    assert kinds[0] == "intent"
    assert "sale" in kinds
    assert kinds[-1] == "complaint"
    membership = pages.node.standing.membership
    segments = [name for name in names if name.endswith(".segment")]
    assert len(segments) == 2
    lines = b""
    for name in segments:
        signed = read_signed_file(file.read(name), limit=1 << 20)
        assert signed.payload_type == SEGMENT_TYPE
        key = membership.certificate.key
        lines += b"".join(open_segment(signed, key, node=membership.node, epoch=1).lines)
    assert lines == file.read("records.jsonl")
    forged = file.read(segments[0]).replace(b'"qty":100000', b'"qty":900000')
    assert forged != file.read(segments[0]), "the control changed something"
    with pytest.raises(SignatureInvalid):
        open_segment(read_signed_file(forged, limit=1 << 20), key, node=membership.node, epoch=1)


def test_a_complaint_of_an_account_shows_its_newest_sales(sold: tuple[Clerk, str, str]) -> None:
    clerk, account, _ = sold
    page = clerk.get(complain(clerk, account, about="card")).text
    assert "The account&#39;s newest sales" in page or "The account's newest sales" in page
    assert "the account as a whole" in page


def test_what_cannot_be_answered_is_not_written_down(
    pages: Pages, sold: tuple[Clerk, str, str]
) -> None:
    clerk, account, receipt = sold
    pages.world.headquarters.tell(a_sheet())
    pages.node.courier.sync()
    for changes in ({"words": " "}, {"words": "x" * 201}, {"about": "gossip"}):
        assert complain(clerk, account, receipt, **changes) == "409"
    assert complain(clerk, ELSEWHERE, receipt) == "409", "another's receipt"
    assert complaints(pages.node.store, None, 10, None) == []
    assert clerk.get("/complaints/1/999999").status_code == 404
    assert clerk.get(f"/complaints/1/{10**30}").status_code == 404
    assert clerk.get("/complaints?before=%27;--").status_code == 200


def test_complaints_come_back_when_the_tables_are_made_again(
    pages: Pages, sold: tuple[Clerk, str, str]
) -> None:
    clerk, account, receipt = sold
    complain(clerk, account, receipt)
    complain(clerk, account)
    before = complaints(pages.node.store, None, 10, None)
    assert len(before) == 2
    pages.node.journal.rebuild()
    assert complaints(pages.node.store, None, 10, None) == before
