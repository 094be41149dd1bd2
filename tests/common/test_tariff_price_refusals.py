"""What ``yika price`` refuses: every kind of malformed file and query, each in one sentence.

A file ends the program with status 2, nothing on standard output and one sentence that names the
key; a query gets one answer with ``error`` and ``message``, and the next is answered.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tariff_builders import NAME, a_component, a_document, a_fixed_charge, as_bytes, heat_keys
from yika_common.tools.price import price

YIKA = [sys.executable, "-c", "from yika_common.tools.cli import main; main()", "price"]

GOOD_QUERY = b'{"used": "0", "amount": "5.00", "quantum": "1"}'


def everything() -> dict[str, Any]:
    """A sound file in which every key is there."""
    keys = heat_keys()
    keys["components"] = [a_component(["100"], ["0.20", "0.30"], "heat")]
    keys["heat_basic_fee"] |= {
        "area": "gross", "days": 121, "coefficients": {"low": "0.82"}, "late_opening": "by_day",
        "season_starts": "11-15", "suspended_share": "0.3",
    }  # fmt: skip
    return a_document(
        **keys,
        cycle={"months": 3, "anchor": "account"},
        on_version_change="prorata",
        part_period={"opening": "full", "rounding": "up", "unit": "1"},
        household={"included_persons": 5, "extra_per_person": "60", "max_persons": 9},
        seasonal_quota={"from": "11-15", "until": "03-15", "extra": "9", "equipment": "boiler"},
        fixed_charges=[
            a_fixed_charge("12.00") | {"months": 2, "anchor": "account", "starts": "next_month"}
        ],
        free_allocation={
            "code": "fbe", "name": NAME, "quantity": "5", "per": "day", "price": "0.1",
            "most": "6", "counts_in_quota": True,
        },
        rebates=[
            {"code": "early", "name": NAME, "rate": "0.1", "components": ["heat"],
             "from": "2026-01-01", "until": "2026-02-01"}
        ],
        taxes=[
            {"code": "vat", "name": NAME, "rate": "0.09", "inclusive": True,
             "components": ["heat"]}
        ],
        limits={"hoard": {"quantity": "50", "counts": "remaining"}, "max_amount_per_day": "9.00"},
        meter_holds="quantity",
        expires={"soft": "2026-01-01T00:00:00", "hard": "2026-02-01T00:00:00"},
        golden=[{"used": "0", "quantum": "1", "quantity": "5", "charged": "1.00"}],
    )  # fmt: skip


GONE = object()

MALFORMED_FILES: list[tuple[str, object, str]] = [
    ("format", 2, "format"),
    ("id", "A B", "id"),
    ("version", 0, "version"),
    ("version", "3", "version"),
    ("service", "steam", "service"),
    ("class", GONE, "class"),
    ("area", "", "area"),
    ("currency", "yuan", "currency"),
    ("time_zone", "Mars/Olympus", "time_zone"),
    ("effective_from", "2026-02-30T00:00:00", "effective_from"),
    ("effective_from", "2026-02-03", "effective_from"),
    ("cycle.months", 4, "cycle.months"),
    ("cycle.anchor", "the account", "cycle.anchor"),
    ("cycle.anchor", "02-29", "cycle.anchor"),
    ("quota_basis", "sold", "quota_basis"),
    ("step_mode", None, "step_mode"),
    ("on_version_change", "forget", "on_version_change"),
    ("part_period.rounding", "nearest", "part_period.rounding"),
    ("part_period.unit", "0", "part_period.unit"),
    ("part_period.opening", True, "part_period.opening"),
    ("part_period.days", 9, "part_period.days"),
    ("household.max_persons", 5, "household.max_persons"),
    ("household.extra_per_person", "-1", "household.extra_per_person"),
    ("seasonal_quota.from", "15-11", "seasonal_quota.from"),
    ("seasonal_quota.extra", "0", "seasonal_quota.extra"),
    ("seasonal_quota.equipment", "a-very-long-boiler", "seasonal_quota.equipment"),
    ("components.0.code", "c" * 33, "components[0].code"),
    ("components.0.steps.0.price", "0.20 yuan", "components[0].steps[0].price"),
    ("components.0.steps.0.up_to", "100.0001", "components[0].steps[0].up_to"),
    ("components.0.steps.0.up_to", GONE, "components[0].steps[0].up_to"),
    ("components.0.steps.1.up_to", "200", "components[0].steps[1].up_to"),
    ("components.0.steps", [], "components[0].steps"),
    ("components.0.name", "Heat", "components[0].name"),
    ("meter_holds", "gas", "meter_holds"),
    ("heat_basic_fee.area", "outer", "heat_basic_fee.area"),
    ("heat_basic_fee.days", 0, "heat_basic_fee.days"),
    ("heat_basic_fee.days", 367, "heat_basic_fee.days"),
    ("heat_basic_fee.coefficients", {}, "heat_basic_fee.coefficients"),
    ("heat_basic_fee.coefficients", {"": "1"}, "heat_basic_fee.coefficients."),
    ("heat_basic_fee.coefficients", {"low": "0"}, "heat_basic_fee.coefficients.low"),
    ("heat_basic_fee.late_opening", "half", "heat_basic_fee.late_opening"),
    ("heat_basic_fee.season_starts", GONE, "heat_basic_fee.late_opening"),
    ("heat_basic_fee.suspended_share", "1.000001", "heat_basic_fee.suspended_share"),
    ("fixed_charges.0.anchor", "birthday", "fixed_charges[0].anchor"),
    ("fixed_charges.0.starts", "never", "fixed_charges[0].starts"),
    ("fixed_charges.0.months", 0, "fixed_charges[0].months"),
    ("free_allocation.per", "week", "free_allocation.per"),
    ("free_allocation.quantity", "0", "free_allocation.quantity"),
    ("free_allocation.most", "4", "free_allocation.most"),
    ("free_allocation.price", "0.2", "free_allocation.price"),
    ("free_allocation.counts_in_quota", 1, "free_allocation.counts_in_quota"),
    ("free_allocation.code", "heat", "components[0].code"),
    ("rebates", {}, "rebates"),
    ("rebates.0.rate", "1", "rebates[0].rate"),
    ("rebates.0.components", [], "rebates[0].components"),
    ("rebates.0.components", ["steam"], "rebates[0].components[0]"),
    ("rebates.0.from", "2026-1-1", "rebates[0].from"),
    ("rebates.0.until", "2026-02-30", "rebates[0].until"),
    ("rebates.0.until", GONE, "rebates[0].until"),
    ("taxes.0.rate", "9 %", "taxes[0].rate"),
    ("taxes.0.inclusive", "yes", "taxes[0].inclusive"),
    ("taxes.0.components", ["vat"], "taxes[0].components[0]"),
    ("taxes.0.code", "early", "taxes[0].code"),
    ("tax", {"rate": "0.09", "inclusive": True, "components": ["heat"]}, "taxes"),
    ("limits.min_amount", "9.01", "limits.max_amount_per_day"),
    ("limits.max_amount_per_month", 100, "limits.max_amount_per_month"),
    ("limits.hoard.quantity", "0", "limits.hoard.quantity"),
    ("limits.hoard.counts", "all", "limits.hoard.counts"),
    ("limits.hoard", "50", "limits.hoard"),
    ("expires.soft", "2020-01-01T00:00:00", "expires.soft"),
    ("expires.hard", "2026-01-01T00:00:00", "expires.hard"),
    ("expires.hard", GONE, "expires.hard"),
    ("golden.0.month", "2026-13", "golden[0].month"),
    ("golden.0.part_days", [365, 153], "golden[0].part_days"),
    ("golden.0.charged", GONE, "golden[0].charged"),
    ("surprise", 1, "surprise"),
]

MALFORMED_QUERIES: list[tuple[dict[str, object], str]] = [
    ({"used": GONE}, "used"),
    ({"used": "-1"}, "used"),
    ({"used": None}, "used"),
    ({"quantum": "0"}, "quantum"),
    ({"quantum": "0.0001"}, "quantum"),
    ({"amount": "5,00"}, "amount"),
    ({"amount": "1" * 17}, "amount"),
    ({"amount": GONE}, "the whole text"),
    ({"quantity": "1"}, "the whole text"),
    ({"persons": 1001}, "persons"),
    ({"persons": "3"}, "persons"),
    ({"area_m2": "0"}, "area_m2"),
    ({"heating_year_paid": 1}, "heating_year_paid"),
    ({"months_due": -1}, "months_due"),
    ({"months_due": 1.5}, "months_due"),
    ({"month": 24000}, "month"),
    ({"month": "2026-00"}, "month"),
    ({"opened_month": "2026-3"}, "opened_month"),
    ({"heat_class": ""}, "heat_class"),
    ({"heat_days": 367}, "heat_days"),
    ({"heat_suspended": "no"}, "heat_suspended"),
    ({"free": "-5"}, "free"),
    ({"free": 5}, "free"),
    ({"equipment": "boiler"}, "equipment"),
    ({"equipment": ["boi ler"]}, "equipment[0]"),
    ({"equipment": ["x"] * 9}, "equipment"),
    ({"on": "2026-02-29"}, "on"),
    ({"on": "yesterday"}, "on"),
    ({"part_days": [153]}, "part_days"),
    ({"part_days": [0, 365]}, "part_days[0]"),
    ({"part_days": [366, 365]}, "part_days"),
    ({"part_days": "153/365"}, "part_days"),
    ({"consumed": "much"}, "consumed"),
    ({"stored": "-1"}, "stored"),
    ({"sold_today": 5}, "sold_today"),
    ({"sold_this_month": "1e3"}, "sold_this_month"),
    ({"spent_today": "1.001"}, "spent_today"),
    ({"spent_this_month": []}, "spent_this_month"),
    ({"limits": {}}, "limits"),
    ({"Used": "1"}, "Used"),
]


def changed(path: str, value: object) -> bytes:
    """The file of :func:`everything` with the value at a path replaced or gone."""
    document = json.loads(as_bytes(everything()))
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[int(key) if isinstance(place, list) else key]
    if value is GONE:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return as_bytes(document)


def query(**changes: object) -> bytes:
    keys = json.loads(GOOD_QUERY) | changes
    return as_bytes({key: value for key, value in keys.items() if value is not GONE})


def test_the_file_with_everything_is_sound_and_prices(tmp_path: Path) -> None:
    path = tmp_path / "tariff.json"
    path.write_bytes(as_bytes(everything()))
    result = CliRunner().invoke(price, [str(path)], input=GOOD_QUERY)
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert set(answer) == {
        "quantity", "amount", "residual", "lines", "included_taxes", "free",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [pytest.param(*case, id=f"{number}-{case[2]}") for number, case in enumerate(MALFORMED_FILES)],
)
def test_a_malformed_file_is_one_sentence_that_names_the_key(
    tmp_path: Path, path: str, value: object, key: str
) -> None:
    file = tmp_path / "tariff.json"
    file.write_bytes(changed(path, value))
    result = CliRunner().invoke(price, [str(file)], input=GOOD_QUERY)
    assert (result.exit_code, result.stdout) == (2, "")
    [sentence] = result.stderr.splitlines()
    assert sentence.startswith(f"The tariff file is refused because of “{key}”: ")
    assert sentence.endswith(". No price was changed. Correct the file and hand it in again.")


def test_every_malformed_query_gets_one_sentence_and_the_next_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "tariff.json"
    file.write_bytes(as_bytes(a_document()))
    lines = [part for changes, _ in MALFORMED_QUERIES for part in (query(**changes), GOOD_QUERY)]
    result = CliRunner().invoke(price, [str(file)], input=b"\n".join(lines))
    assert (result.exit_code, result.stderr) == (0, "")
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == len(lines)
    for (_, key), refusal, good in zip(
        MALFORMED_QUERIES, answers[0::2], answers[1::2], strict=True
    ):
        assert refusal["error"] == "malformed_query"
        assert refusal["message"].startswith(f"The query is refused because of “{key}”: ")
        assert refusal["message"].endswith(". Correct the query and ask again.")
        assert good["amount"] == "5.00"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("index", [0, 18, 39, 72])
def test_the_program_itself_says_so_in_the_language_asked_for(
    tmp_path: Path, language: str, index: int
) -> None:
    path, value, key = MALFORMED_FILES[index]
    file = tmp_path / "tariff.json"
    file.write_bytes(changed(path, value))
    done = subprocess.run(
        [*YIKA, str(file)],
        input=GOOD_QUERY,
        env={**os.environ, "YIKA_LANGUAGE": language},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b"")
    [sentence] = done.stderr.decode().splitlines()
    assert f"“{key}”" in sentence
    assert sentence.startswith("The tariff file") is (language == "en")


def asked(tmp_path: Path, document: dict[str, Any], **known: object) -> dict[str, Any]:
    file = tmp_path / "tariff.json"
    file.write_bytes(as_bytes(document))
    result = CliRunner().invoke(price, [str(file)], input=query(**known))
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    return answer


STEPS = [a_component(["180", "260"], ["5", "7", "9"])]
FEE = a_document(**heat_keys())
FEE["heat_basic_fee"]["coefficients"] = {"low": "0.82"}
ALLOCATION = a_document(
    free_allocation={"code": "fbe", "name": NAME, "quantity": "50", "per": "month"}
)


@pytest.mark.parametrize(
    ("document", "known", "code"),
    [
        (a_document(), {"amount": "0.00"}, "nothing_to_sell"),
        (a_document(), {"amount": "4.99"}, "below_minimum"),
        (a_document(), {"amount": GONE, "quantity": "1.5"}, "not_a_multiple"),
        (a_document(limits={"max_quantity_per_sale": "1"}), {"amount": "10"}, "above_maximum"),
        (
            a_document(limits={"max_quantity_per_cycle": "9"}),
            {"used": "9"},
            "above_cycle_maximum",
        ),
        (
            a_document(limits={"max_quantity_per_day": "9"}),
            {"sold_today": "9"},
            "above_day_maximum",
        ),
        (
            a_document(limits={"max_quantity_per_month": "9"}),
            {"sold_this_month": "9"},
            "above_month_maximum",
        ),
        (a_document(limits={"min_amount": "9.00"}), {}, "below_minimum_amount"),
        (a_document(limits={"max_amount_per_sale": "4.00"}), {}, "above_maximum_amount"),
        (
            a_document(limits={"max_amount_per_day": "9.00"}),
            {"spent_today": "5"},
            "above_day_amount",
        ),
        (
            a_document(limits={"max_amount_per_month": "9.00"}),
            {"spent_this_month": "5"},
            "above_month_amount",
        ),
        (
            a_document(limits={"hoard": {"quantity": "9", "counts": "remaining"}}),
            {"stored": "10"},
            "hoard_limit",
        ),
        (ALLOCATION, {"amount": GONE, "quantity": "9", "free": "50"}, "free_units_first"),
        (FEE, {"heating_year_paid": False}, "area_unknown"),
        (FEE, {"heating_year_paid": False, "area_m2": "96.4"}, "fee_not_covered"),
        (
            FEE,
            {"heating_year_paid": False, "area_m2": "9", "heat_class": "attic"},
            "heat_class_unknown",
        ),
        (
            a_document(components=[a_component([], ["0.0001"])]),
            {"amount": GONE, "quantity": "1"},
            "costs_nothing",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_sound_query_that_the_tariff_refuses_is_answered_by_its_code(
    tmp_path: Path, document: dict[str, Any], known: dict[str, object], code: str
) -> None:
    answer = asked(tmp_path, document, **known)
    assert answer["error"] == code
    assert answer["message"].endswith(".")
    page = (Path(__file__).parents[2] / "docs" / "tariff-format.md").read_text(encoding="utf-8")
    assert f"`{code}`" in page


def test_a_claim_of_free_units_is_told(tmp_path: Path) -> None:
    answer = asked(tmp_path, ALLOCATION, amount="5.00", free="50")
    assert (answer["quantity"], answer["free"], answer["amount"]) == ("51", "50", "5.00")


def test_settled_consumption_is_told(tmp_path: Path) -> None:
    document = a_document(quota_basis="consumed", components=STEPS)
    answer = asked(tmp_path, document, used="170", consumed="270.5", amount="1000.00")
    assert answer["settled"] == "270.5"
    assert [line["step"] for line in answer["lines"]] == [12, 13, 1]


def test_money_for_a_meter_that_holds_money_has_two_decimals(tmp_path: Path) -> None:
    answer = asked(tmp_path, a_document(meter_holds="money"), amount="12.30")
    assert (answer["quantity"], answer["lines"][0]["price"]) == ("12.30", "1.00")


@pytest.mark.parametrize(
    ("known", "steps"),
    [({"part_days": [153, 365]}, [1, 2, 3]), ({"on": "2026-01-01"}, [1]), ({}, [1, 2])],
    ids=["part period", "season", "neither"],
)
def test_the_optional_keys_of_a_query_bear_on_the_price(
    tmp_path: Path, known: dict[str, object], steps: list[int]
) -> None:
    document = a_document(
        components=STEPS,
        part_period={"opening": "prorata"},
        seasonal_quota={"from": "11-15", "until": "03-15", "extra": "300", "equipment": "boiler"},
    )
    answer = asked(tmp_path, document, amount=GONE, quantity="200", equipment=["boiler"], **known)
    assert [line["step"] for line in answer["lines"]] == steps
