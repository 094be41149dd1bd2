"""A special card on a CPU chip as a node uses it: recognise, issue, approve, read, burn."""

from collections.abc import Callable

from yika_common.cards.application import (
    CLA_PLAIN,
    CLA_PROTECTED,
    TRANSPORT_KEY,
    Status,
)
from yika_common.cards.application import Ins as Common
from yika_common.cards.channel import CardChannel
from yika_common.cards.dialogue import STATUS_SIZE, authenticate, exchange
from yika_common.cards.errors import (
    CardAbsent,
    CardForeign,
    CardKeyBlocked,
    CardNotAuthentic,
    CardNotBlank,
    CardReadBackDiffers,
    CardRefused,
    CardWriteUncertain,
)
from yika_common.cards.secure_messaging import SecureSession
from yika_common.cards.special.errors import (
    ManagingCardNeeded,
    PinBlocked,
    SpecialCardBurnt,
    WrongPin,
)
from yika_common.cards.special.face import (
    AID,
    CONTENT_RECORD_SIZE,
    CONTENT_RECORDS,
    COUNTER_SIZE,
    KEY_APPROVAL,
    KEY_HOST,
    PROOF_SIZE,
    ROLE_HOST,
    ROLE_ISSUER,
    CardType,
    File,
    Ins,
    SpecialFace,
    State,
    open_face,
    open_fci,
    pin_block,
)
from yika_common.cards.special.order import SpecialOrder, unpadded
from yika_common.errors import YikaError

RandomSource = Callable[[int], bytes]
_BY_NAME = bytes((Common.SELECT, 0x04, 0x00))
_RECORD_IN_P1 = 4
_RIGHT = 1


def recognise(channel: CardChannel) -> SpecialFace:
    """What the card tells anybody; no secret is presented and nothing changes.

    Raises:
        CardForeign: it has no such application.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    command = bytes((CLA_PLAIN,)) + _BY_NAME + bytes((len(AID),)) + AID + b"\0"
    answer = channel.transmit(command)
    if int.from_bytes(answer[-STATUS_SIZE:], "big") != Status.OK:
        raise CardForeign
    return open_fci(answer[:-STATUS_SIZE])


class SpecialSession:
    """A host's authenticated work on one special card."""

    def __init__(self, channel: CardChannel, face: SpecialFace, session: SecureSession) -> None:
        self.face = face
        self._channel = channel
        self._session = session

    def read(self, file: File, record: int = 1) -> bytes:
        """A record of a file, authentic.

        Raises:
            CardRefused, CardNotAuthentic, CardAbsent, CardRemoved, CardMute: no good answer.
        """
        return self._do(Common.READ_RECORD, record, file << 3 | _RECORD_IN_P1)

    def content(self) -> bytes:
        """A system card's content; raises as :meth:`read`."""
        records = (self.read(File.CONTENT, place + 1) for place in range(CONTENT_RECORDS))
        return unpadded(b"".join(records))

    def approve(self, pin: str, digest: bytes) -> tuple[int, bytes]:
        """Counter and proof for that act, once the PIN is right.

        Raises:
            WrongPin, PinBlocked: a try is spent; nothing was approved.
            CardAbsent, CardRemoved, CardMute, CardNotAuthentic, CardRefused: nothing was
                approved; a try may be spent, a count may be skipped.
        """
        try:
            answer = self._do(Ins.VERIFY, 0, 0, self._session.encrypt_key(pin_block(pin)))
        except CardRefused as refused:
            if refused.facts.get("status") == f"{Status.BLOCKED:04X}":
                raise PinBlocked(number=self.face.number) from refused
            raise
        right, left = answer
        if right != _RIGHT:
            if not left:
                raise PinBlocked(number=self.face.number)
            raise WrongPin(number=self.face.number, left=left)
        answer = self._do(Ins.APPROVE, 0, 0, digest)
        if len(answer) != COUNTER_SIZE + PROOF_SIZE:
            raise CardNotAuthentic(number=self.face.number)
        return int.from_bytes(answer[:COUNTER_SIZE], "big"), answer[COUNTER_SIZE:]

    def burn(self) -> None:
        """Make the card good for nothing, for ever.

        Raises:
            CardAbsent: no card was there; it is as it was.
            CardWriteUncertain: it is as it was, or burnt.
        """
        self.change(Ins.BURN, 0, 0)

    def change(self, ins: int, p1: int, p2: int, data: bytes = b"") -> None:
        """A command that changes the card.

        Raises:
            CardAbsent: no card was there; it is as it was.
            CardWriteUncertain: it is as it was, or changed, whole.
        """
        try:
            self._do(ins, p1, p2, data)
        except CardAbsent:
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause

    def put_key(self, ins: int, p2: int, key: bytes) -> None:
        """A command whose data is a key or PIN block; raises as :meth:`change`."""
        self.change(ins, 0, p2, self._session.encrypt_key(key))

    def _do(self, ins: int, p1: int, p2: int, data: bytes = b"") -> bytes:
        header = bytes((CLA_PROTECTED, ins, p1, p2))
        return exchange(self._channel, self._session, self.face.number, header, data)


def issue(
    channel: CardChannel, random: RandomSource, order: SpecialOrder, pin: str = ""
) -> SpecialFace:
    """Make a blank card the special card of an order; ``pin`` is a managing card's.

    Until its last command the card is blank, so the call can be repeated after a pull.  A card
    that already is this one, under this very key, is returned as it is.

    Raises:
        CardNotBlank: it is another card; untouched.
        SpecialCardBurnt, CardForeign, CardNotAuthentic: untouched.
        CardWriteUncertain, CardRemoved, CardMute: the card is blank or whole; repeat the call.
        CardAbsent: there is no card.
    """
    found = recognise(channel)
    if found.state is State.BURNT:
        raise SpecialCardBurnt(number=found.number)
    wanted = order.face(found.serial)
    if found.state is State.IN_USE:
        if found.with_tries(wanted.tries) != wanted:
            raise CardNotBlank(number=found.number)
        return open_session(channel, random, order.host_key).face
    session = authenticate(channel, random, found.serial.hex(), ROLE_ISSUER, TRANSPORT_KEY)
    issuer = SpecialSession(channel, found, session)
    issuer.change(Common.UPDATE_RECORD, 1, File.INFORMATION << 3 | _RECORD_IN_P1, wanted.encode())
    if order.content:
        data = order.padded_content()
        for place in range(CONTENT_RECORDS):
            part = data[place * CONTENT_RECORD_SIZE : (place + 1) * CONTENT_RECORD_SIZE]
            address = File.CONTENT << 3 | _RECORD_IN_P1
            issuer.change(Common.UPDATE_RECORD, place + 1, address, part)
    issuer.put_key(Common.PUT_KEY, KEY_HOST, order.host_key)
    if order.approval_key:
        issuer.put_key(Common.PUT_KEY, KEY_APPROVAL, order.approval_key)
        issuer.put_key(Ins.CHANGE_PIN, 0, pin_block(pin))
    issuer.change(Common.ACTIVATE, 0, 0)
    written = open_session(channel, random, order.host_key).face
    if written != wanted:
        raise CardReadBackDiffers
    return written


def open_session(channel: CardChannel, random: RandomSource, host_key: bytes) -> SpecialSession:
    """Authenticate as a host; on a system card a wrong key spends a try of its PIN.

    Raises:
        CardForeign: not a special card in use.
        SpecialCardBurnt: untouched.
        WrongPin, PinBlocked: it is a system card, and the key is not its PIN's.
        CardNotAuthentic: a managing card that holds another key, or what it says is changed.
        CardKeyBlocked, CardAbsent, CardRemoved, CardMute: nothing was done.
    """
    face = recognise(channel)
    if face.state is State.BURNT:
        raise SpecialCardBurnt(number=face.number)
    if face.state is not State.IN_USE:
        raise ManagingCardNeeded
    system = face.type is CardType.SYSTEM
    try:
        session = authenticate(channel, random, face.number, ROLE_HOST, host_key)
    except CardKeyBlocked as blocked:
        if system:
            raise PinBlocked(number=face.number) from blocked
        raise
    except CardNotAuthentic as wrong:
        left = recognise(channel).tries if system else face.tries
        if left == face.tries:
            raise
        if not left:
            raise PinBlocked(number=face.number) from wrong
        raise WrongPin(number=face.number, left=left) from wrong
    opened = SpecialSession(channel, face, session)
    # What SELECT answered could have been anybody's; this is the card's own word.
    opened.face = open_face(opened.read(File.INFORMATION))
    if opened.face.number != face.number:
        raise CardNotAuthentic(number=face.number)
    return opened
