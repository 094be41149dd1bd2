"""Every expected failure is one class, named for what happened.

A class carries a ``code`` (stable, printed in logs and in JSON answers) and a ``sentence``: what
happened, what is now true, what to do.  The English sentence is the key of its translation.  An
instance carries the ``facts`` that fill the sentence.  Bugs are not among these classes.
"""

from typing import ClassVar


def N_(sentence: str) -> str:  # noqa: N802 - gettext's customary name for "extract, translate later"
    """Mark a sentence for the catalogues and leave it as it is."""
    return sentence


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
