r"""A segment: a run of records of one journal, signed once, the unit that travels.

The payload is the header, one line of JSON, followed by the lines of the records::

    {"t":"segment","node":"N0042","ep":1,"from":1,"to":3,"prev":HEX,"head":HEX,...}\n
    {"t":"boot","q":1,...}\n
    ...

``prev`` and ``head`` are the hashes before the first and after the last record.  A segment without
records (``to`` is ``from - 1``, ``prev`` equals ``head``) is a sign of life.  At most 1000 records
and 1 MiB.  Its file is named for what it holds::

    N0042-e3-q005001-005200-<first 16 hex digits of the file's SHA-256>.seg
"""

import hashlib
import itertools
from collections.abc import Sequence

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.journal.errors import (
    ChainBroken,
    RecordMalformed,
    SegmentForAnother,
    SegmentMalformed,
)
from yika_common.journal.record import HASH_SIZE, Record, decode_line, heads
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.fields import Document, hexadecimal, identifier, number, text
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.signed_file import SignedFile, sign, verify
from yika_common.values import dataclass

SEGMENT_TYPE = "application/vnd.yika.segment.v1+jsonl"
RECORDS_MAX = 1000
SEGMENT_MAX = 1 << 20
"""Bytes of a segment's payload."""

SUFFIX = ".seg"
_HEADER_MAX = 1024
_U32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHeader(Document):
    """Which records follow, and how the node stood when it cut the segment."""

    kind: str = text("t", among=("segment",))
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    first: int = number("from", least=1)
    last: int = number("to")
    prev: str = hexadecimal("prev", HASH_SIZE)
    head: str = hexadecimal("head", HASH_SIZE)
    ack_count: int = number("n_ack")
    """Counter of the newest acknowledgement the node holds; 0: none."""
    incarnation: str = hexadecimal("inc", 8)
    """Drawn at the start of the process: two that interleave are two copies of one node."""
    at: int = number("ts")
    manifest: int = number("man")
    """Version of the manifest the node holds; 0: none."""
    challenge: str = hexadecimal("ch", 16)
    """Drawn for this exchange; the acknowledgement answers it."""
    software: str = text("sw")


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment whose signature and chain hold; the three tuples are equally long."""

    header: SegmentHeader
    lines: tuple[bytes, ...]
    records: tuple[Record, ...]
    heads: tuple[bytes, ...]
    """The hash after each record."""


def build_segment(
    lines: Sequence[bytes],
    key: SigningKey,
    *,
    node: str,
    epoch: int,
    first: int,
    prev: bytes,
    ack_count: int,
    incarnation: str,
    at: int,
    manifest: int,
    challenge: str,
    software: str,
) -> SignedFile:
    """The lines, of records ``first`` and on, as a segment signed by the node.

    ``prev`` is the hash before record ``first``.  No lines make a sign of life.

    Raises:
        ValueError: more records or bytes than a segment holds, or an unusable header value.
    """
    head = prev
    for head in heads(prev, lines):  # noqa: B007 - only the last hash matters
        pass
    header = SegmentHeader(
        kind="segment",
        node=node,
        epoch=epoch,
        first=first,
        last=first + len(lines) - 1,
        prev=prev.hex(),
        head=head.hex(),
        ack_count=ack_count,
        incarnation=incarnation,
        at=at,
        manifest=manifest,
        challenge=challenge,
        software=software,
    )
    payload = header.to_bytes() + b"".join(lines)
    if len(lines) > RECORDS_MAX or len(payload) > SEGMENT_MAX:
        raise ValueError(f"a segment holds {RECORDS_MAX} records and {SEGMENT_MAX} bytes at most")
    return sign(SEGMENT_TYPE, payload, [key])


def open_segment(file: SignedFile, key: PublicKey, *, node: str, epoch: int) -> Segment:
    """The segment, once size, signature, origin, numbering and chain hold, in this order.

    ``key`` is the one certified for that node and epoch.

    Raises:
        FileTooLarge: longer than a segment may be.
        WrongKind, SignatureInvalid, TooFewSignatures: not signed by the key as a segment.
        SegmentForAnother: the signer's journal is not the one named inside.
        SegmentMalformed: header, count, numbering or a line is not well formed.
        ChainBroken: the records do not lead from ``prev`` to ``head``.
    """
    if len(file.payload) > SEGMENT_MAX:
        raise FileTooLarge(limit=SEGMENT_MAX)
    payload = verify(file, [key], payload_type=SEGMENT_TYPE)
    header, lines = _split(payload)
    if (header.node, header.epoch) != (node, epoch):
        raise SegmentForAnother(node=header.node, epoch=header.epoch)
    if len(lines) != header.last - header.first + 1 or len(lines) > RECORDS_MAX:
        raise SegmentMalformed(why=Phrase("it holds another number of records than it states"))
    records = _records(lines, header.first)
    prev = bytes.fromhex(header.prev)
    hashes = tuple(heads(prev, lines))
    if (hashes[-1] if hashes else prev).hex() != header.head:
        raise ChainBroken(node=node, first=header.first, last=header.last)
    return Segment(header, lines, records, hashes)


def _split(payload: bytes) -> tuple[SegmentHeader, tuple[bytes, ...]]:
    if not payload.endswith(b"\n"):
        raise SegmentMalformed(why=Phrase("its last line is not complete"))
    first, *lines = payload.split(b"\n")[:-1]
    return _header(first), tuple(line + b"\n" for line in lines)


def _header(line: bytes) -> SegmentHeader:
    try:
        return SegmentHeader.parse(line, limit=_HEADER_MAX)
    except (FileMalformed, FileTooLarge) as cause:
        raise SegmentMalformed(why=Phrase("its header is not well formed")) from cause


def _records(lines: Sequence[bytes], first: int) -> tuple[Record, ...]:
    records = []
    for seq, line in zip(itertools.count(first), lines, strict=False):
        try:
            record = decode_line(line)
        except RecordMalformed as cause:
            raise SegmentMalformed(why=cause.facts["why"]) from cause
        if record.seq != seq:
            raise SegmentMalformed(why=Phrase("its records are not numbered without a gap"))
        records.append(record)
    return tuple(records)


def segment_name(header: SegmentHeader, data: bytes) -> str:
    """The name of the file whose bytes are ``data``."""
    digest = hashlib.sha256(data).hexdigest()[:16]
    return f"{header.node}-e{header.epoch}-q{header.first:06}-{header.last:06}-{digest}{SUFFIX}"


def header_of(file: SignedFile) -> SegmentHeader:
    """What a segment says of itself; trust it only after :func:`open_segment` held.

    Raises:
        SegmentMalformed: its header is not well formed.
    """
    return _header(file.payload[: _HEADER_MAX + 1].split(b"\n", 1)[0])
