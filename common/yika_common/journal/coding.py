r"""Transport coding: fewer bytes on the line, the very same bytes back.

What is signed and stored are the plain lines; this coding lives only between two ends of a
transfer.  The first byte says how the rest unfolds:

====  =======================================================
byte  rest
====  =======================================================
0     the bytes themselves
1     raw deflate of the bytes
====  =======================================================
"""

import zlib

from yika_common.journal.errors import TransportMalformed, TransportTooLarge

_PLAIN = b"\0"
_DEFLATED = b"\1"


def encode_transport(data: bytes) -> bytes:
    """The shortest coding of the bytes; :func:`decode_transport` gives exactly them back."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return min(_PLAIN + data, _DEFLATED + packer.compress(data) + packer.flush(), key=len)


def decode_transport(data: bytes, *, limit: int) -> bytes:
    """The bytes that were coded, ``limit`` at most.

    Raises:
        TransportMalformed: it is no coding of ours.
        TransportTooLarge: it would unfold to more than the limit; it was not unfolded further.
    """
    if data[:1] == _PLAIN:
        plain = data[1:]
    elif data[:1] == _DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            plain = unpacker.decompress(data[1:], limit + 1)
        except zlib.error as cause:
            raise TransportMalformed(why="it cannot be unfolded") from cause
        if len(plain) <= limit and (not unpacker.eof or unpacker.unused_data):
            raise TransportMalformed(why="it is not complete")
    else:
        raise TransportMalformed(why="its coding is unknown")
    if len(plain) > limit:
        raise TransportTooLarge(limit=limit)
    return plain
