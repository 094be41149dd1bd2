"""What headquarters does by itself leaves nothing waiting, and never stops for a failure."""

import logging

import pytest
from sqlalchemy import func, select

from central_builders import HandClock, enrol, publish_water
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import RerateQueue, table_of
from yika_central.jobs import rerate, schedule
from yika_common.infra.sqlite_errors import DatabaseBusy
from yika_common.services import PROFILES


def waiting(hq: Headquarters) -> int:
    """How many pairs wait to be priced again."""
    with hq.database.reading() as session:
        queue = table_of(RerateQueue)
        count: int = session.execute(select(func.count()).select_from(queue)).scalar_one()
    return count


def sold(hq: Headquarters, clock: HandClock) -> None:
    """A node has sold once and delivered its journal."""
    publish_water(hq)
    hq.stock.take_in_new("A01", PROFILES[4], 1)
    pen = enrol(hq, clock)
    pen.open_account("N0001-000017", [f"{n:012}" for n in range(1, 5)], card="860000000001")
    pen.sell("N0001-000017", "000000000004", card="860000000001")
    pen.send(pen.cut())


def test_a_run_leaves_nothing_waiting(headquarters: Headquarters, clock: HandClock) -> None:
    sold(headquarters, clock)
    assert waiting(headquarters) > 0
    rerate(headquarters)
    assert waiting(headquarters) == 0


def test_a_failed_run_is_noted_and_leaves_the_queue(
    headquarters: Headquarters,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sold(headquarters, clock)

    def busy() -> None:
        raise DatabaseBusy

    monkeypatch.setattr(headquarters.rerating.__class__, "drain", lambda _: busy())
    with caplog.at_level(logging.WARNING):
        rerate(headquarters)
    assert [record.message for record in caplog.records] == ["rerate failed"]
    assert waiting(headquarters) > 0


def test_the_worker_begins_and_ends(headquarters: Headquarters) -> None:
    worker = schedule(headquarters)
    worker.start()
    worker.stop()
