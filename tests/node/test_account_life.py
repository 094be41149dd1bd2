"""What becomes of an account: who may do what in which state, what is recorded and enforced."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from customer_builders import ELSEWHERE, a_sheet
from life_builders import WHY, a_hold, opened, tell
from node_world import OPERATOR, Fate, World, a_chip, contents, for_money, open_with_card
from refund_builders import TOKEN, SecondPerson
from yika_common.clock import to_timestamp
from yika_common.errors import YikaError
from yika_common.journal.account_bodies import NOTE, REFUSE, WARN
from yika_common.journal.card_bodies import CardReported
from yika_common.sync.customers import CLOSED, SUSPENDED, DebtSheet
from yika_common.sync.personal_data import Person
from yika_node.bootstrap import Node
from yika_node.services.account_acts import FORBIDDEN, Act, check
from yika_node.services.account_history import Change
from yika_node.services.account_life import AccountLife
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.card_errors import ReasonMissing
from yika_node.services.errors import AccountFormIncomplete
from yika_node.services.life_errors import (
    AccountClosed,
    AccountNotResting,
    AccountRests,
    AddressTaken,
    ArrearsFirst,
    CardStillUsed,
    CreditLeft,
    NotConfirmedYet,
    NothingChanged,
    StillOpen,
)
from yika_node.services.payments import Receipt
from yika_node.web.register_pages import account_history_of, account_life_of

FLAT = {"building": "3", "unit": "2", "room": "501"}


CHIP = a_chip()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


@pytest.fixture
def life(node: Node) -> AccountLife:
    return account_life_of(node)


def with_second_person(node: Node) -> AccountLife:
    desk = account_life_of(node)
    desk._approvals = SecondPerson()
    return desk


def test_the_table_names_every_act_and_state() -> None:
    assert set(FORBIDDEN) == {"", SUSPENDED, CLOSED}
    assert FORBIDDEN[CLOSED] == frozenset(Act)
    assert Act.CHANGE_HOLDER in FORBIDDEN[SUSPENDED]
    assert Act.GIVE_BACK not in FORBIDDEN[SUSPENDED]


@pytest.mark.parametrize("state", [SUSPENDED, CLOSED])
@pytest.mark.parametrize("act", Act)
def test_what_a_state_forbids_is_refused_and_nothing_else(
    node: Node, state: str, act: Act
) -> None:
    from dataclasses import replace

    account = replace(opened(node), status=state)
    refused = AccountClosed if state == CLOSED else AccountRests
    if act in FORBIDDEN[state]:
        with pytest.raises(refused):
            check(account, act)
    else:
        check(account, act)


def test_a_suspended_account_is_sold_nothing_until_it_is_resumed(
    world: World, node: Node, life: AccountLife
) -> None:
    account, _ = open_with_card(world, node)
    assert account.card
    assert life.suspend(OPERATOR, account.number, WHY).status == SUSPENDED
    view = node.cards.read(OPERATOR)
    assert isinstance(view.refusal, AccountRests)
    for sell in (
        lambda: node.sales.quote(view, [for_money(0, 5_000)]),
        lambda: node.sales.sell(OPERATOR, account.card or "", [for_money(0, 5_000)], "f1"),
        lambda: node.cards.initialise(OPERATOR, account.number),
        lambda: life.change_holder(OPERATOR, account.number, Person(name="李"), "", WHY),
        lambda: life.suspend(OPERATOR, account.number, WHY),
    ):
        with pytest.raises(AccountRests):
            sell()
    assert life.resume(OPERATOR, account.number, WHY).status == ""
    with pytest.raises(AccountNotResting):
        life.resume(OPERATOR, account.number, WHY)
    node.sales.sell(OPERATOR, account.card, [for_money(0, 5_000)], "f2")


def test_what_headquarters_tells_of_an_account_holds_here_too(world: World, node: Node) -> None:
    later = to_timestamp(world.now)
    tell(world, node, a_sheet(status=SUSPENDED, status_at=later, community="YG"))
    account = node.accounts.get(ELSEWHERE)
    assert (account.status, account.community) == (SUSPENDED, "YG")
    tell(world, node, a_sheet(status=CLOSED, status_at=later + 5))
    assert node.accounts.get(ELSEWHERE).status == CLOSED


def test_the_later_word_on_rest_holds_and_the_end_holds_for_good(
    world: World, node: Node, life: AccountLife
) -> None:
    number = opened(node).number
    life.suspend(OPERATOR, number, WHY)
    at = to_timestamp(world.now)
    tell(world, node, a_sheet(number, 0, card="", status="", status_at=at - 60))
    assert node.accounts.get(number).status == SUSPENDED
    tell(world, node, a_sheet(number, 0, card="", status="", status_at=at + 60))
    assert node.accounts.get(number).status == ""
    life.close(OPERATOR, number, WHY)
    tell(world, node, a_sheet(number, 0, card="", status="", status_at=at + 9_000))
    assert node.accounts.get(number).status == CLOSED


def test_another_holder_takes_the_account_over_with_all_that_it_has(
    world: World, node: Node, life: AccountLife
) -> None:
    account, _ = open_with_card(world, node)
    new = Person(name="李秀英", phone="139", **FLAT)
    after = life.change_holder(OPERATOR, account.number, new, "YG", WHY)
    assert (after.person, after.community) == (new, "YG")
    assert (after.card, after.meters, after.tariff_class) == (
        account.card,
        account.meters,
        account.tariff_class,
    )
    assert node.accounts.finder.find("lxy", 2)[0].number == account.number
    everything = b"".join(path.read_bytes() for path in world.folder.glob("node.db*"))
    assert "李秀英".encode() not in everything


def test_the_later_holder_holds(world: World, node: Node, life: AccountLife) -> None:
    number, at = opened(node).number, to_timestamp(world.now)
    life.change_holder(OPERATOR, number, Person(name="李"), "", WHY)
    tell(world, node, a_sheet(number, 0, card="", holder=(Person(name="赵"),), holder_at=at - 9))
    assert node.accounts.get(number).person == Person(name="李")
    tell(world, node, a_sheet(number, 0, card="", holder=(Person(name="赵"),), holder_at=at + 9))
    assert node.accounts.get(number).person == Person(name="赵")


def test_debts_come_before_another_holder_and_before_the_end(
    world: World, node: Node, life: AccountLife
) -> None:
    debt = DebtSheet("d1", "欠费", "arrears", 1_250, 500_000, 0, 1)
    number = opened(node).number
    tell(world, node, a_sheet(number, 0, card="", debts=(debt,)))
    acts: tuple[Callable[[], object], ...] = (
        lambda: life.change_holder(OPERATOR, number, Person(name="李"), "", WHY),
        lambda: life.close(OPERATOR, number, WHY),
    )
    for act in acts:
        with pytest.raises(ArrearsFirst) as refused:
            act()
        assert refused.value.facts["owed"] == "12.50"
    assert life.suspend(OPERATOR, number, WHY).status == SUSPENDED


def test_history_shows_each_field_that_changed_and_no_other(node: Node, life: AccountLife) -> None:
    number = opened(node, person=Person(name="王小明", phone="010-555")).number
    life.change_details(OPERATOR, number, Person(name="王小明", phone="139", **FLAT), "YG", WHY)
    life.suspend(OPERATOR, number, "moves away")
    events = account_history_of(node).events(number)
    assert [event.what for event in events] == ["suspended", "details", "account"]
    assert events[0].reason == "moves away"
    assert events[1].changes == (
        Change("phone", "010-555", "139"),
        Change("building", "", "3"),
        Change("unit", "", "2"),
        Change("room", "", "501"),
        Change("community", "", "YG"),
    )
    assert (events[1].operator, events[1].at) == (OPERATOR, node.clock())


def test_nothing_new_and_nothing_without_a_reason_is_recorded(
    node: Node, life: AccountLife
) -> None:
    account = opened(node)
    assert account.person is not None
    with pytest.raises(NothingChanged):
        life.change_details(OPERATOR, account.number, account.person, "", WHY)
    for reason in ("", "x" * 201, "a\nb"):
        with pytest.raises(ReasonMissing):
            life.suspend(OPERATOR, account.number, reason)
    with pytest.raises(AccountFormIncomplete):
        life.change_details(OPERATOR, account.number, account.person, "y" * 33, WHY)
    assert len(account_history_of(node).events(account.number)) == 1


def test_one_flat_has_one_account_unless_somebody_says_why(world: World, node: Node) -> None:
    first = opened(node, person=Person(name="王", **FLAT), community="YG")
    with pytest.raises(AddressTaken) as refused:
        opened(node, 1, person=Person(name="李", **FLAT), community="YG")
    assert refused.value.facts["account"] == first.number
    second = opened(
        node, 1, person=Person(name="李", **FLAT), community="YG", reason="divided in two"
    )
    assert account_history_of(node).events(second.number)[0].reason == "divided in two"
    opened(node, 2, person=Person(name="赵", **FLAT), community="HP")


def test_so_with_a_flat_of_which_headquarters_tells(world: World, node: Node) -> None:
    tell(world, node, a_sheet(holder=(Person(name="赵", **FLAT),), community="YG"))
    with pytest.raises(AddressTaken) as refused:
        opened(node, 1, person=Person(name="李", **FLAT), community="YG")
    assert refused.value.facts["account"] == ELSEWHERE


def test_whoever_moves_does_not_move_in_with_somebody(node: Node, life: AccountLife) -> None:
    opened(node, person=Person(name="王", **FLAT), community="YG")
    other = opened(node, 1, person=Person(name="李")).number
    with pytest.raises(AddressTaken):
        life.change_details(OPERATOR, other, Person(name="李", **FLAT), "YG", WHY)


def test_the_flat_of_a_closed_account_is_free(node: Node, life: AccountLife) -> None:
    first = opened(node, person=Person(name="王", **FLAT), community="YG")
    life.close(OPERATOR, first.number, WHY)
    opened(node, 1, person=Person(name="李", **FLAT), community="YG")


def test_an_account_never_sold_to_ends_at_once_and_is_still_found(
    node: Node, life: AccountLife
) -> None:
    number = opened(node).number
    closed = life.close(OPERATOR, number, WHY)
    assert (closed.status, closed.status_at) == (CLOSED, node.clock())
    assert node.accounts.finder.find("wxm", 2)[0].status == CLOSED
    acts: tuple[Callable[[], object], ...] = (
        lambda: life.resume(OPERATOR, number, WHY),
        lambda: life.close(OPERATOR, number, WHY),
        lambda: life.hold(OPERATOR, number, a_hold(NOTE)),
        lambda: life.change_details(OPERATOR, number, Person(name="x"), "", WHY),
    )
    for act in acts:
        with pytest.raises(AccountClosed):
            act()


def test_an_account_ends_when_its_card_is_in_and_its_credit_is_loaded(
    world: World, node: Node, life: AccountLife
) -> None:
    account, _ = open_with_card(world, node)
    assert account.card
    node.sales.sell(OPERATOR, account.card, [for_money(0, 5_000)], "f1")
    with pytest.raises(NotConfirmedYet):
        life.close(OPERATOR, account.number, WHY)
    tell(world, node, a_sheet(account.number, 0, card=account.card))
    with pytest.raises(CardStillUsed):
        life.close(OPERATOR, account.number, WHY)
    lost = CardReported(account=account.number, card=account.card, state="lost")
    node.journal.append([lost], at=world.now, operator=OPERATOR)
    with pytest.raises(CreditLeft):
        life.close(OPERATOR, account.number, WHY)
    with pytest.raises(ApprovalMissing):
        life.close(OPERATOR, account.number, WHY, "none")
    closed = with_second_person(node).close(OPERATOR, account.number, WHY, TOKEN)
    assert closed.status == CLOSED


def interrupted(world: World, node: Node, card: str) -> Receipt:
    """A sale whose card was pulled after the money was taken."""
    for step in range(200):
        world.hand.fate = Fate(at=step, how="pull")
        try:
            receipt = node.sales.sell(OPERATOR, card, [for_money(0, 5_000)], f"f{step}")
        except YikaError:
            world.hand.insert(CHIP)
            continue
        return receipt
    raise AssertionError("it was never cut between commit and card")


def test_nothing_ends_while_a_sale_is_open(world: World, node: Node, life: AccountLife) -> None:
    account, _ = open_with_card(world, node, CHIP)
    assert account.card
    receipt = interrupted(world, node, account.card)
    assert receipt.problem is not None
    for act in (life.suspend, life.close):
        with pytest.raises((StillOpen, NotConfirmedYet)):
            act(OPERATOR, account.number, WHY)


def test_who_looked_at_whom_is_in_the_journal(node: Node, life: AccountLife) -> None:
    number = opened(node).number
    life.seen(OPERATOR, number)
    assert account_history_of(node).events(number)[0].what == "seen"


def test_the_tables_of_lives_are_made_again_from_the_journal(
    world: World, node: Node, life: AccountLife
) -> None:
    account, _ = open_with_card(world, node)
    life.change_holder(OPERATOR, account.number, Person(name="李", **FLAT), "YG", WHY)
    (hold,) = life.hold(OPERATOR, account.number, a_hold(WARN)).holds
    life.lift(OPERATOR, account.number, hold[:3], WHY)
    life.hold(OPERATOR, account.number, a_hold(REFUSE))
    life.suspend(OPERATOR, account.number, WHY)
    other = opened(node, 2, person=Person(name="赵", **FLAT), community="HP").number
    life.close(OPERATOR, other, WHY)
    before = contents(world.folder / "node.db")
    assert before["account_state"]
    assert before["account_hold"]
    assert before["account_event"]
    node.journal.rebuild()
    assert contents(world.folder / "node.db") == before


def test_a_closed_account_stays_closed_whatever_a_journal_says_after(
    world: World, node: Node, life: AccountLife
) -> None:
    """A record that no desk of ours writes, as another program might."""
    from yika_common.journal.account_bodies import AccountMoved

    number = opened(node).number
    life.close(OPERATOR, number, WHY)
    node.journal.append([AccountMoved(account=number, what="resumed", reason=WHY)], at=world.now)
    assert node.accounts.get(number).status == CLOSED
    with sqlite3.connect(world.folder / "node.db") as connection:
        assert connection.execute("SELECT status FROM account_state").fetchall() == [(CLOSED,)]
