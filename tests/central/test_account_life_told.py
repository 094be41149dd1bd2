"""What becomes of an account at one vending point is told to the others, its people sealed."""

from typing import Any

import pytest
from sqlalchemy import select

from card_builders import repeatable_random
from central_builders import HandClock, Pen
from told_builders import ACCOUNT, METERS, OTHER, deliver, told, told_town, versions
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Sheet, Suspense, table_of
from yika_common.journal.account_bodies import (
    ANYBODY,
    CLOSED,
    DETAILS,
    HOLDER,
    REFUSE,
    RESUMED,
    SUSPENDED,
    WITHDRAWN,
    AccountHeld,
    AccountMoved,
    PersonSeen,
)
from yika_common.sync.customers import AccountSheet, HoldSheet, LostSale
from yika_common.sync.personal_data import Person, seal_person, seal_words

RANDOM = repeatable_random(31)


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return told_town(headquarters, clock)


def sheet_at(headquarters: Headquarters, pen: Pen) -> AccountSheet:
    deliver(pen)
    sheet = told(headquarters, pen)
    assert sheet is not None
    return sheet


def sealed(headquarters: Headquarters, pen: Pen, person: Person) -> str:
    key = headquarters.keys.personal_data_key(pen.node)
    return seal_person(person, key, ACCOUNT, RANDOM)


def moved(what: str, **changes: Any) -> AccountMoved:
    return AccountMoved(account=ACCOUNT, what=what, reason="a letter", **changes)


def test_rest_and_end_reach_the_other_points(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    assert sheet_at(headquarters, second).status == ""
    for what, status in ((SUSPENDED, SUSPENDED), (RESUMED, ""), (CLOSED, CLOSED)):
        clock.pass_by(minutes=1)
        first.write(moved(what))
        deliver(first)
        sheet = sheet_at(headquarters, second)
        assert (sheet.status, sheet.status_at) == (status, clock.seconds)
    clock.pass_by(minutes=1)
    second.write(moved(RESUMED))
    assert sheet_at(headquarters, second).status == CLOSED


@pytest.mark.parametrize("what", [HOLDER, DETAILS])
def test_who_holds_the_account_is_told_whoever_wrote_it(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock, what: str
) -> None:
    first, second = town
    new = Person(name="李秀英", phone="139", building="3", unit="2", room="501")
    clock.pass_by(minutes=1)
    second.write(moved(what, who=sealed(headquarters, second, new), community="YG"))
    deliver(second)
    sheet = sheet_at(headquarters, first)
    assert (sheet.person, sheet.holder_at, sheet.community) == (new, clock.seconds, "YG")
    clock.pass_by(minutes=1)
    first.write(moved(what, who=sealed(headquarters, first, Person(name="赵"))))
    deliver(first)
    assert sheet_at(headquarters, second).person == Person(name="赵")


def test_holds_are_told_with_their_words_until_they_are_lifted_anywhere(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock
) -> None:
    first, second = town
    key = headquarters.keys.personal_data_key(first.node)
    words = seal_words("窃电嫌疑", key, ACCOUNT, RANDOM)
    seq = first.write(AccountHeld(account=ACCOUNT, level=REFUSE, words=words, lifter=ANYBODY))
    deliver(first)
    assert sheet_at(headquarters, second).holds == (
        HoldSheet("N0001", 1, seq, REFUSE, 0, ANYBODY, "窃电嫌疑"),
    )
    with headquarters.database.reading() as connection:
        (facts,) = connection.execute(select(table_of(Sheet).c.facts)).scalars()
    assert "窃电嫌疑".encode() not in bytes(facts)
    clock.pass_by(minutes=1)
    second.write(AccountHeld(account=ACCOUNT, node="N0001", epoch=1, seq=seq, reason="paid"))
    deliver(second)
    sheet = sheet_at(headquarters, first)
    assert sheet.holds == ()
    assert sheet.lifted == (LostSale("N0001", 1, seq),)


def test_words_that_nobody_can_read_are_left_out(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    first, second = town
    words = seal_words("x", bytes(32), ACCOUNT, RANDOM)
    first.write(AccountHeld(account=ACCOUNT, level=REFUSE, words=words, lifter=ANYBODY))
    deliver(first)
    (hold,) = sheet_at(headquarters, second).holds
    assert hold.words == ""


def test_who_looked_at_whom_is_kept_and_changes_no_sheet(
    headquarters: Headquarters, town: tuple[Pen, Pen]
) -> None:
    first, second = town
    deliver(second)
    before = versions(second)
    first.write(PersonSeen(account=ACCOUNT))
    deliver(first)
    deliver(second)
    assert versions(second) == before


def doubts(headquarters: Headquarters) -> set[str]:
    with headquarters.database.reading() as connection:
        return set(connection.execute(select(table_of(Suspense).c.reason)).scalars())


@pytest.mark.parametrize("at_once", [True, False])
def test_meters_of_an_account_that_was_opened_by_mistake_are_given_out_again(
    headquarters: Headquarters, town: tuple[Pen, Pen], clock: HandClock, *, at_once: bool
) -> None:
    first, second = town
    first.write(moved(WITHDRAWN))
    if not at_once:
        deliver(first)
    first.open_account(OTHER, METERS, card="860000000009")
    deliver(first)
    assert "meter_taken" not in doubts(headquarters)
    gone = sheet_at(headquarters, second)
    assert (gone.status, gone.meters) == (CLOSED, ())
    new = told(headquarters, second, OTHER)
    assert new is not None
    assert tuple(meter.meter for meter in new.meters) == METERS


@pytest.mark.parametrize("what", [CLOSED, WITHDRAWN])
def test_meters_stay_with_an_account_that_is_closed_or_that_another_point_withdraws(
    headquarters: Headquarters, town: tuple[Pen, Pen], what: str
) -> None:
    first, second = town
    (first if what == CLOSED else second).write(moved(what))
    deliver(first)
    deliver(second)
    first.open_account(OTHER, METERS, card="860000000009")
    deliver(first)
    assert "meter_taken" in doubts(headquarters)
    assert tuple(meter.meter for meter in sheet_at(headquarters, second).meters) == METERS
