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
(:class:`Left`): a card with a lower counter, or with the same one and another secret, is one of
two copies.

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

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.ciphers import KEY_SIZE, MAC_SIZE, cmac, mac8, same
from yika_common.cards.errors import (
    CardForeign,
    CardNotAuthentic,
    CardNotBlank,
    CardSwapped,
    CardTooSmall,
)
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_from_bytes, name_to_bytes
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import (
    CLEAN,
    demand,
    is_steady,
    mark_of,
    marked,
    scrub,
    write_cell,
    write_firmly,
)
from yika_common.cards.memory.head import (
    SPECIAL_MARK,
    UNWRITTEN,
    USER_MARK,
    CardHead,
    numbered,
    read_head,
)
from yika_common.cards.memory.issuing import (
    BEING_ISSUED,
    change_code,
    open_blank,
    present_code,
)
from yika_common.cards.memory.names import pack_name, unpack_name
from yika_common.cards.special.errors import (
    PinBlocked,
    SpecialCardBurnt,
    SystemPinWrong,
    WrongPin,
)
from yika_common.cards.special.face import (
    COUNTER_SIZE,
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
from yika_common.cards.special.order import SpecialOrder
from yika_common.errors import Phrase
from yika_common.readers.port import MemoryChip
from yika_common.values import dataclass

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
TRIES_AT: Final = 113
CELLS_AT: Final = (114, 167)
CELL_SIZE: Final = 52
END: Final = CELLS_AT[1] + 1 + CELL_SIZE
SECRET_SIZE: Final = 16
WRAPPED_SIZE: Final = 24

_TYPE = 0x80
_BURNT = 0x00
_CODE_LABEL, _ROLL_LABEL, _PIN_LABEL = b"yika/code", b"yika/roll", b"yika/pin"
_MARK = mark_of(0)
_TRIES = {3: 0x07, 2: 0x03, 1: 0x01, 0: 0x00}
_TRY_BITS = 0x07
_ALL_TRIES = (0xA7, 0x57)
_BODY_SIZE = CELL_SIZE - MAC_SIZE
_HEAD_SIZE = SYSTEM_MAC_AT


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
class _Cell:
    """One of the two states that the card holds."""

    offset: int
    counter: int
    secret: bytes
    wrapped: bytes

    @property
    def left(self) -> Left:
        return Left(self.counter, hashlib.sha256(self.secret).digest())


def recognise(chip: MemoryChip) -> SpecialFace:
    """What the card tells anybody; no code is presented and nothing changes.

    Raises:
        CardForeign: it is no special card of ours.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    return _read_face(chip)[0]


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
        tries = _tries(self._chip)
        if not tries:
            raise PinBlocked(number=self.face.number)
        self._set_tries(tries - 1)
        try:
            key = aes_key_unwrap(self._pin_key(pin, live.secret, stretch), live.wrapped)
        except InvalidUnwrap as wrong:
            if tries == 1:
                raise PinBlocked(number=self.face.number) from wrong
            raise WrongPin(number=self.face.number, left=tries - 1) from wrong
        counter, secret = live.counter + 1, random(SECRET_SIZE)
        wrapped = aes_key_wrap(self._pin_key(pin, secret, stretch), key)
        other = next(offset for offset in CELLS_AT if offset != live.offset)
        content = _cell(self._host_key, self.face, counter, secret, wrapped)
        write_cell(self._chip, other, _MARK, content)
        self._set_tries(TRIES_MAX)
        proof = approval_proof(key, self.face.number, counter, digest)
        return counter, proof, Left(counter, hashlib.sha256(secret).digest())

    def _live(self) -> _Cell:
        found = _cells(self._chip, self._host_key, self.face)
        if not found:
            raise CardNotAuthentic(number=self.face.number)
        return max(found, key=lambda cell: cell.counter)

    def _set_tries(self, tries: int) -> None:
        # Three values in a row, so that the byte is not weak; a pull on the way can give tries
        # back and never takes one more.  That is why a node counts wrong PINs itself.
        for value in (*_ALL_TRIES, _TRIES[tries]):
            self._chip.write(TRIES_AT, bytes((value,)))
        demand(self._chip, TRIES_AT, bytes((_TRIES[tries],)))

    def _pin_key(self, pin: str, secret: bytes, stretch: Stretch) -> bytes:
        return _pin_key(self._host_key, pin, secret, stretch)


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
    face, head = _read_face(chip)
    if face.state is State.BURNT:
        raise SpecialCardBurnt(number=face.number)
    end = _mac_at(face.type)
    if not same(head[end : end + MAC_SIZE], _head_mac(host_key, head[:end])):
        if face.type is CardType.SYSTEM:
            raise SystemPinWrong(number=face.number)
        raise CardNotAuthentic(number=face.number)
    code = special_code(host_key, face.number, face.serial, chip.kind.facts.code_size)
    present_code(chip, code, face.number)
    return MemorySpecialSession(chip, face, host_key)


def issue(
    chip: MemoryChip,
    random: RandomSource,
    order: SpecialOrder,
    pin: str,
    stretch: Stretch,
) -> SpecialFace:
    """Make a numbered chip the special card of an order; ``pin`` is a managing card's.

    Cut anywhere, the chip is blank and the call is repeated, or it is the card.

    Raises:
        CardNotBlank: it is another card; untouched.
        SpecialCardBurnt, CardForeign, CardNotAuthentic, CardCodeSpent: untouched.
        CardTooSmall: the voucher is too long for this chip; untouched.
        CardReadBackDiffers: the chip does not keep what is written to it.
        CardRemoved, CardMute: repeat the call.
    """
    head = _blank_head(chip, order)
    if head.data[at.STATE_AT] == SPECIAL_MARK and _is_steady(chip):
        return open_session(chip, order.host_key).face
    face = order.face(head.identity.serial)
    body = _body(face, order, random, pin, stretch)
    _demand_room(chip, body)
    code = special_code(order.host_key, face.number, face.serial, chip.kind.facts.code_size)
    open_blank(chip, head, code)
    # Where an earlier attempt was cut, a byte that reads as it should may be weak.
    again = not is_steady(chip, at.STATE_AT, bytes((UNWRITTEN,)))
    write_firmly(chip, at.STATE_AT, BEING_ISSUED)
    _wipe(chip)
    if again:
        scrub(chip, at.KEY_VERSION_AT, body)
    chip.write(at.KEY_VERSION_AT, body)
    demand(chip, at.KEY_VERSION_AT, body)
    change_code(chip, head.begun, code)
    chip.write(at.STATE_AT, bytes((SPECIAL_MARK,)))
    demand(chip, at.STATE_AT, bytes((SPECIAL_MARK,)))
    return recognise(chip)


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
    managing = chip.read(TYPE_AT, 1)[0] == _TYPE | CardType.MANAGING
    start = TRIES_AT if managing else SIZE_AT
    write_firmly(chip, start, bytes(min(END, facts.size) - start))
    write_firmly(chip, at.STATE_AT, bytes((_BURNT,)))
    chip.freeze(at.STATE_AT, bytes((_BURNT,)))


def special_code(host_key: bytes, number: str, serial: bytes, size: int) -> bytes:
    """The chip's code."""
    name = name_to_bytes(number, CARD_NUMBER_SIZE)
    return cmac(host_key, _CODE_LABEL + name + serial)[:size]


def _blank_head(chip: MemoryChip, order: SpecialOrder) -> CardHead:
    """The head of a chip that can be issued, or shows itself as this order's card.

    A state that was torn shows that now and then: it is read once.

    Raises:
        CardForeign, CardNotBlank, SpecialCardBurnt: it is another card; untouched.
    """
    head = chip.read(0, _HEAD_SIZE)
    if head[at.STATE_AT] in (SPECIAL_MARK, _BURNT):
        face = _read_face(chip, head)[0]
        if face.state is State.BURNT:
            raise SpecialCardBurnt(number=face.number)
        if face.with_tries(TRIES_MAX) != order.face(face.serial):
            raise CardNotBlank(number=face.number)
    elif head[at.STATE_AT] == USER_MARK:
        raise CardNotBlank(number=read_head(chip).identity.number)
    elif not _is_numbered(chip, head):
        raise CardForeign
    blank = CardIdentity(
        number="",
        generation=0,
        state=CardState.BLANK,
        profile=0,
        key_version=0,
        serial=head[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE],
    )
    return CardHead(chip.kind, head, blank, None)


def _is_numbered(chip: MemoryChip, head: bytes) -> bool:
    atr = chip.kind.facts.atr
    serial = head[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    return head[: len(atr)] == atr and head[at.FROZEN] == numbered(serial)


def _is_steady(chip: MemoryChip) -> bool:
    return is_steady(chip, at.STATE_AT, bytes((SPECIAL_MARK,)))


def _read_face(chip: MemoryChip, head: bytes = b"") -> tuple[SpecialFace, bytes]:
    """The face, and the bytes of the head up to and with its MAC; ``head`` was read already."""
    head = head or chip.read(0, _HEAD_SIZE)
    serial = head[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    state = {SPECIAL_MARK: State.IN_USE, _BURNT: State.BURNT}.get(head[at.STATE_AT])
    if not state or not _is_numbered(chip, head):
        raise CardForeign
    try:
        kind = CardType(head[TYPE_AT] ^ _TYPE)
        end = _mac_at(kind) + MAC_SIZE
        head += chip.read(_HEAD_SIZE, end - _HEAD_SIZE)
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
            tries=_tries(chip) if managing else TRIES_MAX,
            salt=head[SALT_AT : SALT_AT + SALT_SIZE],
        )
    except (KeyError, ValueError) as cause:
        raise CardForeign from cause
    return face, head


def _mac_at(kind: CardType) -> int:
    return {CardType.SYSTEM: SYSTEM_MAC_AT, CardType.MANAGING: MANAGING_MAC_AT}[kind]


def _head_mac(host_key: bytes, head: bytes) -> bytes:
    return mac8(host_key, head[at.FROZEN] + head[at.KEY_VERSION_AT :])


def _body(
    face: SpecialFace, order: SpecialOrder, random: RandomSource, pin: str, stretch: Stretch
) -> bytes:
    """All bytes from the key version on."""
    common = (
        bytes((face.key_version, _TYPE | face.type))
        + pack_name(name_to_bytes(face.number, CARD_NUMBER_SIZE))
        + face.issuer
        + face.valid_from.to_bytes(TIME_SIZE, "big")
        + face.valid_until.to_bytes(TIME_SIZE, "big")
        + face.salt
    )
    if face.type is CardType.MANAGING:
        common += face.held_by
    head = bytes(8) + numbered(face.serial) + bytes(10) + common
    common += _head_mac(order.host_key, head)
    if face.type is CardType.SYSTEM:
        return common + bytes((len(order.content),)) + order.content
    secret = random(SECRET_SIZE)
    key = _pin_key(order.host_key, pin, secret, stretch)
    wrapped = aes_key_wrap(key, order.approval_key)
    first = bytes((_MARK,)) + _cell(order.host_key, face, 0, secret, wrapped)
    second = bytes((CLEAN,)) + bytes((UNWRITTEN,)) * CELL_SIZE
    return common + bytes((_TRIES[TRIES_MAX],)) + first + second


def _demand_room(chip: MemoryChip, body: bytes) -> None:
    if at.KEY_VERSION_AT + len(body) > chip.kind.facts.size:
        raise CardTooSmall(what=Phrase("headquarters' address"))


def _wipe(chip: MemoryChip) -> None:
    """Nothing of what the chip was before is left."""
    size = chip.kind.facts.size
    for offset, byte in enumerate(chip.read(TYPE_AT, size - TYPE_AT), start=TYPE_AT):
        if byte != UNWRITTEN:
            write_firmly(chip, offset, bytes((UNWRITTEN,)))


def _cells(chip: MemoryChip, host_key: bytes, face: SpecialFace) -> list[_Cell]:
    """The cells that are marked and whole."""
    found = []
    for offset in CELLS_AT:
        data = chip.read(offset, 1 + CELL_SIZE)
        body, mac = data[1 : 1 + _BODY_SIZE], data[1 + _BODY_SIZE :]
        if marked(data[0]) == (0, False) and same(mac, _cell_mac(host_key, face, body)):
            counter = int.from_bytes(body[:COUNTER_SIZE], "big")
            secret = body[COUNTER_SIZE : COUNTER_SIZE + SECRET_SIZE]
            found.append(_Cell(offset, counter, secret, body[COUNTER_SIZE + SECRET_SIZE :]))
    return found


def _cell(
    host_key: bytes, face: SpecialFace, counter: int, secret: bytes, wrapped: bytes
) -> bytes:
    body = counter.to_bytes(COUNTER_SIZE, "big") + secret + wrapped
    return body + _cell_mac(host_key, face, body)


def _cell_mac(host_key: bytes, face: SpecialFace, body: bytes) -> bytes:
    name = name_to_bytes(face.number, CARD_NUMBER_SIZE)
    return mac8(host_key, _ROLL_LABEL + name + face.serial + body)


def _pin_key(host_key: bytes, pin: str, secret: bytes, stretch: Stretch) -> bytes:
    return cmac(host_key, _PIN_LABEL + stretch(pin, secret))


def _tries(chip: MemoryChip) -> int:
    return (chip.read(TRIES_AT, 1)[0] & _TRY_BITS).bit_count()


assert COUNTER_SIZE + SECRET_SIZE + WRAPPED_SIZE + MAC_SIZE == CELL_SIZE
assert KEY_SIZE + 8 == WRAPPED_SIZE, "RFC 3394 adds 8 bytes"
