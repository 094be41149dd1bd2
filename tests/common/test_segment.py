"""Segments: whole, in order, by the right node, or refused."""

from pathlib import Path

import pytest

from journals import (
    NODE_KEY,
    START,
    a_certificate,
    a_segment,
    key_of,
    segments_of,
    three_lines,
)
from yika_common.errors import YikaError
from yika_common.journal import segment as segments
from yika_common.journal.bodies import Intent
from yika_common.journal.errors import ChainBroken, SegmentForAnother, SegmentMalformed
from yika_common.journal.record import chain, genesis
from yika_common.journal.segment import (
    RECORDS_MAX,
    SEGMENT_MAX,
    SEGMENT_TYPE,
    Segment,
    header_of,
    open_segment,
    segment_name,
)
from yika_common.signing.errors import FileTooLarge, SignatureInvalid, TooFewSignatures, WrongKind
from yika_common.signing.signed_file import SignedFile, read_many, read_signed_file, sign
from yika_common.sync.messages import Certificate

VECTORS = Path(__file__).parents[1] / "vectors" / "journal"


def opened(file: SignedFile) -> Segment:
    return open_segment(file, NODE_KEY.public, node="N0042", epoch=1)


def resigned(payload: bytes) -> SignedFile:
    """What a dishonest or broken node could sign."""
    return sign(SEGMENT_TYPE, payload, [NODE_KEY])


def test_a_segment_opens_to_its_lines_records_and_hashes() -> None:
    segment = opened(read_signed_file(a_segment().to_bytes()))
    assert list(segment.lines) == three_lines()
    assert [record.seq for record in segment.records] == [1, 2, 3]
    first = chain(genesis(a_certificate().to_bytes()), three_lines()[0])
    assert segment.heads[0] == first
    assert segment.heads[-1].hex() == segment.header.head


def test_the_segment_made_with_openssl_opens() -> None:
    (path,) = VECTORS.glob("*.seg")
    file = read_signed_file(path.read_bytes())
    certificate = read_signed_file((VECTORS / "N0042-e1.cert").read_bytes())
    key = Certificate.parse(certificate.payload).key
    segment = open_segment(file, key, node="N0042", epoch=1)
    assert segment.header.prev == genesis(certificate.payload).hex()
    assert segment.heads[-1].hex().startswith("0e8c2b07212ae726")
    intent = segment.records[1].body
    assert isinstance(intent, Intent)
    assert intent.amount == 2610
    assert path.name == segment_name(segment.header, path.read_bytes())
    assert file.to_bytes() == path.read_bytes()


def test_a_sign_of_life_has_no_records() -> None:
    segment = opened(a_segment([], first=6, prev=b"\7" * 32))
    assert segment.lines == ()
    assert (segment.header.first, segment.header.last) == (6, 5)
    assert segment.header.prev == segment.header.head == "07" * 32


def test_every_flipped_bit_is_refused() -> None:
    data = a_segment().to_bytes()
    for bit in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(YikaError):
            opened(read_signed_file(bytes(spoiled)))


def test_without_the_signature_flipped_bits_would_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: chain and form alone do not protect the header."""
    monkeypatch.setattr(segments, "verify", lambda file, *_, **__: file.payload)
    file = a_segment()
    changed = file.payload.replace(b'"n_ack":0', b'"n_ack":1')
    assert opened(SignedFile(SEGMENT_TYPE, changed, file.signatures)).header.ack_count == 1


def test_every_shortening_is_refused() -> None:
    data = a_segment().to_bytes()
    for length in range(len(data)):
        with pytest.raises(YikaError):
            opened(read_signed_file(data[:length]))


def test_segments_in_a_row_are_told_apart() -> None:
    files = segments_of(three_lines(), 2, 3)
    data = b"".join(file.to_bytes() for file in files)
    assert [opened(file).lines for file in read_many(data)] == [(line,) for line in three_lines()]


def test_another_key_is_refused() -> None:
    with pytest.raises(TooFewSignatures):
        opened(a_segment(key=key_of("stranger")))


def test_a_node_cannot_speak_for_another_nor_for_an_earlier_epoch() -> None:
    for certificate in (a_certificate(node="N0043"), a_certificate(epoch=2)):
        with pytest.raises(SegmentForAnother):
            opened(a_segment(certificate=certificate))


def test_another_kind_of_file_is_no_segment() -> None:
    with pytest.raises(WrongKind):
        opened(sign("application/other", a_segment().payload, [NODE_KEY]))


def test_the_signature_is_checked_before_anything_is_read() -> None:
    file = a_segment()
    with pytest.raises(SignatureInvalid):
        opened(SignedFile(SEGMENT_TYPE, b"no JSON at all", file.signatures))


def test_an_endless_segment_is_not_even_checked() -> None:
    with pytest.raises(FileTooLarge):
        opened(SignedFile(SEGMENT_TYPE, b" " * (SEGMENT_MAX + 1), a_segment().signatures))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"to":3', b'"to":4', id="a record fewer than stated"),
        pytest.param(b'"to":3', b'"to":2', id="a record more than stated"),
        pytest.param(b'"from":1,"to":3', b'"from":2,"to":4', id="numbers moved"),
        pytest.param(b'"q":3', b'"q":2', id="a number twice"),
        pytest.param(b'"t":"segment"', b'"t":"sector"', id="another header"),
        pytest.param(b'"n_ack":0,', b"", id="a header key missing"),
        pytest.param(b'"n_ack":0,', b'"n_ack":0,"x":0,', id="a header key too many"),
        pytest.param(b'"iq":2}\n', b'"iq":2}', id="no last line feed"),
        pytest.param(b'"iq":2}\n', b'"iq":2}\n\n', id="an empty line"),
        pytest.param(b'"iq":2', b'"iq":2.5', id="a float"),
    ],
)
def test_a_signed_but_ill_formed_segment_is_refused(old: bytes, new: bytes) -> None:
    payload = a_segment().payload
    assert payload.count(old) == 1
    with pytest.raises(SegmentMalformed):
        opened(resigned(payload.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'"amt":5000', b'"amt":4000', id="a changed record"),
        pytest.param(b'"prev":"', b'"prev":"00', id="another hash before"),
    ],
)
def test_a_signed_segment_whose_chain_is_broken_is_refused(old: bytes, new: bytes) -> None:
    payload = a_segment().payload.replace(old, new)
    if old == b'"prev":"':
        start = payload.index(new) + len(new) + 62
        payload = payload[:start] + payload[start + 2 :]
    with pytest.raises(ChainBroken):
        opened(resigned(payload))


def test_lines_can_be_neither_swapped_nor_dropped_inside_a_signed_segment() -> None:
    header, boot, intent, sale = a_segment().payload.splitlines(keepends=True)
    for lines in ([intent, boot, sale], [boot, sale], [boot, intent, intent]):
        with pytest.raises((SegmentMalformed, ChainBroken)):
            opened(resigned(b"".join([header, *lines])))


def test_a_segment_holds_a_thousand_records_at_most() -> None:
    line = three_lines()[0]
    with pytest.raises(ValueError, match="1000"):
        a_segment([line] * (RECORDS_MAX + 1))


def test_a_file_is_named_for_its_content() -> None:
    file = a_segment()
    assert segment_name(header_of(file), file.to_bytes()).startswith("N0042-e1-q000001-000003-")
    empty = a_segment([], first=5201, prev=bytes(32))
    assert segment_name(header_of(empty), empty.to_bytes()).startswith("N0042-e1-q005201-005200-")


def test_the_header_says_how_the_node_stood() -> None:
    header = opened(a_segment()).header
    assert header.at == START + 600
    assert header.members().keys() == {
        "t", "node", "ep", "from", "to", "prev", "head", "n_ack", "inc", "ts", "man", "ch", "sw",
    }  # fmt: skip
