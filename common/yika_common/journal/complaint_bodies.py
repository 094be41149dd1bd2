"""What a record says of a customer's complaint; loaded with the first one."""

from typing import ClassVar, Final

from yika_common.journal.body import Body
from yika_common.signing.fields import number, text
from yika_common.values import dataclass

PRICE, CREDIT, METER, CARD, OTHER = "price", "credit", "meter", "card", "other"
ABOUT: Final = (PRICE, CREDIT, METER, CARD, OTHER)
"""What a complaint is about: a price, credit that is missing, what a meter shows, a card."""

_U32 = (1 << 32) - 1
_WORDS_MAX = 1200


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
