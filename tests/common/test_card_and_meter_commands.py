"""``yika card`` and ``yika meter`` answer in JSON lines, and in one sentence when they can't."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from card_builders import KEYS, METER_ID, NODE_KEY, NUMBER, SLOT, credit_record, put_out_of_service
from tool_builders import TOOL_CARD, an_order
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.tool_order import OrderKind
from yika_common.cards.user_card import open_session, personalise
from yika_common.infra.entropy import system_random
from yika_common.numbers import Price, Quantity
from yika_common.simulated.card_file import FileCardStore, open_card_file
from yika_common.simulated.card_hold import CardHold
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


def sell_money(count: int, total: int) -> None:
    icc = open_card_file(Path("card"), system_random)
    switch = datetime(2026, 4, 30, 16, tzinfo=UTC)
    prices = MeterParameters(5, price=Price(52_000), next_price=Price(53_500), next_from=switch)
    record = credit_record(count=count, total=Quantity(total), parameters=prices)
    open_session(icc, system_random, NODE_KEY).write_record(SLOT, record.encode(KEYS.credit))


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
    sell(1, 100_000_100)
    result = town("meter", "load", "meter", "card")
    assert result.exit_code == 1
    assert told(result) == {**NOTHING_TAKEN, "outcome": "refused", "reason": "over_limit"}


def test_a_meter_that_holds_money_deducts_at_its_clock_s_price(town: Yika) -> None:
    made = told(town("meter", "new", "purse", "--keys", "keys.json", "--money"))
    assert (made["holds"], made["price"], made["next_price"]) == ("money", "0.00", "")
    sell_money(1, 50_000)
    loaded = told(town("meter", "load", "purse", "card", "--clock", "2026-04-21T08:00+08:00"))
    assert (loaded["outcome"], loaded["credited"]) == ("credited", "50")
    early = town("meter", "use", "purse", "1", "--clock", "2026-04-30T23:59:59+08:00")
    assert told(early) == {"used": "1", "balance": "44.8", "deducted": "5.2", "price": "5.20"}
    shown = told(town("meter", "show", "purse"))
    assert (shown["price"], shown["next_price"]) == ("5.20", "5.35")
    assert shown["next_from"] == "2026-04-30T16:00:00+00:00"
    late = town("meter", "use", "purse", "1", "--clock", "2026-05-01T00:00:00+08:00")
    assert told(late) == {"used": "1", "balance": "39.45", "deducted": "5.35", "price": "5.35"}
    shown = told(town("meter", "show", "purse"))
    assert (shown["price"], shown["next_price"], shown["next_from"]) == ("5.35", "", "")


def test_meters_of_money_and_of_quantity_refuse_each_other_s_records(town: Yika) -> None:
    town("meter", "new", "purse", "--keys", "keys.json", "--money")
    sell(1, 50_000)
    refused = town("meter", "load", "purse", "card")
    assert (refused.exit_code, told(refused)["reason"]) == (1, "wrong_unit")
    sell_money(2, 50_000)
    refused = town("meter", "load", "meter", "card")
    assert (refused.exit_code, told(refused)["reason"]) == (1, "wrong_unit")


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
        ("card", "new", "--kind", "sle4442", "card"),
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
        ("meter", "use", "meter", "1", "--clock", "tomorrow"),
        ("meter", "use", "meter", "1", "--clock", "2026-05-01T00:00:00"),
        ("meter", "use", "meter", "1", "--clock", "1969-12-31T00:00:00Z"),
        ("meter", "load", "meter", "card", "--clock", "2200-01-01T00:00:00Z"),
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


def test_a_meter_is_of_a_model_and_says_what_was_done_to_it(town: Yika) -> None:
    shown = json.loads(town("meter", "show", "meter").stdout)
    assert (shown["model"], shown["alarm_level"], shown["second_level"]) == ("G4", "10", "5")
    keys = ("--keys", "keys.json")
    made = json.loads(town("meter", "new", "other", *keys, "--model", "G4-SEALED").stdout)
    assert made["model"] == "G4-SEALED"
    for model, said in (("W20", "Choose one of: G4, G4-SEALED"), ("G5", "There are: E1")):
        wrong = town("meter", "new", "third", *keys, "--model", model)
        assert (wrong.exit_code, said in wrong.stderr) == (2, True)
    for event, status in (("cover", 67), ("magnet", 195), ("battery_low", 227)):
        told = json.loads(town("meter", "disturb", "meter", event).stdout)
        assert told["status"] == status
    assert json.loads(town("meter", "disturb", "meter", "battery_new").stdout)["status"] == 195


def test_a_card_in_a_reader_is_not_put_into_a_meter(town: Yika) -> None:
    sell(1, 50_000)
    with CardHold(Path("card")):
        refused = town("meter", "load", "meter", "card")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "in another slot" in refused.stderr
    assert town("meter", "load", "meter", "card").exit_code == 0


def test_a_tool_card_tells_the_meter_what_to_do(town: Yika) -> None:
    town("card", "new", "--kind", "cpu", "tool")
    chip = open_card_file(Path("tool"), system_random)
    personalise(
        chip,
        system_random,
        number=TOOL_CARD,
        generation=1,
        profile=8,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth},
    )
    order = an_order(
        kind=OrderKind.TRANSFER, card=TOOL_CARD, not_after=datetime(2026, 5, 1, tzinfo=UTC)
    )
    session = open_session(chip, system_random, NODE_KEY, number=TOOL_CARD)
    session.write_record(SLOT, order.encode(KEYS.wbq or b""))
    done = town("meter", "load", "meter", "tool", "--clock", "2026-04-30T00:00:00+00:00")
    assert json.loads(done.stdout) == NOTHING_TAKEN | {"outcome": "executed", "reason": ""}
    again = town("meter", "load", "meter", "tool", "--clock", "2026-04-30T00:00:00+00:00")
    assert json.loads(again.stdout)["reason"] == "already_taken"
    shown = json.loads(town("meter", "show", "meter").stdout)
    assert (shown["order"], shown["status"] & 4) == (1, 4)
