"""What half the world chooses is no password, however long it is.

Source: NIST SP 800-63B-4 and ASVS 5.0 (6.2.4, 6.2.11): new passwords are held against a list of
common ones and of words that belong to the place; nothing is asked about kinds of characters.

As passwords are long here, whole entries of the list are rare.  What is common is an entry with
something easy around it, so what counts is how many characters are left once up to two listed or
local words and every easy run (``1234``, ``qwerty``, ``aaaa``) have been taken away.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from yika_common.errors import N_, YikaError

LEFT_MIN: Final = 8
"""So many characters must be left."""
_WORDS_MOST: Final = 2
_WORD_MIN: Final = 4
_RUN_MIN: Final = 3
_ROWS: Final = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
)
_LIST: Final = Path(__file__).with_name("common_passwords.txt")


class PasswordTooCommon(YikaError):
    """A new password is one of those that are tried first."""

    code = "password_too_common"
    sentence = N_(
        "This password is one of the first that anybody would try. The old one still holds. "
        "Choose another one, for example four words that have nothing to do with each other."
    )


def check_uncommon(password: str, local: Iterable[str] = ()) -> None:
    """Refuse what is easily tried.

    Args:
        password: what was chosen.
        local: words that belong to the person and the place.

    Raises:
        PasswordTooCommon: too little is left without what everybody knows.
    """
    if left_of(password, local) < LEFT_MIN:
        raise PasswordTooCommon


def left_of(password: str, local: Iterable[str] = ()) -> int:
    """How many characters of a password nobody guesses from the list; repetitions count once."""
    text = _unit(_bare(password))
    words = {*_listed(), *filter(None, map(_bare, local))}
    longest = max(map(len, words))
    # fewest[taken][at]: the fewest characters left of the first ``at``, with so many words taken.
    fewest = [[0] * (len(text) + 1) for _ in range(_WORDS_MOST + 1)]
    for at in range(1, len(text) + 1):
        for taken in range(_WORDS_MOST + 1):
            best = fewest[taken][at - 1] + 1
            for begin in range(at):
                piece = text[begin:at]
                if len(piece) >= _RUN_MIN and _is_run(piece):
                    best = min(best, fewest[taken][begin])
                if taken and len(piece) <= longest and piece in words:
                    best = min(best, fewest[taken - 1][begin])
            fewest[taken][at] = best
    return min(fewest[_WORDS_MOST][-1], len(set(text)))


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _unit(text: str) -> str:
    """The shortest part of which the text is made by repeating it."""
    return text[: (text + text).find(text, 1)] if text else text


def _is_run(piece: str) -> bool:
    if len(set(piece)) == 1:
        return True
    return any(piece in row or piece in row[::-1] for row in _ROWS)


def _listed() -> Iterator[str]:
    for line in _LIST.read_text(encoding="ascii").splitlines():
        if len(line) >= _WORD_MIN and not line.startswith("#"):
            yield line
