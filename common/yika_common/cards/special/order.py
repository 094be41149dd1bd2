"""What a special card is to become: what headquarters orders and an issuing node writes."""

from dataclasses import field

from yika_common.cards.ciphers import KEY_SIZE
from yika_common.cards.special.face import (
    CONTENT_SIZE,
    NO_SALT,
    CardType,
    SpecialFace,
    State,
)
from yika_common.values import dataclass

LENGTH_SIZE = 2
CONTENT_MAX = CONTENT_SIZE - LENGTH_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialOrder:
    """Everything but the PIN, which a managing card's holder chooses when it is written.

    Attributes:
        host_key: K_manage, or the key that a system card's PIN gives.
        approval_key: a managing card's key for approvals.
        content: a system card's voucher, sealed under its PIN.
    """

    number: str
    type: CardType
    key_version: int
    issuer: bytes
    valid_from: int = 0
    valid_until: int = 0
    holder: str = ""
    salt: bytes = NO_SALT
    host_key: bytes = field(repr=False)
    approval_key: bytes = field(default=b"", repr=False)
    content: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        managing = self.type is CardType.MANAGING
        if len(self.host_key) != KEY_SIZE or len(self.approval_key) != KEY_SIZE * managing:
            raise ValueError("a special card's keys are 16 bytes")
        if bool(self.content) is managing or len(self.content) > CONTENT_MAX:
            raise ValueError("a system card, and no other, has a content that fits it")
        self.face(bytes(8))

    def face(self, serial: bytes) -> SpecialFace:
        """The face of this card on the chip of that serial."""
        return SpecialFace(
            number=self.number,
            type=self.type,
            state=State.IN_USE,
            key_version=self.key_version,
            serial=serial,
            issuer=self.issuer,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            holder=self.holder,
            salt=self.salt,
        )

    def padded_content(self) -> bytes:
        """The content as the CPU card's file holds it: length, bytes, zeros."""
        length = len(self.content).to_bytes(LENGTH_SIZE, "big")
        return (length + self.content).ljust(CONTENT_SIZE, b"\0")


def unpadded(data: bytes) -> bytes:
    """The content in the bytes of the file."""
    length = int.from_bytes(data[:LENGTH_SIZE], "big")
    return data[LENGTH_SIZE : LENGTH_SIZE + length]
