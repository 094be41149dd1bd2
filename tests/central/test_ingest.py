"""Headquarters takes a journal in once, whichever way and in whatever order it comes."""

import hashlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from central_builders import (
    HandClock,
    Pen,
    answer_invitation,
    enrol,
    new_headquarters,
    publish_water,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.database import add
from yika_central.db.projections import suspense_row
from yika_central.db.tables import (
    Account,
    Quarantine,
    Record,
    RerateQueue,
    Row,
    Sale,
    SaleLine,
    Suspense,
    table_of,
)
from yika_central.domain.placement import Placed
from yika_central.services.reconciliation import UnknownSigner
from yika_central.services.reconciliation_review import review
from yika_common.errors import YikaError
from yika_common.journal.bodies import BundleApplied, Superseded
from yika_common.journal.bodies import Sale as SaleBody
from yika_common.journal.coding import encode_transport
from yika_common.journal.errors import TransportMalformed
from yika_common.services import PROFILES
from yika_common.signing.errors import SignatureInvalid
from yika_common.signing.keys import SigningKey
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.messages import Ack, Status

ACCOUNT = "N0001-000017"


@pytest.fixture
def stocked(headquarters: Headquarters) -> Headquarters:
    """A headquarters with a published tariff, four meters and two cards of area A01."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    return headquarters


@pytest.fixture
def pen(stocked: Headquarters, clock: HandClock) -> Pen:
    """A node that has opened one account with the stocked meters."""
    node = enrol(stocked, clock)
    meters = [f"{number:012}" for number in range(1, 5)]
    node.open_account(ACCOUNT, meters, card="860000000001")
    return node


def sell(pen: Pen, times: int = 1, **options: Any) -> int:
    """Sell water on the account; returns the last intent's seq."""
    seq = 0
    for _ in range(times):
        seq = pen.sell(ACCOUNT, "000000000004", card="860000000001", **options)
    return seq


def rows(hq: Headquarters, row: type[Row]) -> list[dict[str, Any]]:
    """Every row of a table, in the order of its key."""
    table = table_of(row)
    with hq.database.reading() as session:
        found = session.execute(select(table).order_by(*table.primary_key)).mappings().all()
    return [dict(values) for values in found]


def reasons(hq: Headquarters) -> list[str]:
    """The reasons in suspense, sorted."""
    return sorted(row["reason"] for row in rows(hq, Suspense))


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


def test_every_acknowledgement_counts_one_higher(pen: Pen) -> None:
    counts = [pen.send(pen.sign_of_life()).ack.count for _ in range(4)]
    assert counts == [1, 2, 3, 4]


def test_a_sale_is_bracketed_by_a_sign_of_life_and_by_its_arrival(
    pen: Pen, clock: HandClock
) -> None:
    pen.send(pen.cut())
    clock.pass_by(hours=1)
    heard = clock.seconds
    pen.send(pen.sign_of_life())
    pen.send(pen.sign_of_life())
    clock.pass_by(days=2)
    sell(pen)
    pen.send(pen.cut(pen.seq - 1))
    (sale,) = rows(pen.hq, Sale)
    assert (sale["not_before"], sale["not_after"]) == (heard, clock.seconds)


def test_an_acknowledgement_seen_by_a_later_segment_bounds_no_backlog(
    pen: Pen, clock: HandClock
) -> None:
    enrolled = clock.seconds
    sell(pen, 2)
    clock.pass_by(days=14)
    pen.send(pen.cut(1, 4))
    pen.send(pen.cut(5))
    assert [sale["not_before"] for sale in rows(pen.hq, Sale)] == [enrolled, enrolled]


def test_a_manifest_adopted_in_the_journal_bounds_what_follows(pen: Pen, clock: HandClock) -> None:
    clock.pass_by(days=1)
    pen.hq.stock.take_in_new("A01", PROFILES[4], 0)
    issued = clock.seconds
    clock.pass_by(days=1)
    pen.write(BundleApplied(version=2, digest="00" * 8, items=()))
    sell(pen)
    clock.pass_by(days=1)
    pen.send(pen.cut())
    assert rows(pen.hq, Sale)[0]["not_before"] == issued


def test_a_node_with_an_older_manifest_gets_the_newest_with_its_answer(pen: Pen) -> None:
    pen.held = 1
    assert pen.send(pen.sign_of_life()).manifest is None
    pen.hq.stock.take_in_new("A01", PROFILES[4], 0)
    answer = pen.send(pen.sign_of_life())
    assert answer.manifest is not None
    assert (answer.manifest.version, answer.ack.manifest) == (2, 2)


def test_re_rating_is_asked_for_what_arrived(pen: Pen) -> None:
    sell(pen)
    pen.send(pen.cut())
    queued = {(row["account"], row["service"]) for row in rows(pen.hq, RerateQueue)}
    assert (ACCOUNT, "cold_water") in queued


def test_an_intent_of_an_earlier_epoch_is_ended_by_its_hash(pen: Pen, clock: HandClock) -> None:
    intent = sell(pen, settle=False)
    pen.send(pen.cut())
    later = answer_invitation(
        pen.hq,
        clock,
        pen.hq.enrolment.invite("N0001", name="", areas=("A01",), url="http://127.0.0.1:1"),
        seed=3,
    )
    later.write(SaleBody(intent=intent, epoch=1, hash=pen.head(intent)[:8].hex()))
    later.send(later.cut())
    (sale,) = rows(pen.hq, Sale)
    assert (sale["outcome"], sale["resolved_epoch"]) == ("WRITTEN", 2)
    assert reasons(pen.hq) == []


def test_an_intent_that_arrives_after_the_record_that_ends_it_is_ended_then(
    pen: Pen, clock: HandClock
) -> None:
    intent = sell(pen, settle=False)
    text = pen.hq.enrolment.invite("N0001", name="", areas=("A01",), url="http://127.0.0.1:1")
    later = answer_invitation(pen.hq, clock, text, seed=3)
    later.write(SaleBody(intent=intent, epoch=1, hash=pen.head(intent)[:8].hex()))
    later.send(later.cut())
    assert reasons(pen.hq) == ["unknown_intent"]
    pen.send(pen.cut())
    (sale,) = rows(pen.hq, Sale)
    assert (sale["outcome"], sale["resolved_epoch"]) == ("WRITTEN", 2)
    assert reasons(pen.hq) == []


def test_an_account_opened_twice_stands_as_it_came_first_and_is_shown(
    pen: Pen, clock: HandClock
) -> None:
    pen.send(pen.cut())
    other = enrol(pen.hq, clock, "N0002", seed=2)
    other.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card="860000000002")
    other.send(other.cut())
    assert [account["node"] for account in rows(pen.hq, Account)] == ["N0001"]
    assert reasons(pen.hq) == ["account_doubled", "card_doubled"]


def test_a_thousand_records_are_one_transaction(pen: Pen) -> None:
    sell(pen, 499)
    assert pen.seq == 1000
    assert pen.send(pen.cut()).ack.upto == 1000
    assert len(rows(pen.hq, Sale)) == 499


TABLES = (Record, Sale, SaleLine, Suspense, Account, RerateQueue)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pen]:
    """A journal of forty records, and a headquarters that has seen none of them."""
    clock = HandClock()
    hq = new_headquarters(tmp_path_factory.mktemp("written"), clock)
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 2)
    pen = enrol(hq, clock)
    pen.open_account(ACCOUNT, [f"{number:012}" for number in range(1, 5)], card="860000000001")
    sell(pen, 19)
    yield pen
    hq.close()


def fresh(folder: Path) -> Headquarters:
    """The same headquarters as ``written``'s, before anything was sent."""
    clock = HandClock()
    hq = new_headquarters(folder, clock)
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 2)
    enrol(hq, clock)
    return hq


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(2, 40), max_size=6, unique=True),
    shuffled=st.randoms(use_true_random=False),
    doubled=st.integers(0, 4),
)
def test_any_cutting_order_and_doubling_ends_in_the_same_state(
    written: Pen,
    tmp_path_factory: pytest.TempPathFactory,
    cuts: list[int],
    shuffled: Random,
    doubled: int,
) -> None:
    edges = [1, *sorted(cuts), written.seq + 1]
    segments = [written.cut(first, after - 1) for first, after in itertools.pairwise(edges)]
    deliveries = segments + [shuffled.choice(segments) for _ in range(doubled)]
    shuffled.shuffle(deliveries)
    hq = fresh(tmp_path_factory.mktemp("fresh"))
    try:
        for segment in deliveries:
            answer = hq.reconciliation.take(segment.to_bytes(), hq.clock())
        ack = written.open(answer[: len(answer)]).ack
        assert (ack.upto, ack.head) == (written.seq, written.head(written.seq).hex())
        assert digest(hq) == plain_digest(written, tmp_path_factory)
    finally:
        hq.close()


_plain: list[str] = []


def plain_digest(written: Pen, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the tables hold when everything came at once; computed when first asked for."""
    if not _plain:
        hq = fresh(tmp_path_factory.mktemp("plain"))
        hq.reconciliation.take(written.cut().to_bytes(), hq.clock())
        _plain.append(digest(hq))
        hq.close()
    return _plain[0]


def digest(hq: Headquarters) -> str:
    """A digest of the ledger; how it was cut and how often it was touched is left out."""
    kept = [
        [{key: row[key] for key in row if key not in ("segment", "ticket")} for row in rows(hq, t)]
        for t in TABLES
    ]
    return hashlib.sha256(repr(kept).encode()).hexdigest()


def test_the_transport_coding_gives_headquarters_the_signed_bytes(pen: Pen) -> None:
    sell(pen)
    file = pen.cut()
    pen.hq.reconciliation.receive(encode_transport(file.to_bytes()), pen.clock())
    assert read_signed_file(file.to_bytes()) == file
    assert len(rows(pen.hq, Record)) == pen.seq


def test_an_ingest_that_ignores_a_taken_position_would_lose_money(
    pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: with "do nothing on conflict" the fork's money is gone."""

    def ignoring(first: int, previous: bytes, hashes: Any, branches: Any, known: Any) -> Placed:
        return Placed(branch=0, start=min(len(hashes), branches[0].upto - first + 1))

    monkeypatch.setattr("yika_central.services.reconciliation_intake.place", ignoring)
    clone = pen.copy()
    sell(pen)
    sell(clone, quantity=30_000)
    pen.send(pen.cut())
    clone.send(clone.cut())
    assert sum(sale["amount"] for sale in rows(pen.hq, Sale)) == 5000


def test_many_deliveries_at_once_count_once_and_each_has_its_own_number(pen: Pen) -> None:
    sell(pen, 40)
    pieces = [pen.cut(1, 30), pen.cut(31, 60), pen.cut(61), pen.cut(20, 70)] * 4

    def deliver(piece: SignedFile) -> Ack:
        return pen.open(pen.hq.reconciliation.take(piece.to_bytes(), pen.clock())).ack

    with ThreadPoolExecutor(8) as threads:
        acks = list(threads.map(deliver, pieces))
    assert sorted(ack.count for ack in acks) == list(range(1, len(pieces) + 1))
    assert len(rows(pen.hq, Record)) == pen.seq
    assert pen.send(pen.sign_of_life()).ack.upto == pen.seq


def test_what_passed_each_other_at_one_moment_is_found_by_the_review(
    pen: Pen, clock: HandClock
) -> None:
    other = enrol(pen.hq, clock, "N0002", seed=2)
    other.sell(ACCOUNT, "000000000004", card="860000000001", quantity=20_000)
    other.send(other.cut())
    sell(pen)
    pen.send(pen.cut())
    settled = digest(pen.hq)
    missed = suspense_row(
        {"node": "N0002", "epoch": 1, "branch": 0, "seq": 1},
        "unknown_account",
        subject=ACCOUNT,
        amount=10_000,
        at=clock.seconds,
    )
    with pen.hq.database.writing() as connection:
        connection.execute(table_of(Suspense).delete())
        add(connection, Suspense, [missed])
    review(pen.hq.database, clock())
    assert reasons(pen.hq) == ["count_taken", "count_taken"]
    assert digest(pen.hq) == settled
