"""IEEE 1284: a parallel port's registers, and the handshakes that carry bytes over them.

Source: IEEE 1284-1994 as the Linux kernel's ``ieee1284_ops.c`` and libieee1284 0.2.11 carry it
out; checked by running that library against our simulated peripheral.

Registers of the port, as ``/dev/parport`` shows them (a set bit, and the pin's level then)::

    data       8 bits; the host's, or the peripheral's while the port is turned to reverse
    status     80 Busy low    40 nAck high    20 PError high    10 Select high    08 nFault high
    control    01 nStrobe low 02 nAutoFd low  04 nInit high     08 nSelectIn low  20 reverse

Events, numbered as in the standard; H what the host does, P what the peripheral does.

====================  ==  ======================================================================
forward (mode         H   waits for Busy low, data, nStrobe low for at least 0.5 us, high
compatibility)        P   Busy high with nStrobe low; a pulse on nAck; Busy low
negotiation        0  H   the mode on the data lines
                   1  H   nSelectIn high, nAutoFd low
                   2  P   PError, Select, nFault high, nAck low
                   3  H   nStrobe low
                   4  H   nStrobe, nAutoFd high
                   5  P   Select high: mode taken (nibble: low); nFault, PError low: data waits
                   6  P   nAck high
half byte (nibble  7  H   nAutoFd low
mode), twice,      8  P   nFault, Select, PError, Busy = bits 0 to 3
the low half       9  P   nAck low
first             10  H   nAutoFd high
                  13  P   after the second half: nFault, PError low where more data waits
                  11  P   nAck high
whole byte        14  H   the port turned to reverse, before the first byte
(byte mode)        7  H   nAutoFd low
                   8  P   the byte on the data lines
                   9  P   nAck low
                  10  H   nAutoFd high
                  13  P   nFault, PError low where more data waits
                  11  P   nAck high
                  16  H   nStrobe low
                  17  H   nStrobe high
end               22  H   nSelectIn low, nAutoFd high
                  23  P   Busy, nFault high, Select the other way round
                  24  P   nAck low
                  25  H   nAutoFd low
                  26  P   PError low, Select high
                  27  P   nAck high
                  28  H   nAutoFd high; the port turned to forward
====================  ==  ======================================================================

A peripheral answers within 35 ms.  The device id begins with its own length in two bytes, the
high one first.
"""

from enum import IntEnum
from typing import Final

PERIPHERAL_ANSWERS_S: Final = 0.035


class Mode(IntEnum):
    """What a host may ask for at event 0."""

    NIBBLE = 0x00
    BYTE = 0x01
    NIBBLE_ID = 0x04
    BYTE_ID = 0x05

    @property
    def is_byte(self) -> bool:
        """Whether whole bytes come back."""
        return self in (Mode.BYTE, Mode.BYTE_ID)


class Status(IntEnum):
    """Bits of the status register."""

    FAULT_HIGH = 0x08
    SELECT_HIGH = 0x10
    PERROR_HIGH = 0x20
    ACK_HIGH = 0x40
    BUSY_LOW = 0x80


STATUS_MASK: Final = 0xF8
UNCONNECTED: Final = Status.FAULT_HIGH | Status.SELECT_HIGH | Status.PERROR_HIGH | Status.ACK_HIGH
"""What a port reads that nothing is connected to: every pin high."""


class Control(IntEnum):
    """Bits of the control register."""

    STROBE_LOW = 0x01
    AUTOFD_LOW = 0x02
    INIT_HIGH = 0x04
    SELECT_IN_LOW = 0x08
    REVERSE = 0x20


IDLE: Final = Control.INIT_HIGH | Control.SELECT_IN_LOW
"""The control register in compatibility mode while nothing happens."""
CONTROL_MASK: Final = 0x0F

_NIBBLE_PINS: Final = (
    Status.FAULT_HIGH,
    Status.SELECT_HIGH,
    Status.PERROR_HIGH,
    Status.BUSY_LOW,
)
_BUSY_BIT: Final = 0x08


def nibble_status(nibble: int) -> int:
    """The status bits, without nAck, that carry a half byte; Busy is shown upside down."""
    nibble ^= _BUSY_BIT
    return sum(pin for place, pin in enumerate(_NIBBLE_PINS) if nibble >> place & 1)


def nibble_in(status: int) -> int:
    """The half byte that a status register carries."""
    found = sum(1 << place for place, pin in enumerate(_NIBBLE_PINS) if status & pin)
    return found ^ _BUSY_BIT
