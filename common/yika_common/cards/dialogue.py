"""One authenticated conversation with a user card, as the host holds it."""

from collections.abc import Callable

from yika_common.cards.application import (
    AID,
    CLA_OWN,
    CLA_PLAIN,
    CLA_PROTECTED,
    MARKS_SIZE,
    SLOT_RECORD_SIZES,
    CardIdentity,
    File,
    Ins,
    Status,
    meter_role,
    open_fci,
)
from yika_common.cards.channel import CardChannel
from yika_common.cards.ciphers import suite_of
from yika_common.cards.errors import (
    CardAbsent,
    CardForeign,
    CardKeyBlocked,
    CardNotAuthentic,
    CardRefused,
    CardWriteUncertain,
)
from yika_common.cards.secure_messaging import (
    CHALLENGE_SIZE,
    NONCE_SIZE,
    RESPONSE_SIZE,
    SESSION_MAC_SIZE,
    SecureSession,
    check_card_proof,
    host_proof,
)
from yika_common.errors import YikaError

STATUS_SIZE = 2
_BY_NAME = bytes((Ins.SELECT, 0x04, 0x00))
_RECORD_IN_P1 = 4


def select(channel: CardChannel) -> CardIdentity:
    """Select the application; this presents no secret and changes nothing.

    Raises:
        CardForeign: the card has no such application, or not of this format.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    command = bytes((CLA_PLAIN,)) + _BY_NAME + bytes((len(AID),)) + AID + b"\0"
    data, status = _split(channel.transmit(command))
    if status != Status.OK:
        raise CardForeign
    return open_fci(data)


class Dialogue:
    """An authenticated role on one selected card, until an error or the next power-up."""

    def __init__(
        self, channel: CardChannel, identity: CardIdentity, session: SecureSession
    ) -> None:
        self.identity = identity
        self._channel = channel
        self._session = session

    @classmethod
    def begin(
        cls,
        channel: CardChannel,
        random: Callable[[int], bytes],
        identity: CardIdentity,
        role: int,
        key: bytes,
    ) -> "Dialogue":
        """Prove each side to the other; ``identity`` is what :func:`select` just returned.

        Raises:
            CardNotAuthentic: card and host hold different keys; nothing was written.
            CardKeyBlocked: too many failures since the card was powered up.
            CardAbsent, CardRemoved, CardMute: there was no answer; nothing was written.
        """
        return cls(channel, identity, authenticate(channel, random, identity.number, role, key))

    def read(self, file: File, slot: int) -> bytes:
        """The slot's record of a file, exactly as long as the file's records are.

        Raises:
            CardRefused: the card answered an error status.
            CardNotAuthentic: the answer is not the authenticated card's.
            CardAbsent, CardRemoved, CardMute: there was no answer.
        """
        meter_role(slot)
        data = self._exchange(Ins.READ_RECORD, slot + 1, file << 3 | _RECORD_IN_P1, b"")
        if len(data) != SLOT_RECORD_SIZES[file]:
            raise CardNotAuthentic(number=self.identity.number)
        return data

    def marks(self) -> bytes:
        """The marks of all slots; raises as :meth:`read`."""
        data = self._exchange(Ins.READ_MARKS, 0, 0, b"")
        if len(data) != MARKS_SIZE:
            raise CardNotAuthentic(number=self.identity.number)
        return data

    def update(self, file: File, slot: int, data: bytes) -> None:
        """Replace the slot's record of a file, in one atomic step.

        Raises:
            CardAbsent: no card was there; it holds the old bytes.
            CardWriteUncertain: the card holds the old bytes or the new ones, whole.
        """
        meter_role(slot)
        self.change(Ins.UPDATE_RECORD, slot + 1, file << 3 | _RECORD_IN_P1, data)

    def put_key(self, role: int, key: bytes) -> None:
        """Set the 16-byte key of a role, of either suite; raises as :meth:`update`."""
        self.change(Ins.PUT_KEY, suite_of(key) - 1, role, self._session.encrypt_key(key))

    def change(self, ins: Ins, p1: int, p2: int, data: bytes) -> None:
        """A command that changes the card; raises as :meth:`update`.

        An error status has no MAC, so it is no proof that nothing was written.
        """
        try:
            self._exchange(ins, p1, p2, data)
        except CardAbsent:
            raise
        except YikaError as cause:
            raise CardWriteUncertain from cause

    def _exchange(self, ins: Ins, p1: int, p2: int, data: bytes) -> bytes:
        header = bytes((CLA_PROTECTED, ins, p1, p2))
        return exchange(self._channel, self._session, self.identity.number, header, data)


def authenticate(
    channel: CardChannel, random: Callable[[int], bytes], number: str, role: int, key: bytes
) -> SecureSession:
    """Prove host and selected application to each other; ``number`` is the card's, for errors.

    Raises:
        CardNotAuthentic: card and host hold different keys; nothing was written.
        CardKeyBlocked: the card refuses this role for now.
        CardAbsent, CardRemoved, CardMute: there was no answer; nothing was written.
    """
    challenge = _step(channel, number, Ins.AUTHENTICATE, role, b"", CHALLENGE_SIZE)
    rnd_a = random(NONCE_SIZE)
    proof, rnd_b = host_proof(key, rnd_a, challenge)
    answer = _step(channel, number, Ins.CONTINUE, 0, proof, RESPONSE_SIZE)
    ti = check_card_proof(key, rnd_a, answer)
    if ti is None:
        raise CardNotAuthentic(number=number)
    return SecureSession.begin(key, rnd_a, rnd_b, ti)


def exchange(
    channel: CardChannel, session: SecureSession, number: str, header: bytes, data: bytes
) -> bytes:
    """The answer to one protected command; ``header`` is CLA INS P1 P2.

    Raises:
        CardRefused: the card answered an error status.
        CardNotAuthentic: the answer is not the authenticated card's.
        CardAbsent, CardRemoved, CardMute: there was no answer.
    """
    protected = data + session.command_mac(header, data)
    answer, status = _split(
        channel.transmit(header + bytes((len(protected),)) + protected + b"\0")
    )
    if status != Status.OK:
        raise CardRefused(status=f"{status:04X}")
    plain, mac = answer[:-SESSION_MAC_SIZE], answer[-SESSION_MAC_SIZE:]
    if not session.response_is_genuine(status.to_bytes(STATUS_SIZE, "big"), plain, mac):
        raise CardNotAuthentic(number=number)
    session.advance()
    return plain


def _step(channel: CardChannel, number: str, ins: Ins, p2: int, data: bytes, size: int) -> bytes:
    length = bytes((len(data),)) if data else b""
    command = bytes((CLA_OWN, ins, 0, p2)) + length + data + b"\0"
    answer, status = _split(channel.transmit(command))
    if status == Status.BLOCKED:
        raise CardKeyBlocked(number=number)
    if status != Status.OK or len(answer) != size:
        raise CardNotAuthentic(number=number)
    return answer


def _split(answer: bytes) -> tuple[bytes, int]:
    return answer[:-STATUS_SIZE], int.from_bytes(answer[-STATUS_SIZE:], "big")
