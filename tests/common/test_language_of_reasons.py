"""A sentence is in one language from its first letter to its last."""

import ast
import re
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from yika_common.errors import Phrase, YikaError, reason_of
from yika_common.infra.config import OutOfRange, load_config
from yika_common.infra.language import said, sentence
from yika_common.infra.system_errors import why_refused
from yika_common.infra.web.faults import NoSuchPage
from yika_common.journal.coding import decode_transport
from yika_common.journal.errors import TransportMalformed
from yika_common.journal.record import decode_line
from yika_common.meters.factory import parse_key_file
from yika_common.numbers import Quantity
from yika_common.readers.iso7816 import parse_atr
from yika_common.signing.errors import FileMalformed
from yika_common.signing.keys import PublicKey
from yika_common.signing.signed_file import read_signed_file
from yika_common.signing.trust import TrustRoot
from yika_common.simulated.card_file import open_card_file
from yika_common.simulated.meter_file import open_meter_file
from yika_common.sync.messages import Certificate
from yika_common.tariffs.document import parse_query, parse_tariff

ROOT = Path(__file__).resolve().parents[2]
COLLECTOR = runpy.run_path(str(ROOT / "packaging" / "dev" / "translations.py"))
PACKAGES: list[Path] = COLLECTOR["packages"]()
REASONS = {"why", "what"}
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_ENGLISH = re.compile(r"(?<![\w./])[A-Za-z']+ [A-Za-z']+(?![\w./])")
"""Two words of Latin letters in a row: names, formats and keys come one at a time."""


# Every reason is marked where it is written


def unmarked(source: str) -> list[str]:
    """The reasons in a module's source that are text, and no phrase."""
    tree = ast.parse(source)
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return [
        ast.unparse(keyword)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in REASONS and any(_texts(keyword.value, named))
    ]


def _texts(value: ast.expr, named: dict[str, ast.expr]) -> Iterator[ast.expr]:
    match value:
        case ast.Constant(value=str()) | ast.JoinedStr() | ast.Call(func=ast.Name(id="str")):
            yield value
        case ast.Attribute(attr="strerror" | "stderr"):
            yield value
        case ast.Name(id=name) if name in named:
            yield from _texts(named[name], {})
        case ast.BinOp() | ast.BoolOp() | ast.IfExp():
            for part in ast.iter_child_nodes(value):
                if isinstance(part, ast.expr):
                    yield from _texts(part, named)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_reason_is_marked_where_it_is_written(package: Path) -> None:
    found = {
        str(path.relative_to(ROOT)): unmarked(path.read_text(encoding="utf-8"))
        for path in package.rglob("*.py")
    }
    assert {path: reasons for path, reasons in found.items() if reasons} == {}


@pytest.mark.parametrize(
    "reason",
    [
        "'it is damaged'",
        "f'{size} bytes'",
        "str(cause)",
        "cause.strerror or NONE",
        "'a' + b",
        "NAMED",
        "Phrase('good') if good else 'bad'",
    ],
)
def test_an_unmarked_reason_is_found(reason: str) -> None:
    assert len(unmarked(f"NAMED = 'it is damaged'\nraise Wrong(why={reason})")) == 1


@pytest.mark.parametrize(
    "reason", ["Phrase('it is damaged')", "found.why", "cause.facts['why']", "why_refused(cause)"]
)
def test_a_marked_reason_is_passed_over(reason: str) -> None:
    assert unmarked(f"raise Wrong(why={reason})") == []


# Every phrase is there in Chinese


def phrases(package: Path) -> list[str]:
    found = extract_from_dir(package, method_map=[("**.py", "python")], keywords={"Phrase": None})
    return sorted({str(message) for _, _, message, _, _ in found})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_every_phrase_is_said_in_chinese(package: Path) -> None:
    for words in phrases(package):
        facts = dict.fromkeys(re.findall(r"%\((\w+)\)s", words), "7")
        chinese = said(Phrase(words, **facts), "zh")
        only_facts = re.search(r"[A-Za-z]", _PLACEHOLDER.sub("", words)) is None
        assert only_facts or _CHINESE.search(chinese), words
        assert _ENGLISH.search(chinese) is None, chinese


# What happens is said wholly in Chinese


def certificate(data: bytes) -> Certificate:
    return Certificate.parse(data, limit=1 << 16)


def config(text: str) -> Callable[[Path], object]:
    def load(folder: Path) -> object:
        path = folder / "node.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, PortSettings)

    return load


@dataclass(frozen=True, slots=True)
class PortSettings:
    port: int

    def __post_init__(self) -> None:
        raise OutOfRange("port", Phrase("it must be above zero"))


WRONG: dict[str, Callable[[Path], object]] = {
    "tariff, no JSON": lambda _: parse_tariff(b"{"),
    "tariff, no object": lambda _: parse_tariff(b"[]"),
    "tariff, key": lambda _: parse_tariff(b'{"price": 1}'),
    "query, both": lambda _: parse_query(
        b'{"used": "1", "quantum": "1", "amount": "1", "quantity": "1"}'
    ),
    "query, number": lambda _: parse_query(b'{"used": "one", "quantum": "1", "amount": "1"}'),
    "file, header": lambda _: read_signed_file(b"something else"),
    "document, JSON": lambda _: certificate(b"not JSON"),
    "document, missing": lambda _: certificate(b"{}"),
    "document, float": lambda _: certificate(b'{"t": 1.5}'),
    "document, twice": lambda _: certificate(b'{"t": 1, "t": 1}'),
    "root": lambda _: TrustRoot.parse(b"{}"),
    "key": lambda _: PublicKey("ed25519", b"no key"),
    "record": lambda _: decode_line(b"{}\n"),
    "transport": lambda _: decode_transport(b"\xff\xff"),
    "ATR, short": lambda _: parse_atr(b"\x3b\x00\x00"),
    "ATR, start": lambda _: parse_atr(b"\x00"),
    "meter's keys": lambda _: parse_key_file(b"{}", Quantity(1)),
    "meter's keys, no JSON": lambda _: parse_key_file(b"\xff", Quantity(1)),
    "card, missing": lambda folder: open_card_file(folder / "none", bytes),
    "card, folder": lambda folder: open_card_file(folder, bytes),
    "meter, missing": lambda folder: open_meter_file(folder / "none"),
    "configuration, missing": lambda folder: load_config(folder / "none.toml", PortSettings),
    "configuration, no TOML": config("port = "),
    "configuration, missing key": config(""),
    "configuration, kind": config("port = 'many'"),
    "configuration, range": config("port = 0"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_wholly_in_chinese(case: str, tmp_path: Path) -> None:
    with pytest.raises(YikaError) as refusal:
        WRONG[case](tmp_path)
    spoken = sentence(refusal.value, "zh").replace(str(tmp_path), "")
    assert (
        _ENGLISH.search(spoken.replace("yika card new", "").replace("yika meter new", "")) is None
    )
    assert str(refusal.value) == sentence(refusal.value, "en")


def test_a_reason_that_is_no_phrase_stays_english_and_is_noticed() -> None:
    careless = FileMalformed(why=str(Phrase("a signature line is damaged")))
    assert _ENGLISH.search(sentence(careless, "zh")) is not None


def test_a_name_that_happens_to_be_a_sentence_of_ours_is_not_translated() -> None:
    assert sentence(TransportMalformed(why="Name"), "zh").startswith("传输的内容已损坏（Name）")


def test_a_phrase_within_a_phrase_is_translated_too() -> None:
    inner = Phrase("is not a name")
    whole = Phrase("“%(key)s” %(why)s", key="node", why=inner)
    assert whole == "“node” is not a name"
    assert said(whole, "zh") == "“node”不是名称"
    assert said(NoSuchPage().as_phrase(), "zh") == sentence(NoSuchPage(), "zh")


def test_a_strangers_text_in_a_phrase_fills_nothing_in() -> None:
    assert Phrase("“%(key)s” is unknown", key="%(why)s") == "“%(why)s” is unknown"


def test_a_failure_without_a_phrase_has_a_general_one() -> None:
    assert isinstance(reason_of(ValueError("anything")), Phrase)
    assert isinstance(reason_of(RecursionError()), Phrase)


def test_a_rare_refusal_of_the_system_is_named_as_its_manual_names_it() -> None:
    assert why_refused(OSError(34, "x")) == "the system answers ERANGE"
    assert why_refused(OSError("no number")) == "the system does not say why"
    assert said(why_refused(OSError(13, "x")), "zh") == "系统不允许"
