"""A device on a parallel port, register by register: the peripheral's side of IEEE 1284.

Source: the events of :mod:`yika_common.readers.ieee1284`.  The lines move one step each time the
host reads a register, so a host that does not wait sees the lines as they were.  Busy alone rises
with nStrobe itself, as the latch in real devices makes it.

What the host does out of turn is kept as a violation; a mode that it leaves in the middle of a
byte counts as an abort, after which the lines are idle at once and the byte is sent again.
"""

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum, auto

from yika_common.readers.ieee1284 import IDLE, STATUS_MASK, Control, Mode, Status, nibble_status
from yika_common.values import dataclass

FORWARD_ACK, FORWARD_BUSY = "ack", "busy"
"""What the peripheral does after a byte came forward, which the standard does not number."""
_DATA_WAITS = Status.FAULT_HIGH | Status.PERROR_HIGH
_AT_REST = Status.BUSY_LOW | Status.ACK_HIGH | Status.SELECT_HIGH | Status.FAULT_HIGH
_FLOATING = 0xFF
_QUEUE_MAX = 1 << 16


@dataclass(frozen=True, slots=True)
class _Step:
    """Lines that move together; the event is empty where another step completes it."""

    event: str
    raised: int = 0
    lowered: int = 0


class _Phase(Enum):
    IDLE = auto()
    FORWARD = auto()
    ASKED = auto()
    STROBED = auto()
    REFUSED = auto()
    REVERSE = auto()
    GIVING = auto()
    GIVEN = auto()
    LATCHED = auto()
    WAITING = auto()
    LEAVING = auto()
    LEFT = auto()


_MAY_LEAVE = frozenset({_Phase.REVERSE, _Phase.REFUSED, _Phase.WAITING, _Phase.GIVEN})


def _unheard(event: str) -> None:
    """Where nobody listens."""


class Peripheral:
    """A device that takes and sends bytes; not for several threads at a time.

    Args:
        received: given every byte that came forward.
        identity: the device id, without its length.
        modes: the modes that it takes; every other is refused.
        on_event: told of each event, of either side, in order.

    Attributes:
        violations: what the host did out of turn.
        aborts: how often the host left a mode in the middle of a byte or a handshake.
        stops_at: the event at which the device stops for good; None: it works.
    """

    def __init__(
        self,
        received: Callable[[bytes], None],
        *,
        identity: bytes = b"",
        modes: Iterable[Mode] = tuple(Mode),
        on_event: Callable[[str], None] = _unheard,
    ) -> None:
        self.violations: list[str] = []
        self.aborts = 0
        self.stops_at: str | None = None
        self._received = received
        self._identity = (len(identity) + 2).to_bytes(2, "big") + identity
        self._modes = frozenset(modes)
        self._tell = on_event
        self._outgoing: deque[int] = deque(maxlen=_QUEUE_MAX)
        self._answers: deque[int] = self._outgoing
        self._mode = Mode.NIBBLE
        self._data = 0
        self._control: int = IDLE
        self._steps: deque[_Step] = deque()
        self._phase = _Phase.IDLE
        self._status: int = _AT_REST
        self._half_given = False
        self._driven: int | None = None
        self._stopped = False
        self._turns: dict[_Phase, Callable[[int, int], None]] = {
            _Phase.IDLE: self._at_rest,
            _Phase.FORWARD: self._taking,
            _Phase.ASKED: self._asked,
            _Phase.STROBED: self._strobed,
            _Phase.REVERSE: self._reverse,
            _Phase.GIVING: self._giving,
            _Phase.GIVEN: self._given,
            _Phase.LATCHED: self._latched,
            _Phase.WAITING: self._waiting,
            _Phase.LEAVING: self._leaving,
            _Phase.LEFT: self._left,
        }

    def send(self, data: bytes) -> None:
        """Have bytes wait for the host; the oldest are lost where it never asks for them."""
        self._outgoing.extend(data)
        if self._phase is _Phase.WAITING and self._answers is self._outgoing:
            self._soon(_Step("18", lowered=_DATA_WAITS), _Step("19", lowered=Status.ACK_HIGH))

    def read_status(self) -> int:
        """The status register; then the lines move."""
        status = self._status
        self._move()
        return status & STATUS_MASK

    def read_data(self) -> int:
        """The data register, or what the device drives; then the lines move."""
        reverse = self._control & Control.REVERSE
        driven = _FLOATING if self._driven is None else self._driven
        self._move()
        return driven if reverse else self._data

    def read_control(self) -> int:
        """The control register, as the host wrote it."""
        return self._control

    def write_data(self, value: int) -> None:
        """The host sets the data lines."""
        if self._phase is _Phase.FORWARD:
            self.violations.append("data changed while nStrobe is low")
        self._data = value

    def write_control(self, value: int) -> None:
        """The host moves its lines."""
        before, self._control = self._control, value
        if self._stopped:
            return
        if not value & Control.REVERSE and self._driven is not None:
            self.violations.append("both sides drive the data lines")
        if not value & Control.INIT_HIGH:
            self._rest()
        elif value & ~before & Control.SELECT_IN_LOW:
            self._leave()
        elif self._phase in self._turns:
            self._turns[self._phase](before, value)

    def _move(self) -> None:
        """The next step becomes visible."""
        if not self._steps or self._stopped:
            return
        if self._steps[0].event == self.stops_at and self.stops_at:
            self._stopped = True
            return
        step = self._steps.popleft()
        self._status = (self._status & ~step.lowered) | step.raised
        if step.event == "8" and self._mode.is_byte:
            self._driven = self._answers[0]
        if step.event:
            self._tell(step.event)

    def _soon(self, *steps: _Step) -> None:
        self._steps.extend(steps)

    def _host(self, event: str, phase: _Phase) -> None:
        """The host's event, which comes only when all our steps are visible."""
        if self._steps:
            self.violations.append(f"event {event} before {self._steps[-1].event}")
            while self._steps and not self._stopped:
                self._move()
        self._tell(event)
        self._phase = phase

    def _rest(self) -> None:
        """Everything as after power came."""
        self._steps.clear()
        self._phase = _Phase.IDLE
        self._status = _AT_REST
        self._half_given = False
        self._driven = None

    def _at_rest(self, before: int, now: int) -> None:
        if not now & Control.SELECT_IN_LOW:
            if now & Control.AUTOFD_LOW:
                self._steps.clear()  # a host may ask while the device is busy
                self._host("1", _Phase.ASKED)
                self._soon(
                    _Step("", raised=_DATA_WAITS | Status.SELECT_HIGH),
                    _Step("2", lowered=Status.ACK_HIGH),
                )
        elif now & ~before & Control.STROBE_LOW:
            if not self._status & Status.BUSY_LOW:
                self.violations.append("nStrobe while Busy is high")
            self._phase = _Phase.FORWARD
            self._status &= ~Status.BUSY_LOW

    def _taking(self, before: int, now: int) -> None:
        if now & Control.STROBE_LOW:
            return
        self._phase = _Phase.IDLE
        self._soon(
            _Step(FORWARD_ACK, lowered=Status.ACK_HIGH),
            _Step("", raised=Status.ACK_HIGH),
            _Step(FORWARD_BUSY, raised=Status.BUSY_LOW),
        )
        self._received(bytes([self._data]))

    def _asked(self, before: int, now: int) -> None:
        if now & Control.STROBE_LOW:
            self._host("3", _Phase.STROBED)

    def _strobed(self, before: int, now: int) -> None:
        if now & (Control.STROBE_LOW | Control.AUTOFD_LOW):
            return
        taken = self._data in self._modes
        self._host("4", _Phase.REVERSE if taken else _Phase.REFUSED)
        self._mode = Mode(self._data) if taken else Mode.NIBBLE
        with_id = self._mode in (Mode.NIBBLE_ID, Mode.BYTE_ID)
        self._answers = deque(self._identity) if with_id else self._outgoing
        flag = taken and self._mode is not Mode.NIBBLE
        waits = taken and bool(self._answers)
        self._soon(
            _Step(
                "5",
                lowered=(_DATA_WAITS if waits else 0) | (0 if flag else Status.SELECT_HIGH),
            ),
            _Step("6", raised=Status.ACK_HIGH),
        )

    def _reverse(self, before: int, now: int) -> None:
        if not now & Control.AUTOFD_LOW:
            return
        if not self._half_given and self._status & Status.FAULT_HIGH:
            self._host("7", _Phase.WAITING)
            return
        if self._mode.is_byte and not now & Control.REVERSE:
            self.violations.append("both sides drive the data lines")
        self._host("7", _Phase.GIVING)
        shown = _Step("8")
        if not self._mode.is_byte:
            nibble = self._answers[0] >> 4 if self._half_given else self._answers[0] & 0x0F
            pins = nibble_status(nibble)
            shown = _Step("8", pins, STATUS_MASK & ~Status.ACK_HIGH & ~pins)
        self._soon(shown, _Step("9", lowered=Status.ACK_HIGH))

    def _giving(self, before: int, now: int) -> None:
        if now & Control.AUTOFD_LOW:
            return
        self._host("10", _Phase.GIVEN if self._mode.is_byte else _Phase.REVERSE)
        self._driven = None
        self._half_given = not self._mode.is_byte and not self._half_given
        if not self._half_given:
            self._answers.popleft()
            self._soon(self._what_waits())
        self._soon(_Step("11", raised=Status.ACK_HIGH))

    def _what_waits(self) -> _Step:
        """The lines after a whole byte: whether there is more."""
        flag = 0 if self._mode is Mode.NIBBLE else Status.SELECT_HIGH
        raised = Status.BUSY_LOW | flag | (0 if self._answers else _DATA_WAITS)
        return _Step("13", raised, STATUS_MASK & ~Status.ACK_HIGH & ~raised)

    def _given(self, before: int, now: int) -> None:
        if now & Control.AUTOFD_LOW:
            self.violations.append("event 7 before 16")
            self._phase = _Phase.REVERSE
            self._reverse(before, now)
        elif now & Control.STROBE_LOW:
            self._host("16", _Phase.LATCHED)

    def _latched(self, before: int, now: int) -> None:
        if not now & Control.STROBE_LOW:
            self._host("17", _Phase.REVERSE)

    def _waiting(self, before: int, now: int) -> None:
        if not now & Control.AUTOFD_LOW:
            self._host("20", _Phase.REVERSE)
            self._soon(_Step("21", raised=Status.ACK_HIGH))

    def _leave(self) -> None:
        """NSelectIn fell: event 22, or in the middle of something an abort."""
        if self._phase is _Phase.IDLE:
            return
        if self._phase is _Phase.WAITING:
            self._steps.clear()
        if self._phase not in _MAY_LEAVE or self._steps or self._half_given:
            self.aborts += 1
            self._rest()
            return
        self._host("22", _Phase.LEAVING)
        flag = self._status & Status.SELECT_HIGH
        self._soon(
            _Step(
                "23",
                raised=Status.FAULT_HIGH | (0 if flag else Status.SELECT_HIGH),
                lowered=Status.BUSY_LOW | flag,
            ),
            _Step("24", lowered=Status.ACK_HIGH),
        )

    def _leaving(self, before: int, now: int) -> None:
        if not now & Control.SELECT_IN_LOW:
            self._rest()
            self._at_rest(before, now)
        elif now & Control.AUTOFD_LOW:
            self._host("25", _Phase.LEFT)
            self._soon(
                _Step("26", raised=Status.SELECT_HIGH, lowered=Status.PERROR_HIGH),
                _Step("27", raised=Status.ACK_HIGH),
            )

    def _left(self, before: int, now: int) -> None:
        if not now & Control.SELECT_IN_LOW:
            self._rest()
            self._at_rest(before, now)
        elif not now & Control.AUTOFD_LOW:
            self._host("28", _Phase.IDLE)
            self._soon(_Step(FORWARD_BUSY, raised=Status.BUSY_LOW))
