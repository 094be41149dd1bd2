"""Which papers of a receipt came out of a printer: the original once, then copies with numbers.

What a copy says is what its records say (:mod:`yika_node.services.enquiries`); it differs from the
original in the word COPY and its number alone.  The original is noted after it was printed, so a
print that failed leaves it to be printed; a copy is noted before, so that no two bear one number.
"""

from typing import Final

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.journal.till_bodies import Printed
from yika_common.values import dataclass
from yika_node.db.journal import Journal, Position
from yika_node.db.till_queries import TillQueries
from yika_node.services.standing import Standing

REASON_MAX: Final = 200


class CopyReasonMissing(YikaError):
    """A receipt is printed once more, and nobody said why."""

    code = "copy_reason_missing"
    sentence = N_(
        "This receipt was printed before. A copy needs a reason of at most %(most)s characters. "
        "Nothing was printed. Type it."
    )


@dataclass(frozen=True, slots=True)
class Papers:
    """What of a receipt was printed; ``copies`` is the number on the newest copy, 0 for none."""

    original: bool
    copies: int


@dataclass(frozen=True, slots=True)
class Printing:
    """Notes what is printed; a receipt is named by its epoch and first record."""

    journal: Journal
    till: TillQueries
    standing: Standing
    clock: Clock

    def papers(self, epoch: int, receipt: int) -> Papers:
        """What was printed of a receipt so far."""
        found = self.till.printed(epoch, receipt)
        return Papers(found.first_at is not None, found.copies)

    def shift(self, epoch: int, receipt: int, operator: str) -> str:
        """The number of the shift in which it was taken; empty where none was open."""
        place = self.till.shift_of(epoch, receipt, operator)
        return "" if place is None else f"{self.standing.membership.node}-{place[0]}-{place[1]:06}"

    def first(self, operator: str, epoch: int, receipt: int) -> None:
        """The original came out of the printer just now; a second time changes nothing.

        Raises:
            VaultLocked, DiskFull and their like: it was not noted, and may be printed again.
        """
        if not self.papers(epoch, receipt).original:
            body = self._body(epoch, receipt)
            self.journal.append([body], at=self.clock(), operator=operator)

    def copy(self, operator: str, epoch: int, receipt: int, reason: str) -> int:
        """The number of the copy that may be printed now.

        Raises:
            CopyReasonMissing: nobody said why.
            VaultLocked, DiskFull and their like: nothing may be printed.
        """
        if not 0 < len(reason) <= REASON_MAX or not reason.isprintable():
            raise CopyReasonMissing(most=REASON_MAX)

        def next_copy(_position: Position) -> Printed:
            # Made where nobody else writes: two that ask at once get two numbers.
            number = self.papers(epoch, receipt).copies + 1
            return self._body(epoch, receipt, number, reason)

        (entry,) = self.journal.append([next_copy], at=self.clock(), operator=operator)
        assert isinstance(entry.body, Printed), "it was drafted here"
        return entry.body.copy

    def _body(self, epoch: int, receipt: int, copy: int = 0, reason: str = "") -> Printed:
        here = epoch == self.standing.membership.epoch
        return Printed(receipt=receipt, epoch=0 if here else epoch, copy=copy, reason=reason)
