"""The rolling state of a managing card on a memory chip: its cells, its tries, the PIN's key.

The tables are those of :mod:`yika_common.cards.special.memory`.
"""

import hashlib
from typing import Final

from yika_common.cards.ciphers import KEY_SIZE, MAC_SIZE, cmac, mac8, same
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_to_bytes
from yika_common.cards.memory.cells import demand, mark_of, marked
from yika_common.cards.special.face import COUNTER_SIZE, SpecialFace
from yika_common.cards.special.keys import Stretch
from yika_common.readers.port import MemoryChip
from yika_common.values import dataclass

TRIES_AT: Final = 113
CELLS_AT: Final = (114, 167)
CELL_SIZE: Final = 52
END: Final = CELLS_AT[1] + 1 + CELL_SIZE
SECRET_SIZE: Final = 16
WRAPPED_SIZE: Final = 24
MARK: Final = mark_of(0)
TRIES: Final = {3: 0x07, 2: 0x03, 1: 0x01, 0: 0x00}

_ROLL_LABEL, _PIN_LABEL = b"yika/roll", b"yika/pin"
_TRY_BITS = 0x07
_ALL_TRIES = (0xA7, 0x57)
_BODY_SIZE = CELL_SIZE - MAC_SIZE


@dataclass(frozen=True, slots=True)
class Left:
    """How a managing card was left: its counter and the SHA-256 of its rolling secret."""

    counter: int
    secret: bytes

    def overtakes(self, shown: "Left") -> bool:
        """Whether a card that shows ``shown`` is one of two copies of the card left like this."""
        if shown.counter == self.counter:
            return not same(shown.secret, self.secret)
        return shown.counter < self.counter


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the two states that the card holds."""

    offset: int
    counter: int
    secret: bytes
    wrapped: bytes

    @property
    def left(self) -> Left:
        """How the card stands with this state."""
        return Left(self.counter, hashlib.sha256(self.secret).digest())


def cells_of(chip: MemoryChip, host_key: bytes, face: SpecialFace) -> list[Cell]:
    """The cells that are marked and whole."""
    found = []
    for offset in CELLS_AT:
        data = chip.read(offset, 1 + CELL_SIZE)
        body, mac = data[1 : 1 + _BODY_SIZE], data[1 + _BODY_SIZE :]
        if marked(data[0]) == (0, False) and same(mac, _cell_mac(host_key, face, body)):
            counter = int.from_bytes(body[:COUNTER_SIZE], "big")
            secret = body[COUNTER_SIZE : COUNTER_SIZE + SECRET_SIZE]
            found.append(Cell(offset, counter, secret, body[COUNTER_SIZE + SECRET_SIZE :]))
    return found


def cell_of(
    host_key: bytes, face: SpecialFace, counter: int, secret: bytes, wrapped: bytes
) -> bytes:
    """The 52 bytes of a state."""
    body = counter.to_bytes(COUNTER_SIZE, "big") + secret + wrapped
    return body + _cell_mac(host_key, face, body)


def _cell_mac(host_key: bytes, face: SpecialFace, body: bytes) -> bytes:
    name = name_to_bytes(face.number, CARD_NUMBER_SIZE)
    return mac8(host_key, _ROLL_LABEL + name + face.serial + body)


def pin_key(host_key: bytes, pin: str, secret: bytes, stretch: Stretch) -> bytes:
    """The key that a PIN gives with a rolling secret."""
    return cmac(host_key, _PIN_LABEL + stretch(pin, secret))


def tries_of(chip: MemoryChip) -> int:
    """Tries that are left for the PIN."""
    return (chip.read(TRIES_AT, 1)[0] & _TRY_BITS).bit_count()


def write_tries(chip: MemoryChip, tries: int) -> None:
    """Set the tries that are left.

    Three values in a row, so that the byte is not weak; a pull on the way can give tries back and
    never takes one more.  That is why a node counts wrong PINs itself.

    Raises:
        CardReadBackDiffers: the chip does not keep what is written to it.
    """
    for value in (*_ALL_TRIES, TRIES[tries]):
        chip.write(TRIES_AT, bytes((value,)))
    demand(chip, TRIES_AT, bytes((TRIES[tries],)))


assert COUNTER_SIZE + SECRET_SIZE + WRAPPED_SIZE + MAC_SIZE == CELL_SIZE
assert KEY_SIZE + 8 == WRAPPED_SIZE, "RFC 3394 adds 8 bytes"
