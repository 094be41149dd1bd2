"""The ASEDrive on a serial port: the production driver, for CPU cards and memory cards.

Source: the protocol of :mod:`yika_common.readers.asedrive`; the order of steps as Athena's driver
takes them, but 5 V before 3 V: what a card was made for it says only in its answer to reset, and
a card that says nothing was made for 5 V.  A memory chip stays silent at both; it is looked for
last.

That driver keeps DTR and RTS low; a change of DTR starts the reader anew, which takes about 1 s.
"""

from collections.abc import Callable
from typing import Final

from yika_common.cards.errors import CardMute
from yika_common.readers.asedrive import BAUD, Command
from yika_common.readers.asedrive_data import ReaderFacts
from yika_node.hardware.asedrive_card import AseDriveCard
from yika_node.hardware.asedrive_link import AseDriveLink
from yika_node.hardware.chip_session import ChipSession
from yika_node.hardware.line import MakeLine
from yika_node.hardware.serial_line import SerialLine
from yika_node.hardware.t1_session import T1Session
from yika_node.hardware.timing import Timing

ASEDRIVE: Final = "asedrive"
_CARD_IS_IN = 0x01


class AseDriveProtocol:
    """A :class:`yika_node.hardware.serial_reader.SerialProtocol`."""

    name = ASEDRIVE

    def __init__(
        self,
        port: str,
        timing: Timing,
        monotonic: Callable[[], float],
        make_line: MakeLine = SerialLine,
    ) -> None:
        self.line = make_line(port, BAUD, monotonic, ready=False)
        self._timing = timing
        self._monotonic = monotonic
        self._link = AseDriveLink(self.line, timing, monotonic)
        self._facts = ReaderFacts()

    def greeted(self, wait_s: float) -> bool:
        """See :class:`SerialProtocol`, as for all that follow."""
        return self._link.answers(wait_s)

    def begin(self) -> str:
        """Start the reader."""
        self.greeted(self._timing.power_s)
        self._facts = ReaderFacts.from_data(self._link.command(Command.START).data or b"")
        return ""

    def card_present(self) -> bool:
        """Ask for the reader's status."""
        answer = self._link.command(Command.STATUS).data
        return bool(answer and answer[0] & _CARD_IS_IN)

    def power_up(self) -> T1Session | ChipSession:
        """Power up a CPU card, or else a memory chip."""
        card = AseDriveCard(self._link, self._timing, self._facts)
        try:
            return T1Session(card, self._timing, self._monotonic)
        except CardMute:
            kind = card.find_chip()
            if kind is None:
                raise
            return ChipSession(card, kind)
