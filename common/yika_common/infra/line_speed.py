"""The speed that a serial line really has: what its driver made of the one that was asked for.

Source: ``struct termios2`` of Linux (``asm-generic/termbits.h``)::

    offset  size  field
    0       16    four words of flags, the third with the speed's name or 1000: none of the named
    16      20    discipline and control characters
    36      4     speed of receiving, bits a second
    40      4     speed of sending, likewise

A chip with a clock that does not divide takes the nearest speed it has, and its driver says so
here.  A pseudo terminal keeps whatever was asked for.
"""

import fcntl
import struct

_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_SETTINGS = struct.Struct("=4I20s2I")
_NAMED, _NOT_NAMED = 0o010017, 0o010000


def line_speed(descriptor: int) -> int:
    """Bits a second of the line behind an open terminal.

    Raises:
        OSError: it is no terminal, or it is gone.
    """
    settings = fcntl.ioctl(descriptor, _TCGETS2, bytes(_SETTINGS.size))
    speed: int = _SETTINGS.unpack(settings)[-1]
    return speed


def set_line_speed(descriptor: int, baud: int) -> None:
    """Have the line run at that speed, or the nearest it has.

    Raises:
        OSError: it is no terminal, or it is gone.
    """
    settings = fcntl.ioctl(descriptor, _TCGETS2, bytes(_SETTINGS.size))
    read, write, line, local, rest, _, _ = _SETTINGS.unpack(settings)
    line = line & ~_NAMED | _NOT_NAMED
    fcntl.ioctl(descriptor, _TCSETS2, _SETTINGS.pack(read, write, line, local, rest, baud, baud))
