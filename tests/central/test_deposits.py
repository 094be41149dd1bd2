"""Money paid in without the card reaches the account exactly once, whatever comes when."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_builders import HandClock, Pen, new_headquarters
from central_pages import signed_in
from settlement_builders import ACCOUNT, MEI, a_town, bring_up_to_date, deliver, rows
from yika_central.bootstrap import Headquarters
from yika_central.db import settlement_store
from yika_central.db.tables import AdjustmentEntry, Charge, Suspense
from yika_central.services.dues import NO_DUES, dues_of
from yika_central.services.settlement import DEPOSITED
from yika_common.journal.card_bodies import Approved
from yika_common.journal.till_bodies import (
    DEPOSIT,
    FEE,
    SETTLED_BACK,
    SETTLED_PAID,
    Charged,
    Part,
    Tendered,
)


def deposit(pen: Pen, amount: int, **changes: Any) -> int:
    return pen.write(Charged(what=DEPOSIT, account=ACCOUNT, amount=amount, **changes))


def give_back(pen: Pen, seq: int, amount: int, **changes: Any) -> int:
    """Give a deposit back, as a counter does: behind the second person's approval."""
    approval = pen.write(
        Approved(act="ab" * 32, card="870000000001", holder="lin", counter=1, proof="00" * 8)
    )
    return deposit(pen, amount, takes_back=seq, approved=approval, reason="typo", **changes)


def owed(hq: Headquarters) -> int:
    """What the account's sheet tells every vending point."""
    with hq.database.reading() as session:
        return dues_of(session.connection(), (ACCOUNT,)).get(ACCOUNT, NO_DUES).adjustment


def reasons(hq: Headquarters) -> set[str]:
    return {row["reason"] for row in rows(hq, Suspense)} - {"approval_card"}


@pytest.fixture
def town(headquarters: Headquarters, clock: HandClock) -> Pen:
    return a_town(headquarters, clock)[0]


def test_a_deposit_is_a_part_of_the_accounts_adjustment(
    headquarters: Headquarters, town: Pen
) -> None:
    seq = deposit(town, 5_000)
    deliver(town)
    bring_up_to_date(headquarters)
    (entry,) = rows(headquarters, AdjustmentEntry)
    assert (entry["kind"], entry["amount"], entry["node"], entry["seq"]) == (
        "DEPOSIT",
        5_000,
        "N0001",
        seq,
    )
    assert owed(headquarters) == 5_000


def test_a_fee_is_no_credit(headquarters: Headquarters, town: Pen) -> None:
    town.write(Charged(what=FEE, account=ACCOUNT, code="SEAL", amount=2_000))
    town.write(
        Charged(what=FEE, code="VISIT", amount=700),
        Tendered(receipt=1, parts=(Part("card", 700, ""),)),
    )
    deliver(town)
    bring_up_to_date(headquarters)
    assert owed(headquarters) == 0
    assert [row["amount"] for row in rows(headquarters, Charge)] == [2_000, 700]
    assert reasons(headquarters) == set()


def test_what_was_given_back_is_credited_no_more_even_after_it_was(
    headquarters: Headquarters, town: Pen
) -> None:
    seq = deposit(town, 5_000)
    deliver(town)
    bring_up_to_date(headquarters)
    give_back(town, seq, 5_000)
    for _ in range(2):
        deliver(town)
        bring_up_to_date(headquarters)
    assert owed(headquarters) == 0
    assert [row["amount"] for row in rows(headquarters, AdjustmentEntry)] == [5_000, -5_000]
    assert "charge_unfounded" not in reasons(headquarters)


@pytest.mark.parametrize(
    "change",
    [{"amount": 4_000}, {"amount": 5_000, "account": "N0001-999999"}, {"seq": 1}, {"again": 1}],
)
def test_giving_back_something_else_takes_no_credit_and_is_asked_about(
    headquarters: Headquarters, town: Pen, change: dict[str, Any]
) -> None:
    seq = deposit(town, 5_000)
    if "again" in change:
        give_back(town, seq, 5_000)
    back = Charged(what=DEPOSIT, account=ACCOUNT, amount=5_000, takes_back=seq)
    wrong = {"takes_back": change["seq"]} if "seq" in change else change
    town.write(replace(back, **{k: v for k, v in wrong.items() if k != "again"}))
    deliver(town)
    bring_up_to_date(headquarters)
    assert owed(headquarters) == (0 if "again" in change else 5_000)
    assert "charge_unfounded" in reasons(headquarters)
    assert "approval_absent" in reasons(headquarters)


def test_a_deposit_for_an_account_that_is_not_here_yet_waits_for_it(
    headquarters: Headquarters, town: Pen
) -> None:
    deposit(town, 5_000)
    town.write(Charged(what=DEPOSIT, account="N0001-999999", amount=300))
    deliver(town)
    bring_up_to_date(headquarters)
    assert "unknown_account" in reasons(headquarters)
    assert owed(headquarters) == 5_000


def test_the_month_shows_what_was_taken_beside_sales(
    headquarters: Headquarters, town: Pen
) -> None:
    seq = deposit(town, 5_000)
    deposit(town, 700)
    give_back(town, seq, 5_000)
    town.write(Charged(what=FEE, code="SEAL", amount=2_000))
    deliver(town)
    bring_up_to_date(headquarters)
    (month, *_) = headquarters.accounting.months()
    assert (month.figures["charge.amount.deposit"], month.figures["charge.amount.fee"]) == (
        700,
        2_000,
    )
    assert month.figures["adjustment_entry.amount.DEPOSIT"] == 700
    page = signed_in(headquarters, MEI).get(f"/months/{month.month}").text
    assert "Taken beside sales" in page
    assert "¥20.00" in page


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("deposit"), st.integers(1, 9_999)),
            st.tuples(st.just("back"), st.integers(0, 5)),
            st.tuples(st.just("send"), st.integers(0, 3)),
            st.tuples(st.just("settle"), st.just(0)),
        ),
        max_size=14,
    )
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_arrives_when_and_how_often_each_deposit_counts_once(
    acts: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        clock = HandClock()
        hq = new_headquarters(Path(folder) / "hq", clock)
        pen, _ = a_town(hq, clock)
        standing: dict[int, int] = {}
        for act, value in acts:
            if act == "deposit":
                standing[deposit(pen, value)] = value
            elif act == "back" and standing:
                seq = sorted(standing)[value % len(standing)]
                give_back(pen, seq, standing.pop(seq))
            elif act == "send":
                # From an earlier record on: what is known comes once more.
                pen.send(pen.cut(max(1, pen.seq - value)) if value else pen.cut())
            elif act == "settle":
                bring_up_to_date(hq)
        for _ in range(2):
            deliver(pen)
            bring_up_to_date(hq)
        assert owed(hq) == sum(standing.values())
        hq.close()


def test_a_settlement_that_forgot_what_it_entered_would_be_found_out(
    headquarters: Headquarters, town: Pen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the sums entered before, each run credits once more."""
    kept = settlement_store.entered
    monkeypatch.setattr(
        settlement_store,
        "entered",
        lambda c, accounts, kind: {} if kind == DEPOSITED else kept(c, accounts, kind),
    )
    deposit(town, 5_000)
    deliver(town)
    bring_up_to_date(headquarters)
    deposit(town, 100)
    deliver(town)
    bring_up_to_date(headquarters)
    assert owed(headquarters) == 10_100


@pytest.mark.parametrize(("what", "owing"), [(SETTLED_BACK, 3_500), (SETTLED_PAID, 6_500)])
def test_what_an_account_s_end_settled_comes_off_what_is_owed_however_often_it_arrives(
    headquarters: Headquarters, town: Pen, what: str, owing: int
) -> None:
    deposit(town, 5_000)
    town.write(Charged(what=what, account=ACCOUNT, amount=1_500, reason="moves away"))
    for _ in range(3):
        deliver(town)
        bring_up_to_date(headquarters)
    assert owed(headquarters) == owing
    assert [row["kind"] for row in rows(headquarters, AdjustmentEntry)] == [
        "DEPOSIT",
        "AT_THE_END",
    ]
    assert reasons(headquarters) == set()
