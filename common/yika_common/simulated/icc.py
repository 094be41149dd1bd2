"""A simulated chip with the user card's application: the card's own side of the dialogue.

The same chip has the application of special cards (:mod:`yika_common.simulated.special_icc`); a
chip in use has one of the two.

The commands, files and rights are the tables of :mod:`yika_common.cards.application`.  A command
either takes whole or not at all: its effect is one new :class:`CardMemory`, handed to the store in
one commit.  What the store takes stands, whether or not the answer arrives.

Three failed authentications in a row block that role until the chip is powered up again.  Nothing
is counted across power-ups: a role's key has 128 random bits, so a lasting counter would protect
nothing and would let anybody who holds a card for a moment make it useless.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, replace
from typing import Protocol

from yika_common.cards.application import (
    AID,
    CLA_OWN,
    CLA_PLAIN,
    CLA_PROTECTED,
    INFORMATION_SIZE,
    NO_TAG,
    ROLE_ISSUER,
    ROLE_NODE,
    ROLES,
    SLOT_RECORD_SIZES,
    TRANSPORT_KEY,
    CardIdentity,
    CardState,
    File,
    Ins,
    Status,
    encode_fci,
    mark_of,
    may_read,
    may_update,
    open_identity,
    slot_of_role,
    slot_tag,
)
from yika_common.cards.ciphers import KEY_SIZE, Suite, encrypt_cbc, key_of
from yika_common.cards.errors import CardForeign
from yika_common.cards.secure_messaging import (
    COUNTER_MAX,
    NONCE_SIZE,
    RESPONSE_SIZE,
    SESSION_MAC_SIZE,
    TI_SIZE,
    SecureSession,
    card_proof,
    check_host_proof,
)
from yika_common.cards.special.face import AID as SPECIAL_AID
from yika_common.cards.special.face import State
from yika_common.readers.iso7816 import USER_CARD_ATR
from yika_common.services import PROFILES, SLOTS_MAX
from yika_common.simulated.special_icc import (
    Refused,
    SpecialApplication,
    SpecialMemory,
    blank_special,
)
from yika_common.values import dataclass

FAILURES_MAX = 3
_HEADER_SIZE = 4
_BY_NAME = (0x04, 0x00)
_RECORD_IN_P1 = 0x04


@dataclass(frozen=True, slots=True)
class CardMemory:
    """Everything a chip keeps without power.

    Attributes:
        identity: the information file.
        records: for each file with slots, its 8 records.
        keys: role to 16-byte key; the transport key is not among them.
        special: the application of special cards; None: blank.
    """

    identity: CardIdentity
    records: Mapping[File, tuple[bytes, ...]]
    keys: Mapping[int, bytes] = field(repr=False)
    special: SpecialMemory | None = None


class CardStore(Protocol):
    """Where a chip's memory outlives its power."""

    def load(self) -> CardMemory:
        """The memory as last committed."""
        ...

    def commit(self, memory: CardMemory) -> None:
        """Replace the memory, whole or not at all."""
        ...


class _Refusal(Exception):
    """The command's answer is this status and nothing else."""

    def __init__(self, status: Status) -> None:
        self.status = status


@dataclass(frozen=True, slots=True)
class _Command:
    header: bytes
    data: bytes

    @property
    def parameters(self) -> tuple[int, int]:
        return self.header[2], self.header[3]


def blank_memory(serial: bytes) -> CardMemory:
    """The memory of a chip as its maker delivers it; ``serial`` is 8 bytes."""
    return CardMemory(
        identity=CardIdentity(
            number="",
            generation=0,
            state=CardState.BLANK,
            profile=0,
            key_version=0,
            serial=serial,
        ),
        records={file: (bytes(size),) * SLOTS_MAX for file, size in SLOT_RECORD_SIZES.items()},
        keys={},
    )


class UserCardIcc:
    """The chip: powered up by :meth:`reset`, asked by :meth:`transmit`.

    Attributes:
        atr: the answer to reset.
    """

    atr = USER_CARD_ATR

    def __init__(self, store: CardStore, random: Callable[[int], bytes]) -> None:
        self._store = store
        self._random = random
        self.reset()

    def reset(self) -> bytes:
        """Power the chip up: sessions and failures are forgotten; returns the ATR."""
        self._memory = self._store.load()
        self._selected = False
        self._special: SpecialApplication | None = None
        self._challenge: tuple[int, bytes] | None = None
        self._session: SecureSession | None = None
        self._role = ROLE_ISSUER
        self._failures: dict[int, int] = {}
        return self.atr

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command: data, SW1, SW2; any refusal ends the session."""
        try:
            return self._answered(_parsed(apdu))
        except (_Refusal, Refused) as refusal:
            self._session = None
            return refusal.status.encoded

    def _answered(self, command: _Command) -> bytes:
        cla, ins = command.header[:2]
        if cla == CLA_PROTECTED:
            return self._protected(command)
        if (cla, ins) == (CLA_PLAIN, Ins.SELECT):
            return self._select(command) + Status.OK.encoded
        if (cla, ins) == (CLA_OWN, Ins.AUTHENTICATE):
            return self._authenticate(command) + Status.OK.encoded
        if (cla, ins) == (CLA_OWN, Ins.CONTINUE):
            return self._continue(command) + Status.OK.encoded
        raise _Refusal(Status.INS_UNKNOWN if cla in {CLA_PLAIN, CLA_OWN} else Status.CLA_UNKNOWN)

    def _select(self, command: _Command) -> bytes:
        self._session = self._challenge = self._special = None
        special = self._memory.special or blank_special(self._memory.identity.serial)
        self._selected = command.data == AID and special.face.state is State.BLANK
        if command.parameters != _BY_NAME:
            raise _Refusal(Status.WRONG_P1_P2)
        if self._selected:
            return encode_fci(self._memory.identity.encode())
        if command.data != SPECIAL_AID or self._memory.identity.state is not CardState.BLANK:
            raise _Refusal(Status.FILE_NOT_FOUND)
        self._special = SpecialApplication(special, self._commit_special, TRANSPORT_KEY)
        return self._special.fci()

    def _authenticate(self, command: _Command) -> bytes:
        self._session = self._challenge = None
        if not self._selected and self._special is None:
            raise _Refusal(Status.NOT_READY)
        role = command.parameters[1]
        key = self._key_of(role)
        if self._failures.get(role, 0) >= FAILURES_MAX:
            raise _Refusal(Status.BLOCKED)
        rnd_b = self._random(NONCE_SIZE)
        self._challenge = role, rnd_b
        return encrypt_cbc(key, rnd_b)

    def _continue(self, command: _Command) -> bytes:
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            raise _Refusal(Status.NOT_READY)
        if len(command.data) != RESPONSE_SIZE:
            raise _Refusal(Status.WRONG_LENGTH)
        role, rnd_b = challenge
        key = self._key_of(role)
        if self._special is not None:
            self._special.authenticating()
        rnd_a = check_host_proof(key, rnd_b, command.data)
        if rnd_a is None:
            self._failures[role] = self._failures.get(role, 0) + 1
            raise _Refusal(Status.AUTHENTICATION_FAILED)
        self._failures[role] = 0
        if self._special is not None:
            self._special.authenticated(role)
        ti = self._random(TI_SIZE)
        self._role, self._session = role, SecureSession.begin(key, rnd_a, rnd_b, ti)
        return card_proof(key, rnd_a, ti)

    def _key_of(self, role: int) -> bytes:
        if self._special is not None:
            return self._special.key_of(role)
        state = self._memory.identity.state
        if state is CardState.RETIRED:
            raise _Refusal(Status.NOT_READY)
        if state is CardState.BLANK:
            if role != ROLE_ISSUER:
                raise _Refusal(Status.KEY_NOT_FOUND)
            return TRANSPORT_KEY
        key = self._memory.keys.get(role)
        if key is None:
            raise _Refusal(Status.KEY_NOT_FOUND)
        return key

    def _protected(self, command: _Command) -> bytes:
        session = self._session
        if session is None or session.counter >= COUNTER_MAX:
            raise _Refusal(Status.NOT_READY)
        data, mac = command.data[:-SESSION_MAC_SIZE], command.data[-SESSION_MAC_SIZE:]
        if not session.command_is_genuine(command.header, data, mac):
            raise _Refusal(Status.MAC_WRONG)
        answer = self._obey(_Command(command.header, data), session)
        answer_mac = session.response_mac(Status.OK.encoded, answer)
        session.advance()
        if command.header[1] in (Ins.RETIRE, Ins.RECYCLE):
            self._session = None
        return answer + answer_mac + Status.OK.encoded

    def _obey(self, command: _Command, session: SecureSession) -> bytes:
        if self._special is not None:
            return self._special.obey(command.header, command.data, session)
        match command.header[1]:
            case Ins.READ_RECORD:
                return self._read_record(command)
            case Ins.READ_MARKS:
                return self._marks()
            case Ins.UPDATE_RECORD:
                self._update_record(command)
            case Ins.PUT_KEY:
                self._put_key(command, session)
            case Ins.ACTIVATE:
                self._activate()
            case Ins.RETIRE | Ins.RECYCLE:
                self._end(retired=command.header[1] == Ins.RETIRE)
            case _:
                raise _Refusal(Status.INS_UNKNOWN)
        return b""

    def _read_record(self, command: _Command) -> bytes:
        file, slot = _addressed(command)
        if file is File.INFORMATION or not may_read(self._role, slot):
            raise _Refusal(Status.NOT_ALLOWED)
        return self._memory.records[file][slot]

    def _marks(self) -> bytes:
        if self._role != ROLE_NODE:
            raise _Refusal(Status.NOT_ALLOWED)
        records = self._memory.records
        pairs = zip(records[File.CREDIT], records[File.WRITE_BACK], strict=True)
        return b"".join(mark_of(*pair) for pair in pairs)

    def _update_record(self, command: _Command) -> None:
        file, slot = _addressed(command)
        if file is File.INFORMATION:
            self._number_card(command.data)
            return
        if not may_update(self._role, file, slot):
            raise _Refusal(Status.NOT_ALLOWED)
        if len(command.data) != SLOT_RECORD_SIZES[file]:
            raise _Refusal(Status.WRONG_LENGTH)
        records = list(self._memory.records[file])
        records[slot] = command.data
        self._commit(replace(self._memory, records={**self._memory.records, file: tuple(records)}))

    def _number_card(self, data: bytes) -> None:
        """A blank card gets its number; keys of an earlier, unfinished attempt are forgotten."""
        self._require_issuing()
        if len(data) != INFORMATION_SIZE:
            raise _Refusal(Status.WRONG_LENGTH)
        try:
            wanted = open_identity(data)
        except CardForeign as cause:
            raise _Refusal(Status.WRONG_DATA) from cause
        now = self._memory.identity
        kept = replace(wanted, state=now.state, serial=now.serial, slot_tags=(NO_TAG,) * SLOTS_MAX)
        self._commit(replace(self._memory, identity=kept, keys={}))

    def _put_key(self, command: _Command, session: SecureSession) -> None:
        suite, role = command.parameters[0] + 1, command.parameters[1]
        identity = self._memory.identity
        self._require_issuing()
        if suite not in tuple(Suite):
            raise _Refusal(Status.WRONG_P1_P2)
        if not ROLE_NODE <= role < ROLES or not identity.number:
            raise _Refusal(Status.NOT_ALLOWED)
        if len(command.data) != KEY_SIZE:
            raise _Refusal(Status.WRONG_LENGTH)
        key = key_of(Suite(suite), session.decrypt_key(command.data))
        slot = slot_of_role(role)
        if slot is not None:
            tags = list(identity.slot_tags)
            tags[slot] = slot_tag(key, identity.number)
            identity = replace(identity, slot_tags=tuple(tags))
        self._commit(
            replace(self._memory, identity=identity, keys={**self._memory.keys, role: key})
        )

    def _activate(self) -> None:
        self._require_issuing()
        identity = self._memory.identity
        if ROLE_NODE not in self._memory.keys or identity.profile not in PROFILES:
            raise _Refusal(Status.NOT_READY)
        self._commit(replace(self._memory, identity=replace(identity, state=CardState.USER)))

    def _end(self, *, retired: bool) -> None:
        """Out of use, in one step: nothing of the customer is left."""
        if self._role != ROLE_NODE:
            raise _Refusal(Status.NOT_ALLOWED)
        ended = blank_memory(self._memory.identity.serial)
        if retired:
            kept = replace(
                self._memory.identity,
                state=CardState.RETIRED,
                slot_tags=(NO_TAG,) * SLOTS_MAX,
            )
            ended = replace(ended, identity=kept)
        self._commit(ended)

    def _require_issuing(self) -> None:
        if self._role != ROLE_ISSUER or self._memory.identity.state is not CardState.BLANK:
            raise _Refusal(Status.NOT_ALLOWED)

    def _commit_special(self, special: SpecialMemory) -> None:
        self._commit(replace(self._memory, special=special))

    def _commit(self, memory: CardMemory) -> None:
        self._store.commit(memory)
        self._memory = memory


def _parsed(apdu: bytes) -> _Command:
    """A short APDU of ISO 7816-4: header, then nothing, Le, or Lc with data and perhaps Le."""
    header, rest = apdu[:_HEADER_SIZE], apdu[_HEADER_SIZE:]
    if len(header) < _HEADER_SIZE:
        raise _Refusal(Status.WRONG_LENGTH)
    if len(rest) <= 1:
        return _Command(header, b"")
    data = rest[1 : 1 + rest[0]]
    if rest[0] == 0 or len(data) != rest[0] or len(rest) > len(data) + 2:
        raise _Refusal(Status.WRONG_LENGTH)
    return _Command(header, data)


def _addressed(command: _Command) -> tuple[File, int]:
    """The file and slot that P1 and P2 of a record command name."""
    p1, p2 = command.parameters
    number, mode = p2 >> 3, p2 & 0x07
    if mode != _RECORD_IN_P1 or not 1 <= p1 <= SLOTS_MAX:
        raise _Refusal(Status.WRONG_P1_P2)
    if number not in tuple(File):
        raise _Refusal(Status.FILE_NOT_FOUND)
    return File(number), p1 - 1
