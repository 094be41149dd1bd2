"""A special card on a memory chip: SLE4428 or SLE4442, the same bytes on both.

The first 32 bytes are those of every card of ours (:mod:`yika_common.cards.memory.layout`), with
the state ``56``: a special card.  A counter that knows only customers' cards sees a foreign card.

======  ====  =====================================================================
offset  size  content
======  ====  =====================================================================
27      1     state: ``56`` in use, ``00`` and frozen: burnt, the bytes from 81 or 113 on zeros
31      1     key version
32      1     type: ``82`` system, ``83`` managing
33      8     card number, packed name
41      8     issuer
49      4     good from
53      4     good until
57      16    salt of a system card's PIN; zeros on a managing card
73      8     system: CMAC under K_host of bytes 8 to 20 and 31 to 72, first 8 bytes
81      1     system: size of what follows
82      n     system: the sealed voucher
73      32    managing: holder, UTF-8, zeros behind
105     8     managing: CMAC under K_manage of bytes 8 to 20 and 31 to 104, first 8 bytes
113     1     managing: tries left, its lowest three bits
114     53    managing: first cell
167     53    managing: second cell
======  ====  =====================================================================

A *cell* is a mark (``F0``, as of slot 0) and 52 bytes, written by the rules of
:mod:`yika_common.cards.memory.cells`:

======  ====  =====================================================================
offset  size  content
======  ====  =====================================================================
0       4     counter: approvals given
4       16    rolling secret
20      24    K_approve, wrapped (RFC 3394) under the key that the PIN gives
44      8     CMAC under K_manage of ``yika/roll``, number (12), serial and bytes 0 to 43
======  ====  =====================================================================

The key that the PIN gives is the CMAC, under K_manage, of ``yika/pin`` and the PIN stretched with
the rolling secret for a salt.  Whoever has the card alone can't try PINs: he lacks K_manage.

Each use spends a try, unwraps, writes the *other* cell with counter + 1, a new secret and the key
wrapped anew, and gives the tries back.  The cell of the highest counter with the right MAC counts,
so a pull leaves the card before or after the use, whole.  A node keeps how it left each card
(:class:`~yika_common.cards.special.memory_cells.Left`): a card with a lower counter, or with the
same one and another secret, is one of two copies.

What this can't do: prevent a copy.  A copy works until the other one is seen where it was used;
the tries can be restored with the rest of the content, so each node counts wrong PINs itself; and
the node holds K_approve for the moment of an approval.

The chip's code is the first bytes of the CMAC under K_manage or K_host of ``yika/code``, the card
number (12) and the chip serial, and is presented only where the head's MAC is right.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from yika_common.cards.ciphers import MAC_SIZE, cmac, mac8, same
from yika_common.cards.errors import (
    CardForeign,
    CardNotAuthentic,
    CardSwapped,
)
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_from_bytes, name_to_bytes
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import (
    write_cell,
    write_firmly,
)
from yika_common.cards.memory.head import (
    SPECIAL_MARK,
    numbered,
)
from yika_common.cards.memory.issuing import (
    present_code,
)
from yika_common.cards.memory.names import unpack_name
from yika_common.cards.special.errors import (
    PinBlocked,
    SpecialCardBurnt,
    SystemPinWrong,
    WrongPin,
)
from yika_common.cards.special.face import (
    HOLDER_SIZE,
    ISSUER_SIZE,
    SALT_SIZE,
    TRIES_MAX,
    CardType,
    SpecialFace,
    State,
    approval_proof,
)
from yika_common.cards.special.keys import Stretch
from yika_common.cards.special.memory_cells import (
    CELLS_AT,
    END,
    MARK,
    SECRET_SIZE,
    TRIES_AT,
    Cell,
    Left,
    cell_of,
    cells_of,
    pin_key,
    tries_of,
    write_tries,
)
from yika_common.cards.special.order import CONTENT_MAX
from yika_common.readers.port import MemoryChip

RandomSource = Callable[[int], bytes]

TYPE_AT: Final = 32
NUMBER_AT, NUMBER_SIZE = 33, 8
ISSUER_AT: Final = 41
FROM_AT, UNTIL_AT, TIME_SIZE = 49, 53, 4
SALT_AT: Final = 57
SYSTEM_MAC_AT: Final = 73
SIZE_AT, CONTENT_AT = 81, 82
HOLDER_AT: Final = 73
MANAGING_MAC_AT: Final = 105

TYPE_MARK: Final = 0x80
BURNT_MARK: Final = 0x00
_CODE_LABEL = b"yika/code"
HEAD_SIZE: Final = SYSTEM_MAC_AT


def recognise(chip: MemoryChip) -> SpecialFace:
    """What the card tells anybody; no code is presented and nothing changes.

    Raises:
        CardForeign: it is no special card of ours.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    return read_face(chip)[0]


class MemorySpecialSession:
    """A host's work on one special card whose code was accepted."""

    def __init__(self, chip: MemoryChip, face: SpecialFace, host_key: bytes) -> None:
        self.face = face
        self._chip = chip
        self._host_key = host_key

    def content(self) -> bytes:
        """A system card's content."""
        size = self._chip.read(SIZE_AT, 1)[0]
        return self._chip.read(CONTENT_AT, size)

    def left(self) -> Left:
        """How the card was left at its last use.

        Raises:
            CardNotAuthentic: neither cell is whole.
        """
        return self._live().left

    def approve(
        self, pin: str, digest: bytes, stretch: Stretch, random: RandomSource
    ) -> tuple[int, bytes, Left]:
        """Counter and proof for that act, and how the card is left; once the PIN is right.

        Raises:
            WrongPin, PinBlocked: a try is spent; nothing was approved.
            CardNotAuthentic: neither cell is whole.
            CardReadBackDiffers, CardRemoved, CardMute: nothing was approved; a try may be spent,
                a count may be skipped.
        """
        live = self._live()
        tries = tries_of(self._chip)
        if not tries:
            raise PinBlocked(number=self.face.number)
        write_tries(self._chip, tries - 1)
        try:
            key = aes_key_unwrap(pin_key(self._host_key, pin, live.secret, stretch), live.wrapped)
        except InvalidUnwrap as wrong:
            if tries == 1:
                raise PinBlocked(number=self.face.number) from wrong
            raise WrongPin(number=self.face.number, left=tries - 1) from wrong
        counter, secret = live.counter + 1, random(SECRET_SIZE)
        wrapped = aes_key_wrap(pin_key(self._host_key, pin, secret, stretch), key)
        other = next(offset for offset in CELLS_AT if offset != live.offset)
        content = cell_of(self._host_key, self.face, counter, secret, wrapped)
        write_cell(self._chip, other, MARK, content)
        write_tries(self._chip, TRIES_MAX)
        proof = approval_proof(key, self.face.number, counter, digest)
        return counter, proof, Left(counter, hashlib.sha256(secret).digest())

    def _live(self) -> Cell:
        found = cells_of(self._chip, self._host_key, self.face)
        if not found:
            raise CardNotAuthentic(number=self.face.number)
        return max(found, key=lambda cell: cell.counter)


def open_session(chip: MemoryChip, host_key: bytes) -> MemorySpecialSession:
    """Present the code of a special card whose head was made under this key.

    Raises:
        CardForeign: it is no special card of ours.
        SpecialCardBurnt: untouched.
        SystemPinWrong: a system card, and the key is not its PIN's; untouched.
        CardNotAuthentic: another head or code than this key gives; untouched.
        CardCodeSpent: one wrong code more would block the chip; untouched.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    face, head = read_face(chip)
    if face.state is State.BURNT:
        raise SpecialCardBurnt(number=face.number)
    end = mac_at(face.type)
    if not same(head[end : end + MAC_SIZE], head_mac(host_key, head[:end])):
        if face.type is CardType.SYSTEM:
            raise SystemPinWrong(number=face.number)
        raise CardNotAuthentic(number=face.number)
    code = special_code(host_key, face.number, face.serial, chip.kind.facts.code_size)
    present_code(chip, code, face.number)
    return MemorySpecialSession(chip, face, host_key)


def burn(chip: MemoryChip, host_key: bytes, number: str, serial: bytes) -> None:
    """Make the special card on the chip of that serial good for nothing, for ever.

    It can be repeated, also where a pull has left the state as that of a blank chip.

    Raises:
        CardSwapped: it is another chip; untouched.
        CardNotAuthentic, CardCodeSpent: it has another code.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardRemoved, CardMute: repeat the call.
    """
    facts = chip.kind.facts
    if chip.read(at.FROZEN.start, at.FROZEN.stop - at.FROZEN.start) != numbered(serial):
        found = chip.read(at.SERIAL_AT, at.SERIAL_SIZE).hex()
        raise CardSwapped(expected=number, found=found)
    present_code(chip, special_code(host_key, number, serial, facts.code_size), number)
    managing = chip.read(TYPE_AT, 1)[0] == TYPE_MARK | CardType.MANAGING
    start, end = (TRIES_AT, END) if managing else (SIZE_AT, CONTENT_AT + CONTENT_MAX)
    write_firmly(chip, start, bytes(min(end, facts.size) - start))
    write_firmly(chip, at.STATE_AT, bytes((BURNT_MARK,)))
    chip.freeze(at.STATE_AT, bytes((BURNT_MARK,)))


def special_code(host_key: bytes, number: str, serial: bytes, size: int) -> bytes:
    """The chip's code."""
    name = name_to_bytes(number, CARD_NUMBER_SIZE)
    return cmac(host_key, _CODE_LABEL + name + serial)[:size]


def is_numbered(chip: MemoryChip, head: bytes) -> bool:
    """Whether the first bytes are those of a chip that was numbered for this system."""
    atr = chip.kind.facts.atr
    serial = head[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    return head[: len(atr)] == atr and head[at.FROZEN] == numbered(serial)


def read_face(chip: MemoryChip, head: bytes = b"") -> tuple[SpecialFace, bytes]:
    """The face, and the bytes of the head up to and with its MAC; ``head`` was read already."""
    head = head or chip.read(0, HEAD_SIZE)
    serial = head[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    state = {SPECIAL_MARK: State.IN_USE, BURNT_MARK: State.BURNT}.get(head[at.STATE_AT])
    if not state or not is_numbered(chip, head):
        raise CardForeign
    try:
        kind = CardType(head[TYPE_AT] ^ TYPE_MARK)
        end = mac_at(kind) + MAC_SIZE
        head += chip.read(HEAD_SIZE, end - HEAD_SIZE)
        packed = head[NUMBER_AT : NUMBER_AT + NUMBER_SIZE]
        managing = kind is CardType.MANAGING
        held_by = head[HOLDER_AT : HOLDER_AT + HOLDER_SIZE].rstrip(b"\0") if managing else b""
        face = SpecialFace(
            number=name_from_bytes(unpack_name(packed, CARD_NUMBER_SIZE)),
            type=kind,
            state=state,
            key_version=head[at.KEY_VERSION_AT],
            serial=serial,
            issuer=head[ISSUER_AT : ISSUER_AT + ISSUER_SIZE],
            valid_from=int.from_bytes(head[FROM_AT:UNTIL_AT], "big"),
            valid_until=int.from_bytes(head[UNTIL_AT:SALT_AT], "big"),
            holder=held_by.decode(),
            tries=tries_of(chip) if managing else TRIES_MAX,
            salt=head[SALT_AT : SALT_AT + SALT_SIZE],
        )
    except (KeyError, ValueError) as cause:
        raise CardForeign from cause
    return face, head


def mac_at(kind: CardType) -> int:
    """Where the head of a type of card has its MAC."""
    return {CardType.SYSTEM: SYSTEM_MAC_AT, CardType.MANAGING: MANAGING_MAC_AT}[kind]


def head_mac(host_key: bytes, head: bytes) -> bytes:
    """The MAC of a head's bytes from 0 up to where its MAC stands."""
    return mac8(host_key, head[at.FROZEN] + head[at.KEY_VERSION_AT :])
