"""Making a numbered memory chip a special card, with the chip pulled at any byte.

As a customer's card is issued (:mod:`yika_common.cards.memory.issuing`): the state says that the
chip is being issued, everything is wiped, the head and what follows are written, the code is
changed byte by byte, and the state is *special* at the end.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from yika_common.cards.application import CardIdentity, CardState
from yika_common.cards.errors import CardForeign, CardNotBlank, CardTooSmall
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_to_bytes
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.cells import CLEAN, demand, is_steady, scrub, write_firmly
from yika_common.cards.memory.head import (
    SPECIAL_MARK,
    UNWRITTEN,
    USER_MARK,
    CardHead,
    numbered,
    read_head,
)
from yika_common.cards.memory.issuing import BEING_ISSUED, change_code, open_blank
from yika_common.cards.memory.names import pack_name
from yika_common.cards.special.errors import SpecialCardBurnt
from yika_common.cards.special.face import TRIES_MAX, CardType, SpecialFace, State
from yika_common.cards.special.keys import Stretch
from yika_common.cards.special.memory import (
    BURNT_MARK,
    HEAD_SIZE,
    TIME_SIZE,
    TYPE_AT,
    TYPE_MARK,
    head_mac,
    is_numbered,
    open_session,
    read_face,
    recognise,
    special_code,
)
from yika_common.cards.special.memory_cells import (
    CELL_SIZE,
    MARK,
    SECRET_SIZE,
    TRIES,
    cell_of,
    pin_key,
)
from yika_common.cards.special.order import SpecialOrder
from yika_common.errors import Phrase
from yika_common.readers.port import MemoryChip

RandomSource = Callable[[int], bytes]


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


def _blank_head(chip: MemoryChip, order: SpecialOrder) -> CardHead:
    """The head of a chip that can be issued, or shows itself as this order's card.

    A state that was torn shows that now and then: it is read once.

    Raises:
        CardForeign, CardNotBlank, SpecialCardBurnt: it is another card; untouched.
    """
    head = chip.read(0, HEAD_SIZE)
    if head[at.STATE_AT] in (SPECIAL_MARK, BURNT_MARK):
        face = read_face(chip, head)[0]
        if face.state is State.BURNT:
            raise SpecialCardBurnt(number=face.number)
        if face.with_tries(TRIES_MAX) != order.face(face.serial):
            raise CardNotBlank(number=face.number)
    elif head[at.STATE_AT] == USER_MARK:
        raise CardNotBlank(number=read_head(chip).identity.number)
    elif not is_numbered(chip, head):
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


def _is_steady(chip: MemoryChip) -> bool:
    return is_steady(chip, at.STATE_AT, bytes((SPECIAL_MARK,)))


def _body(
    face: SpecialFace, order: SpecialOrder, random: RandomSource, pin: str, stretch: Stretch
) -> bytes:
    """All bytes from the key version on."""
    common = (
        bytes((face.key_version, TYPE_MARK | face.type))
        + pack_name(name_to_bytes(face.number, CARD_NUMBER_SIZE))
        + face.issuer
        + face.valid_from.to_bytes(TIME_SIZE, "big")
        + face.valid_until.to_bytes(TIME_SIZE, "big")
        + face.salt
    )
    if face.type is CardType.MANAGING:
        common += face.held_by
    head = bytes(8) + numbered(face.serial) + bytes(10) + common
    common += head_mac(order.host_key, head)
    if face.type is CardType.SYSTEM:
        return common + bytes((len(order.content),)) + order.content
    secret = random(SECRET_SIZE)
    key = pin_key(order.host_key, pin, secret, stretch)
    wrapped = aes_key_wrap(key, order.approval_key)
    first = bytes((MARK,)) + cell_of(order.host_key, face, 0, secret, wrapped)
    second = bytes((CLEAN,)) + bytes((UNWRITTEN,)) * CELL_SIZE
    return common + bytes((TRIES[TRIES_MAX],)) + first + second


def _demand_room(chip: MemoryChip, body: bytes) -> None:
    if at.KEY_VERSION_AT + len(body) > chip.kind.facts.size:
        raise CardTooSmall(what=Phrase("headquarters' address"))


def _wipe(chip: MemoryChip) -> None:
    """Nothing of what the chip was before is left."""
    size = chip.kind.facts.size
    for offset, byte in enumerate(chip.read(TYPE_AT, size - TYPE_AT), start=TYPE_AT):
        if byte != UNWRITTEN:
            write_firmly(chip, offset, bytes((UNWRITTEN,)))
