"""Many accounts from one table: tried first, then opened, and the same file twice opens once."""

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from household_tables import HEAD, a_row
from node_world import OPERATOR, World
from yika_node.bootstrap import Node
from yika_node.services.account_import import (
    COLUMNS,
    CUT_OFF,
    AccountImport,
    RowsWrong,
    undo_table,
)
from yika_node.services.table_file import TableUnreadable


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node")


@pytest.fixture
def node(world: World) -> Iterator[Node]:
    node = world.enrolled()
    yield node
    node.close()


@pytest.fixture
def desk(node: Node) -> AccountImport:
    return AccountImport(node.accounts, node.clock)


def table(*rows: str) -> bytes:
    return "\n".join((HEAD, *rows)).encode()


def test_a_table_is_tried_and_then_opened(node: Node, desk: AccountImport) -> None:
    data = table(a_row(0), a_row(1, "李秀英"))
    tried = desk.tried(data)
    assert [(row.line, row.name, row.account, row.problem) for row in tried] == [
        (2, "王小明", "", None),
        (3, "李秀英", "", None),
    ]
    assert node.accounts.find("").rows == ()
    opened = desk.open(OPERATOR, data)
    assert all(row.new for row in opened)
    account = node.accounts.get(opened[1].account)
    assert account.person is not None
    assert (account.person.name, account.person.place) == ("李秀英", "东河路 7 号 3-2-501")
    assert (account.community, account.persons, account.area_m2) == ("YG", 3, 96_400)


def test_the_same_table_again_opens_nothing_and_a_longer_one_the_rest(
    node: Node, desk: AccountImport
) -> None:
    (first,) = desk.open(OPERATOR, table(a_row(0)))
    again = desk.open(OPERATOR, table(a_row(0), a_row(1, "李秀英")))
    assert [(row.account == first.account, row.new) for row in again] == [
        (True, False),
        (False, True),
    ]
    assert len(node.accounts.find("").rows) == 2


def test_a_file_that_was_cut_off_and_is_given_again_takes_back_all_it_opened(
    world: World, node: Node, desk: AccountImport
) -> None:
    (first,) = desk.open(OPERATOR, table(a_row(0)))
    whole = table(a_row(0), a_row(1, "李秀英"))
    again = desk.open(OPERATOR, whole)
    assert undo_table(again).decode().count("withdrawn") == 2
    assert first.account in undo_table(again).decode()
    # Somebody else did not open them, and after a day nobody takes it for the same work.
    assert undo_table(desk.open("lin", whole)) == b""
    world.pass_time(days=CUT_OFF.days)
    assert undo_table(desk.open(OPERATOR, whole)) == b""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "account_form_incomplete"),
        ({"area": "A99"}, "account_form_incomplete"),
        ({"tariff_class": ""}, "account_form_incomplete"),
        ({"persons": "many"}, "not_a_number"),
        ({"area_m2": "x"}, "not_a_number"),
        ({"meter-1": "100000000099"}, "meter_unknown"),
        ({"meter-1": "200000000003"}, "meter_of_another_service"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_nothing_is_opened(
    node: Node, desk: AccountImport, changes: dict[str, str], code: str
) -> None:
    data = table(a_row(1, "李秀英"), a_row(0, **changes))
    rows = desk.tried(data)
    assert rows[0].problem is None
    assert rows[1].problem is not None
    assert (rows[1].line, rows[1].problem.code) == (3, code)
    with pytest.raises(RowsWrong):
        desk.open(OPERATOR, data)
    assert node.accounts.find("").rows == ()


def test_a_row_without_persons_has_as_many_as_the_tariff_includes(
    node: Node, desk: AccountImport
) -> None:
    (row,) = desk.open(OPERATOR, table(a_row(0, persons="")))
    account = node.accounts.get(row.account)
    assert (account.persons, account.pricing_facts(ZoneInfo("UTC")).persons) == (0, None)


@pytest.mark.parametrize("same", [{"meter-1": "100000000000"}, {"room": "500"}])
def test_two_rows_of_one_meter_or_one_flat_are_one_too_many(
    desk: AccountImport, same: dict[str, str]
) -> None:
    rows = desk.tried(table(a_row(0), a_row(1, "李秀英", **same)))
    assert rows[1].problem is not None
    assert (rows[1].problem.code, rows[1].problem.facts["line"]) == ("import_twice", 2)


def test_a_meter_of_somebody_else_is_not_taken_over(node: Node, desk: AccountImport) -> None:
    desk.open(OPERATOR, table(a_row(0)))
    (row,) = desk.tried(table(a_row(0, "李秀英", room="9")))
    assert row.problem is not None
    assert row.problem.code == "meter_taken"


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_tables_come_as_programs_write_them(desk: AccountImport, mark: str, encoding: str) -> None:
    text = table(a_row(0)).decode().replace(",", mark).replace("\n", "\r\n")
    (row,) = desk.tried(text.encode(encoding))
    assert (row.name, row.problem) == ("王小明", None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"name\n",
        b"\xff\xfe\x00",
        HEAD.replace("phone", "fax").encode(),
        (HEAD + "\n" + a_row(0) + ",more").encode(),
    ],
)
def test_what_is_no_table_is_refused_whole(desk: AccountImport, data: bytes) -> None:
    with pytest.raises(TableUnreadable):
        desk.tried(data)


def test_a_table_that_is_too_long_is_refused(
    desk: AccountImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.services.table_file.ROWS_MAX", 1)
    assert len(desk.tried(table(a_row(0)))) == 1
    with pytest.raises(TableUnreadable):
        desk.tried(table(a_row(0), a_row(1)))


def test_every_commit_opens_some_of_them(
    node: Node, desk: AccountImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.services.account_import.BATCH", 1)
    opened = desk.open(OPERATOR, table(a_row(0), a_row(1, "李秀英"), a_row(2, "赵")))
    assert len({row.account for row in opened}) == 3


def test_the_columns_are_those_of_a_household() -> None:
    assert {*HEAD.split(",")} < {*COLUMNS}
