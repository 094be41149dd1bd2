"""A memory card as nodes and meters use it, with the same meaning as a CPU card's session.

What a memory card can't do: prove that it is genuine.  Whoever listens to a reader learns its
code, and a copy with that code is as good as the card.  It gains nothing: a meter takes each
(generation, count) once.  There is no claim, so nothing is refunded before the meter's write-back
shows the lower total.
"""

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.claim import Claim
from yika_common.cards.cut import Cut
from yika_common.cards.errors import (
    CardBlank,
    CardNotAuthentic,
    CardReadBackDiffers,
    CardRetired,
    CardSwapped,
    CardTooSmall,
    CardWriteUncertain,
)
from yika_common.cards.memory.cells import Scrub, scrub
from yika_common.cards.memory.contents import Contents
from yika_common.cards.memory.head import CardHead, boxed, card_code, read_head
from yika_common.cards.memory.issuing import present_code
from yika_common.cards.memory.packing import admit
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.write_back import EMPTY_WRITE_BACK
from yika_common.errors import YikaError
from yika_common.readers.port import MemoryChip, MemoryKind


def recognise(chip: MemoryChip) -> CardIdentity:
    """What the card tells anybody; no code is presented and nothing changes.

    Raises:
        CardForeign: the chip is not numbered for this system.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    return read_head(chip).identity


class MemoryCardSession:
    """The node's work on one memory card whose code was accepted."""

    def __init__(self, chip: MemoryChip, head: CardHead, *, scrubbing: Scrub = scrub) -> None:
        self.identity = head.identity
        self._contents = Contents(chip, head, scrubbing)

    @property
    def cut(self) -> Cut:
        """What of a record this card has no room for."""
        return self._contents.layout.packing.cut

    def admit(self, body: bytes) -> None:
        """Check that a record's 122 bytes, before the cut, can be written to this card.

        Raises:
            CardTooSmall: they can't; nothing was written.
        """
        admit(self.cut, body)

    def marks(self) -> bytes:
        """A memory card gives none; its records were read already, all at once."""
        return b""

    def read_slot(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's credit record of 130 bytes, or ``EMPTY_RECORD``.

        A record that its meter's key does not accept reads as bytes that are none; without the
        meter every slot reads as empty.
        """
        return self._contents.record(slot, meter)

    def read_write_back(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's write-back of 100 bytes, or ``EMPTY_WRITE_BACK``.

        Raises:
            CardAbsent, CardRemoved, CardMute: there was no answer.
        """
        if meter is None:
            return EMPTY_WRITE_BACK
        return self._contents.write_back(slot, meter.meter_id)

    def read_claim(self, slot: int) -> None:
        """A memory card keeps no claims: whoever has its code could set them back."""

    def write_record(self, slot: int, data: bytes) -> None:
        """Replace the slot's credit record and read it back.

        Raises:
            CardWriteUncertain: it holds the old record or the new one, whole.
            CardReadBackDiffers: the chip did not keep what was written; it holds the old record.
            CardTooSmall: the chip has no room for the record; it holds the old one.
        """
        try:
            self._contents.write_record(slot, data)
        except (CardReadBackDiffers, CardTooSmall):
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause

    def confirm(self, slot: int) -> None:
        """Make firm the record that :meth:`read_slot` showed, before a sale is closed by it.

        Its write may have been torn in the very last byte, which then shows it only now and then.

        Raises:
            CardWriteUncertain: the slot shows this record or the one before it, whole.
            CardReadBackDiffers: the chip did not keep what was written.
        """
        try:
            self._contents.confirm(slot)
        except CardReadBackDiffers:
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause


class MemoryMeterSession:
    """A meter's work on one memory card: its own slot and nothing else."""

    def __init__(self, head: CardHead, contents: Contents, slot: int, meter: SlotMeter) -> None:
        self.identity = head.identity
        self.slot = slot
        self._meter = meter
        self._contents = contents

    @property
    def cut(self) -> Cut:
        """What of a write-back this card has no room for."""
        return self._contents.layout.packing.cut

    def read_record(self) -> bytes:
        """The slot's credit record, as :meth:`MemoryCardSession.read_slot`."""
        return self._contents.record(self.slot, self._meter)

    def write_claim(self, claim: Claim) -> None:
        """Make the record's mark steady; a memory card has no claims, nor refunds on the spot.

        Raises:
            CardWriteUncertain: the slot shows this record or the one before it, whole.
        """
        try:
            self._contents.steady(self.slot)
        except YikaError as cause:
            raise CardWriteUncertain from cause

    def write_write_back(self, data: bytes) -> None:
        """Replace the slot's write-back; raises as :meth:`MemoryCardSession.write_record`."""
        try:
            self._contents.write_write_back(self.slot, data)
        except YikaError as cause:
            raise CardWriteUncertain from cause


def open_session(
    chip: MemoryChip, node_key: bytes, *, number: str | None = None, scrubbing: Scrub = scrub
) -> MemoryCardSession:
    """Present the code of a card that was recognised.

    Args:
        chip: a powered chip.
        node_key: the card's K_node, 16 bytes.
        number: the card the work began with; another card sees no code.
        scrubbing: how content that may be weak is prepared for writing.

    Raises:
        CardForeign, CardBlank, CardRetired, CardSwapped: not the card for this; untouched.
        CardNotAuthentic: its head was not written under this key, or it has another code.
        CardCodeSpent: one wrong code more would block it; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    head = _head_in_use(chip, number)
    if not head.made_under(node_key):
        raise CardNotAuthentic(number=head.identity.number)
    code = card_code(node_key, head.identity, chip.kind.facts.code_size)
    present_code(chip, code, head.identity.number)
    return MemoryCardSession(chip, head, scrubbing=scrubbing)


def open_meter_session(
    chip: MemoryChip,
    meter: SlotMeter,
    auth_key: bytes,
    *,
    slot: int | None = None,
    scrubbing: Scrub = scrub,
) -> MemoryMeterSession | None:
    """Find the meter's slot and present the code that its box holds; None: it has no slot.

    On an SLE4428 a slot is found by its tag, on an SLE4442 by a record that is whole under the
    meter's key: no code is presented to a card that has neither.

    Raises:
        those of :func:`open_session`.
    """
    head = _head_in_use(chip)
    tagged = head.identity.slots_of(auth_key)
    if chip.kind is MemoryKind.SLE4428 and not tagged:
        return None
    contents = Contents(chip, head, scrubbing)
    for place in range(head.identity.profile) if slot is None else (slot,):
        if place in tagged or contents.is_whole(place, meter):
            code = boxed(head.box_of(place), auth_key, head.identity)
            present_code(chip, code, head.identity.number)
            return MemoryMeterSession(head, contents, place, meter)
    return None


def _head_in_use(chip: MemoryChip, number: str | None = None) -> CardHead:
    head = read_head(chip)
    found = head.identity
    if number is not None and found.number != number:
        raise CardSwapped(expected=number, found=found.number or found.serial.hex())
    if found.state is CardState.BLANK:
        raise CardBlank
    if found.state is CardState.RETIRED:
        raise CardRetired(number=found.number)
    return head
