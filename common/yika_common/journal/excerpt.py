r"""An excerpt: the records of one payment, as the customer's receipt carries them.

The payload is a header line and the very lines of the journal::

    {"t":"receipt","node":"N0042","ep":1,"from":7,"to":8,"prev":HEX}\n
    {"t":"intent","q":7,...}\n
    {"t":"intent","q":8,"b":7,...}\n

signed by the node.  Because ``prev`` and the lines are the journal's own, an excerpt proves what
the journal must hold at that place: a journal with other records there is another journal.

On paper it is a QR code of the text ``YIKA:`` followed by base32 (RFC 4648, without ``=``) of the
signed file in the transport coding; all of it characters of the code's alphanumeric mode.
"""

import base64
import binascii
import itertools
import re
from collections.abc import Sequence

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.journal.coding import decode_transport, encode_transport
from yika_common.journal.errors import (
    ExcerptMalformed,
    RecordMalformed,
    SegmentForAnother,
    TransportMalformed,
    TransportTooLarge,
)
from yika_common.journal.record import HASH_SIZE, TIME_MAX, Record, decode_line, heads
from yika_common.services import SLOTS_MAX
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.fields import Document, hexadecimal, identifier, number, text
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.signed_file import SignedFile, read_signed_file, sign, verify
from yika_common.values import dataclass

EXCERPT_TYPE = "application/vnd.yika.receipt.v1+jsonl"
EXCERPT_MAX = 160 << 10
"""Bytes of an excerpt's payload: one payment has at most as many records as a card has slots."""

CODE_MAX = 2 * EXCERPT_MAX
"""Characters of a receipt's text; one that no QR code holds can still be copied."""

_CODE = re.compile(r"YIKA:([A-Z2-7]+)", re.ASCII)
_GROUP = 8
_HEADER_MAX = 512
_U32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcerptHeader(Document):
    """Which records follow; ``prev`` is the hash before the first.

    ``opened`` is when the account was opened, in seconds since 1970: quota periods and fixed
    charges may be counted from there.  0: not known.  ``holders`` 1: another holder of it had a
    quota of his own.
    """

    kind: str = text("t", among=("receipt",))
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    first: int = number("from", least=1)
    last: int = number("to", least=1)
    prev: str = hexadecimal("prev", HASH_SIZE)
    opened: int = number("opened", most=TIME_MAX, default=0)
    holders: int = number("holders", most=1, default=0)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """An excerpt whose signature holds; the three tuples are equally long."""

    header: ExcerptHeader
    lines: tuple[bytes, ...]
    records: tuple[Record, ...]
    heads: tuple[bytes, ...]
    """The journal's hash after each record."""


def build_excerpt(
    lines: Sequence[bytes],
    key: SigningKey,
    *,
    node: str,
    epoch: int,
    first: int,
    prev: bytes,
    opened: int = 0,
    holders: bool = False,
) -> SignedFile:
    """The lines of records ``first`` and on, signed by the node; ``prev`` is the hash before."""
    header = ExcerptHeader(
        kind="receipt",
        node=node,
        epoch=epoch,
        first=first,
        last=first + len(lines) - 1,
        prev=prev.hex(),
        opened=opened,
        holders=int(holders),
    )
    return sign(EXCERPT_TYPE, header.to_bytes() + b"".join(lines), [key])


def open_excerpt(file: SignedFile, key: PublicKey, *, node: str, epoch: int) -> Excerpt:
    """The excerpt, once the signature of the key certified for that node and epoch holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures: not signed by the key as an excerpt.
        SegmentForAnother: the signer's journal is not the one named inside.
        ExcerptMalformed: header, count, numbering or a line is not well formed.
    """
    payload = verify(file, [key], payload_type=EXCERPT_TYPE)
    header = excerpt_header(file)
    if (header.node, header.epoch) != (node, epoch):
        raise SegmentForAnother(node=header.node, epoch=header.epoch)
    lines = tuple(line + b"\n" for line in payload.split(b"\n")[1:-1])
    if not payload.endswith(b"\n") or not 1 <= len(lines) <= SLOTS_MAX:
        raise ExcerptMalformed(why=Phrase("it does not hold the records of one payment"))
    if len(lines) != header.last - header.first + 1:
        raise ExcerptMalformed(why=Phrase("it holds another number of records than it states"))
    records = []
    for seq, line in zip(itertools.count(header.first), lines, strict=False):
        try:
            record = decode_line(line)
        except RecordMalformed as cause:
            raise ExcerptMalformed(why=cause.facts["why"]) from cause
        if record.seq != seq:
            raise ExcerptMalformed(why=Phrase("its records are not numbered without a gap"))
        records.append(record)
    hashes = tuple(heads(bytes.fromhex(header.prev), lines))
    return Excerpt(header, lines, tuple(records), hashes)


def excerpt_header(file: SignedFile) -> ExcerptHeader:
    """What an excerpt says of itself; trust it only after :func:`open_excerpt` held.

    Raises:
        ExcerptMalformed: its header is not well formed, or it is longer than any.
    """
    first = file.payload[: _HEADER_MAX + 1].split(b"\n", 1)[0]
    try:
        if len(file.payload) > EXCERPT_MAX:
            raise FileTooLarge(limit=EXCERPT_MAX)
        return ExcerptHeader.parse(first, limit=_HEADER_MAX)
    except (FileMalformed, FileTooLarge) as cause:
        raise ExcerptMalformed(why=Phrase("its header is not well formed")) from cause


def excerpt_code(file: SignedFile) -> str:
    """The text of the excerpt's QR code."""
    data = base64.b32encode(encode_transport(file.to_bytes())).decode().rstrip("=")
    return f"YIKA:{data}"


def read_code(code: str) -> SignedFile:
    """The signed file in the text of a QR code, not yet checked.

    Spaces and line breaks are ignored: a text that was typed or printed may have some.

    Raises:
        ExcerptMalformed: the text is not one of ours.
    """
    found = _CODE.fullmatch("".join(code.split()).upper())
    if found is None or len(found[1]) > CODE_MAX:
        raise ExcerptMalformed(why=Phrase("it is not the text of a receipt's code"))
    padded = found[1] + "=" * (-len(found[1]) % _GROUP)
    try:
        data = decode_transport(base64.b32decode(padded), limit=EXCERPT_MAX + _HEADER_MAX)
        return read_signed_file(data, limit=EXCERPT_MAX)
    except (binascii.Error, TransportMalformed, TransportTooLarge) as cause:
        raise ExcerptMalformed(
            why=Phrase("some of its characters are missing or wrong")
        ) from cause
    except (FileMalformed, FileTooLarge) as cause:
        raise ExcerptMalformed(why=Phrase("what it holds is not a signed file")) from cause
