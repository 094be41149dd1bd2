r"""Transport coding: fewer bytes on the line, the very same bytes back.

What is signed and stored are the plain lines; this coding lives only between two ends of a
transfer.  The first byte says how the rest unfolds:

====  ===================================================================
byte  rest
====  ===================================================================
0     the bytes themselves
1     raw deflate of the bytes
2     columns, the told part in raw deflate, begun with the preset text
3     columns, the told part in raw LZMA
====  ===================================================================

Columns (:mod:`yika_common.journal.columnar`) are two parts: a 4-byte length (big-endian) of the
packed told part, the packed told part, and the bytes kept beside it.  The encoder unfolds what it
made before it gives it away, so a fault in it costs bytes, never records.
"""

import lzma
import zlib
from typing import Final

from yika_common.errors import Phrase
from yika_common.journal.columnar import NotColumnar, from_columns, to_columns
from yika_common.journal.errors import TransportMalformed, TransportTooLarge
from yika_common.journal.preset import PRESET
from yika_common.signing.signed_file import PAYLOAD_MAX

_PLAIN: Final = 0
_DEFLATED: Final = 1
_COLUMNS_DEFLATED: Final = 2
_COLUMNS_LZMA: Final = 3

_LENGTH_SIZE = 4
_COLUMNS_MAX = 4 << 20
"""Longer data, in bytes, is only deflated: nothing of ours that is so long is made of records."""

_WINDOW_MIN, _WINDOW_MAX = 1 << 12, 1 << 20
"""Bytes that LZMA looks back: packing takes a dozen times as much memory, unpacking as much."""


def encode_transport(data: bytes) -> bytes:
    """The shortest coding of the bytes; :func:`decode_transport` gives exactly them back."""
    candidates = [bytes([_PLAIN]) + data, bytes([_DEFLATED]) + _deflate(data, b"")]
    if len(data) <= _COLUMNS_MAX:
        candidates += _in_columns(data)
    return min(candidates, key=len)


def _in_columns(data: bytes) -> list[bytes]:
    try:
        told, beside = to_columns(data)
        if from_columns(told, beside, limit=len(data)) != data:
            return []
    except (NotColumnar, TransportMalformed, TransportTooLarge):
        return []
    return [
        bytes([_COLUMNS_DEFLATED]) + _framed(_deflate(told, PRESET), beside),
        bytes([_COLUMNS_LZMA]) + _framed(_pack_lzma(told), beside),
    ]


def _framed(packed: bytes, beside: bytes) -> bytes:
    return len(packed).to_bytes(_LENGTH_SIZE, "big") + packed + beside


def decode_transport(data: bytes, *, limit: int = PAYLOAD_MAX) -> bytes:
    """The bytes that were coded, ``limit`` at most.

    Raises:
        TransportMalformed: it is no coding of ours.
        TransportTooLarge: it would unfold to more than the limit; it was not unfolded further.
    """
    mode, rest = data[:1], data[1:]
    if mode == bytes([_PLAIN]):
        plain = rest
    elif mode == bytes([_DEFLATED]):
        plain = _inflate(rest, b"", limit)
    elif mode in (bytes([_COLUMNS_DEFLATED]), bytes([_COLUMNS_LZMA])):
        plain = _out_of_columns(mode[0], rest, limit)
    else:
        raise TransportMalformed(why=Phrase("its coding is unknown"))
    if len(plain) > limit:
        raise TransportTooLarge(limit=limit)
    return plain


def _out_of_columns(mode: int, rest: bytes, limit: int) -> bytes:
    end = _LENGTH_SIZE + int.from_bytes(rest[:_LENGTH_SIZE], "big")
    packed, beside = rest[_LENGTH_SIZE:end], rest[end:]
    # What is told may be somewhat longer than the lines when they are few or odd.
    told_limit = 2 * limit + (64 << 10)
    if mode == _COLUMNS_DEFLATED:
        told = _inflate(packed, PRESET, told_limit)
    else:
        told = _unpack_lzma(packed, told_limit)
    return from_columns(told, beside, limit=limit)


def _deflate(data: bytes, preset: bytes) -> bytes:
    packer = zlib.compressobj(
        9, zlib.DEFLATED, -zlib.MAX_WBITS, 9, zlib.Z_DEFAULT_STRATEGY, preset
    )
    return packer.compress(data) + packer.flush()


def _inflate(data: bytes, preset: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS, preset)
    try:
        plain = unpacker.decompress(data, limit + 1)
    except zlib.error as cause:
        raise TransportMalformed(why=Phrase("it cannot be unfolded")) from cause
    if len(plain) > limit:
        raise TransportTooLarge(limit=limit)
    if not unpacker.eof or unpacker.unused_data:
        raise TransportMalformed(why=Phrase("it is not complete"))
    return plain


def _pack_lzma(data: bytes) -> bytes:
    window = min(max(len(data), _WINDOW_MIN), _WINDOW_MAX)
    return lzma.compress(data, lzma.FORMAT_RAW, filters=_lzma_filters(window))


def _unpack_lzma(data: bytes, limit: int) -> bytes:
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=_lzma_filters(_WINDOW_MAX))
    try:
        plain = unpacker.decompress(data, limit + 1)
    except lzma.LZMAError as cause:
        raise TransportMalformed(why=Phrase("it cannot be unfolded")) from cause
    if len(plain) > limit:
        raise TransportTooLarge(limit=limit)
    if not unpacker.eof or unpacker.unused_data:
        raise TransportMalformed(why=Phrase("it is not complete"))
    return plain


def _lzma_filters(window: int) -> list[dict[str, int]]:
    return [{"id": lzma.FILTER_LZMA1, "dict_size": window, "lc": 3, "lp": 0, "pb": 0}]
