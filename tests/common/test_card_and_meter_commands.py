"""``yika card`` and ``yika meter`` answer in JSON lines, and in one sentence when they can't."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from card_builders import KEYS, METER_ID, NODE_KEY, NUMBER, SLOT, credit_record, put_out_of_service
from yika_common.cards.user_card import open_session, personalise
from yika_common.infra.entropy import system_random
from yika_common.numbers import Quantity
from yika_common.simulated.card_file import FileCardStore, open_card_file
from yika_common.tools.cli import main

Yika = Callable[..., Result]
KEY_FILE = {
    "meter": METER_ID,
    "service": "gas",
    "key_version": 1,
    "credit": KEYS.credit.hex(),
    "wbn": KEYS.wbn.hex(),
    "wbq": (KEYS.wbq or b"").hex(),
    "auth": KEYS.auth.hex(),
}
NOTHING_TAKEN = {"credited": "0", "balance": "0", "count": 0, "total": "0"}


@pytest.fixture
def yika(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yika:
    """Runs ``yika`` in an empty folder with a key file."""
    monkeypatch.chdir(tmp_path)
    Path("keys.json").write_text(json.dumps(KEY_FILE))

    def run(*arguments: str, language: str = "en") -> Result:
        environment = {"YIKA_LANGUAGE": language}
        return CliRunner().invoke(main, arguments, env=environment, catch_exceptions=False)

    return run


@pytest.fixture
def town(yika: Yika) -> Yika:
    """A card in use and a new meter."""
    yika("card", "new", "--kind", "cpu", "card")
    yika("meter", "new", "meter", "--keys", "keys.json")
    personalise(
        open_card_file(Path("card"), system_random),
        system_random,
        number=NUMBER,
        generation=1,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    return yika


def sell(count: int, total: int) -> None:
    icc = open_card_file(Path("card"), system_random)
    record = credit_record(count=count, total=Quantity(total)).encode(KEYS.credit)
    open_session(icc, system_random, NODE_KEY).write_record(SLOT, record)


def told(result: Result) -> dict[str, object]:
    """The one JSON line on standard output."""
    (line,) = result.stdout.splitlines()
    answer: dict[str, object] = json.loads(line)
    return answer


def test_a_new_card_is_blank(yika: Yika) -> None:
    made = yika("card", "new", "--kind", "cpu", "card")
    assert made.exit_code == 0
    assert told(made)["state"] == "blank"
    assert told(yika("card", "show", "card")) == told(made)


def test_a_card_in_use_shows_its_public_face_only(town: Yika) -> None:
    shown = told(town("card", "show", "card"))
    assert shown == {
        "kind": "cpu",
        "format": 1,
        "serial": shown["serial"],
        "state": "user",
        "number": NUMBER,
        "generation": 1,
        "profile": 8,
        "key_version": 1,
        "slots": [SLOT],
    }


def test_loading_prints_what_came_of_it(town: Yika) -> None:
    sell(1, 100_500)
    assert told(town("meter", "load", "meter", "card")) == {
        "outcome": "credited",
        "reason": "",
        "credited": "100.5",
        "balance": "100.5",
        "count": 1,
        "total": "100.5",
    }
    assert told(town("meter", "use", "meter", "0.5")) == {"used": "0.5", "balance": "100"}
    again = town("meter", "load", "meter", "card", "--slot", str(SLOT))
    assert again.exit_code == 0
    assert told(again) == {
        "outcome": "nothing_new",
        "reason": "already_taken",
        "credited": "0",
        "balance": "100",
        "count": 1,
        "total": "100.5",
    }
    shown = told(town("meter", "show", "meter"))
    assert (shown["balance"], shown["lifetime_use"], shown["sequence"]) == ("100", "0.5", 2)


def test_an_unsold_slot_has_nothing_new(town: Yika) -> None:
    result = town("meter", "load", "meter", "card")
    assert result.exit_code == 0
    assert told(result) == {**NOTHING_TAKEN, "outcome": "nothing_new", "reason": "empty_slot"}


def test_a_refused_record_ends_in_failure(town: Yika) -> None:
    sell(1, 100_000_001)
    result = town("meter", "load", "meter", "card")
    assert result.exit_code == 1
    assert told(result) == {**NOTHING_TAKEN, "outcome": "refused", "reason": "over_limit"}


@pytest.mark.parametrize("case", ["blank", "retired", "stranger", "other slot", "copied"])
def test_a_card_that_is_not_for_the_meter_is_refused_in_one_sentence(
    town: Yika, case: str
) -> None:
    sell(1, 100_000)
    card, reason = "card", ""
    more: tuple[str, ...] = ()
    match case:
        case "blank":
            town("card", "new", "--kind", "cpu", "blank")
            card, reason = "blank", "card_blank"
        case "retired":
            put_out_of_service(FileCardStore(Path("card")))
            reason = "card_retired"
        case "stranger":
            Path("keys.json").write_text(json.dumps({**KEY_FILE, "auth": "00" * 16}))
            Path("meter").unlink()
            town("meter", "new", "meter", "--keys", "keys.json")
            reason = "meter_not_on_card"
        case "other slot":
            reason, more = "card_not_authentic", ("--slot", "5")
        case "copied":
            Path("copy").write_bytes(Path("card").read_bytes())
            card, reason = "copy", "card_not_authentic"
    result = town("meter", "load", "meter", card, *more)
    assert result.exit_code == 1
    assert told(result) == {**NOTHING_TAKEN, "outcome": "refused", "reason": reason}
    (sentence,) = result.stderr.splitlines()
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "arguments",
    [
        ("card", "new", "--kind", "sle4442", "new"),
        ("card", "new", "--kind", "cpu", "card"),
        ("card", "new", "--kind", "cpu", "no/such/folder"),
        ("card", "show", "nothing"),
        ("card", "show", "keys.json"),
        ("card", "show", "."),
        ("meter", "new", "meter", "--keys", "keys.json"),
        ("meter", "new", "new", "--keys", "nothing"),
        ("meter", "new", "new", "--keys", "card"),
        ("meter", "new", "new", "--keys", "keys.json", "--ceiling", "0"),
        ("meter", "new", "new", "--keys", "keys.json", "--ceiling", "many"),
        ("meter", "load", "nothing", "card"),
        ("meter", "load", "meter", "nothing"),
        ("meter", "load", "card", "card"),
        ("meter", "use", "meter", "0"),
        ("meter", "use", "meter", "1.0001"),
        ("meter", "use", "nothing", "1"),
        ("meter", "show", "nothing"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_is_one_sentence_and_status_2(
    town: Yika, arguments: tuple[str, ...]
) -> None:
    before = sorted(Path().iterdir())
    result = town(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    (sentence,) = result.stderr.splitlines()
    assert sentence.endswith(".")
    (chinese,) = town(*arguments, language="zh").stderr.splitlines()
    assert chinese.endswith("。")
    assert sorted(Path().iterdir()) == before
