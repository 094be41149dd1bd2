"""Guarantees: held apart for an account, spent by no sale, handed back no more than was taken."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from counters import CLASS, WATER, Counters
from node_world import OPERATOR, Fate, PowerCut, abandon, contents, for_money, watch_commits
from refund_builders import TOKEN, SecondPerson
from shift_builders import banking_of, close_with, shift_desk
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import GUARANTEE, GUARANTEE_BACK, Charged, Part
from yika_common.numbers import Money
from yika_common.sync.receipts import Evidence
from yika_common.sync.settings import GuaranteeKind
from yika_node.bootstrap import Node
from yika_node.db.till_queries import TillQueries
from yika_node.services import guarantees
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.card_errors import ReasonMissing
from yika_node.services.cash_count import Count
from yika_node.services.charge_errors import ChargeNotGivenBack, ChargeSumUnusable
from yika_node.services.charges import ChargeDesk
from yika_node.services.errors import FormUsed
from yika_node.services.guarantee_errors import GuaranteeKindUnknown, GuaranteeShort
from yika_node.services.guarantees import OWN_KINDS, GuaranteeDesk
from yika_node.services.shift_guard import NoShift
from yika_node.services.tenders import Given, TenderShort

WHY = "the shop is smaller"
LARGE = 100_000


def desk_of(node: Node, second: SecondPerson | None = None) -> GuaranteeDesk:
    second = second or SecondPerson()
    charges = ChargeDesk(
        node.journal,
        node.queries,
        TillQueries(node.store),
        node.accounts,
        node.standing,
        second,
        lambda: node.settings.settings().fees,
        node.clock,
    )
    return GuaranteeDesk(charges, second, node.settings.settings, LARGE)


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    yield made
    made.close()


@pytest.fixture
def node(counters: Counters) -> Node:
    return counters.nodes[0]


@pytest.fixture
def desk(node: Node) -> GuaranteeDesk:
    return desk_of(node)


@pytest.fixture
def account(counters: Counters) -> str:
    return counters.account.number


def held(node: Node, account: str) -> int:
    return desk_of(node).of(node.accounts.get(account)).held


def bodies(node: Node) -> list[Charged]:
    found = (decode_line(row.line).body for row in node.queries.records(1, 1, 1000))
    return [body for body in found if isinstance(body, Charged)]


def test_it_is_held_until_it_is_handed_back_in_parts_or_whole(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    taken = desk.take(OPERATOR, account, "SUPPLY", Money(50_000), "f1", note="contract 7")
    assert taken.number == f"N0001-1-{taken.seq:06}"
    assert taken.names == OWN_KINDS[0][1:]
    assert held(node, account) == 50_000
    desk.give_back(OPERATOR, account, Money(20_000), WHY, "f2")
    assert held(node, account) == 30_000
    desk.give_back(OPERATOR, account, Money(30_000), WHY, "f3")
    assert held(node, account) == 0
    assert [(body.what, body.signed) for body in bodies(node)] == [
        (GUARANTEE, 50_000),
        (GUARANTEE_BACK, -20_000),
        (GUARANTEE_BACK, -30_000),
    ]


def test_no_more_goes_out_than_is_held_whoever_asks(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    with pytest.raises(GuaranteeShort):
        desk.give_back(OPERATOR, account, Money(1), WHY, "f0")
    desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    with pytest.raises(GuaranteeShort):
        desk.give_back(OPERATOR, account, Money(5_001), WHY, "f2")

    def once(number: int) -> bool:
        try:
            desk.give_back(OPERATOR, account, Money(5_000), WHY, f"g{number}")
        except GuaranteeShort:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(once, range(8))) == 1
    assert held(node, account) == 0


def test_the_control_without_the_look_within_the_transaction_two_at_once_take_it_twice(
    node: Node, desk: GuaranteeDesk, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    monkeypatch.setattr(guarantees, "enough_held", lambda *_: lambda _connection: None)
    monkeypatch.setattr(GuaranteeDesk, "digest", lambda *_: bytes(32))
    for form in ("g1", "g2"):
        desk.give_back(OPERATOR, account, Money(5_000), WHY, form)
    assert held(node, account) == -5_000


def test_the_same_form_takes_and_hands_back_once(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    first = desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    assert desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1").seq == first.seq
    with pytest.raises(FormUsed):
        desk.take(OPERATOR, account, "SUPPLY", Money(6_000), "f1")
    back = desk.give_back(OPERATOR, account, Money(5_000), WHY, "f2")
    assert desk.give_back(OPERATOR, account, Money(5_000), WHY, "f2").seq == back.seq
    assert held(node, account) == 0


def test_a_large_sum_goes_out_by_two_persons(node: Node, account: str) -> None:
    second = SecondPerson()
    desk = desk_of(node, second)
    desk.take(OPERATOR, account, "SUPPLY", Money(2 * LARGE), "f1")
    with pytest.raises(ApprovalMissing):
        desk.give_back(OPERATOR, account, Money(LARGE), WHY, "f2")
    back = desk.give_back(OPERATOR, account, Money(LARGE), WHY, "f2", approval=TOKEN)
    body = bodies(node)[-1]
    assert approval_of(body) == back.seq - 1
    assert digest_of(body, "N0001", 1) == second.approved[-1]
    desk.give_back(OPERATOR, account, Money(LARGE - 1), WHY, "f3")
    assert approval_of(bodies(node)[-1]) is None


def test_what_can_not_be_done_is_refused_and_nothing_is_written(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    with pytest.raises(GuaranteeKindUnknown):
        desk.take(OPERATOR, account, "GOLD", Money(5_000), "f1")
    with pytest.raises(ChargeSumUnusable):
        desk.take(OPERATOR, account, "SUPPLY", Money(0), "f1")
    cash = Given((Part("cash", 100, ""),))
    with pytest.raises(TenderShort):
        desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1", given=cash)
    with pytest.raises(ReasonMissing):
        desk.give_back(OPERATOR, account, Money(1), " ", "f2")
    assert bodies(node) == []
    taken = desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    with pytest.raises(ChargeNotGivenBack):
        desk.charges.digest(taken.epoch, taken.seq, WHY)


def test_headquarters_list_goes_before_the_points_own(
    counters: Counters, desk: GuaranteeDesk, account: str
) -> None:
    counters.settle_by(guarantees=(GuaranteeKind("RENT", "租表", "Rented meter"),))
    assert [kind.code for kind in desk.kinds()] == ["RENT"]
    assert desk.take(OPERATOR, account, "RENT", Money(100), "f1").names[1] == "Rented meter"


def test_no_sale_spends_it(counters: Counters, node: Node, desk: GuaranteeDesk) -> None:
    before = counters.sell(for_money(WATER, 5_000))
    desk.take(OPERATOR, counters.account.number, "SUPPLY", Money(50_000), "f1")
    node.courier.sync()
    after = counters.sell(for_money(WATER, 5_000))
    assert after.paid == before.paid == 5_000
    assert held(node, counters.account.number) == 50_000


def test_what_was_taken_before_the_point_was_enrolled_anew_is_headquarters_to_hand_back(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    with closing(sqlite3.connect(node.store.path)) as connection:
        connection.execute("UPDATE charge SET epoch = 0")
        connection.commit()
    with pytest.raises(GuaranteeShort):
        desk.give_back(OPERATOR, account, Money(5_000), WHY, "f2")


def test_a_drawer_with_guarantees_comes_out_right_and_so_does_the_bank(
    counters: Counters, node: Node, desk: GuaranteeDesk, account: str
) -> None:
    node.guard.on = True
    with pytest.raises(NoShift):
        desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f0")
    shift_desk(node).open(OPERATOR, Count(10_000))
    desk.take(OPERATOR, account, "SUPPLY", Money(50_000), "f1")
    transfer = Given((Part("bank", 30_000, "T-1"),))
    desk.take(OPERATOR, account, "METER", Money(30_000), "f2", given=transfer)
    counters.sell(for_money(WATER, 5_000))
    desk.give_back(OPERATOR, account, Money(20_000), WHY, "f3")
    z = close_with(node, OPERATOR, 10_000 + 50_000 + 5_000 - 20_000)
    assert z.difference == 0
    sums = {(one.what, one.tender): one.amount for one in z.takings}
    assert sums == {
        ("guarantee", "bank"): 30_000,
        ("guarantee", "cash"): 50_000,
        ("guarantee_back", "cash"): -20_000,
        ("sale", "cash"): 5_000,
    }
    assert (z.taken, z.given_back) == (85_000, 20_000)
    (waiting,) = banking_of(node).waiting()
    assert waiting.to_bank == 35_000


def test_the_tables_are_made_again_from_the_journal(
    node: Node, desk: GuaranteeDesk, account: str
) -> None:
    desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    desk.give_back(OPERATOR, account, Money(2_000), WHY, "f2")
    before = contents(node.store.path)
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_a_power_cut_hands_it_back_once_or_not_at_all(tmp_path: Path) -> None:
    for step, after in ((0, 5_000), (1, 3_000)):
        counters = Counters(tmp_path / str(step), tariff_class=CLASS)
        counters.publish_and_open()
        node, account = counters.nodes[0], counters.account.number
        desk_of(node).take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
        fate = Fate(step)
        watch_commits(node, fate)
        with pytest.raises(PowerCut):
            desk_of(node).give_back(OPERATOR, account, Money(2_000), WHY, "f2")
        abandon(node)
        node = counters.nodes[0] = counters.worlds[0].restarted()
        assert held(node, account) == after
        desk_of(node).give_back(OPERATOR, account, Money(2_000), WHY, "f2")
        assert held(node, account) == 3_000
        counters.close()


def test_its_receipt_can_be_checked_by_anyone(
    counters: Counters, node: Node, desk: GuaranteeDesk, account: str
) -> None:
    from yika_common.journal.excerpt import read_code
    from yika_common.signing.signed_file import read_signed_file

    taken = desk.take(OPERATOR, account, "SUPPLY", Money(5_000), "f1")
    member = node.standing.membership
    evidence = Evidence(member.root)
    evidence.take(read_signed_file(member.certificate_file))
    verdict = evidence.judge(read_code(node.receipt_codes.of(taken.epoch, taken.seq)))
    assert verdict.ok
    told = verdict.members(str)
    assert (told["receipt"], told["what"], told["paid"]) == (taken.number, GUARANTEE, "50.00")
    assert len(verdict.charges) == 1
    assert replace(verdict, problems=()).ok
