"""The application on a user card: its name, commands, files, keys and public face.

Source: ISO/IEC 7816-4 for the commands and the file control information; the EV2 dialogue of
:mod:`yika_common.cards.secure_messaging` for what is protected.

=====  ===================  =======================  ==============================================
CLA    INS                  P1 P2                    data and answer
=====  ===================  =======================  ==============================================
00     A4 SELECT            04 00                    application name; answers the FCI
80     AA AUTHENTICATE      00, key role             none; answers E(K, RndB)
80     AF CONTINUE          00 00                    E(K, RndA, RndB'); answers E(K, TI, RndA', 0)
84     B2 READ RECORD       record, file x 8 + 4     none; answers the record
84     B4 READ MARKS        00 00                    none; answers the marks of all slots
84     DC UPDATE RECORD     record, file x 8 + 4     the record
84     D8 PUT KEY           suite - 1, key role      the key, encrypted
84     44 ACTIVATE          00 00                    none; a blank card becomes a user card
84     FE RETIRE            00 00                    none; a user card is out of service for good
84     E4 RECYCLE           00 00                    none; a user card becomes blank
=====  ===================  =======================  ==============================================

Class 84 is protected both ways.  Records count from 1; record *slot + 1* belongs to the slot.

The marks are read by the node alone: of each of the 8 slots in turn the last 8 bytes of its
record, its MAC, and bytes 84 to 91 of its write-back, its first MAC.  Whoever verified a record
and a write-back with these MACs need not read them again.

====  ==============  =======  =====  ============================  ==============================
file  content         records  bytes  read                          update
====  ==============  =======  =====  ============================  ==============================
1     information     1        58     anybody, in the FCI           issuer, while blank
2     credit records  8        130    node; the slot's meter        node
3     claims          8        8      node; the slot's meter        the slot's meter
4     write-backs     8        100    node; the slot's meter        the slot's meter
====  ==============  =======  =====  ============================  ==============================

====  ========  =====================================  ================================
role  name      key                                    may
====  ========  =====================================  ================================
0     issuer    the transport key, while blank         number the card, PUT KEY, ACTIVATE
1     node      K_node of the card                     see the files; RETIRE, RECYCLE
2-9   meter     K_auth of the meter in slot 0 to 7     see the files
====  ========  =====================================  ================================

A card in use has no issuer: its keys are as :func:`personalise
<yika_common.cards.user_card.personalise>` left them.  RETIRE and RECYCLE are each one atomic step,
in which all records and keys are gone, and end the session.  A card whose state is *retired* keeps
its number and refuses every key; a recycled one keeps its chip serial alone.

The information, which SELECT answers inside ``6F { 84 name, 85 information }``:

======  ====  =====================================================================
offset  size  field
======  ====  =====================================================================
0       1     format, 1
1       1     state: 0 blank, 1 user, 2 retired
2       12    card number, padded name
14      2     generation, big-endian
16      1     profile: 4, 6 or 8 meters; 0 while blank
17      1     key version of K_node
18      8     chip serial
26      32    slot tags, 4 bytes for each of the 8 slots; zeros: no meter
======  ====  =====================================================================

Whoever holds the card can read these bytes, so they name no meter: a slot tag is the first 4
bytes of the CMAC, under the meter's K_auth, of ``yika/slot`` and the card number.  Only a holder
of K_auth recognises its slot, and it does so without trying keys.
"""

from enum import IntEnum, StrEnum

from yika_common.cards.ciphers import MAC_SIZE, cmac
from yika_common.cards.claim import CLAIM_SIZE
from yika_common.cards.errors import CardForeign
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_to_bytes
from yika_common.cards.layout import Field, Kind, Layout
from yika_common.cards.record import RECORD_SIZE
from yika_common.cards.write_back import WRITE_BACK_SIZE
from yika_common.services import PROFILES, SLOTS_MAX
from yika_common.values import dataclass

AID = bytes.fromhex("F0") + b"YIKA\x01"
"""Proprietary name without a registered provider (7816-4, category F), user card, format 1."""

TRANSPORT_KEY = bytes(16)
"""Key of every blank card; known to all, so blank cards are issued where nobody listens in."""

FORMAT = 1
CHIP_SERIAL_SIZE = 8
TAG_SIZE = 4
NO_TAG = bytes(TAG_SIZE)
_TAG_LABEL = b"yika/slot"

MARK_SIZE = 16
MARKS_SIZE = MARK_SIZE * SLOTS_MAX

CLA_PLAIN, CLA_OWN, CLA_PROTECTED = 0x00, 0x80, 0x84

ROLE_ISSUER = 0
ROLE_NODE = 1
_ROLE_FIRST_METER = 2
ROLES = _ROLE_FIRST_METER + SLOTS_MAX


class Ins(IntEnum):
    """The instruction byte of each command."""

    SELECT = 0xA4
    AUTHENTICATE = 0xAA
    CONTINUE = 0xAF
    READ_RECORD = 0xB2
    READ_MARKS = 0xB4
    UPDATE_RECORD = 0xDC
    PUT_KEY = 0xD8
    ACTIVATE = 0x44
    RETIRE = 0xFE
    RECYCLE = 0xE4


class Status(IntEnum):
    """SW1 SW2 of an answer."""

    OK = 0x9000
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    NOT_ALLOWED = 0x6982
    BLOCKED = 0x6983
    NOT_READY = 0x6985
    MAC_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FILE_NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    KEY_NOT_FOUND = 0x6A88
    INS_UNKNOWN = 0x6D00
    CLA_UNKNOWN = 0x6E00

    @property
    def encoded(self) -> bytes:
        """The two bytes that end an answer."""
        return self.to_bytes(2, "big")


class File(IntEnum):
    """The short identifier of each file."""

    INFORMATION = 1
    CREDIT = 2
    CLAIM = 3
    WRITE_BACK = 4


SLOT_RECORD_SIZES = {
    File.CREDIT: RECORD_SIZE,
    File.CLAIM: CLAIM_SIZE,
    File.WRITE_BACK: WRITE_BACK_SIZE,
}
"""Bytes of one record, for the files that have one record per slot."""


class CardState(StrEnum):
    """Where the card is in its life; only recycling leads back."""

    BLANK = "blank"
    USER = "user"
    RETIRED = "retired"

    @property
    def number(self) -> int:
        """The state's byte."""
        return tuple(CardState).index(self)


_FACE = Layout(
    Field("format", 1),
    Field("state_number", 1),
    Field("number", CARD_NUMBER_SIZE, Kind.NAME),
    Field("generation", 2),
    Field("profile", 1),
    Field("key_version", 1),
    Field("serial", CHIP_SERIAL_SIZE, Kind.BYTES),
    Field("tags", TAG_SIZE * SLOTS_MAX, Kind.BYTES),
)
INFORMATION_SIZE = 58
assert _FACE.size == INFORMATION_SIZE, "the table above says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardIdentity:
    """What a card tells anybody."""

    number: str
    generation: int
    state: CardState
    profile: int
    key_version: int
    serial: bytes
    slot_tags: tuple[bytes, ...] = (NO_TAG,) * SLOTS_MAX

    def __post_init__(self) -> None:
        if len(self.slot_tags) != SLOTS_MAX or any(len(t) != TAG_SIZE for t in self.slot_tags):
            raise ValueError(f"a card has {SLOTS_MAX} slot tags of {TAG_SIZE} bytes")
        if self.state is not CardState.BLANK and not (self.number and self.profile in PROFILES):
            raise ValueError("an issued card has a number and a profile")
        self.encode()

    @property
    def format(self) -> int:
        """The format of the information."""
        return FORMAT

    @property
    def state_number(self) -> int:
        """The state's byte."""
        return self.state.number

    @property
    def tags(self) -> bytes:
        """All slot tags in a row."""
        return b"".join(self.slot_tags)

    def encode(self) -> bytes:
        """The :data:`INFORMATION_SIZE` bytes of the information file."""
        return _FACE.pack(self)

    def slots_of(self, auth_key: bytes) -> tuple[int, ...]:
        """The slots whose tag the holder of this K_auth recognises: none, one, rarely more."""
        tag = slot_tag(auth_key, self.number)
        return tuple(slot for slot, held in enumerate(self.slot_tags) if held == tag)


def slot_tag(auth_key: bytes, number: str) -> bytes:
    """The 4 bytes by which a meter recognises its slot on the card of that number."""
    return cmac(auth_key, _TAG_LABEL + name_to_bytes(number, CARD_NUMBER_SIZE))[:TAG_SIZE]


def open_identity(data: bytes) -> CardIdentity:
    """The identity in the bytes of the information file.

    Raises:
        CardForeign: another format, or bytes that no card of ours holds.
    """
    try:
        fields = _FACE.unpack(data)
        if fields.pop("format") != FORMAT:
            raise ValueError("another format")
        tags = fields.pop("tags")
        state = tuple(CardState)[fields.pop("state_number")]
        slot_tags = tuple(tags[at : at + TAG_SIZE] for at in range(0, len(tags), TAG_SIZE))
        return CardIdentity(**fields, state=state, slot_tags=slot_tags)
    except (IndexError, ValueError) as cause:
        raise CardForeign from cause


def encode_fci(information: bytes) -> bytes:
    """What SELECT answers: BER-TLV with one-byte lengths."""
    inner = bytes((0x84, len(AID))) + AID + bytes((0x85, len(information))) + information
    return bytes((0x6F, len(inner))) + inner


_FCI_HEAD = encode_fci(bytes(INFORMATION_SIZE))[:-INFORMATION_SIZE]


def open_fci(answer: bytes) -> CardIdentity:
    """The identity in SELECT's answer, status bytes removed.

    Raises:
        CardForeign: the answer is not that of a user card of this format.
    """
    if not answer.startswith(_FCI_HEAD):
        raise CardForeign
    return open_identity(answer[len(_FCI_HEAD) :])


def mark_of(record: bytes, write_back: bytes) -> bytes:
    """The :data:`MARK_SIZE` bytes of a slot's mark."""
    return record[-MAC_SIZE:] + write_back[-2 * MAC_SIZE : -MAC_SIZE]


def meter_role(slot: int) -> int:
    """The key role of the meter in a slot, 0 to 7.

    Raises:
        ValueError: no card has that slot.
    """
    if not 0 <= slot < SLOTS_MAX:
        raise ValueError(f"slot {slot} is not 0 to {SLOTS_MAX - 1}")
    return _ROLE_FIRST_METER + slot


def slot_of_role(role: int) -> int | None:
    """The slot whose meter has this role; None for the issuer and the node."""
    return role - _ROLE_FIRST_METER if role >= _ROLE_FIRST_METER else None


def may_read(role: int, slot: int) -> bool:
    """Whether an authenticated role reads that slot's records."""
    return role == ROLE_NODE or slot_of_role(role) == slot


def may_update(role: int, file: File, slot: int) -> bool:
    """Whether an authenticated role updates that slot's record of a file."""
    if file is File.CREDIT:
        return role == ROLE_NODE
    return slot_of_role(role) == slot
