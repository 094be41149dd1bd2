"""Settlement on the ledger: each posting is divided once, and accounts get what they are owed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from central_builders import ADMIN, HandClock, Pen
from settlement_builders import (
    ACCOUNT,
    BO,
    MEI,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import AdjustmentEntry, Posting, Settlement, SettlementDue
from yika_central.domain.policy import Policy, Side
from yika_central.services.adjustments import AdjustsNothing, NoSuchAccount, NoSuchSlot
from yika_central.services.dues import dues_of
from yika_central.services.policies import PolicyInThePast, PolicyRefused, PolicyUnchanged
from yika_central.services.settlement import SettlementRun
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.two_persons import (
    NotABookkeeper,
    ReasonMissing,
    SamePersonTwice,
    SecondPersonMissing,
    SecondPersonWrong,
)
from yika_common.journal.bodies import Superseded
from yika_common.numbers import Money, Quantity

SPLIT = 8000
"""100 m³ and 120 m³ at 5.00: 40 m³ of the later sale lie in the step of 7.00."""
ABSORB = Policy(owes=Side(adjusted=False), owed=Side(adjusted=True))


@pytest.fixture
def pens(headquarters: Headquarters, clock: HandClock) -> tuple[Pen, Pen]:
    return a_town(headquarters, clock)


def split(pens: tuple[Pen, Pen], clock: HandClock, hq: Headquarters) -> None:
    """A quota split: the second point did not know of the first one's sale."""
    sell(pens[0], 100_000, count=1)
    clock.pass_by(minutes=5)
    sell(pens[1], 120_000, count=2, total=220_000)
    deliver(*pens)
    bring_up_to_date(hq)


def total(hq: Headquarters) -> int:
    return hq.adjustments.account(ACCOUNT).total


def test_a_posting_is_settled_by_the_policy_of_its_cause(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    split(pens, clock, headquarters)
    (row,) = rows(headquarters, Settlement)
    assert (row["cause"], row["posted"], row["absorbed"], row["adjusted"]) == (
        "quota_split",
        SPLIT,
        0,
        SPLIT,
    )
    (entry,) = rows(headquarters, AdjustmentEntry)
    assert (entry["amount"], entry["number"], entry["node"]) == (-SPLIT, 1, "N0002")
    assert total(headquarters) == -SPLIT


def test_another_run_enters_nothing(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    split(pens, clock, headquarters)
    before = [rows(headquarters, row) for row in (Settlement, AdjustmentEntry, Posting)]
    clock.pass_by(hours=1)
    assert headquarters.settling.run() == SettlementRun()
    assert rows(headquarters, SettlementDue) == []
    assert [rows(headquarters, row) for row in (Settlement, AdjustmentEntry, Posting)] == before


def test_nodes_are_told_of_an_adjustment_with_its_number(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    split(pens, clock, headquarters)
    with headquarters.database.reading() as session:
        dues = dues_of(session.connection(), (ACCOUNT,))[ACCOUNT]
    assert (dues.adjustment_number, dues.adjustment) == (1, -SPLIT)


def test_a_policy_changes_what_comes_after_it_only(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    split(pens, clock, headquarters)
    clock.pass_by(minutes=1)
    headquarters.policies.change("quota_split", ABSORB, by="mei", reason="The council's decision")
    assert headquarters.settling.run() == SettlementRun()
    clock.pass_by(minutes=1)
    sell(pens[0], 10_000, count=3, total=230_000)
    deliver(*pens)
    bring_up_to_date(headquarters)
    first, second = rows(headquarters, Settlement)
    by_policy = {row["policy"]: row for row in (first, second)}
    assert by_policy[0]["adjusted"] == SPLIT
    assert (by_policy[1]["absorbed"], by_policy[1]["adjusted"]) == (2000, 0)
    assert total(headquarters) == -SPLIT


def test_a_later_change_of_a_sale_keeps_the_policy_it_was_settled_by(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    headquarters.policies.change("quota_split", ABSORB, by="mei", reason="The council's decision")
    first, second = pens
    sell(first, 60_000, count=1)
    clock.pass_by(minutes=5)
    sell(second, 140_000, count=3, total=240_000)
    deliver(*pens)
    bring_up_to_date(headquarters)
    assert total(headquarters) == 0
    mild = Policy(owes=Side(adjusted=True), owed=Side(adjusted=True))
    headquarters.policies.change("quota_split", mild, by="mei", reason="Lifted again")
    clock.pass_by(minutes=5)
    # A sale between the two turns up later: the second one's difference grows.
    sell(first, 40_000, count=2, total=100_000)
    deliver(*pens)
    bring_up_to_date(headquarters)
    rows_then = rows(headquarters, Settlement)
    assert {row["policy"] for row in rows_then if row["node"] == "N0002"} == {1}
    assert total(headquarters) == 0
    assert all(row["posted"] == row["absorbed"] + row["adjusted"] for row in rows_then)


def test_a_policy_waits_for_its_day(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    headquarters.policies.change(
        "quota_split",
        ABSORB,
        by="mei",
        reason="From tomorrow",
        valid_from=clock.now + timedelta(days=1),
    )
    split(pens, clock, headquarters)
    assert total(headquarters) == -SPLIT
    clock.pass_by(days=2)
    assert headquarters.policies.current()["quota_split"] == ABSORB
    (version,) = headquarters.policies.history()
    assert (version.number, version.changed_by) == (1, "mei")


def test_a_policy_that_robs_nobody(headquarters: Headquarters, clock: HandClock) -> None:
    change = headquarters.policies.change
    with pytest.raises(PolicyRefused):
        change("superseded", ABSORB, by="mei", reason="Why not")
    with pytest.raises(PolicyRefused):
        change("no_such_cause", ABSORB, by="mei", reason="Why not")
    with pytest.raises(ReasonMissing):
        change("stale_tariff", ABSORB, by="mei", reason=" ")
    yesterday = clock.now - timedelta(days=1)
    with pytest.raises(PolicyInThePast):
        change("stale_tariff", ABSORB, by="mei", reason="Before", valid_from=yesterday)
    change("stale_tariff", ABSORB, by="mei", reason="Mild")
    with pytest.raises(PolicyUnchanged):
        change("stale_tariff", ABSORB, by="mei", reason="Mild")


def test_a_superseded_sale_gives_back_what_was_paid_and_counts_nothing(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    """20.00 of water, 5.00 of it from credit, 10.00 to a debt, 1.00 kept: 26.00 were paid."""
    deliver(pens[0])
    debt = register(headquarters, 50_00)
    headquarters.adjustments.adjust(ACCOUNT, Money(500), by="mei", reason="Goodwill")
    seq = sell(
        pens[0],
        4_000,
        count=1,
        settle=False,
        adjusted=500,
        adjusted_number=1,
        kept=100,
        debts=[(debt, 1000, 4000)],
    )
    deliver(pens[0])
    bring_up_to_date(headquarters)
    shown = headquarters.adjustments.account(ACCOUNT)
    assert (shown.total, shown.applied, shown.outstanding) == (500, 400, 100)
    assert headquarters.debt_office.statement(debt)[0].owed.left == 4000
    pens[0].write(Superseded(intent=seq, generation_seen=1, count_seen=2))
    deliver(pens[0])
    bring_up_to_date(headquarters)
    shown = headquarters.adjustments.account(ACCOUNT)
    assert (shown.total, shown.applied) == (500 + 2600, 0)
    assert headquarters.debt_office.statement(debt)[0].owed.left == 5000
    assert {part.cause for part in shown.parts} == {"", "superseded"}
    assert headquarters.settling.run() == SettlementRun()


def test_what_was_applied_is_proved_by_the_journal(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    split(pens, clock, headquarters)
    seq = sell(pens[0], 10_000, count=3, total=230_000, adjusted=-SPLIT, adjusted_number=1)
    deliver(pens[0])
    shown = headquarters.adjustments.account(ACCOUNT)
    assert (shown.total, shown.applied, shown.outstanding) == (-SPLIT, -SPLIT, 0)
    (application,) = shown.applications
    assert (application.node, application.seq, application.number) == ("N0001", seq, 1)
    (line,) = headquarters.adjustments.listed(open_only=False)
    assert (line.account, line.left) == (ACCOUNT, 0)
    assert headquarters.adjustments.listed() == ()


def test_an_adjustment_by_hand_has_a_reason_and_above_the_limit_a_second_person(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    deliver(pens[0])
    adjust = headquarters.adjustments.adjust
    assert adjust(ACCOUNT, Money(50_000), by="mei", reason="Goodwill") == 50_000
    with pytest.raises(SecondPersonMissing):
        adjust(ACCOUNT, Money(50_001), by="mei", reason="More goodwill")
    with pytest.raises(SamePersonTwice):
        adjust(ACCOUNT, Money(50_001), by="mei", reason="More goodwill", second=MEI)
    wrong = Credential("bo", "not his password")
    with pytest.raises(SecondPersonWrong):
        adjust(ACCOUNT, Money(50_001), by="mei", reason="More goodwill", second=wrong)
    auditor = Credential("an auditor", "the auditor's password")
    headquarters.staff.enter(auditor, frozenset({StaffRole.AUDITOR}))
    with pytest.raises(NotABookkeeper):
        adjust(ACCOUNT, Money(50_001), by="mei", reason="More goodwill", second=auditor)
    assert adjust(ACCOUNT, Money(-60_000), by="mei", reason="Misread", second=BO) == -10_000
    parts = headquarters.adjustments.account(ACCOUNT).parts
    assert [(part.number, part.made_by, part.seconded_by) for part in parts] == [
        (2, "mei", "bo"),
        (1, "mei", ""),
    ]


def test_what_cannot_be_adjusted_is_refused(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    deliver(pens[0])
    office = headquarters.adjustments
    with pytest.raises(AdjustsNothing):
        office.adjust(ACCOUNT, Money(0), by="mei", reason="Nothing")
    with pytest.raises(ReasonMissing):
        office.adjust(ACCOUNT, Money(1), by="mei", reason="")
    with pytest.raises(NoSuchAccount):
        office.adjust("N0001-000018", Money(1), by="mei", reason="Who")
    with pytest.raises(NoSuchSlot):
        office.adjust_quantity(ACCOUNT, 7, Quantity(1), by="mei", reason="Lost", second=BO)
    assert rows(headquarters, AdjustmentEntry) == []


def test_a_meters_quantity_is_adjusted_by_two_persons(
    headquarters: Headquarters, pens: tuple[Pen, Pen]
) -> None:
    deliver(pens[0])
    office = headquarters.adjustments
    with pytest.raises(SecondPersonMissing):
        office.adjust_quantity(ACCOUNT, 3, Quantity(5), by="mei", reason="Lost", second=None)
    for expected in (12_000, 24_000):
        given = office.adjust_quantity(
            ACCOUNT, 3, Quantity(12_000), by="mei", reason="Lost credit", second=ADMIN
        )
        assert given == expected
    with headquarters.database.reading() as session:
        dues = dues_of(session.connection(), (ACCOUNT,))[ACCOUNT]
    assert dues.quantities == ((3, 2, 24_000),)


def test_two_runs_at_once_settle_everything_once(
    headquarters: Headquarters, pens: tuple[Pen, Pen], clock: HandClock
) -> None:
    sell(pens[0], 100_000, count=1)
    clock.pass_by(minutes=5)
    sell(pens[1], 120_000, count=2, total=220_000)
    deliver(*pens)
    headquarters.rerating.drain()

    def adjust() -> None:
        headquarters.adjustments.adjust(ACCOUNT, Money(100), by="mei", reason="Goodwill")

    def settle() -> None:
        headquarters.settling.run()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(act) for act in (settle, adjust) * 4]:
            done.result()
    assert len(rows(headquarters, Settlement)) == 1
    entries = rows(headquarters, AdjustmentEntry)
    assert sum(entry["amount"] for entry in entries) == -SPLIT + 400
    assert [entry["number"] for entry in entries] == [1, 2, 3, 4, 5]
