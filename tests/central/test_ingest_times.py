"""What arrives is bracketed in time, and answers what was sent before."""

import pytest

from central_builders import HandClock, Pen, answer_invitation, enrol
from ingest_builders import ACCOUNT, pen_of, reasons, sell, stocked_in
from settlement_builders import rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Account, RerateQueue, Sale
from yika_common.journal.bodies import BundleApplied
from yika_common.journal.bodies import Sale as SaleBody
from yika_common.services import PROFILES


@pytest.fixture
def stocked(headquarters: Headquarters) -> Headquarters:
    """See :func:`ingest_builders.stocked_in`."""
    return stocked_in(headquarters)


@pytest.fixture
def pen(stocked: Headquarters, clock: HandClock) -> Pen:
    """See :func:`ingest_builders.pen_of`."""
    return pen_of(stocked, clock)


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
