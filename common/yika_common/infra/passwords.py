"""Passwords are stored as Argon2id, and an unknown name costs as long as a known one.

Source: RFC 9106 and the OWASP password storage sheet, whose floor for Argon2id is 19 MiB, two
passes, one lane.  The floor is the default here because a vending point may have 96 MB in all;
headquarters raises ``memory_kib``.  A stored hash names its own cost, so the cost can change at
any time and every hash made before goes on matching.
"""

from functools import cached_property

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import hash_secret_raw

from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.values import dataclass

SALT_SIZE = 16
KEY_SIZE = 32
LENGTH_MIN = 8
LENGTH_MAX = 128


class PasswordTooShort(YikaError):
    """A new password has fewer characters than asked for."""

    code = "password_too_short"
    sentence = N_(
        "A password has at least %(least)s characters. The old one still holds. Choose a longer "
        "one, for example four words."
    )


class PasswordTooLong(YikaError):
    """A password is longer than anybody types."""

    code = "password_too_long"
    sentence = N_(
        "A password has at most %(most)s characters. The old one still holds. Choose a shorter "
        "one."
    )


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: memory in KiB, passes, lanes."""

    memory_kib: int = 19 * 1024
    passes: int = 2
    lanes: int = 1

    def __post_init__(self) -> None:
        if self.memory_kib < 8 * self.lanes or self.passes < 1 or self.lanes < 1:
            raise ValueError(f"Argon2 has no such cost: {self}")


def check_new_password(password: str, *, least: int = LENGTH_MIN) -> None:
    """Refuse what is too short or too long; no kinds of characters are asked for.

    Raises:
        PasswordTooShort, PasswordTooLong: say the length that is allowed.
    """
    if len(password) < least:
        raise PasswordTooShort(least=least)
    if len(password) > LENGTH_MAX:
        raise PasswordTooLong(most=LENGTH_MAX)


def key_from_password(password: str, salt: bytes, cost: Cost) -> bytes:
    """A 32-byte key that only this password, salt and cost give; it wraps other keys.

    Raises:
        ValueError: the salt is shorter than 16 bytes.
    """
    if len(salt) < SALT_SIZE:
        raise ValueError(f"a salt has at least {SALT_SIZE} bytes")
    return hash_secret_raw(
        # A command line may hand over bytes that are no UTF-8; they are a password like any.
        password.encode("utf-8", "surrogatepass"),
        salt,
        time_cost=cost.passes,
        memory_cost=cost.memory_kib,
        parallelism=cost.lanes,
        hash_len=KEY_SIZE,
        type=Type.ID,
    )


class Passwords:
    """Makes and checks stored hashes at one cost."""

    def __init__(self, random: RandomSource, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._random = random
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            type=Type.ID,
        )

    def stored(self, password: str) -> str:
        """The text to store; it holds cost, salt and hash, never the password."""
        return self._hasher.hash(password, salt=self._random(SALT_SIZE))

    def match(self, stored: str | None, password: str) -> bool:
        """Whether the password is the stored one; None (no such user) takes as long and is False.

        A stored text that is no hash matches nothing.
        """
        if len(password) > LENGTH_MAX:
            return False
        try:
            matched = self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return matched and stored is not None

    @cached_property
    def _nobodys(self) -> str:
        return self.stored("nobody has this password")
