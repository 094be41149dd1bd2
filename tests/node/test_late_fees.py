"""A fee that was collected and forgotten is written down later, with its true time and why."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from counters import Counters
from node_pages import Clerk, Pages, code_of, pages_in
from node_world import OPERATOR, contents
from refund_builders import SecondPerson
from yika_common.numbers import Money
from yika_common.sync.settings import FeeItem, Settings
from yika_node.db.till_queries import TillQueries
from yika_node.services.charge_errors import FeePriceFixed, LateFeeUnlikely
from yika_node.services.charges import LATE_MAX, ChargeDesk

SEAL = FeeItem("SEAL", "表封", "Meter seal", 2_260, 130_000, "6051", 0)
WHY = "the power was out"


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path)
    made.publish_and_open()
    made.settle_by(fees=(SEAL,))
    yield made
    made.close()


@pytest.fixture
def desk(counters: Counters) -> ChargeDesk:
    node = counters.nodes[0]
    return ChargeDesk(
        node.journal,
        node.queries,
        TillQueries(node.store),
        node.accounts,
        node.standing,
        SecondPerson(),
        lambda: node.settings.settings().fees,
        node.clock,
    )


def test_it_has_both_times_and_is_written_down_once(counters: Counters, desk: ChargeDesk) -> None:
    now = counters.worlds[0].now
    then = now - timedelta(hours=20)
    first = desk.take_late_fee(OPERATOR, "SEAL", "form", then, WHY)
    assert desk.take_late_fee(OPERATOR, "SEAL", "form", then, WHY) == first
    assert (first.happened, first.at, first.reason, first.amount) == (then, now, WHY, 2_260)
    assert len(desk.charges()) == 1
    assert desk.take_fee(OPERATOR, "SEAL", "another").happened is None
    database = counters.worlds[0].folder / "node.db"
    before = contents(database)
    counters.nodes[0].journal.rebuild()
    assert contents(database) == before


@pytest.mark.parametrize(
    ("ago", "why"),
    [
        (timedelta(seconds=-1), WHY),
        (LATE_MAX + timedelta(seconds=1), WHY),
        (timedelta(hours=1), ""),
    ],
)
def test_no_likely_time_or_no_reason_is_refused(
    counters: Counters, desk: ChargeDesk, ago: timedelta, why: str
) -> None:
    then = counters.worlds[0].now - ago
    with pytest.raises(LateFeeUnlikely):
        desk.take_late_fee(OPERATOR, "SEAL", "form", then, why)
    with pytest.raises(FeePriceFixed):
        desk.take_late_fee(OPERATOR, "SEAL", "form", counters.worlds[0].now, WHY, amount=Money(1))
    assert desk.charges() == ()


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "node") as pages:
        pages.world.headquarters.publish_settings(Settings(fees=(SEAL,)))
        yield pages


@pytest.fixture(params=["en", "zh"])
def clerk(pages: Pages, request: pytest.FixtureRequest) -> Clerk:
    clerk = pages.clerk(request.param)
    pages.node.courier.sync()
    return clerk


def test_the_page_takes_it_and_its_receipt_says_when_it_was_collected(
    pages: Pages, clerk: Clerk
) -> None:
    page = "/payments/forgotten"
    assert page in clerk.get("/charges").text
    assert clerk.get(page).text.count("autofocus") == 1
    then = pages.world.now - timedelta(hours=2)
    local = then.astimezone(pages.node.config.place.zone)
    typed = {"code": "SEAL", "collected": local.strftime("%Y-%m-%dT%H:%M"), "note": WHY}
    for wrong in ("", "2020-01-01T08:00", "0001-01-01T00:00", "9999-12-31T23:59", "yesterday"):
        refused = clerk.post(page, typed | {"collected": wrong}, on=page)
        assert code_of(refused) == "late_fee_unlikely"
        assert WHY in refused.text
    done = clerk.post(page, typed, on=page)
    assert done.status_code == 303, done.text
    slip = clerk.get(done.location).text
    assert local.strftime("%H:%M") in slip
    assert WHY in slip
