"""Yika's signatures, codes and seals agree with the vectors of C2SP/wycheproof, all of them.

Where the program calls the library through words of its own, the vectors go through those.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap,
    aes_key_wrap_with_padding,
)

from yika_common.cards.ciphers import cmac, same
from yika_common.signing import aead
from yika_common.signing.errors import KeyUnusable, SealBroken
from yika_common.signing.keys import ED25519, ES256, PublicKey

FOLDER: Final = Path(__file__).parents[1] / "vectors" / "wycheproof"

Case = dict[str, Any]

TAKEN, REFUSED, NOT_ASKED = "taken", "refused", "not asked"


def cases(name: str) -> Iterator[Case]:
    """Every case of a file, with what stands in its group."""
    whole = json.loads((FOLDER / f"{name}_test.json").read_bytes())
    count = 0
    for group in whole["testGroups"]:
        common = {key: value for key, value in group.items() if key != "tests"}
        for case in group["tests"]:
            count += 1
            yield common | case
    assert count == whole["numberOfTests"], "a file that was cut short"


def octets(case: Case, *names: str) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(case[name]) for name in names)


def signature(alg: str) -> Callable[[Case], str]:
    def answer(case: Case) -> str:
        spki, message, signed = octets(case, "publicKeyDer", "msg", "sig")
        return TAKEN if PublicKey(alg, spki).verifies(signed, message) else REFUSED

    return answer


def code(case: Case) -> str:
    key, message, tag = octets(case, "key", "msg", "tag")
    try:
        made = cmac(key, message)
    except ValueError:
        return REFUSED
    return TAKEN if same(made[: case["tagSize"] // 8], tag) else REFUSED


def keyed_hash(case: Case) -> str:
    key, message, tag = octets(case, "key", "msg", "tag")
    made = hmac.new(key, message, hashlib.sha256).digest()[: case["tagSize"] // 8]
    return TAKEN if hmac.compare_digest(made, tag) else REFUSED


def sealed(case: Case) -> str:
    key, nonce, aad, text, secret, tag = octets(case, "key", "iv", "aad", "msg", "ct", "tag")
    if len(nonce) == aead.NONCE_SIZE:
        try:
            opened = aead.decrypt(key, nonce + secret + tag, aad)
        except SealBroken:
            return REFUSED
        assert aead.encrypt(key, text, aad, lambda _size: nonce) == nonce + secret + tag
        return TAKEN if opened == text else REFUSED
    # No file of ours has such a nonce; what the library makes of it is told all the same.
    try:
        return TAKEN if AESGCM(key).decrypt(nonce, secret + tag, aad) == text else REFUSED
    except InvalidTag:
        return REFUSED
    except ValueError:
        return NOT_ASKED


def derived(case: Case) -> str:
    key, salt, info, wanted = octets(case, "ikm", "salt", "info", "okm")
    try:
        made = HKDF(algorithm=SHA256(), length=case["size"], salt=salt, info=info).derive(key)
    except ValueError:
        return REFUSED
    return TAKEN if made == wanted else REFUSED


def agreed(case: Case) -> str:
    public, private, wanted = octets(case, "public", "private", "shared")
    try:
        shared = X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError:
        assert not any(wanted), "only what everybody would agree on is refused"
        return REFUSED
    return TAKEN if shared == wanted else "another secret"


def wrapped(
    wrap: Callable[[bytes, bytes], bytes], unwrap: Callable[[bytes, bytes], bytes]
) -> Callable[[Case], str]:
    def answer(case: Case) -> str:
        key, text, secret = octets(case, "key", "msg", "ct")
        try:
            opened = unwrap(key, secret)
        except (InvalidUnwrap, ValueError):
            return REFUSED
        return TAKEN if opened == text and wrap(key, text) == secret else REFUSED

    return answer


ANSWERS: Final[dict[str, tuple[Callable[[Case], str], dict[tuple[str, str], int]]]] = {
    "ed25519": (signature(ED25519), {("valid", TAKEN): 88, ("invalid", REFUSED): 63}),
    "ecdsa_secp256r1_sha256": (
        signature(ES256),
        {("valid", TAKEN): 174, ("invalid", REFUSED): 310},
    ),
    "aes_cmac": (code, {("valid", TAKEN): 63, ("invalid", REFUSED): 248}),
    "hmac_sha256": (keyed_hash, {("valid", TAKEN): 66, ("invalid", REFUSED): 108}),
    "aes_gcm": (
        sealed,
        # The library asks for nonces of 8 to 128 bytes; ours are always of 12.
        {("valid", TAKEN): 202, ("valid", NOT_ASKED): 27, ("invalid", REFUSED): 81,
         ("invalid", NOT_ASKED): 6},
    ),
    "hkdf_sha256": (derived, {("valid", TAKEN): 83, ("invalid", REFUSED): 3}),
    "x25519": (agreed, {("valid", TAKEN): 264}),
    "aes_wrap": (
        wrapped(aes_key_wrap, aes_key_unwrap),
        {("valid", TAKEN): 36, ("invalid", REFUSED): 126},
    ),
    "aes_kwp": (
        wrapped(aes_key_wrap_with_padding, aes_key_unwrap_with_padding),
        {("valid", TAKEN): 77, ("invalid", REFUSED): 177},
    ),
}  # fmt: skip


def test_every_file_is_gone_through() -> None:
    assert {f"{name}_test.json" for name in ANSWERS} == {
        path.name for path in FOLDER.glob("*.json")
    }


@pytest.mark.parametrize("name", ANSWERS)
def test_every_case_gets_the_answer_that_it_must_get(name: str) -> None:
    answer, wanted = ANSWERS[name]
    got = Counter((case["result"], answer(case)) for case in cases(name))
    # What a file calls acceptable may be taken or refused; what is taken must then be right.
    required = {pair: count for pair, count in got.items() if pair[0] != "acceptable"}
    assert required == wanted
    assert {pair for pair in got if pair[0] == "acceptable"} <= {
        ("acceptable", TAKEN),
        ("acceptable", REFUSED),
    }


def test_a_key_of_the_one_kind_is_none_of_the_other() -> None:
    keys = {
        alg: next(cases(name))["publicKeyDer"]
        for alg, name in ((ED25519, "ed25519"), (ES256, "ecdsa_secp256r1_sha256"))
    }
    for alg, other in ((ED25519, ES256), (ES256, ED25519)):
        with pytest.raises(KeyUnusable):
            PublicKey(alg, bytes.fromhex(keys[other]))
