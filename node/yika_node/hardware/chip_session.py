"""A memory chip in a reader that carries its commands: read, write, present the code.

Source: the data sheets of SLE4442 and SLE4428 as Athena's driver speaks them (``MemoryCards.c``),
with its sizes of runs: 29 bytes for reading, 23 for writing.

=====================  ========================  =========================
what                   SLE4442                   SLE4428
=====================  ========================  =========================
read                   30 at 0 to 255            0E at 0 to 1020
write                  38                        33
freeze                 3C                        30
read the counter       31 at 0, 4 bytes          0E at 1021, 1 byte
clear a bit of it      39 at 0                   32 at 1021
compare the code       33 at 1 to 3              0D at 1022, 1023
set the counter        39 at 0, FF               33 at 1021, FF
read the code          31 at 0, 4 bytes          0E at 1021, 3 bytes
change the code        39 at 1 to 3              33 at 1022, 1023
=====================  ========================  =========================
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from yika_common.cards.errors import CardMute
from yika_common.errors import YikaError
from yika_common.readers.port import MemoryKind
from yika_common.values import dataclass

READ_RUN, WRITE_RUN = 29, 23
_FULL = 0xFF


class ChipReader(Protocol):
    """A reader that carries a chip's own commands.

    Every method raises :class:`CardRemoved`, :class:`CardMute` or a :class:`ReaderError`.
    """

    def read_chip(self, control: int, address: int, count: int) -> bytes:
        """Carry out a command that answers bytes."""
        ...

    def write_chip(self, control: int, address: int, data: bytes) -> None:
        """Carry out a command for each byte, at this address and the ones that follow."""
        ...

    def compare(self, control: int, address: int, data: bytes) -> bool:
        """The same, but never twice; False where nobody knows whether the chip got it."""
        ...

    def power_down(self) -> None:
        """Take the card's power away."""
        ...


@dataclass(frozen=True, slots=True)
class _Commands:
    """Control bytes and addresses of one kind of chip."""

    read: int
    write: int
    freeze: int
    read_counter: int
    clear_bit: int
    compare: int
    set_counter: int
    change_code: int
    counter_at: int
    counter_size: int


_COMMANDS = {
    MemoryKind.SLE4442: _Commands(
        read=0x30,
        write=0x38,
        freeze=0x3C,
        read_counter=0x31,
        clear_bit=0x39,
        compare=0x33,
        set_counter=0x39,
        change_code=0x39,
        counter_at=0,
        counter_size=4,
    ),
    MemoryKind.SLE4428: _Commands(
        read=0x0E,
        write=0x33,
        freeze=0x30,
        read_counter=0x0E,
        clear_bit=0x32,
        compare=0x0D,
        set_counter=0x33,
        change_code=0x33,
        counter_at=1021,
        counter_size=1,
    ),
}


class ChipSession:
    """A powered chip; once a command failed, every later one fails the same way.

    Attributes:
        kind: of the chip.
    """

    def __init__(self, reader: ChipReader, kind: MemoryKind) -> None:
        self.kind = kind
        self._reader = reader
        self._do = _COMMANDS[kind]
        self._code_size = kind.facts.code_size
        self._failure: YikaError | None = None

    def read(self, offset: int, size: int) -> bytes:
        """See :class:`yika_common.readers.port.MemoryChip`, as for all that follow."""
        runs = range(offset, offset + size, READ_RUN)
        return b"".join(
            self._read(self._do.read, at, min(READ_RUN, offset + size - at)) for at in runs
        )

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes of main memory."""
        self._write(self._do.write, offset, data)

    def tries(self) -> int:
        """Wrong codes that are left."""
        return self._counter().bit_count()

    def present(self, code: bytes) -> bool:
        """Present the code; a chip without a try left is not asked.

        Raises:
            CardMute: the chip may not have got the code; the try is spent until the right one.
        """
        counter = self._counter()
        if not counter:
            return False
        at = self._do.counter_at
        self._write(self._do.clear_bit, at, bytes([counter & (counter - 1)]))
        with self._carried():
            compared = self._reader.compare(self._do.compare, at + 1, code)
        self._write(self._do.set_counter, at, bytes([_FULL]))
        right = self._counter().bit_count() == self.kind.facts.tries
        if not (right or compared):
            # Not a wrong code, as far as anybody knows; a second try is not ours to spend.
            raise CardMute
        return right

    def change_code(self, offset: int, data: bytes) -> None:
        """Replace bytes of the code."""
        self._write(self._do.change_code, self._do.counter_at + 1 + offset, data)

    def code(self) -> bytes:
        """The code, or zeros."""
        return self._read(self._do.read_counter, self._do.counter_at, 1 + self._code_size)[1:]

    def freeze(self, offset: int, data: bytes) -> None:
        """Freeze these bytes for ever."""
        self._write(self._do.freeze, offset, data)

    def power_down(self) -> None:
        """Take the card's power away.

        Raises:
            ReaderError: the reader failed.
        """
        self._reader.power_down()

    def _counter(self) -> int:
        do = self._do
        counter = self._read(do.read_counter, do.counter_at, do.counter_size)[0]
        return counter & (1 << self.kind.facts.tries) - 1

    def _read(self, control: int, address: int, count: int) -> bytes:
        with self._carried():
            return self._reader.read_chip(control, address, count)

    def _write(self, control: int, address: int, data: bytes) -> None:
        for at in range(0, len(data), WRITE_RUN):
            with self._carried():
                self._reader.write_chip(control, address + at, data[at : at + WRITE_RUN])

    @contextmanager
    def _carried(self) -> Iterator[None]:
        """Remember the first failure."""
        if self._failure is not None:
            raise self._failure
        try:
            yield
        except YikaError as failure:
            self._failure = failure
            raise
