"""A simulated chip in files is a special card as well, and its copy without the secret is none."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from card_builders import repeatable_random
from special_builders import (
    DIGEST,
    HOLDER,
    KEYS,
    MANAGING_NUMBER,
    PIN,
    managing_order,
    quick_stretch,
    system_order,
)
from yika_common.cards.errors import CardForeign, CardKeyBlocked, CardNotAuthentic
from yika_common.cards.special import contact as special
from yika_common.cards.user_card import recognise
from yika_common.readers.port import MemoryKind
from yika_common.simulated.card_file import CardFileWrong, new_card_file, open_card_file
from yika_common.simulated.chip_file import in_a_reader, new_chip_file, open_any_card_file
from yika_common.tools.cli import main

RANDOM = repeatable_random(8)


def write(path: Path, kind: str) -> None:
    if kind == "cpu":
        new_card_file(path, RANDOM)
    else:
        new_chip_file(path, MemoryKind[kind.upper()], RANDOM)
    card = in_a_reader(open_any_card_file(path, RANDOM))
    special.issue(card, RANDOM, managing_order(), PIN, quick_stretch)


def approve(path: Path) -> int:
    card = in_a_reader(open_any_card_file(path, RANDOM))
    opened = special.open_managing(card, RANDOM, KEYS.manage, quick_stretch)
    return opened.approve(PIN, DIGEST).counter


@pytest.mark.parametrize("kind", ["cpu", "sle4428", "sle4442"])
def test_it_keeps_its_count_without_power(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "card"
    write(path, kind)
    assert [approve(path), approve(path)] == [1, 2]
    shown = CliRunner().invoke(main, ["card", "show", str(path)])
    assert shown.exit_code == 0, shown.output
    told = json.loads(shown.output)
    assert (told["type"], told["state"], told["number"], told["holder"], told["tries"]) == (
        "managing",
        "in_use",
        MANAGING_NUMBER,
        HOLDER,
        3,
    )
    assert told["kind"] == kind


def test_a_copy_without_the_secret_proves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "card"
    write(path, "cpu")
    shutil.copy(path, tmp_path / "copy")
    with pytest.raises((CardNotAuthentic, CardKeyBlocked)):
        approve(tmp_path / "copy")
    assert KEYS.approve.hex() not in path.read_text()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("information", "00"),
        ("content", "00"),
        ("counter", -1),
        ("counter", "1"),
        ("counter", 1 << 32),
    ],
)
def test_a_spoiled_file_is_refused(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "card"
    write(path, "cpu")
    held = json.loads(path.read_text())
    held["special"][key] = value
    path.write_text(json.dumps(held))
    with pytest.raises(CardFileWrong):
        open_card_file(path, RANDOM)


def test_a_blank_chip_has_both_applications_and_a_used_one_has_one(tmp_path: Path) -> None:
    path = tmp_path / "card"
    card = new_card_file(path, RANDOM)
    assert recognise(card).number == ""
    assert special.recognise(card).number == ""
    special.issue(card, RANDOM, system_order(), "", quick_stretch)
    assert special.recognise(card).number == system_order().number
    with pytest.raises(CardForeign):
        recognise(card)
