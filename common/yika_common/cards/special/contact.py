"""A special card on any chip, as one thing: recognise, issue, approve, read, burn.

What works with memory cards is loaded when the first lies in the reader.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from yika_common.cards.channel import AnyCard
from yika_common.cards.errors import CardForeign, CardSwapped
from yika_common.cards.special import cpu
from yika_common.cards.special.errors import (
    ManagingCardNeeded,
    PinBlocked,
    PinLastTry,
    SpecialCardBurnt,
    SystemCardNeeded,
)
from yika_common.cards.special.face import CardType, SpecialFace, State, check_new_pin
from yika_common.cards.special.keys import Stretch, pin_keys
from yika_common.cards.special.order import SpecialOrder
from yika_common.readers.port import MemoryChip
from yika_common.values import dataclass

if TYPE_CHECKING:
    from yika_common.cards.special.memory import MemorySpecialSession
    from yika_common.cards.special.memory_cells import Left

RandomSource = Callable[[int], bytes]
LAST = 1


@dataclass(frozen=True, slots=True)
class GivenApproval:
    """What a managing card answers: its count, its proof, and how a memory card is left."""

    counter: int
    proof: bytes
    left: "Left | None"


class ManagingCard(Protocol):
    """A managing card whose host was accepted."""

    face: SpecialFace

    def left(self) -> "Left | None":
        """How a memory card was left at its last use; None for a CPU card, which has no copy.

        Raises:
            CardNotAuthentic: what the card holds is not whole.
        """
        ...

    def approve(self, pin: str, digest: bytes) -> GivenApproval:
        """Approve an act, if the PIN is right.

        Raises:
            WrongPin, PinBlocked: a try is spent; nothing was approved.
            CardNotAuthentic, CardRefused, CardReadBackDiffers, CardRemoved, CardMute: nothing was
                approved; a try may be spent, a count may be skipped.
        """
        ...


class SystemCard(Protocol):
    """A system card whose PIN was right."""

    face: SpecialFace

    def content(self) -> bytes:
        """What headquarters sealed under the PIN.

        Raises:
            CardRefused, CardNotAuthentic, CardRemoved, CardMute: there was no good answer.
        """
        ...


def recognise(contact: AnyCard) -> SpecialFace:
    """What a special card tells anybody; no secret is presented and nothing changes.

    Raises:
        CardForeign: it is no special card of ours.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    if not isinstance(contact, MemoryChip):
        return cpu.recognise(contact)
    from yika_common.cards.special import memory  # noqa: PLC0415 - see above

    return memory.recognise(contact)


def issue(
    contact: AnyCard,
    random: RandomSource,
    order: SpecialOrder,
    pin: str,
    stretch: Stretch,
) -> SpecialFace:
    """Make a blank card the special card of an order; ``pin`` is a managing card's.

    Raises:
        PinUnusable: a managing card needs a better PIN; untouched.
        CardNotBlank, SpecialCardBurnt, CardForeign, CardNotAuthentic, CardTooSmall,
            CardCodeSpent: untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardWriteUncertain, CardRemoved, CardMute: blank or whole; repeat the call.
    """
    if order.type is CardType.MANAGING:
        check_new_pin(pin)
    if not isinstance(contact, MemoryChip):
        return cpu.issue(contact, random, order, pin)
    from yika_common.cards.special import memory_issuing  # noqa: PLC0415 - see above

    return memory_issuing.issue(contact, random, order, pin, stretch)


def managing_face(contact: AnyCard) -> SpecialFace:
    """The face of the managing card in the reader.

    Raises:
        ManagingCardNeeded, SpecialCardBurnt: it is another card, or used up; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    try:
        face = recognise(contact)
    except CardForeign as other:
        raise ManagingCardNeeded from other
    _demand(face, CardType.MANAGING)
    return face


def open_managing(
    contact: AnyCard, random: RandomSource, host_key: bytes, stretch: Stretch
) -> ManagingCard:
    """The managing card in the reader, its host accepted.

    Raises:
        ManagingCardNeeded, SpecialCardBurnt: untouched.
        CardNotAuthentic, CardKeyBlocked, CardCodeSpent: card and node hold different keys.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    managing_face(contact)
    if not isinstance(contact, MemoryChip):
        return _OnCpu(cpu.open_session(contact, random, host_key))
    from yika_common.cards.special import memory  # noqa: PLC0415 - see above

    return _OnMemory(memory.open_session(contact, host_key), random, stretch)


def system_face(contact: AnyCard) -> SpecialFace:
    """The face of the system card in the reader.

    Raises:
        SystemCardNeeded, SpecialCardBurnt: it is another card, or used up; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    try:
        face = recognise(contact)
    except CardForeign as other:
        raise SystemCardNeeded from other
    _demand(face, CardType.SYSTEM)
    return face


def open_system(contact: AnyCard, random: RandomSource, host_key: bytes) -> SystemCard:
    """The system card in the reader, opened with the key that its PIN gives.

    Raises:
        SystemCardNeeded, SpecialCardBurnt: untouched.
        WrongPin, PinBlocked: a CPU card spent a try.
        SystemPinWrong: a memory card; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    system_face(contact)
    if not isinstance(contact, MemoryChip):
        return cpu.open_session(contact, random, host_key)
    from yika_common.cards.special import memory  # noqa: PLC0415 - see above

    return memory.open_session(contact, host_key)


def burn(
    contact: AnyCard, random: RandomSource, host_key: bytes, number: str, serial: bytes
) -> None:
    """Make the special card of that number and chip good for nothing, for ever.

    It can be repeated after a pull; a card that is burnt stays so.

    Raises:
        CardSwapped: it is another card; untouched.
        CardForeign: it is no card of ours; untouched.
        CardNotAuthentic, CardKeyBlocked, CardCodeSpent, WrongPin, PinBlocked: it has other keys.
        CardWriteUncertain, CardReadBackDiffers, CardRemoved, CardMute: repeat the call.
    """
    if isinstance(contact, MemoryChip):
        from yika_common.cards.special import memory  # noqa: PLC0415 - see above

        memory.burn(contact, host_key, number, serial)
        return
    face = cpu.recognise(contact)
    if (face.number, face.serial) != (number, serial):
        raise CardSwapped(expected=number, found=face.number or face.serial.hex())
    if face.state is not State.BURNT:
        cpu.open_session(contact, random, host_key).burn()


def system_keys(face: SpecialFace, pin: str, stretch: Stretch) -> tuple[bytes, bytes]:
    """Host key and box key that a PIN gives for this system card."""
    keys = pin_keys(pin, face.salt, stretch)
    return keys.host, keys.box


def demand_tries(face: SpecialFace, *, last: bool) -> None:
    """Let a PIN be presented, unless that could block the card and nobody knows.

    Raises:
        PinBlocked: there is no try left.
        PinLastTry: there is one, and ``last`` does not say that this is known.
    """
    if not face.tries:
        raise PinBlocked(number=face.number)
    if face.tries == LAST and not last:
        raise PinLastTry(number=face.number)


class _OnCpu:
    def __init__(self, session: cpu.SpecialSession) -> None:
        self.face = session.face
        self._session = session

    def left(self) -> None:
        return None

    def approve(self, pin: str, digest: bytes) -> GivenApproval:
        counter, proof = self._session.approve(pin, digest)
        return GivenApproval(counter, proof, None)


class _OnMemory:
    def __init__(
        self, session: "MemorySpecialSession", random: RandomSource, stretch: Stretch
    ) -> None:
        self.face = session.face
        self._session = session
        self._random = random
        self._stretch = stretch

    def left(self) -> "Left":
        return self._session.left()

    def approve(self, pin: str, digest: bytes) -> GivenApproval:
        counter, proof, left = self._session.approve(pin, digest, self._stretch, self._random)
        return GivenApproval(counter, proof, left)


def _demand(face: SpecialFace, kind: CardType) -> None:
    if face.type is kind and face.state is State.BURNT:
        raise SpecialCardBurnt(number=face.number)
    if face.type is not kind or face.state is not State.IN_USE:
        raise SystemCardNeeded if kind is CardType.SYSTEM else ManagingCardNeeded
