"""However a journal is cut, doubled, shuffled or sent at once: it ends in the same state."""

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

from central_builders import HandClock, Pen, enrol, new_headquarters, publish_water
from ingest_builders import ACCOUNT, pen_of, reasons, sell, stocked_in
from settlement_builders import rows
from yika_central.bootstrap import Headquarters
from yika_central.db.database import add
from yika_central.db.projections import suspense_row
from yika_central.db.tables import Account, Record, RerateQueue, Sale, SaleLine, Suspense, table_of
from yika_central.domain.placement import Placed
from yika_central.services.reconciliation_review import review
from yika_common.journal.coding import encode_transport
from yika_common.services import PROFILES
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.messages import Ack


@pytest.fixture
def stocked(headquarters: Headquarters) -> Headquarters:
    """See :func:`ingest_builders.stocked_in`."""
    return stocked_in(headquarters)


@pytest.fixture
def pen(stocked: Headquarters, clock: HandClock) -> Pen:
    """See :func:`ingest_builders.pen_of`."""
    return pen_of(stocked, clock)


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
