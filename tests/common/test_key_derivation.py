"""A meter's key follows from headquarters' masters, and no other way leads to it."""

import json

import pytest

from card_builders import VECTORS
from yika_common.cards.application import slot_tag
from yika_common.cards.ciphers import cmac
from yika_common.cards.keys import (
    KeyRole,
    MasterKeys,
    MeterKeys,
    derive_area_key,
    derive_card_key,
    derive_meter_keys,
    diversify,
)

KEYS = json.loads((VECTORS / "keys.json").read_text())
MASTER = bytes.fromhex(KEYS["master"])
MASTERS = MasterKeys(credit=MASTER, wbn=MASTER, wbq=MASTER, auth=MASTER, card=MASTER)

RFC_4493_KEY = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3C")
RFC_4493_MESSAGE = bytes.fromhex(
    "6BC1BEE22E409F96E93D7E117393172AAE2D8A571E03AC9C9EB76FAC45AF8E51"
    "30C81C46A35CE411E5FBC1191A0A52EFF69F2445DF4F9B17AD2B417BE66C3710"
)


@pytest.mark.parametrize(
    ("size", "mac"),
    [
        (0, "BB1D6929E95937287FA37D129B756746"),
        (16, "070A16B46B4D4144F79BDD9DD04A287C"),
        (40, "DFA66747DE9AE63030CA32611497C827"),
        (64, "51F0BEBF7E3B9D92FC49741779363CFE"),
    ],
)
def test_cmac_is_that_of_rfc_4493(size: int, mac: str) -> None:
    assert cmac(RFC_4493_KEY, RFC_4493_MESSAGE[:size]) == bytes.fromhex(mac)


def test_a_short_input_is_not_diversified_because_an10922_pads_it_differently() -> None:
    """AN10922's own 15-byte example is one; plain CMAC would give another key than it prints."""
    with pytest.raises(ValueError, match="15 bytes"):
        diversify(bytes(16), bytes(15))


def test_diversification_is_that_of_an10922_where_both_are_defined() -> None:
    """Its padding written out: 01, input, 80 00..., last block mixed with the second subkey."""
    key = bytes.fromhex("00112233445566778899AABBCCDDEEFF")
    padded = (b"\x01" + bytes(range(28)) + b"\x80").ljust(32, b"\0")
    assert diversify(key, bytes(range(28))) == an10922_mac(key, padded)
    example = bytes.fromhex("01 04782E21801D80 3042F5 4E585020416275")
    assert an10922_mac(key, (example + b"\x80").ljust(32, b"\0")) == bytes.fromhex(
        "A8DD63A3B89D54B37CA802473FDA9175"
    )


def an10922_mac(key: bytes, padded: bytes) -> bytes:
    """CBC over two blocks, the second mixed with K2 (AN10922, section 2.2.1)."""
    from yika_common.cards.ciphers import encrypt_cbc

    def doubled(block: bytes) -> bytes:
        number = int.from_bytes(block, "big") << 1
        return (number & (1 << 128) - 1 ^ (0x87 if number >> 128 else 0)).to_bytes(16, "big")

    k2 = doubled(doubled(encrypt_cbc(key, bytes(16))))
    mixed = bytes(a ^ b for a, b in zip(padded[16:], k2, strict=True))
    return encrypt_cbc(key, padded[:16] + mixed)[16:]


@pytest.mark.parametrize(("role", "area", "area_key", "key"), KEYS["keys"])
def test_keys_are_those_that_openssl_derives(
    role: str, area: str, area_key: str, key: str
) -> None:
    version = KEYS["key_version"]
    assert derive_area_key(MASTER, KeyRole(role), area, version) == bytes.fromhex(area_key)
    if role == "card":
        derived = derive_card_key(MASTERS, KEYS["card"], version, area=area)
    else:
        derived = getattr(derive_meter_keys(MASTERS, KEYS["meter"], version, area=area), role)
    assert derived == bytes.fromhex(key)


def test_the_slot_tag_is_that_of_openssl() -> None:
    vector = KEYS["tag"]
    tag = slot_tag(bytes.fromhex(vector["auth"]), vector["card"])
    assert tag == bytes.fromhex(vector["tag"])


def test_every_meter_role_version_and_area_has_its_own_key() -> None:
    keys = [
        key
        for meter in ("M1", "M2")
        for version in (1, 2)
        for area in ("", "A01")
        for key in all_of(derive_meter_keys(MASTERS, meter, version, area=area))
    ]
    assert len(set(keys)) == len(keys) == 32


def all_of(keys: MeterKeys) -> tuple[bytes, ...]:
    assert keys.wbq is not None
    return keys.credit, keys.wbn, keys.wbq, keys.auth


def test_keys_are_never_shown() -> None:
    assert repr(MASTERS) == "MasterKeys()"
    assert repr(derive_meter_keys(MASTERS, "M1", 1)) == "MeterKeys()"


@pytest.mark.parametrize("name", ["", "m1", "M 1", "M000000000042X", "中"])
def test_a_key_belongs_to_a_proper_name(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|belongs"):
        derive_meter_keys(MASTERS, name, 1)


def test_short_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        MeterKeys(credit=bytes(15), wbn=bytes(16), wbq=None, auth=bytes(16))
    with pytest.raises(ValueError, match="credit"):
        MasterKeys(credit=b"", wbn=MASTER, wbq=MASTER, auth=MASTER, card=MASTER)
