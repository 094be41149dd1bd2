"""What headquarters owes a customer, and what he owes, is settled with sales, and once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from counters import CLASS, GAS, WATER, Counters
from node_world import OPERATOR, Fate, a_chip, for_money, for_quantity
from tariff_builders import a_fixed_charge
from yika_common.sync.customers import DebtSheet, SlotSheet
from yika_common.tariffs.explanation import DeductionKind
from yika_node.services.errors import AccountHasCard, PriceChanged
from yika_node.services.views import SaleState

OLD = DebtSheet("D-1", "旧欠", "Old bill", 20_000, 300_000, 0, 1)
"""200.00, of which 30 % of every tender is taken."""


class PulledAtTheWrite(Fate):
    """The card leaves just before its record is updated."""

    def step(self, name: str) -> bool:
        return name == "before card DC"


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    """Three points, and an account for which cold water costs 5.00."""
    counters = Counters(tmp_path, 3, tariff_class=CLASS)
    counters.publish_and_open()
    yield counters
    counters.close()


def test_credit_is_used_first_and_once_at_whichever_point_comes_first(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=1_000)
    receipt = counters.sell(for_money(WATER, 5_000), at=1)
    assert (receipt.paid, receipt.adjusted, receipt.amount) == (5_000, 1_000, 6_000)
    assert receipt.lines[0].quote.quantity == 12_000
    for point in (1, 0, 2):
        later = counters.sell(for_money(WATER, 5_000), at=point)
        assert (later.paid, later.adjusted) == (5_000, 0)
    assert counters.record(WATER).adjustments.money_total == 1_000
    (first, *_) = counters.intents(at=1)
    assert (first.adjusted, first.adjusted_number, first.paid) == (1_000, 1, 5_000)


def test_credit_lowers_what_a_quantity_costs_and_its_rest_stays_owed(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=7_000)
    paid = [counters.sell(for_quantity(WATER, 10_000), at=point).paid for point in (0, 1, 2)]
    assert paid == [0, 3_000, 5_000]


def test_a_later_adjustment_adds_only_what_is_new(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=1_000)
    counters.sell(for_money(WATER, 5_000))
    counters.tell(adjustment_number=2, adjustment=1_300)
    receipt = counters.sell(for_money(WATER, 5_000), at=1)
    assert receipt.adjusted == 300
    assert counters.record(WATER).adjustments.money_number == 2


def test_a_point_that_knows_an_older_adjustment_than_the_card_applies_none(
    counters: Counters,
) -> None:
    counters.tell(adjustment_number=2, adjustment=1_000)
    counters.sell(for_money(WATER, 5_000))
    counters.tell(adjustment_number=1, adjustment=5_000)
    receipt = counters.sell(for_money(GAS, 5_000), at=1)
    assert receipt.adjusted == 0
    assert counters.intents(at=1)[0].adjusted_number == 0
    assert counters.record(GAS).adjustments.money_number == 0


def test_what_is_owed_from_before_takes_no_more_than_its_share(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=-4_000)
    taken = [counters.sell(for_money(WATER, 5_000), at=point).adjusted for point in (0, 1, 2)]
    assert taken == [-2_500, -1_500, 0]


def test_a_debt_is_collected_by_its_share_until_it_is_paid(counters: Counters) -> None:
    """The published example: 90.00 of 300.00, and 110.00 are left."""
    counters.tell(debts=(OLD,))
    receipt = counters.sell(for_money(WATER, 30_000))
    (taken,) = receipt.lines[0].bill.debts
    assert (taken.amount, taken.left, receipt.collected) == (9_000, 11_000, 9_000)
    assert receipt.amount == 21_000
    left = [counters.sell(for_money(WATER, 30_000), at=p).collected for p in (1, 2, 0)]
    assert left == [9_000, 2_000, 0]
    assert counters.record(WATER).adjustments.debts == 20_000


def test_what_headquarters_counts_as_collected_is_not_taken_off_again(counters: Counters) -> None:
    counters.tell(debts=(OLD,))
    counters.sell(for_money(WATER, 30_000))
    counters.tell(debts=(OLD._replace(left=11_000),), collected=9_000)
    (taken,) = counters.sell(for_money(GAS, 30_000), at=1).lines[0].bill.debts
    assert (taken.amount, taken.left) == (9_000, 2_000)


def test_debts_go_by_priority(counters: Counters) -> None:
    small = DebtSheet("D-2", "滞纳金", "Late fee", 500, 100_000, 0, 0)
    counters.tell(debts=(OLD, small))
    bill = counters.sell(for_money(WATER, 30_000)).lines[0].bill
    assert [(debt.id, debt.amount) for debt in bill.debts] == [("D-2", 500), ("D-1", 9_000)]
    assert counters.intents()[0].debts == (("D-2", 500, 0), ("D-1", 9_000, 11_000))


def test_the_receipt_says_what_is_still_owed_where_nothing_was_taken(counters: Counters) -> None:
    counters.tell(debts=(OLD._replace(share=0),))
    entries = [for_money(WATER, 5_000)]
    shown = counters.nodes[0].sales.quote(counters.read(), entries).lines[0]
    sold = counters.sell(*entries).lines[0]
    assert [(debt.id, debt.amount, debt.left) for debt in sold.bill.debts] == [("D-1", 0, 20_000)]
    assert sold.explanation == shown.explanation


def test_lines_of_one_basket_share_what_is_owed(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=6_000, debts=(OLD,))
    receipt = counters.sell(for_quantity(GAS, 10_000), for_quantity(WATER, 10_000))
    assert [line.bill.adjusted for line in receipt.lines] == [5_000, 1_000]
    assert receipt.adjusted == 6_000
    settled = [counters.record(slot).adjustments for slot in (GAS, WATER)]
    assert [state.money_total for state in settled] == [5_000, 1_000]
    assert sum(state.debts for state in settled) == receipt.collected


def test_what_buys_nothing_is_change_or_is_given_back_with_the_next_sale(
    counters: Counters,
) -> None:
    assert counters.sell(for_money(WATER, 5_020)).change == 20
    counters.tell()
    counters.settle_by(residual="balance")
    kept = counters.sell(for_money(WATER, 5_020), at=1)
    assert (kept.change, kept.kept, kept.paid) == (0, 20, 5_020)
    assert counters.record(WATER).adjustments.money_total == -20
    given = counters.sell(for_money(WATER, 5_030), at=2)
    assert (given.adjusted, given.kept, given.amount) == (20, 0, 5_050)
    assert counters.record(WATER).adjustments.money_total == 0


def test_cash_is_rounded_to_the_coin(counters: Counters) -> None:
    counters.settle_by(cash_unit=100)
    receipt = counters.sell(for_quantity(WATER, 9_900))
    assert (receipt.amount, receipt.rounding, receipt.paid) == (4_950, 50, 5_000)
    assert counters.intents()[0].paid == 5_000


@pytest.mark.parametrize("source", ["journal", "sheet"])
def test_an_empty_slot_that_was_sold_to_lets_nothing_be_settled(
    counters: Counters, source: str
) -> None:
    blank = counters.chip.load()
    slots: tuple[SlotSheet, ...] = ()
    if source == "journal":
        counters.sell(for_money(WATER, 5_000))
        counters.chip.commit(blank)
    else:
        slots = (SlotSheet(WATER, 1, 1, 10_000),)
    counters.tell(adjustment_number=1, adjustment=1_000, debts=(OLD,), slots=slots)
    receipt = counters.sell(for_money(GAS, 5_000))
    assert (receipt.adjusted, receipt.collected, receipt.paid) == (0, 0, 5_000)
    assert receipt.lines[0].sale.state is SaleState.WRITTEN


def test_a_slot_that_headquarters_knows_to_be_further_lets_nothing_be_settled(
    counters: Counters,
) -> None:
    """A sale to it may still be open at another point."""
    counters.sell(for_money(WATER, 5_000))
    further = (SlotSheet(WATER, 1, 2, 20_000),)
    counters.tell(adjustment_number=1, adjustment=1_000, slots=further)
    assert counters.sell(for_money(GAS, 5_000), at=1).adjusted == 0
    # That sale can't come any more once the slot has moved on.
    assert counters.sell(for_money(WATER, 5_000), at=1).adjusted == 0
    assert counters.sell(for_money(GAS, 5_000), at=1).adjusted == 1_000


def test_no_second_card_is_made_once_another_point_has_sold_to_the_first(
    counters: Counters,
) -> None:
    """It would know nothing of what was settled through the first one."""
    counters.tell(slots=(SlotSheet(WATER, 1, 1, 10_000),))
    counters.worlds[0].hand.insert(a_chip(1))
    with pytest.raises(AccountHasCard):
        counters.nodes[0].cards.initialise(OPERATOR, counters.account.number)


def test_credit_of_a_sale_that_another_point_overtook_is_not_lost(counters: Counters) -> None:
    counters.tell(adjustment_number=1, adjustment=1_000)
    counters.worlds[0].hand.fate = PulledAtTheWrite()
    torn = counters.sell(for_money(WATER, 5_000))
    counters.worlds[0].hand.fate = Fate()
    assert (torn.complete, torn.adjusted) == (False, 1_000)
    assert counters.sell(for_money(WATER, 5_000), at=1).adjusted == 1_000
    view = counters.read(at=0)
    assert [resolution.state for resolution in view.resolved] == [SaleState.SUPERSEDED]
    assert counters.sell(for_money(WATER, 5_000)).adjusted == 0
    assert counters.record(WATER).adjustments.money_total == 1_000


def test_a_quantity_that_headquarters_ordered_is_credited_once_beside_what_is_bought(
    counters: Counters,
) -> None:
    def ordered(number: int, quantity: int) -> SlotSheet:
        return SlotSheet(WATER, 0, 0, 0, quantity_number=number, quantity_total=quantity)

    counters.tell(slots=(ordered(1, 2_500),))
    receipt = counters.sell(for_quantity(WATER, 10_000))
    assert (receipt.amount, receipt.lines[0].ordered) == (5_000, 2_500)
    counters.sell(for_quantity(WATER, 10_000), at=1)
    assert counters.load(WATER).credited == 22_500
    counters.tell(slots=(ordered(2, -500),))
    withheld = [counters.sell(for_quantity(WATER, 2_000), at=p).lines[0].ordered for p in (1, 2)]
    assert withheld == [-2_000, -1_000]
    assert counters.load(WATER).credited == 1_000
    assert counters.record(WATER).adjustments.quantity_total == -500
    intent = counters.intents(at=2)[-1]
    assert (intent.adjusted_quantity, intent.adjusted_quantity_number) == (-1_000, 2)


def test_a_bill_is_explained_on_the_quote_and_on_the_receipt(counters: Counters) -> None:
    counters.publish(version=2, fixed_charges=[a_fixed_charge("12.00")])
    counters.tell(adjustment_number=1, adjustment=-100, debts=(OLD,))
    entries = [for_money(WATER, 30_000)]
    quoted = counters.nodes[0].sales.quote(counters.read(), entries)
    receipt = counters.sell(*entries)
    (line,), (sold,) = quoted.lines, receipt.lines
    assert sold.explanation == line.explanation
    kinds = [deduction.kind for deduction in line.explanation.deductions]
    assert kinds[:3] == [
        DeductionKind.FIXED_CHARGE,
        DeductionKind.DEBT,
        DeductionKind.ADJUSTMENT,
    ]
    assert sold.bill == line.bill


def test_dues_that_changed_since_they_were_shown_are_not_settled_unasked(
    counters: Counters,
) -> None:
    entries = [for_money(WATER, 5_000)]
    agreed = counters.nodes[0].sales.quote(counters.read(), entries).agreed
    counters.tell(adjustment_number=1, adjustment=1_000)
    assert agreed.paid == 5_000
    with pytest.raises(PriceChanged):
        counters.nodes[0].sales.sell(OPERATOR, counters.card, entries, "form", agreed=agreed)
