"""A memory card in a file, with the commands of the command line around a node's desks.

``yika card`` makes it, ``yika reader`` puts it into a simulated ASEDrive, the node finds the
reader by itself and sells, ``yika meter`` takes the credit and answers on the card.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from little_headquarters import AREA, MASTERS
from node_world import OPERATOR, World, a_form, for_quantity
from yika_common.cards.keys import derive_meter_keys
from yika_common.services import PROFILES, Service
from yika_node.config import AUTO
from yika_node.hardware.readers import reader_at

YIKA = str(Path(sys.executable).with_name("yika"))
WATER = PROFILES[4].index(Service.COLD_WATER)


def yika(folder: Path, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [YIKA, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=True
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


class Hand:
    """Somebody at the simulated reader."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def do(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def sees(self, event: str) -> dict[str, Any]:
        """The next event of that name."""
        assert self._process.stdout is not None
        while (told := json.loads(self._process.stdout.readline()))["event"] != event:
            pass
        return dict(told)


@contextmanager
def reader(folder: Path, port: Path) -> Iterator[Hand]:
    arguments = [YIKA, "reader", "--protocol", "asedrive", "--link", str(port)]
    with subprocess.Popen(
        arguments, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        hand = Hand(process)
        hand.sees("ready")
        yield hand
        hand.do("quit")


def key_file(path: Path, meter: str) -> None:
    keys = derive_meter_keys(MASTERS, meter, 1, area=AREA)
    names = ("credit", "wbn", "wbq", "auth")
    held = {name: getattr(keys, name).hex() for name in names}
    path.write_text(
        json.dumps({"meter": meter, "service": "cold_water", "key_version": 1, **held})
    )


@pytest.mark.parametrize("kind", ["sle4428", "sle4442"])
def test_a_memory_card_goes_from_the_counter_to_the_meter_and_back(
    tmp_path: Path, kind: str
) -> None:
    port = tmp_path / "port"
    world = World(tmp_path / "node")
    world.hand = reader_at(str(port), AUTO)  # type: ignore[assignment]
    made = yika(tmp_path, "card", "new", "--kind", kind, "card")
    assert (made["kind"], made["state"]) == (kind, "blank")
    with reader(tmp_path, port) as hand:
        node = world.enrolled()
        account = node.accounts.open(OPERATOR, a_form(4)).number
        hand.do("insert card")
        hand.sees("inserted")
        number = node.cards.initialise(OPERATOR, account).number
        entry = for_quantity(WATER, 10_000)
        hand.do("pull-after 10")
        hand.do("this is no command; it is answered")
        hand.sees("error")
        assert not node.sales.sell(OPERATOR, number, [entry], "one").complete
        assert hand.sees("torn") == {"event": "torn", "after": 10, "taken": False}
        hand.do("insert card")
        hand.sees("inserted")
        assert [one.problem for one in node.cards.read(OPERATOR).resolved] == [None]
        hand.do("remove")
        hand.sees("removed")
        meter = next(
            view.meter for view in node.accounts.get(account).meters if view.slot == WATER
        )
        key_file(tmp_path / "keys.json", meter)
        yika(tmp_path, "meter", "new", "meter", "--keys", "keys.json")
        assert yika(tmp_path, "meter", "load", "meter", "card")["credited"] == "10"
        assert yika(tmp_path, "meter", "load", "meter", "card")["outcome"] == "nothing_new"
        hand.do("insert card")
        hand.sees("inserted")
        assert node.sales.sell(OPERATOR, number, [for_quantity(WATER, 2_500)], "two").complete
        node.close()
    assert yika(tmp_path, "meter", "load", "meter", "card")["total"] == "12.5"
