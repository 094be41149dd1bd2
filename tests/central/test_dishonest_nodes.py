"""A certified node that lies: its records are taken or refused, and nobody else waits for it."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from central_builders import HandClock, Pen, enrol, publish_water, water_tariff
from journals import an_intent
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Rating, Sale, Suspense, table_of
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.journal.bodies import FIGURE_MAX, TOTAL_MAX, Line, Reading
from yika_common.journal.body import Body
from yika_common.journal.coding import encode_transport
from yika_common.journal.errors import SegmentMalformed
from yika_common.journal.record import TIME_MAX, chain
from yika_common.numbers import Quantity
from yika_common.services import PROFILES
from yika_common.signing import strict_json
from yika_common.tariffs.document import parse_tariff

METERS = ["001000000001", "001000000002", "001000000003", "001000000004"]
CARD = "860000000001"


@pytest.fixture
def liar(headquarters: Headquarters, clock: HandClock) -> Pen:
    """A node with an account, whose tariff headquarters published."""
    publish_water(headquarters)
    pen = enrol(headquarters, clock, "N0666")
    clock.pass_by(minutes=5)
    pen.open_account("X1", METERS, card=CARD)
    return pen


def write_raw(pen: Pen, members: dict[str, Any], *, at: int) -> None:
    """Write a record that the journal's own writer would not write."""
    kind = members.pop("t")
    line = strict_json.write({"t": kind, "q": pen.seq + 1, "ts": at} | members) + b"\n"
    pen.heads.append(chain(pen.head(pen.seq), line))
    pen.lines.append(line)


def a_lie(**changes: Any) -> Body:
    """An intent priced by the published tariff, but for the changes."""
    tariff = parse_tariff(water_tariff())
    values = {
        "account": "X1",
        "card": CARD,
        "meter": METERS[3],
        "tariff": tariff.id,
        "tariff_version": tariff.version,
        "tariff_digest": tariff.digest[:8].hex(),
    }
    return an_intent(**(values | changes))


def honest_sale_is_priced(hq: Headquarters, clock: HandClock) -> None:
    """Another node's sale is taken, priced, shown and reported."""
    honest = enrol(hq, clock, "N0001", seed=9)
    honest.open_account("A1", ["002000000001", *METERS[1:]], card="860000000002")
    honest.sell("A1", "002000000001", card="860000000002")
    honest.send(honest.cut())
    hq.rerating.drain()
    with hq.database.reading() as session:
        table = table_of(Rating)
        differing = session.execute(select(table).where(table.c.account == "A1")).all()
    assert differing == []
    assert hq.enquiries.waiting().queue == 0
    hq.enquiries.sold_today()
    scope = hq.report_office.scope(date(2026, 6, 1), date(2026, 6, 1))
    hq.report_office.write(hq.folder / "all.xlsx", scope, made_by="x", translate=str)


def reasons(hq: Headquarters) -> set[str]:
    with hq.database.reading() as session:
        return set(session.execute(select(table_of(Suspense).c.reason)).scalars())


EXTREMES: dict[str, Callable[[], Body]] = {
    "the largest figures": lambda: a_lie(
        quantity=FIGURE_MAX,
        amount=FIGURE_MAX,
        residual=FIGURE_MAX,
        typed=FIGURE_MAX,
        total=TOTAL_MAX,
        used_before=TOTAL_MAX,
        heated_area=FIGURE_MAX,
        heating_year=9999,
        months_due=1200,
        lines=tuple(Line("water", 1, FIGURE_MAX, 2**53 - 1, FIGURE_MAX) for _ in range(8)),
    ),
    "nothing at all": lambda: a_lie(
        quantity=0, amount=0, typed=0, total=0, lines=(), period="", persons=0
    ),
    "text that others would run": lambda: a_lie(
        account="=cmd|' /C calc'!A0",
        tariff="<script>alert(1)</script>",
        lines=(Line("=1+1", 1, 5, 5, 7),),
    ),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_the_most_extreme_records_stop_nobody(
    liar: Pen, headquarters: Headquarters, clock: HandClock, name: str
) -> None:
    for _ in range(20):
        liar.write(EXTREMES[name]())
    liar.write(EXTREMES[name](), at=TIME_MAX)
    liar.write(EXTREMES[name](), at=0)
    assert liar.send(liar.cut()).ack.upto == liar.seq
    honest_sale_is_priced(headquarters, clock)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amt": FIGURE_MAX + 1}, id="money"),
        pytest.param({"qty": 2**53 - 1}, id="quantity"),
        pytest.param({"amt": -1}, id="negative money"),
        pytest.param({"T": TOTAL_MAX + 1}, id="total"),
        pytest.param({"md": 2**53 - 1}, id="months"),
    ],
)
def test_figures_beyond_reason_are_kept_and_shown(
    liar: Pen, headquarters: Headquarters, clock: HandClock, changes: dict[str, int]
) -> None:
    write_raw(liar, {"t": "intent"} | a_lie().members() | changes, at=clock.seconds)
    assert liar.send(liar.cut()).ack.upto == liar.seq
    assert "unreadable" in reasons(headquarters)
    honest_sale_is_priced(headquarters, clock)


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        pytest.param("intent", TIME_MAX + 1, id="a time that no calendar has"),
        pytest.param("gift\0", 0, id="a type that no database holds"),
    ],
)
def test_a_record_whose_frame_nobody_could_store_is_refused_on_both_databases(
    liar: Pen, headquarters: Headquarters, clock: HandClock, kind: str, at: int
) -> None:
    write_raw(liar, {"t": kind} | a_lie().members(), at=at)
    body = encode_transport(liar.cut().to_bytes())
    with pytest.raises(SegmentMalformed):
        headquarters.reconciliation.receive(body, clock())
    assert headquarters.enquiries.waiting().quarantine == 1
    honest_sale_is_priced(headquarters, clock)


def test_counts_that_go_down_are_all_counted(
    liar: Pen, headquarters: Headquarters, clock: HandClock
) -> None:
    for count in (9, 3, 3, 1):
        liar.write(a_lie(count=count))
    liar.send(liar.cut())
    assert "count_taken" in reasons(headquarters)
    with headquarters.database.reading() as session:
        assert len(session.execute(select(table_of(Sale))).all()) == 4
    honest_sale_is_priced(headquarters, clock)


READING = {
    "generation": 1,
    "count": 7,
    "total": 70_000,
    "balance": -5_000,
    "used": 75_000,
    "status": 1,
    "sequence": 12,
}


def a_reading(hq: Headquarters, clock: HandClock, meter: str, **changes: int) -> Reading:
    """What a meter of area A01 wrote back, after somebody made these changes."""
    keys = hq.keys.meter_keys(meter, 1, "A01")
    assert keys.wbq is not None
    figures = {name: value for name, value in READING.items() if name not in ("status", "used")}
    evidence = MeterReading(
        meter_id=meter,
        slot=3,
        key_version=1,
        lifetime_use=Quantity(READING["used"]),
        status=MeterStatus(READING["status"]),
        clock=clock(),
        **figures,  # type: ignore[arg-type]
    ).evidence(keys.wbq)
    values: dict[str, Any] = READING | {"slot": 3, "meter_time": clock.seconds} | changes
    return Reading(card=CARD, meter=meter, evidence=evidence.hex(), **values)


def test_a_reading_as_the_meter_wrote_it_is_in_no_doubt(
    liar: Pen, headquarters: Headquarters, clock: HandClock
) -> None:
    meter = headquarters.stock.take_in_new("A01", PROFILES[4], 0).meters[3].meter
    liar.write(a_reading(headquarters, clock, meter))
    liar.send(liar.cut())
    assert "false_reading" not in reasons(headquarters)


@pytest.mark.parametrize(
    "changes",
    [{name: READING[name] + 1} for name in READING]
    + [{"slot": 2}, {"meter_time": 0}, {"total": 2**53 - 1}, {"status": 2**20}],
    ids=str,
)
def test_a_reading_that_somebody_changed_is_kept_and_shown(
    liar: Pen, headquarters: Headquarters, clock: HandClock, changes: dict[str, int]
) -> None:
    meter = headquarters.stock.take_in_new("A01", PROFILES[4], 0).meters[3].meter
    liar.write(a_reading(headquarters, clock, meter, **changes))
    assert liar.send(liar.cut()).ack.upto == liar.seq
    assert "false_reading" in reasons(headquarters)


def test_lines_that_do_not_add_up_are_kept_and_shown(
    liar: Pen, headquarters: Headquarters
) -> None:
    liar.write(a_lie(amount=5000, lines=(Line("water", 1, 10_000, 50_000, 4999),)))
    liar.write(a_lie(count=2, amount=1, lines=()))
    assert liar.send(liar.cut()).ack.upto == liar.seq
    table = table_of(Suspense)
    with headquarters.database.reading() as session:
        found = session.execute(
            select(table.c.subject, table.c.amount)
            .where(table.c.reason == "lines_differ")
            .order_by(table.c.seq)
        ).all()
    assert [tuple(row) for row in found] == [("4999", 5000), ("0", 1)]
