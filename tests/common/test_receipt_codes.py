"""The code on a receipt: the journal's own lines, signed, from which every figure follows."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import NODE_KEY, START, a_root, an_intent, certificate_file, key_of, lines_of
from yika_common.errors import YikaError
from yika_common.journal.bodies import DebtPaid, Intent, Line, Sale
from yika_common.journal.errors import ExcerptMalformed
from yika_common.journal.excerpt import (
    build_excerpt,
    excerpt_code,
    open_excerpt,
    read_code,
)
from yika_common.journal.record import heads, txn_id
from yika_common.journal.reversal import reversal
from yika_common.numbers import Quantity
from yika_common.services import SLOTS_MAX
from yika_common.signing.signed_file import SignedFile
from yika_common.sync.errors import CertificateMissing
from yika_common.sync.messages import sign_tariff
from yika_common.sync.receipts import Evidence, ReceiptVerdict
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.usage import Usage

YIKA = Path(sys.executable).with_name("yika")
PREV = bytes(range(32))
DOCUMENT = files("yika_common.tariffs.shipped").joinpath("cn-bj-water-res.json").read_bytes()
TARIFF = parse_tariff(DOCUMENT)
OFFICERS = [key_of("tariff a"), key_of("tariff b")]


def a_purchase(used: int = 170_000, quantity: int = 29_400, **changes: Any) -> Intent:
    """A purchase of Beijing water as an honest node writes it down."""
    usage = Usage(used=Quantity(used), quantum=Quantity(100))
    lines = tuple(
        Line(line.code, line.step, line.quantity, line.price, line.amount)
        for line in Charges(TARIFF, usage).lines(quantity)
    )
    values: dict[str, Any] = {
        "quantity": quantity,
        "total": quantity,
        "used_before": used,
        "amount": sum(line.amount for line in lines),
        "lines": lines,
        "tariff": TARIFF.id,
        "tariff_version": TARIFF.version,
        "tariff_digest": TARIFF.digest[:8].hex(),
    }
    return an_intent(**(values | changes))


def an_excerpt(*intents: Intent, first: int = 7) -> SignedFile:
    return build_excerpt(
        lines_of(intents, first=first), NODE_KEY, node="N0042", epoch=1, first=first, prev=PREV
    )


def judged(file: SignedFile, *, tariffs: bool = True) -> ReceiptVerdict:
    evidence = Evidence(a_root())
    evidence.take(certificate_file())
    if tariffs:
        evidence.take(sign_tariff(DOCUMENT, OFFICERS))
    return evidence.judge(read_code(excerpt_code(file)))


def said(verdict: ReceiptVerdict) -> dict[str, Any]:
    return verdict.members(str)


def test_every_figure_of_a_basket_follows_from_its_code() -> None:
    first = a_purchase(
        adjusted=1_000,
        debts=(DebtPaid("heat-2019", 9_000, 11_000),),
        kept=20,
        residual=0,
    )
    second = a_purchase(quantity=1_000, basket=7, slot=4, meter="M00000000043")
    verdict = said(judged(an_excerpt(first, second)))
    assert verdict["ok"] is True
    assert verdict["receipt"] == "N0042-1-000007"
    # 10 m³ at 5.00 and 19.4 at 7.00; less 10.00 owed to him, 90.00 of a debt, 0.20 kept.
    assert verdict["lines"][0]["amount"] == "185.80"
    assert verdict["lines"][0]["paid"] == "266.00"
    assert verdict["lines"][1]["paid"] == "5.00"
    assert verdict["paid"] == "271.00"
    assert all(line["repriced"] for line in verdict["lines"])


def test_the_code_names_the_journals_own_place_and_hash() -> None:
    file = an_excerpt(a_purchase())
    excerpt = open_excerpt(file, NODE_KEY.public, node="N0042", epoch=1)
    (head,) = heads(PREV, lines_of([a_purchase()], first=7))
    assert excerpt.heads == (head,)
    assert said(judged(file))["lines"][0]["transaction"] == txn_id(head)
    assert said(judged(file))["head"] == head.hex()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"amount": 18_581}, "not the sum of its lines"),
        ({"used_before": 100_000}, "asks another price"),
        ({"quantity": 29_300}, "asks another price"),
    ],
)
def test_a_node_that_signs_a_wrong_price_is_found(changes: dict[str, Any], told: str) -> None:
    verdict = judged(an_excerpt(replace(a_purchase(), **changes)))
    assert any(told in str(problem) for problem in verdict.problems)
    assert not verdict.ok


def test_a_line_that_is_not_its_quantity_times_its_price_is_found() -> None:
    honest = a_purchase()
    wrong = (honest.lines[0]._replace(amount=honest.lines[0].amount + 1), *honest.lines[1:])
    verdict = judged(an_excerpt(replace(honest, lines=wrong, amount=honest.amount + 1)))
    assert any("quantity times its price" in str(problem) for problem in verdict.problems)


def test_without_its_tariff_the_price_is_not_computed_anew_and_that_is_said() -> None:
    verdict = judged(an_excerpt(a_purchase(used_before=100_000)), tariffs=False)
    assert verdict.ok
    assert said(verdict)["lines"][0]["repriced"] is False


@given(st.data())
def test_no_changed_character_goes_unnoticed(data: st.DataObject) -> None:
    code = excerpt_code(an_excerpt(a_purchase()))
    at = data.draw(st.integers(0, len(code) - 1))
    letter = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"))
    changed = code[:at] + letter + code[at + 1 :]
    evidence = Evidence(a_root())
    evidence.take(certificate_file())
    try:
        file = read_code(changed)
        verdict = evidence.judge(file)
    except YikaError:
        return
    # The last character carries bits that mean nothing; the content is then the same.
    assert verdict.ok
    assert file.payload == an_excerpt(a_purchase()).payload


@given(st.text(max_size=200) | st.text("ABCDEFGHIJ234567", max_size=200).map("YIKA:".__add__))
def test_whatever_a_scanner_reads_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(ExcerptMalformed):
        read_code(text)


def test_a_code_that_unfolds_without_end_is_refused() -> None:
    import base64
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = b"\1" + packer.compress(bytes(10 << 20)) + packer.flush()
    code = "YIKA:" + base64.b32encode(bomb).decode().rstrip("=")
    with pytest.raises(ExcerptMalformed):
        read_code(code)


def test_records_that_are_no_purchases_of_one_payment_are_refused() -> None:
    for bodies in ([Sale(intent=2)], [a_purchase(), a_purchase()]):
        with pytest.raises(ExcerptMalformed):
            judged(
                build_excerpt(
                    lines_of(bodies, first=7), NODE_KEY, node="N0042", epoch=1, first=7, prev=PREV
                )
            )


def test_another_nodes_signature_and_a_missing_certificate_are_told() -> None:
    forged = build_excerpt(
        lines_of([a_purchase()], first=7), key_of("thief"), node="N0042", epoch=1, first=7,
        prev=PREV,
    )  # fmt: skip
    with pytest.raises(YikaError) as refusal:
        judged(forged)
    assert refusal.value.code == "too_few_signatures"
    with pytest.raises(CertificateMissing):
        Evidence(a_root()).judge(an_excerpt(a_purchase()))


def test_eight_meters_fit_a_code_that_a_receipt_printer_prints() -> None:
    many = [a_purchase(slot=slot, basket=0 if slot == 0 else 7) for slot in range(SLOTS_MAX)]
    code = excerpt_code(an_excerpt(*many))
    assert len(code) < 1000


def test_a_receipt_too_long_for_any_drawing_is_read_from_its_text() -> None:
    """Eight meters, each in every step of sixteen components."""
    widest = tuple(
        Line(f"component-{part:02}", step, 10**9 - part, 10**7, 10**11 + part)
        for part in range(16)
        for step in range(1, 7)
    )
    many = [
        an_intent(slot=slot, basket=0 if slot == 0 else 7, lines=widest, typed=slot)
        for slot in range(SLOTS_MAX)
    ]
    file = an_excerpt(*many)
    assert read_code(excerpt_code(file)) == file


def test_the_command_checks_a_receipt(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(a_root().payload)
    (tmp_path / "node.cert").write_bytes(certificate_file().to_bytes())
    (tmp_path / "water.tariff").write_bytes(sign_tariff(DOCUMENT, OFFICERS).to_bytes())
    code = excerpt_code(an_excerpt(a_purchase()))

    def verify(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [YIKA, "verify", *arguments],
            env={**os.environ, "YIKA_LANGUAGE": "en"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    good = verify("--root", tmp_path / "root.json", "--qr", code, tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["paid"] == "185.80"
    distrusted = verify("--qr", code, tmp_path)
    assert distrusted.returncode == 1
    assert json.loads(distrusted.stdout)["trust"] == "none"
    cut = verify("--root", tmp_path / "root.json", "--qr", code[:-9], tmp_path)
    assert cut.returncode == 1
    assert cut.stderr.startswith("The code of the receipt cannot be read")
    assert json.loads(good.stdout)["at"] > START


def test_a_refunds_code_says_what_it_gives_back_in_figures_below_zero() -> None:
    refund = reversal(a_purchase(kept=40), 3, approved=6, reason="typed twice", mac="ab" * 8)
    verdict = judged(an_excerpt(refund))
    assert verdict.ok
    (line,) = said(verdict)["lines"]
    assert (line["gives_back"], line["repriced"]) == (3, False)
    assert (line["quantity"], line["kept"]) == ("-29.4", "-0.40")
    assert (line["amount"], line["paid"]) == ("-185.80", "-186.20")


def test_a_line_of_a_refund_is_its_quantity_times_its_price_too() -> None:
    refund = reversal(a_purchase(), 3, approved=6, reason="typed twice", mac="ab" * 8)
    first, *others = refund.lines
    wrong = replace(
        refund, lines=(first._replace(amount=first.amount - 1), *others), amount=refund.amount - 1
    )
    assert [str(problem) for problem in judged(an_excerpt(wrong)).problems] == [
        "record 7: line 1 is not its quantity times its price"
    ]
