"""System and managing cards for tests, on every kind of chip."""

import hashlib
from dataclasses import dataclass, field

from card_builders import ChipMemory, CutChannel, repeatable_random
from memory_builders import Card, numbered_card
from yika_common.cards.channel import AnyCard
from yika_common.cards.special.contact import issue
from yika_common.cards.special.face import CardType
from yika_common.cards.special.keys import derive_managing_keys, pin_keys
from yika_common.cards.special.order import SpecialOrder
from yika_common.readers.port import MemoryKind
from yika_common.simulated.icc import UserCardIcc

MASTER = bytes(range(0x60, 0x80))
MANAGING_NUMBER, SYSTEM_NUMBER = "880000000003", "880000000004"
HOLDER = "陈伟"
PIN, SYSTEM_PIN = "271828", "3141592653"
ISSUER = bytes.fromhex("a1a2a3a4a5a6a7a8")
KEYS = derive_managing_keys(MASTER, MANAGING_NUMBER, 1)
SALT = bytes(range(0xB0, 0xC0))
DIGEST = hashlib.sha256(b"an act").digest()
VOUCHER = bytes(range(150))
KINDS = ("cpu", "sle4428", "sle4442")


def quick_stretch(pin: str, salt: bytes) -> bytes:
    """What stands in for Argon2id where a test tears thousands of times."""
    return hashlib.sha256(salt + pin.encode()).digest()


SYSTEM_KEYS = pin_keys(SYSTEM_PIN, SALT, quick_stretch)


def managing_order(**changes: object) -> SpecialOrder:
    held: dict[str, object] = {
        "number": MANAGING_NUMBER,
        "type": CardType.MANAGING,
        "key_version": 1,
        "issuer": ISSUER,
        "valid_from": 1_770_000_000,
        "valid_until": 1_800_000_000,
        "holder": HOLDER,
        "host_key": KEYS.manage,
        "approval_key": KEYS.approve,
    }
    return SpecialOrder(**{**held, **changes})  # type: ignore[arg-type]


def system_order(**changes: object) -> SpecialOrder:
    held: dict[str, object] = {
        "number": SYSTEM_NUMBER,
        "type": CardType.SYSTEM,
        "key_version": 1,
        "issuer": ISSUER,
        "valid_until": 1_800_000_000,
        "salt": SALT,
        "host_key": SYSTEM_KEYS.host,
        "content": VOUCHER,
    }
    return SpecialOrder(**{**held, **changes})  # type: ignore[arg-type]


@dataclass
class AnyChip:
    """A blank chip of one kind that lasts as long as the object; power can fail at any step.

    A step is a command before or after the chip took it, or a phase of programming.
    """

    kind: str
    memory: ChipMemory = field(default_factory=ChipMemory)
    card: Card | None = None
    _channel: CutChannel | None = None

    def __post_init__(self) -> None:
        if self.kind != "cpu" and self.card is None:
            self.card = numbered_card(MemoryKind[self.kind.upper()])

    def contact(self, cut: int | None = None) -> AnyCard:
        """The chip in a reader; it is pulled at that step."""
        if self.card is not None:
            contact = self.card.contact()
            self.card.cut(
                None if cut is None else cut // 2 + 1, within=cut is not None and cut % 2 == 0
            )
            return contact
        at = None if cut is None else cut // 2
        icc = UserCardIcc(self.memory, repeatable_random(7))
        return CutChannel(icc, at, taken=cut is not None and bool(cut % 2))

    def copied(self) -> "AnyChip":
        """Another chip with the same content, as far as a reader gets it."""
        if self.card is not None:
            return AnyChip(self.kind, card=self.card.copied())
        return AnyChip(self.kind, self.memory.copied())


def issued(kind: str, order: SpecialOrder | None = None, pin: str = PIN) -> AnyChip:
    """A special card in use."""
    chip = AnyChip(kind)
    issue(chip.contact(), repeatable_random(3), order or managing_order(), pin, quick_stretch)
    return chip
