"""The special-card application of a simulated chip: the card's own side of the dialogue.

The commands, files and rights are the tables of :mod:`yika_common.cards.special.face`.  As in the
user card's application a command takes whole or not at all, and what the store took stands whether
or not the answer arrives.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, replace

from yika_common.cards.application import Ins as Common
from yika_common.cards.application import Status
from yika_common.cards.ciphers import KEY_SIZE, same
from yika_common.cards.errors import CardForeign
from yika_common.cards.secure_messaging import SecureSession
from yika_common.cards.special.face import (
    CONTENT_RECORD_SIZE,
    CONTENT_RECORDS,
    CONTENT_SIZE,
    COUNTER_MAX,
    COUNTER_SIZE,
    DIGEST_SIZE,
    INFORMATION_SIZE,
    KEY_APPROVAL,
    KEY_HOST,
    PIN_BLOCK_SIZE,
    ROLE_HOST,
    ROLE_ISSUER,
    TRIES_MAX,
    CardType,
    File,
    Ins,
    SpecialFace,
    State,
    approval_proof,
    blank_face,
    encode_fci,
    open_face,
)
from yika_common.values import dataclass

_RECORD_IN_P1 = 4


@dataclass(frozen=True, slots=True)
class SpecialMemory:
    """Everything the application keeps without power.

    Attributes:
        face: the information file, the tries that are left included.
        content: of a system card.
        keys: number to 16-byte key.
        pin: a managing card's PIN block; empty without one.
        counter: approvals given.
    """

    face: SpecialFace
    content: bytes = bytes(CONTENT_SIZE)
    keys: Mapping[int, bytes] = field(default_factory=dict, repr=False)
    pin: bytes = field(default=b"", repr=False)
    counter: int = 0


def blank_special(serial: bytes) -> SpecialMemory:
    """The application's memory on a blank chip."""
    return SpecialMemory(blank_face(serial))


class Refused(Exception):
    """The command's answer is this status and nothing else."""

    def __init__(self, status: Status) -> None:
        self.status = status


class SpecialApplication:
    """The application once it is selected, until the chip is powered down.

    Args:
        memory: as the store has it.
        commit: takes a new memory, whole or not at all.
        transport_key: of a blank card.
    """

    def __init__(
        self,
        memory: SpecialMemory,
        commit: Callable[[SpecialMemory], None],
        transport_key: bytes,
    ) -> None:
        self._memory = memory
        self._commit_to = commit
        self._transport_key = transport_key
        self._role = ROLE_ISSUER
        self._verified = False

    def fci(self) -> bytes:
        """What SELECT answers."""
        return encode_fci(self._memory.face.encode())

    def key_of(self, role: int) -> bytes:
        """The key of a role that wants to authenticate.

        Raises:
            Refused: there is none now.
        """
        face = self._memory.face
        if face.state is State.BURNT:
            raise Refused(Status.NOT_READY)
        if face.state is State.BLANK:
            if role != ROLE_ISSUER:
                raise Refused(Status.KEY_NOT_FOUND)
            return self._transport_key
        if role != ROLE_HOST:
            raise Refused(Status.KEY_NOT_FOUND)
        if self._key_is_pin and not face.tries:
            raise Refused(Status.BLOCKED)
        key = self._memory.keys.get(KEY_HOST)
        if key is None:
            # Somebody copied what can be read of a chip.
            raise Refused(Status.KEY_NOT_FOUND)
        return key

    def authenticating(self) -> None:
        """Somebody answers a challenge: where the key is the PIN, that spends a try."""
        if self._key_is_pin:
            self._spend()

    def authenticated(self, role: int) -> None:
        """The answer was right."""
        self._role, self._verified = role, False
        if self._key_is_pin:
            self._give_back()

    def obey(self, header: bytes, data: bytes, session: SecureSession) -> bytes:
        """The answer to a protected command whose MAC was right.

        Raises:
            Refused: the session ends.
        """
        ins, p1, p2 = header[1:]
        if self._role == ROLE_HOST:
            return self._host(ins, (p1, p2), data, session)
        self._issuer(ins, (p1, p2), data, session)
        return b""

    def _host(
        self, ins: int, address: tuple[int, int], data: bytes, session: SecureSession
    ) -> bytes:
        match ins:
            case Common.READ_RECORD:
                return self._read(*_addressed(*address))
            case Ins.VERIFY if self._memory.pin:
                return self._verify(session.decrypt_key(_whole(data, PIN_BLOCK_SIZE)))
            case Ins.APPROVE if self._memory.pin:
                return self._approve(_whole(data, DIGEST_SIZE))
            case Ins.BURN:
                self._commit(self._burnt())
                return b""
            case _:
                raise Refused(Status.NOT_ALLOWED)

    def _issuer(
        self, ins: int, address: tuple[int, int], data: bytes, session: SecureSession
    ) -> None:
        if self._memory.face.state is not State.BLANK:
            raise Refused(Status.NOT_ALLOWED)
        match ins:
            case Common.UPDATE_RECORD:
                self._update(*_addressed(*address), data)
            case Common.PUT_KEY if address[1] in (KEY_HOST, KEY_APPROVAL):
                key = session.decrypt_key(_whole(data, KEY_SIZE))
                self._commit(replace(self._memory, keys={**self._memory.keys, address[1]: key}))
            case Ins.CHANGE_PIN:
                pin = session.decrypt_key(_whole(data, PIN_BLOCK_SIZE))
                self._commit(replace(self._memory, pin=pin))
            case Common.ACTIVATE:
                self._activate()
            case _:
                raise Refused(Status.NOT_ALLOWED)

    def _read(self, file: File, place: int) -> bytes:
        if file is File.INFORMATION:
            return self._memory.face.encode()
        return self._memory.content[place * CONTENT_RECORD_SIZE :][:CONTENT_RECORD_SIZE]

    def _update(self, file: File, place: int, data: bytes) -> None:
        if file is File.CONTENT:
            content = bytearray(self._memory.content)
            start = place * CONTENT_RECORD_SIZE
            content[start : start + CONTENT_RECORD_SIZE] = _whole(data, CONTENT_RECORD_SIZE)
            self._commit(replace(self._memory, content=bytes(content)))
            return
        try:
            wanted = open_face(_whole(data, INFORMATION_SIZE))
        except CardForeign as cause:
            raise Refused(Status.WRONG_DATA) from cause
        serial = self._memory.face.serial
        # Keys, PIN and content of an earlier, unfinished attempt are forgotten.
        face = replace(wanted, state=State.BLANK, serial=serial, tries=TRIES_MAX)
        self._commit(SpecialMemory(face))

    def _activate(self) -> None:
        memory = self._memory
        managing = memory.face.type is CardType.MANAGING
        needed = {KEY_HOST, KEY_APPROVAL} if managing else {KEY_HOST}
        if memory.face.type is CardType.NONE or set(memory.keys) != needed:
            raise Refused(Status.NOT_READY)
        if bool(memory.pin) is not managing:
            raise Refused(Status.NOT_READY)
        self._commit(replace(memory, face=replace(memory.face, state=State.IN_USE)))

    def _verify(self, block: bytes) -> bytes:
        self._verified = False
        if not self._memory.face.tries:
            raise Refused(Status.BLOCKED)
        self._spend()
        if same(block, self._memory.pin):
            self._give_back()
            self._verified = True
        return bytes((self._verified, self._memory.face.tries))

    def _approve(self, digest: bytes) -> bytes:
        if not self._verified or self._memory.counter >= COUNTER_MAX:
            raise Refused(Status.NOT_READY)
        self._verified = False
        counter = self._memory.counter + 1
        self._commit(replace(self._memory, counter=counter))
        key = self._memory.keys[KEY_APPROVAL]
        proof = approval_proof(key, self._memory.face.number, counter, digest)
        return counter.to_bytes(COUNTER_SIZE, "big") + proof

    def _burnt(self) -> SpecialMemory:
        face = replace(self._memory.face, state=State.BURNT)
        return SpecialMemory(face, counter=self._memory.counter)

    @property
    def _key_is_pin(self) -> bool:
        face = self._memory.face
        return face.state is State.IN_USE and face.type is CardType.SYSTEM

    def _spend(self) -> None:
        face = self._memory.face
        self._commit(replace(self._memory, face=face.with_tries(face.tries - 1)))

    def _give_back(self) -> None:
        self._commit(replace(self._memory, face=self._memory.face.with_tries(TRIES_MAX)))

    def _commit(self, memory: SpecialMemory) -> None:
        self._commit_to(memory)
        self._memory = memory


def _whole(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise Refused(Status.WRONG_LENGTH)
    return data


def _addressed(p1: int, p2: int) -> tuple[File, int]:
    number, mode = p2 >> 3, p2 & 7
    if number not in tuple(File):
        raise Refused(Status.FILE_NOT_FOUND)
    records = CONTENT_RECORDS if number == File.CONTENT else 1
    if mode != _RECORD_IN_P1 or not 1 <= p1 <= records:
        raise Refused(Status.WRONG_P1_P2)
    return File(number), p1 - 1
