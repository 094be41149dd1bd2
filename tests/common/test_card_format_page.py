"""docs/card-format.md says what the code does: tables, codes, and a recipe that runs."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from card_builders import VECTORS
from yika_common.cards import application, claim, keys, record, tool_order, write_back
from yika_common.cards.application import AID, TRANSPORT_KEY, Ins, Status
from yika_common.cards.memory import notes
from yika_common.cards.memory.layout import NOTE_SIZE
from yika_common.meters.factory import parse_key_file
from yika_common.meters.rules import Reason
from yika_common.numbers import Quantity
from yika_common.readers.iso7816 import USER_CARD_ATR

PAGE = (Path(__file__).parents[2] / "docs" / "card-format.md").read_text()
VECTOR = json.loads((VECTORS / "record.json").read_text())
RECORD = "".join(text for _, text in VECTOR["fields"]) + VECTOR["mac"]
ROW = re.compile(r"^(?:\| )?(\d+)(?: \| | +)(\d+)(?: \| | +)(\S.*?)(?: \|)?$", re.MULTILINE)

LAYOUTS = {
    "diversifier": (keys, 28),
    "information": (application, application.INFORMATION_SIZE),
    "record": (record, record.RECORD_SIZE),
    "order": (tool_order, tool_order.ORDER_SIZE),
    "claim": (claim, claim.CLAIM_SIZE),
    "note": (notes, NOTE_SIZE),
    "write-back": (write_back, write_back.WRITE_BACK_SIZE),
}


def rows_of(text: str) -> list[tuple[int, int]]:
    return [(int(offset), int(size)) for offset, size, _ in ROW.findall(text)]


def published(name: str) -> list[tuple[int, int]]:
    table = PAGE.split(f"<!-- layout: {name} -->")[1].split("\n\n")[0]
    return rows_of(table)


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_published_table_has_no_hole_and_the_size_of_the_code(name: str) -> None:
    end = 0
    for offset, size in published(name):
        assert offset == end
        end += size
    assert end == LAYOUTS[name][1]


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_page_and_the_module_have_the_same_table(name: str) -> None:
    module = LAYOUTS[name][0]
    assert module.__doc__ is not None
    table = module.__doc__.split("offset  size  field")[1]
    assert rows_of(table) == published(name)


def test_every_command_status_and_reason_is_on_the_page() -> None:
    for ins in Ins:
        assert f"{ins:02X} {ins.name.replace('_', ' ')}" in PAGE
    for status in Status:
        assert f"{status:04X}" in PAGE
    for reason in Reason:
        assert f"`{reason}`" in PAGE or not reason


def test_the_names_on_the_page_are_those_of_the_code() -> None:
    assert f"`{AID.hex(' ').upper()}`" in PAGE
    assert f"`{USER_CARD_ATR.hex(' ').upper()}`" in PAGE
    assert "(16 zero bytes)" in PAGE
    assert bytes(16) == TRANSPORT_KEY


def recipe_accepts(record_hex: str, key_hex: str) -> bool:
    recipe = PAGE.split("```sh\n")[1].split("```")[0]
    environment = {"PATH": "/usr/bin:/bin", "RECORD": record_hex, "KEY": key_hex}
    done = subprocess.run(["sh", "-e", "-c", recipe], env=environment, timeout=20, check=False)
    return done.returncode == 0


def test_the_recipe_takes_a_record_and_refuses_a_changed_one() -> None:
    assert recipe_accepts(RECORD, VECTOR["key"])
    assert recipe_accepts(RECORD.lower(), VECTOR["key"])
    assert not recipe_accepts(RECORD[:-1] + "8", VECTOR["key"])
    assert not recipe_accepts("02" + RECORD[2:], VECTOR["key"])


def test_the_key_file_on_the_page_makes_a_meter() -> None:
    text = PAGE.split("```json\n")[1].split("```")[0]
    assert parse_key_file(text.encode(), Quantity(1))[0].meter_id == "M00000000042"
