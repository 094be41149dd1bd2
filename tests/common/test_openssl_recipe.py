"""The shell recipe of docs/journal.md checks real files, and refuses spoiled ones."""

import subprocess
from pathlib import Path

import pytest

from journals import (
    a_certificate,
    a_root,
    a_segment,
    an_intent,
    certificate_file,
    key_of,
    lines_of,
    segments_of,
    three_lines,
)
from yika_common.journal.bodies import Boot, Sale
from yika_common.signing.signed_file import SignedFile
from yika_common.sync.messages import sign_certificate

REPOSITORY = Path(__file__).parents[2]
VECTORS = REPOSITORY / "tests" / "vectors" / "journal"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = (REPOSITORY / "docs" / "journal.md").read_text(encoding="utf-8")
    script = text.split("<!-- recipe -->\n```sh\n", 1)[1].split("\n```\n", 1)[0]
    path = tmp_path_factory.mktemp("recipe") / "check-journal"
    path.write_text(script + "\n", encoding="utf-8")
    return path


def run(recipe: Path, *arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", recipe, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def written(
    folder: Path, *segments: SignedFile, certificate: SignedFile | None = None
) -> list[Path]:
    files = [certificate or certificate_file(), *segments]
    paths = [folder / f"file{place}" for place in range(len(files))]
    for path, file in zip(paths, files, strict=True):
        path.write_bytes(file.to_bytes())
    root = folder / "root.json"
    root.write_bytes(a_root().payload)
    return [root, *paths]


def test_the_vectors_are_in_order(recipe: Path) -> None:
    outcome = run(recipe, VECTORS / "root.json", VECTORS / "N0042-e1.cert", *VECTORS.glob("*.seg"))
    assert outcome.stdout == (
        "in order: 3 records, head "
        "0e8c2b07212ae726b80f4e5d038aa47c118776f7cedaf6a97adf4edcde761a7c\n"
    )
    assert outcome.returncode == 0


def test_a_journal_of_several_segments_is_in_order(recipe: Path, tmp_path: Path) -> None:
    bodies = [Boot(software="0.1.0", incarnation="ab" * 8)]
    lines = lines_of([*bodies, an_intent(), Sale(intent=2), an_intent(count=2), Sale(intent=4)])
    outcome = run(recipe, *written(tmp_path, *segments_of(lines, 3, 4), a_sign_of_life(lines)))
    assert outcome.stderr == ""
    assert outcome.stdout.startswith("in order: 5 records, head ")


def a_sign_of_life(lines: list[bytes]) -> SignedFile:
    return segments_of(lines, len(lines) + 1)[-1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"amt":5000', b'"amt":4000', id="an amount"),
        pytest.param(b'"q":3', b'"q":4', id="a number"),
        pytest.param(b'"node":"N0042"', b'"node":"N0043"', id="the header"),
        pytest.param(b"jsonl 7", b"jsonl 6", id="the length"),
    ],
)
def test_a_changed_segment_is_refused(
    recipe: Path, tmp_path: Path, old: bytes, new: bytes
) -> None:
    paths = written(tmp_path, a_segment())
    data = paths[-1].read_bytes()
    assert data.count(old) == 1
    paths[-1].write_bytes(data.replace(old, new))
    assert run(recipe, *paths).returncode == 1


def test_a_segment_signed_by_a_stranger_is_refused(recipe: Path, tmp_path: Path) -> None:
    outcome = run(recipe, *written(tmp_path, a_segment(key=key_of("stranger"))))
    assert outcome.stderr == "NOT IN ORDER: a signature does not fit\n"


def test_a_certificate_signed_by_a_stranger_is_refused(recipe: Path, tmp_path: Path) -> None:
    forged = sign_certificate(a_certificate(), [key_of("stranger")])
    outcome = run(recipe, *written(tmp_path, a_segment(), certificate=forged))
    assert outcome.stderr == "NOT IN ORDER: the certificate is not signed by an enrol key\n"


def test_a_certificate_signed_in_another_role_is_refused(recipe: Path, tmp_path: Path) -> None:
    forged = sign_certificate(a_certificate(), [key_of("ack")])
    assert run(recipe, *written(tmp_path, a_segment(), certificate=forged)).returncode == 1


def test_a_missing_segment_is_noticed(recipe: Path, tmp_path: Path) -> None:
    first, _, third = segments_of(three_lines(), 2, 3)
    outcome = run(recipe, *written(tmp_path, first, third))
    assert "does not continue the journal" in outcome.stderr


def test_records_whose_hashes_do_not_lead_to_the_head_are_refused(
    recipe: Path, tmp_path: Path
) -> None:
    """The node itself signs a wrong chain: the signature holds and the chain does not."""
    outcome = run(recipe, *written(tmp_path, a_segment(prev=bytes(32))))
    assert "does not continue the journal" in outcome.stderr
