"""``yika price`` as a program: lines in, lines out, and one sentence when the file is wrong."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tariff_builders import a_document, as_bytes
from yika_common.errors import YikaError
from yika_common.tariffs import errors
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.shipped import shipped

YIKA = [sys.executable, "-c", "from yika_common.tools.cli import main; main()", "price"]


@pytest.fixture
def water(tmp_path: Path) -> Path:
    path = tmp_path / "water.json"
    path.write_bytes(shipped()["cn-bj-water-res.json"])
    return path


def ask(tariff: Path, *lines: bytes, language: str = "en") -> list[dict[str, Any]]:
    done = subprocess.run(
        [*YIKA, str(tariff)],
        input=b"\n".join(lines),
        env={**os.environ, "YIKA_LANGUAGE": language},
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_sum_is_answered_as_documented(water: Path) -> None:
    [answer] = ask(water, b'{"used": "170", "amount": "500.00", "quantum": "0.1"}')
    assert answer == {
        "quantity": "74.2",
        "amount": "499.39",
        "residual": "0.61",
        "lines": [
            {"code": "water", "step": 1, "quantity": "10.0", "price": "2.07", "amount": "20.70"},
            {"code": "water", "step": 2, "quantity": "64.2", "price": "4.07", "amount": "261.29"},
            {"code": "resource", "step": 1, "quantity": "74.2", "price": "1.57",
             "amount": "116.49"},
            {"code": "sewage", "step": 1, "quantity": "74.2", "price": "1.36",
             "amount": "100.91"},
        ],
    }  # fmt: skip


def test_a_quantity_has_no_residual(water: Path) -> None:
    [answer] = ask(water, b'{"used": "170", "quantity": "100", "quantum": "0.1"}')
    assert (answer["quantity"], answer["amount"], answer["residual"]) == (
        "100.0",
        "700.00",
        "0.00",
    )


def test_the_basic_fee_is_a_line_of_step_zero(tmp_path: Path) -> None:
    heat = tmp_path / "heat.json"
    heat.write_bytes(shipped()["cn-heat-two-part-res.json"])
    query = {"used": "0", "amount": "1500.00", "quantum": "1", "area_m2": "96.40"}
    [answer] = ask(heat, as_bytes(query | {"heating_year_paid": False}))
    assert answer["amount"] == "1499.96"
    assert answer["lines"][0] == {
        "code": "basic", "step": 0, "quantity": "96.4", "price": "8.01", "amount": "772.16",
    }  # fmt: skip


GOOD = b'{"used": "0", "amount": "5.00", "quantum": "1"}'


REFUSED = [
    (b"", "malformed_query"),
    (b"not json", "malformed_query"),
    (b"\xff", "malformed_query"),
    (b"[]", "malformed_query"),
    (b"[" * 4000, "malformed_query"),
    (b"{" + b" " * 100_000 + b"}", "malformed_query"),
    (b'{"used": "0", "quantum": "1"}', "malformed_query"),
    (b'{"used": "0", "amount": "5", "quantity": "1", "quantum": "1"}', "malformed_query"),
    (b'{"used": 0, "amount": "5.00", "quantum": "1"}', "malformed_query"),
    (b'{"used": "0", "amount": 5.00, "quantum": "1"}', "malformed_query"),
    (b'{"used": "0", "amount": "five", "quantum": "1"}', "malformed_query"),
    (b'{"used": "0", "amount": "5.001", "quantum": "1"}', "malformed_query"),
    (b'{"used": "0", "amount": "5.00", "quantum": "0"}', "malformed_query"),
    (b'{"used": "0", "amount": "5.00", "quantum": "1", "x": 1}', "malformed_query"),
    (b'{"used": "0", "amount": "5.00", "quantum": "1", "persons": 0}', "malformed_query"),
    (b'{"used": "0", "amount": "5.00", "quantum": "1", "persons": true}', "malformed_query"),
    (b'{"used": "0", "used": "0", "amount": "5", "quantum": "1"}', "malformed_query"),
    (b'{"used": "180", "amount": "0.04", "quantum": "0.01"}', "below_minimum"),
    (b'{"used": "0", "amount": "0.00", "quantum": "1"}', "nothing_to_sell"),
    (b'{"used": "0", "quantity": "0", "quantum": "1"}', "nothing_to_sell"),
    (b'{"used": "0", "quantity": "1.5", "quantum": "1"}', "not_a_multiple"),
]


def test_a_refused_query_gets_its_line_and_the_next_is_read(water: Path) -> None:
    lines = [part for line, _ in REFUSED for part in (line, GOOD)]
    answers = ask(water, *lines)
    assert [answer["error"] for answer in answers[0::2]] == [code for _, code in REFUSED]
    assert {answer["message"][-1] for answer in answers[0::2]} == {"."}
    assert [answer["quantity"] for answer in answers[1::2]] == ["1"] * len(REFUSED)


def test_a_refusal_is_a_sentence_in_the_language_asked_for(water: Path) -> None:
    [english] = ask(water, b'{"used": "1", "quantum": "1"}')
    [chinese] = ask(water, b'{"used": "1", "quantum": "1"}', language="zh")
    assert english["error"] == chinese["error"]
    assert "exactly one of amount and quantity must be given" in english["message"]
    assert "amount 与 quantity 必须且只能给出一个" in chinese["message"]


def test_every_answer_is_out_before_the_next_query_comes(water: Path) -> None:
    with subprocess.Popen(
        [*YIKA, str(water)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(GOOD + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["amount"] == "5.00"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (as_bytes(a_document(step_mode="flat")), "step_mode"),
        (as_bytes(a_document() | {"colour": "blue"}), "colour"),
        (b"{", "the whole text"),
        (b" " * 70_000, "the whole text"),
        (None, "no-such-file.json"),
    ],
)
def test_a_wrong_file_ends_the_program_with_one_sentence(
    tmp_path: Path, content: bytes | None, named: str
) -> None:
    path = tmp_path / "no-such-file.json"
    if content is not None:
        path = tmp_path / "tariff.json"
        path.write_bytes(content)
    done = subprocess.run(
        [*YIKA, str(path)], input=GOOD, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stdout == b""
    [sentence] = done.stderr.decode().splitlines()
    assert named in sentence


DOCUMENT = Path(__file__).parents[2] / "docs" / "tariff-format.md"


def test_the_documented_file_is_the_shipped_one() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    documented = parse_tariff(text.split("```json\n")[1].split("```")[0].encode())
    check_golden(documented)
    shipped_one = parse_tariff(shipped()["cn-bj-water-res.json"])
    assert documented.components == shipped_one.components


@pytest.mark.parametrize(
    "refusal",
    [
        errors.QueryMalformed,
        errors.NothingToSell,
        errors.NotAMultiple,
        errors.BelowMinimum,
        errors.AboveMaximum,
        errors.AboveCycleMaximum,
        errors.FeeNotCovered,
        errors.AreaUnknown,
        errors.CostsNothing,
    ],
)
def test_every_code_of_a_refusal_is_documented(refusal: type[YikaError]) -> None:
    assert f"`{refusal.code}`" in DOCUMENT.read_text(encoding="utf-8")
