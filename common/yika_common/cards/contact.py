"""A user card of either family, as one thing: recognise, issue, read, write one record.

What works with memory cards is loaded when the first lies in the reader: it takes a megabyte, and
most vending points never see one.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from yika_common.cards import user_card as cpu
from yika_common.cards.application import CardIdentity
from yika_common.cards.channel import AnyCard
from yika_common.cards.claim import Claim
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardForeign
from yika_common.cards.slot_meter import SlotMeter
from yika_common.readers.port import MemoryChip

RandomSource = Callable[[int], bytes]


class UserCard(Protocol):
    """A node's work on one card that it may write."""

    @property
    def identity(self) -> CardIdentity:
        """The card this session is with."""
        ...

    @property
    def cut(self) -> Cut:
        """What of a record this card has no room for; the cut is made before the MAC."""
        ...

    def admit(self, body: bytes) -> None:
        """Check that a record's 122 bytes, before the cut, can be written to this card.

        Raises:
            CardTooSmall: they can't; nothing was written.
        """
        ...

    def marks(self) -> bytes:
        """16 bytes for each slot that differ when its record or write-back does.

        Empty from a card that has none to give, and is read whole; raises as :meth:`read_slot`.
        """
        ...

    def read_slot(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's credit record of 130 bytes, or ``EMPTY_RECORD``.

        Args:
            slot: 0 to 7.
            meter: the slot's; a memory card shows nothing without it.

        Raises:
            CardNotAuthentic: the answer is not this card's.
            CardRefused, CardAbsent, CardRemoved, CardMute: there was no good answer.
        """
        ...

    def read_write_back(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The slot's write-back, or ``EMPTY_WRITE_BACK``; as :meth:`read_slot`."""
        ...

    def read_claim(self, slot: int) -> Claim | None:
        """What the slot's meter last claimed on this card; None: such a card keeps no claims.

        Raises:
            ContentUnknown: a later program's claim.
            those of :meth:`read_slot`.
        """
        ...

    def write_record(self, slot: int, data: bytes) -> None:
        """Replace the slot's credit record by these 130 bytes, already cut, and read it back.

        Raises:
            CardAbsent: no card was there; it holds the old record.
            CardWriteUncertain: it holds the old record or the new one, whole.
            CardReadBackDiffers: the card reads as something else.
        """
        ...

    def confirm(self, slot: int) -> None:
        """Make firm the record that :meth:`read_slot` showed, before a sale is closed by it.

        Raises:
            CardWriteUncertain: the slot shows this record or the one before it, whole.
            CardReadBackDiffers: the card did not keep what was written.
        """
        ...


def recognise(contact: AnyCard) -> CardIdentity:
    """What the card tells anybody; no secret is presented and nothing changes.

    Raises:
        CardIsSpecial: it is a system or managing card.
        CardForeign: the card is not a user card of this system.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    try:
        if not isinstance(contact, MemoryChip):
            return cpu.recognise(contact)
        from yika_common.cards.memory import user_card as memory  # noqa: PLC0415 - see above

        return memory.recognise(contact)
    except CardForeign:
        _refuse_special(contact)
        raise


def _refuse_special(contact: AnyCard) -> None:
    """Say what the card is, if it is one of ours that is no customer's.

    Raises:
        CardIsSpecial: it is.
    """
    from yika_common.cards.special import contact as special  # noqa: PLC0415 - rarely needed
    from yika_common.cards.special.errors import CardIsSpecial  # noqa: PLC0415

    try:
        face = special.recognise(contact)
    except CardForeign:
        return
    raise CardIsSpecial(number=face.number or face.serial.hex())


def chip_of(contact: AnyCard) -> str:
    """The kind of a memory card's chip, whose content can be copied; empty: a CPU card."""
    return contact.kind.name if isinstance(contact, MemoryChip) else ""


def personalise(
    contact: AnyCard,
    random: RandomSource,
    *,
    number: str,
    generation: int,
    profile: int,
    key_version: int,
    node_key: bytes,
    slot_auth_keys: Mapping[int, bytes],
) -> CardIdentity:
    """Make a blank card the card of that number, with a key for each slot that has a meter.

    Until the last step the card stays blank, so the call can be repeated after a pull.  A card
    that already is this very card, under this very key, is returned as it is.

    Raises:
        CardNotBlank, CardRetired, CardForeign, CardNotAuthentic, CardCodeSpent: untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardWriteUncertain, CardRemoved, CardMute: the card is blank or whole; repeat the call.
        CardAbsent: there is no card.
    """
    if not isinstance(contact, MemoryChip):
        return cpu.personalise(
            contact,
            random,
            number=number,
            generation=generation,
            profile=profile,
            key_version=key_version,
            node_key=node_key,
            slot_auth_keys=slot_auth_keys,
        )
    from yika_common.cards.memory import issuing  # noqa: PLC0415 - see above
    from yika_common.cards.memory import user_card as memory  # noqa: PLC0415

    issuing.issue(
        contact,
        number=number,
        generation=generation,
        profile=profile,
        key_version=key_version,
        node_key=node_key,
        slot_auth_keys=slot_auth_keys,
    )
    return memory.open_session(contact, node_key, number=number).identity


def open_session(
    contact: AnyCard, random: RandomSource, node_key: bytes, *, number: str | None = None
) -> UserCard:
    """Authenticate as a node with the card's own K_node.

    Args:
        contact: a powered card.
        random: for the host's nonce.
        node_key: 16 bytes.
        number: the card the work began with; another card is refused before it sees a secret.

    Raises:
        CardForeign, CardBlank, CardRetired, CardSwapped: not the card for this; untouched.
        CardNotAuthentic: card and node hold different keys; untouched.
        CardKeyBlocked, CardCodeSpent: too many failures; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer; untouched.
    """
    if not isinstance(contact, MemoryChip):
        return cpu.open_session(contact, random, node_key, number=number)
    from yika_common.cards.memory import user_card as memory  # noqa: PLC0415 - see above

    return memory.open_session(contact, node_key, number=number)


def recycle(
    contact: AnyCard, random: RandomSource, node_key: bytes, *, number: str
) -> CardIdentity:
    """Make the card of that number blank; nothing of its customer is left.

    A chip that is blank already is returned as it is, so the call can be repeated after a pull.

    Raises:
        CardSwapped, CardRetired, CardForeign, CardNotAuthentic, CardKeyBlocked, CardCodeSpent:
            not the card for this; untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardWriteUncertain, CardRemoved, CardMute: repeat the call with the same chip.
        CardAbsent: there is no card.
    """
    if not isinstance(contact, MemoryChip):
        return cpu.recycle(contact, random, node_key, number=number)
    from yika_common.cards.memory import ending  # noqa: PLC0415 - see above

    return ending.recycle(contact, node_key, number=number)


def retire(
    contact: AnyCard, random: RandomSource, node_key: bytes, *, number: str
) -> CardIdentity:
    """Put the card of that number out of service for good; its number stays, nothing else.

    A card that is retired already is returned as it is; otherwise as :func:`recycle`.

    Raises:
        CardBlank: nobody's card; untouched.
    """
    if not isinstance(contact, MemoryChip):
        return cpu.retire(contact, random, node_key, number=number)
    from yika_common.cards.memory import ending  # noqa: PLC0415 - see above

    return ending.retire(contact, node_key, number=number)


def cut_of(contact: AnyCard, profile: int) -> Cut:
    """What of a record a card on this chip, issued for so many meters, has no room for."""
    if not isinstance(contact, MemoryChip):
        return Cut.WHOLE
    from yika_common.cards.memory.layout import ChipLayout  # noqa: PLC0415 - see above

    return ChipLayout(contact.kind, profile).packing.cut


def admit(cut: Cut, body: bytes) -> None:
    """Check that a record's 122 bytes, before the cut, can be written to a card of that cut.

    Raises:
        CardTooSmall: they can't.
    """
    if cut is not Cut.WHOLE:
        from yika_common.cards.memory import packing  # noqa: PLC0415 - see above

        packing.admit(cut, body)
