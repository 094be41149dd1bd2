"""The chip gives each role its rights and nothing more, and hears nobody else."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import (
    KEYS,
    NODE_KEY,
    NUMBER,
    OTHER_AUTH,
    OTHER_SLOT,
    SLOT,
    ChipMemory,
    issued_chip,
    powered,
    repeatable_random,
)
from yika_common.cards.application import (
    AID,
    ROLE_ISSUER,
    ROLE_NODE,
    SLOT_RECORD_SIZES,
    TRANSPORT_KEY,
    CardIdentity,
    CardState,
    File,
    Ins,
    Status,
    encode_fci,
    meter_role,
    open_fci,
)
from yika_common.cards.dialogue import Dialogue, select
from yika_common.cards.errors import (
    CardForeign,
    CardKeyBlocked,
    CardNotAuthentic,
    CardRefused,
    CardWriteUncertain,
)
from yika_common.cards.record import RECORD_SIZE
from yika_common.simulated.icc import UserCardIcc

SELECT = bytes.fromhex("00A4040006F059494B410100")
ROLE_KEYS = {
    ROLE_NODE: NODE_KEY,
    meter_role(SLOT): KEYS.auth,
    meter_role(OTHER_SLOT): OTHER_AUTH,
}
GUARDED = tuple(SLOT_RECORD_SIZES)


def authenticated(icc: UserCardIcc, role: int, key: bytes | None = None) -> Dialogue:
    held = ROLE_KEYS[role] if key is None else key
    return Dialogue.begin(icc, repeatable_random(11), select(icc), role, held)


def test_anybody_reads_the_public_face_and_only_that() -> None:
    identity = select(powered(issued_chip()))
    assert identity == CardIdentity(
        number=NUMBER,
        generation=1,
        state=CardState.USER,
        profile=8,
        key_version=1,
        serial=b"CHIP0001",
        slot_tags=identity.slot_tags,
    )
    assert identity.slots_of(KEYS.auth) == (SLOT,)
    assert identity.slots_of(OTHER_AUTH) == (OTHER_SLOT,)
    assert identity.slots_of(KEYS.credit) == ()


def test_the_public_face_has_the_bytes_of_the_published_table() -> None:
    blank = powered(ChipMemory()).transmit(SELECT)
    assert blank == (
        bytes.fromhex("6F44 8406F059494B4101 853A 0100") + bytes(16) + b"CHIP0001" + bytes(32)
    ) + bytes.fromhex("9000")


@pytest.mark.parametrize(("role", "file", "slot"), [*product(ROLE_KEYS, GUARDED, range(8))])
def test_a_role_reads_what_the_table_gives_it(role: int, file: File, slot: int) -> None:
    dialogue = authenticated(powered(issued_chip()), role)
    allowed = role == ROLE_NODE or role == meter_role(slot)
    if allowed:
        assert dialogue.read(file, slot) == bytes(SLOT_RECORD_SIZES[file])
    else:
        with pytest.raises(CardRefused, match="6982"):
            dialogue.read(file, slot)


@pytest.mark.parametrize(("role", "file", "slot"), [*product(ROLE_KEYS, GUARDED, range(8))])
def test_a_role_updates_what_the_table_gives_it(role: int, file: File, slot: int) -> None:
    chip = issued_chip()
    before = chip.commits
    dialogue = authenticated(powered(chip), role)
    content = b"\7" * SLOT_RECORD_SIZES[file]
    own = role == (ROLE_NODE if file is File.CREDIT else meter_role(slot))
    if own:
        dialogue.update(file, slot, content)
        assert chip.memory.records[file][slot] == content
        assert chip.commits == before + 1
    else:
        with pytest.raises(CardWriteUncertain):
            dialogue.update(file, slot, content)
        assert chip.commits == before


@pytest.mark.parametrize("ins", [Ins.PUT_KEY, Ins.ACTIVATE])
@pytest.mark.parametrize("role", [ROLE_NODE, meter_role(SLOT)])
def test_only_the_issuer_changes_keys_and_state(ins: Ins, role: int) -> None:
    chip = issued_chip()
    before = chip.memory
    with pytest.raises(CardWriteUncertain):
        authenticated(powered(chip), role).change(ins, 0, meter_role(0), bytes(16))
    assert chip.memory == before


def test_the_transport_key_opens_no_card_in_use() -> None:
    for role in range(10):
        with pytest.raises(CardNotAuthentic):
            authenticated(powered(issued_chip()), role, bytes(16))


def test_a_card_in_use_has_no_issuer() -> None:
    with pytest.raises(CardNotAuthentic):
        authenticated(powered(issued_chip()), ROLE_ISSUER, NODE_KEY)


def test_the_session_that_activates_a_card_gives_no_key_afterwards() -> None:
    chip = ChipMemory()
    face = replace(chip.memory.identity, number=NUMBER, generation=1, profile=8, key_version=1)
    issuer = authenticated(powered(chip), ROLE_ISSUER, TRANSPORT_KEY)
    issuer.change(Ins.UPDATE_RECORD, 1, File.INFORMATION << 3 | 4, face.encode())
    issuer.put_key(ROLE_NODE, NODE_KEY)
    issuer.change(Ins.ACTIVATE, 0, 0, b"")
    in_use = chip.memory
    with pytest.raises(CardWriteUncertain):
        issuer.put_key(meter_role(SLOT), KEYS.auth)
    assert (chip.memory, in_use.identity.state) == (in_use, CardState.USER)


def test_one_meters_key_opens_no_other_slot() -> None:
    with pytest.raises(CardNotAuthentic):
        authenticated(powered(issued_chip()), meter_role(OTHER_SLOT), KEYS.auth)


def test_three_wrong_keys_block_the_role_until_the_card_is_put_in_again() -> None:
    icc = powered(issued_chip())
    for _ in range(3):
        with pytest.raises(CardNotAuthentic):
            authenticated(icc, ROLE_NODE, bytes(16))
    with pytest.raises(CardKeyBlocked):
        authenticated(icc, ROLE_NODE)
    authenticated(icc, meter_role(SLOT))
    icc.reset()
    authenticated(icc, ROLE_NODE)


def test_success_forgets_earlier_failures() -> None:
    icc = powered(issued_chip())
    for _ in range(2):
        for _ in range(2):
            with pytest.raises(CardNotAuthentic):
                authenticated(icc, ROLE_NODE, bytes(16))
        authenticated(icc, ROLE_NODE)


class Recorder:
    """Between host and chip, writing down everything."""

    def __init__(self, icc: UserCardIcc) -> None:
        self.icc = icc
        self.exchanges: list[tuple[bytes, bytes]] = []

    def transmit(self, apdu: bytes) -> bytes:
        answer = self.icc.transmit(apdu)
        self.exchanges.append((apdu, answer))
        return answer


class Replayer:
    """A fake chip that gives a recorded chip's answers."""

    def __init__(self, exchanges: list[tuple[bytes, bytes]]) -> None:
        self.answers = [answer for _, answer in exchanges]

    def transmit(self, apdu: bytes) -> bytes:
        assert apdu
        return self.answers.pop(0)


def recorded_write(chip: ChipMemory) -> list[tuple[bytes, bytes]]:
    recorder = Recorder(powered(chip))
    dialogue = Dialogue.begin(
        recorder, repeatable_random(11), select(recorder), ROLE_NODE, NODE_KEY
    )
    dialogue.update(File.CREDIT, SLOT, b"\1" * RECORD_SIZE)
    return recorder.exchanges


def test_a_recorded_chip_convinces_nobody() -> None:
    fake = Replayer(recorded_write(issued_chip()))
    with pytest.raises(CardNotAuthentic):
        Dialogue.begin(fake, repeatable_random(99), select(fake), ROLE_NODE, NODE_KEY)


def test_a_recorded_host_convinces_no_chip() -> None:
    chip = issued_chip()
    commands = [command for command, _ in recorded_write(chip)]
    authenticated(powered(chip), ROLE_NODE).update(File.CREDIT, SLOT, b"\2" * RECORD_SIZE)
    icc = UserCardIcc(chip, repeatable_random(1234))
    answers = [icc.transmit(command)[-2:] for command in commands]
    assert answers[-2:] == [Status.AUTHENTICATION_FAILED.encoded, Status.NOT_READY.encoded]
    assert chip.memory.records[File.CREDIT][SLOT] == b"\2" * RECORD_SIZE


def test_a_command_repeated_within_its_session_is_refused_and_ends_it() -> None:
    chip = issued_chip()
    recorder = Recorder(powered(chip))
    dialogue = Dialogue.begin(
        recorder, repeatable_random(11), select(recorder), ROLE_NODE, NODE_KEY
    )
    dialogue.update(File.CREDIT, SLOT, b"\1" * RECORD_SIZE)
    again = recorder.exchanges[-1][0]
    assert recorder.icc.transmit(again) == Status.MAC_WRONG.encoded
    with pytest.raises(CardRefused, match="6985"):
        dialogue.read(File.CREDIT, SLOT)


@pytest.mark.parametrize("bit", range(8 * (5 + RECORD_SIZE + 8)))
def test_an_update_with_a_flipped_bit_changes_nothing(bit: int) -> None:
    chip = issued_chip()
    before = chip.memory

    class Flipper(Recorder):
        def transmit(self, apdu: bytes) -> bytes:
            if apdu[1] == Ins.UPDATE_RECORD:
                flipped = bytearray(apdu)
                flipped[bit // 8] ^= 1 << bit % 8
                apdu = bytes(flipped)
            return super().transmit(apdu)

    channel = Flipper(powered(chip))
    dialogue = Dialogue.begin(channel, repeatable_random(11), select(channel), ROLE_NODE, NODE_KEY)
    with pytest.raises(CardWriteUncertain):
        dialogue.update(File.CREDIT, SLOT, b"\1" * RECORD_SIZE)
    assert chip.memory == before


@pytest.mark.parametrize("bit", range(8 * (8 + 8 + 2)))
def test_an_answer_with_a_flipped_bit_is_never_believed(bit: int) -> None:
    class Flipper(Recorder):
        def transmit(self, apdu: bytes) -> bytes:
            answer = bytearray(super().transmit(apdu))
            if apdu[1] == Ins.READ_RECORD:
                answer[bit // 8] ^= 1 << bit % 8
            return bytes(answer)

    channel = Flipper(powered(issued_chip()))
    dialogue = Dialogue.begin(channel, repeatable_random(11), select(channel), ROLE_NODE, NODE_KEY)
    with pytest.raises((CardNotAuthentic, CardRefused)):
        dialogue.read(File.CLAIM, SLOT)


def test_a_refusal_that_somebody_else_answered_leaves_the_write_uncertain() -> None:
    chip = issued_chip()

    class Liar(Recorder):
        def transmit(self, apdu: bytes) -> bytes:
            answer = super().transmit(apdu)
            return Status.NOT_ALLOWED.encoded if apdu[1] == Ins.UPDATE_RECORD else answer

    channel = Liar(powered(chip))
    dialogue = Dialogue.begin(channel, repeatable_random(11), select(channel), ROLE_NODE, NODE_KEY)
    with pytest.raises(CardWriteUncertain):
        dialogue.update(File.CREDIT, SLOT, b"\1" * RECORD_SIZE)
    assert chip.memory.records[File.CREDIT][SLOT] == b"\1" * RECORD_SIZE


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_no_command_without_a_key_changes_a_card(commands: list[bytes]) -> None:
    chip = issued_chip()
    before = chip.memory
    icc = powered(chip)
    icc.transmit(SELECT)
    for command in commands:
        assert len(icc.transmit(command)) >= 2
    assert chip.memory == before


@given(st.binary(max_size=80))
def test_no_stranger_is_taken_for_a_card_of_ours(answer: bytes) -> None:
    with pytest.raises(CardForeign):
        open_fci(answer)


@pytest.mark.parametrize("answer", [b"", b"\x6a\x82", b"\x90\x00", b"\x6f\x00\x90\x00"])
def test_a_card_without_the_application_is_foreign(answer: bytes) -> None:
    class Foreign:
        def transmit(self, apdu: bytes) -> bytes:
            assert AID in apdu, "a stranger's card is asked for our name and nothing else"
            return answer

    with pytest.raises(CardForeign):
        select(Foreign())


@pytest.mark.parametrize(
    "information",
    [
        bytes(58),
        b"\2" + bytes(57),
        b"\1\3" + bytes(56),
        b"\1\1" + bytes(56),
        b"\1\1" + NUMBER.encode() + b"\0\1\5\1" + bytes(40),
    ],
    ids=["format 0", "format 2", "state 3", "in use without a number", "profile 5"],
)
def test_a_face_without_a_meaning_is_foreign(information: bytes) -> None:
    with pytest.raises(CardForeign):
        open_fci(encode_fci(information))


def test_a_session_ends_before_its_counter_repeats() -> None:
    icc = powered(issued_chip())
    dialogue = authenticated(icc, ROLE_NODE)
    for session in (dialogue._session, icc._session):
        assert session is not None
        session.counter = 0xFFFE
    dialogue.read(File.CLAIM, SLOT)
    assert icc._session is not None
    assert icc._session.counter == 0xFFFF
    assert icc.transmit(bytes.fromhex("84B2011C08") + bytes(9)) == Status.NOT_READY.encoded
