"""Cards of every type in somebody's pocket, and a reader that loses them, or power, at any step.

A step is a command to a CPU card, before it arrives and after it was taken; or a byte programmed
in a memory chip, in the middle of a phase or at its end, and after all of it.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from card_builders import ChipMemory, repeatable_random
from memory_builders import Card, numbered_card, whole_byte_flickers
from node_world import Fate, PowerCut
from yika_common.cards.application import CardState
from yika_common.cards.contact import recognise
from yika_common.cards.errors import CardAbsent, CardRemoved
from yika_common.errors import YikaError
from yika_common.readers.port import CardConnection, MemoryKind, ReaderDescription
from yika_common.simulated.icc import CardMemory, UserCardIcc, blank_memory
from yika_common.simulated.memory_chip import ChipContent, Do
from yika_common.simulated.memory_contact import MemoryContact

CPU = "CPU"
KINDS: tuple[str, ...] = (CPU, MemoryKind.SLE4428.name, MemoryKind.SLE4442.name)
Image = CardMemory | ChipContent
_PROGRAMS = {Do.WRITE, Do.WRITE_AND_PROTECT, Do.PROTECT, Do.WRITE_COUNTER}


class Torn(MemoryContact):
    """A memory chip in a reader, torn where fate says."""

    def __init__(self, card: Card, fate: Fate, lost: Callable[[], None]) -> None:
        self._card, self._fate, self._lost = card, fate, lost
        self._within = False
        super().__init__(card.chip)

    def _do(self, do: Do, address: int, data: int = 0, count: int = 1) -> bytes:
        if do not in _PROGRAMS:
            return super()._do(do, address, data, count)
        self._within = not self._within
        try:
            torn = self._fate.step(f"byte {address}")
        except PowerCut:
            self._tear(do, address, data)
            raise
        if torn:
            self._tear(do, address, data)
            self._leave()
        answer = super()._do(do, address, data, count)
        if self._fate.step(f"after byte {address}"):
            self._leave()
        return answer

    def _leave(self) -> NoReturn:
        self.disconnect()
        self._lost()
        raise CardRemoved

    def _tear(self, do: Do, address: int, data: int) -> None:
        self._card.cut(1, within=self._within)
        with suppress(CardRemoved):
            super()._do(do, address, data)
        self._card.cut(None)
        self.disconnect()


class Dialogue(CardConnection):
    """A CPU card in a reader, pulled where fate says."""

    def __init__(self, icc: UserCardIcc, fate: Fate, lost: Callable[[], None]) -> None:
        self._icc, self._fate, self._lost = icc, fate, lost
        self._gone = False
        self.atr = UserCardIcc.atr

    def transmit(self, apdu: bytes) -> bytes:
        if self._gone:
            raise CardAbsent
        self._step(f"before card {apdu[1]:02X}")
        answer = self._icc.transmit(apdu)
        self._step(f"after card {apdu[1]:02X}")
        return answer

    def disconnect(self) -> None:
        """The reader lets it go."""

    def _step(self, name: str) -> None:
        if self._fate.step(name):
            self._gone = True
            self._lost()
            raise CardRemoved

    def __enter__(self) -> "Dialogue":
        return self

    def __exit__(self, *_: object) -> None:
        self.disconnect()


@dataclass
class Pocket:
    """One card, of whatever type, that somebody carries about."""

    kind: str
    serial: int
    chip: ChipMemory = field(init=False)
    card: Card = field(init=False)

    def __post_init__(self) -> None:
        if self.kind == CPU:
            self.chip = ChipMemory(blank_memory(b"CHIP%04d" % self.serial))
        else:
            kind = MemoryKind[self.kind]
            self.card = numbered_card(
                kind, whole_byte_flickers(self.serial), seed=100 + self.serial
            )

    @property
    def image(self) -> Image:
        """Everything the card keeps without power."""
        return self.chip.memory if self.kind == CPU else self.card.store.content

    @image.setter
    def image(self, image: Image) -> None:
        if isinstance(image, CardMemory):
            self.chip.memory = image
        else:
            self.card = Card(MemoryKind[self.kind], self.card.bits, image)

    def contact(
        self, fate: Fate | None = None, lost: Callable[[], None] = lambda: None
    ) -> CardConnection | MemoryContact:
        """The card, powered, in a reader or a meter."""
        fate = fate or Fate()
        if self.kind != CPU:
            return Torn(self.card, fate, lost)
        icc = UserCardIcc(self.chip, repeatable_random(11))
        icc.reset()
        return Dialogue(icc, fate, lost)

    def copied(self) -> "Pocket":
        """The same card once more."""
        other = Pocket(self.kind, self.serial)
        other.image = self.image
        return other


class AnyHand:
    """A vending point's reader, and the hand that puts cards of any type into it."""

    def __init__(self) -> None:
        self.fate = Fate()
        self.pocket: Pocket | None = None

    def insert(self, pocket: Pocket) -> None:
        self.pocket = pocket

    def pull(self) -> None:
        self.pocket = None

    def describe(self) -> ReaderDescription:
        return ReaderDescription("hand", "simulated", 0, "")

    def card_present(self) -> bool:
        return self.pocket is not None

    def connect(self) -> CardConnection | MemoryContact:
        if self.pocket is None:
            raise CardAbsent
        return self.pocket.contact(self.fate, self.pull)

    def close(self) -> None:
        pass


def number_of(pocket: Pocket) -> str:
    """The number of a card in use; nothing while it is none, or none any more."""
    try:
        identity = recognise(pocket.contact())
    except YikaError:
        return ""
    return identity.number if identity.state is CardState.USER else ""
