"""A CPU card behind the PC/SC service: T=1 as it is, T=0 with what that protocol leaves to us.

Source: ISO/IEC 7816-3:2006 sections 10.3 and 12.2: T=0 carries data one way in a command.

======  ==========================  =======================================================
case    command                     what is sent by T=0
======  ==========================  =======================================================
1       header                      header and 00
2       header, Le                  the same; ``6C xx``: again with Le xx
3       header, Lc, data            the same
4       header, Lc, data, Le        without Le; ``61 xx``: then GET RESPONSE, until it is all
======  ==========================  =======================================================
"""

import time
from typing import Final, NoReturn

from yika_common.cards.errors import CardMute, CardRemoved
from yika_common.errors import YikaError
from yika_node.hardware.errors import ReaderUnplugged
from yika_node.hardware.pcsc_service import Code, Handle, PcscService, Refused

T0, T1 = 1, 2
_HEADER_SIZE: Final = 4
_LE_ONLY: Final = 5
_STATUS_SIZE: Final = 2
_MORE, _WRONG_LE = 0x61, 0x6C
_GET_RESPONSE: Final = bytes.fromhex("00 C0 00 00")
_ANSWER_MAX: Final = 65_536 + 2
_LEFT = frozenset({Code.NO_SMARTCARD, Code.REMOVED_CARD, Code.RESET_CARD})
_SILENT = frozenset({Code.UNRESPONSIVE_CARD, Code.UNPOWERED_CARD})
_READER_LEFT = frozenset({Code.UNKNOWN_READER, Code.READER_UNAVAILABLE})
_NOTICED_S: Final = 1.0
_STEP_S: Final = 0.05


class PcscCard:
    """A :class:`yika_node.hardware.connection.ApduSession`.

    Once an exchange failed, every later one fails the same way.

    Args:
        service: knows the card.
        name: of its reader.
        card: powered up.
        events: how often a card had come or gone in that reader before.

    Attributes:
        atr: the card's answer to reset.

    Raises:
        Refused: the card is gone already.
    """

    def __init__(self, service: PcscService, name: str, card: Handle, events: int) -> None:
        self._service = service
        self._name = name
        self._card = card
        self._events = events
        self._failure: YikaError | None = None
        self.atr = service.atr(card)

    def transmit(self, apdu: bytes) -> bytes:
        """See :class:`yika_common.readers.port.CardConnection`."""
        if self._failure is not None:
            raise self._failure
        try:
            return self._whole(apdu) if self._card.protocol == T0 else self._exchange(apdu)
        except Refused as refused:
            self._fail(self._reason(refused.code), refused)
        except YikaError as failure:
            self._failure = failure
            raise

    def power_down(self) -> None:
        """Take the card's power away."""
        self._service.disconnect(self._card)

    def _exchange(self, data: bytes) -> bytes:
        answer = self._service.transmit(self._card, data)
        if len(answer) < _STATUS_SIZE:
            raise Refused(Code.NOT_TRANSACTED)
        return answer

    def _whole(self, apdu: bytes) -> bytes:
        """One command by T=0, see the module's table."""
        answer = self._exchange(_tpdu(apdu))
        if answer[-2] == _WRONG_LE:
            return self._exchange(apdu[:_HEADER_SIZE] + answer[-1:])
        data = b""
        while answer[-2] == _MORE and len(data) < _ANSWER_MAX:
            data += answer[:-2]
            answer = self._exchange(_GET_RESPONSE + answer[-1:])
        return data + answer

    def _reason(self, code: int) -> YikaError:
        """Why a command was not answered."""
        if code in _READER_LEFT:
            return ReaderUnplugged(port=self._name)
        if code in _LEFT or (code not in _SILENT and self._has_left()):
            return CardRemoved()
        return CardMute()

    def _has_left(self) -> bool:
        """Whether the card was pulled or exchanged; the service looks at the slot at intervals."""
        until = time.monotonic() + _NOTICED_S
        while True:
            slot = next((one for one in self._service.slots() if one.name == self._name), None)
            if slot is None:
                raise ReaderUnplugged(port=self._name)
            if not slot.present or slot.events != self._events:
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(_STEP_S)

    def _fail(self, failure: YikaError, cause: Exception) -> NoReturn:
        self._failure = failure
        raise failure from cause


def _tpdu(apdu: bytes) -> bytes:
    """A command as T=0 takes it."""
    if len(apdu) == _HEADER_SIZE:
        return apdu + b"\0"
    if len(apdu) > _LE_ONLY + apdu[_HEADER_SIZE]:
        return apdu[:-1]
    return apdu
