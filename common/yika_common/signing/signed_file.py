r"""The signed file: the one container for everything that is signed and travels.

::

    YIKA1 <payload type> <payload length> <number of signatures>\n
    <payload, exactly that many bytes>\n
    <keyid, 16 hex> <alg> <signature, base64>\n          once per signature

Numbers are decimal without leading zeros.  A file says where it ends, so files can be
concatenated.  The signature covers :func:`yika_common.signing.dsse.pae` of type and payload;
``head``, ``tail`` and ``openssl`` are enough to check it (docs/journal.md shows how).  The keyid
only chooses which keys are tried: a line that names no key of ours is passed over, and what counts
is how many different keys signed.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator

from yika_common.errors import Phrase
from yika_common.signing.dsse import pae
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    SignatureInvalid,
    TooFewSignatures,
    WrongKind,
)
from yika_common.signing.keys import ALGORITHMS, PublicKey, SigningKey
from yika_common.values import dataclass

PAYLOAD_MAX = 32 << 20
"""No payload is longer, in bytes; single kinds of file have lower limits of their own."""

SIGNATURES_MAX = 16

_HEADER_MAX = 128
_SIGNATURE_LINE_MAX = 160
_HEADER = re.compile(rb"YIKA1 ([a-z0-9.+/-]{1,80}) (0|[1-9][0-9]{0,8}) ([1-9][0-9]?)\n")
_SIGNATURE = re.compile(rb"([0-9a-f]{16}) ([a-z0-9]{1,12}) ([A-Za-z0-9+/]{4,120}={0,2})\n")


@dataclass(frozen=True, slots=True)
class Signature:
    """One line of a signed file: which key is said to have signed, how, and the signature."""

    keyid: str
    alg: str
    value: bytes

    def to_bytes(self) -> bytes:
        """The line, with its line feed."""
        text = base64.b64encode(self.value)
        return b"%b %b %b\n" % (self.keyid.encode(), self.alg.encode(), text)


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A payload with its signatures, read but not yet checked: see :func:`verify`."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    def to_bytes(self) -> bytes:
        """The file; reading these bytes gives an equal value."""
        header = f"YIKA1 {self.payload_type} {len(self.payload)} {len(self.signatures)}\n"
        lines = b"".join(signature.to_bytes() for signature in self.signatures)
        return header.encode() + self.payload + b"\n" + lines


def sign(payload_type: str, payload: bytes, keys: Iterable[SigningKey]) -> SignedFile:
    """The payload signed with every given key, in that order.

    Raises:
        ValueError: no key or too many, or a type that cannot stand in the header.
    """
    message = pae(payload_type, payload)
    signatures = tuple(Signature(key.keyid, key.public.alg, key.sign(message)) for key in keys)
    file = SignedFile(payload_type, payload, signatures)
    header = file.to_bytes()[:_HEADER_MAX]
    if not signatures or len(signatures) > SIGNATURES_MAX or _HEADER.match(header) is None:
        raise ValueError("a signed file has a plain type and 1 to 16 signatures")
    return file


def read_signed_file(data: bytes, *, limit: int = PAYLOAD_MAX) -> SignedFile:
    """The one signed file these bytes are; ``limit`` is the longest payload accepted, in bytes.

    Raises:
        FileMalformed: not exactly one signed file.
        FileTooLarge: its payload is longer than the limit.
    """
    file, end = _read_one(data, 0, limit)
    if end != len(data):
        raise FileMalformed(why=Phrase("bytes follow the last signature"))
    return file


def read_many(data: bytes) -> Iterator[SignedFile]:
    """The signed files that stand one after the other in these bytes, each read when asked for.

    Raises:
        FileMalformed: what follows the files already given is not one; those are still good.
        FileTooLarge: the next payload is longer than :data:`PAYLOAD_MAX`.
    """
    position = 0
    while position < len(data):
        file, position = _read_one(data, position, PAYLOAD_MAX)
        yield file


def _read_one(data: bytes, start: int, limit: int) -> tuple[SignedFile, int]:
    """The signed file at ``start`` and the position behind it."""
    header = _HEADER.match(data[start : start + _HEADER_MAX])
    if header is None:
        raise FileMalformed(why=Phrase("it does not begin with a header of ours"))
    length, count = int(header[2]), int(header[3])
    if length > limit:
        raise FileTooLarge(limit=limit)
    if count > SIGNATURES_MAX:
        raise FileMalformed(why=Phrase("it carries too many signatures"))
    begin = start + header.end()
    payload = data[begin : begin + length]
    position = begin + length + 1
    if len(payload) != length or data[position - 1 : position] != b"\n":
        raise FileMalformed(why=Phrase("its length is not the one announced"))
    signatures = []
    for _ in range(count):
        signature, position = _read_signature(data, position)
        signatures.append(signature)
    return SignedFile(header[1].decode(), payload, tuple(signatures)), position


def _read_signature(data: bytes, start: int) -> tuple[Signature, int]:
    match = _SIGNATURE.match(data[start : start + _SIGNATURE_LINE_MAX])
    if match is None or match[2].decode() not in ALGORITHMS:
        raise FileMalformed(why=Phrase("a signature line is damaged"))
    try:
        value = base64.b64decode(match[3], validate=True)
    except binascii.Error as cause:
        raise FileMalformed(why=Phrase("a signature line is damaged")) from cause
    # One signature has one text: the spare bits of base64 must be zero.
    if base64.b64encode(value) != match[3]:
        raise FileMalformed(why=Phrase("a signature line is damaged"))
    return Signature(match[1].decode(), match[2].decode(), value), start + match.end()


def verify(
    file: SignedFile, keys: Iterable[PublicKey], threshold: int = 1, *, payload_type: str
) -> bytes:
    """The payload, once at least ``threshold`` different ones of ``keys`` have signed it.

    Raises:
        WrongKind: the file is not of ``payload_type``.
        SignatureInvalid: too few signed, and a signature naming one of the keys does not fit.
        TooFewSignatures: too few of the keys signed.
        ValueError: the threshold is below 1.
    """
    if threshold < 1:
        raise ValueError("a threshold of no signatures checks nothing")
    if file.payload_type != payload_type:
        raise WrongKind(found=file.payload_type, expected=payload_type)
    message = pae(file.payload_type, file.payload)
    known = set(keys)
    signed: set[PublicKey] = set()
    misfit = False
    for signature in file.signatures:
        for key in known:
            if key.keyid != signature.keyid or key.alg != signature.alg:
                continue
            if key.verifies(signature.value, message):
                signed.add(key)
            else:
                misfit = True
    if len(signed) >= threshold:
        return file.payload
    if misfit:
        raise SignatureInvalid(kind=payload_type)
    raise TooFewSignatures(kind=payload_type, found=len(signed), needed=threshold)
