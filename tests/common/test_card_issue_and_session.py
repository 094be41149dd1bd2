"""A card is issued once, written whole, and never touched when it is the wrong one."""

import pytest

from card_builders import (
    KEYS,
    NODE_KEY,
    NUMBER,
    OTHER_AUTH,
    OTHER_SLOT,
    SLOT,
    ChipMemory,
    CutChannel,
    credit_record,
    issued_chip,
    powered,
    put_out_of_service,
    repeatable_random,
)
from yika_common.cards.application import CardIdentity, CardState, File
from yika_common.cards.channel import CardChannel
from yika_common.cards.claim import Claim
from yika_common.cards.errors import (
    CardAbsent,
    CardBlank,
    CardError,
    CardNotAuthentic,
    CardNotBlank,
    CardRefused,
    CardRetired,
    CardSwapped,
    CardWriteUncertain,
)
from yika_common.cards.record import EMPTY_RECORD
from yika_common.cards.user_card import (
    open_meter_session,
    open_session,
    personalise,
    recognise,
)
from yika_common.cards.write_back import EMPTY_WRITE_BACK

RECORD = credit_record().encode(KEYS.credit)
OLD = credit_record(count=1).encode(KEYS.credit)
NEW = credit_record(count=2).encode(KEYS.credit)


def issue(channel: CardChannel, number: str = NUMBER, node_key: bytes = NODE_KEY) -> CardIdentity:
    return personalise(
        channel,
        repeatable_random(5),
        number=number,
        generation=1,
        profile=8,
        key_version=1,
        node_key=node_key,
        slot_auth_keys={SLOT: KEYS.auth, OTHER_SLOT: OTHER_AUTH},
    )


def commands_to_issue() -> int:
    channel = CutChannel(powered(ChipMemory()))
    issue(channel)
    return len(channel.sent)


CUTS = [(at, taken) for at in range(commands_to_issue()) for taken in (False, True)]


@pytest.mark.parametrize(("cut_at", "taken"), CUTS)
def test_issuing_that_was_cut_anywhere_is_finished_by_repeating_it(
    cut_at: int, *, taken: bool
) -> None:
    chip = ChipMemory()
    with pytest.raises(CardError):
        issue(CutChannel(powered(chip), cut_at, taken=taken))
    assert chip.memory.identity.state in {CardState.BLANK, CardState.USER}
    identity = issue(powered(chip))
    assert identity == recognise(powered(issued_chip()))
    open_meter_session(powered(chip), repeatable_random(), SLOT, KEYS.auth)


@pytest.mark.parametrize(("cut_at", "taken"), CUTS)
def test_a_card_whose_issue_was_cut_is_still_blank_or_already_that_card(
    cut_at: int, *, taken: bool
) -> None:
    chip = ChipMemory()
    with pytest.raises(CardError):
        issue(CutChannel(powered(chip), cut_at, taken=taken))
    if chip.memory.identity.state is CardState.BLANK:
        assert issue(powered(chip), "860000000025").number == "860000000025"
    else:
        with pytest.raises(CardNotBlank):
            issue(powered(chip), "860000000025")


def test_issuing_twice_changes_nothing() -> None:
    chip = issued_chip()
    before = chip.memory
    issue(powered(chip))
    assert chip.memory == before


def test_a_card_with_the_same_number_and_another_key_is_not_taken_for_issued() -> None:
    with pytest.raises(CardNotAuthentic):
        issue(powered(issued_chip()), node_key=bytes(range(16)))


def test_a_new_number_forgets_the_keys_of_an_unfinished_issue() -> None:
    chip = ChipMemory()
    with pytest.raises(CardError):
        issue(CutChannel(powered(chip), commands_to_issue() - 6))
    assert chip.memory.keys
    identity = personalise(
        powered(chip),
        repeatable_random(5),
        number="860000000025",
        generation=1,
        profile=4,
        key_version=1,
        node_key=NODE_KEY,
        slot_auth_keys={0: KEYS.auth},
    )
    assert identity.slots_of(KEYS.auth) == (0,)
    assert set(chip.memory.keys) == {1, 2}


def test_a_node_reads_and_writes_what_it_sold() -> None:
    chip = issued_chip()
    session = open_session(powered(chip), repeatable_random(), NODE_KEY, number=NUMBER)
    assert session.identity.number == NUMBER
    assert session.read_slot(SLOT) == EMPTY_RECORD
    assert session.read_write_back(SLOT) == EMPTY_WRITE_BACK
    session.write_record(SLOT, RECORD)
    assert session.read_slot(SLOT) == RECORD
    again = open_session(powered(chip), repeatable_random(), NODE_KEY)
    assert again.read_slot(SLOT) == RECORD


def test_a_meter_claims_and_answers_in_its_own_slot() -> None:
    chip = issued_chip()
    meter = open_meter_session(powered(chip), repeatable_random(), SLOT, KEYS.auth)
    meter.write_claim(Claim(1, 3))
    meter.write_write_back(b"\1" * len(EMPTY_WRITE_BACK))
    node = open_session(powered(chip), repeatable_random(), NODE_KEY)
    assert chip.memory.records[File.CLAIM][SLOT] == Claim(1, 3).encode()
    assert node.read_write_back(SLOT) == b"\1" * len(EMPTY_WRITE_BACK)
    assert chip.memory.records[File.CLAIM][OTHER_SLOT] == bytes(8)


@pytest.mark.parametrize(
    ("cut_at", "taken", "expected", "held"),
    [
        (3, False, CardWriteUncertain, OLD),
        (3, True, CardWriteUncertain, NEW),
        (4, False, CardWriteUncertain, NEW),
        (4, True, CardWriteUncertain, NEW),
    ],
    ids=["update never arrived", "its answer was lost", "no read back", "read back lost"],
)
def test_a_pulled_card_holds_the_old_record_or_the_new_one(
    cut_at: int, expected: type[CardError], held: bytes, *, taken: bool
) -> None:
    chip = issued_chip()
    open_session(powered(chip), repeatable_random(), NODE_KEY).write_record(SLOT, OLD)
    channel = CutChannel(powered(chip), cut_at, taken=taken)
    session = open_session(channel, repeatable_random(), NODE_KEY)
    with pytest.raises(expected):
        session.write_record(SLOT, NEW)
    assert open_session(powered(chip), repeatable_random(), NODE_KEY).read_slot(SLOT) == held


def test_a_card_that_left_before_the_write_is_known_to_hold_the_old_record() -> None:
    chip = issued_chip()

    class Gone(CutChannel):
        def transmit(self, apdu: bytes) -> bytes:
            if len(self.sent) == 3:
                raise CardAbsent
            return super().transmit(apdu)

    session = open_session(Gone(powered(chip)), repeatable_random(), NODE_KEY)
    with pytest.raises(CardAbsent):
        session.write_record(SLOT, NEW)


def test_another_card_is_seen_before_a_secret_is_shown() -> None:
    channel = CutChannel(powered(issued_chip("860000000025")))
    with pytest.raises(CardSwapped, match="860000000025"):
        open_session(channel, repeatable_random(), NODE_KEY, number=NUMBER)
    assert len(channel.sent) == 1


def test_a_card_exchanged_in_mid_session_takes_nothing() -> None:
    first, second = issued_chip(), issued_chip("860000000025")
    icc = powered(first)
    session = open_session(icc, repeatable_random(), NODE_KEY, number=NUMBER)
    icc._store = second
    icc.reset()
    with pytest.raises(CardRefused):
        session.read_slot(SLOT)
    with pytest.raises(CardWriteUncertain):
        session.write_record(SLOT, NEW)
    assert second.commits == issued_chip("860000000025").commits


def test_a_blank_card_sells_nothing() -> None:
    channel = CutChannel(powered(ChipMemory()))
    with pytest.raises(CardBlank):
        open_session(channel, repeatable_random(), NODE_KEY)
    assert len(channel.sent) == 1


def test_a_retired_card_is_refused_by_node_and_meter_and_stays_retired() -> None:
    chip = issued_chip()
    put_out_of_service(chip)
    with pytest.raises(CardRetired):
        open_session(powered(chip), repeatable_random(), NODE_KEY)
    with pytest.raises(CardRetired):
        open_meter_session(powered(chip), repeatable_random(), SLOT, KEYS.auth)
    with pytest.raises(CardRetired):
        issue(powered(chip))


@pytest.mark.parametrize("slot", [-1, 8])
def test_a_card_has_eight_slots(slot: int) -> None:
    session = open_session(powered(issued_chip()), repeatable_random(), NODE_KEY)
    with pytest.raises(ValueError, match="slot"):
        session.read_slot(slot)
