"""A bare card can't say what was settled: our journal knows of our own sales alone."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from card_builders import METER_ID, SLOT, credit_record
from yika_common.cards.record import AppliedAdjustments
from yika_common.numbers import Money
from yika_common.services import Service
from yika_node.services.premises import Premises
from yika_node.services.settled import Settled
from yika_node.services.views import SlotView

OURS = AppliedAdjustments(money_number=3, money_total=Money(-200), debts=Money(70_200))
ON_THE_CARD = AppliedAdjustments(money_number=4, money_total=Money(500))


def settled(shown: int, journal: int, sold: int = 0, *, bare: bool) -> Settled:
    """The slot shows that count, our journal wrote that one last, and so many; 0: nothing."""
    record = credit_record(count=shown, adjustments=ON_THE_CARD) if shown else None
    row = SimpleNamespace(
        meter=METER_ID,
        generation=1,
        count=journal,
        money_number=OURS.money_number,
        money_total=OURS.money_total,
        quantity_number=0,
        quantity_total=0,
        debts=OURS.debts,
    )
    standing = SimpleNamespace(
        positions=[row] if journal else [], pending=[], tallies=[], sold={METER_ID: sold}
    )
    slot = SlotView(SLOT, Service.GAS, METER_ID, record, None, bare=bare)
    return Settled.of(Premises((slot,), cast("Any", standing), None))


@pytest.mark.parametrize(
    ("shown", "journal", "sold", "state", "complete"),
    [
        (0, 0, 0, AppliedAdjustments(), True),
        (2, 2, 2, OURS, True),
        (2, 2, 1, OURS, False),
        (3, 2, 2, OURS, False),
        (1, 0, 0, AppliedAdjustments(), False),
        (1, 2, 2, OURS, True),
    ],
)
def test_of_a_bare_card_the_journal_alone_knows(
    shown: int, journal: int, sold: int, state: AppliedAdjustments, *, complete: bool
) -> None:
    found = settled(shown, journal, sold, bare=True)
    assert (found.through[SLOT], found.complete) == (state, complete)


@pytest.mark.parametrize("journal", [1, 2])
def test_any_other_card_says_it_itself(journal: int) -> None:
    found = settled(2, journal, bare=False)
    assert (found.through[SLOT], found.complete) == (ON_THE_CARD, True)
