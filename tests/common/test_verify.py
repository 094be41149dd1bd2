"""``yika verify``: whole and trusted, or not, and why."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journals import (
    NODE_KEY,
    a_certificate,
    a_root,
    a_segment,
    an_ack,
    an_intent,
    certificate_file,
    key_of,
    lines_of,
    segments_of,
)
from yika_common.journal.bodies import Boot, Line, Sale, Superseded
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import Approved, RefundPaid
from yika_common.journal.record import decode_line, genesis, heads
from yika_common.journal.reversal import reversal
from yika_common.journal.segment import SEGMENT_TYPE
from yika_common.signing.signed_file import SignedFile, sign
from yika_common.sync.messages import sign_certificate, sign_tariff

YIKA = Path(sys.executable).with_name("yika")
VECTORS = Path(__file__).parents[1] / "vectors" / "journal"
BOOT = Boot(software="0.1.0", incarnation="ab" * 8)
SIX = lines_of(
    [BOOT, an_intent(), Sale(intent=2), an_intent(count=2), an_intent(count=3), Sale(intent=5)]
)


class Outcome:
    """What one run said."""

    def __init__(self, run: subprocess.CompletedProcess[str]) -> None:
        self.status = run.returncode
        self.errors = run.stderr
        self.verdicts: list[dict[str, Any]] = [
            json.loads(line) for line in run.stdout.splitlines()
        ]

    @property
    def verdict(self) -> dict[str, Any]:
        (only,) = self.verdicts
        return only


def run(*arguments: str | Path, language: str = "en") -> Outcome:
    command = [YIKA, "verify", *arguments]
    environment = {**os.environ, "YIKA_LANGUAGE": language}
    return Outcome(
        subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    )


def written(folder: Path, *files: SignedFile) -> Path:
    folder.mkdir(exist_ok=True)
    for place, file in enumerate(files):
        (folder / f"{place:03}.seg").write_bytes(file.to_bytes())
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "ROOT.json"
    path.write_bytes(a_root().payload)
    return path


def verify(root: Path, *files: SignedFile) -> Outcome:
    return run("--root", root, written(root.parent / "stick", *files))


def test_the_vectors_are_whole_and_trusted() -> None:
    outcome = run("--root", VECTORS / "root.json", VECTORS)
    assert outcome.verdict == {
        "node": "N0042",
        "epoch": 1,
        "from": 1,
        "to": 3,
        "records": 3,
        "sales": 1,
        "refunds": 0,
        "open": 0,
        "amount": 2610,
        "gaps": [],
        "head": "0e8c2b07212ae726b80f4e5d038aa47c118776f7cedaf6a97adf4edcde761a7c",
        "trust": "root",
        "ok": True,
        "problems": [],
    }
    assert (outcome.status, outcome.errors) == (0, "")


def test_without_a_root_nothing_is_trusted() -> None:
    outcome = run(VECTORS)
    assert outcome.verdict["trust"] == "none"
    assert outcome.verdict["problems"] == []
    assert not outcome.verdict["ok"]
    assert outcome.status == 1


def test_order_and_repetition_do_not_matter(root: Path) -> None:
    first, second, third = segments_of(SIX, 2, 4)
    outcome = verify(root, third, first, third, certificate_file(), second, first)
    assert outcome.verdict["ok"]
    assert outcome.verdict["sales"] == 3
    assert outcome.verdict["open"] == 1
    assert outcome.verdict["amount"] == 15000
    assert outcome.status == 0


def test_differently_cut_segments_of_one_journal_agree(root: Path) -> None:
    outcome = verify(root, certificate_file(), *segments_of(SIX, 3), *segments_of(SIX, 2, 5))
    assert (outcome.status, outcome.verdict["records"]) == (0, 6)


def test_files_may_stand_in_a_row(root: Path, tmp_path: Path) -> None:
    export = tmp_path / "ledger.export"
    files = [*segments_of(SIX, 3), certificate_file()]
    export.write_bytes(b"".join(file.to_bytes() for file in files))
    assert run("--root", root, export).status == 0


def test_a_missing_segment_is_a_gap(root: Path) -> None:
    first, _, third = segments_of(SIX, 3, 5)
    outcome = verify(root, certificate_file(), first, third)
    assert outcome.verdict["gaps"] == [[3, 4]]
    assert outcome.status == 1


def test_a_missing_beginning_is_a_gap(root: Path) -> None:
    _, second = segments_of(SIX, 3)
    assert verify(root, certificate_file(), second).verdict["gaps"] == [[1, 2]]


def test_a_missing_end_is_a_gap_when_headquarters_acknowledged_it(root: Path) -> None:
    hashes = list(heads(genesis(a_certificate().to_bytes()), SIX))
    first, _ = segments_of(SIX, 4)
    outcome = verify(root, certificate_file(), first, an_ack(6, hashes[5]))
    assert outcome.verdict["gaps"] == [[4, 6]]
    assert outcome.status == 1


def test_an_acknowledgement_of_other_records_is_a_problem(root: Path) -> None:
    outcome = verify(root, certificate_file(), a_segment(SIX), an_ack(6, b"\7" * 32))
    assert outcome.verdict["problems"] == ["headquarters acknowledged another record 6"]


def test_two_versions_of_a_record_are_a_problem(root: Path) -> None:
    other = [*SIX[:3], *lines_of([an_intent(count=2, amount=1, lines=(Line("w", 1, 1, 1, 1),))],
                                 first=4)]  # fmt: skip
    outcome = verify(root, certificate_file(), a_segment(SIX), a_segment(other))
    assert outcome.verdict["problems"] == ["record 4 and what follows exist in two versions"]
    assert outcome.status == 1


def test_a_segment_of_another_chain_is_a_problem(root: Path) -> None:
    outcome = verify(root, certificate_file(), a_segment(SIX, prev=b"\7" * 32))
    assert outcome.verdict["problems"] == ["record 1 does not continue what stands before it"]
    later = a_segment(SIX[3:], first=4, prev=b"\7" * 32)
    outcome = verify(root, certificate_file(), a_segment(SIX[:3]), later)
    assert outcome.verdict["problems"] == ["record 4 does not continue what stands before it"]


def test_a_changed_segment_is_a_problem(root: Path) -> None:
    folder = written(root.parent / "stick", certificate_file(), a_segment())
    path = folder / "001.seg"
    path.write_bytes(path.read_bytes().replace(b'"amt":5000', b'"amt":4000'))
    outcome = run("--root", root, folder)
    assert outcome.status == 1
    assert "does not fit its content" in outcome.errors
    assert outcome.verdict["amount"] == 0
    assert not outcome.verdict["ok"]


def test_a_damaged_file_is_reported_and_the_rest_still_judged(root: Path) -> None:
    folder = written(root.parent / "stick", certificate_file(), a_segment())
    (folder / "torn.seg").write_bytes(a_segment().to_bytes()[:-20])
    outcome = run("--root", root, folder)
    assert outcome.verdict["ok"]
    assert outcome.status == 1
    assert outcome.errors.startswith(str(folder / "torn.seg"))


def test_a_certificate_of_a_stranger_is_not_trusted(root: Path) -> None:
    forged = sign_certificate(a_certificate(), [key_of("stranger")])
    outcome = verify(root, forged, a_segment())
    assert outcome.verdict["trust"] == "none"
    assert outcome.status == 1


def test_a_forged_certificate_beside_the_genuine_one_does_not_pass(root: Path) -> None:
    stranger = key_of("stranger")
    forged = a_certificate(key=stranger)
    files = [
        sign_certificate(forged, [stranger]),
        certificate_file(),
        a_segment([SIX[0]], certificate=forged, key=stranger),
    ]
    outcome = verify(root, *files)
    assert not outcome.verdict["ok"]
    assert outcome.status == 1


def test_a_segment_without_a_certificate_is_not_judged(root: Path) -> None:
    outcome = verify(root, a_segment())
    assert outcome.verdict["problems"][0].endswith("no certificate of this journal was given")
    assert (outcome.verdict["records"], outcome.status) == (0, 1)


def test_an_amount_that_is_not_the_sum_of_its_lines_is_a_problem(root: Path) -> None:
    lines = lines_of([BOOT, an_intent(amount=5001)])
    outcome = verify(root, certificate_file(), a_segment(lines))
    assert outcome.verdict["problems"] == ["record 2: the amount is not the sum of its lines"]


def test_a_record_that_cannot_be_read_is_a_problem_in_both_languages(root: Path) -> None:
    line = b'{"t":"gift","q":2,"ts":1,"amt":7}\n'
    outcome = verify(root, certificate_file(), a_segment([SIX[0], line]))
    assert outcome.verdict["problems"] == ["record 2 cannot be read: its type is unknown"]
    outcome = run("--root", root, root.parent / "stick", language="zh")
    assert outcome.verdict["problems"] == ["第 2 条记录无法读取：类型未知"]


def test_a_refusal_within_a_problem_is_in_the_language_asked_for(root: Path) -> None:
    forged = sign_certificate(a_certificate(), [key_of("stranger")])
    folder = written(root.parent / "stick", forged, a_segment())
    outcome = run("--root", root, folder, language="zh")
    assert outcome.verdict["problems"][0].startswith("证书：文件（")
    assert outcome.verdict["problems"][0].endswith("请由负责人签名。")


def test_an_intent_is_settled_in_a_later_epoch_too(root: Path) -> None:
    later = a_certificate(epoch=2)
    bodies: list[Any] = [BOOT, Superseded(intent=2, epoch=1, hash="ab" * 8, generation_seen=1,
                                          count_seen=9)]  # fmt: skip
    outcome = verify(
        root,
        certificate_file(),
        a_segment(SIX[:2]),
        certificate_file(later),
        a_segment(lines_of(bodies), certificate=later),
    )
    assert [verdict["open"] for verdict in outcome.verdicts] == [0, 0]
    assert [verdict["epoch"] for verdict in outcome.verdicts] == [1, 2]
    assert outcome.status == 0


def test_a_tariff_with_one_signature_is_reported(root: Path) -> None:
    alone = sign_tariff(b"{}", [key_of("tariff a")])
    outcome = verify(root, certificate_file(), a_segment(), alone)
    assert outcome.status == 1
    assert "1 valid signatures of the 2" in outcome.errors


def test_a_signed_segment_with_a_broken_header_is_reported(root: Path) -> None:
    outcome = verify(root, certificate_file(), sign(SEGMENT_TYPE, b"{}\n", [NODE_KEY]))
    assert outcome.status == 1
    assert "its header is not well formed" in outcome.errors


def test_a_folder_without_journals_proves_nothing(root: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("nothing of ours")
    outcome = run("--root", root, tmp_path / "empty")
    assert outcome.status == 1
    assert outcome.errors.startswith("No journal was found")


def test_links_and_missing_files_are_refused(root: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "stick", certificate_file(), a_segment())
    (folder / "link.seg").symlink_to("/etc/passwd")
    for path in (folder, folder / "link.seg", tmp_path / "absent.seg", Path("/dev/zero")):
        outcome = run("--root", root, path)
        assert outcome.status == 2
        assert outcome.errors.count("\n") == 1
        assert "cannot be checked" in outcome.errors


def test_a_root_that_is_none_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "ROOT.json"
    bad.write_text('{"type": "root"}')
    outcome = run("--root", bad, VECTORS)
    assert outcome.status == 2
    assert "it is not a root document" in outcome.errors


def with_a_refund(**changes: Any) -> list[bytes]:
    """A purchase, its refund on the card, and the money handed out."""
    bought = an_intent()
    back = reversal(bought, 2, approved=4, reason="typed twice", mac="ab" * 8)
    paid: dict[str, Any] = {"intent": 5, "amount": 5000} | changes.pop("paid", {})
    approved = Approved(
        act="00" * 32, card="870000000001", holder="lin", counter=1, proof="00" * 8
    )
    return lines_of(
        [
            Boot(software="0.1.0", incarnation="ab" * 8),
            bought,
            Sale(intent=2),
            approved,
            replace(back, **changes),
            Sale(intent=5),
            RefundPaid(**paid),
        ]
    )


def test_a_refund_counts_from_the_record_that_pays_it_out(root: Path) -> None:
    lines = with_a_refund()
    paid = verify(root, certificate_file(), *segments_of(lines))
    assert (paid.status, paid.verdict["problems"]) == (0, [])
    assert [paid.verdict[name] for name in ("sales", "refunds", "open", "amount")] == [1, 1, 0, 0]


def test_a_refund_that_was_not_paid_out_yet_is_no_money(root: Path) -> None:
    waiting = verify(root, certificate_file(), *segments_of(with_a_refund()[:-1]))
    assert (waiting.status, waiting.verdict["amount"], waiting.verdict["refunds"]) == (0, 5000, 0)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"quantity": -9_000}, "record 5 gives back what was not bought like that"),
        ({"total": 1}, "record 5 gives back what was not bought like that"),
        ({"meter": "M00000000043"}, "record 5 gives back what was not bought like that"),
        ({"refunds": 3}, "record 5 gives back what was not bought like that"),
        ({"paid": {"amount": 5001}}, "record 7 pays out what no refund on a card owes"),
        ({"paid": {"intent": 2}}, "record 7 pays out what no refund on a card owes"),
    ],
    ids=str,
)
def test_a_refund_that_is_not_of_all_of_its_purchase_is_found(
    root: Path, changes: dict[str, Any], problem: str
) -> None:
    outcome = verify(root, certificate_file(), *segments_of(with_a_refund(**changes)))
    assert problem in outcome.verdict["problems"]


def test_a_purchase_given_back_twice_and_money_handed_out_twice_are_found(root: Path) -> None:
    lines = with_a_refund()
    again = [decode_line(lines[4]).body, Sale(intent=8), RefundPaid(intent=5, amount=5000)]
    lines += lines_of([body for body in again if isinstance(body, Body)], first=8)
    problems = verify(root, certificate_file(), *segments_of(lines)).verdict["problems"]
    assert "record 8 gives back what was not bought like that" in problems
    assert "record 10 pays a refund out a second time" in problems
