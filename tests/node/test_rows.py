"""Rows read without SQLModel are those of the declared tables, and a sale needs no others."""

import inspect
from pathlib import Path
from typing import NamedTuple, get_type_hints

import pytest

from bench.memory import sell
from bench.processes import served
from bench.vending_point import METERS, vending_point
from yika_common.services import PROFILES, Service
from yika_common.tools.demo.clerk import Clerk
from yika_node.db import card_rows, rows, seldom, tables
from yika_node.db.row import Row
from yika_node.db.rows import table_name

KINDS = [
    kind
    for module in (rows, card_rows)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if hasattr(kind, "_fields")
]
HEAT = PROFILES[METERS].index(Service.HEAT)
DECLARED = {name: one for module in (tables, seldom) for name, one in vars(module).items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_row_has_columns_of_its_table_as_they_are_declared(kind: type[NamedTuple]) -> None:
    declared = DECLARED[kind.__name__]
    assert issubclass(declared, Row)
    told, columns = get_type_hints(kind), get_type_hints(declared)
    assert told == {name: columns[name] for name in kind._fields}
    assert table_name(kind.__name__) == declared.__tablename__


def test_a_counter_signs_in_sells_and_looks_at_cards_without_sqlmodel(tmp_path: Path) -> None:
    validator = "pydantic_core"
    with vending_point(tmp_path) as point, served(point.command_with_card) as server:
        clerk = Clerk(server.url, point.operator, point.password)
        sell(clerk, {number: "60" for number in range(METERS) if number != HEAT})
        assert validator not in server.loaded()
        for page in ("/cards", "/cards/stock"):
            clerk.download(page)
        assert validator not in server.loaded()
        clerk.download("/operators")
        assert validator in server.loaded()
