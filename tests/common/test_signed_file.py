"""Signed files: one reading, no forgery, thresholds that count keys."""

import base64
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from journals import key_of
from yika_common.errors import YikaError
from yika_common.signing.dsse import pae
from yika_common.signing.errors import (
    FileMalformed,
    FileTooLarge,
    KeyUnusable,
    SignatureInvalid,
    TooFewSignatures,
    WrongKind,
)
from yika_common.signing.keys import ES256, PublicKey, SigningKey
from yika_common.signing.signed_file import (
    Signature,
    SignedFile,
    read_many,
    read_signed_file,
    sign,
    verify,
)

KIND = "application/vnd.yika.test.v1"
A, B, C = key_of("a"), key_of("b"), key_of("c")
PUBLIC = [A.public, B.public, C.public]


def test_the_pre_authentication_encoding_is_the_published_one() -> None:
    """The example of DSSE's protocol.md."""
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_lengths_in_the_encoding_are_bytes() -> None:
    assert pae("é", "卡".encode()) == "DSSEv1 2 é 3 卡".encode()


def test_signatures_are_those_of_rfc_8032() -> None:
    """Section 7.1, test 2."""
    key = SigningKey.from_seed(
        bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    )
    assert key.sign(b"\x72").hex() == (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )


def test_a_private_key_does_not_show_itself() -> None:
    key = SigningKey.from_seed(b"\7" * 32)
    assert "07070707" not in repr(key)
    assert "\\x07\\x07" not in repr(key)
    assert key.seed == b"\7" * 32


def test_the_file_looks_as_documented() -> None:
    data = sign(KIND, b"hello", [A]).to_bytes()
    signature = base64.b64encode(A.sign(pae(KIND, b"hello"))).decode()
    assert data.decode() == f"YIKA1 {KIND} 5 1\nhello\n{A.keyid} ed25519 {signature}\n"


@given(st.binary(max_size=300), st.integers(1, 3))
def test_what_was_signed_is_read_back_and_verified(payload: bytes, signers: int) -> None:
    file = sign(KIND, payload, [A, B, C][:signers])
    read = read_signed_file(file.to_bytes())
    assert read == file
    assert verify(read, PUBLIC, signers, payload_type=KIND) == payload


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_files_can_stand_in_a_row(payloads: list[bytes]) -> None:
    files = [sign(KIND, payload, [A]) for payload in payloads]
    assert list(read_many(b"".join(file.to_bytes() for file in files))) == files


def test_good_files_before_a_damaged_one_are_still_given() -> None:
    good = sign(KIND, b"one", [A])
    reading = read_many(good.to_bytes() + b"YIKA1 junk")
    assert next(reading) == good
    with pytest.raises(FileMalformed):
        next(reading)


def test_every_flipped_bit_is_noticed() -> None:
    data = sign(KIND, b'{"t":"x"}\n', [A, B]).to_bytes()
    for bit in range(len(data) * 8):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(YikaError):
            verify(read_signed_file(bytes(spoiled)), PUBLIC, 2, payload_type=KIND)


def test_every_shortening_is_noticed() -> None:
    data = sign(KIND, b'{"t":"x"}\n', [A, B]).to_bytes()
    for length in range(len(data)):
        with pytest.raises(FileMalformed):
            read_signed_file(data[:length])


def test_a_doubled_file_is_not_one_file() -> None:
    data = sign(KIND, b"x", [A]).to_bytes()
    with pytest.raises(FileMalformed):
        read_signed_file(data + data)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"YIKA1 a 05 1\n", id="leading zero"),
        pytest.param(b"YIKA1 a +5 1\n", id="sign"),
        pytest.param(b"YIKA1  a 5 1\n", id="two spaces"),
        pytest.param(b"YIKA1 a 5 1\r\n", id="carriage return"),
        pytest.param(b"YIKA1 a 5 0\n", id="no signature"),
        pytest.param(b"YIKA1 a 5 17\n", id="too many signatures"),
        pytest.param(b"YIKA2 a 5 1\n", id="another version"),
    ],
)
def test_a_header_has_one_form(header: bytes) -> None:
    end = sign("a", b"hello", [A]).to_bytes().split(b"\n", 1)[1]
    read_signed_file(b"YIKA1 a 5 1\n" + end)
    with pytest.raises(FileMalformed):
        read_signed_file(header + end)


def test_a_file_longer_than_allowed_is_not_read() -> None:
    with pytest.raises(FileTooLarge):
        read_signed_file(sign(KIND, b"12345", [A]).to_bytes(), limit=4)


def test_a_length_that_nobody_can_send_is_refused_at_once() -> None:
    with pytest.raises(FileTooLarge):
        read_signed_file(b"YIKA1 a 999999999 1\n")


def test_a_signature_has_one_text() -> None:
    """The spare bits at the end of base64 are another way to write the same signature."""
    data = sign(KIND, b"x", [A]).to_bytes()
    assert data.endswith(b"==\n")
    letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = letters[letters.index(data[-4]) ^ 1]
    with pytest.raises(FileMalformed):
        read_signed_file(data[:-4] + bytes([other]) + data[-3:])


def test_a_threshold_counts_keys_and_not_signatures() -> None:
    once = sign(KIND, b"x", [A])
    twice = SignedFile(KIND, b"x", once.signatures * 2)
    with pytest.raises(TooFewSignatures):
        verify(twice, PUBLIC, 2, payload_type=KIND)


def test_signatures_of_strangers_do_not_count() -> None:
    file = sign(KIND, b"x", [A, key_of("stranger")])
    with pytest.raises(TooFewSignatures):
        verify(file, PUBLIC, 2, payload_type=KIND)
    assert verify(file, PUBLIC, 1, payload_type=KIND) == b"x"


def test_a_stranger_cannot_borrow_a_keyid() -> None:
    forged = key_of("stranger").sign(pae(KIND, b"x"))
    file = SignedFile(KIND, b"x", (Signature(A.keyid, "ed25519", forged),))
    with pytest.raises(SignatureInvalid):
        verify(file, PUBLIC, payload_type=KIND)


def test_a_signature_for_one_kind_is_none_for_another() -> None:
    file = sign(KIND, b"x", [A])
    other = SignedFile("application/other", file.payload, file.signatures)
    with pytest.raises(SignatureInvalid):
        verify(other, PUBLIC, payload_type="application/other")
    with pytest.raises(WrongKind):
        verify(file, PUBLIC, payload_type="application/other")


def test_a_threshold_of_none_is_a_bug() -> None:
    with pytest.raises(ValueError, match="threshold"):
        verify(sign(KIND, b"x", [A]), [], 0, payload_type=KIND)


def test_keys_of_secure_modules_are_accepted() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    public = PublicKey(ES256, spki)
    value = private.sign(pae(KIND, b"x"), ec.ECDSA(hashes.SHA256()))
    file = read_signed_file(
        SignedFile(KIND, b"x", (Signature(public.keyid, ES256, value),)).to_bytes()
    )
    assert verify(file, [public], payload_type=KIND) == b"x"
    with pytest.raises(SignatureInvalid):
        verify(SignedFile(KIND, b"y", file.signatures), [public], payload_type=KIND)


def test_a_key_is_of_the_algorithm_it_names() -> None:
    with pytest.raises(KeyUnusable):
        PublicKey(ES256, A.public.spki)
    with pytest.raises(KeyUnusable):
        PublicKey("ed25519", A.public.spki[:-1])


def test_openssl_agrees(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(A.public.spki)
    (tmp_path / "message").write_bytes(pae(KIND, b"x"))
    (tmp_path / "signature").write_bytes(sign(KIND, b"x", [A]).signatures[0].value)
    subprocess.run(
        ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER",
         "-inkey", "key", "-in", "message", "-sigfile", "signature"],
        cwd=tmp_path, check=True, capture_output=True, timeout=30,
    )  # fmt: skip
