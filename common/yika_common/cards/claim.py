"""The claim: the (generation, count) that a meter writes before it credits itself.

======  ====  ===============================
offset  size  field
======  ====  ===============================
0       1     format, 1
1       1     0
2       2     generation
4       4     count
======  ====  ===============================

A purchase whose pair is above the claim was not yet taken by the meter and can be refunded on the
spot.  The claim has no MAC: the card lets only the slot's meter write it, and a node reads it
under mutual authentication.  All zeros: nothing was ever claimed.
"""

from yika_common.cards.errors import ContentUnknown
from yika_common.cards.layout import Field, Layout
from yika_common.errors import Phrase
from yika_common.values import dataclass

_FORMAT = 1
_PAIR = Layout(Field("generation", 2), Field("count", 4))
_PREFIX = bytes((_FORMAT, 0))
CLAIM_SIZE = 8
assert len(_PREFIX) + _PAIR.size == CLAIM_SIZE, "the table above says so"


@dataclass(frozen=True, slots=True)
class Claim:
    """What the slot's meter last claimed."""

    generation: int
    count: int

    def __post_init__(self) -> None:
        _PAIR.pack(self)

    @property
    def position(self) -> tuple[int, int]:
        """(generation, count), to be compared as a pair; (0, 0): nothing was ever claimed."""
        return self.generation, self.count

    def encode(self) -> bytes:
        """The :data:`CLAIM_SIZE` bytes for the card."""
        return _PREFIX + _PAIR.pack(self)


def open_claim(data: bytes) -> Claim:
    """The claim in these bytes of a slot.

    Raises:
        ContentUnknown: they are of a format that this program does not know.
    """
    if data == bytes(CLAIM_SIZE):
        return Claim(0, 0)
    if len(data) != CLAIM_SIZE or not data.startswith(_PREFIX):
        raise ContentUnknown(what=Phrase("claim %(bytes)s", bytes=data[:2].hex()))
    return Claim(**_PAIR.unpack(data[len(_PREFIX) :]))
