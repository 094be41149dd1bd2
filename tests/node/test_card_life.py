"""Lost, found, ended, written again: a card from issue to return at one vending point."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from card_builders import ChipMemory, CutChannel, powered
from counters import GAS, WATER, Counters
from node_world import OPERATOR, a_chip, for_money, for_quantity
from sale_checker import journal_lines
from yika_common.cards.application import CardState, File
from yika_common.cards.errors import CardBlank, CardRetired, CardWriteUncertain
from yika_common.cards.record import EMPTY_RECORD
from yika_common.cards.write_back import EMPTY_WRITE_BACK
from yika_common.errors import YikaError
from yika_common.journal.card_bodies import (
    KEPT,
    RECEIVED,
    RECYCLED,
    RETIRED,
    SENT,
    Approved,
)
from yika_common.simulated.icc import CardMemory, blank_memory
from yika_common.sync.customers import SlotSheet
from yika_node.services.approvals import ApprovalByOperator, ApprovalForAnother, ApprovalMissing
from yika_node.services.card_errors import (
    CardLost,
    CardMovedOn,
    CardNotLost,
    CardOutOfUse,
    CardRefusedByList,
    CreditOnCard,
    EndUnknown,
    NothingToWriteAgain,
    ReasonMissing,
    StockUnusable,
)
from yika_node.services.card_standing import NoNotices
from yika_node.services.errors import CardReplaced
from yika_node.services.views import CardKind, SaleState

HOLDER = "zhao"


@pytest.fixture
def town(tmp_path: Path) -> Counters:
    town = Counters(tmp_path, points=2, tariff_class="test")
    town.publish_and_open()
    town.sell(for_quantity(WATER, 3_000))
    return town


def lines(town: Counters, kind: str, at: int = 0) -> list[dict[str, object]]:
    found = journal_lines(town.worlds[at].folder / "node.db")
    return [line for line in found if line["t"] == kind]


def refusal_of(act: Callable[[], object]) -> YikaError:
    with pytest.raises(YikaError) as caught:
        act()
    return caught.value


# Lost, and found again.


def test_a_lost_card_is_sold_nothing_and_nothing_is_written_to_it(town: Counters) -> None:
    number = town.nodes[0].life.reports.lose(OPERATOR, town.account.number, "called, id 4711")
    assert number == town.card
    before = chip_of(town).memory
    assert isinstance(refusal_of(lambda: town.sell(for_money(WATER, 500))), CardLost)
    view = town.read()
    assert isinstance(view.refusal, CardLost)
    assert isinstance(
        refusal_of(lambda: town.nodes[0].sales.quote(view, [for_money(WATER, 500)])), CardLost
    )
    assert chip_of(town).memory == before
    town.nodes[0].life.reports.find(OPERATOR, town.account.number, "has it again")
    assert town.sell(for_money(WATER, 500)).complete
    assert [line["st"] for line in lines(town, "report")] == ["lost", "found"]
    town.close()


def test_a_lost_card_is_reported_once_and_released_only_if_it_was(town: Counters) -> None:
    reports = town.nodes[0].life.reports
    assert isinstance(
        refusal_of(lambda: reports.find(OPERATOR, town.account.number, "why")), CardNotLost
    )
    assert isinstance(
        refusal_of(lambda: reports.lose(OPERATOR, town.account.number, "")), ReasonMissing
    )
    for _ in range(2):
        reports.lose(OPERATOR, town.account.number, "called")
    assert len(lines(town, "report")) == 1
    history = reports.history(town.card)
    assert history.lost_since is not None
    assert history.ended_at is None
    town.close()


def test_what_a_list_refuses_is_sold_nothing(town: Counters) -> None:
    class Listed(NoNotices):
        def refusal(self, card: str, meters: Sequence[str] = ()) -> YikaError | None:
            return CardRefusedByList(number=card, why="lost") if card == town.card else None

    town.nodes[0].cards.standings.notices = Listed()
    assert isinstance(refusal_of(lambda: town.sell(for_money(WATER, 500))), CardRefusedByList)
    town.close()


def test_a_lost_card_is_replaced_and_stays_dead(town: Counters) -> None:
    node = town.nodes[0]
    node.life.reports.lose(OPERATOR, town.account.number, "called")
    old = town.chip
    town.worlds[0].hand.insert(a_chip(1))
    made = node.life.reissue.replace(OPERATOR, town.account.number, "lost", "form")
    town.worlds[0].hand.insert(old)
    view = node.cards.read(OPERATOR)
    assert isinstance(view.refusal, CardLost)
    history = node.life.reports.history(town.card)
    assert history.replaced_by == made.number
    # Found again: it is kept, and may be made blank, because the new card carries its credit.
    node.life.ends.end(OPERATOR, KEPT, "brought by a neighbour")
    assert isinstance(node.cards.read(OPERATOR).refusal, CardOutOfUse)
    node.life.ends.end(OPERATOR, RECYCLED, "nothing wrong with it")
    assert old.load().identity.state is CardState.BLANK
    town.close()


# Ends.


def chip_of(town: Counters) -> ChipMemory:
    assert isinstance(town.chip, ChipMemory)
    return town.chip


@pytest.mark.parametrize("how", [RETIRED, RECYCLED])
def test_a_card_with_credit_that_no_meter_took_is_not_ended(town: Counters, how: str) -> None:
    before = chip_of(town).memory
    town.worlds[0].hand.insert(town.chip)
    ends = town.nodes[0].life.ends
    assert isinstance(refusal_of(lambda: ends.end(OPERATOR, how, "moved out")), CreditOnCard)
    assert chip_of(town).memory == before
    town.load(WATER)
    town.worlds[0].hand.insert(town.chip)
    assert ends.end(OPERATOR, how, "moved out").how == how
    assert chip_of(town).memory.keys == {}
    assert [line["how"] for line in lines(town, "ended")] == [how]
    town.close()


def test_an_end_asks_for_a_reason_and_one_of_the_ends_there_are(town: Counters) -> None:
    town.load(WATER)
    town.worlds[0].hand.insert(town.chip)
    ends = town.nodes[0].life.ends
    assert isinstance(refusal_of(lambda: ends.end(OPERATOR, RETIRED, "")), ReasonMissing)
    assert isinstance(refusal_of(lambda: ends.end(OPERATOR, "burnt", "why")), EndUnknown)
    town.worlds[0].hand.insert(a_chip(5))
    assert isinstance(refusal_of(lambda: ends.end(OPERATOR, RETIRED, "why")), CardBlank)
    assert lines(town, "ended") == []
    town.close()


@pytest.mark.parametrize("how", [RETIRED, RECYCLED])
def test_an_end_cut_at_any_command_is_finished_and_recorded_once(tmp_path: Path, how: str) -> None:
    """Written down first: until the chip has heard of it, nothing is sold to the card."""
    town = Counters(tmp_path, tariff_class="test")
    town.publish_and_open()
    start = chip_of(town).memory
    cut = 0
    while True:
        chip = ChipMemory(start)
        hand = town.worlds[0].hand
        hand.insert(chip)
        assert hand.icc is not None
        channel = CutChannel(hand.icc, cut, taken=cut % 2 == 1)
        hand.icc.transmit, keep = channel.transmit, hand.icc.transmit  # type: ignore[method-assign]
        channel._icc = powered(chip)
        done = False
        try:
            town.nodes[0].life.ends.end(OPERATOR, how, "broken")
            done = True
        except YikaError:
            hand.insert(chip)
            finish(town, how, chip)
        assert chip.memory.keys == {}
        recorded = len(lines(town, "ended"))
        assert recorded == 1
        if done:
            break
        cut += 1
        del keep
    assert cut > 5
    town.close()


def finish(town: Counters, how: str, chip: ChipMemory) -> None:
    ends = town.nodes[0].life.ends
    try:
        view = town.nodes[0].cards.read(OPERATOR)
    except CardRetired:
        return
    if view.kind is CardKind.BLANK:
        return
    if lines(town, "ended"):
        assert isinstance(view.refusal, CardOutOfUse)
        assert ends.unfinished(view.identity) is not None
    ends.end(OPERATOR, how, "broken")
    assert ends.unfinished(chip.memory.identity) is None


def test_a_recycled_chip_becomes_another_customer_s_card_with_another_number(
    town: Counters,
) -> None:
    town.load(WATER)
    town.worlds[0].hand.insert(town.chip)
    town.nodes[0].life.ends.end(OPERATOR, RECYCLED, "moved out")
    assert chip_of(town).memory == blank_memory(chip_of(town).memory.identity.serial)
    made = town.nodes[0].life.reissue.replace(OPERATOR, town.account.number, "again", "form")
    assert made.number != town.card
    assert chip_of(town).memory.identity.number == made.number
    town.close()


def test_a_chip_that_does_not_answer_is_spoilt_once_its_credit_is_elsewhere(
    town: Counters,
) -> None:
    ends = town.nodes[0].life.ends
    assert isinstance(refusal_of(lambda: ends.spoil(OPERATOR, town.card, "mute")), CreditOnCard)
    town.worlds[0].hand.insert(a_chip(1))
    town.nodes[0].life.reissue.replace(OPERATOR, town.account.number, "mute", "form")
    assert ends.spoil(OPERATOR, town.card, "mute").how == "spoilt"
    town.close()


# Read by anyone.


def test_a_card_of_another_area_shows_what_it_tells_anybody(town: Counters) -> None:
    memory = chip_of(town).memory
    other = ChipMemory(replace(memory, identity=replace(memory.identity, number="990000000001")))
    town.worlds[0].hand.insert(other)
    view = town.nodes[0].cards.read(OPERATOR)
    assert (view.kind, view.identity.number, view.slots) == (
        CardKind.STRANGER,
        "990000000001",
        (),
    )
    assert other.memory == ChipMemory(other.memory).memory
    town.close()


def test_a_card_of_our_areas_whose_account_is_unknown_shows_its_slots(town: Counters) -> None:
    view = town.read(at=1)
    assert view.kind is CardKind.GUEST
    assert [(slot.slot, slot.total, slot.unloaded) for slot in view.slots] == [
        (WATER, 3_000, 3_000)
    ]
    town.load(WATER)
    assert town.read(at=1).slots[0].unloaded is None
    town.close()


def test_what_waits_on_the_card_is_told_until_the_meter_has_taken_it(town: Counters) -> None:
    assert town.read().slots[WATER].unloaded == 3_000
    town.load(WATER)
    assert town.read().slots[WATER].unloaded is None
    town.sell(for_quantity(WATER, 2_000))
    slot = town.read().slots[WATER]
    assert (slot.unloaded, slot.record is not None and slot.record.time) == (
        2_000,
        town.worlds[0].now,
    )
    assert town.read().slots[GAS].unloaded is None
    town.close()


# Written again.


def approved(town: Counters, slot: int, why: str, holder: str = HOLDER) -> str:
    """The token of an approval, as the managing card's desk gives it."""
    node = town.nodes[0]
    digest = node.life.supplements.digest(town.card, slot, why)
    from yika_common.errors import Phrase

    token = node.approvals.begin(OPERATOR, digest, Phrase("write again"), "/")
    node.approvals.give(
        token,
        Approved(act=digest.hex(), card="M1", holder=holder, counter=1, proof="00" * 8),
    )
    return token


def with_slot(chip: ChipMemory, slot: int, data: bytes) -> None:
    memory: CardMemory = chip.memory
    records = list(memory.records[File.CREDIT])
    records[slot] = data
    chip.memory = replace(memory, records={**memory.records, File.CREDIT: tuple(records)})


@pytest.mark.parametrize("damage", [EMPTY_RECORD, b"\x5a" * 130])
def test_a_damaged_slot_is_written_again_with_the_same_bytes(
    town: Counters, damage: bytes
) -> None:
    chip = chip_of(town)
    whole = chip.memory.records[File.CREDIT][WATER]
    with_slot(chip, WATER, damage)
    town.worlds[0].hand.insert(chip)
    supplements = town.nodes[0].life.supplements
    assert isinstance(
        refusal_of(lambda: supplements.write(OPERATOR, town.card, WATER, "torn", "")),
        ApprovalMissing,
    )
    sale = supplements.write(OPERATOR, town.card, WATER, "torn", approved(town, WATER, "torn"))
    assert sale.state is SaleState.WRITTEN
    assert chip.memory.records[File.CREDIT][WATER] == whole
    told = journal_lines(town.worlds[0].folder / "node.db")
    assert [line["t"] for line in told[-2:]] == ["approved", "supplement"]
    assert told[-1]["aq"] == told[-2]["q"]
    town.load(WATER)
    assert town.worlds[0].use_meter(town.account.meters[WATER].meter).state().total == 3_000
    town.close()


def test_a_supplement_needs_its_own_approval_by_somebody_else(town: Counters) -> None:
    chip = chip_of(town)
    with_slot(chip, WATER, EMPTY_RECORD)
    town.worlds[0].hand.insert(chip)
    write = town.nodes[0].life.supplements.write
    for token, why, refused in (
        (approved(town, WATER, "torn", OPERATOR), "torn", ApprovalByOperator),
        (approved(town, WATER, "another reason"), "torn", ApprovalForAnother),
    ):
        found = refusal_of(lambda t=token, w=why: write(OPERATOR, town.card, WATER, w, t))  # type: ignore[misc]
        assert isinstance(found, refused)
    assert lines(town, "supplement") == []
    assert chip.memory.records[File.CREDIT][WATER] == EMPTY_RECORD
    town.close()


def test_nothing_is_written_over_what_is_there_or_came_later(town: Counters) -> None:
    chip = chip_of(town)
    town.worlds[0].hand.insert(chip)
    write = town.nodes[0].life.supplements.write
    token = approved(town, WATER, "torn")
    again = refusal_of(lambda: write(OPERATOR, town.card, WATER, "torn", token))
    assert isinstance(again, NothingToWriteAgain)
    none = refusal_of(lambda: write(OPERATOR, town.card, GAS, "torn", token))
    assert isinstance(none, NothingToWriteAgain)
    town.tell(slots=(SlotSheet(WATER, 1, 2, 9_000),))
    with_slot(chip, WATER, EMPTY_RECORD)
    moved = refusal_of(lambda: write(OPERATOR, town.card, WATER, "torn", token))
    assert isinstance(moved, CardMovedOn)
    town.close()


def test_nothing_is_written_below_what_the_meter_has_told_before(town: Counters) -> None:
    """Another point has sold since, and the place is lost with what its meter wrote there."""
    town.tell()
    town.sell(for_quantity(WATER, 1_000), at=1)
    town.load(WATER)
    town.read()
    chip = chip_of(town)
    with_slot(chip, WATER, EMPTY_RECORD)
    told = list(chip.memory.records[File.WRITE_BACK])
    told[WATER] = EMPTY_WRITE_BACK
    records = {**chip.memory.records, File.WRITE_BACK: tuple(told)}
    chip.memory = replace(chip.memory, records=records)
    town.worlds[0].hand.insert(chip)
    token = approved(town, WATER, "torn")
    write = town.nodes[0].life.supplements.write
    moved = refusal_of(lambda: write(OPERATOR, town.card, WATER, "torn", token))
    assert isinstance(moved, CardMovedOn)
    town.close()


def test_a_supplement_closes_a_sale_that_waits(town: Counters) -> None:
    """Its slot cannot be read, so that the card does not tell what became of the sale."""
    chip = chip_of(town)
    hand = town.worlds[0].hand
    hand.insert(chip)
    keep = hand.fate.step
    hand.fate.step = lambda name: name == "after card DC"  # type: ignore[method-assign]
    receipt = town.nodes[0].sales.sell(OPERATOR, town.card, [for_money(WATER, 700)], "torn sale")
    hand.fate.step = keep  # type: ignore[method-assign]
    assert isinstance(receipt.problem, CardWriteUncertain)
    with_slot(chip, WATER, b"\x5a" * 130)
    assert town.read().pending
    town.worlds[0].hand.insert(chip)
    token = approved(town, WATER, "unreadable")
    town.nodes[0].life.supplements.write(OPERATOR, town.card, WATER, "unreadable", token)
    assert town.read().pending == ()
    assert town.nodes[0].enquiries.pending() == ()
    town.close()


def test_a_replaced_card_is_not_written_again(town: Counters) -> None:
    token = approved(town, WATER, "torn")
    old, number = chip_of(town), town.card
    town.worlds[0].hand.insert(a_chip(1))
    town.nodes[0].life.reissue.replace(OPERATOR, town.account.number, "torn", "form")
    with_slot(old, WATER, EMPTY_RECORD)
    town.worlds[0].hand.insert(old)
    write = town.nodes[0].life.supplements.write
    found = refusal_of(lambda: write(OPERATOR, number, WATER, "torn", token))
    assert isinstance(found, CardReplaced)
    town.close()


# Blank cards.


def test_blank_cards_are_counted(town: Counters) -> None:
    stock = town.nodes[0].life.stock
    stock.move(OPERATOR, RECEIVED, 50, "box 7")
    stock.move(OPERATOR, SENT, 5, "")
    assert isinstance(refusal_of(lambda: stock.move(OPERATOR, "eaten", 5, "")), StockUnusable)
    assert isinstance(refusal_of(lambda: stock.move(OPERATOR, SENT, 0, "")), StockUnusable)
    count = stock.count()
    assert (count.received, count.sent, count.issued, count.left) == (50, 5, 1, 44)
    town.load(WATER)
    town.worlds[0].hand.insert(town.chip)
    town.nodes[0].life.ends.end(OPERATOR, RECYCLED, "moved out")
    assert (stock.count().recycled, stock.count().left) == (1, 45)
    assert [row.chips for row in stock.moves()] == [5, 50]
    node = town.nodes[0]
    before = stock.count()
    node.journal.rebuild()
    assert stock.count() == before
    town.close()
