"""Cases at headquarters: opened from journals as they arrive, settled by late ones, explained."""

from dataclasses import replace
from datetime import timedelta

import pytest

from central_builders import LI, HandClock, Pen
from central_pages import post, signed_in
from settlement_builders import CARD, MEI, METER, a_town, deliver, sell
from yika_central.bootstrap import Headquarters
from yika_central.domain.detection import Kind
from yika_central.services.detection import LEASE, NoSuchCase
from yika_central.services.two_persons import ReasonMissing
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import Reading, Superseded, Witness
from yika_common.numbers import Quantity


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def read_back(pen: Pen, *, count: int, total: int, used: int = 0, number: int = 1) -> None:
    """The pen's node reads a genuine write-back of the meter from the card."""
    reading = MeterReading(
        meter_id=METER,
        slot=3,
        key_version=1,
        generation=1 if count else 0,
        count=count,
        total=Quantity(total),
        balance=Quantity(total - used),
        lifetime_use=Quantity(used),
        status=MeterStatus(0),
        sequence=number,
        clock=from_timestamp(pen.clock.seconds),
    )
    keys = pen.hq.keys.meter_keys(METER, 1, "A01")
    assert keys.wbq is not None
    pen.write(
        Reading(
            card=CARD,
            meter=METER,
            slot=3,
            generation=reading.generation,
            count=count,
            total=total,
            balance=reading.balance,
            used=used,
            status=0,
            sequence=number,
            meter_time=pen.clock.seconds,
            evidence=reading.evidence(keys.wbq).hex(),
        )
    )


def found(hq: Headquarters, state: str = "OPEN") -> list[tuple[Kind, int]]:
    hq.detection.run()
    return [(case.kind, case.amount) for case in hq.detection.cases(state)]


def test_what_a_meter_took_and_nobody_reported_is_a_case_until_the_journal_arrives(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sell(pens[0], 10_000, count=1)
    clock.pass_by(hours=1)
    read_back(pens[1], count=1, total=10_000)
    deliver(pens[1])
    assert found(headquarters) == [(Kind.UNREPORTED, 10_000)]
    (case,) = headquarters.detection.cases()
    assert (case.subject, case.places) == (METER, ("N0002-e1-q1",))
    clock.pass_by(hours=1)
    deliver(pens[0])
    assert found(headquarters) == []
    assert found(headquarters, "SETTLED") == [(Kind.UNREPORTED, 10_000)]


def test_ghost_credit_is_a_case_that_a_person_explains(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    sell(pens[0], 10_000, count=1)
    read_back(pens[0], count=1, total=12_500)
    deliver(pens[0])
    assert found(headquarters) == [(Kind.GHOST, 2_500)]
    key = (METER, "ghost", "1/1")
    with pytest.raises(ReasonMissing):
        headquarters.detection.explain(*key, note=" ", by="mei")
    headquarters.detection.explain(*key, note="The meter's maker confirms a fault", by="mei")
    assert found(headquarters) == []
    with pytest.raises(NoSuchCase):
        headquarters.detection.explain(*key, note="Again", by="mei")
    # The same evidence again opens nothing; more credit does.
    read_back(pens[0], count=1, total=12_500)
    deliver(pens[0])
    assert found(headquarters) == []
    read_back(pens[0], count=1, total=13_000, number=2)
    deliver(pens[0])
    assert found(headquarters) == [(Kind.GHOST, 3_000)]


def test_a_reading_without_evidence_accuses_nobody(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    sell(pens[0], 10_000, count=1)
    pens[0].write(
        Reading(
            card=CARD,
            meter=METER,
            slot=3,
            generation=1,
            count=1,
            total=99_000,
            balance=99_000,
            used=0,
            status=0,
            sequence=1,
            meter_time=pens[0].clock.seconds,
            evidence="00" * 8,
        )
    )
    deliver(pens[0])
    assert found(headquarters) == []


def test_a_sale_that_turns_out_superseded_is_looked_at_again(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    intent = sell(pens[0], 10_000, count=1, settle=False)
    clock.pass_by(hours=1)
    read_back(pens[1], count=1, total=10_000)
    deliver(*pens)
    assert found(headquarters) == []
    clock.pass_by(hours=1)
    pens[0].write(Superseded(intent=intent, generation_seen=1, count_seen=2))
    deliver(pens[0])
    assert found(headquarters) == [(Kind.UNREPORTED, 10_000)]


def witness(pen: Pen, of: Pen, seq: int, **changes: object) -> None:
    body = Witness(
        card=CARD, slot=3, node=of.node, epoch=1, seq=seq, head=of.head(seq - 1)[:8].hex()
    )
    pen.write(replace(body, **changes))  # type: ignore[arg-type]


def test_a_witness_whose_record_arrives_is_closed(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    witness(pens[1], pens[0], seq)
    deliver(pens[1])
    assert found(headquarters) == []
    clock.pass_by(seconds=int((LEASE + timedelta(hours=1)).total_seconds()))
    assert found(headquarters) == [(Kind.WITNESS_AHEAD, 0)]
    (case,) = headquarters.detection.cases()
    assert case.subject == "N0001"
    deliver(pens[0])
    assert found(headquarters) == []
    assert found(headquarters, "SETTLED") == [(Kind.WITNESS_AHEAD, 0)]


@pytest.mark.parametrize("change", [{"head": "00" * 8}, {"slot": 2}])
def test_a_witness_that_the_journal_contradicts_is_a_case(
    headquarters: Headquarters, pens: tuple[Pen, Pen], change: dict[str, object]
) -> None:
    seq = sell(pens[0], 10_000, count=1)
    witness(pens[1], pens[0], seq, **change)
    deliver(*pens)
    assert found(headquarters) == [(Kind.WITNESS_CONTRADICTED, 0)]
    assert found(headquarters) == [(Kind.WITNESS_CONTRADICTED, 0)]


def test_a_count_that_two_points_read_back_is_a_case(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sell(pens[0], 10_000, count=1)
    clock.pass_by(hours=2)
    sell(pens[1], 4_000, count=1)
    deliver(*pens)
    assert found(headquarters) == [(Kind.COUNT_SHARED, 4_000)]


def test_a_run_that_finds_nothing_new_changes_nothing(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    sell(pens[0], 10_000, count=1)
    read_back(pens[0], count=1, total=12_500)
    deliver(pens[0])
    assert headquarters.detection.run() == 1
    read_back(pens[0], count=1, total=12_500)
    deliver(pens[0])
    assert headquarters.detection.run() == 0


def test_the_page_shows_cases_and_takes_an_accountants_explanation(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    sell(pens[0], 10_000, count=1)
    read_back(pens[0], count=1, total=12_500)
    deliver(pens[0])
    headquarters.detection.run()
    client = signed_in(headquarters, MEI)
    page = client.get("/cases").text
    assert METER in page
    assert "2.5 m³" in page
    assert "The meter took more than was ever sold to it" in page
    said = {"subject": METER, "kind": "ghost", "mark": "1/1"}
    assert post(client, "/cases/explain", **said) == 409
    assert post(client, "/cases/explain", **said, note="A fault of the meter's") == 303
    assert post(client, "/cases/explain", **said, note="A fault of the meter's") == 404
    assert METER not in client.get("/cases").text
    page = client.get("/cases?state=EXPLAINED", headers={"Accept-Language": "zh"}).text
    assert "A fault of the meter" in page


def test_only_bookkeepers_explain_cases(headquarters: Headquarters, pens: tuple[Pen, Pen]) -> None:
    client = signed_in(headquarters, LI)
    said = {"subject": METER, "kind": "ghost", "mark": "1/1", "note": "No matter"}
    assert post(client, "/cases/explain", **said) == 403
