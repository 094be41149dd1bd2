"""An account ends with all its money in one act: one total, one receipt, and nobody gains."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_builders import a_sheet
from node_world import OPERATOR, Fate, PowerCut, World, a_form, abandon, contents, watch_commits
from refund_builders import TOKEN, SecondPerson
from shift_builders import close_with, shift_desk
from yika_common.journal.account_bodies import AccountMoved
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.excerpt import read_code
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import (
    DEBT_PAID,
    FEE,
    GUARANTEE_BACK,
    GUARANTEE_DEBT,
    PREPAID_BACK,
    Charged,
    Part,
)
from yika_common.numbers import Money
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.customers import CLOSED, DebtSheet, HeldGuarantee
from yika_common.sync.receipts import Evidence
from yika_common.sync.settings import FeeItem, Settings
from yika_node.bootstrap import Node
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.card_errors import ReasonMissing
from yika_node.services.cash_count import Count
from yika_node.services.closing import ClosingDesk, DebtLeft, Terms
from yika_node.services.closing_errors import ClosingChanged, ClosingUnknown
from yika_node.services.guarantee_errors import GuaranteeElsewhere
from yika_node.services.life_errors import AccountClosed
from yika_node.services.tenders import Given, TenderShort
from yika_node.web.closing_pages import closing_desk_of

WHY = "moves away"
FINAL = FeeItem("FINAL", "销户费", "Closing fee", 2_000, 0, "6055", 0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    world.headquarters.publish_settings(Settings(fees=(FINAL,)))
    node.courier.sync()
    yield node
    node.close()


def desk_of(node: Node) -> ClosingDesk:
    desk = closing_desk_of(node)
    second = SecondPerson()
    desk.life._approvals = second
    return desk


def a_debt(left: int, name: str = "d1", priority: int = 1) -> DebtSheet:
    return DebtSheet(name, "旧欠", "Arrears", left, 500_000, 0, priority)


def opened(node: Node) -> str:
    return node.accounts.open(OPERATOR, a_form(4, 0)).number


def tell(world: World, node: Node, number: str, **changes: Any) -> None:
    world.headquarters.tell(a_sheet(number, 0, card="", **changes))
    node.courier.sync()


def hold(node: Node, number: str, amount: int) -> None:
    desk_of(node).guarantees.take(OPERATOR, number, "SUPPLY", Money(amount), "g1")


def charged(node: Node) -> list[tuple[str, int]]:
    lines = (row.line for row in node.queries.records(1, 1, 1000))
    bodies = (decode_line(line).body for line in lines)
    return [(body.what, body.signed) for body in bodies if isinstance(body, Charged)]


def test_one_act_settles_guarantee_debts_deposit_and_fee(world: World, node: Node) -> None:
    number = opened(node)
    hold(node, number, 50_000)
    tell(world, node, number, debts=(a_debt(30_000), a_debt(25_000, "d2", 2)))
    desk = desk_of(node)
    desk.charges.take_deposit(OPERATOR, number, Money(8_000), "p1")
    terms = desk.terms(number, "FINAL")
    assert (terms.guarantee, terms.prepaid, terms.owed) == (50_000, 8_000, 55_000)
    assert terms.total == 50_000 + 8_000 - 55_000 - 2_000
    ended = desk.close(OPERATOR, number, WHY, "c1", fee="FINAL", total=terms.total, approval=TOKEN)
    assert ended.account.status == CLOSED
    assert ended.paid == 1_000
    assert charged(node)[2:] == [
        (GUARANTEE_DEBT, 0),
        (GUARANTEE_DEBT, 0),
        (DEBT_PAID, 5_000),
        (PREPAID_BACK, -8_000),
        (FEE, 2_000),
    ]
    assert [charge.amount for charge in ended.charges] == [30_000, 20_000, 5_000, 8_000, 2_000]
    assert desk.guarantees.of(node.accounts.get(number)).held == 0


def test_the_approval_is_for_this_total_and_stands_right_before_the_end(node: Node) -> None:
    number = opened(node)
    hold(node, number, 5_000)
    desk = desk_of(node)
    with pytest.raises(ApprovalMissing):
        desk.close(OPERATOR, number, WHY, "c1")
    desk.close(OPERATOR, number, WHY, "c1", approval=TOKEN)
    ended = desk.receipt(number)
    record = node.queries.record(ended.epoch, ended.seq)
    assert record is not None
    body = decode_line(record.line).body
    assert isinstance(body, AccountMoved)
    assert (body.amount, approval_of(body)) == (5_000, ended.seq - 1)
    assert digest_of(body, "N0001", 1) == desk.life._approvals.approved[-1]  # type: ignore[attr-defined]


def test_who_owes_pays_and_no_second_person_is_asked(world: World, node: Node) -> None:
    number = opened(node)
    tell(world, node, number, debts=(a_debt(1_250),))
    desk = desk_of(node)
    with pytest.raises(TenderShort):
        desk.close(OPERATOR, number, WHY, "c1", given=Given((Part("cash", 1_000, ""),)))
    cash = Given((Part("cash", 2_000, ""),))
    ended = desk.close(OPERATOR, number, WHY, "c1", given=cash)
    assert ended.paid == -1_250
    assert [(row.tender, row.change) for row in ended.tenders] == [("cash", 750)]
    assert not ended.approved


def test_a_drawer_comes_out_right_whatever_the_total_is_paid_in(world: World, node: Node) -> None:
    number = opened(node)
    node.guard.on = True
    shift_desk(node).open(OPERATOR, Count(60_000))
    hold(node, number, 50_000)
    desk = desk_of(node)
    transfer = Given((Part("bank", 40_000, "T-9"),))
    ended = desk.close(OPERATOR, number, WHY, "c1", fee="FINAL", approval=TOKEN, given=transfer)
    assert ended.paid == 48_000
    z = close_with(node, OPERATOR, 60_000 + 50_000 - 8_000)
    assert z.difference == 0
    assert z.turnover == 50_000 - 48_000


def test_the_same_form_closes_it_once_and_another_finds_it_closed(node: Node) -> None:
    number = opened(node)
    hold(node, number, 5_000)
    desk = desk_of(node)
    first = desk.close(OPERATOR, number, WHY, "c1", approval=TOKEN)
    assert desk.close(OPERATOR, number, WHY, "c1", approval=TOKEN) == first
    with pytest.raises(AccountClosed):
        desk.close(OPERATOR, number, WHY, "c2", approval=TOKEN)
    assert [what for what, _ in charged(node)].count(GUARANTEE_BACK) == 1


def test_what_changed_since_it_was_shown_is_not_settled(node: Node) -> None:
    number = opened(node)
    desk = desk_of(node)
    shown = desk.terms(number).total
    hold(node, number, 5_000)
    with pytest.raises(ClosingChanged):
        desk.close(OPERATOR, number, WHY, "c1", total=shown, approval=TOKEN)
    assert node.accounts.get(number).status == ""


def test_another_points_guarantee_is_handed_back_there_first(world: World, node: Node) -> None:
    number = opened(node)
    tell(world, node, number, guarantees=(HeldGuarantee("N0002", 700),))
    with pytest.raises(GuaranteeElsewhere):
        desk_of(node).close(OPERATOR, number, WHY, "c1")


def test_a_deposit_that_headquarters_has_is_not_handed_out_here_nor_twice(node: Node) -> None:
    number = opened(node)
    desk = desk_of(node)
    taken = desk.charges.take_deposit(OPERATOR, number, Money(8_000), "p1")
    assert desk.terms(number).prepaid == 8_000
    desk.close(OPERATOR, number, WHY, "c1", approval=TOKEN)
    with pytest.raises(AccountClosed):
        desk.charges.digest(taken.epoch, taken.seq, WHY)
    other = node.accounts.open(OPERATOR, a_form(4, 1)).number
    desk.charges.take_deposit(OPERATOR, other, Money(8_000), "p2")
    node.courier.sync()
    assert desk.terms(other).prepaid == 0


def test_a_receipt_shows_what_was_settled_then_and_no_charge_of_later(
    world: World, node: Node
) -> None:
    number = opened(node)
    hold(node, number, 5_000)
    desk = desk_of(node)
    first = desk.close(OPERATOR, number, WHY, "c1", fee="FINAL", approval=TOKEN)
    world.pass_time(seconds=1)
    desk.charges.take_fee(OPERATOR, "FINAL", "f1", account=number)
    assert [charge.what for charge in first.charges] == [GUARANTEE_BACK, FEE]
    assert desk.receipt(number) == first


def test_a_deposit_is_handed_back_however_much_was_charged_since(node: Node) -> None:
    number = opened(node)
    desk = desk_of(node)
    desk.charges.take_deposit(OPERATOR, number, Money(8_000), "p1")
    for nth in range(101):
        desk.charges.take_fee(OPERATOR, "FINAL", f"f{nth}", account=number)
    assert desk.terms(number).prepaid == 8_000


@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\nb"])
def test_nothing_ends_for_a_reason_that_nobody_can_read(
    world: World, node: Node, reason: str
) -> None:
    number = opened(node)
    tell(world, node, number, debts=(a_debt(1_250),))
    with pytest.raises(ReasonMissing):
        desk_of(node).close(OPERATOR, number, reason, "c1")
    assert node.accounts.get(number).status == ""


def test_an_account_that_did_not_end_here_has_no_receipt(node: Node) -> None:
    with pytest.raises(ClosingUnknown):
        desk_of(node).receipt(opened(node))


def test_its_receipt_is_proved_by_its_code(node: Node) -> None:
    number = opened(node)
    hold(node, number, 5_000)
    ended = desk_of(node).close(OPERATOR, number, WHY, "c1", fee="FINAL", approval=TOKEN)
    member = node.standing.membership
    evidence = Evidence(member.root)
    evidence.take(read_signed_file(member.certificate_file))
    code = node.receipt_codes.of(ended.epoch, ended.seq, 1 + len(ended.charges))
    told = evidence.judge(read_code(code)).members(str)
    assert (told["ok"], told["account"], told["paid"]) == (True, number, "-30.00")


def test_the_tables_are_made_again_from_the_journal(world: World, node: Node) -> None:
    number = opened(node)
    hold(node, number, 5_000)
    tell(world, node, number, debts=(a_debt(1_250),))
    desk_of(node).close(OPERATOR, number, WHY, "c1", approval=TOKEN)
    before = contents(node.store.path)
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_a_power_cut_leaves_all_of_it_or_nothing(tmp_path: Path) -> None:
    for step, ended in ((0, False), (1, True)):
        world = World(tmp_path / str(step))
        node = world.enrolled()
        number = opened(node)
        hold(node, number, 5_000)
        watch_commits(node, Fate(step))
        with pytest.raises(PowerCut):
            desk_of(node).close(OPERATOR, number, WHY, "c1", approval=TOKEN)
        abandon(node)
        node = world.restarted()
        assert (node.accounts.get(number).status == CLOSED) is ended
        assert [what for what, _ in charged(node)].count(GUARANTEE_BACK) == int(ended)
        again = desk_of(node).close(OPERATOR, number, WHY, "c1", approval=TOKEN)
        assert again.paid == 5_000
        assert [what for what, _ in charged(node)].count(GUARANTEE_BACK) == 1
        node.close()


@given(
    guarantee=st.integers(0, 10**6),
    prepaid=st.integers(0, 10**6),
    debts=st.lists(st.integers(1, 10**6), max_size=5),
    fee=st.integers(0, 10**4),
)
def test_what_is_written_down_is_the_total_and_takes_the_whole_guarantee(
    guarantee: int, prepaid: int, debts: list[int], fee: int
) -> None:
    terms = Terms(
        account="N0001-000001",
        guarantee=Money(guarantee),
        before=Money(0),
        prepaid=Money(prepaid),
        debts=tuple(DebtLeft(f"d{n}", ("", ""), Money(left)) for n, left in enumerate(debts)),
        fee=Charged(what=FEE, account="N0001-000001", amount=fee) if fee else None,
        adjustment=Money(0),
        credit=False,
    )
    bodies = terms.charges(WHY)
    assert -sum(body.signed for body in bodies) == terms.total
    assert -sum(body.held for body in bodies) == guarantee
    paid = [body.amount for body in bodies if body.what in (GUARANTEE_DEBT, DEBT_PAID)]
    assert sum(paid) == sum(debts)
