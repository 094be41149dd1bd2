import subprocess
import sys
from typing import Literal

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret_raw

from yika_common.infra.passwords import (
    LENGTH_MAX,
    Cost,
    Passwords,
    PasswordTooLong,
    PasswordTooShort,
    check_new_password,
    key_from_password,
)

CHEAP = Cost(memory_kib=64, passes=1, lanes=1)


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(bytes, CHEAP)


def test_only_the_right_password_matches(passwords: Passwords) -> None:
    stored = passwords.stored("四个字的密码")
    assert passwords.match(stored, "四个字的密码")
    assert not passwords.match(stored, "四个字的密碼")
    assert not passwords.match(stored, "")


def test_a_user_that_does_not_exist_matches_nothing(passwords: Passwords) -> None:
    assert not passwords.match(None, "nobody has this password")


class CountingHasher(PasswordHasher):
    verified = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
        self.verified += 1
        return super().verify(hash, password)


def test_an_unknown_user_is_hashed_for_too(passwords: Passwords) -> None:
    hasher = passwords._hasher = CountingHasher(time_cost=1, memory_cost=64, parallelism=1)
    passwords.match(None, "x")
    unknown = hasher.verified
    passwords.match(passwords.stored("y"), "x")
    assert (unknown, hasher.verified) == (1, 2)


def test_the_default_cost_is_the_floor_that_fits_a_small_machine() -> None:
    stored = Passwords(bytes).stored("a password")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_another_cost_still_matches() -> None:
    older, newer = Passwords(bytes, CHEAP), Passwords(bytes, Cost(128, 1, 1))
    stored = older.stored("a password")
    assert newer.match(stored, "a password")


def test_a_stored_text_that_is_no_hash_matches_nothing(passwords: Passwords) -> None:
    assert not passwords.match("damaged", "damaged")


def test_a_password_of_any_length_costs_one_hash_at_most(passwords: Passwords) -> None:
    assert not passwords.match(passwords.stored("x"), "x" * (LENGTH_MAX + 1))


def test_a_key_depends_on_password_salt_and_cost() -> None:
    salt = bytes(range(16))
    key = key_from_password("a password", salt, CHEAP)
    others = {
        key_from_password("b password", salt, CHEAP),
        key_from_password("a password", salt[::-1], CHEAP),
        key_from_password("a password", salt, Cost(128, 1, 1)),
    }
    assert (len(key), len(others), key in others) == (32, 3, False)


def test_a_key_is_the_one_of_the_published_test_vector() -> None:
    """The reference implementation's own test of Argon2id, version 0x13, with 256 KiB."""
    published = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
    raw = hash_secret_raw(
        b"password",
        b"somesalt",
        time_cost=2,
        memory_cost=256,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    assert raw.hex() == published


def test_a_short_salt_is_a_bug() -> None:
    with pytest.raises(ValueError, match="salt"):
        key_from_password("a password", b"short", CHEAP)


def test_a_new_password_has_eight_to_a_hundred_and_twenty_eight_characters() -> None:
    check_new_password("12345678")
    with pytest.raises(PasswordTooShort):
        check_new_password("1234567")
    with pytest.raises(PasswordTooLong):
        check_new_password("x" * 129)


def test_a_sign_in_fits_a_small_machine() -> None:
    script = (
        "import resource; from yika_common.infra.passwords import Passwords;"
        "p = Passwords(bytes); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "p.match(p.stored('x'), 'x');"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) <= 24
