"""Two accounts of one household become one: proposed by what is alike, decided by two persons."""

from dataclasses import replace

import pytest

from central_builders import HandClock, Pen
from duplicate_builders import (
    CARDS,
    FIRST,
    FLAT,
    METERS,
    SECOND,
    THIRD,
    open_flat,
    sell_water,
    two_points,
)
from settlement_builders import BO, bring_up_to_date, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db.duplicate_store import DIFFERENT, MERGED, OPEN
from yika_central.db.tables import (
    AdjustmentEntry,
    CardNotice,
    Debt,
    DuplicatePair,
    Posting,
    SheetChange,
    Suspense,
)
from yika_central.services.adjustments import NoSuchAccount
from yika_central.services.customers import bring_up_to_date as make_sheets
from yika_central.services.customers import part_lines
from yika_central.services.debt_office import NewDebt
from yika_central.services.merging import AreasDiffer, MergedAlready, MergesItself, SurvivorClosed
from yika_central.services.two_persons import ReasonMissing, SamePersonTwice, SecondPersonMissing
from yika_common.journal.account_bodies import CLOSED, AccountMoved
from yika_common.journal.bodies import DebtPaid
from yika_common.journal.till_bodies import DEPOSIT, Charged
from yika_common.numbers import Money
from yika_common.sync.customers import AccountSheet, part_of
from yika_common.sync.personal_data import seal_person

WHY = "one flat, opened twice while both points were cut off"


@pytest.fixture
def points(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    """Two vending points that opened one flat without knowing of each other."""
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    open_flat(second, SECOND, replace(FLAT, building="三幢", unit="二单元", phone="13900001111"))
    return first, second


def merge(hq: Headquarters, account: str = SECOND, survivor: str = FIRST) -> None:
    hq.merging.merge(account, survivor, by="mei", reason=WHY, second=BO)


def pairs(hq: Headquarters, state: str = OPEN) -> list[tuple[str, str, tuple[str, ...]]]:
    hq.duplicate_finder.run()
    return [(pair.account, pair.other, pair.why) for pair in hq.duplicates.listed(state)]


def sheet(hq: Headquarters, account: str) -> AccountSheet:
    """What vending points are told of an account."""
    with hq.database.writing() as connection:
        while make_sheets(connection):
            pass
        lines = part_lines(connection, "A01", part_of(account), hq.keys)
    return next(s for s in map(AccountSheet.parse, lines) if s.account == account)


def bought(hq: Headquarters, account: str) -> int:
    """How much water vending points are told to be bought in the period."""
    slot = sheet(hq, account).slot(3)
    assert slot is not None
    return slot.bought


def balance(hq: Headquarters, account: str) -> int:
    return hq.adjustments.account(account).outstanding


def test_one_flat_opened_twice_is_proposed_however_it_is_typed(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    deliver(*points)
    assert pairs(headquarters) == [(FIRST, SECOND, ("address", "document"))]
    assert headquarters.duplicates.waiting() == 1
    deliver(*points)
    assert headquarters.duplicate_finder.run() == 0, "nothing is compared twice"


def test_nothing_is_proposed_of_people_who_share_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    open_flat(second, SECOND, replace(FLAT, room="502", phone="13900001111", document=""))
    deliver(first, second)
    assert pairs(headquarters) == []


def test_one_meter_on_two_accounts_is_proposed(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    stranger = replace(FLAT, room="502", phone="13900001111", document="")
    open_flat(second, SECOND, stranger, meters_from=METERS[FIRST])
    deliver(first, second)
    assert pairs(headquarters) == [(FIRST, SECOND, ("meter",))]


def test_another_points_account_is_not_withdrawn_to_take_its_meter(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The doubt about the opening stands beside the pair, for whoever compares the two."""
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    deliver(first)
    second.write(AccountMoved(account=FIRST, what="withdrawn", reason="a lie"))
    open_flat(second, SECOND, meters_from=METERS[FIRST])
    deliver(second)
    assert [row["reason"] for row in rows(headquarters, Suspense)] == ["meter_taken"]
    sides = headquarters.duplicates.compare(FIRST, SECOND).sides
    assert [side.doubts for side in sides] == [0, 1]


def test_what_many_accounts_share_says_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """A landlord's document, ten flats."""
    first, _ = two_points(headquarters, clock)
    for number in range(1, 11):
        account = f"N0001-{number:06}"
        flat, card = replace(FLAT, room=str(number)), f"8600000001{number:02}"
        open_flat(first, account, flat, card=card, meters_from=100 + 4 * number)
    deliver(first)
    assert pairs(headquarters) == []


def test_an_address_that_is_corrected_takes_the_proposal_back(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    deliver(*points)
    assert len(pairs(headquarters)) == 1
    second = points[1]
    person = replace(FLAT, room="502", document="other-document")
    key = headquarters.keys.personal_data_key(second.node)
    sealed = seal_person(person, key, SECOND, bytes)
    second.write(
        AccountMoved(
            account=SECOND, what="details", who=sealed, changed="room", reason="typed 501"
        )
    )
    deliver(second)
    assert pairs(headquarters) == [(FIRST, SECOND, ("phone",))]


@pytest.mark.parametrize("end", ["closed", "withdrawn"])
@pytest.mark.parametrize("ended", [FIRST, SECOND])
def test_an_account_that_ended_is_nobodys_duplicate_nor_stands_for_a_household(
    headquarters: Headquarters, points: tuple[Pen, Pen], ended: str, end: str
) -> None:
    deliver(*points)
    assert len(pairs(headquarters)) == 1
    pen = points[0] if ended == FIRST else points[1]
    pen.write(AccountMoved(account=ended, what=end, reason="moved out"))
    deliver(pen)
    assert pairs(headquarters) == []
    other = SECOND if ended == FIRST else FIRST
    with pytest.raises(SurvivorClosed):
        merge(headquarters, other, ended)


def test_who_is_not_the_same_is_never_proposed_again(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    deliver(*points)
    pairs(headquarters)
    headquarters.merging.part(SECOND, FIRST, by="mei", reason="father and son, two meters")
    assert pairs(headquarters) == []
    points[1].write(AccountMoved(account=SECOND, what="suspended", reason="away"))
    deliver(points[1])
    assert pairs(headquarters) == []
    assert [pair[:2] for pair in pairs(headquarters, DIFFERENT)] == [(FIRST, SECOND)]


def test_both_histories_stay_and_both_numbers_lead_to_each_other(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    first, second = points
    sell_water(first, FIRST, 10_000, count=1)
    sell_water(second, SECOND, 20_000, count=1)
    deliver(*points)
    merge(headquarters)
    assert [pair[:2] for pair in pairs(headquarters, MERGED)] == [(FIRST, SECOND)]
    shown = headquarters.duplicates.compare(FIRST, SECOND)
    assert [side.sales for side in shown.sides] == [1, 1]
    assert [side.cards for side in shown.sides] == [(CARDS[FIRST],), (CARDS[SECOND],)]
    here, there = (headquarters.duplicates.belonging(number) for number in (FIRST, SECOND))
    assert here is not None
    assert there is not None
    assert (here.survivor, here.others) == (FIRST, (SECOND,))
    assert (there.survivor, there.others) == (FIRST, (FIRST,))
    assert headquarters.duplicates.belonging(THIRD) is None


def test_one_household_has_one_quota_and_the_difference_is_posted(
    headquarters: Headquarters, clock: HandClock, points: tuple[Pen, Pen]
) -> None:
    """150 and 150 m³ within one step of 180: 30 at 5.00, 80 at 7.00, 40 at 9.00 for the second."""
    first, second = points
    sell_water(first, FIRST, 150_000, count=1)
    clock.pass_by(minutes=5)
    sell_water(second, SECOND, 150_000, count=1)
    deliver(*points)
    bring_up_to_date(headquarters)
    assert rows(headquarters, Posting) == []
    merge(headquarters)
    bring_up_to_date(headquarters)
    posted = rows(headquarters, Posting)
    assert [(row["account"], row["cause"], row["amount"]) for row in posted] == [
        (SECOND, "quota_split", 32_000)
    ]
    bring_up_to_date(headquarters)
    assert rows(headquarters, Posting) == posted, "a second run finds nothing new"


def test_vending_points_are_told_what_the_household_bought(
    headquarters: Headquarters, clock: HandClock, points: tuple[Pen, Pen]
) -> None:
    first, second = points
    sell_water(first, FIRST, 150_000, count=1)
    clock.pass_by(minutes=5)
    sell_water(second, SECOND, 20_000, count=1)
    deliver(*points)
    bring_up_to_date(headquarters)
    assert bought(headquarters, SECOND) == 20_000
    merge(headquarters)
    bring_up_to_date(headquarters)
    told, other = sheet(headquarters, FIRST), sheet(headquarters, SECOND)
    assert (told.merged, told.merged_into) == ((SECOND,), "")
    assert (other.merged, other.merged_into) == ((), FIRST)
    assert bought(headquarters, FIRST) == bought(headquarters, SECOND) == 170_000
    clock.pass_by(minutes=5)
    sell_water(first, FIRST, 5_000, count=2, total=155_000, used_before=170_000)
    deliver(first)
    bring_up_to_date(headquarters)
    assert [row["amount"] for row in rows(headquarters, Posting)] == [], "as it was sold"
    assert bought(headquarters, SECOND) == 175_000
    assert rows(headquarters, SheetChange) == []


def test_balances_and_debts_move_and_nothing_is_made_or_lost(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    second = points[1]
    second.write(Charged(what=DEPOSIT, account=SECOND, amount=8_000))
    deliver(*points)
    bring_up_to_date(headquarters)
    new = NewDebt(account=SECOND, amount=Money(30_000), zh="旧欠", en="Arrears", share=300_000)
    (debt,) = headquarters.debt_office.register(new, by="mei", reason="taken over", second=BO)
    merge(headquarters)
    assert (balance(headquarters, SECOND), balance(headquarters, FIRST)) == (0, 8_000)
    assert sum(row["amount"] for row in rows(headquarters, AdjustmentEntry)) == 8_000
    sides = [row for row in rows(headquarters, AdjustmentEntry) if row["kind"] == "TRANSFER"]
    assert {(row["made_by"], row["seconded_by"]) for row in sides} == {("mei", "bo")}
    (left,) = headquarters.debt_office.listed()
    assert (left.account, left.owed.left, left.share) == (FIRST, 30_000, 300_000)
    view, moves = headquarters.debt_office.statement(debt)
    assert view.owed.left == 0
    assert [(move.kind, move.amount) for move in moves] == [
        ("REGISTERED", 30_000),
        ("MOVED", -30_000),
    ]
    assert len(rows(headquarters, Debt)) == 2


def test_what_a_point_collects_of_a_moved_debt_comes_to_the_household(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    """The point was cut off: it had not heard that the debt is another account's now."""
    deliver(*points)
    new = NewDebt(account=SECOND, amount=Money(30_000), zh="旧欠", en="Arrears", share=300_000)
    (debt,) = headquarters.debt_office.register(new, by="mei", reason="taken over", second=BO)
    merge(headquarters)
    sell_water(points[1], SECOND, 10_000, count=1, debts=(DebtPaid(debt, 2_000, 28_000),))
    deliver(points[1])
    bring_up_to_date(headquarters)
    assert (balance(headquarters, SECOND), balance(headquarters, FIRST)) == (0, 2_000)
    assert sum(view.owed.left for view in headquarters.debt_office.listed()) == 30_000


def test_what_arises_later_follows_to_the_surviving_account(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    deliver(*points)
    merge(headquarters)
    points[1].write(Charged(what=DEPOSIT, account=SECOND, amount=5_000))
    deliver(points[1])
    bring_up_to_date(headquarters)
    bring_up_to_date(headquarters)
    assert (balance(headquarters, SECOND), balance(headquarters, FIRST)) == (0, 5_000)


def test_a_chain_of_merges_ends_at_one_account(
    headquarters: Headquarters, clock: HandClock, points: tuple[Pen, Pen]
) -> None:
    first, second = points
    open_flat(second, THIRD, replace(FLAT, phone="", document=""))
    for pen, account in ((first, FIRST), (second, SECOND), (second, THIRD)):
        sell_water(pen, account, 100_000, count=1)
        clock.pass_by(minutes=5)
    deliver(*points)
    assert [pair[:2] for pair in pairs(headquarters)] == [
        (FIRST, SECOND),
        (FIRST, THIRD),
        (SECOND, THIRD),
    ]
    merge(headquarters, THIRD, SECOND)
    assert [pair[:2] for pair in pairs(headquarters)] == [(FIRST, SECOND)]
    with pytest.raises(MergedAlready):
        merge(headquarters, THIRD, FIRST)
    merge(headquarters, SECOND, FIRST)
    assert pairs(headquarters) == []
    bring_up_to_date(headquarters)
    assert sheet(headquarters, FIRST).merged == (SECOND, THIRD)
    assert {sheet(headquarters, one).merged_into for one in (SECOND, THIRD)} == {FIRST}
    everywhere = {bought(headquarters, one) for one in (FIRST, SECOND, THIRD)}
    assert everywhere == {300_000}
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 32_000


def test_an_act_that_is_sent_twice_is_done_once(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    points[1].write(Charged(what=DEPOSIT, account=SECOND, amount=8_000))
    deliver(*points)
    merge(headquarters)
    for one, other in ((SECOND, FIRST), (FIRST, SECOND)):
        with pytest.raises(MergedAlready):
            merge(headquarters, one, other)
    with pytest.raises(MergedAlready):
        headquarters.merging.part(FIRST, SECOND, by="mei", reason=WHY)
    assert balance(headquarters, FIRST) == 8_000


def test_what_is_refused_changes_nothing(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    second = points[1]
    open_flat(second, THIRD, area="A02")
    second.write(AccountMoved(account=SECOND, what=CLOSED, reason="moved out"))
    deliver(*points)
    before = rows(headquarters, DuplicatePair)
    refused = headquarters.merging.merge
    for one, other, error in (
        (FIRST, FIRST, MergesItself),
        (FIRST, "N0009-000001", NoSuchAccount),
        (THIRD, FIRST, AreasDiffer),
        (FIRST, SECOND, SurvivorClosed),
    ):
        with pytest.raises(error):
            refused(one, other, by="mei", reason=WHY, second=BO)
    with pytest.raises(SecondPersonMissing):
        refused(SECOND, FIRST, by="mei", reason=WHY, second=None)
    with pytest.raises(SamePersonTwice):
        refused(SECOND, FIRST, by="bo", reason=WHY, second=BO)
    with pytest.raises(ReasonMissing):
        refused(SECOND, FIRST, by="mei", reason=" ", second=BO)
    with pytest.raises(MergesItself):
        headquarters.merging.part(FIRST, FIRST, by="mei", reason=WHY)
    assert rows(headquarters, DuplicatePair) == before
    assert rows(headquarters, CardNotice) == []
    assert headquarters.duplicates.belonging(FIRST) is None


def test_accounts_of_different_areas_are_not_proposed(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = two_points(headquarters, clock)
    open_flat(first, FIRST)
    open_flat(second, SECOND, area="A02", meters_from=METERS[FIRST])
    deliver(first, second)
    assert pairs(headquarters) == []


def test_sales_that_are_doubtful_or_open_stay_what_they_are(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    second = points[1]
    sell_water(second, SECOND, 10_000, count=1, card="860000000009")
    sell_water(second, SECOND, 10_000, count=2, total=20_000, settle=False)
    deliver(*points)
    doubts = rows(headquarters, Suspense)
    side = headquarters.duplicates.compare(SECOND, FIRST).sides[0]
    assert side.waiting == 1
    assert side.doubts > 0
    merge(headquarters)
    bring_up_to_date(headquarters)
    assert rows(headquarters, Suspense) == doubts
    assert headquarters.duplicates.compare(SECOND, FIRST).sides[0].waiting == 1


def test_the_holder_of_the_merged_card_is_told_and_the_card_goes_on_working(
    headquarters: Headquarters, points: tuple[Pen, Pen]
) -> None:
    deliver(*points)
    merge(headquarters)
    (notice,) = headquarters.notice_desk.listed()
    assert (notice.card, notice.action) == (CARDS[SECOND], "message")
    assert FIRST in notice.en
    assert FIRST in notice.zh
    assert max(map(len, (notice.en, notice.zh))) <= 200
