"""The tariff office on the command line: a draft's way in four commands, each one JSON line."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from central_builders import LI, WANG, HandClock
from central_town import ACCOUNT, a_town, dearer_water
from yika_central.cli import main

NEXT = dearer_water().replace(b'"version": 4', b'"version": 5').replace(b'"4.57"', b'"4.97"')
PASSWORDS = {
    "YIKA_PASSWORD_LI": LI.password,
    "YIKA_PASSWORD_WANG": WANG.password,
    "YIKA_LANGUAGE": "en",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of a headquarters with past sales."""
    a_town(tmp_path / "central", HandClock()).close()
    (tmp_path / "next.json").write_bytes(NEXT)
    return tmp_path / "central"


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(folder), *arguments], env=PASSWORDS)


def said(folder: Path, *arguments: str) -> dict[str, Any]:
    done = run(folder, *arguments)
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_draft_is_kept_replayed_approved_and_published(folder: Path) -> None:
    kept = said(folder, "draft", str(folder.parent / "next.json"), "--officer", "li")
    assert (kept["tariff"], kept["version"]) == ("CN-BJ-WATER-RES", 5)
    assert {
        "key": "components[water].steps[2].price",
        "what": "price of step 2 of Water",
        "before": "4.57",
        "after": "4.97",
        "percent": "+8.8",
    } in kept["changes"]
    number = str(kept["draft"])
    early = run(folder, "approve", number, "--officer", "wang")
    assert (early.exit_code, "has not been replayed" in early.stderr) == (1, True)
    found = said(folder, "replay", number, "--officer", "li", "--months", "36")
    assert (found["sales"], found["dearer"], found["cheaper"]) == (21, 1, 0)
    assert [mover["account"] for mover in found["rises"]] == [ACCOUNT]
    assert said(folder, "approve", number, "--officer", "wang")["approved_by"] == "wang"
    done = said(folder, "publish", "--draft", number, "--officer", "li")
    assert (done["tariff"], done["version"]) == ("CN-BJ-WATER-RES", 5)


def test_an_author_cannot_approve_on_the_command_line_either(folder: Path) -> None:
    kept = said(folder, "draft", str(folder.parent / "next.json"), "--officer", "li")
    own = run(folder, "approve", str(kept["draft"]), "--officer", "li")
    assert (own.exit_code, "You wrote draft" in own.stderr) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("publish", "--officer", "li"),
        ("publish", "{file}", "--draft", "1", "--officer", "li"),
        ("replay", "1", "--officer", "li", "--months", "0"),
        ("draft", "/nowhere.json", "--officer", "li"),
    ],
)
def test_a_wrong_command_line_is_status_2(folder: Path, arguments: tuple[str, ...]) -> None:
    given = [text.format(file=folder.parent / "next.json") for text in arguments]
    assert run(folder, *given).exit_code == 2


def test_a_draft_that_is_not_there_is_status_1(folder: Path) -> None:
    done = run(folder, "replay", "99", "--officer", "li")
    assert (done.exit_code, "There is no draft 99" in done.stderr) == (1, True)
