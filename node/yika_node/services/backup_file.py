"""The backup's file: one vending point, sealed to itself.

A random key seals the database; that key is sealed to the vending point's own certified key, whose
private half lies in the vault.  So a backup is written while nobody is signed in, and opened with
an operator's password on any machine, because the vault's file travels along: a password's slot in
it opens it, as at the counter.

==========  ====  ==============================================================================
offset      size  field (integers big-endian)
==========  ====  ==============================================================================
0           8     ``YIKABAK1``
8           4     length of the header
12          h     header, JSON: see :class:`Header`
12 + h      ...   the database, deflated, in pieces of 1 MiB: length (4), sealed piece
==========  ====  ==============================================================================

A piece is sealed with AES-256-GCM under the file's key.  Its nonce is three zero bytes, one byte
that is 1 for the last piece alone, and its number (8 bytes); its ``aad`` is the SHA-256 of magic,
length and header.  So no piece can be changed, left out, moved or taken from another backup, and
none is missing at the end.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path
from typing import IO, Any, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yika_common.infra.entropy import RandomSource
from yika_common.signing.errors import SealBroken
from yika_common.signing.sealing import SealKey, seal
from yika_common.values import dataclass
from yika_node.services.backup_errors import BackupUnreadable, NoBackup

MAGIC: Final = b"YIKABAK1"
PIECE: Final = 1 << 20
KEY_SIZE: Final = 32
_NAME_OF_KEY: Final = b"yika/backup/1\0"
_HEADER_MAX: Final = 1 << 20
_LENGTH_SIZE: Final = 4
_NUMBER_SIZE: Final = 8
_LEVEL: Final = 1
_TAG_SIZE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a backup without opening it.

    Attributes:
        node: whose it is.
        epoch: of its journal.
        seq: the last record in it.
        head: the hash after that record, 64 hexadecimal digits.
        at: when it was made, seconds since 1970 UTC.
        counts: rows of the tables that a person asks for.
        software: which version wrote it.
        key: the file's key, sealed to the node's certified key.
        files: the small files beside the database, by name.
    """

    node: str
    epoch: int
    seq: int
    head: str
    at: int
    counts: Mapping[str, int]
    software: str
    key: bytes
    files: Mapping[str, bytes] = field(repr=False)

    def to_bytes(self) -> bytes:
        """The header as it stands in the file."""
        held = {
            "node": self.node,
            "epoch": self.epoch,
            "seq": self.seq,
            "head": self.head,
            "at": self.at,
            "counts": dict(self.counts),
            "software": self.software,
            "key": _text(self.key),
            "files": {name: _text(data) for name, data in self.files.items()},
        }
        return json.dumps(held, ensure_ascii=True, sort_keys=True).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The header in the bytes.

        Raises:
            ValueError, KeyError, TypeError: they hold none.
        """
        held: dict[str, Any] = json.loads(data)
        return cls(
            node=str(held["node"]),
            epoch=int(held["epoch"]),
            seq=int(held["seq"]),
            head=str(held["head"]),
            at=int(held["at"]),
            counts={str(name): int(count) for name, count in held["counts"].items()},
            software=str(held["software"]),
            key=base64.b64decode(held["key"], validate=True),
            files={
                str(name): base64.b64decode(text, validate=True)
                for name, text in held["files"].items()
            },
        )


def new_key(random: RandomSource, node: str, receiver: bytes) -> tuple[bytes, bytes]:
    """A key for one file, and the same sealed to the node's 32-byte public key."""
    key = random(KEY_SIZE)
    return key, seal(key, receiver, _purpose(node))


def opened_key(header: Header, own: SealKey) -> bytes:
    """The file's key.

    Raises:
        SealBroken: the backup was sealed to another key.
    """
    return own.open(header.key, _purpose(header.node))


def write(source: IO[bytes], target: IO[bytes], header: Header, key: bytes) -> None:
    """Seal everything from ``source`` into ``target``; flushing it is the caller's."""
    head = header.to_bytes()
    start = MAGIC + len(head).to_bytes(_LENGTH_SIZE, "big") + head
    target.write(start)
    cipher, aad = AESGCM(key), hashlib.sha256(start).digest()
    waiting = b""
    for number, piece in enumerate(_pieces(_deflated(source))):
        if number:
            _put(target, cipher.encrypt(_nonce(number - 1, last=False), waiting, aad))
        waiting, last = piece, number
    _put(target, cipher.encrypt(_nonce(last, last=True), waiting, aad))


def read_header(path: Path) -> Header:
    """What the file says of itself; nothing of it is proved before it was opened.

    Raises:
        NoBackup: it is none, or can't be read.
    """
    try:
        with path.open("rb") as file:
            return _header(file)[0]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
        raise NoBackup(file=path.name) from cause


def read(path: Path, key: bytes, target: IO[bytes]) -> None:
    """Write what was sealed to ``target``.

    Raises:
        NoBackup: the file is none.
        BackupUnreadable: another key, or anything in it was changed or is missing.
    """
    _ = read_header(path)
    try:
        with path.open("rb") as file:
            for data in _opened(file, key):
                target.write(data)
    except (InvalidTag, SealBroken, zlib.error) as cause:
        raise BackupUnreadable(file=path.name) from cause


def _opened(file: IO[bytes], key: bytes) -> Iterator[bytes]:
    _, start = _header(file)
    cipher, aad = AESGCM(key), hashlib.sha256(start).digest()
    inflating = zlib.decompressobj()
    sealed, number = _take(file), 0
    while True:
        following = _take(file)
        nonce = _nonce(number, last=not following)
        yield inflating.decompress(cipher.decrypt(nonce, sealed, aad))
        if not following:
            break
        sealed, number = following, number + 1
    yield inflating.flush()
    if not inflating.eof:
        raise SealBroken


def _header(file: IO[bytes]) -> tuple[Header, bytes]:
    start = file.read(len(MAGIC) + _LENGTH_SIZE)
    size = int.from_bytes(start[len(MAGIC) :], "big")
    if not start.startswith(MAGIC) or size > _HEADER_MAX:
        raise ValueError("no backup")
    head = file.read(size)
    return Header.from_bytes(head), start + head


def _deflated(source: IO[bytes]) -> Iterator[bytes]:
    deflating = zlib.compressobj(_LEVEL)
    while data := source.read(PIECE):
        yield deflating.compress(data)
    yield deflating.flush()


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of one size; the last may be shorter, and there is at least one."""
    waiting = bytearray()
    for part in parts:
        waiting += part
        while len(waiting) > PIECE:
            yield bytes(waiting[:PIECE])
            del waiting[:PIECE]
    yield bytes(waiting)


def _put(target: IO[bytes], sealed: bytes) -> None:
    target.write(len(sealed).to_bytes(_LENGTH_SIZE, "big") + sealed)


def _take(file: IO[bytes]) -> bytes:
    """The next sealed piece; empty at the end.

    Raises:
        SealBroken: it is cut short.
    """
    length = file.read(_LENGTH_SIZE)
    if not length:
        return b""
    size = int.from_bytes(length, "big")
    if len(length) != _LENGTH_SIZE or not _TAG_SIZE < size <= PIECE + _TAG_SIZE:
        raise SealBroken
    sealed = file.read(size)
    if len(sealed) != size:
        raise SealBroken
    return sealed


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(3) + bytes([last]) + number.to_bytes(_NUMBER_SIZE, "big")


def _purpose(node: str) -> bytes:
    return _NAME_OF_KEY + node.encode()


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
