"""The rows that an account's sheet is made of; :mod:`yika_common.sync.customers` has the sheet."""

from typing import Final, NamedTuple

from yika_common.cards.identifiers import PERIOD_SIZE
from yika_common.journal.bodies import LAST_SLOT, TOTAL_MAX
from yika_common.services import Service
from yika_common.signing.fields import is_number, is_text

_U16 = (1 << 16) - 1
_U32 = (1 << 32) - 1


class SlotSheet(NamedTuple):
    """A slot as headquarters counts it: what its newest purchase left, and sums over all of them.

    ``generation`` and ``count`` name that purchase, ``total`` is the meter's lifetime total after
    it; ``bought`` is counted in ``period``.  ``money_total`` is what was applied through this slot
    of the account's adjustment, ``money_number`` the newest number applied; ``debts`` is what was
    collected from debts through it.  ``quantity_number`` and ``quantity_total`` are the adjustment
    of the meter's quantity that headquarters ordered, applied or not; ``quantity_applied`` is what
    was applied of it, up to that number.
    """

    slot: int
    generation: int
    count: int  # type: ignore[assignment]  # instead of the tuple's own method
    total: int
    period: str = ""
    bought: int = 0
    heating_year: int = 0
    charged_through: int = 0
    free_day: int = 0
    money_number: int = 0
    money_total: int = 0
    debts: int = 0
    quantity_number: int = 0
    quantity_total: int = 0
    quantity_applied_number: int = 0
    quantity_applied: int = 0


SLOT_SHAPE: Final = (
    is_number(0, LAST_SLOT),
    is_number(0, _U16),
    is_number(0, _U32),
    is_number(0, TOTAL_MAX),
    is_text(0, PERIOD_SIZE),
    is_number(0, TOTAL_MAX),
    *[is_number(0, _U16)] * 3,
    is_number(0, _U16),
    is_number(-TOTAL_MAX, TOTAL_MAX),
    is_number(0, TOTAL_MAX),
    *[is_number(0, _U16), is_number(-TOTAL_MAX, TOTAL_MAX)] * 2,
)
"""What each of a slot's numbers may be."""


class WaitingRefund(NamedTuple):
    """A refund on an earlier card whose money has not gone out: its meter may hold it still.

    ``total`` is the meter's lifetime total after it, which the meter may never have been told.
    """

    slot: int
    generation: int
    total: int


class MadeUp(NamedTuple):
    """What a meter had no room for when it took another's place; a part of its adjustment.

    It is among :attr:`SlotSheet.quantity_total`.  ``holds`` is the most that the meter holds, 0
    where nobody said.
    """

    slot: int
    meter: str
    owed: int
    holds: int


class LostSale(NamedTuple):
    """An intent of which its own node has not said yet how it ended."""

    node: str
    epoch: int
    seq: int


class HoldSheet(NamedTuple):
    """A hold on the account, named by the place of its record; ``until`` 0: it has no end."""

    node: str
    epoch: int
    seq: int
    level: str
    until: int
    lifter: str
    words: str


class DebtSheet(NamedTuple):
    """A debt: ``left`` after all that :attr:`AccountSheet.collected` counts.

    ``share`` is in 1/1000000 of what the policy takes shares of, ``least`` money per sale; lower
    ``priority`` is collected first.
    """

    id: str
    zh: str
    en: str
    left: int
    share: int
    least: int
    priority: int


class HeldGuarantee(NamedTuple):
    """What a vending point holds as the account's guarantee; it gives it back, no other does."""

    node: str
    amount: int


class OwnLimit(NamedTuple):
    """An account's own limits of a service, set ``at`` a moment ``until`` another; 0: no bound."""

    service: Service
    per_sale: int
    per_day: int
    per_month: int
    per_cycle: int
    at: int
    until: int
