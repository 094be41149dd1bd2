"""What a record can say about the life of an account after it was opened.

As :mod:`yika_common.journal.bodies`, in whose terms these are; loaded with the first of them.
"""

from typing import ClassVar

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import Phrase
from yika_common.journal.account_terms import (
    ANYBODY,
    CLOSED,
    DETAILS,
    HOLD_LEVELS,
    HOLDER,
    LEADER,
    NOTE,
    REFUSE,
    RESUMED,
    SUPERVISOR,
    SUSPENDED,
    WARN,
    WITHDRAWN,
)
from yika_common.journal.bodies import COMMUNITY_MAX, FIGURE_MAX, PREMISES_SIZE, WHO_MAX
from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, identifier, number, text
from yika_common.values import dataclass

__all__ = [  # the words of these records, too
    "ANYBODY",
    "CLOSED",
    "DETAILS",
    "HOLDER",
    "HOLD_LEVELS",
    "LEADER",
    "NOTE",
    "REFUSE",
    "RESUMED",
    "SUPERVISOR",
    "SUSPENDED",
    "WARN",
    "WITHDRAWN",
]

_U32 = (1 << 32) - 1
_WORDS_MAX = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMoved(Body):
    """Something became of an account: another holder, other details, rest, or its end.

    One that is ``withdrawn`` was opened by mistake, here, and nothing was ever done with it.

    ``who`` is the whole of the holder's data as it is from now on, sealed like that of an opened
    account; empty where nothing of it changed.
    """

    kind: ClassVar[str] = "life"
    account: str = text("a")
    what: str = text("w", among=(DETAILS, HOLDER, SUSPENDED, RESUMED, CLOSED, WITHDRAWN))
    who: str = text("who", most=WHO_MAX, default="")
    changed: str = text("ch", most=120, default="")
    """Names of the fields of ``who`` that are not as they were, separated by spaces."""
    community: str = text("cm", most=COMMUNITY_MAX, default="")
    premises: str = hexadecimal("pk", PREMISES_SIZE, default="")
    """With ``who``: where it is now, as :class:`~yika_common.journal.bodies.AccountOpened`."""
    reason: str = text("why", most=200)
    amount: int = number("amt", least=-FIGURE_MAX, most=FIGURE_MAX, default=0)
    """Where it ends: what was handed out in all, below zero: collected.

    The ``charge`` records right after this one say of what.
    """
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: who it is stands where somebody changed."""
        Body.__post_init__(self)
        if (self.what in (DETAILS, HOLDER)) != bool(self.who):
            raise ValueError(Phrase("“who” says who it is from now on, there and only there"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHeld(Body):
    """A hold was put on an account, or one was lifted.

    A hold is named by the place of its record; ``seq`` 0: this record puts one on, and says its
    ``level``.  The words are sealed, because they speak of people.
    """

    kind: ClassVar[str] = "hold"
    account: str = text("a")
    level: str = text("lv", among=("", *HOLD_LEVELS), default="")
    words: str = text("wd", most=_WORDS_MAX, default="")
    until: int = number("until", default=0)
    """The moment in which it ends by itself; 0: it doesn't."""
    lifter: str = text("lb", among=("", ANYBODY, LEADER), default="")
    node: str = identifier("nd", NODE_ID_SIZE, default="")
    """Of the hold that is lifted; empty: this node."""
    epoch: int = number("iep", most=_U32, default=0)
    seq: int = number("iq", default=0)
    reason: str = text("why", most=200, default="")
    """Why it was lifted."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: what is put on has a level, what is lifted a place."""
        Body.__post_init__(self)
        if bool(self.seq) == bool(self.level) or bool(self.seq) != bool(self.epoch):
            raise ValueError(Phrase("“lv” says what is put on, “iep” and “iq” what is lifted"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSeen(Body):
    """An operator had the holder's telephone and document shown in full, or those of a report."""

    kind: ClassVar[str] = "seen"
    account: str = text("a", default="")
    """Whose; empty: of all that the report names."""
    report: str = text("rp", most=16, default="")
    """A report with telephones that was shown or made into a workbook."""
