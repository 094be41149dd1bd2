"""Segments that wait for earlier ones: bounded, never in the way, and taken in whatever order."""

import itertools
import random

import pytest
from sqlalchemy import select

from central_builders import HandClock, Pen, enrol, publish_water
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Sale, Suspense, table_of
from yika_central.services import reconciliation
from yika_central.services.reconciliation import ParkingFull
from yika_common.journal.bodies import Sale as SaleEnd
from yika_common.sync.messages import Status

METERS = ["001000000001", "001000000002", "001000000003", "001000000004"]


@pytest.fixture
def pen(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A node with an account and twelve sales, none of them sent."""
    publish_water(headquarters)
    pen = enrol(headquarters, clock)
    pen.open_account("X1", METERS, card="860000000001")
    for _ in range(12):
        pen.sell("X1", METERS[3], card="860000000001")
    return pen


def sales(hq: Headquarters) -> int:
    with hq.database.reading() as session:
        return len(session.execute(select(table_of(Sale))).all())


def test_a_full_parking_area_turns_away_what_would_wait_and_nothing_else(
    pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "PARKED_MAX", 3)
    early = [pen.cut(first, first + 1) for first in (5, 9, 13)]
    for file in early:
        assert pen.send(file).ack.status == Status.GAP
    with pytest.raises(ParkingFull):
        pen.send(pen.cut(17, 18))
    assert pen.hq.registry.nodes()[0].parked == 3
    assert pen.send(early[0]).ack.status == Status.GAP, "it waits there already"
    assert pen.send(pen.cut(1, 8)).ack.upto == 10
    assert pen.hq.registry.nodes()[0].parked == 1
    assert pen.send(pen.cut(11)).ack.upto == pen.seq
    assert pen.hq.registry.nodes()[0].parked == 0
    assert sales(pen.hq) == 12


@pytest.mark.parametrize("seed", range(4))
def test_single_records_in_any_order_are_all_taken(pen: Pen, seed: int) -> None:
    places = list(range(1, pen.seq + 1))
    random.Random(seed).shuffle(places)  # noqa: S311 - it must repeat itself
    answers = [pen.send(pen.cut(place, place)) for place in places]
    assert answers[-1].ack.upto == pen.seq
    assert pen.hq.registry.nodes()[0].parked == 0
    assert sales(pen.hq) == 12


def test_what_contradicts_the_journal_is_opened_once_and_stays_out_of_the_way(
    pen: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = pen.copy()
    for each, quantity in ((pen, 1000), (other, 2000)):
        each.sell("X1", METERS[3], card="860000000001", quantity=quantity)
    pen.send(pen.cut())
    assert other.send(other.cut(other.seq)).ack.status == Status.FORK
    opened: list[object] = []
    monkeypatch.setattr(
        reconciliation.Reconciliation, "_parked", lambda *taken: opened.append(taken)
    )
    assert pen.send(pen.sign_of_life()).ack.upto == pen.seq
    assert opened == []


@pytest.mark.parametrize("cuts", [[], [2], [3], [2, 3]])
def test_an_end_that_stands_before_its_intent_ends_nothing_however_it_is_cut(
    headquarters: Headquarters, clock: HandClock, cuts: list[int]
) -> None:
    pen = enrol(headquarters, clock)
    pen.write(SaleEnd(intent=2))
    pen.sell("X1", METERS[3], card="860000000001", settle=False)
    pen.write(SaleEnd(intent=2))
    edges = [1, *cuts, pen.seq + 1]
    for first, after in itertools.pairwise(edges):
        pen.send(pen.cut(first, after - 1))
    sale, doubt = table_of(Sale), table_of(Suspense)
    with headquarters.database.reading() as session:
        assert session.execute(select(sale.c.outcome, sale.c.resolved_seq)).all() == [
            ("WRITTEN", 3)
        ]
        shown = select(doubt.c.seq, doubt.c.reason).where(doubt.c.reason.like("%intent%"))
        assert session.execute(shown).all() == [(1, "unknown_intent")]
