"""Headquarters takes a journal in once, whichever way and in whatever order it comes."""

import pytest

from central_builders import HandClock, Pen, enrol, publish_water
from ingest_builders import ACCOUNT, pen_of, reasons, sell, stocked_in
from settlement_builders import rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Quarantine, Record, Sale, SaleLine
from yika_central.services.reconciliation import UnknownSigner
from yika_common.errors import YikaError
from yika_common.journal.bodies import Superseded
from yika_common.journal.errors import TransportMalformed
from yika_common.services import PROFILES
from yika_common.signing.errors import SignatureInvalid
from yika_common.signing.keys import SigningKey
from yika_common.sync.messages import Status


@pytest.fixture
def stocked(headquarters: Headquarters) -> Headquarters:
    """See :func:`ingest_builders.stocked_in`."""
    return stocked_in(headquarters)


@pytest.fixture
def pen(stocked: Headquarters, clock: HandClock) -> Pen:
    """See :func:`ingest_builders.pen_of`."""
    return pen_of(stocked, clock)


def test_a_segment_is_acknowledged_with_its_position_and_head(pen: Pen) -> None:
    sell(pen)
    answer = pen.send(pen.cut())
    assert (answer.ack.upto, answer.ack.head) == (pen.seq, pen.head(pen.seq).hex())
    assert (answer.ack.status, answer.ack.count) == (Status.OK, 1)
    assert answer.ack.challenge == "11" * 16


def test_the_very_bytes_of_each_record_are_kept(pen: Pen) -> None:
    sell(pen, 3)
    pen.send(pen.cut())
    kept = rows(pen.hq, Record)
    assert [bytes(row["line"]) for row in kept] == pen.lines
    assert [bytes(row["hash"]) for row in kept] == pen.heads


def test_a_doubled_segment_counts_once(pen: Pen) -> None:
    sell(pen)
    first = pen.send(pen.cut())
    again = pen.send(pen.cut())
    assert (again.ack.upto, again.ack.head) == (first.ack.upto, first.ack.head)
    assert again.ack.count == first.ack.count + 1
    assert len(rows(pen.hq, Sale)) == 1


def test_another_segmentation_of_known_records_counts_once(pen: Pen) -> None:
    sell(pen, 4)
    pen.send(pen.cut(1, 5))
    pen.send(pen.cut(3, 7))
    assert pen.send(pen.cut(1)).ack.upto == pen.seq
    assert len(rows(pen.hq, Record)) == pen.seq


def test_a_segment_after_a_gap_waits_and_is_taken_when_the_gap_closes(pen: Pen) -> None:
    sell(pen, 3)
    answer = pen.send(pen.cut(5))
    assert (answer.ack.status, answer.ack.upto) == (Status.GAP, 0)
    assert pen.hq.registry.nodes()[0].parked == 1
    assert rows(pen.hq, Sale) == []
    assert pen.send(pen.cut(1, 4)).ack.upto == pen.seq
    assert pen.hq.registry.nodes()[0].parked == 0
    assert len(rows(pen.hq, Sale)) == 3


def test_the_sale_record_says_that_the_intent_reached_the_card(pen: Pen) -> None:
    sell(pen)
    pen.send(pen.cut(1, pen.seq - 1))
    assert rows(pen.hq, Sale)[0]["outcome"] == "PENDING"
    pen.send(pen.cut(pen.seq))
    assert rows(pen.hq, Sale)[0]["outcome"] == "WRITTEN"
    assert rows(pen.hq, Sale)[0]["resolved_seq"] == pen.seq


def test_a_superseded_intent_stays_as_money(pen: Pen) -> None:
    intent = sell(pen, settle=False)
    pen.write(Superseded(intent=intent, generation_seen=1, count_seen=1))
    pen.send(pen.cut())
    (sale,) = rows(pen.hq, Sale)
    assert (sale["outcome"], sale["amount"]) == ("SUPERSEDED", 5000)


def test_a_second_end_of_one_intent_changes_nothing_and_is_shown(pen: Pen) -> None:
    intent = sell(pen)
    pen.write(Superseded(intent=intent, generation_seen=1, count_seen=1))
    pen.send(pen.cut())
    assert rows(pen.hq, Sale)[0]["outcome"] == "WRITTEN"
    assert reasons(pen.hq) == ["resolved_twice"]


def test_a_sales_lines_add_up_to_its_amount(pen: Pen) -> None:
    sell(pen)
    pen.send(pen.cut())
    (sale,) = rows(pen.hq, Sale)
    assert sum(line["amount"] for line in rows(pen.hq, SaleLine)) == sale["amount"]


def test_a_sale_that_knows_all_its_parties_is_in_no_doubt(pen: Pen) -> None:
    sell(pen)
    pen.send(pen.cut())
    assert reasons(pen.hq) == []


def test_a_sale_of_unknown_parties_is_taken_and_shown(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen = enrol(headquarters, clock)
    pen.sell("N0009-000001", "000000000099", card="860000000099")
    pen.send(pen.cut())
    assert len(rows(headquarters, Sale)) == 1
    assert reasons(headquarters) == [
        "unknown_account",
        "unknown_card",
        "unknown_meter",
        "unknown_tariff",
    ]


def test_doubts_end_when_what_was_missing_arrives(
    headquarters: Headquarters, clock: HandClock
) -> None:
    guest = enrol(headquarters, clock, "N0002", seed=2)
    guest.sell(ACCOUNT, "000000000004", card="860000000001")
    guest.send(guest.cut())
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    home = enrol(headquarters, clock)
    home.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card="860000000001")
    home.send(home.cut())
    assert reasons(headquarters) == []


def test_two_sales_with_one_purchase_count_are_both_money_and_both_shown(
    pen: Pen, clock: HandClock
) -> None:
    sell(pen)
    pen.send(pen.cut())
    other = enrol(pen.hq, clock, "N0002", seed=2)
    other.sell(ACCOUNT, "000000000004", card="860000000001", quantity=20_000)
    other.send(other.cut())
    assert reasons(pen.hq) == ["count_taken", "count_taken"]
    assert sum(sale["amount"] for sale in rows(pen.hq, Sale)) == 15_000


def test_two_copies_of_a_node_are_a_fork_and_both_count_as_money(pen: Pen) -> None:
    sell(pen)
    clone = pen.copy()
    sell(pen, quantity=10_000)
    sell(clone, quantity=30_000)
    pen.send(pen.cut())
    answer = clone.send(clone.cut())
    assert (answer.ack.status, answer.ack.head) == (Status.FORK, pen.head(pen.seq).hex())
    assert sum(sale["amount"] for sale in rows(pen.hq, Sale)) == 25_000
    assert [sale["outcome"] for sale in rows(pen.hq, Sale)] == ["WRITTEN"] * 3
    view = pen.hq.registry.nodes()[0]
    assert (view.state, view.reason) == ("STOPPED", "fork")
    assert "fork" in reasons(pen.hq)


def test_a_forks_branch_goes_on_and_is_known_again(pen: Pen) -> None:
    clone = pen.copy()
    sell(pen)
    sell(clone, quantity=30_000)
    pen.send(pen.cut())
    clone.send(clone.cut())
    sell(clone, quantity=30_000)
    clone.send(clone.cut(5))
    clone.send(clone.cut(3))
    assert len(rows(pen.hq, Sale)) == 3
    assert {row["branch"] for row in rows(pen.hq, Record)} == {0, 1}


def test_a_node_that_lost_records_is_told_that_headquarters_has_more(pen: Pen) -> None:
    restored = pen.copy()
    sell(pen)
    pen.send(pen.cut())
    answer = restored.send(restored.sign_of_life())
    assert (answer.ack.status, answer.ack.upto) == (Status.BEHIND, pen.seq)


def test_a_stopped_node_is_told_so_and_its_records_are_taken(pen: Pen) -> None:
    pen.hq.registry.stop("N0001")
    sell(pen)
    answer = pen.send(pen.cut())
    assert (answer.ack.status, answer.ack.upto) == (Status.STOPPED, pen.seq)


def test_a_flipped_bit_is_refused_and_kept_in_quarantine(pen: Pen) -> None:
    sell(pen)
    container = bytearray(pen.cut().to_bytes())
    container[400] ^= 1
    for _ in range(2):
        with pytest.raises(SignatureInvalid):
            pen.hq.reconciliation.take(bytes(container), pen.clock())
    (kept,) = rows(pen.hq, Quarantine)
    assert (kept["node"], kept["code"], kept["times"]) == ("N0001", "signature_invalid", 2)
    assert rows(pen.hq, Record) == []


def test_a_strangers_segment_is_refused_and_kept_in_quarantine(pen: Pen) -> None:
    pen.key = SigningKey.from_seed(b"s" * 32)
    with pytest.raises(UnknownSigner):
        pen.send(pen.cut())
    assert rows(pen.hq, Quarantine)[0]["code"] == "unknown_signer"


@pytest.mark.parametrize("body", [b"", b"\xff", b"\0", b"\1abc", b"\0YIKA1 x"])
def test_noise_is_refused_with_a_sentence(headquarters: Headquarters, body: bytes) -> None:
    with pytest.raises(YikaError):
        headquarters.reconciliation.receive(body, headquarters.clock())


def test_a_body_in_no_coding_of_ours_is_named(headquarters: Headquarters) -> None:
    with pytest.raises(TransportMalformed):
        headquarters.reconciliation.receive(b"\xffnoise", headquarters.clock())
