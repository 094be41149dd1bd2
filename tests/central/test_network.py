"""What went into a branch of the network is compared with what was sold and used behind it."""

from datetime import date, timedelta
from typing import Any

import pytest

from central_builders import HandClock, Pen
from settlement_builders import ACCOUNT, CARD, METER, NEW_CARD, a_town, deliver, sell
from yika_central.bootstrap import Headquarters
from yika_central.services.network_office import (
    BranchRefused,
    BranchTaken,
    DistrictReadingRefused,
    HangingListMalformed,
    NewBranch,
    NoSuchBranch,
    NoSuchReading,
    NotHung,
    read_hanging_list,
)
from yika_central.services.network_tree import Interval
from yika_central.services.two_persons import ReasonMissing
from yika_common.cards.write_back import MeterReading, MeterStatus
from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_common.journal import bodies
from yika_common.journal.bodies import CardIssued
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Quantity
from yika_common.services import PROFILES, Service

WATER = Service.COLD_WATER.value
MAIN, EAST, WEST = "MAIN", "EAST-1", "WEST-1"
NEW_METER = "000000000008"


def a_network(hq: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """A main that feeds two branches; the account's meter hangs on the eastern one."""
    pens = a_town(hq, clock)
    office = hq.network_office
    office.enter(NewBranch(MAIN, WATER, "North main"), by="mei")
    office.enter(NewBranch("east-1", WATER, "East", parent="main"), by="mei")
    office.enter(NewBranch(WEST, WATER, "West", parent=MAIN), by="mei")
    assert office.hang({METER: "east-1"}, by="mei") == 1
    return pens


def read(hq: Headquarters, clock: HandClock, figure: int, *codes: str, **more: Any) -> None:
    """What the district meters showed as the clock's day began."""
    zone = hq.report_office.scope(date.min, date.max).zone
    for code in codes:
        day = clock.now.astimezone(zone).date()
        hq.network_office.read(code, day, Quantity(figure), by="mei", **more)


def branch_of(hq: Headquarters, meter: str) -> str:
    """The branch whose page names the meter; empty: none."""
    office = hq.network_office
    named = (one.code for one in office.tree() if meter in office.statement(one.code).meters)
    return next(named, "")


def newest(hq: Headquarters, code: str) -> Interval:
    found = hq.network_office.statement(code).readings[0].interval
    assert found is not None
    return found


def test_what_was_not_sold_of_what_went_in(headquarters: Headquarters, clock: HandClock) -> None:
    pen, _ = a_network(headquarters, clock)
    sell(pen, 7_000, count=1)
    clock.pass_by(days=1)
    deliver(pen)
    read(headquarters, clock, 100_000, MAIN, EAST)
    sell(pen, 10_000, count=2, total=17_000)
    clock.pass_by(days=30)
    deliver(pen)
    read(headquarters, clock, 112_500, EAST)
    read(headquarters, clock, 140_000, MAIN)
    sell(pen, 5_000, count=3, total=22_000)
    deliver(pen)

    east, main = newest(headquarters, EAST), newest(headquarters, MAIN)
    assert (east.supplied, east.sold, east.unsold) == (12_500, 10_000, 2_500)
    assert east.unsold_share == 200_000
    assert (main.supplied, main.sold, main.unsold_share) == (40_000, 10_000, 750_000)
    assert main.end - main.start == timedelta(days=30)

    tree = headquarters.network_office.tree(WATER)
    assert [(one.code, one.depth, one.meters) for one in tree] == [
        (MAIN, 0, 0),
        (EAST, 1, 1),
        (WEST, 1, 0),
    ]
    assert [one.interval and one.interval.sold for one in tree] == [10_000, 10_000, None]
    assert headquarters.network_office.tree("gas") == ()


def test_a_sale_counts_where_its_meter_hung_then(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_network(headquarters, clock)
    office = headquarters.network_office
    clock.pass_by(days=1)
    read(headquarters, clock, 0, MAIN, EAST, WEST)
    sell(pen, 10_000, count=1)
    clock.pass_by(days=5)
    assert office.hang({METER: WEST}, by="mei") == 1
    assert office.hang({METER: WEST}, by="mei") == 0, "it hangs there already"
    sell(pen, 4_000, count=2, total=14_000)
    clock.pass_by(days=5)
    assert office.hang({METER: ""}, by="mei") == 1
    sell(pen, 1_000, count=3, total=15_000)
    clock.pass_by(days=5)
    deliver(pen)
    read(headquarters, clock, 20_000, MAIN, EAST, WEST)

    assert [newest(headquarters, code).sold for code in (EAST, WEST, MAIN)] == [
        10_000,
        4_000,
        14_000,
    ]
    assert branch_of(headquarters, METER) == ""


def test_a_meter_in_anothers_place_hangs_where_that_one_hung(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_network(headquarters, clock)
    headquarters.stock.take_in_new("A01", PROFILES[4], 0)
    swapped = MeterSwapped(
        account=ACCOUNT,
        slot=3,
        service=Service.COLD_WATER,
        old=METER,
        new=NEW_METER,
        generation=1,
        count=1,
        total=0,
        balance=0,
        moved=0,
        used=0,
        reading=0,
        reason="it leaks",
    )
    pen.write(
        swapped,
        CardIssued(account=ACCOUNT, card=NEW_CARD, generation=2, key_version=1, replaces=CARD),
    )
    deliver(pen)
    assert branch_of(headquarters, NEW_METER) == EAST
    assert headquarters.network_office.hang({NEW_METER: WEST}, by="mei") == 1
    deliver(pen)
    assert branch_of(headquarters, NEW_METER) == WEST, "the same journal again"


def written_back(
    hq: Headquarters, used: int, number: int, *, genuine: bool = True
) -> bodies.Reading:
    """The meter's word that it has delivered so much in its life."""
    wbq = hq.keys.meter_keys(METER, 1, "A01").wbq
    assert wbq is not None
    held: dict[str, Any] = {
        "generation": 1,
        "count": 1,
        "total": Quantity(90_000),
        "balance": Quantity(90_000 - used),
        "status": MeterStatus(0),
    }
    word = MeterReading(
        meter_id=METER,
        slot=3,
        key_version=1,
        lifetime_use=Quantity(used),
        sequence=number,
        clock=from_timestamp(1_780_000_000),
        **held,
    )
    return bodies.Reading(
        card=CARD,
        meter=METER,
        slot=3,
        used=used,
        sequence=number,
        meter_time=1_780_000_000,
        evidence=word.evidence(wbq if genuine else bytes(len(wbq))).hex(),
        **{name: int(value) for name, value in held.items()},
    )


def test_use_is_what_meters_wrote_themselves(headquarters: Headquarters, clock: HandClock) -> None:
    pen, _ = a_network(headquarters, clock)
    sell(pen, 90_000, count=1)
    pen.write(written_back(headquarters, 1_000, 1))
    deliver(pen)
    clock.pass_by(days=1)
    read(headquarters, clock, 0, EAST)
    clock.pass_by(days=10)
    pen.write(written_back(headquarters, 21_000, 2))
    pen.write(written_back(headquarters, 80_000, 3, genuine=False))
    deliver(pen)
    clock.pass_by(days=1)
    read(headquarters, clock, 25_000, EAST)

    interval = newest(headquarters, EAST)
    assert (interval.read, interval.meters, interval.used) == (1, 1, 20_000)
    assert interval.unmetered == 5_000


def test_no_loss_is_told_where_a_meter_was_not_read(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_network(headquarters, clock)
    clock.pass_by(days=1)
    read(headquarters, clock, 0, EAST)
    clock.pass_by(days=10)
    pen.write(written_back(headquarters, 21_000, 2))
    deliver(pen)
    clock.pass_by(days=1)
    read(headquarters, clock, 25_000, EAST)
    interval = newest(headquarters, EAST)
    assert (interval.read, interval.meters, interval.unmetered) == (0, 1, None)


def test_a_new_district_meter_goes_on_from_its_own_figure(
    headquarters: Headquarters, clock: HandClock
) -> None:
    a_network(headquarters, clock)
    clock.pass_by(days=1)
    read(headquarters, clock, 999_000, EAST)
    clock.pass_by(days=1)
    read(headquarters, clock, 1_000_000, EAST, begins=Quantity(3_000))
    clock.pass_by(days=1)
    read(headquarters, clock, 3_500, EAST)
    after, change, _ = headquarters.network_office.statement(EAST).readings
    assert after.interval
    assert change.interval
    assert (after.interval.supplied, change.interval.supplied) == (500, 1_000)


def test_the_newest_reading_is_taken_back_and_stays_in_the_books(
    headquarters: Headquarters, clock: HandClock
) -> None:
    a_network(headquarters, clock)
    office = headquarters.network_office
    clock.pass_by(days=1)
    read(headquarters, clock, 10_000, EAST)
    clock.pass_by(days=1)
    read(headquarters, clock, 1_500_000, EAST)
    with pytest.raises(ReasonMissing):
        office.take_back(EAST, 2, by="mei", reason=" ")
    with pytest.raises(NoSuchReading):
        office.take_back(EAST, 1, by="mei", reason="a slip")
    office.take_back(EAST, 2, by="mei", reason="a slip")
    with pytest.raises(NoSuchReading):
        office.take_back(EAST, 2, by="mei", reason="a slip")
    read(headquarters, clock, 15_000, EAST)
    assert newest(headquarters, EAST).supplied == 5_000
    assert [one.number for one in office.statement(EAST).readings] == [3, 1]


@pytest.mark.parametrize(
    ("new", "error"),
    [
        (NewBranch("", WATER, "x"), BranchRefused),
        (NewBranch("é", WATER, "x"), BranchRefused),
        (NewBranch("A" * 17, WATER, "x"), BranchRefused),
        (NewBranch("A/B", WATER, "x"), BranchRefused),
        (NewBranch("NEW", "beer", "x"), BranchRefused),
        (NewBranch("NEW", WATER, " "), BranchRefused),
        (NewBranch("NEW", WATER, "a\tb"), BranchRefused),
        (NewBranch("NEW", "gas", "x", MAIN), BranchRefused),
        (NewBranch("NEW", WATER, "x", "NOWHERE"), NoSuchBranch),
        (NewBranch("NEW", WATER, "x", "NEW"), NoSuchBranch),
        (NewBranch(MAIN, WATER, "x"), BranchTaken),
    ],
)
def test_a_branch_that_makes_no_sense_is_refused(
    headquarters: Headquarters, clock: HandClock, new: NewBranch, error: type[YikaError]
) -> None:
    a_network(headquarters, clock)
    before = headquarters.network_office.tree()
    with pytest.raises(error):
        headquarters.network_office.enter(new, by="mei")
    assert headquarters.network_office.tree() == before


def test_branches_feed_each_other_only_so_deep(
    headquarters: Headquarters, clock: HandClock
) -> None:
    office, parent = headquarters.network_office, ""
    for depth in range(8):
        parent = office.enter(NewBranch(f"D{depth}", WATER, "x", parent), by="mei")
    with pytest.raises(BranchRefused):
        office.enter(NewBranch("D8", WATER, "x", parent), by="mei")
    assert [one.depth for one in office.tree()] == list(range(8))


@pytest.mark.parametrize(
    ("meters", "error"),
    [
        ({METER: "NOWHERE"}, NoSuchBranch),
        ({"999999999999": EAST}, NotHung),
        ({"000000000001": EAST}, NotHung),
        ({METER: WEST, "999999999999": EAST}, NotHung),
        ({f"{number:012}": EAST for number in range(100_001)}, HangingListMalformed),
    ],
)
def test_a_list_hangs_whole_or_not_at_all(
    headquarters: Headquarters, clock: HandClock, meters: dict[str, str], error: type[YikaError]
) -> None:
    a_network(headquarters, clock)
    with pytest.raises(error):
        headquarters.network_office.hang(meters, by="mei")
    assert branch_of(headquarters, METER) == EAST


@pytest.mark.parametrize(
    ("days", "figure", "begins"),
    [(0, 20_000, None), (-1, 20_000, None), (5, 20_000, None), (1, 9_999, None), (1, 10**16, None),
     (1, 20_000, -1)],
)  # fmt: skip
def test_a_reading_that_cannot_follow_is_refused(
    headquarters: Headquarters, clock: HandClock, days: int, figure: int, begins: int | None
) -> None:
    a_network(headquarters, clock)
    clock.pass_by(days=1)
    read(headquarters, clock, 10_000, EAST)
    zone = headquarters.report_office.scope(date.min, date.max).zone
    day = clock.now.astimezone(zone).date() + timedelta(days=days)
    clock.pass_by(days=2)
    first = None if begins is None else Quantity(begins)
    with pytest.raises(DistrictReadingRefused):
        headquarters.network_office.read(EAST, day, Quantity(figure), first, by="mei")
    assert len(headquarters.network_office.statement(EAST).readings) == 1


def test_a_reading_of_no_branch_is_refused(headquarters: Headquarters, clock: HandClock) -> None:
    with pytest.raises(NoSuchBranch):
        read(headquarters, clock, 0, "NOWHERE")


def test_a_hanging_list_is_read_strictly() -> None:
    text = "meter,branch\n000000000004,east-1\n\n000000000005,\n"
    assert read_hanging_list(text) == {METER: EAST, "000000000005": ""}
    for wrong in ("4,EAST\n", "000000000004\n", f"{METER},A\n{METER},B\n", f"{METER},A,B\n"):
        with pytest.raises(HangingListMalformed):
            read_hanging_list(wrong)
