"""The user card as nodes and meters use it: recognise, issue, read, write one record.

No secret is presented before the card was recognised, and none to a card of another number than
the work began with.  A write is one atomic update followed by reading back; where the answer is
lost, :class:`CardWriteUncertain` says that the old or the new bytes stand, whole.
"""

from collections.abc import Callable, Mapping

from yika_common.cards.application import (
    ROLE_ISSUER,
    ROLE_NODE,
    TRANSPORT_KEY,
    CardIdentity,
    CardState,
    File,
    Ins,
    meter_role,
)
from yika_common.cards.channel import CardChannel
from yika_common.cards.claim import Claim, open_claim
from yika_common.cards.cut import Cut
from yika_common.cards.dialogue import Dialogue, select
from yika_common.cards.errors import (
    CardBlank,
    CardNotBlank,
    CardReadBackDiffers,
    CardRetired,
    CardSwapped,
    CardWriteUncertain,
)
from yika_common.cards.slot_meter import SlotMeter
from yika_common.errors import YikaError

RandomSource = Callable[[int], bytes]
"""Returns that many unpredictable bytes."""


def recognise(channel: CardChannel) -> CardIdentity:
    """What the card tells anybody; no secret is presented and nothing changes.

    Raises:
        CardForeign: the card is not a user card of this system.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    return select(channel)


def recognise_in_use(channel: CardChannel, number: str | None = None) -> CardIdentity:
    """What a customer's card tells anybody, if it is in use and of that number.

    Raises:
        CardForeign, CardBlank, CardRetired, CardSwapped: not the card for this; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    identity = select(channel)
    if number is not None and identity.number != number:
        raise CardSwapped(expected=number, found=identity.number or identity.serial.hex())
    if identity.state is CardState.BLANK:
        raise CardBlank
    if identity.state is CardState.RETIRED:
        raise CardRetired(number=identity.number)
    return identity


def personalise(
    channel: CardChannel,
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

    The last command activates the card; until then it stays blank under the transport key, so the
    call can be repeated after a pull, with the same number or another.  A card that already is
    this very card, under this very key, is returned as it is.

    Raises:
        CardNotBlank: the card belongs to somebody else; untouched.
        CardRetired: the card is out of service; untouched.
        CardNotAuthentic: not a genuine blank card, or not the card of ``node_key``; untouched.
        CardForeign: not a card of ours; untouched.
        CardWriteUncertain, CardRemoved, CardMute: the card is blank or whole; repeat the call.
        CardAbsent: there is no card.
    """
    found = select(channel)
    if found.state is CardState.RETIRED:
        raise CardRetired(number=found.number)
    wanted = CardIdentity(
        number=number,
        generation=generation,
        state=CardState.BLANK,
        profile=profile,
        key_version=key_version,
        serial=found.serial,
    )
    if found.state is CardState.USER:
        if (found.number, found.generation) != (number, generation):
            raise CardNotBlank(number=found.number)
        return open_session(channel, random, node_key, number=number).identity
    issuer = Dialogue.begin(channel, random, found, ROLE_ISSUER, TRANSPORT_KEY)
    issuer.change(Ins.UPDATE_RECORD, 1, File.INFORMATION << 3 | 4, wanted.encode())
    for slot, key in sorted(slot_auth_keys.items()):
        issuer.put_key(meter_role(slot), key)
    issuer.put_key(ROLE_NODE, node_key)
    issuer.change(Ins.ACTIVATE, 0, 0, b"")
    return open_session(channel, random, node_key, number=number).identity


class CardSession:
    """The node's role on one card."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue

    @property
    def identity(self) -> CardIdentity:
        """The card this session is with."""
        return self._dialogue.identity

    @property
    def cut(self) -> Cut:
        """A CPU card has room for all of a record."""
        return Cut.WHOLE

    def admit(self, body: bytes) -> None:
        """Every record can be written to this card."""

    def marks(self) -> bytes:
        """The marks of all slots, see :mod:`yika_common.cards.application`.

        Raises:
            CardNotAuthentic: the answer is not this card's.
            CardRefused, CardAbsent, CardRemoved, CardMute: there was no good answer.
        """
        return self._dialogue.marks()

    def read_slot(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The raw credit record of a slot, 0 to 7; ``EMPTY_RECORD`` if nothing was ever sold.

        The meter need not be known.

        Raises:
            CardNotAuthentic: the answer is not this card's.
            CardRefused, CardAbsent, CardRemoved, CardMute: there was no good answer.
        """
        return self._dialogue.read(File.CREDIT, slot)

    def read_write_back(self, slot: int, meter: SlotMeter | None = None) -> bytes:
        """The raw write-back of a slot, or ``EMPTY_WRITE_BACK``; raises as :meth:`read_slot`."""
        return self._dialogue.read(File.WRITE_BACK, slot)

    def read_claim(self, slot: int) -> Claim:
        """What the slot's meter last claimed on this very chip; raises as :meth:`read_slot`."""
        return open_claim(self._dialogue.read(File.CLAIM, slot))

    def write_record(self, slot: int, data: bytes) -> None:
        """Replace the slot's credit record in one atomic update and read it back.

        Raises:
            CardAbsent: no card was there; it holds the old record.
            CardWriteUncertain: it holds the old record or the new one, whole.
            CardReadBackDiffers: the card confirmed the update and reads as something else.
        """
        _write(self._dialogue, File.CREDIT, slot, data)

    def confirm(self, slot: int) -> None:
        """A record that was read stands: an update is atomic."""

    def retire(self) -> None:
        """Put the card out of service for good; records and keys are gone, the session ends.

        Raises:
            CardAbsent: no card was there; it is in use.
            CardWriteUncertain: it is in use or retired, and :func:`recognise` tells which.
        """
        self._dialogue.change(Ins.RETIRE, 0, 0, b"")

    def recycle(self) -> None:
        """Make the card blank; otherwise as :meth:`retire`."""
        self._dialogue.change(Ins.RECYCLE, 0, 0, b"")


class MeterSession:
    """A meter's role on one card: its own slot and nothing else."""

    def __init__(self, dialogue: Dialogue, slot: int) -> None:
        self._dialogue = dialogue
        self.slot = slot

    @property
    def identity(self) -> CardIdentity:
        """The card this session is with."""
        return self._dialogue.identity

    @property
    def cut(self) -> Cut:
        """A CPU card has room for all of a write-back."""
        return Cut.WHOLE

    def read_record(self) -> bytes:
        """The slot's raw credit record, or ``EMPTY_RECORD``; raises as CardSession.read_slot."""
        return self._dialogue.read(File.CREDIT, self.slot)

    def write_claim(self, claim: Claim) -> None:
        """Claim a (generation, count), before crediting it; raises as CardSession.write_record."""
        _write(self._dialogue, File.CLAIM, self.slot, claim.encode())

    def write_write_back(self, data: bytes) -> None:
        """Replace the slot's write-back; raises as CardSession.write_record."""
        _write(self._dialogue, File.WRITE_BACK, self.slot, data)


def open_session(
    channel: CardChannel, random: RandomSource, node_key: bytes, *, number: str | None = None
) -> CardSession:
    """Authenticate as a node with the card's own K_node.

    Args:
        channel: a powered card.
        random: for the host's nonce.
        node_key: 16 bytes.
        number: the card the work began with; another card is refused before it sees a secret.

    Raises:
        CardForeign, CardBlank, CardRetired, CardSwapped: not the card for this; untouched.
        CardNotAuthentic: card and node hold different keys; untouched.
        CardKeyBlocked: too many failures since the card was powered up; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer; untouched.
    """
    identity = recognise_in_use(channel, number)
    return CardSession(Dialogue.begin(channel, random, identity, ROLE_NODE, node_key))


def recycle(
    channel: CardChannel, random: RandomSource, node_key: bytes, *, number: str
) -> CardIdentity:
    """Make the card of that number blank; see :func:`yika_common.cards.contact.recycle`."""
    found = select(channel)
    if found.state is CardState.BLANK:
        return found
    open_session(channel, random, node_key, number=number).recycle()
    return select(channel)


def retire(
    channel: CardChannel, random: RandomSource, node_key: bytes, *, number: str
) -> CardIdentity:
    """Put the card of that number out of service; see :func:`yika_common.cards.contact.retire`."""
    found = select(channel)
    if (found.state, found.number) == (CardState.RETIRED, number):
        return found
    if found.state is CardState.BLANK:
        raise CardBlank
    open_session(channel, random, node_key, number=number).retire()
    return select(channel)


def open_meter_session(
    channel: CardChannel, random: RandomSource, slot: int, auth_key: bytes
) -> MeterSession:
    """Authenticate as the meter of a slot with the meter's K_auth; raises as open_session."""
    identity = recognise_in_use(channel)
    dialogue = Dialogue.begin(channel, random, identity, meter_role(slot), auth_key)
    return MeterSession(dialogue, slot)


def _write(dialogue: Dialogue, file: File, slot: int, data: bytes) -> None:
    dialogue.update(file, slot, data)
    try:
        found = dialogue.read(file, slot)
    except YikaError as cause:
        raise CardWriteUncertain from cause
    if found != data:
        raise CardReadBackDiffers
