"""The speed that a serial line really has: what its driver made of the one that was asked for.

Source: ``struct termios2`` of Linux (``asm-generic/termbits.h``)::

    offset  size  field
    0       16    four words of flags
    16      20    discipline and control characters
    36      4     speed of receiving, bits a second
    40      4     speed of sending, likewise

A chip with a clock that does not divide takes the nearest speed it has, and its driver says so
here.  A pseudo terminal keeps whatever was asked for.
"""

import fcntl
import struct

_TCGETS2 = 0x802C542A
_SIZE, _SENDING_AT = 44, 40


def line_speed(descriptor: int) -> int:
    """Bits a second of the line behind an open terminal.

    Raises:
        OSError: it is no terminal, or it is gone.
    """
    settings = fcntl.ioctl(descriptor, _TCGETS2, bytes(_SIZE))
    (speed,) = struct.unpack_from("=I", settings, _SENDING_AT)
    return int(speed)
