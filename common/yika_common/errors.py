"""Every expected failure is one class, named for what happened.

A class carries a ``code`` (stable, printed in logs and in JSON answers) and a ``sentence``: what
happened, what is now true, what to do.  The English sentence is the key of its translation.  An
instance carries the ``facts`` that fill the sentence.  Bugs are not among these classes.

A fact that is words rather than a name or a number is a :class:`Phrase`, so that the sentence is
in one language from its first letter to its last.
"""

from collections.abc import Mapping
from typing import ClassVar, Self


def N_(sentence: str) -> str:  # noqa: N802 - gettext's customary name for "extract, translate later"
    """Mark a sentence for the catalogues and leave it as it is."""
    return sentence


class Phrase(str):
    """Words that stand inside a sentence and are translated with it; the catalogues collect them.

    As text it is English, filled in.

    Attributes:
        words: the English words as written, the key of their translation.
        facts: what fills them; phrases among them are translated too.
    """

    __slots__ = ("facts", "words")

    words: str
    facts: Mapping[str, str | int]

    def __new__(cls, words: str, /, **facts: str | int) -> Self:
        """``words`` with %(fact)s where a fact belongs, and each of those facts."""
        phrase = super().__new__(cls, words % facts)
        phrase.words = words
        phrase.facts = facts
        return phrase


def reason_of(failure: Exception) -> Phrase:
    """The phrase a failure was raised with; one that has none found content of another kind."""
    reason = failure.args[0] if failure.args else None
    return reason if isinstance(reason, Phrase) else _OTHER_CONTENT


_OTHER_CONTENT = Phrase("its content is not what belongs there")


class YikaError(Exception):
    """Something the program expects to go wrong, and can say in one sentence.

    Raises:
        KeyError: a fact that the sentence names was not given (a bug, found by the first use).
    """

    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, **facts: str | int) -> None:
        self.facts = facts
        super().__init__(self.sentence % facts)

    def as_phrase(self) -> Phrase:
        """The whole sentence, to stand inside another one."""
        return Phrase(self.sentence, **self.facts)
