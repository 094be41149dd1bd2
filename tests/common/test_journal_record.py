"""Records: exact lines, a strict reading, a chain that fixes every byte."""

import dataclasses
import hashlib
import json
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import yika_common.journal
from body_builders import bodies_of_any_kind, naturals, printable, u32
from journals import an_intent, lines_of, three_lines
from yika_common.journal.bodies import (
    FIGURE_MAX,
    REFUND,
    TOTAL_MAX,
    Boot,
    DebtPaid,
    Line,
    Sale,
)
from yika_common.journal.body import Body
from yika_common.journal.errors import RecordMalformed, RecordTooLong
from yika_common.journal.kinds import BODIES
from yika_common.journal.record import (
    LINE_MAX,
    TIME_MAX,
    Record,
    Unknown,
    chain,
    decode_line,
    encode_line,
    genesis,
    heads,
    txn_id,
)
from yika_common.signing.fields import number, shapes

AT = 1_700_000_000


def test_a_purchase_at_the_widest_tariff_fits_a_record() -> None:
    """Sixteen components in six steps each, with fees, rebates, taxes and debts."""
    most = 10**12
    lines = [Line("c" * 32, 6, most, 10**9, most) for _ in range(16 * 6 + 1 + 16 + 16 + 16)]
    debts = [DebtPaid("d" * 32, most, most) for _ in range(16)]
    intent = an_intent(lines=tuple(lines), debts=tuple(debts), equipment="e" * 64)
    assert len(encode_line(2**53 - 1, TIME_MAX, "王" * 60, intent)) < LINE_MAX


def test_every_class_of_body_is_known_by_its_kind() -> None:
    modules = [
        import_module(f"yika_common.journal.{module.name}")
        for module in iter_modules(yika_common.journal.__path__)
        if module.name.endswith("bodies")
    ]
    declared = {
        thing.kind
        for module in modules
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Body) and thing is not Body
    }
    assert set(BODIES) == declared


@given(u32, st.integers(0, TIME_MAX), st.just("") | printable, bodies_of_any_kind)
def test_a_record_reads_back_as_it_was_written(
    seq: int, at: int, operator: str, body: Body
) -> None:
    line = encode_line(seq, at, operator, body)
    assert decode_line(line) == Record(seq, at, operator, body)
    assert line.count(b"\n") == 1
    assert len(line) <= LINE_MAX


def test_a_line_looks_as_documented() -> None:
    assert encode_line(2, AT, "王芳", an_intent()).decode() == (
        '{"t":"intent","q":2,"ts":1700000000,"op":"王芳","a":"A-000017","c":"860000000017",'
        '"m":"M00000000042","s":3,"sv":"cold_water","g":1,"n":1,"T":10000,"qty":10000,'
        '"amt":5000,"x":5000,"tid":"water-residential","tv":1,"th":"00112233445566aa",'
        '"pd":"2026","ln":[["water",1,10000,50000,5000]],"kv":1,"mac":"0123456789abcdef"}\n'
    )
    assert encode_line(3, AT, "", Sale(intent=2)) == b'{"t":"sale","q":3,"ts":1700000000,"iq":2}\n'


def test_nothing_but_a_refund_takes_back() -> None:
    back: dict[str, Any] = {
        "quantity": -10_000,
        "amount": -5000,
        "kept": -7,
        "debts": (DebtPaid("d", -30, 0),),
        "lines": (Line("water", 1, -10_000, 50_000, -5000),),
    }
    refund = an_intent(act=REFUND, refunds=2, approved=6, reason="typed twice", **back)
    assert refund.paid == -5000 - 7 - 30
    assert decode_line(encode_line(7, AT, "王芳", refund)).body == refund
    for name, value in back.items():
        with pytest.raises(ValueError, match="in a refund only"):
            an_intent(**{name: value})


def test_what_the_slot_showed_before_is_implied() -> None:
    intent = an_intent(generation=4, count=9)
    assert (intent.before_generation, intent.before_count) == (4, 8)
    moved = an_intent(generation=4, count=9, before_generation=3)
    assert b'"gb":3' in encode_line(1, AT, "", moved)
    assert b'"nb"' not in encode_line(1, AT, "", moved)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"amount": -1}, id="negative money"),
        pytest.param({"amount": FIGURE_MAX + 1}, id="money whose sums no database holds"),
        pytest.param({"quantity": FIGURE_MAX + 1}, id="a quantity whose sums no database holds"),
        pytest.param({"total": TOTAL_MAX + 1}, id="a total no card holds"),
        pytest.param({"lines": (Line("x", 1, 1, 1, FIGURE_MAX + 1),)}, id="a line as large"),
        pytest.param({"amount": True}, id="a truth value"),
        pytest.param({"amount": 5000.0}, id="a float"),
        pytest.param({"slot": 8}, id="a ninth slot"),
        pytest.param({"count": 0}, id="no purchase"),
        pytest.param({"meter": "m-42"}, id="a name no card can hold"),
        pytest.param({"meter": ""}, id="no meter"),
        pytest.param({"service": "coffee"}, id="a service nobody sells"),
        pytest.param({"mac": "0123456789ABCDEF"}, id="capital hex"),
        pytest.param({"mac": "0123"}, id="a short MAC"),
        pytest.param({"rest": "012"}, id="half a byte"),
        pytest.param({"typed_by": "k"}, id="typed as something else"),
        pytest.param({"account": "A\n1"}, id="a line feed in a name"),
        pytest.param({"lines": (("water", 1, 1),)}, id="a short row"),
    ],
)
def test_a_wrong_value_cannot_be_built(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="“"):
        an_intent(**changes)


def test_a_wrong_frame_cannot_be_written() -> None:
    for seq, at, operator in ((0, AT, ""), (1, -1, ""), (1, TIME_MAX + 1, ""), (1, AT, "a\nb")):
        with pytest.raises(ValueError, match=r"is not|cannot"):
            encode_line(seq, at, operator, Sale(intent=1))


def test_a_record_that_would_be_too_long_is_not_written() -> None:
    many = tuple(Line("component" + "x" * 20, 1, 10**12, 10**12, 10**12) for _ in range(160))
    owed = tuple(DebtPaid("d" * 32, 10**12, 10**12) for _ in range(64))
    with pytest.raises(RecordTooLong):
        encode_line(1, AT, "", an_intent(lines=many, debts=owed))


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b'{"t":"sale","q":3,"ts":1,"iq":2}', id="no line feed"),
        pytest.param(b'{"t":"sale","q":3,"ts":1,"iq":2}\r\n', id="carriage return"),
        pytest.param(b' {"t":"sale","q":3,"ts":1,"iq":2}\n', id="space before"),
        pytest.param(b'{"t":"sale","q":3,"ts":1,"iq":2,"iq":2}\n', id="a key twice"),
        pytest.param(b'{"t":"sale","q":3,"ts":1.0,"iq":2}\n', id="a float"),
        pytest.param(b'{"t":"sale","q":0,"ts":1,"iq":2}\n', id="seq 0"),
        pytest.param(b'{"t":"sale","ts":1,"iq":2}\n', id="no seq"),
        pytest.param(b'{"t":7,"q":3,"ts":1,"iq":2}\n', id="a type that is a number"),
        pytest.param(b'{"t":"","q":3,"ts":1,"iq":2}\n', id="a type without a name"),
        pytest.param(b'{"t":"a\\u0000","q":3,"ts":1}\n', id="a type no database can hold"),
        pytest.param(b'{"t":"sale","q":3,"ts":253402214401,"iq":2}\n', id="after the year 9999"),
        pytest.param(b'{"t":"sale","q":3,"ts":1,"op":7}\n', id="an operator that is a number"),
        pytest.param(b"[1]\n", id="no object"),
        pytest.param(b"{" + b" " * LINE_MAX + b"}\n", id="too long"),
        pytest.param(b"\n", id="empty"),
    ],
)
def test_a_line_that_is_no_record_is_refused(line: bytes) -> None:
    with pytest.raises(RecordMalformed):
        decode_line(line)


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        pytest.param(
            b'{"t":"gift","q":3,"ts":1,"amt":7}\n', {"amt": 7}, id="a type of a later version"
        ),
        pytest.param(
            b'{"t":"sale","q":3,"ts":1,"iq":2,"new":[1]}\n',
            {"iq": 2, "new": [1]},
            id="a key of a later version",
        ),
        pytest.param(b'{"t":"sale","q":3,"ts":1}\n', {}, id="a key missing"),
        pytest.param(b'{"t":"sale","q":3,"ts":1,"iq":-5}\n', {"iq": -5}, id="nonsense"),
    ],
)
def test_what_cannot_be_read_is_kept(line: bytes, fields: dict[str, object]) -> None:
    record = decode_line(line)
    assert record.seq == 3
    assert isinstance(record.body, Unknown)
    assert record.body.fields == fields


@given(st.binary(max_size=100) | st.text(max_size=60).map(str.encode))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        decode_line(data)
    except RecordMalformed:
        return
    assert data.endswith(b"}\n")


@given(bodies_of_any_kind, st.data())
def test_no_value_in_a_key_crashes_the_reader(body: Body, data: st.DataObject) -> None:
    members = json.loads(encode_line(5, AT, "x", body))
    key = data.draw(st.sampled_from(sorted(members)))
    members[key] = data.draw(
        st.one_of(naturals, st.integers(), printable, st.lists(naturals), st.just({"a": 1}))
    )
    try:
        record = decode_line(json.dumps(members).encode() + b"\n")
    except RecordMalformed:
        assert key in {"t", "q", "ts", "op"} or abs(members[key]) >= 2**53
    else:
        assert record.body == body or isinstance(record.body, (Unknown, type(body)))


def test_the_chain_is_the_documented_one() -> None:
    start = hashlib.sha256(b"yika/genesis/1\0certificate").digest()
    assert genesis(b"certificate") == start
    first = hashlib.sha256(b"yika/record/1\0" + start + b"line\n").digest()
    assert chain(start, b"line\n") == first
    assert list(heads(start, [b"line\n", b"more\n"])) == [first, chain(first, b"more\n")]


def test_every_byte_of_every_line_moves_the_head() -> None:
    lines = three_lines()
    start = genesis(b"certificate")
    *_, head = heads(start, lines)
    for place, line in enumerate(lines):
        for position in range(len(line)):
            spoiled = bytearray(line)
            spoiled[position] ^= 1
            *_, other = heads(start, [*lines[:place], bytes(spoiled), *lines[place + 1 :]])
            assert other != head


def test_transaction_ids_are_sixteen_letters() -> None:
    """The bytes of RFC 4648's alphabet in order: 0x00443214c74254b635cf is A to P."""
    assert txn_id(bytes.fromhex("00443214c74254b635cf") + bytes(22)) == "ABCDEFGHIJKLMNOP"


def test_bodies_are_values() -> None:
    assert an_intent() == an_intent()
    assert hash(an_intent()) == hash(an_intent())
    with pytest.raises(dataclasses.FrozenInstanceError):
        an_intent().amount = 1  # type: ignore[misc]


def test_a_record_written_a_year_ago_reads_today() -> None:
    """Lines as they stand in the vectors; they never change."""
    record = decode_line(
        b'{"t":"boot","q":1,"ts":1700000060,"sw":"0.1.0","inc":"abababababababab"}\n'
    )
    assert record == Record(1, 1700000060, "", Boot(software="0.1.0", incarnation="ab" * 8))
    assert lines_of([Sale(intent=2)], first=3)[0].startswith(b'{"t":"sale","q":3,')


@given(bodies_of_any_kind)
def test_a_line_tells_a_body_in_one_pass_as_its_members_are(body: Body) -> None:
    encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
    assert "{" + body.json_members() + "}" == encoder.encode(body.members())


def test_a_default_that_its_own_check_refuses_is_never_declared() -> None:
    with pytest.raises(ValueError, match="is not a whole number"):
        number("x", least=1, default=0)


@pytest.mark.parametrize("kind", BODIES)
def test_the_page_names_every_key(kind: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "journal.md").read_text(encoding="utf-8")
    assert f"| `{kind}` |" in page
    for shape in shapes(BODIES[kind]):
        assert f"`{shape.key}`" in page
