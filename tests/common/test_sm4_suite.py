"""The SM4 suite: keys, records, write-backs and the card's dialogue, against openssl's bytes."""

import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import VECTORS, credit_record, repeatable_random
from yika_common.cards.application import ROLE_NODE, CardState, Ins, slot_tag
from yika_common.cards.ciphers import (
    KEY_SIZE,
    Suite,
    cmac,
    decrypt_cbc,
    encrypt_cbc,
    first_version,
    key_of,
    suite_of,
    suite_of_version,
)
from yika_common.cards.contact import open_session, personalise
from yika_common.cards.errors import CardNotAuthentic, ContentUnknown, RecordForged
from yika_common.cards.keys import MasterKeys, derive_card_key, derive_meter_keys
from yika_common.cards.record import open_record
from yika_common.cards.secure_messaging import SecureSession, card_proof, host_proof, session_keys
from yika_common.cards.user_card import open_meter_session
from yika_common.cards.write_back import evidence_in, open_write_back
from yika_common.simulated.icc import CardMemory, UserCardIcc, blank_memory

TOLD = json.loads((VECTORS / "sm4.json").read_text())
MASTER = bytes.fromhex(TOLD["master"])
MASTERS = MasterKeys(credit=MASTER, wbn=MASTER, wbq=MASTER, auth=MASTER, card=MASTER)
VERSION = TOLD["key_version"]
KEYS = derive_meter_keys(MASTERS, TOLD["meter"], VERSION, area=TOLD["area"])
NODE_KEY = derive_card_key(MASTERS, TOLD["card"], VERSION, area=TOLD["area"])
WBQ = KEYS.wbq or b""
PLAIN_SM4 = "0123456789ABCDEFFEDCBA9876543210"


def told(name: str) -> bytes:
    return bytes.fromhex(TOLD[name])


def test_the_vectors_are_what_their_script_prints() -> None:
    made = subprocess.run(
        ["sh", str(VECTORS / "sm4.sh")], capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(made.stdout) == TOLD


def test_the_block_cipher_is_that_of_the_standard() -> None:
    """GB/T 32907-2016, example A.1: key and plain text are the same 16 bytes."""
    key = key_of(Suite.SM4, bytes.fromhex(PLAIN_SM4))
    block = bytes.fromhex("681EDF34D206965E86B3E94F536E4246")
    assert encrypt_cbc(key, bytes.fromhex(PLAIN_SM4)) == block
    assert decrypt_cbc(key, block) == bytes.fromhex(PLAIN_SM4)


def test_keys_are_those_that_openssl_derives() -> None:
    found = {
        "credit": KEYS.credit,
        "wbn": KEYS.wbn,
        "wbq": WBQ,
        "auth": KEYS.auth,
        "card": NODE_KEY,
    }
    assert {name: key.hex().upper() for name, key in found.items()} == TOLD["keys"]
    assert {suite_of(key) for key in found.values()} == {Suite.SM4}
    assert slot_tag(KEYS.auth, TOLD["card"]) == told("tag")


def test_the_record_is_that_of_openssl() -> None:
    record = open_record(told("record"), KEYS.credit)
    assert (record.meter_id, record.key_version, record.count) == (TOLD["meter"], VERSION, 17)
    assert record.encode(KEYS.credit) == told("record")


def test_the_write_back_is_that_of_openssl() -> None:
    write_back = open_write_back(told("write_back"), KEYS.wbn)
    assert write_back.encode(KEYS.wbn, WBQ) == told("write_back")
    assert evidence_in(told("write_back")) == write_back.reading.evidence(WBQ)


def test_the_dialogue_is_that_of_openssl() -> None:
    rnd_a, rnd_b, ti = told("rnd_a"), told("rnd_b"), told("ti")
    assert session_keys(NODE_KEY, rnd_a, rnd_b) == (told("kenc"), told("kmac"))
    assert encrypt_cbc(NODE_KEY, rnd_b) == told("challenge")[:-2]
    proof, seen = host_proof(NODE_KEY, rnd_a, told("challenge")[:-2])
    assert (proof, seen) == (told("continue")[5:-1], rnd_b)
    assert card_proof(NODE_KEY, rnd_a, ti) == told("proof")[:-2]
    session = SecureSession.begin(NODE_KEY, rnd_a, rnd_b, ti)
    read = bytes((0x84, Ins.READ_RECORD, 3, 2 << 3 | 4))
    assert session.command_mac(read, b"") == told("read_slot_2")[5:-1]


def test_a_key_reaches_a_blank_card_as_openssl_sends_it() -> None:
    session = SecureSession.begin(bytes(KEY_SIZE), told("rnd_a"), told("rnd_b"), told("ti"))
    sent = session.encrypt_key(KEYS.auth)
    head = bytes((0x84, Ins.PUT_KEY, 1, 4))
    assert (
        told("put_key_slot_2") == head + b"\x18" + sent + session.command_mac(head, sent) + b"\0"
    )


@given(st.integers(0, 255))
def test_the_version_of_a_key_says_its_suite(version: int) -> None:
    suite = suite_of_version(version)
    assert suite is (Suite.SM4 if version >= 128 else Suite.AES)
    keys = derive_meter_keys(MASTERS, "M1", version)
    derived = (keys.credit, keys.wbn, keys.wbq or b"", keys.auth)
    assert {suite_of(key) for key in derived} == {suite}


@pytest.mark.parametrize("suite", Suite)
def test_the_first_version_of_a_suite_is_its_own(suite: Suite) -> None:
    assert suite_of_version(first_version(suite)) is suite


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=80))
def test_one_key_gives_two_macs_in_two_suites(key: bytes, data: bytes) -> None:
    assert cmac(key_of(Suite.AES, key), data) != cmac(key_of(Suite.SM4, key), data)


def test_nothing_on_a_card_chooses_the_cipher() -> None:
    """The suite byte is covered by the MAC; a record of the other suite is forged or unknown."""
    data = bytearray(told("record"))
    data[1] = Suite.AES
    with pytest.raises(RecordForged):
        open_record(bytes(data), KEYS.credit)
    resealed = bytes(data[:-8]) + cmac(KEYS.credit, bytes(data[:-8]))[:8]
    with pytest.raises(ContentUnknown):
        open_record(resealed, KEYS.credit)
    as_aes = key_of(Suite.AES, bytes(KEYS.credit))
    with pytest.raises(RecordForged):
        open_record(told("record"), as_aes)


def test_a_record_is_not_sealed_by_a_key_of_another_suite() -> None:
    with pytest.raises(ValueError, match="own version"):
        credit_record(key_version=VERSION).encode(key_of(Suite.AES, bytes(KEYS.credit)))


class Chip:
    """A chip's memory, and the chip as a card in a reader."""

    def __init__(self) -> None:
        self.memory = blank_memory(bytes(range(8)))
        self.icc = UserCardIcc(self, repeatable_random(1))

    def load(self) -> CardMemory:
        return self.memory

    def commit(self, memory: CardMemory) -> None:
        self.memory = memory

    def transmit(self, apdu: bytes) -> bytes:
        return self.icc.transmit(apdu)


def test_one_card_serves_meters_of_both_suites() -> None:
    chip, random = Chip(), repeatable_random(2)
    aes = derive_meter_keys(MASTERS, "M2", 1).auth
    identity = personalise(
        chip,
        random,
        number=TOLD["card"],
        generation=1,
        profile=4,
        key_version=VERSION,
        node_key=NODE_KEY,
        slot_auth_keys={0: KEYS.auth, 1: aes},
    )
    assert identity.state is CardState.USER
    assert suite_of(chip.memory.keys[ROLE_NODE]) is Suite.SM4
    for slot, key in enumerate((KEYS.auth, aes)):
        assert identity.slots_of(key) == (slot,)
        chip.icc.reset()
        open_meter_session(chip, random, slot, key).read_record()
        chip.icc.reset()
        other = Suite.AES if suite_of(key) is Suite.SM4 else Suite.SM4
        with pytest.raises(CardNotAuthentic):
            open_meter_session(chip, random, slot, key_of(other, bytes(key)))
    chip.icc.reset()
    open_session(chip, random, NODE_KEY).read_slot(0)
