"""The published vectors of memory cards: made by a shell script, and what our cards hold."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from card_builders import KEYS, METER_ID, NODE_KEY, NUMBER, SLOT, VECTORS, repeatable_random
from memory_builders import METER, Card
from yika_common.cards.contact import open_session, personalise
from yika_common.cards.cut import Cut
from yika_common.cards.memory.head import read_head
from yika_common.cards.memory.issuing import number_chip
from yika_common.cards.memory.layout import FROZEN, KEY_VERSION_AT, ChipLayout
from yika_common.cards.memory.notes import open_note
from yika_common.cards.memory.packing import PACKINGS
from yika_common.cards.record import open_record
from yika_common.cards.write_back import open_write_back
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryKind

PUBLISHED = json.loads((VECTORS / "memory_cards.json").read_text())
CARDS: list[dict[str, Any]] = PUBLISHED["cards"]
ALL = pytest.mark.parametrize("vector", CARDS, ids=lambda v: f"{v['chip']}-{v['profile']}")


def issued(vector: dict[str, Any]) -> Card:
    card = Card(MemoryKind[vector["chip"]])
    number_chip(card.contact(), lambda _size: bytes.fromhex(PUBLISHED["serial"]))
    personalise(
        card.contact(),
        repeatable_random(1),
        number=NUMBER,
        generation=1,
        profile=vector["profile"],
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    return card


def test_the_script_makes_the_published_vectors() -> None:
    if shutil.which("xxd") is None:
        pytest.fail("xxd is not installed", pytrace=False)
    script = VECTORS / "memory_cards.sh"
    made = subprocess.run(["sh", script], capture_output=True, check=True, timeout=60)
    assert json.loads(made.stdout) == PUBLISHED


@ALL
def test_an_issued_card_holds_the_published_head_and_code(vector: dict[str, Any]) -> None:
    card = issued(vector)
    layout = ChipLayout(card.kind, vector["profile"])
    main = card.store.content.main
    assert main[FROZEN].hex().upper() == vector["frozen"]
    assert main[KEY_VERSION_AT : layout.records_at].hex().upper() == vector["head"]
    assert card.store.content.code.hex().upper() == vector["code"]
    assert read_head(card.contact()).made_under(bytes.fromhex(PUBLISHED["node"]))


@ALL
def test_a_record_stands_on_the_card_as_published(vector: dict[str, Any]) -> None:
    card = issued(vector)
    session = open_session(card.contact(), repeatable_random(1), NODE_KEY)
    record = bytes.fromhex(vector["record"])
    assert session.cut is Cut(vector["cut"])
    session.write_record(SLOT, record)
    cell = bytes.fromhex(vector["cell"])
    first = ChipLayout(card.kind, vector["profile"]).records_at
    assert card.store.content.main[first : first + len(cell)] == cell
    assert session.read_slot(SLOT, METER) == record
    opened = open_record(record, KEYS.credit)
    assert (opened.meter_id, opened.count, opened.total) == (METER_ID, 17, 825_883)


@ALL
def test_a_write_back_stands_on_the_card_as_published(vector: dict[str, Any]) -> None:
    if "note" in vector:
        note = open_note(SLOT, bytes.fromhex(vector["note"]))
        assert note is not None
        assert (note.count, note.balance) == (17, Quantity(-1_000))
        return
    told = bytes.fromhex(vector["write_back"])
    packed = PACKINGS[vector["cut"]].pack_write_back(told)
    assert packed.hex().upper() == vector["write_back_cell"][2:]
    assert vector["write_back_cell"][:2] == vector["cell"][:2]
    assert PACKINGS[vector["cut"]].write_back(packed, SLOT, METER_ID.encode()) == told
    opened = open_write_back(told, KEYS.wbn)
    assert (opened.reading.count, opened.reading.balance) == (17, -1_000)
