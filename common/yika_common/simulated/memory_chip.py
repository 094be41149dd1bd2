"""Simulated memory chips, SLE4428 and SLE4442, at the level of their own commands.

Sources: the data sheets of both chips, as far as readers' and drivers' sources repeat them.  Each
command is a control byte, an address and a data byte:

========================  =======  =======  ======================================================
command                   SLE4442  SLE4428  effect
========================  =======  =======  ======================================================
read                      30       0E       bytes from the address on
read protection           34       0C       which bytes are frozen
write                     38       33       one byte, if the code was presented and it isn't frozen
write and protect                  31       the same, then freeze it
protect                   3C       30       freeze a byte that equals the data
read counter and code     31                counter and code; the code as zeros if not presented
write counter             39       32       clears bits; on an SLE4442 sets them all after the code
compare                   33       0D       one byte of the code, only after a bit was cleared
========================  =======  =======  ======================================================

On an SLE4442 the counter has 3 bits and the code 3 bytes, in a memory of their own at 0 to 3; on
an SLE4428 8 bits and 2 bytes, at 1021 to 1023 of the main memory, where a write of ``FF`` to the
counter sets its bits after the right code.  Commands never fail aloud: what
is not allowed has no effect.

Programming a byte takes two phases: all its bits are set (not where they are), then some are
cleared (not if none is).  A byte that reads as it should is left alone.  Power can fail in the
middle of each phase; the byte is then *weak*: each of its bits reads now as in ``FF``, now as in
the value it was leaving or was to take.  A counter's bit is never weak.

Time is counted, not spent: :attr:`MemoryChip.busy_us` grows with the clocks of each command at
50 kHz and 2.5 ms for each phase.
"""

from collections.abc import Callable
from dataclasses import field, replace
from enum import IntEnum
from typing import Protocol

from yika_common.cards.errors import CardAbsent, CardRemoved
from yika_common.readers.port import MemoryKind
from yika_common.values import dataclass

CLOCK_US = 20
COMMAND_CLOCKS = 26
BYTE_CLOCKS = 8
PHASE_US = 2_500
_SET = 0xFF
_CHIP = bytes.fromhex("4604151C")
_APPLICATION_AT = 21
_APPLICATION = bytes.fromhex("D27600000400")


class Do(IntEnum):
    """What a command does, whatever its control byte."""

    READ = 1
    READ_PROTECTION = 2
    WRITE = 3
    WRITE_AND_PROTECT = 4
    PROTECT = 5
    READ_SECURITY = 6
    WRITE_COUNTER = 7
    COMPARE = 8


CONTROLS: dict[MemoryKind, dict[int, Do]] = {
    MemoryKind.SLE4442: {
        0x30: Do.READ,
        0x34: Do.READ_PROTECTION,
        0x38: Do.WRITE,
        0x3C: Do.PROTECT,
        0x31: Do.READ_SECURITY,
        0x39: Do.WRITE_COUNTER,
        0x33: Do.COMPARE,
    },
    MemoryKind.SLE4428: {
        0x0E: Do.READ,
        0x0C: Do.READ_PROTECTION,
        0x33: Do.WRITE,
        0x31: Do.WRITE_AND_PROTECT,
        0x30: Do.PROTECT,
        0x32: Do.WRITE_COUNTER,
        0x0D: Do.COMPARE,
    },
}
"""Control byte to command."""


@dataclass(frozen=True, slots=True)
class ChipContent:
    """Everything a chip keeps without power.

    Attributes:
        kind: of the chip.
        main: all bytes of main memory, without counter and code.
        frozen: offsets of the bytes that never change again.
        weak: offset to the other value that a weak byte shows.
        counter: bits of the error counter that are still set.
        code: the code.
        weak_code: the same as ``weak`` for the bytes of the code.
    """

    kind: MemoryKind
    main: bytes
    counter: int
    code: bytes = field(repr=False)
    frozen: frozenset[int] = frozenset()
    weak: dict[int, int] = field(default_factory=dict)
    weak_code: dict[int, int] = field(default_factory=dict)


class ChipStore(Protocol):
    """Where a chip's memory outlives its power."""

    def load(self) -> ChipContent:
        """The memory as last committed."""
        ...

    def commit(self, content: ChipContent) -> None:
        """Replace the memory."""
        ...


def new_content(kind: MemoryKind) -> ChipContent:
    """The memory of a chip as its maker delivers it."""
    facts = kind.facts
    main = bytearray(b"\xff" * facts.size)
    main[:8] = facts.atr + _CHIP
    main[_APPLICATION_AT : _APPLICATION_AT + len(_APPLICATION)] = _APPLICATION
    frozen = {*range(8), *range(_APPLICATION_AT, _APPLICATION_AT + len(_APPLICATION))}
    return ChipContent(
        kind=kind,
        main=bytes(main),
        counter=(1 << facts.tries) - 1,
        code=b"\xff" * facts.code_size,
        frozen=frozenset(frozen),
    )


class SimulatedChip:
    """One chip: powered by :meth:`power_up`, asked by :meth:`command`.

    Args:
        store: its memory.
        random: one byte for each look at a weak one; its ones choose the bits of the other value.

    Attributes:
        busy_us: microseconds that the chip was busy since it was made.
        phases: programming phases since it was made.
        cut_at: power fails in the middle of the phase of that number, or at its end.
    """

    def __init__(self, store: ChipStore, random: Callable[[int], bytes]) -> None:
        self._store = store
        self._random = random
        self.kind = store.load().kind
        self.busy_us = 0
        self.phases = 0
        self.cut_at: int | None = None
        self.cut_within = False
        self._controls = CONTROLS[self.kind]
        self.power_up()
        self._powered = False

    @property
    def content(self) -> ChipContent:
        """What it keeps without power, as it is now."""
        return self._content

    def power_up(self) -> bytes:
        """Cold reset: rights end; returns the 4 bytes of the answer to reset."""
        self._content = self._store.load()
        self._powered = True
        self._cleared = False
        self._compared = 0
        self._verified = False
        return self._content.main[:4]

    def power_down(self) -> None:
        """The card is taken out, or its power away."""
        self._powered = False

    def cut(self, phase: int, *, within: bool) -> None:
        """Let power fail at a phase counted from now: in its middle, or when it is done."""
        self.cut_at, self.cut_within = self.phases + phase, within

    def command(self, control: int, address: int, data: int = 0, count: int = 1) -> bytes:
        """Carry out a command; reading commands answer ``count`` bytes, others none.

        Raises:
            CardAbsent: the chip has no power.
            CardRemoved: its power failed in the command.
        """
        if not self._powered:
            raise CardAbsent
        self.busy_us += COMMAND_CLOCKS * CLOCK_US
        do = self._controls.get(control)
        match do:
            case Do.READ:
                self.busy_us += count * BYTE_CLOCKS * CLOCK_US
                return self._read(address, count)
            case Do.READ_PROTECTION:
                frozen = self._content.frozen
                return bytes(at in frozen for at in range(address, address + count))
            case Do.READ_SECURITY:
                return (bytes((self._content.counter,)) + self._shown_code())[:count]
            case Do.WRITE | Do.WRITE_AND_PROTECT:
                self._write(address, data)
                if do is Do.WRITE_AND_PROTECT:
                    self._protect(address, data)
            case Do.PROTECT:
                self._protect(address, data)
            case Do.WRITE_COUNTER:
                self._write_security(address, data)
            case Do.COMPARE:
                self._compare(address, data)
        return b""

    def _read(self, address: int, count: int) -> bytes:
        size = self.kind.facts.size
        if not self._content.weak and address + count <= size:
            return self._content.main[address : address + count]
        return bytes(
            self._seen(at) if at < size else self._seen_security(at - size)
            for at in range(address, address + count)
        )

    def _seen(self, at: int) -> int:
        """What a byte of main memory shows now."""
        content = self._content
        return self._of(content.main[at], content.weak.get(at))

    def _seen_code(self, at: int) -> int:
        content = self._content
        return self._of(content.code[at], content.weak_code.get(at))

    def _seen_security(self, at: int) -> int:
        return (bytes((self._content.counter,)) + self._shown_code())[at]

    def _shown_code(self) -> bytes:
        size = self.kind.facts.code_size
        return bytes(self._seen_code(at) for at in range(size)) if self._verified else bytes(size)

    def _of(self, value: int, other: int | None) -> int:
        return value if other is None else value ^ (value ^ other) & self._random(1)[0]

    def _write(self, address: int, data: int) -> None:
        size = self.kind.facts.size
        if address == size:
            if data == _SET:
                self._set_counter()
            return
        if not self._verified:
            return
        if address > size:
            self._program_code(address - size - 1, data)
            return
        if address not in self._content.frozen:
            self._program(
                self._seen(address),
                data,
                lambda value, other: replace(
                    self._content,
                    main=_with(self._content.main, address, value),
                    weak=_weak(self._content.weak, address, other),
                ),
            )

    def _program_code(self, place: int, data: int) -> None:
        self._program(
            self._seen_code(place),
            data,
            lambda value, other: replace(
                self._content,
                code=_with(self._content.code, place, value),
                weak_code=_weak(self._content.weak_code, place, other),
            ),
        )

    def _program(
        self, seen: int, wanted: int, after: Callable[[int, int | None], ChipContent]
    ) -> None:
        """Both phases; ``after`` is the memory with a value there and what else it shows."""
        if seen == wanted:
            return
        if seen != _SET:
            fails = self._phase_begins()
            self._phase_ends(after(seen, _SET) if fails else after(_SET, None))
        if wanted != _SET:
            fails = self._phase_begins()
            self._phase_ends(after(_SET, wanted) if fails else after(wanted, None))

    def _phase_begins(self) -> bool:
        """Whether power fails in its middle."""
        self.phases += 1
        self.busy_us += PHASE_US
        return self.cut_at == self.phases and self.cut_within

    def _phase_ends(self, content: ChipContent) -> None:
        """Keep what it left; power may fail in its middle or now."""
        self._keep(content)
        if self.cut_at == self.phases:
            self.cut_at = None
            self.power_down()
            raise CardRemoved

    def _protect(self, address: int, data: int) -> None:
        if self._verified and address < self.kind.facts.freezable and self._seen(address) == data:
            frozen = self._content.frozen | {address}
            kept = replace(self._content, frozen=frozenset(frozen))
            self._phase_begins()
            self._phase_ends(kept)

    def _write_security(self, address: int, data: int) -> None:
        if self.kind is MemoryKind.SLE4442 and address:
            if self._verified:
                self._program_code(address - 1, data)
            return
        content = self._content
        if data & ~content.counter:
            if self.kind is MemoryKind.SLE4442:
                self._set_counter()
            return
        if data != content.counter:
            left = replace(content, counter=content.counter & data)
            self._phase_begins()
            self._phase_ends(left)
            self._cleared, self._compared = True, 0

    def _set_counter(self) -> None:
        """Set all bits; the code has to have been compared."""
        if self._compared == self.kind.facts.code_size:
            content = self._content
            full = replace(content, counter=(1 << self.kind.facts.tries) - 1)
            self._phase_ends(content if self._phase_begins() else full)
            self._verified = True

    def _compare(self, address: int, data: int) -> None:
        """Bytes are compared in their order; a wrong one ends it until a bit is cleared again."""
        place = (
            address - 1 if self.kind is MemoryKind.SLE4442 else address - self.kind.facts.size - 1
        )
        if self._cleared and place == self._compared and self._seen_code(place) == data:
            self._compared += 1
            return
        self._cleared, self._compared = False, 0

    def _keep(self, content: ChipContent) -> None:
        self._store.commit(content)
        self._content = content


def _with(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes((value,)) + data[at + 1 :]


def _weak(weak: dict[int, int], at: int, other: int | None) -> dict[int, int]:
    if other is None and at not in weak:
        return weak
    left = {place: value for place, value in weak.items() if place != at}
    return left if other is None else {**left, at: other}
