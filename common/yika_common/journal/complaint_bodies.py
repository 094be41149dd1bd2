"""What records say of a customer's complaint; loaded with the first one."""

from typing import ClassVar, Final

from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, number, text
from yika_common.values import dataclass

PRICE, CREDIT, METER, CARD, OTHER = "price", "credit", "meter", "card", "other"
ABOUT: Final = (PRICE, CREDIT, METER, CARD, OTHER)
"""What a complaint is about: a price, credit that is missing, what a meter shows, a card."""

PHOTO_MAX: Final = 256 << 10
"""Bytes of a photograph as it is kept."""

_U32 = (1 << 32) - 1
_WORDS_MAX = 1200
_DIGEST_SIZE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Complained(Body):
    """A customer complained, of a receipt or of an account as a whole.

    What he said is sealed like the words of a hold, because it speaks of people.
    """

    kind: ClassVar[str] = "complaint"
    account: str = text("a")
    about: str = text("ab", among=ABOUT)
    words: str = text("wd", most=_WORDS_MAX)
    receipt: int = number("b", default=0)
    """Number of the receipt's first record; 0: of the account as a whole."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of the receipt; 0: this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographed(Body):
    """A photograph was put to a complaint; its bytes stay where they were taken in."""

    kind: ClassVar[str] = "photo"
    complaint: int = number("iq", least=1)
    """Number of the complaint's record."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of the complaint; 0: this one."""
    digest: str = hexadecimal("h", _DIGEST_SIZE)
    """SHA-256 of the photograph as it is kept: a JPEG without anything but its picture."""
    size: int = number("n", least=1, most=PHOTO_MAX)
    """Its bytes."""
