"""A simulated memory chip as a reader's driver shows it: the port, over the chip's commands."""

from types import TracebackType
from typing import Self

from yika_common.readers.port import MemoryKind
from yika_common.simulated.memory_chip import CONTROLS, Do, SimulatedChip

_SET = 0xFF


class MemoryContact:
    """A :class:`yika_common.readers.port.MemoryConnection` with a chip in memory.

    Attributes:
        kind: of the chip.
    """

    def __init__(self, chip: SimulatedChip) -> None:
        self.kind = chip.kind
        self._chip = chip
        self._control = {do: control for control, do in CONTROLS[chip.kind].items()}
        chip.power_up()

    def read(self, offset: int, size: int) -> bytes:
        """See the port."""
        return self._do(Do.READ, offset, count=size)

    def write(self, offset: int, data: bytes) -> None:
        """See the port."""
        for at, byte in enumerate(data, start=offset):
            self._do(Do.WRITE, at, byte)

    def tries(self) -> int:
        """See the port."""
        return self._counter().bit_count()

    def present(self, code: bytes) -> bool:
        """See the port."""
        counter = self._counter()
        if not counter:
            return False
        self._do(Do.WRITE_COUNTER, self._counter_at, counter & counter - 1)
        for place, byte in enumerate(code):
            self._do(Do.COMPARE, self._code_at + place, byte)
        full = (1 << self.kind.facts.tries) - 1
        self._do(Do.WRITE_COUNTER if self._separate else Do.WRITE, self._counter_at, _SET)
        return self._counter() == full

    def change_code(self, offset: int, data: bytes) -> None:
        """See the port."""
        do = Do.WRITE_COUNTER if self._separate else Do.WRITE
        for place, byte in enumerate(data, start=self._code_at + offset):
            self._do(do, place, byte)

    def code(self) -> bytes:
        """See the port."""
        return self._security()[1:]

    def freeze(self, offset: int, data: bytes) -> None:
        """See the port."""
        for at, byte in enumerate(data, start=offset):
            self._do(Do.PROTECT, at, byte)

    def disconnect(self) -> None:
        """See the port."""
        self._chip.power_down()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()

    @property
    def _separate(self) -> bool:
        """Counter and code have a memory of their own."""
        return self.kind is MemoryKind.SLE4442

    @property
    def _counter_at(self) -> int:
        return 0 if self._separate else self.kind.facts.size

    @property
    def _code_at(self) -> int:
        return self._counter_at + 1

    def _counter(self) -> int:
        return self._security()[0]

    def _security(self) -> bytes:
        do = Do.READ_SECURITY if self._separate else Do.READ
        return self._do(do, self._counter_at, count=1 + self.kind.facts.code_size)

    def _do(self, do: Do, address: int, data: int = 0, count: int = 1) -> bytes:
        return self._chip.command(self._control[do], address, data, count)
