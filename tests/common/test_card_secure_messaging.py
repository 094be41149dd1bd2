"""The dialogue's mathematics are the published ones (NXP AN12196, authentication examples)."""

import pytest

from yika_common.cards.secure_messaging import (
    SecureSession,
    card_proof,
    check_card_proof,
    check_host_proof,
    host_proof,
    session_keys,
    truncated,
)

KEY = bytes(16)
RND_A = bytes.fromhex("13C5DB8A5930439FC3DEF9A4C675360F")
RND_B = bytes.fromhex("B9E2FC789B64BF237CCCAA20EC7E6E48")
CHALLENGE = bytes.fromhex("A04C124213C186F22399D33AC2A30215")
PROOF = bytes.fromhex("35C3E05A752E0144BAC0DE51C1F22C56B34408A23D8AEA266CAB947EA8E0118D")
CARD_PROOF = bytes.fromhex("3FA64DB5446D1F34CD6EA311167F5E4985B89690C04A05F17FA7AB2F08120663")


def test_the_host_proves_itself_as_published() -> None:
    assert host_proof(KEY, RND_A, CHALLENGE) == (PROOF, RND_B)
    assert check_host_proof(KEY, RND_B, PROOF) == RND_A


def test_the_card_proves_itself_as_published() -> None:
    ti = bytes.fromhex("9D00C4DF")
    assert card_proof(KEY, RND_A, ti) == CARD_PROOF
    assert check_card_proof(KEY, RND_A, CARD_PROOF) == ti


@pytest.mark.parametrize(
    ("rnd_a", "rnd_b", "kenc", "kmac"),
    [
        (
            RND_A.hex(),
            RND_B.hex(),
            "1309C877509E5A215007FF0ED19CA564",
            "4C6626F5E72EA694202139295C7A7FC7",
        ),
        (
            "B98F4C50CF1C2E084FD150E33992B048",
            "91517975190DCEA6104948EFA3085C1B",
            "7A93D6571E4B180FCA6AC90C9A7488D4",
            "FC4AF159B62E549B5812394CAB1918CC",
        ),
    ],
)
def test_session_keys_are_the_published_ones(rnd_a: str, rnd_b: str, kenc: str, kmac: str) -> None:
    keys = session_keys(KEY, bytes.fromhex(rnd_a), bytes.fromhex(rnd_b))
    assert keys == (bytes.fromhex(kenc), bytes.fromhex(kmac))


def test_every_second_byte_of_a_mac_is_kept() -> None:
    assert truncated(bytes(range(16))) == bytes([1, 3, 5, 7, 9, 11, 13, 15])


@pytest.mark.parametrize("bit", range(256))
def test_a_proof_with_a_flipped_bit_proves_nothing(bit: int) -> None:
    flipped = bytearray(PROOF)
    flipped[bit // 8] ^= 1 << bit % 8
    assert check_host_proof(KEY, RND_B, bytes(flipped)) is None
    flipped = bytearray(CARD_PROOF)
    flipped[bit // 8] ^= 1 << bit % 8
    if bit >= 128:
        assert check_card_proof(KEY, RND_A, bytes(flipped)) is None


def test_a_key_travels_unreadable_and_differently_each_time() -> None:
    session = SecureSession.begin(KEY, RND_A, RND_B, b"\1\2\3\4")
    secret = bytes(range(16))
    first = session.encrypt_key(secret)
    assert session.decrypt_key(first) == secret
    session.advance()
    assert session.encrypt_key(secret) not in {first, secret}


def test_a_session_shows_no_key() -> None:
    session = SecureSession.begin(KEY, RND_A, RND_B, b"\1\2\3\4")
    assert "kenc" not in repr(session)
    assert "kmac" not in repr(session)
