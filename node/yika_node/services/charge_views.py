"""What the faces show of money beside sales."""

from datetime import datetime

from yika_common.journal.till_bodies import DEPOSIT
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.till_queries import TenderRow


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge as its receipt shows it; ``back`` is the seq of what gave it back, 0 for none.

    ``happened`` is when the money came in, where that was written down later.
    """

    number: str
    epoch: int
    seq: int
    what: str
    account: str
    names: tuple[str, str]
    amount: Money
    tax: Money
    reason: str
    at: datetime
    operator: str
    back: int
    tenders: tuple[TenderRow, ...] = ()
    happened: datetime | None = None

    @property
    def deposit(self) -> bool:
        """Whether headquarters credits it."""
        return self.what == DEPOSIT
