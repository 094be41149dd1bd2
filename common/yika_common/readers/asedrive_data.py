"""What the data of the ASEDrive's commands says: families of cards, parameters, chip commands.

Source: Athena's own driver, as for :mod:`yika_common.readers.asedrive`, whose frames carry these.
"""

from enum import IntEnum
from typing import Self

from yika_common.readers.iso7816 import Atr
from yika_common.values import dataclass


class Family(IntEnum):
    """What kind of card a socket is powered for."""

    CPU = 0x00
    CPU_T1 = 0x01
    TWO_WIRE = 0x11
    MEMORY = 0x12
    """For powering up: reads the 4 bytes of a 2-wire or 3-wire chip."""


_DEFAULT_ETU = 372
_DEFAULT_CWT, _DEFAULT_BWT = 0x2585, 0x3A34
_DEFAULT_GUARD = 3
_ETU_DELTA = 150
_CLOCK_4_MHZ = 2
_F = (372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0)
_D = (0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class CardParameters:
    """How the reader talks to the card: the 11 bytes of ``PARAMETERS``.

    ======  ====  ==================================================
    offset  size  field
    ======  ====  ==================================================
    0       1     family: 00 T=0, 01 T=1, 11 2-wire, 12 3-wire
    1       1     extra guard time
    2       3     character waiting time in elementary units
    5       3     block waiting time, likewise
    8       2     clocks in one elementary unit, F/D
    10      1     clock: 0 16 MHz, 1 8 MHz, 2 4 MHz, 3 2 MHz
    ======  ====  ==================================================

    The defaults are those of a card that was just reset.
    """

    family: int = Family.CPU
    guard: int = _DEFAULT_GUARD
    character_wait: int = _DEFAULT_CWT
    block_wait: int = _DEFAULT_BWT
    unit: int = _DEFAULT_ETU
    clock: int = _CLOCK_4_MHZ

    @property
    def data(self) -> bytes:
        """The 11 bytes."""
        return (
            bytes([self.family, self.guard])
            + self.character_wait.to_bytes(3, "big")
            + self.block_wait.to_bytes(3, "big")
            + self.unit.to_bytes(2, "big")
            + bytes([self.clock])
        )

    @classmethod
    def of_t1_card(cls, atr: Atr, speed: int) -> Self:
        """For T=1 at the speed of TA1; Athena's driver adds 150 units to every waiting time."""
        unit = clocks_of(speed) or _DEFAULT_ETU
        waiting = 960 * max(1, (_DEFAULT_ETU + unit // 2) // unit)
        return cls(
            family=Family.CPU_T1,
            guard=atr.extra_guard,
            character_wait=11 + (1 << (atr.waiting & 0x0F)) + _ETU_DELTA,
            block_wait=11 + (1 << (atr.waiting >> 4)) * waiting + _ETU_DELTA,
            unit=unit,
        )


def clocks_of(speed: int) -> int:
    """F/D of TA1, rounded; 0 where the byte names a reserved value."""
    f, d = _F[speed >> 4], _D[speed & 0x0F]
    return (f + d // 2) // d if f and d else 0


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """What the reader says of itself at ``START``; answers vary in length, so all is optional.

    ======  ====  ========================================================
    offset  size  field (integers are little-endian)
    ======  ====  ========================================================
    10      1     volts: bit 0 5 V, bit 1 3 V, bit 2 1.8 V
    12      2     clock in kHz
    14      2     fewest clocks in an elementary unit
    ======  ====  ========================================================
    """

    volts: int = 0x03
    clock_khz: int = 16_000
    unit_min: int = 12

    @property
    def data(self) -> bytes:
        """The 64 bytes after a byte about the line."""
        facts = bytes([self.volts, 0]) + b"".join(
            number.to_bytes(2, "little") for number in (self.clock_khz, self.unit_min)
        )
        return (bytes(10) + facts).ljust(65, b"\0")

    @classmethod
    def from_data(cls, data: bytes) -> Self:
        """Take an answer to ``START`` apart; the usual values where it ends too early."""
        if len(data) < 16:  # noqa: PLR2004 - the end of the table
            return cls()
        return cls(
            volts=data[10],
            clock_khz=int.from_bytes(data[12:14], "little"),
            unit_min=int.from_bytes(data[14:16], "little"),
        )


class ChipMode(IntEnum):
    """Which way a chip's command carries bytes."""

    WRITE = 0
    READ = 1
    READ_PAIRS = 2
    """Two bytes for each address: its value, and whether it can still be written."""


def memory_read(control: int, address: int, count: int) -> bytes:
    """The data of ``MEMORY`` for a chip's command that answers ``count`` bytes.

    ======  ====  =======================================================
    offset  size  field
    ======  ====  =======================================================
    0       1     a :class:`ChipMode`
    1       1     the chip's control byte
    2       2     address
    4       1     n, bytes to read or to write
    5       n     bytes to write, each a command at the next address
    ======  ====  =======================================================
    """
    return bytes([ChipMode.READ, control]) + address.to_bytes(2, "big") + bytes([count])


def memory_write(control: int, address: int, data: bytes) -> bytes:
    """The data of ``MEMORY`` for writing; the table is at :func:`memory_read`."""
    return (
        bytes([ChipMode.WRITE, control]) + address.to_bytes(2, "big") + bytes([len(data)]) + data
    )


@dataclass(frozen=True, slots=True)
class ChipOrder:
    """The data of ``MEMORY``, taken apart.

    Attributes:
        mode: which way the bytes go.
        control: the chip's control byte.
        address: of the first byte.
        count: bytes to read or to write.
        data: bytes to write.
    """

    mode: ChipMode
    control: int
    address: int
    count: int
    data: bytes

    @classmethod
    def from_data(cls, data: bytes) -> Self | None:
        """None where the data is none, or shorter or longer than it says."""
        head, rest = data[:5], data[5:]
        if len(head) < 5 or head[0] not in tuple(ChipMode):  # noqa: PLR2004 - the table
            return None
        if len(rest) != (0 if head[0] else head[4]):
            return None
        return cls(ChipMode(head[0]), head[1], int.from_bytes(head[2:4], "big"), head[4], rest)
