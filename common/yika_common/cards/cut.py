"""What of a credit record and a write-back a card has no room for: those bytes are zero.

A record's MAC covers all of its bytes, so the cut is made before the MAC, and whoever unpacks the
record puts the zeros back.  The record of every card is thus the one of
:mod:`yika_common.cards.record`, and a meter reads it by the same rules.  Byte 117, the last of the
witness, is never cut: by it a node tells its own record from another node's of the same purchase.

===========  ===========================  ===============================  ======================
cut          cards                        of the record zero               of the write-back zero
===========  ===========================  ===============================  ======================
0 whole      CPU card; SLE4428, 4 meters  nothing                          nothing
1 close      SLE4428, 6 meters            88 to 95                         50 to 51, 54 to 83
2 narrow     SLE4428, 8 meters            76 to 83, 88 to 116, 118 to 121  50 to 51, 54 to 83
3 bare       SLE4442                      32 to 116, 118 to 121            it has none
===========  ===========================  ===============================  ======================
"""

from enum import IntEnum

from yika_common.cards.errors import CardTooSmall
from yika_common.errors import Phrase


class Cut(IntEnum):
    """How much is left out; the number stands in the journal."""

    WHOLE = 0
    CLOSE = 1
    NARROW = 2
    BARE = 3

    def record(self, body: bytes) -> bytes:
        """The 122 bytes that a MAC covers, as this cut leaves them."""
        return _zeroed(body, _RECORD[self])

    def write_back(self, body: bytes) -> bytes:
        """The 84 bytes that a node's MAC covers, as this cut leaves them."""
        return _zeroed(body, _WRITE_BACK[self])


_RECORD = (
    (),
    (slice(88, 96),),
    (slice(76, 84), slice(88, 117), slice(118, 122)),
    (slice(32, 117), slice(118, 122)),
)
_WRITE_BACK: tuple[tuple[slice, ...], ...] = (
    (),
    (slice(50, 52), slice(54, 84)),
    (slice(50, 52), slice(54, 84)),
    (),
)
PRICE = slice(84, 88)
"""Of a record's body: without it a meter that holds money takes no record."""


def demand_room(cut: Cut, body: bytes) -> None:
    """Refuse the record of a meter that holds money where the cut would take its price.

    Raises:
        CardTooSmall: nothing was written.
    """
    if any(body[PRICE]) and not any(cut.record(body)[PRICE]):
        raise CardTooSmall(what=Phrase("a meter that holds money"))


def _zeroed(body: bytes, parts: tuple[slice, ...]) -> bytes:
    if not parts:
        return body
    left = bytearray(body)
    for part in parts:
        left[part] = bytes(part.stop - part.start)
    return bytes(left)
