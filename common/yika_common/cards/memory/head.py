"""The head of a memory card: what it tells anybody, and the secrets that are derived for it.

The layout is that of :mod:`yika_common.cards.memory.layout`.

The card's code is the first bytes of the CMAC under K_node of ``yika/code``, the 12 bytes of the
card number and the chip serial.  A meter does not hold K_node: its slot has the code in a *box*,
the exclusive or of the code with the first bytes of the CMAC of the same text under the meter's
K_auth.
A slot's tag is that of :func:`yika_common.cards.application.slot_tag`.
"""

import hashlib
from dataclasses import replace

from yika_common.cards.application import NO_TAG, CardIdentity, CardState, slot_tag
from yika_common.cards.ciphers import cmac, same
from yika_common.cards.errors import CardForeign, ChipNotNumbered
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_from_bytes, name_to_bytes
from yika_common.cards.memory import layout as at
from yika_common.cards.memory.layout import ChipLayout
from yika_common.cards.memory.names import pack_name, unpack_name
from yika_common.readers.port import MemoryChip, MemoryKind
from yika_common.services import PROFILES, SLOTS_MAX
from yika_common.values import dataclass

STATES = {0x59: CardState.USER, 0x00: CardState.RETIRED}
USER_MARK = 0x59
SPECIAL_MARK = 0x56
"""The state of a system or managing card (:mod:`yika_common.cards.special.memory`)."""
UNWRITTEN = 0xFF
_CODE_LABEL = b"yika/code"


@dataclass(frozen=True, slots=True)
class CardHead:
    """The first bytes of a card that is numbered for this system.

    Attributes:
        kind: of the chip.
        data: the bytes, up to and with the MAC where the card is issued.
        identity: what they say; a blank chip with a number is being issued as that card, or being
            ended.
        layout: where everything stands; None while the card has no number.
    """

    kind: MemoryKind
    data: bytes
    identity: CardIdentity
    layout: ChipLayout | None

    @property
    def begun(self) -> tuple[bool, ...]:
        """For each byte of the code, whether its change was begun."""
        steps = self.data[at.STEPS_AT : at.STEPS_AT + self.kind.facts.code_size]
        return tuple(step != UNWRITTEN for step in steps)

    def made_under(self, node_key: bytes) -> bool:
        """Whether the head was written by a holder of the card's K_node for this very chip."""
        if self.layout is None:
            return False
        mac = self.data[self.layout.mac_at : self.layout.records_at]
        return same(mac, _mac(node_key, self.data, self.layout))

    def box_of(self, slot: int) -> bytes:
        """A slot's boxed code."""
        assert self.layout is not None, "only a card in use is asked for it"
        start = at.SLOTS_AT + slot * self.layout.slot_size + self.layout.tag_size
        return self.data[start : start + self.kind.facts.code_size]


def read_head(chip: MemoryChip) -> CardHead:
    """Read what a card tells anybody; no code is presented and nothing changes.

    Raises:
        CardForeign: the chip is not numbered for this system, or no card of ours is like it;
            ChipNotNumbered where it is new.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    data = chip.read(0, at.HEAD_SIZE)
    facts = chip.kind.facts
    if data[: len(facts.atr)] != facts.atr or data[at.FROZEN] != numbered(
        data[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    ):
        new = data[: len(facts.atr)] == facts.atr and _is_new(data)
        raise ChipNotNumbered if new else CardForeign
    if data[at.STATE_AT] == SPECIAL_MARK:
        raise CardForeign
    serial = data[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE]
    state = STATES.get(data[at.STATE_AT], CardState.BLANK)
    blank = CardHead(chip.kind, data, _blank(serial), None)
    if state is CardState.BLANK and not any(blank.begun):
        return blank
    try:
        layout = ChipLayout(chip.kind, data[at.PROFILE_AT])
        data += chip.read(at.HEAD_SIZE, layout.records_at - at.HEAD_SIZE)
        return CardHead(chip.kind, data, _identity(data, layout, state), layout)
    except ValueError as cause:
        if state is CardState.BLANK:
            return blank
        raise CardForeign from cause


def _is_new(data: bytes) -> bool:
    """As its maker delivers it: nothing was ever written where we would."""
    return not (data[at.FROZEN] + data[at.STATE_AT :]).strip(bytes((UNWRITTEN,)))


def numbered(serial: bytes) -> bytes:
    """The 13 bytes that are frozen on a chip of that serial, 8 bytes."""
    head = bytes((at.NUMBERED, at.FORMAT)) + serial
    return head + hashlib.sha256(head).digest()[: at.CHECK_SIZE]


def card_code(key: bytes, identity: CardIdentity, size: int) -> bytes:
    """The code under K_node, or under a K_auth what boxes it."""
    number = name_to_bytes(identity.number, CARD_NUMBER_SIZE)
    return cmac(key, _CODE_LABEL + number + identity.serial)[:size]


def boxed(code: bytes, auth_key: bytes, identity: CardIdentity) -> bytes:
    """The code in a meter's box, or out of it."""
    pad = card_code(auth_key, identity, len(code))
    return bytes(one ^ other for one, other in zip(code, pad, strict=True))


def encode_head(
    identity: CardIdentity, layout: ChipLayout, node_key: bytes, auth_keys: dict[int, bytes]
) -> bytes:
    """Bytes 31 to the end of the MAC, for a card with these meters."""
    facts = layout.kind.facts
    code = card_code(node_key, identity, facts.code_size)
    slots = b"".join(
        _slot(identity, layout, code, auth_keys.get(slot)) for slot in range(layout.profile)
    )
    number = pack_name(name_to_bytes(identity.number, CARD_NUMBER_SIZE))
    generation = identity.generation.to_bytes(at.GENERATION_SIZE, "big")
    body = bytes((identity.key_version, layout.profile)) + number + generation + slots
    whole = bytes(8) + numbered(identity.serial) + bytes(10) + body
    return body + _mac(node_key, whole, layout)


def _slot(
    identity: CardIdentity, layout: ChipLayout, code: bytes, auth_key: bytes | None
) -> bytes:
    if auth_key is None:
        return bytes(layout.slot_size)
    tag = slot_tag(auth_key, identity.number)[: layout.tag_size]
    return tag + boxed(code, auth_key, identity)


def _mac(node_key: bytes, data: bytes, layout: ChipLayout) -> bytes:
    covered = data[at.FROZEN] + data[at.KEY_VERSION_AT : layout.mac_at]
    return cmac(node_key, covered)[: at.MAC_SIZE]


def _blank(serial: bytes) -> CardIdentity:
    return CardIdentity(
        number="", generation=0, state=CardState.BLANK, profile=0, key_version=0, serial=serial
    )


def _identity(data: bytes, layout: ChipLayout, state: CardState) -> CardIdentity:
    packed = data[at.NUMBER_AT : at.NUMBER_AT + at.NUMBER_SIZE]
    generation = data[at.GENERATION_AT : at.GENERATION_AT + at.GENERATION_SIZE]
    found = CardIdentity(
        number=name_from_bytes(unpack_name(packed, CARD_NUMBER_SIZE)),
        generation=int.from_bytes(generation, "big"),
        state=state,
        profile=layout.profile,
        key_version=data[at.KEY_VERSION_AT],
        serial=data[at.SERIAL_AT : at.SERIAL_AT + at.SERIAL_SIZE],
    )
    if not layout.tag_size:
        return found
    starts = (at.SLOTS_AT + slot * layout.slot_size for slot in range(layout.profile))
    tags = tuple(data[start : start + layout.tag_size] for start in starts)
    return replace(found, slot_tags=tags + (NO_TAG,) * (SLOTS_MAX - layout.profile))


assert all(mark not in (UNWRITTEN, 0x7F) for mark in STATES), "none looks like being issued"
assert max(PROFILES) <= SLOTS_MAX
