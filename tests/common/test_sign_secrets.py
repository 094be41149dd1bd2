"""Trust roots, sealed boxes and small secrets."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import a_root, key_of
from yika_common.signing import strict_json
from yika_common.signing.aead import decrypt, encrypt
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    KeyUnusable,
    SealBroken,
    TooFewSignatures,
)
from yika_common.signing.sealing import SealKey, seal
from yika_common.signing.signed_file import sign
from yika_common.signing.trust import Role, TrustRoot, make_root

KIND = "application/vnd.yika.test.v1"
KEY = bytes(range(32))


def test_a_root_gives_back_its_roles() -> None:
    root = a_root()
    assert TrustRoot.parse(root.payload) == root
    assert root.role("tariff").threshold == 2
    assert root.role("ack").keys == (key_of("ack").public,)


def test_a_role_counts_only_its_own_keys() -> None:
    file = sign(KIND, b"x", [key_of("ack")])
    assert a_root().check("ack", file, payload_type=KIND) == b"x"
    with pytest.raises(TooFewSignatures):
        a_root().check("registry", file, payload_type=KIND)


def test_a_tariff_needs_two_persons() -> None:
    one = sign(KIND, b"x", [key_of("tariff a"), key_of("tariff a")])
    with pytest.raises(TooFewSignatures):
        a_root().check("tariff", one, payload_type=KIND)
    both = sign(KIND, b"x", [key_of("tariff a"), key_of("tariff b")])
    assert a_root().check("tariff", both, payload_type=KIND) == b"x"


def test_a_role_that_cannot_be_fulfilled_is_none() -> None:
    key = key_of("a").public
    with pytest.raises(ValueError, match="threshold"):
        Role((key, key), 2)
    with pytest.raises(ValueError, match="threshold"):
        Role((key,), 0)


def test_every_role_must_be_named() -> None:
    with pytest.raises(ValueError, match="every role"):
        make_root({"root": Role((key_of("a").public,), 1)})


def spoiled(**changes: object) -> bytes:
    return json.dumps(json.loads(a_root().payload) | changes).encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="no object"),
        pytest.param(spoiled(type="toor"), id="another type"),
        pytest.param(spoiled(version=0), id="version 0"),
        pytest.param(spoiled(extra=1), id="unknown key"),
        pytest.param(spoiled(roles={}), id="no roles"),
        pytest.param(spoiled(keys={}), id="no keys"),
        pytest.param(a_root().payload.replace(b'"threshold":2', b'"threshold":3'), id="too high"),
        pytest.param(a_root().payload.replace(b'"threshold":2', b'"threshold":0'), id="zero"),
        pytest.param(
            a_root().payload.replace(key_of("ack").keyid.encode(), b"0123456789abcdef"),
            id="a key under another name",
        ),
    ],
)
def test_a_document_that_is_no_root_is_refused(data: bytes) -> None:
    with pytest.raises(FileMalformed):
        TrustRoot.parse(data)


def test_a_root_with_an_unusable_key_is_refused() -> None:
    with pytest.raises(KeyUnusable):
        TrustRoot.parse(a_root().payload.replace(b'"spki":"MCow', b'"spki":"!Cow'))


def test_an_endless_root_is_not_parsed() -> None:
    with pytest.raises(FileTooLarge):
        TrustRoot.parse(b" " * 70_000)


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_a_box_opens_for_its_receiver_only(plaintext: bytes, info: bytes) -> None:
    key, other = SealKey.from_private(b"\1" * 32), SealKey.from_private(b"\2" * 32)
    box = seal(plaintext, key.public, info)
    assert key.open(box, info) == plaintext
    for opener, words in ((other, info), (key, info + b"!")):
        with pytest.raises(SealBroken):
            opener.open(box, words)


def test_a_changed_box_does_not_open() -> None:
    key = SealKey.from_private(b"\1" * 32)
    box = seal(b"secret", key.public, b"test")
    for bit in range(len(box) * 8):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            key.open(bytes(changed), b"test")


def test_boxes_cannot_be_sealed_to_nobody() -> None:
    for receiver in (b"", b"\1" * 31, bytes(32)):
        with pytest.raises(KeyUnusable):
            seal(b"secret", receiver, b"test")


def test_private_keys_do_not_show_themselves() -> None:
    assert repr(b"\1" * 32)[2:-1] not in repr(SealKey.from_private(b"\1" * 32))


def test_encryption_is_the_published_one() -> None:
    """AES-256-GCM, McGrew and Viega's test case 16 (with its 20 bytes of additional data)."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plaintext = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    data = encrypt(key, plaintext, aad, lambda _: bytes.fromhex("cafebabefacedbaddecaf888"))
    assert data.hex() == (
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


@given(st.binary(max_size=100), st.binary(max_size=20), st.integers(min_value=0))
def test_a_secret_opens_unchanged_or_not_at_all(plaintext: bytes, aad: bytes, bit: int) -> None:
    data = encrypt(KEY, plaintext, aad, lambda size: b"\5" * size)
    assert decrypt(KEY, data, aad) == plaintext
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        decrypt(KEY, bytes(changed), aad)
    with pytest.raises(SealBroken):
        decrypt(KEY, data, aad + b"!")
    with pytest.raises(SealBroken):
        decrypt(KEY, data[:20], aad)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'{"a":{"b":1,"b":2}}', id="a key twice inside"),
        pytest.param(b'{"a":1.0}', id="a float"),
        pytest.param(b'{"a":1e3}', id="an exponent"),
        pytest.param(b'{"a":NaN}', id="no number"),
        pytest.param(b'{"a":Infinity}', id="infinity"),
        pytest.param(b'{"a":null}', id="null"),
        pytest.param(b'{"a":true}', id="a boolean"),
        pytest.param(b'{"a":[false]}', id="a boolean inside"),
        pytest.param(b'{"a":9007199254740992}', id="two to the 53rd"),
        pytest.param(b'{"a":' + b"9" * 5000 + b"}", id="a very long number"),
        pytest.param(b'{"a":"\\ud800"}', id="half a character"),
        pytest.param(b'{"\\udc00":1}', id="half a character in a key"),
        pytest.param(b'{"a":"\xff"}', id="not UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', id="a byte order mark"),
        pytest.param(b"[" * 100_000, id="nesting without end"),
        pytest.param(b"[" * 30 + b"]" * 30, id="deep nesting"),
        pytest.param(b'{"a":1} x', id="something behind"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_json_that_could_mean_two_things_is_refused(text: bytes) -> None:
    with pytest.raises(FileMalformed):
        strict_json.parse(text)


def test_json_of_texts_and_whole_numbers_is_read() -> None:
    text = b'{"a":[-9007199254740991,9007199254740991,"\xe5\x8d\xa1"],"b":{"c":""}}'
    value = strict_json.parse(text)
    assert value == {"a": [1 - 2**53, 2**53 - 1, "卡"], "b": {"c": ""}}
    assert strict_json.write(value) == text
