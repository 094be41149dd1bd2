"""A simulated card is two files: whole after any cut, worthless when copied without its keys."""

import json
import shutil
from pathlib import Path

import pytest

from card_builders import KEYS, NODE_KEY, NUMBER, SLOT, credit_record, repeatable_random
from yika_common.cards.application import CardState
from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.user_card import open_session, personalise, recognise
from yika_common.simulated.card_file import (
    CardFileExists,
    CardFileWrong,
    new_card_file,
    open_card_file,
)
from yika_common.simulated.icc import UserCardIcc

RECORD = credit_record().encode(KEYS.credit)


def issue(icc: UserCardIcc) -> None:
    personalise(
        icc,
        repeatable_random(5),
        number=NUMBER,
        generation=1,
        profile=4,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "card"


def test_what_was_written_is_there_after_the_power_was_off(path: Path) -> None:
    icc = new_card_file(path, repeatable_random())
    issue(icc)
    open_session(icc, repeatable_random(), NODE_KEY).write_record(SLOT, RECORD)
    again = open_card_file(path, repeatable_random(50))
    assert open_session(again, repeatable_random(), NODE_KEY).read_slot(SLOT) == RECORD


def test_a_chip_that_is_powered_up_again_sees_what_another_reader_wrote(path: Path) -> None:
    first = new_card_file(path, repeatable_random())
    issue(open_card_file(path, repeatable_random()))
    assert recognise(first).state is CardState.BLANK
    first.reset()
    assert recognise(first).state is CardState.USER


def test_a_copy_without_the_secrets_proves_itself_to_nobody(path: Path, tmp_path: Path) -> None:
    issue(new_card_file(path, repeatable_random()))
    copy = tmp_path / "copy"
    shutil.copy(path, copy)
    fake = open_card_file(copy, repeatable_random())
    assert recognise(fake).number == NUMBER
    with pytest.raises(CardNotAuthentic):
        open_session(fake, repeatable_random(), NODE_KEY)


def test_no_key_is_in_the_readable_file(path: Path) -> None:
    issue(new_card_file(path, repeatable_random()))
    readable = path.read_text()
    assert NODE_KEY.hex() not in readable
    assert KEYS.auth.hex() not in readable
    assert path.with_name("card.secret").stat().st_mode & 0o077 == 0


class PowerCut(BaseException):
    """The computer under the simulated chip stops."""


@pytest.mark.parametrize("cut_at", range(7))
def test_a_cut_at_any_file_replacement_leaves_a_card_that_can_be_issued(
    path: Path, monkeypatch: pytest.MonkeyPatch, cut_at: int
) -> None:
    """Issuing replaces six files; the seventh run is not cut."""
    new_card_file(path, repeatable_random())
    left = [cut_at]
    rename = Path.replace

    def rename_until_cut(source: Path, target: Path) -> Path:
        if left[0] == 0:
            raise PowerCut
        left[0] -= 1
        return rename(source, target)

    cut = False
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", rename_until_cut)
        try:
            issue(open_card_file(path, repeatable_random()))
        except PowerCut:
            cut = True
    assert cut == (cut_at < 6)
    issue(open_card_file(path, repeatable_random()))
    icc = open_card_file(path, repeatable_random())
    session = open_session(icc, repeatable_random(), NODE_KEY)
    session.write_record(SLOT, RECORD)


def test_a_new_card_overwrites_no_file(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(CardFileExists):
        new_card_file(path, repeatable_random())
    assert path.read_text() == "mine"


def test_a_missing_card_is_a_sentence(path: Path) -> None:
    with pytest.raises(CardFileWrong, match="it does not exist"):
        open_card_file(path, repeatable_random())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"format": "yika-card/1"}',
        b"[" * 60_000,
        b"x" * 70_000,
    ],
    ids=["empty", "not UTF-8", "a list", "no format", "no content", "deep", "large"],
)
def test_a_file_that_is_no_card_is_a_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(CardFileWrong):
        open_card_file(path, repeatable_random())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("information", "00"),
        ("information", 7),
        ("credit", []),
        ("claims", ["zz"] * 8),
        ("write_backs", ["00"] * 8),
    ],
)
def test_a_damaged_card_file_is_a_sentence(path: Path, name: str, value: object) -> None:
    new_card_file(path, repeatable_random())
    held = json.loads(path.read_text())
    path.write_text(json.dumps({**held, name: value}))
    with pytest.raises(CardFileWrong):
        open_card_file(path, repeatable_random())


@pytest.mark.parametrize("keys", ['{"0": "00"}', '{"1": "00"}', '{"x": ""}', "[]"])
def test_a_damaged_secret_file_is_a_sentence(path: Path, keys: str) -> None:
    new_card_file(path, repeatable_random())
    path.with_name("card.secret").write_text(keys)
    with pytest.raises(CardFileWrong):
        open_card_file(path, repeatable_random())
