"""A simulated memory chip in two files: what is read of it, its code, and its weak bytes."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from card_builders import KEYS, METER_ID, NODE_KEY, NUMBER, SLOT, repeatable_random
from memory_builders import METER, record_for, until_cut, whole_byte_flickers
from yika_common.cards.contact import UserCard, open_session, personalise
from yika_common.cards.errors import CardNotAuthentic
from yika_common.readers.port import MemoryKind
from yika_common.simulated.card_file import CardFileExists, CardFileWrong
from yika_common.simulated.chip_file import in_a_reader, new_chip_file, open_any_card_file
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.memory_chip import SimulatedChip
from yika_common.tools.cli import main

KINDS = list(MemoryKind)


def issued(path: Path, kind: MemoryKind) -> SimulatedChip:
    chip = new_chip_file(path, kind, repeatable_random(3))
    personalise(
        in_a_reader(chip),
        repeatable_random(4),
        number=NUMBER,
        generation=1,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    return chip


def reopened(path: Path) -> UserCard:
    card = open_any_card_file(path, whole_byte_flickers())
    return open_session(in_a_reader(card), repeatable_random(5), NODE_KEY)


@pytest.mark.parametrize("kind", KINDS)
def test_a_chip_outlives_its_program(tmp_path: Path, kind: MemoryKind) -> None:
    issued(tmp_path / "card", kind)
    opened = reopened(tmp_path / "card")
    opened.write_record(SLOT, record_for(opened.cut))
    assert reopened(tmp_path / "card").read_slot(SLOT, METER) == record_for(opened.cut)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_weak_or_frozen_stays_so(tmp_path: Path, kind: MemoryKind) -> None:
    chip = issued(tmp_path / "card", kind)
    opened = open_session(in_a_reader(chip), repeatable_random(5), NODE_KEY)
    chip.cut(8, within=True)
    assert not until_cut(lambda: opened.write_record(SLOT, record_for(opened.cut)))
    again = open_any_card_file(tmp_path / "card", whole_byte_flickers())
    assert isinstance(again, SimulatedChip)
    assert again.content == chip.content
    assert again.content.weak
    assert set(range(8, 21)) <= again.content.frozen


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_without_the_secret_has_another_code(tmp_path: Path, kind: MemoryKind) -> None:
    issued(tmp_path / "card", kind)
    shutil.copy(tmp_path / "card", tmp_path / "copy")
    with pytest.raises(CardNotAuthentic):
        reopened(tmp_path / "copy")


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    issued(tmp_path / "card", MemoryKind.SLE4428)
    with pytest.raises(CardFileExists):
        new_chip_file(tmp_path / "card", MemoryKind.SLE4442, repeatable_random())


@pytest.mark.parametrize(
    "change",
    [
        {"format": "yika-card/2"},
        {"main": "00"},
        {"main": 7},
        {"counter": 256},
        {"counter": "8"},
        {"frozen": {"8": 1}},
        {"frozen": [4000]},
        {"weak": [1]},
        {"weak": {"9": 256}},
    ],
)
def test_a_file_that_holds_no_chip_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    issued(tmp_path / "card", MemoryKind.SLE4428)
    held = json.loads((tmp_path / "card").read_text())
    (tmp_path / "card").write_text(json.dumps({**held, **change}))
    with pytest.raises(CardFileWrong):
        open_any_card_file(tmp_path / "card", repeatable_random())


def yika(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def told(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    answer: dict[str, object] = json.loads(line)
    return answer


@pytest.mark.parametrize("kind", ["sle4428", "sle4442"])
def test_the_command_line_makes_and_shows_memory_cards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    made = told(yika("card", "new", "--kind", kind, "card"))
    assert (made["kind"], made["state"], made["records"]) == (kind, "blank", [])
    assert told(yika("card", "show", "card")) == made
    key_file = {
        "meter": METER_ID,
        "service": "gas",
        "key_version": 1,
        "credit": KEYS.credit.hex(),
        "wbn": KEYS.wbn.hex(),
        "wbq": (KEYS.wbq or b"").hex(),
        "auth": KEYS.auth.hex(),
    }
    Path("keys.json").write_text(json.dumps(key_file))
    told(yika("meter", "new", "meter", "--keys", "keys.json"))
    card = open_any_card_file(Path("card"), repeatable_random(6))
    assert not isinstance(card, UserCardIcc)
    personalise(
        in_a_reader(card),
        repeatable_random(7),
        number=NUMBER,
        generation=1,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    opened = reopened(Path("card"))
    opened.write_record(SLOT, record_for(opened.cut))
    loaded = told(yika("meter", "load", "meter", "card"))
    assert (loaded["outcome"], loaded["credited"]) == ("credited", "100")
    shown = told(yika("card", "show", "card"))
    assert (shown["number"], shown["profile"], shown["slots"]) == (NUMBER, 8, [SLOT])
    record = {"slot": SLOT, "count": 1, "total": "100"}
    note = {"taken": 1, "balance": "100"} if kind == "sle4442" else {}
    assert shown["records"] == [{**record, **note}]
    assert told(yika("meter", "load", "meter", "card"))["outcome"] == "nothing_new"
