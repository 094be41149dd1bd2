"""IEEE 1284 from the host's side: forward by whole bytes, back by whole or half bytes.

Source: the events of :mod:`yika_common.readers.ieee1284`, whose numbers stand in the comments.
Every wait is bounded, and so is every call.  A line counts as settled when two readings agree, so
that a spike on a long cable is not taken for an answer.  The least times of the standard, 0.5 us,
are shorter than any access to a register through the system.
"""

import time
from collections.abc import Callable
from typing import Final

from yika_common.readers.ieee1284 import (
    CONTROL_MASK,
    IDLE,
    PERIPHERAL_ANSWERS_S,
    Control,
    Mode,
    Status,
    nibble_in,
)
from yika_node.hardware.parallel_registers import Registers

STEP_LIMIT_S: Final = 0.1
"""As libieee1284 allows; three times what the standard does."""
SEND_LIMIT_S: Final = 2.0
RECEIVE_LIMIT_S: Final = 0.5
"""What is left then waits for the next call."""
BUSY: Final = "busy"
NOBODY: Final = "2"
"""The steps at which a port stops that nothing is connected to."""
IDENTITY_MAX: Final = 1024
_AT_ONCE: Final = 50
_PAUSE_S: Final = 0.001
_ID_LENGTH_SIZE: Final = 2


class Stopped(Exception):
    """The device did not do its next step in time; the lines are idle again."""

    def __init__(self, step: str) -> None:
        self.step = step
        super().__init__(step)


class Handshake:
    """The host's side of one port; not for several threads at a time.

    Between calls the port is in compatibility mode, whatever happened.

    Args:
        registers: of the port.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(self, registers: Registers, monotonic: Callable[[], float]) -> None:
        self._registers = registers
        self._monotonic = monotonic

    def restore(self) -> None:
        """End whatever an earlier program left the device in."""
        self._end(PERIPHERAL_ANSWERS_S)

    def can_receive_bytes(self) -> bool:
        """Whether this port can stop driving its data lines; then it can't read back its own."""
        self._registers.turn(reverse=True)
        echoes = []
        for pattern in (0x55, 0xAA):
            self._registers.set_data(pattern)
            echoes.append(self._registers.data() == pattern)
        self._registers.turn(reverse=False)
        return not all(echoes)

    def takes(self, mode: Mode) -> bool:
        """Whether the device takes that mode.

        Raises:
            Stopped: it did not answer.
        """
        taken = self._negotiate(mode)
        self._terminate()
        return taken

    def send(self, data: bytes) -> None:
        """Send bytes forward.

        Raises:
            Stopped: the device stays busy; so too where it took some of them, slowly.
        """
        registers = self._registers
        until = self._monotonic() + SEND_LIMIT_S
        for byte in data:
            self._wait(BUSY, Status.BUSY_LOW, Status.BUSY_LOW, until - self._monotonic())
            registers.set_data(byte)
            registers.control(Control.STROBE_LOW, Control.STROBE_LOW)
            registers.control(Control.STROBE_LOW, 0)

    def receive(self, mode: Mode, most: int) -> bytes:
        """What waits in the device, at most so many bytes; empty where nothing does.

        Raises:
            Stopped: the device stopped on the way, or takes the mode no more.
        """
        if not self._negotiate(mode):
            self._terminate()
            raise Stopped("5")
        take = self._whole_byte if mode.is_byte else self._two_halves
        if mode.is_byte:
            self._registers.turn(reverse=True)  # 14
        found, until = bytearray(), self._monotonic() + RECEIVE_LIMIT_S
        while len(found) < most and not self._status_now() & Status.FAULT_HIGH:
            found.append(take())
            if self._monotonic() >= until:
                break
        self._terminate()
        return bytes(found)

    def identity(self) -> str:
        """The device id; empty where the device has none.

        Raises:
            Stopped: the device stopped on the way.
        """
        if not self.takes(Mode.NIBBLE_ID):
            return ""
        found = self.receive(Mode.NIBBLE_ID, IDENTITY_MAX)
        length = int.from_bytes(found[:_ID_LENGTH_SIZE], "big")
        return found[_ID_LENGTH_SIZE:length].decode("ascii", "replace")

    def _negotiate(self, mode: Mode) -> bool:
        """Ask for a mode; whether the device takes it. Either way it must be terminated."""
        registers = self._registers
        registers.turn(reverse=False)
        registers.set_data(mode)  # 0
        self._host(Control.SELECT_IN_LOW | Control.AUTOFD_LOW, Control.AUTOFD_LOW)  # 1
        up = Status.PERROR_HIGH | Status.SELECT_HIGH | Status.FAULT_HIGH
        self._wait(NOBODY, up | Status.ACK_HIGH, up)
        self._host(Control.STROBE_LOW, Control.STROBE_LOW)  # 3
        self._host(Control.STROBE_LOW | Control.AUTOFD_LOW, 0)  # 4
        answer = self._wait("6", Status.ACK_HIGH, Status.ACK_HIGH)
        return bool(answer & Status.SELECT_HIGH) == (mode is not Mode.NIBBLE)

    def _two_halves(self) -> int:
        low = self._half_byte()
        return low | self._half_byte() << 4

    def _half_byte(self) -> int:
        self._host(Control.AUTOFD_LOW, Control.AUTOFD_LOW)  # 7
        half = nibble_in(self._wait("9", Status.ACK_HIGH, 0))
        self._host(Control.AUTOFD_LOW, 0)  # 10
        self._wait("11", Status.ACK_HIGH, Status.ACK_HIGH)
        return half

    def _whole_byte(self) -> int:
        self._host(Control.AUTOFD_LOW, Control.AUTOFD_LOW)  # 7
        self._wait("9", Status.ACK_HIGH, 0)
        byte = self._registers.data()
        self._host(Control.AUTOFD_LOW, 0)  # 10
        self._wait("11", Status.ACK_HIGH, Status.ACK_HIGH)
        self._host(Control.STROBE_LOW, Control.STROBE_LOW)  # 16
        self._host(Control.STROBE_LOW, 0)  # 17
        return byte

    def _terminate(self) -> None:
        if not self._end(STEP_LIMIT_S):
            raise Stopped("24")

    def _end(self, limit_s: float) -> bool:
        """Go back to compatibility mode; whether the device came along."""
        self._rest()  # 22
        try:
            self._wait("24", Status.ACK_HIGH, 0, limit_s)
        except Stopped:
            return False
        self._host(Control.AUTOFD_LOW, Control.AUTOFD_LOW)  # 25
        self._wait("27", Status.ACK_HIGH, Status.ACK_HIGH)
        self._host(Control.AUTOFD_LOW, 0)  # 28
        self._registers.turn(reverse=False)
        return True

    def _rest(self) -> None:
        """The host's lines as in compatibility mode, at once."""
        self._registers.control(CONTROL_MASK, IDLE)

    def _host(self, mask: int, value: int) -> None:
        self._registers.control(mask, value)

    def _status_now(self) -> int:
        """The status register, when two readings agree or patience ends."""
        last = self._registers.status()
        for _ in range(_AT_ONCE):
            fresh = self._registers.status()
            if fresh == last:
                break
            last = fresh
        return last

    def _wait(self, step: str, mask: int, value: int, limit_s: float = STEP_LIMIT_S) -> int:
        """The status register, when its bits have that value twice in a row.

        Raises:
            Stopped: they did not get it in time; the lines are idle, the port is turned forward.
        """
        until = self._monotonic() + limit_s
        last, tried = -1, 0
        while True:
            fresh = self._registers.status()
            if fresh == last and fresh & mask == value:
                return fresh
            last, tried = fresh, tried + 1
            if tried <= _AT_ONCE:
                continue
            if self._monotonic() >= until:
                self._rest()
                self._registers.turn(reverse=False)
                raise Stopped(step)
            time.sleep(_PAUSE_S)
