"""Fees beside supply, deposits without the card: taken once, given back whole, or not at all."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from counters import WATER, Counters
from node_world import OPERATOR, Fate, PowerCut, abandon, contents, for_money, watch_commits
from refund_builders import TOKEN, SecondPerson
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import CASH, Charged, Part, Tendered
from yika_common.numbers import Money
from yika_common.sync.settings import FeeItem
from yika_node.bootstrap import Node
from yika_node.db.till_queries import TillQueries
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.charge_errors import (
    ChargeGivenBack,
    ChargeNoteUnusable,
    ChargeReasonMissing,
    ChargeSumUnusable,
    ChargeUnknown,
    DepositCredited,
    FeePriceFixed,
    FeeUnknown,
)
from yika_node.services.charges import AMOUNT_MAX, ChargeDesk
from yika_node.services.errors import AccountUnknown, FormUsed
from yika_node.services.tenders import Given, TenderShort

SEAL = FeeItem("SEAL", "表封", "Meter seal", 2_260, 130_000, "6051", 0)
VISIT = FeeItem("VISIT", "上门服务", "Visit", 5_000, 0, "6052", 1)
WHY = "typed on the wrong account"
NOTE = Given((Part(CASH, 10_000, ""),))


def desk_of(node: Node, second: SecondPerson | None = None) -> ChargeDesk:
    return ChargeDesk(
        node.journal,
        node.queries,
        TillQueries(node.store),
        node.accounts,
        node.standing,
        second or SecondPerson(),
        lambda: node.settings.settings().fees,
        node.clock,
    )


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path)
    made.publish_and_open()
    made.settle_by(fees=(SEAL, VISIT))
    yield made
    made.close()


@pytest.fixture
def node(counters: Counters) -> Node:
    return counters.nodes[0]


@pytest.fixture
def desk(node: Node) -> ChargeDesk:
    return desk_of(node)


def money(node: Node) -> list[tuple[str, str, int, str]]:
    with closing(sqlite3.connect(node.store.path)) as connection:
        return connection.execute(
            "SELECT what, tender, amount, account FROM money ORDER BY epoch, seq, part"
        ).fetchall()


def charged(node: Node) -> list[Charged]:
    lines = [row.line for row in node.queries.records(1, 1, 1000)]
    return [
        body for body in (decode_line(line).body for line in lines) if isinstance(body, Charged)
    ]


def test_a_fee_has_its_price_its_tax_and_its_receipts_number(
    counters: Counters, node: Node, desk: ChargeDesk
) -> None:
    account = counters.account.number
    taken = desk.take_fee(OPERATOR, "SEAL", "f1", account=account, given=NOTE)
    assert (taken.amount, taken.tax, taken.names) == (2_260, 260, ("表封", "Meter seal"))
    assert taken.number == f"N0001-1-{taken.seq:06}"
    assert [(row.tender, row.given, row.change) for row in taken.tenders] == [
        (CASH, 10_000, 7_740)
    ]
    assert money(node) == [("fee", "cash", 2_260, account)]
    (body,) = charged(node)
    assert body.booked_as == "6051"


def test_only_an_open_price_is_typed(desk: ChargeDesk) -> None:
    assert desk.take_fee(OPERATOR, "VISIT", "f1", amount=Money(7_500)).amount == 7_500
    assert desk.take_fee(OPERATOR, "VISIT", "f2").amount == 5_000
    assert desk.take_fee(OPERATOR, "SEAL", "f3", amount=Money(2_260)).amount == 2_260
    with pytest.raises(FeePriceFixed):
        desk.take_fee(OPERATOR, "SEAL", "f4", amount=Money(1))


@pytest.mark.parametrize("amount", [0, -5, AMOUNT_MAX + 1])
def test_a_sum_that_is_none_is_refused(counters: Counters, desk: ChargeDesk, amount: int) -> None:
    with pytest.raises(ChargeSumUnusable):
        desk.take_deposit(OPERATOR, counters.account.number, Money(amount), "f1")
    with pytest.raises(ChargeSumUnusable):
        desk.take_fee(OPERATOR, "VISIT", "f2", amount=Money(amount))
    assert desk.charges() == ()


def test_what_can_not_be_taken_is_refused_and_nothing_is_recorded(
    counters: Counters, node: Node, desk: ChargeDesk
) -> None:
    account = counters.account.number
    with pytest.raises(FeeUnknown):
        desk.take_fee(OPERATOR, "GOLD", "f1")
    with pytest.raises(AccountUnknown):
        desk.take_deposit(OPERATOR, "N0001-999999", Money(100), "f1")
    with pytest.raises(AccountUnknown):
        desk.take_fee(OPERATOR, "SEAL", "f1", account="N0001-999999")
    with pytest.raises(ChargeNoteUnusable):
        desk.take_deposit(OPERATOR, account, Money(100), "f1", note="x" * 201)
    with pytest.raises(TenderShort):
        desk.take_fee(OPERATOR, "SEAL", "f1", given=Given((Part(CASH, 100, ""),)))
    with pytest.raises(ChargeUnknown):
        desk.charge(1, 1)
    assert charged(node) == []


def test_the_same_form_takes_the_money_once_and_another_use_of_it_is_refused(
    counters: Counters, node: Node, desk: ChargeDesk
) -> None:
    account = counters.account.number
    first = desk.take_deposit(OPERATOR, account, Money(5_000), "f1")
    assert desk.take_deposit(OPERATOR, account, Money(5_000), "f1").seq == first.seq
    with pytest.raises(FormUsed):
        desk.take_deposit(OPERATOR, account, Money(6_000), "f1")
    with pytest.raises(FormUsed):
        desk.take_fee(OPERATOR, "SEAL", "f1")
    sold = counters.sell(for_money(WATER, 5_000))
    assert sold.complete
    with ThreadPoolExecutor(4) as threads:
        again = threads.map(
            lambda _: desk.take_deposit(OPERATOR, account, Money(700), "f9").seq, range(8)
        )
        assert len(set(again)) == 1
    assert [body.amount for body in charged(node)] == [5_000, 700]


def test_a_deposit_is_given_back_by_a_second_person_while_headquarters_has_not_heard_of_it(
    counters: Counters, node: Node
) -> None:
    second, account = SecondPerson(), counters.account.number
    desk = desk_of(node, second)
    taken = desk.take_deposit(OPERATOR, account, Money(5_000), "f1", note="the daughter")
    assert desk.waits(taken)
    with pytest.raises(ChargeReasonMissing):
        desk.digest(taken.epoch, taken.seq, " " * 201)
    with pytest.raises(ApprovalMissing):
        desk.give_back(OPERATOR, taken.epoch, taken.seq, WHY, "no such token")
    back = desk.give_back(OPERATOR, taken.epoch, taken.seq, WHY, TOKEN)
    assert back.back
    assert desk.give_back(OPERATOR, taken.epoch, taken.seq, WHY, TOKEN) == back
    with pytest.raises(ChargeGivenBack):
        desk.digest(taken.epoch, taken.seq, WHY)
    assert money(node) == [
        ("deposit", "cash", 5_000, account),
        ("deposit", "cash", -5_000, account),
    ]
    body = charged(node)[-1]
    assert approval_of(body) == back.back - 1
    assert digest_of(body, "N0001", 1) == second.approved[-1]


def test_what_headquarters_has_acknowledged_is_its_to_settle(
    counters: Counters, node: Node, desk: ChargeDesk
) -> None:
    taken = desk.take_deposit(OPERATOR, counters.account.number, Money(5_000), "f1")
    fee = desk.take_fee(OPERATOR, "SEAL", "f2")
    node.courier.sync()
    assert not desk.waits(taken)
    with pytest.raises(DepositCredited):
        desk.give_back(OPERATOR, taken.epoch, taken.seq, WHY, TOKEN)
    assert desk.give_back(OPERATOR, fee.epoch, fee.seq, WHY, TOKEN).back
    assert [body.takes_back for body in charged(node)] == [0, 0, fee.seq]


def test_money_goes_back_in_the_tender_that_is_named(node: Node, desk: ChargeDesk) -> None:
    card = Given((Part("card", 2_260, "4711"),))
    fee = desk.take_fee(OPERATOR, "SEAL", "f1", given=card)
    desk.give_back(OPERATOR, fee.epoch, fee.seq, WHY, TOKEN, card)
    assert [row[:3] for row in money(node)] == [("fee", "card", 2_260), ("fee", "card", -2_260)]


def test_charges_are_listed_newest_first_in_pages(
    counters: Counters, node: Node, desk: ChargeDesk
) -> None:
    account = counters.account.number
    seqs = [desk.take_fee(OPERATOR, "SEAL", f"f{n}").seq for n in range(4)]
    seqs.append(desk.take_deposit(OPERATOR, account, Money(100), "f9").seq)
    first = desk.charges(limit=2)
    assert [one.seq for one in first] == [seqs[4], seqs[3]]
    rest = desk.charges((first[-1].epoch, first[-1].seq))
    assert [one.seq for one in rest] == seqs[2::-1]
    assert [one.seq for one in desk.charges(account=account)] == [seqs[4]]


def test_the_tables_are_made_again_from_the_journal(node: Node, desk: ChargeDesk) -> None:
    fee = desk.take_fee(OPERATOR, "SEAL", "f1", given=NOTE)
    desk.give_back(OPERATOR, fee.epoch, fee.seq, WHY, TOKEN)
    before = contents(node.store.path)
    assert before["charge"]
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_a_power_cut_leaves_a_charge_with_its_tenders_or_neither(tmp_path: Path) -> None:
    for step, expected in ((0, 0), (1, 1)):
        counters = Counters(tmp_path / str(step))
        counters.publish_and_open()
        counters.settle_by(fees=(SEAL,))
        node, fate = counters.nodes[0], Fate(step)
        watch_commits(node, fate)
        with pytest.raises(PowerCut):
            desk_of(node).take_fee(OPERATOR, "SEAL", "f1", given=NOTE)
        abandon(node)
        node = counters.nodes[0] = counters.worlds[0].restarted()
        bodies = [decode_line(row.line).body for row in node.queries.records(1, 1, 1000)]
        for kind in (Charged, Tendered):
            assert len([body for body in bodies if isinstance(body, kind)]) == expected
        # The form that was pressed is pressed again: the money is taken once.
        desk_of(node).take_fee(OPERATOR, "SEAL", "f1", given=NOTE)
        assert len(charged(node)) == 1
        counters.close()
