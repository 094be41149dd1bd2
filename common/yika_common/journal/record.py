r"""One record: a line of JSON, and the chain that holds the lines together.

A record is one line of UTF-8 JSON ending in a line feed, at most 16384 bytes, integers and
strings and lists of them only.  Its exact bytes are what is stored, hashed and signed; it is never
written anew.  First come the keys every record has:

====  =======================================================
key   meaning
====  =======================================================
t     type: which body follows
q     seq: 1, 2, 3, ... without a gap within a node's epoch
ts    time of the node's clock, seconds since 1970 UTC
op    who did it; left out when nobody is logged in
====  =======================================================

The chain: ``h[0] = SHA-256("yika/genesis/1" 00 certificate)`` and
``h[q] = SHA-256("yika/record/1" 00 h[q-1] line)``, where the certificate is the payload of the
node's certificate file and the line includes its line feed.  Neither hashes nor random ids travel:
``txn_id`` is made of the first 10 bytes of ``h[q]``.
"""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping

from yika_common.errors import Phrase, reason_of
from yika_common.journal.body import Body
from yika_common.journal.errors import RecordMalformed, RecordTooLong
from yika_common.journal.kinds import BODIES
from yika_common.signing import strict_json
from yika_common.signing.errors import FileMalformed
from yika_common.signing.fields import TEXT_MAX, is_number, is_text
from yika_common.signing.strict_json import INTEGER_LIMIT, Json
from yika_common.values import dataclass

LINE_MAX = 16 << 10
"""Bytes of a record, line feed included: a purchase at the widest tariff takes two thirds."""

HASH_SIZE = 32

TIME_MAX = 253_402_214_400
"""The last day of the year 9999 begins: every clock and calendar here can still show it."""

_RECORD_TAG = b"yika/record/1\0"
_GENESIS_TAG = b"yika/genesis/1\0"
_seq = is_number(1, INTEGER_LIMIT - 1)
_time = is_number(0, TIME_MAX)
_kind = is_text(1, TEXT_MAX)
_operator = is_text(1, TEXT_MAX)


@dataclass(frozen=True, slots=True)
class Unknown:
    """A body this version cannot read: a later type, later keys, or values that make no sense.

    It is kept, counted and shown with the reason, never dropped: it may be about money.
    """

    kind: str
    fields: Mapping[str, Json]
    why: Phrase


@dataclass(frozen=True, slots=True)
class Record:
    """A record as read from its line; ``operator`` is empty when nobody was logged in."""

    seq: int
    ts: int
    operator: str
    body: Body | Unknown


def encode_line(seq: int, at: int, operator: str, body: Body) -> bytes:
    """The line of a new record, with its line feed.

    Raises:
        RecordTooLong: the record does not fit; nothing is recorded then.
        ValueError: a seq below 1, a time below 0, or a name that cannot be printed.
    """
    members = [f'"t":"{body.kind}","q":{_seq(seq)},"ts":{_time(at)}']
    if operator:
        _operator(operator)
        members.append(f'"op":{strict_json.quoted(operator)}')
    if said := body.json_members():
        members.append(said)
    line = f"{{{','.join(members)}}}\n".encode()
    if len(line) > LINE_MAX:
        raise RecordTooLong(size=len(line), limit=LINE_MAX)
    return line


def decode_line(line: bytes) -> Record:
    """The record of a line, given with its line feed.

    Raises:
        RecordMalformed: not one line of strict JSON beginning with the common keys.
    """
    if len(line) > LINE_MAX or not line.endswith(b"}\n") or not line.startswith(b"{"):
        raise RecordMalformed(why=Phrase("it is not one line of an allowed length"))
    try:
        members = strict_json.parse_object(line)
        kind, seq, at = members.pop("t"), members.pop("q"), members.pop("ts")
        operator = members.pop("op", "")
        _kind(kind)
        _seq(seq)
        _time(at)
        if operator != "":
            _operator(operator)
    except KeyError as cause:
        raise RecordMalformed(why=Phrase("type, seq or time is missing")) from cause
    except ValueError as cause:
        raise RecordMalformed(why=Phrase("type, seq, time or operator is unusable")) from cause
    except FileMalformed as cause:
        raise RecordMalformed(why=cause.facts["why"]) from cause
    if not (isinstance(kind, str) and isinstance(seq, int)):
        raise RecordMalformed(why=Phrase("type, seq, time or operator is unusable"))
    if not (isinstance(at, int) and isinstance(operator, str)):
        raise RecordMalformed(why=Phrase("type, seq, time or operator is unusable"))
    return Record(seq, at, operator, _body(kind, members))


def _body(kind: str, members: dict[str, Json]) -> Body | Unknown:
    known = BODIES.get(kind)
    if known is None:
        return Unknown(kind, members, Phrase("its type is unknown"))
    try:
        return known.from_members(members)
    except ValueError as cause:
        return Unknown(kind, members, reason_of(cause))


def genesis(certificate_payload: bytes) -> bytes:
    """``h[0]``: 32 bytes that tie a journal to the node's certificate."""
    return hashlib.sha256(_GENESIS_TAG + certificate_payload).digest()


def chain(previous: bytes, line: bytes) -> bytes:
    """``h[q]`` from ``h[q-1]`` and the line of record ``q``; 32 bytes."""
    return hashlib.sha256(_RECORD_TAG + previous + line).digest()


def heads(previous: bytes, lines: Iterable[bytes]) -> Iterator[bytes]:
    """The hash after each line, in order, beginning from the hash before the first."""
    for line in lines:
        previous = chain(previous, line)
        yield previous


def txn_id(head: bytes) -> str:
    """The transaction id of the record whose hash this is: 16 characters, A to Z and 2 to 7."""
    return base64.b32encode(head[:10]).decode()
