"""What a record can say about operators after they were added, and what they may do in a day.

As :mod:`yika_common.journal.bodies`, in whose terms these are; loaded with the first of them.
"""

from typing import ClassVar, Final

from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.signing.fields import number, text
from yika_common.values import dataclass

LEVEL, DISABLED, ENABLED = "level", "disabled", "enabled"
RESET, PASSWORD, RELEASED, BOUND = "reset", "password", "released", "bound"
STAFF_CHANGES: Final = (LEVEL, DISABLED, ENABLED, RESET, PASSWORD, RELEASED, BOUND)
"""Another level; signs in no more; signs in again; has a password that holds once; chose a new
password; a name that wrong passwords had closed is open again; is that person of headquarters'
list (:mod:`yika_common.sync.person_list`)."""

SALES, REFUNDS, SUPPLEMENTS = "sales", "refunds", "supplements"
CAPPED: Final = (SALES, REFUNDS, SUPPLEMENTS)
"""What a day's limits are for: purchases of meters, purchases given back, purchases written
again."""

STAFF_NUMBER_MAX: Final = 20

_REASON_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffChanged(Body):
    """Something about an operator is not as it was; who did it is the record's operator."""

    kind: ClassVar[str] = "staff"
    name: str = text("name")
    what: str = text("w", among=STAFF_CHANGES)
    level: str = text("level", default="")
    """The new one, where the level changed or the operator was enabled."""
    staff_number: str = text("sn", most=STAFF_NUMBER_MAX, default="")
    """The person's staff number, where the operator is one of headquarters' list from now on."""
    reason: str = text("why", most=_REASON_MAX, default="")
    approved: int = number("aq", default=0)
    """Seq of the approval; 0: none was needed."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: what is another is told."""
        Body.__post_init__(self)
        if (self.what == BOUND) != bool(self.staff_number):
            raise ValueError(Phrase("a staff number is told where it is given, and only there"))
        if (self.what == LEVEL) != bool(self.level):
            raise ValueError(Phrase("a level is told where it changes, there and only there"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLimitSet(Body):
    """What an operator, or everybody of a level, may do in a business day; 0 is no bound.

    The newest record of the same ``name``, ``level`` and ``what`` holds.
    """

    kind: ClassVar[str] = "daylimit"
    name: str = text("name", default="")
    """Empty: everybody of the level."""
    level: str = text("level", default="")
    what: str = text("w", among=CAPPED)
    times: int = number("n", most=FIGURE_MAX, default=0)
    amount: int = number("amt", most=FIGURE_MAX, default=0)
    """In minor units."""
    reason: str = text("why", most=_REASON_MAX, default="")

    def __post_init__(self) -> None:
        """Besides each field's own shape: a name or a level, not both."""
        Body.__post_init__(self)
        if bool(self.name) == bool(self.level):
            raise ValueError(Phrase("a limit is one operator's, or one level's"))
