"""Memory cards for tests: chips in memory, whose power can fail in any phase of programming."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from card_builders import (
    KEYS,
    METER_ID,
    NODE_KEY,
    NUMBER,
    OTHER_AUTH,
    OTHER_SLOT,
    SLOT,
    repeatable_random,
)
from card_builders import credit_record as whole_record
from yika_common.cards.ciphers import key_of_version, mac8
from yika_common.cards.contact import personalise
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardAbsent, CardRemoved, CardWriteUncertain
from yika_common.cards.memory.issuing import number_chip
from yika_common.cards.record import CreditRecord
from yika_common.cards.slot_meter import SlotMeter
from yika_common.meters.errors import MeterNotOnCard
from yika_common.readers.port import MemoryKind
from yika_common.services import Service
from yika_common.simulated.memory_chip import ChipContent, SimulatedChip, new_content
from yika_common.simulated.memory_contact import MemoryContact

METER = SlotMeter(METER_ID, Service.GAS, KEYS.credit)
Bits = Callable[[int], bytes]


def whole_byte_flickers(seed: int = 0) -> Bits:
    """A weak byte shows one of its two values."""
    draw = _draws(seed)
    return lambda size: bytes(0xFF * (draw() >> 7) for _ in range(size))


def each_bit_flickers(seed: int = 0) -> Bits:
    """Each bit of a weak byte shows one of its two values."""
    draw = _draws(seed)
    return lambda size: bytes(draw() for _ in range(size))


def _draws(seed: int) -> Callable[[], int]:
    state = [seed * 2 + 1]

    def draw() -> int:
        state[0] = (state[0] * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
        return state[0] >> 40 & 0xFF

    return draw


@dataclass
class ChipStoreInMemory:
    """A chip's memory that lasts as long as the object."""

    content: ChipContent

    def load(self) -> ChipContent:
        return self.content

    def commit(self, content: ChipContent) -> None:
        self.content = content


@dataclass
class Card:
    """A memory card in somebody's pocket."""

    kind: MemoryKind
    bits: Bits = field(default_factory=whole_byte_flickers)
    content: ChipContent | None = None

    def __post_init__(self) -> None:
        self.store = ChipStoreInMemory(self.content or new_content(self.kind))
        self.chip = SimulatedChip(self.store, self.bits)

    def contact(self) -> MemoryContact:
        """The card in a reader."""
        return MemoryContact(self.chip)

    def copied(self) -> "Card":
        """Another chip with the same content, code included."""
        return Card(self.kind, self.bits, self.store.content)

    def cut(self, phase: int | None, *, within: bool = False) -> None:
        """Let power fail in that phase of programming, counted from now; None: never."""
        if phase is None:
            self.chip.cut_at = None
        else:
            self.chip.cut(phase, within=within)


def numbered_card(kind: MemoryKind, bits: Bits | None = None, seed: int = 5) -> Card:
    """A blank card of ours."""
    card = Card(kind, bits or whole_byte_flickers())
    number_chip(card.contact(), repeatable_random(seed))
    return card


def make_user_card(
    card: Card, profile: int = 8, number: str = NUMBER, generation: int = 1
) -> Card:
    """The card as one in use: ``KEYS``' meter in slot 2, another in the last or in slot 5."""
    personalise(
        card.contact(),
        repeatable_random(2),
        number=number,
        generation=generation,
        profile=profile,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={SLOT: KEYS.auth, min(OTHER_SLOT, profile - 1): OTHER_AUTH},
    )
    return card


def user_card(kind: MemoryKind, profile: int = 8, bits: Bits | None = None, seed: int = 5) -> Card:
    """A numbered chip as a card in use."""
    return make_user_card(numbered_card(kind, bits, seed), profile)


def sealed(record: CreditRecord, cut: Cut, key: bytes = KEYS.credit) -> bytes:
    """The 130 bytes of a record for cards of that cut."""
    body = cut.record(record.body())
    return body + mac8(key_of_version(record.key_version, key), body)


def record_for(cut: Cut, **changes: object) -> bytes:
    """``card_builders.credit_record`` for cards of that cut."""
    return sealed(whole_record(**changes), cut)


def until_cut(act: Callable[[], object]) -> bool:
    """Whether the act came to its end before the card was lost."""
    with suppress(CardAbsent, CardRemoved, CardWriteUncertain, MeterNotOnCard):
        act()
        return True
    return False
