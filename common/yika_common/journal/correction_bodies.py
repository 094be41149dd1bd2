"""What a record can say about a payment that was written down wrongly, and is set right.

As :mod:`yika_common.journal.bodies`, in whose terms these are; loaded with the first of them.
"""

from typing import Any, ClassVar, Final

from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.journal.till_bodies import REFERENCE_MAX, TENDERS, Part
from yika_common.signing.fields import hexadecimal, is_number, is_text, number, rows, text
from yika_common.values import dataclass

_TENDER_MAX: Final = max(map(len, TENDERS))
_U32: Final = (1 << 32) - 1


def _parts(key: str) -> Any:
    checks = is_text(1, _TENDER_MAX), is_number(1, FIGURE_MAX), is_text(0, REFERENCE_MAX)
    return rows(key, Part, checks, most=len(TENDERS))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCorrected(Body):
    """A payment was made otherwise than was written down: in other tenders, or other numbers.

    A compensating pair: ``before`` is taken away and ``after`` put in its place, and the two come
    to the same.  What was sold, and its price, stay as they are.  Where the payment's shift is
    open the pair is of that shift; where a Z report has closed it, of the shift of whoever set it
    right.
    """

    kind: ClassVar[str] = "corrected"
    receipt: int = number("b", least=1)
    """Seq of the first record of the payment, by which its receipt is numbered."""
    epoch: int = number("iep", most=_U32, default=0)
    """Of the payment; 0: this one."""
    hash: str = hexadecimal("ih", 8, default="")
    before: tuple[Part, ...] = _parts("bf")
    after: tuple[Part, ...] = _parts("af")
    report: int = number("z", most=_U32, default=0)
    """The Z report that closed the payment's shift; 0: it is open."""
    reason: str = text("why", most=200)
    approved: int = number("aq")
    """Seq of the approval."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: both sides come to the same, and say something else."""
        Body.__post_init__(self)
        for parts in (self.before, self.after):
            named = [part.tender for part in parts]
            if not named or len({*named}) != len(named) or not {*named} <= {*TENDERS}:
                raise ValueError(Phrase("“bf” and “af” name each tender once, those there are"))
        sums = [sum(part.given for part in parts) for parts in (self.before, self.after)]
        if sums[0] != sums[1] or {*self.before} == {*self.after}:
            raise ValueError(Phrase("“bf” and “af” come to the same, and differ"))
