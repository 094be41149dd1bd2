"""The special-card application on a CPU card: name, commands, files, keys and public face.

It stands beside the user card's (:mod:`yika_common.cards.application`), whose dialogue and status
bytes it shares.  A blank chip has both; once one is in use, the other answers ``6A82``.

=====  ===================  =======================  ==============================================
CLA    INS                  P1 P2                    data and answer
=====  ===================  =======================  ==============================================
00     A4 SELECT            04 00                    application name; answers the FCI
80     AA AUTHENTICATE      00, key role             none; answers E(K, RndB)
80     AF CONTINUE          00 00                    E(K, RndA, RndB'); answers E(K, TI, RndA', 0)
84     B2 READ RECORD       record, file x 8 + 4     none; answers the record
84     DC UPDATE RECORD     record, file x 8 + 4     the record
84     D8 PUT KEY           00, key                  the key, encrypted: 1 host, 2 approval
84     24 CHANGE PIN        00 00                    the PIN block, encrypted
84     44 ACTIVATE          00 00                    none; a blank card is in use
84     20 VERIFY            00 00                    the PIN block, encrypted; answers 2 bytes
84     2A APPROVE           00 00                    act digest; answers counter (4), proof (8)
84     E6 BURN              00 00                    none; for ever
=====  ===================  =======================  ==============================================

====  ===========  =======  =====  ====================================  ========================
file  content      records  bytes  read                                  update
====  ===========  =======  =====  ====================================  ========================
1     information  1        89     anybody, in the FCI; host, protected  issuer, while blank
2     content      2        128    host                                  issuer, while blank
====  ===========  =======  =====  ====================================  ========================

====  ======  ===========================================  ======================================
role  name    key                                          may
====  ======  ===========================================  ======================================
0     issuer  the transport key, while blank               UPDATE, PUT KEY, CHANGE PIN, ACTIVATE
1     host    managing card: K_manage, which nodes hold;   READ, VERIFY, APPROVE, BURN
              system card: the key that its PIN gives
====  ======  ===========================================  ======================================

The information:

======  ====  ====================================================================
offset  size  field
======  ====  ====================================================================
0       1     format, 1
1       1     state: 0 blank, 1 in use, 2 burnt
2       1     type: 2 system, 3 managing; 0 while blank
3       12    card number, padded name
15      1     key version
16      8     chip serial
24      8     issuer: first 8 bytes of the SHA-256 of headquarters' root document
32      4     good from; 0: always
36      4     good until; 0: no end
40      32    holder, UTF-8, padded with zero bytes; zeros on a system card
72      1     tries left for the PIN, 0 to 3
73      16    salt of a system card's PIN; zeros on a managing card
======  ====  ====================================================================

A *PIN block* is the number of digits (1 byte), the digits in ASCII, and ``FF`` up to 16 bytes; it
travels as a key does.  VERIFY spends a try before it compares and gives all back if the PIN is
right; it answers ``01 03``, or ``00`` and the tries left.  No tries left: ``6983``, for ever.  On
a system card each failed AUTHENTICATE of the host spends a try, for there the key is the PIN.

APPROVE needs a right VERIFY in the same session, and uses it up.  The counter grows in the card
before it is answered.  The proof is the first 8 bytes of the CMAC, under the key for approvals, of
``yika/approve/1`` 00, card number (12), counter (4) and digest: only the card and headquarters
hold that key.  BURN erases keys, PIN and content; what is left is the face.
"""

from dataclasses import replace
from enum import IntEnum
from typing import Final

from yika_common.cards.ciphers import mac8
from yika_common.cards.errors import CardForeign
from yika_common.cards.identifiers import CARD_NUMBER_SIZE, name_to_bytes
from yika_common.cards.layout import Field, Kind, Layout
from yika_common.cards.special.errors import PinUnusable
from yika_common.values import dataclass

AID: Final = bytes.fromhex("F0") + b"YIKA\x02"
FORMAT: Final = 1
TRIES_MAX: Final = 3
PIN_MIN, PIN_MAX = 6, 12
PIN_BLOCK_SIZE: Final = 16
HOLDER_SIZE: Final = 32
SALT_SIZE: Final = 16
ISSUER_SIZE: Final = 8
DIGEST_SIZE: Final = 32
PROOF_SIZE: Final = 8
COUNTER_SIZE: Final = 4
COUNTER_MAX: Final = (1 << 32) - 1
NO_SALT: Final = bytes(SALT_SIZE)

ROLE_ISSUER, ROLE_HOST = 0, 1
KEY_HOST, KEY_APPROVAL = 1, 2
CONTENT_RECORDS: Final = 2
CONTENT_RECORD_SIZE: Final = 128
CONTENT_SIZE: Final = CONTENT_RECORDS * CONTENT_RECORD_SIZE
_APPROVE_TAG = b"yika/approve/1\0"
_DIGITS = b"0123456789"


class Ins(IntEnum):
    """The instruction byte of what the user card's application does not have."""

    VERIFY = 0x20
    CHANGE_PIN = 0x24
    APPROVE = 0x2A
    BURN = 0xE6


class File(IntEnum):
    """The short identifier of each file."""

    INFORMATION = 1
    CONTENT = 2


class CardType(IntEnum):
    """What a special card is for; the number is its byte."""

    NONE = 0
    SYSTEM = 2
    MANAGING = 3


class State(IntEnum):
    """Where a special card is in its life; it only moves forward."""

    BLANK = 0
    IN_USE = 1
    BURNT = 2


_FACE = Layout(
    Field("format", 1),
    Field("state", 1),
    Field("type", 1),
    Field("number", CARD_NUMBER_SIZE, Kind.NAME),
    Field("key_version", 1),
    Field("serial", 8, Kind.BYTES),
    Field("issuer", ISSUER_SIZE, Kind.BYTES),
    Field("valid_from", 4),
    Field("valid_until", 4),
    Field("held_by", HOLDER_SIZE, Kind.BYTES),
    Field("tries", 1),
    Field("salt", SALT_SIZE, Kind.BYTES),
)
INFORMATION_SIZE: Final = 89
assert _FACE.size == INFORMATION_SIZE, "the table above says so"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialFace:
    """What a special card tells anybody."""

    number: str
    type: CardType
    state: State
    key_version: int
    serial: bytes
    issuer: bytes = bytes(ISSUER_SIZE)
    valid_from: int = 0
    valid_until: int = 0
    holder: str = ""
    tries: int = TRIES_MAX
    salt: bytes = NO_SALT

    def __post_init__(self) -> None:
        if self.state is not State.BLANK and not (self.number and self.type):
            raise ValueError("an issued card has a number and a type")
        if not 0 <= self.tries <= TRIES_MAX:
            raise ValueError(f"{self.tries} tries")
        self.encode()

    @property
    def format(self) -> int:
        """The format of the information."""
        return FORMAT

    @property
    def held_by(self) -> bytes:
        """The holder's bytes."""
        return holder_bytes(self.holder)

    def encode(self) -> bytes:
        """The :data:`INFORMATION_SIZE` bytes of the information file."""
        return _FACE.pack(self)

    def covers(self, moment: int) -> bool:
        """Whether the card is good at a moment, in seconds since 1970."""
        return self.valid_from <= moment and (not self.valid_until or moment <= self.valid_until)

    def with_tries(self, tries: int) -> "SpecialFace":
        """The same face with so many tries left."""
        return replace(self, tries=tries)


def blank_face(serial: bytes) -> SpecialFace:
    """The face of a blank chip."""
    return SpecialFace(
        number="", type=CardType.NONE, state=State.BLANK, key_version=0, serial=serial
    )


def open_face(data: bytes) -> SpecialFace:
    """The face in the bytes of the information file.

    Raises:
        CardForeign: another format, or bytes that no card of ours holds.
    """
    try:
        fields = _FACE.unpack(data)
        if fields.pop("format") != FORMAT:
            raise ValueError("another format")
        holder = fields.pop("held_by").rstrip(b"\0").decode()
        state, kind = State(fields.pop("state")), CardType(fields.pop("type"))
        return SpecialFace(**fields, state=state, type=kind, holder=holder)
    except ValueError as cause:
        raise CardForeign from cause


def encode_fci(information: bytes) -> bytes:
    """What SELECT answers: BER-TLV with one-byte lengths."""
    inner = bytes((0x84, len(AID))) + AID + bytes((0x85, len(information))) + information
    return bytes((0x6F, len(inner))) + inner


def open_fci(answer: bytes) -> SpecialFace:
    """The face in SELECT's answer, status bytes removed.

    Raises:
        CardForeign: the answer is not that of a special card of this format.
    """
    head = encode_fci(bytes(INFORMATION_SIZE))[:-INFORMATION_SIZE]
    if not answer.startswith(head):
        raise CardForeign
    return open_face(answer[len(head) :])


def holder_bytes(holder: str) -> bytes:
    """A holder's name as a card keeps it.

    Raises:
        ValueError: it is longer than 32 bytes of UTF-8, or not printable.
    """
    data = holder.encode()
    if len(data) > HOLDER_SIZE or not (holder.isprintable() or not holder):
        raise ValueError(f"{holder!r} is no holder's name of at most {HOLDER_SIZE} bytes")
    return data.ljust(HOLDER_SIZE, b"\0")


def check_new_pin(pin: str) -> None:
    """Refuse what is no PIN, or one that everybody tries first.

    Raises:
        PinUnusable: it is not 6 to 12 digits, or all its digits are the same.
    """
    if not PIN_MIN <= len(pin) <= PIN_MAX or not _is_digits(pin) or len(set(pin)) == 1:
        raise PinUnusable(least=PIN_MIN, most=PIN_MAX)


def pin_block(pin: str) -> bytes:
    """The 16 bytes of a PIN; what can be no PIN at all gives a block that no card has."""
    digits = pin.encode() if _is_digits(pin) and len(pin) <= PIN_MAX else b""
    return (bytes((len(digits),)) + digits).ljust(PIN_BLOCK_SIZE, b"\xff")


def approval_proof(key: bytes, number: str, counter: int, digest: bytes) -> bytes:
    """The 8 bytes by which headquarters knows that this card approved that act.

    Raises:
        ValueError: a counter or a digest of another size.
    """
    if len(digest) != DIGEST_SIZE or not 0 < counter <= COUNTER_MAX:
        raise ValueError("an approval has a 32-byte digest and a counter from 1")
    name = name_to_bytes(number, CARD_NUMBER_SIZE)
    return mac8(key, _APPROVE_TAG + name + counter.to_bytes(COUNTER_SIZE, "big") + digest)


def _is_digits(pin: str) -> bool:
    return bool(pin) and all(character in _DIGITS.decode() for character in pin)
