"""Blocks to and from a card through a CCID reader; the order of steps as libccid does it."""

from yika_common.cards.errors import CardAbsent, CardMute, CardRemoved
from yika_common.readers.ccid import ErrorByte, Icc, Kind
from yika_common.readers.errors import ReaderError
from yika_common.readers.iso7816 import Atr, t1_parameters
from yika_node.hardware.ccid_link import CcidLink
from yika_node.hardware.timing import Timing

_T1 = 1
_FIVE_VOLT, _THREE_VOLT = 1, 2


class CcidTpdu:
    """A :class:`yika_node.hardware.t1_session.TpduReader`."""

    def __init__(self, link: CcidLink, timing: Timing) -> None:
        self._link = link
        self._timing = timing

    def power_up(self) -> bytes:
        """See :class:`TpduReader`."""
        for volt in (_FIVE_VOLT, _THREE_VOLT):
            answer = self._link.command(
                Kind.POWER_ON, specific=bytes([volt, 0, 0]), wait_s=self._timing.power_s
            )
            if answer.icc is Icc.ABSENT:
                raise CardAbsent
            if not answer.failed:
                return answer.data
        raise CardMute

    def power_down(self) -> None:
        """See :class:`TpduReader`."""
        self._link.command(Kind.POWER_OFF)

    def grants(self, request: bytes, *, wait_s: float, until: float) -> bool:
        """See :class:`TpduReader`."""
        answer = self._link.transfer(request, wait_s=wait_s, until=until)
        return answer is not None and not answer.failed and answer.data == request

    def configure(self, atr: Atr, speed: int) -> None:
        """See :class:`TpduReader`."""
        parameters = t1_parameters(atr, speed)
        self._link.command(Kind.SET_PARAMETERS, parameters, specific=bytes([_T1, 0, 0]))

    def pass_on(self, block: bytes, *, wait_s: float, until: float) -> bytes | None:
        """See :class:`TpduReader`."""
        answer = self._link.transfer(block, wait_s=wait_s, until=until)
        if answer is None or (answer.failed and answer.error == ErrorByte.PARITY):
            return None
        if answer.icc is not Icc.POWERED:
            raise CardRemoved
        if answer.failed:
            raise CardMute
        return answer.data

    def failure(self, *, garbled: bool) -> ReaderError:
        """See :class:`TpduReader`."""
        return self._link.failure(garbled=garbled)
