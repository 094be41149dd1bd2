"""How a payment is made: what is given in each tender, the change, and where the money stands."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    abandon,
    contents,
    for_money,
    open_with_card,
    watch_commits,
)
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import CASH, TENDERS, Part, Tendered
from yika_common.numbers import Money
from yika_node.bootstrap import Node
from yika_node.db.till_projections import divided
from yika_node.services.tenders import (
    NUMBERED,
    Given,
    TenderNumberMissing,
    TenderShort,
    TenderTooMuch,
    in_order,
)

WATER, GAS = 4, 3
NOTE = Given((Part(CASH, 10_000, ""),))
"""A note of a hundred."""

sums = st.integers(1, 10**9)
tenderings = st.lists(
    st.builds(Part, st.sampled_from(TENDERS), sums, st.just("7")),
    max_size=6,
    unique_by=lambda p: p[0],
).map(in_order)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


def money(node: Node) -> list[tuple[int, str, int]]:
    """The movements: record, tender and amount."""
    with closing(sqlite3.connect(node.store.path)) as connection:
        return connection.execute(
            "SELECT seq, tender, amount FROM money ORDER BY epoch, seq, part"
        ).fetchall()


def tender_records(node: Node) -> list[Tendered]:
    lines = [row.line for row in node.queries.records(1, 1, 1000)]
    bodies = (decode_line(line).body for line in lines)
    return [body for body in bodies if isinstance(body, Tendered)]


@given(tenderings, sums)
def test_what_is_given_less_the_change_is_what_is_paid_and_only_cash_has_change(
    parts: tuple[Part, ...], due: int
) -> None:
    try:
        made = Given(parts).record(Money(due), 1)
    except TenderShort:
        assert any(part.tender == CASH for part in parts)
        assert sum(part.given for part in parts) < due
        return
    except TenderTooMuch:
        others = sum(part.given for part in parts if part.tender != CASH)
        assert others > due or (others == due and len(parts) > 1)
        return
    if made is None:
        assert all(part.tender == CASH for part in parts)
        return
    assert made.total == due
    assert made.change < max(made.given_in(CASH), 1)
    assert set(parts) <= {*made.parts}


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=8), st.data())
def test_each_line_is_divided_among_the_tenders_so_that_both_sums_hold(
    amounts: list[int], data: st.DataObject
) -> None:
    due = sum(amounts)
    parts: list[Part] = []
    for tender in TENDERS[1:]:
        part = data.draw(st.integers(0, due - sum(p.given for p in parts)))
        if part:
            parts.append(Part(tender, part, "7"))
    change = data.draw(st.integers(0, 10**6))
    cash = due - sum(part.given for part in parts)
    if cash:
        parts.insert(0, Part(CASH, cash + change, ""))
    if not parts:
        return
    body = Tendered(receipt=1, parts=tuple(parts), change=change if cash else 0)
    shares = list(divided(amounts, body))
    assert [sum(amount for _, amount in line) for line in shares] == amounts
    for one in body.parts:
        kept = one.given - (body.change if one.tender == CASH else 0)
        assert sum(a for line in shares for tender, a in line if tender == one.tender) == kept
    back = list(divided([-amount for amount in amounts], body))
    assert [[(tender, -a) for tender, a in line] for line in back] == shares


def test_nothing_typed_is_the_exact_cash_and_nothing_is_written_of_it() -> None:
    assert Given(()).record(Money(5_000), 1) is None
    assert Given((Part(CASH, 5_000, ""),)).record(Money(5_000), 1) is None
    assert Given(()).drafts(Money(5_000), 2) == []


def test_change_comes_out_of_cash_alone() -> None:
    made = NOTE.record(Money(5_050), 3)
    assert made is not None
    assert (made.change, made.total) == (4_950, 5_050)
    with pytest.raises(TenderTooMuch):
        Given((Part("mobile", 10_000, ""),)).record(Money(5_050), 3)
    with pytest.raises(TenderTooMuch):
        Given((Part(CASH, 100, ""), Part("mobile", 5_050, ""))).record(Money(5_050), 3)
    with pytest.raises(TenderShort):
        Given((Part(CASH, 5_000, ""),)).record(Money(5_050), 3)
    with pytest.raises(TenderTooMuch):
        NOTE.record(Money(0), 3)


@pytest.mark.parametrize("tender", sorted(NUMBERED))
def test_what_has_a_number_of_its_own_is_not_taken_without_it(tender: str) -> None:
    with pytest.raises(TenderNumberMissing):
        Given((Part(tender, 5_000, ""),)).record(Money(5_000), 1)
    assert Given((Part(tender, 5_000, "88"),)).record(Money(5_000), 1) is not None


def test_a_record_that_says_the_impossible_is_refused() -> None:
    for parts, change in (
        ((), 0),
        ((Part("gold", 1, ""),), 0),
        ((Part(CASH, 5, ""), Part(CASH, 6, "")), 0),
        ((Part(CASH, 5, ""),), 5),
        ((Part("card", 5, ""),), 1),
    ):
        with pytest.raises(ValueError, match="“"):
            Tendered(receipt=1, parts=parts, change=change)


def test_a_sale_and_its_tenders_stand_in_one_commit_and_on_the_receipt(
    world: World, node: Node
) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    mixed = Given((Part(CASH, 5_000, ""), Part("cheque", 3_000, "C-17")))
    sold = node.sales.sell(
        OPERATOR, account.card, [for_money(WATER, 5_000), for_money(GAS, 2_000)], "t1", given=mixed
    )
    assert sold.complete
    (body,) = tender_records(node)
    assert (body.receipt, body.change) == (sold.basket, 8_000 - sold.paid)
    rows = money(node)
    assert sum(amount for _, _, amount in rows) == sold.paid
    assert {seq for seq, *_ in rows} == {line.sale.seq for line in sold.lines}
    assert sum(amount for _, tender, amount in rows if tender == "cheque") == 3_000
    assert sum(amount for _, tender, amount in rows if tender == "cash") == sold.paid - 3_000
    before = contents(node.store.path)
    node.journal.rebuild()
    assert contents(node.store.path) == before


def test_the_exact_cash_leaves_no_trace_beside_the_sale(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    sold = node.sales.sell(
        OPERATOR, account.card, [for_money(WATER, 5_000)], "t1", given=Given(())
    )
    assert tender_records(node) == []
    assert [(tender, amount) for _, tender, amount in money(node)] == [("cash", sold.paid)]


def test_what_does_not_add_up_sells_nothing(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    with pytest.raises(TenderShort):
        node.sales.sell(
            OPERATOR,
            account.card,
            [for_money(WATER, 5_000)],
            "t1",
            given=Given((Part(CASH, 100, ""),)),
        )
    assert node.enquiries.sales().rows == ()


def test_the_same_form_again_takes_the_money_once(world: World, node: Node) -> None:
    account, _ = open_with_card(world, node)
    assert account.card is not None
    entries = [for_money(WATER, 5_000)]
    first = node.sales.sell(OPERATOR, account.card, entries, "t1", given=NOTE)
    again = node.sales.sell(OPERATOR, account.card, entries, "t1", given=NOTE)
    assert again.basket == first.basket
    assert len(tender_records(node)) == 1


def test_a_power_cut_leaves_the_sale_with_its_tenders_or_neither(tmp_path: Path) -> None:
    found, step = set(), 0
    while True:
        world = World(tmp_path / str(step))
        node = world.enrolled()
        account, _ = open_with_card(world, node)
        assert account.card is not None
        world.hand.fate = Fate(step)
        watch_commits(node, world.hand.fate)
        try:
            node.sales.sell(OPERATOR, account.card, [for_money(WATER, 5_000)], "t1", given=NOTE)
        except PowerCut:
            abandon(node)
        else:
            node.close()
            break
        world.hand.fate = Fate()
        node = world.restarted()
        sales, tenders = node.enquiries.sales().rows, tender_records(node)
        assert len(sales) == len(tenders)
        assert sum(amount for _, _, amount in money(node)) == sum(sale.paid for sale in sales)
        found.add(len(sales))
        node.close()
        step += 1
    assert found == {0, 1}
