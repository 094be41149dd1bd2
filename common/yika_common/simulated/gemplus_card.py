"""The side of a simulated GCR410 that speaks with the card: power, speed, T=1, long APDUs."""

from yika_common.readers.gemplus_commands import (
    APDU_PART,
    MORE,
    Pts,
    SlotStatus,
    Status,
)
from yika_common.readers.iso7816 import AtrRefused, parse_atr
from yika_common.readers.t1_host import Done, ProtocolBroken, Send, T1Host
from yika_common.simulated.reader_slot import CardGone, Slot

_T1 = 1
_GOOD = b"\x90\x00"
_PPSS = b"\xff"
_LENGTH_AT = len(MORE)


class CardSide:
    """What the commands 11, 12, 15 and 17 do; each takes what follows the command's code.

    Args:
        slot: holds the card.
    """

    def __init__(self, slot: Slot) -> None:
        self._slot = slot
        self._host: T1Host | None = None
        self._end = b""
        self._rest = b""

    def status(self, _: bytes) -> bytes:
        """Command 17."""
        powered = self._slot.powered
        slot = SlotStatus(self._slot.occupied, powered, t1=powered and self._host is not None)
        return bytes([Status.OK]) + slot.data

    def power_off(self, _: bytes) -> bytes:
        """Command 11."""
        self._slot.power_off()
        return bytes([Status.OK])

    def power_on(self, rest: bytes) -> bytes:
        """Command 12."""
        if not rest:
            return bytes([Status.WRONG_PARAMETER])
        self._host, self._end, self._rest = None, b"", b""
        if not self._slot.occupied:
            return bytes([Status.ABSENT])
        answer = self._slot.power_on()
        if not answer:
            return bytes([Status.MUTE])
        if rest[0] & Pts.AS_TOLD == Pts.AS_TOLD and not self._agrees(_PPSS + rest[1:]):
            self._slot.power_off()
            return bytes([Status.SPEED_REFUSED])
        self._host = _t1_host(answer)
        return bytes([Status.OK]) + answer

    def exchange(self, rest: bytes) -> bytes:
        """Command 15."""
        if not self._slot.occupied:
            return bytes([Status.ABSENT])
        if not self._slot.powered:
            return bytes([Status.NOT_POWERED])
        if rest[:_LENGTH_AT] != MORE:
            apdu, self._end = rest + self._end, b""
            return self._executed(apdu)
        count, self._end = rest[_LENGTH_AT], rest[_LENGTH_AT + 1 :]
        if self._end:
            right = len(self._end) == count
            return bytes([Status.OK if right else Status.WRONG_LENGTH])
        part, self._rest = self._rest[:count], b""
        return bytes([Status.OK]) + part

    def _executed(self, apdu: bytes) -> bytes:
        if self._host is None:
            return bytes([Status.PROTOCOL])
        try:
            response = self._transmit(self._host, apdu)
        except CardGone:
            gone = Status.MUTE if self._slot.occupied else Status.PULLED_OUT
            return bytes([gone])
        except ProtocolBroken:
            return bytes([Status.PROTOCOL])
        response, self._rest = response[:APDU_PART], response[APDU_PART:]
        if self._rest:
            return bytes([Status.MORE_DATA]) + response
        status = Status.OK if response[-len(_GOOD) :] == _GOOD else Status.NOT_9000
        return bytes([status]) + response

    def _transmit(self, host: T1Host, apdu: bytes) -> bytes:
        step: Send | Done = host.begin(apdu)
        while isinstance(step, Send):
            step = host.received(self._slot.transfer(step.block))
        return step.data

    def _agrees(self, request: bytes) -> bool:
        """Whether the card grants a PPS request."""
        try:
            return self._slot.transfer(request) == request
        except CardGone:
            return False


def _t1_host(answer: bytes) -> T1Host | None:
    """The reader's side of T=1; None for a card that speaks it not, or not as we do."""
    try:
        atr = parse_atr(answer)
    except AtrRefused:
        return None
    return T1Host(atr.ifsc) if _T1 in atr.protocols and not atr.crc else None
