"""What a real vending point's journal says of practice beside it: that it was used, and by whom.

As :mod:`yika_common.journal.bodies`, in whose terms this is; loaded with the first of them.
"""

from typing import ClassVar

from yika_common.journal.body import Body
from yika_common.signing.fields import hexadecimal, number, text
from yika_common.values import dataclass

_TIME_MAX = (1 << 40) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticeUsed(Body):
    """Somebody started the practice program beside this vending point.

    It is told when the vending point is next open; two records of one ``use`` are one use.
    """

    kind: ClassVar[str] = "practice"
    use: str = hexadecimal("u", 8)
    """Drawn for this start."""
    at: int = number("at", most=_TIME_MAX)
    """When it was started, seconds since 1970 UTC by the machine's clock."""
    who: str = text("who", most=80)
    """Who was signed in to the machine."""
    what: str = text("w", among=("started", "reset"), default="started")
