"""A reader behind the machine's PC/SC service: chosen, shared between pages, bounded in time.

Source: the calls of :mod:`yika_node.hardware.pcsc_service`.  Where no reader is named, the first
one with a card in it is used, else the one that was used last, else the first.  The card is this
program's alone while a page works with it, and loses its power afterwards.
"""

import threading
import time
from collections.abc import Callable
from typing import Final, NoReturn

from yika_common.cards.errors import CardAbsent, CardForeign, CardMute
from yika_common.errors import YikaError
from yika_common.readers.port import ReaderDescription
from yika_node.hardware.connection import ApduConnection
from yika_node.hardware.errors import (
    PcscNoReader,
    PcscNotRunning,
    PortBusy,
    PortMissing,
    ReaderUnplugged,
)
from yika_node.hardware.pcsc_card import T0, T1, PcscCard
from yika_node.hardware.pcsc_service import Code, PcscService, Refused, Slot
from yika_node.hardware.timing import USUAL, Timing
from yika_node.hardware.turns import Turns

_PROTOCOL: Final = "pcsc"
_POLL_S = 0.2


class PcscReader:
    """A :class:`yika_common.readers.port.NamedReader`.

    Args:
        name: the reader's as the service tells it, or how that begins; empty: any.
        timing: how long to wait.
        monotonic: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        name: str = "",
        *,
        timing: Timing = USUAL,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wanted = name
        self._used = ""
        self._timing = timing
        self._service = PcscService(timing)
        self._talking = threading.Lock()
        self._turns = Turns(timing.idle_s, monotonic)

    def describe(self) -> ReaderDescription:
        """See :class:`yika_common.readers.port.NamedReader`; PC/SC tells no line speed."""
        with self._talking:
            slot = self._slot()
            return ReaderDescription(slot.name, _PROTOCOL, 0, self._service.version(slot.name))

    def card_present(self) -> bool:
        """See :class:`yika_common.readers.port.CardReader`; True while a card is talked to."""
        if not self._talking.acquire(timeout=_POLL_S):
            return True
        try:
            return self._slot().present
        finally:
            self._talking.release()

    def connect(self) -> ApduConnection:
        """See :class:`yika_common.readers.port.CardReader`.

        Raises:
            ReaderBusy: another page keeps the card for too long.
            PortBusy: another program does.
        """
        turn = self._turns.take(self._timing.turn_s)
        try:
            with self._talking:
                slot = self._slot()
                if not slot.present:
                    raise CardAbsent
                card = self._powered(slot)
        except BaseException:
            turn.give_up()
            raise
        return ApduConnection(card, turn, self._talking)

    def close(self) -> None:
        """See :class:`yika_common.readers.port.CardReader`; a connection that was open is over."""
        self._turns.end()
        with self._talking:
            self._service.release()

    def _powered(self, slot: Slot) -> PcscCard:
        try:
            handle = self._service.connect(slot.name, T0 | T1)
            return PcscCard(self._service, slot.name, handle, slot.events)
        except Refused as refused:
            _refuse(slot.name, refused)

    def _slot(self) -> Slot:
        """The reader that is used now; asked again where the service was started anew.

        Raises:
            PortMissing: there is none of the name that was given.
            PcscNoReader: there is none at all.
        """
        try:
            slots = self._service.slots()
        except PcscNotRunning:
            slots = self._service.slots()
        ours = [slot for slot in slots if slot.name.startswith(self._wanted)]
        if not ours:
            raise PortMissing(port=self._wanted) if self._wanted else PcscNoReader
        chosen = min(ours, key=lambda slot: (not slot.present, slot.name != self._used))
        self._used = chosen.name
        return chosen


def _refuse(name: str, refused: Refused) -> NoReturn:
    """Why a card could not be powered up."""
    reasons: dict[int, YikaError] = {
        Code.NO_SMARTCARD: CardAbsent(),
        Code.REMOVED_CARD: CardAbsent(),
        Code.PROTO_MISMATCH: CardForeign(),
        Code.SHARING_VIOLATION: PortBusy(port=name),
        Code.UNKNOWN_READER: ReaderUnplugged(port=name),
        Code.READER_UNAVAILABLE: ReaderUnplugged(port=name),
    }
    raise reasons.get(refused.code, CardMute()) from refused
