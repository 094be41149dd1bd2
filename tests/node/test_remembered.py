"""A value that became old while it was read is not taken for the new one."""

import json
from pathlib import Path

import pytest

from node_world import World
from yika_common.tariffs.shipped import shipped
from yika_node.services.remembered import Remembered

WATER_TARIFF = "cn-bj-water-res.json"


def test_a_value_is_read_once_until_it_is_forgotten() -> None:
    readings = iter(range(10))
    value = Remembered(lambda: next(readings))
    assert (value(), value()) == (0, 0)
    value.forget()
    assert (value(), value()) == (1, 1)


def test_a_value_that_becomes_old_while_it_is_read_is_read_again() -> None:
    truth = "old"

    def read() -> str:
        nonlocal truth
        seen = truth
        if truth == "old":
            truth = "new"
            value.forget()
        return seen

    value = Remembered(read)
    assert value() == "old"
    assert value() == "new"


def test_a_price_asked_for_during_the_switch_keeps_no_tariff_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page reads the tariffs, and the exchange switches to new ones before it is done."""
    world = World(tmp_path / "node")
    node = world.enrolled()
    tariff = json.loads(shipped()[WATER_TARIFF])
    tariff["version"] += 1
    world.headquarters.publish_tariff(json.dumps(tariff).encode())
    node.tariffs.forget()
    held = node.queries.items_held

    def overtaken(prefix: str) -> object:
        found = held(prefix)
        monkeypatch.undo()
        node.courier.sync()
        return found

    monkeypatch.setattr(type(node.queries), "items_held", lambda _self, prefix: overtaken(prefix))
    node.tariffs.book()
    versions = {view.version for view in node.tariffs.shelf() if view.id == tariff["id"]}
    assert tariff["version"] in versions
    node.close()
