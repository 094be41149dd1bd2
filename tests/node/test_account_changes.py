"""Many accounts changed from one table, and taken back with the table that this gives."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from household_tables import HEAD, a_row
from node_world import OPERATOR, World, a_chip
from yika_node.bootstrap import Node
from yika_node.services import account_changes
from yika_node.services.account_changes import AccountChanges, ChangeRow
from yika_node.services.account_import import AccountImport, undo_table
from yika_node.services.change_table import ChangedSince, LinesWrong
from yika_node.services.life_errors import UsedSince
from yika_node.services.table_file import TableUnreadable
from yika_node.web.batch_pages import account_changes_of
from yika_node.web.register_pages import account_history_of, account_life_of

WHY = "the new list"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


@pytest.fixture
def desk(node: Node) -> AccountChanges:
    return account_changes_of(node)


@pytest.fixture
def accounts(node: Node) -> list[str]:
    """Three households that were opened from a table."""
    rows = AccountImport(node.accounts, node.clock).open(OPERATOR, households())
    return [row.account for row in rows]


def households() -> bytes:
    return "\n".join((HEAD, a_row(0), a_row(1, "李秀英"), a_row(2, "赵"))).encode()


def table(head: str, *rows: str) -> bytes:
    return "\n".join((head, *rows)).encode()


def codes(rows: tuple[ChangeRow, ...]) -> list[str]:
    return [row.problem.code if row.problem else "" for row in rows]


def test_a_table_is_tried_with_what_was_and_what_will_be_and_then_done(
    node: Node, desk: AccountChanges, accounts: list[str]
) -> None:
    data = table(
        "account,phone,persons,tariff_class,community,gross_m2",
        f"{accounts[0]},138,5,,HY,",
        f"{accounts[1]},,,,,120.5",
        f"{accounts[2]},139,3,residential,YG,",
    )
    tried = desk.tried(data, WHY)
    assert [[tuple(change) for change in row.changes] for row in tried] == [
        [("phone", "139", "138"), ("community", "YG", "HY"), ("persons", "3", "5")],
        [("gross_m2", "", "120.5")],
        [],
    ]
    assert node.accounts.get(accounts[0]).persons == 3
    done = desk.change(OPERATOR, data, WHY)
    assert [row.done for row in done] == [True, True, False]
    first, second = node.accounts.get(accounts[0]), node.accounts.get(accounts[1])
    assert first.person is not None
    assert (first.person.phone, first.community, first.persons) == ("138", "HY", 5)
    assert second.facts is not None
    assert (second.facts.gross_area, second.area_m2) == (120_500, 96_400)
    events = account_history_of(node).events(accounts[0])
    assert {event.reason for event in events[:2]} == {WHY}


def test_the_undo_file_brings_back_what_was(
    node: Node, desk: AccountChanges, accounts: list[str]
) -> None:
    before = [node.accounts.get(number) for number in accounts]
    data = table(
        "account,phone,document,persons,equipment,area_m2",
        f"{accounts[0]},(none),+86=1,5,boiler,",
        f"{accounts[1]},'=1,,,,100.0",
    )
    undo = desk.undo_table(desk.change(OPERATOR, data, WHY))
    assert all(row.problem is None for row in desk.tried(undo, "taken back"))
    assert all(row.done for row in desk.change(OPERATOR, undo, "taken back"))
    after = [node.accounts.get(number) for number in accounts]
    for was, now in zip(before, after, strict=True):
        assert (was.person, was.tariff_class, was.persons, was.area_m2, was.community) == (
            now.person,
            now.tariff_class,
            now.persons,
            now.area_m2,
            now.community,
        )
    # A second time there is nothing that is still as the file says.
    assert set(codes(desk.change(OPERATOR, undo, "again"))) == {"change_changed_since"}


def test_what_was_changed_since_is_named_and_stays_while_the_rest_is_taken_back(
    node: Node, desk: AccountChanges, accounts: list[str]
) -> None:
    data = table("account,persons", f"{accounts[0]},5", f"{accounts[1]},6")
    undo = desk.undo_table(desk.change(OPERATOR, data, WHY))
    desk.change(OPERATOR, table("account,persons", f"{accounts[0]},7"), WHY)
    rows = desk.change(OPERATOR, undo, "taken back")
    assert (codes(rows), [row.done for row in rows]) == (
        ["change_changed_since", ""],
        [False, True],
    )
    assert [node.accounts.get(number).persons for number in accounts[:2]] == [7, 3]


def test_an_import_is_taken_back_and_its_meters_are_free_again(
    node: Node, desk: AccountChanges
) -> None:
    opened = AccountImport(node.accounts, node.clock).open(OPERATOR, households())
    undo = undo_table(opened)
    assert [row.withdrawn for row in desk.tried(undo, WHY)] == [True] * 3
    assert all(row.done for row in desk.change(OPERATOR, undo, WHY))
    for row in opened:
        account = node.accounts.get(row.account)
        assert (account.status, account.meters) == ("closed", ())
        assert account_history_of(node).events(row.account)[0].what == "withdrawn"
    again = AccountImport(node.accounts, node.clock).open(OPERATOR, households())
    assert [row.new for row in again] == [True] * 3
    assert {row.account for row in again}.isdisjoint(row.account for row in opened)
    with node.store.engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT * FROM account_meter").all()
    node.journal.rebuild()
    with node.store.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM account_meter").all() == before


def test_an_account_that_something_was_done_with_is_not_taken_back(
    node: Node, world: World, desk: AccountChanges
) -> None:
    opened = AccountImport(node.accounts, node.clock).open(OPERATOR, households())
    world.hand.insert(a_chip(0))
    node.cards.initialise(OPERATOR, opened[0].account)
    account_life_of(node).suspend(OPERATOR, opened[1].account, "away")
    account_life_of(node).seen(OPERATOR, opened[2].account)
    rows = desk.change(OPERATOR, undo_table(opened), WHY)
    assert codes(rows) == ["account_used_since", "account_used_since", ""]
    assert [node.accounts.get(row.account).status for row in rows] == ["", "suspended", "closed"]
    assert node.accounts.get(opened[0].account).meters
    assert set(codes(desk.change(OPERATOR, undo_table(opened), WHY))) == {
        "account_used_since",
        "account_closed",
    }


def while_it_is_looked_through(
    node: Node, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]
) -> None:
    """Somebody does this after the table was looked through, right before it is written."""
    append = node.journal.append

    def later(drafts: Any, **terms: Any) -> Any:
        monkeypatch.setattr(node.journal, "append", append)
        act()
        return append(drafts, **terms)

    monkeypatch.setattr(node.journal, "append", later)


def test_an_account_that_a_card_was_made_for_meanwhile_is_not_taken_back(
    node: Node, world: World, desk: AccountChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = AccountImport(node.accounts, node.clock).open(OPERATOR, households())
    world.hand.insert(a_chip(0))
    number = opened[0].account
    while_it_is_looked_through(node, monkeypatch, lambda: node.cards.initialise(OPERATOR, number))
    with pytest.raises(UsedSince):
        desk.change(OPERATOR, undo_table(opened), WHY)
    assert node.accounts.get(number).meters
    assert codes(desk.change(OPERATOR, undo_table(opened), WHY)) == ["account_used_since", "", ""]


def test_what_somebody_else_changed_meanwhile_is_kept(
    node: Node, desk: AccountChanges, accounts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    number = accounts[0]
    data = table("account,persons", f"{number},5")
    other = table("account,area_m2", f"{number},81.5")
    act = partial(account_changes_of(node).change, OPERATOR, other, WHY)
    while_it_is_looked_through(node, monkeypatch, act)
    desk.change(OPERATOR, data, WHY)
    now = node.accounts.get(number)
    assert (now.persons, now.area_m2) == (5, 81_500)
    same = partial(
        account_changes_of(node).change, OPERATOR, table("account,persons", f"{number},6"), WHY
    )
    while_it_is_looked_through(node, monkeypatch, same)
    with pytest.raises(ChangedSince):
        desk.change(OPERATOR, table("account,persons", f"{number},7"), WHY)
    assert node.accounts.get(number).persons == 6


@pytest.mark.parametrize(
    ("head", "row", "code"),
    [
        ("account,persons", "{0},many", "not_a_number"),
        ("account,persons", "{0},100", "amendment_unusable"),
        ("account,tariff_class", "{0},nobody", "amendment_unusable"),
        ("account,tariff_class", "{0},(none)", "amendment_unusable"),
        ("account,name", "{0},(none)", "account_form_incomplete"),
        ("account,persons_until,persons", "{0},2026-13-01,3", "amendment_unusable"),
        ("account,status", "{0},open", "change_unusable"),
        ("account,status,persons", "{0},withdrawn,4", "change_unusable"),
        ("account,persons", "N00019999999999,3", "account_unknown"),
        ("account,room", "{0},501", "address_taken"),
        ("account,persons", "{1},4", "change_twice"),
    ],
)
def test_a_line_that_is_wrong_is_named_and_nothing_is_changed(
    node: Node, desk: AccountChanges, accounts: list[str], head: str, row: str, code: str
) -> None:
    good = dict.fromkeys(head.split(","), "") | {"account": accounts[1]}
    good |= {"persons": "4"} if "persons" in good else {}
    data = table(head, ",".join(good.values()), row.format(*accounts))
    assert codes(desk.tried(data, WHY)) == ["", code]
    with pytest.raises(LinesWrong):
        desk.change(OPERATOR, data, WHY)
    assert node.accounts.get(accounts[1]).persons == 3


def test_two_lines_do_not_move_to_one_door(desk: AccountChanges, accounts: list[str]) -> None:
    data = table("account,room", f"{accounts[0]},900", f"{accounts[1]},900")
    assert codes(desk.tried(data, WHY)) == ["", "import_twice"]


@pytest.mark.parametrize("head", ["account", "name,phone", "account,fax", "account,area"])
def test_a_table_of_other_columns_is_refused_whole(desk: AccountChanges, head: str) -> None:
    with pytest.raises(TableUnreadable):
        desk.tried(table(head), WHY)


def test_every_commit_does_some_of_the_lines(
    node: Node, desk: AccountChanges, accounts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_changes, "BATCH", 1)
    data = table("account,persons", *(f"{number},5" for number in accounts))
    desk.change(OPERATOR, data, WHY)
    assert [node.accounts.get(number).persons for number in accounts] == [5, 5, 5]
