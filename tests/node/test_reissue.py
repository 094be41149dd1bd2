"""A lost or broken card is replaced, and its credit is on the new one, once."""

from pathlib import Path

import pytest

from card_builders import ChipMemory
from counters import GAS, WATER, Counters
from node_world import OPERATOR, a_chip, a_form, for_money, for_quantity
from sale_checker import journal_lines
from yika_common.cards.application import CardState
from yika_common.cards.errors import CardNotBlank, CardWriteUncertain
from yika_common.journal.bodies import REPLACEMENT
from yika_common.sync.customers import SlotSheet
from yika_node.services.card_errors import (
    AlreadyReplaced,
    NothingToReplace,
    ReasonMissing,
    ReplacedElsewhere,
)
from yika_node.services.errors import CardReplaced
from yika_node.services.views import CardView, SaleState

REASON = "lost on the bus"


class Town(Counters):
    """Counters whose card is replaced."""

    def replace(
        self, chip: ChipMemory, at: int = 0, form: str = "new card", reason: str = REASON
    ) -> str:
        self.worlds[at].hand.insert(chip)
        made = self.nodes[at].life.reissue.replace(OPERATOR, self.account.number, reason, form)
        assert made.problem is None
        self.chip, self.card = chip, made.number
        self.account = self.nodes[at].accounts.get(self.account.number)
        return made.number

    def look(self, at: int = 0) -> CardView:
        self.worlds[at].hand.insert(self.chip)
        return self.nodes[at].life.reissue.look(OPERATOR)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path, points=2, tariff_class="test")
    town.publish_and_open()
    return town


def taken(town: Town, slot: int) -> int:
    meter = town.account.meters[slot].meter
    return town.worlds[0].use_meter(meter).state().total


def test_the_new_card_carries_what_the_meter_had_not_taken(town: Town) -> None:
    town.sell(for_quantity(WATER, 3_000))
    town.load(WATER)
    town.sell(for_quantity(WATER, 2_000))
    town.sell(for_quantity(GAS, 7_000))
    old_chip, old = town.chip, town.card
    new = town.replace(a_chip(1))
    assert new != old
    assert {slot: town.record(slot).position for slot in (WATER, GAS)} == {
        WATER: (2, 2),
        GAS: (2, 1),
    }
    town.load(WATER)
    town.load(GAS)
    assert (taken(town, WATER), taken(town, GAS)) == (5_000, 7_000)
    # The old card, found again, gives nothing, and is sold nothing.
    town.worlds[0].load(old_chip, town.account.meters[WATER].meter)
    assert taken(town, WATER) == 5_000
    town.worlds[0].hand.insert(old_chip)
    with pytest.raises(CardReplaced):
        town.nodes[0].sales.sell(OPERATOR, old, [for_money(WATER, 500)], "onto the old one")
    town.sell(for_quantity(WATER, 1_000))
    town.load(WATER)
    assert taken(town, WATER) == 6_000
    town.close()


def test_the_journal_says_what_was_replaced_and_nothing_is_bought(town: Town) -> None:
    town.sell(for_quantity(WATER, 3_000))
    old = town.card
    new = town.replace(a_chip(1))
    lines = journal_lines(town.worlds[0].folder / "node.db")
    issued = [line for line in lines if line["t"] == "card"][-1]
    assert (issued["c"], issued["cr"], issued["g"], issued["why"]) == (new, old, 2, REASON)
    intent = [line for line in lines if line["t"] == "intent"][-1]
    assert (intent["ac"], intent["qty"], intent["amt"], intent["T"]) == (REPLACEMENT, 0, 0, 3_000)
    assert (intent["g"], intent["n"], intent["gb"]) == (2, 1, 0)
    assert lines[-1]["iq"] == intent["q"]
    town.close()


def test_quota_and_settlement_go_on_from_where_they_were(town: Town) -> None:
    town.tell(adjustment_number=1, adjustment=600)
    town.sell(for_quantity(WATER, 3_000))
    before = town.record(WATER)
    assert before.adjustments.money_total == 600
    town.replace(a_chip(1))
    after = town.record(WATER)
    assert (after.quota, after.adjustments, after.parameters) == (
        before.quota,
        before.adjustments,
        before.parameters,
    )
    town.sell(for_quantity(WATER, 1_000))
    assert town.record(WATER).adjustments.money_total == 600
    town.close()


def test_a_sale_that_waited_for_the_old_card_is_carried_and_closed(town: Town) -> None:
    town.sell(for_quantity(WATER, 3_000))
    pulled_at_the_write(town)
    (waiting,) = town.nodes[0].enquiries.pending()
    town.replace(a_chip(1))
    assert town.nodes[0].enquiries.pending() == ()
    assert town.nodes[0].enquiries.sale(waiting.epoch, waiting.seq).state is SaleState.WRITTEN
    lines = journal_lines(town.worlds[0].folder / "node.db")
    carried = [line for line in lines if line["t"] == "sale" and line["iq"] == waiting.seq]
    replacement = [line["q"] for line in lines if line.get("ac") == REPLACEMENT]
    assert [line["tq"] for line in carried] == replacement
    town.load(WATER)
    assert taken(town, WATER) == 3_000 + waiting.quantity
    town.close()


def pulled_at_the_write(town: Town, at: int = 0) -> None:
    """Sell water; the card is gone before its record is written."""
    hand = town.worlds[at].hand
    hand.insert(town.chip)

    def step(name: str) -> bool:
        return name == "before card DC"

    keep, hand.fate.step = hand.fate.step, step  # type: ignore[method-assign]
    town.sales += 1
    receipt = town.nodes[at].sales.sell(
        OPERATOR, town.card, [for_money(WATER, 2_000)], f"form {town.sales}"
    )
    hand.fate.step = keep  # type: ignore[method-assign]
    assert isinstance(receipt.problem, CardWriteUncertain)


def test_what_only_the_old_card_knew_is_carried_when_it_is_read(town: Town) -> None:
    """Another point sold onto it; headquarters has not told of that yet."""
    town.tell()
    town.sell(for_quantity(WATER, 3_000))
    town.sell(for_quantity(WATER, 2_000), at=1)
    town.look()
    town.replace(a_chip(1))
    assert (town.record(WATER).count, town.record(WATER).total) == (2, 5_000)
    town.close()


def test_what_nobody_here_knew_is_not_carried(town: Town) -> None:
    town.tell()
    town.sell(for_quantity(WATER, 3_000))
    town.sell(for_quantity(WATER, 2_000), at=1)
    town.replace(a_chip(1))
    assert (town.record(WATER).count, town.record(WATER).total) == (1, 3_000)
    town.close()


def test_another_point_replaces_what_headquarters_tells_of(town: Town) -> None:
    town.sell(for_quantity(WATER, 3_000))
    town.tell(slots=(SlotSheet(WATER, 1, 1, 3_000, "2026", 3_000),))
    new = town.replace(a_chip(1), at=1)
    assert (town.record(WATER, at=1).position, town.record(WATER, at=1).total) == ((2, 1), 3_000)
    assert town.record(WATER, at=1).quota.bought == 3_000
    town.load(WATER)
    assert taken(town, WATER) == 3_000
    # Its own point hears of the new card from headquarters, and closes nothing twice.
    town.tell(card=new, generation=2, slots=(SlotSheet(WATER, 2, 1, 3_000, "2026", 3_000),))
    town.sell(for_quantity(WATER, 1_000))
    town.load(WATER)
    assert taken(town, WATER) == 4_000
    town.close()


def test_a_point_that_knows_of_no_card_replaces_none(town: Town) -> None:
    town.tell(card="", generation=0)
    with pytest.raises(ReplacedElsewhere):
        town.nodes[1].life.reissue.carried(town.account.number)
    town.close()


def test_an_open_sale_of_another_point_ends_when_it_sees_the_card_that_carries_it(
    town: Town,
) -> None:
    town.tell()
    town.sell(for_quantity(WATER, 3_000))
    pulled_at_the_write(town, at=1)
    (waiting,) = town.nodes[1].enquiries.pending()
    total = waiting.total
    town.tell(slots=(SlotSheet(WATER, 1, waiting.count, total, "2026", total),))
    new = town.replace(a_chip(1))
    assert town.record(WATER).total == total
    town.tell(
        card=new, generation=2, slots=(SlotSheet(WATER, 2, waiting.count, total, "2026", total),)
    )
    assert [found.state for found in town.read(at=1).resolved] == [SaleState.WRITTEN]
    lines = journal_lines(town.worlds[1].folder / "node.db")
    assert lines[-1]["cc"] == new
    town.close()


def test_a_form_makes_one_card(town: Town) -> None:
    town.sell(for_quantity(WATER, 3_000))
    chip = a_chip(1)
    assert town.replace(chip) == town.replace(chip)
    with pytest.raises(AlreadyReplaced):
        town.replace(a_chip(2))
    with pytest.raises(CardNotBlank):
        town.replace(chip, form="another form")
    assert town.worlds[0].folder
    lines = journal_lines(town.worlds[0].folder / "node.db")
    assert len([line for line in lines if line["t"] == "card"]) == 2
    town.close()


def test_an_account_without_a_card_and_an_act_without_a_reason_are_refused(town: Town) -> None:
    with pytest.raises(ReasonMissing):
        town.replace(a_chip(1), reason=" ")
    other = town.nodes[0].accounts.open(OPERATOR, a_form(index=1))
    town.worlds[0].hand.insert(a_chip(1))
    with pytest.raises(NothingToReplace):
        town.nodes[0].life.reissue.replace(OPERATOR, other.number, REASON, "new card")
    town.close()


def test_a_new_card_is_a_user_card_of_the_next_generation(town: Town) -> None:
    chip = a_chip(1)
    town.replace(chip)
    identity = chip.memory.identity
    assert (identity.state, identity.generation) == (CardState.USER, 2)
    town.close()


def test_nothing_is_applied_on_a_new_card_before_somebody_who_knows_has_confirmed(
    town: Town,
) -> None:
    """The second point sold with an adjustment onto the old card, and the first has not heard."""
    town.tell(adjustment_number=1, adjustment=600)
    town.sell(for_quantity(WATER, 3_000))
    applied = sheet_slot(1, 1, money_number=1, money_total=600)
    town.tell(slots=(applied,), adjustment_number=2, adjustment=900)
    new = town.replace(a_chip(1), at=1)
    # A third purchase, at the point that replaced the card: it does not know all.
    town.sell(for_quantity(WATER, 1_000), at=1)
    assert town.record(WATER, at=1).adjustments.money_total == 600
    confirmed = sheet_slot(2, 2, money_number=1, money_total=600)
    town.tell(card=new, generation=2, slots=(confirmed,), adjustment_number=2, adjustment=900)
    town.sell(for_quantity(WATER, 1_000), at=1)
    assert town.record(WATER, at=1).adjustments.money_total == 900
    town.close()


def test_what_headquarters_sums_up_for_the_very_record_counts(town: Town) -> None:
    """It knows of a sale to the old card that the new card's maker did not know."""
    town.sell(for_quantity(WATER, 3_000))
    town.tell(adjustment_number=1, adjustment=600)
    new = town.replace(a_chip(1))
    known = sheet_slot(2, 1, money_number=1, money_total=600)
    town.tell(card=new, generation=2, slots=(known,), adjustment_number=1, adjustment=600)
    town.sell(for_quantity(WATER, 1_000))
    assert town.record(WATER).adjustments.money_total == 600
    town.sell(for_quantity(WATER, 1_000))
    assert [intent.adjusted for intent in town.intents() if intent.quantity] == [0, 0, 0]
    town.close()


def sheet_slot(generation: int, count: int, **sums: int) -> SlotSheet:
    total = 3_000 + 1_000 * (count - 1)
    return SlotSheet(WATER, generation, count, total, "2026", total, **sums)
