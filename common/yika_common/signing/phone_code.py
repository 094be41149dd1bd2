"""What headquarters answers by telephone: a short code for one act at one vending point.

The vending point shows a *challenge*, somebody reads it to headquarters and says what it is for,
and headquarters reads back a *code*.  Neither end sends the other anything.

==========  ============================================================================
challenge   11 digits and a check digit: a truncated SHA-256 of random bytes, which the
            vending point draws for this question alone, and of what is asked
code        8 digits and a check digit: a truncated HMAC-SHA-256 of the challenge and of
            what is asked, under the key below
key         HKDF-SHA-256 of the vending point's key for personal data, which
            headquarters and that point's opened vault alone hold
==========  ============================================================================

What is asked (:class:`Question`) is typed at headquarters, not taken from the challenge: whoever
asks for one thing and tells headquarters another gets a code that fits neither.  The vending point
keeps a question's random bytes in memory for a quarter of an hour and drops them with the first
right code: a code that was used fits no later question, nor one after a restart or a restored
backup.  The check digit is Damm's (H. M. Damm, 2004): it shows every single wrong digit and every
exchange of two neighbours, so that a slip of the tongue costs no try.

====================  =====================================  =======================
purpose               lets                                   subject
====================  =====================================  =======================
``release``           a name that wrong passwords closed     the operator's name
                      be tried once more
``admit``             somebody whom headquarters' list does  the operator's name
                      not let in, or no more, work for a day
``join``              a person of the list begin here        the staff number
``approve``           one act be done without a second       the operator who does it
                      person at the vending point
``allowance``         what may be sold before headquarters   empty
                      answers begin anew, once
====================  =====================================  =======================
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yika_common.cards.approval import act_digest
from yika_common.errors import N_, YikaError
from yika_common.values import dataclass

RELEASE, ADMIT, JOIN = "release", "admit", "join"
APPROVE, ALLOWANCE = "approve", "allowance"
PURPOSES: Final = (RELEASE, ADMIT, JOIN, APPROVE, ALLOWANCE)

CHALLENGE_SIZE: Final = 12
"""Digits of a challenge, its check digit included."""
CODE_SIZE: Final = 9
"""Digits of a code, its check digit included."""
NONCE_SIZE: Final = 16
NOTHING: Final = bytes(32)
"""Stands for the digest of an act where the question itself says all."""

ACTS: Final = (
    "refund",
    "supplement",
    "meter swap",
    "free card",
    "charge back",
    "payment correction",
    "guarantee back",
    "cash",
    "over or short",
    "close account",
    "operator level",
    "sale beyond limit",
)
"""Kinds of the acts that need a second person."""

_KEY_SIZE = 32
_KIND = "phone code"
_GROUP = 3
_BETWEEN = " -\u3000\u00a0"
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


class DigitsMistyped(YikaError):
    """What was typed is no challenge or code that could ever be shown."""

    code = "digits_mistyped"
    sentence = N_(
        "These are not the %(size)s digits that were said: one is wrong, missing or in another "
        "place. Nothing was done, and no try was counted. Have them read out once more."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a vending point asks headquarters by telephone; both ends say the same of it.

    Attributes:
        node, epoch: of the vending point.
        purpose: one of :data:`PURPOSES`.
        subject: see the module's table.
        act: the kind of the act to be approved, else empty.
        amount: the money that the act moves, in minor units; 0: none.
    """

    node: str
    epoch: int
    purpose: str
    subject: str = ""
    act: str = ""
    amount: int = 0

    def __post_init__(self) -> None:
        """An act is approved, and nothing else has one."""
        if self.purpose not in PURPOSES:
            raise ValueError("a question has one of the purposes")
        if (self.purpose == APPROVE) != bool(self.act) or (self.amount and not self.act):
            raise ValueError("an act is named where one is approved, and only there")


def phone_key(personal: bytes) -> bytes:
    """The key of a vending point's codes, from its key for personal data (32 bytes each)."""
    derived = HKDF(algorithm=SHA256(), length=_KEY_SIZE, salt=None, info=b"yika/phone-code/1")
    return derived.derive(personal)


def challenge_of(question: Question, nonce: bytes, act: bytes = NOTHING) -> str:
    """The digits that the vending point shows.

    Args:
        question: what is asked.
        nonce: 16 random bytes drawn for it.
        act: the digest of the act to be approved.
    """
    told = b"yika/phone-challenge/1\0" + nonce + act + _digest(question, "")
    return _checked(hashlib.sha256(told).digest(), CHALLENGE_SIZE)


def code_of(key: bytes, question: Question, challenge: str) -> str:
    """The digits that headquarters answers; ``challenge`` as :func:`read_digits` gives it."""
    mac = hmac.new(key, _digest(question, challenge), hashlib.sha256).digest()
    return _checked(mac, CODE_SIZE)


def is_code(key: bytes, question: Question, challenge: str, typed: str) -> bool:
    """Whether what was typed is the answer; takes as long whichever digit is wrong.

    Raises:
        DigitsMistyped: it is no code at all.
    """
    return hmac.compare_digest(read_digits(typed, CODE_SIZE), code_of(key, question, challenge))


def read_digits(typed: str, size: int) -> str:
    """A challenge or code as it was typed, without what stands between its groups.

    Raises:
        DigitsMistyped: too few, too many, other signs, or the check digit is not theirs.
    """
    digits = "".join(sign for sign in typed if sign not in _BETWEEN)
    if len(digits) != size or not (digits.isascii() and digits.isdecimal()) or damm(digits):
        raise DigitsMistyped(size=size)
    return digits


def in_groups(digits: str) -> str:
    """The digits as they are shown and read out, by threes."""
    return " ".join(digits[at : at + _GROUP] for at in range(0, len(digits), _GROUP))


def damm(digits: str) -> int:
    """Damm's check digit of these; 0 where the last one is it."""
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def _checked(digest: bytes, size: int) -> str:
    number = int.from_bytes(digest, "big") % 10 ** (size - 1)
    digits = f"{number:0{size - 1}}"
    return f"{digits}{damm(digits)}"


def _digest(question: Question, challenge: str) -> bytes:
    return act_digest(
        _KIND,
        node=question.node,
        epoch=question.epoch,
        purpose=question.purpose,
        subject=question.subject,
        # The act's own kind; "act" is this digest's.
        of=question.act,
        amount=question.amount,
        challenge=challenge,
    )
