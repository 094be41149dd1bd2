"""A household's memory card: opened, issued, sold to, loaded, used, read and sold to again."""

from pathlib import Path

import pytest

from memory_builders import Card, numbered_card
from memory_town import memory_town
from node_world import OPERATOR, a_form, for_money, for_quantity
from tariff_builders import a_component
from yika_common.cards.application import CardState
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardForeign
from yika_common.meters.rules import Outcome
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service
from yika_common.sync.customers import SlotSheet
from yika_node.services.views import CardKind

SOLD = (Service.GAS, Service.COLD_WATER)
CUTS = {4: Cut.WHOLE, 6: Cut.CLOSE, 8: Cut.NARROW}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("kind", MemoryKind)
def test_one_card_carries_credit_for_every_meter_and_what_they_answer(
    tmp_path: Path, kind: MemoryKind, profile: int
) -> None:
    slots = [PROFILES[profile].index(service) for service in SOLD]
    whole = kind is MemoryKind.SLE4428
    with memory_town(tmp_path, numbered_card(kind), profile=profile) as town:
        town.publish_and_open()
        shown = town.read()
        assert (shown.kind, shown.identity.state) == (CardKind.OURS, CardState.USER)
        assert [slot.record for slot in shown.slots] == [None] * profile
        assert town.sell(*(for_quantity(slot, 10_000 + 100 * slot) for slot in slots)).complete
        for slot in slots:
            report = town.load(slot, use=4_000)
            assert (report.outcome, report.total) == (Outcome.CREDITED, 10_000 + 100 * slot)
            assert town.load(slot).outcome is Outcome.NOTHING_NEW
        answers = [town.read().slots[slot].write_back for slot in slots]
        assert [one.reading.balance for one in answers if one] == [
            6_000 + 100 * slot for slot in slots if whole
        ]
        assert town.sell(*(for_quantity(slot, 1_000) for slot in slots)).complete
        assert [town.load(slot).credited for slot in slots] == [1_000] * len(slots)
        assert {intent.cut for intent in town.intents()} == {CUTS[profile] if whole else Cut.BARE}


@pytest.mark.parametrize(
    ("kind", "second"), [(MemoryKind.SLE4428, 6_000), (MemoryKind.SLE4442, 3_000)]
)
def test_what_was_bought_elsewhere_prices_the_next_sale_where_the_card_says_it(
    tmp_path: Path, kind: MemoryKind, second: int
) -> None:
    """20 at 2.00, the rest at 5.00: an SLE4442 has no room to say that 15 of them were bought."""
    with memory_town(tmp_path, numbered_card(kind), points=2, profile=4) as town:
        town.publish(components=[a_component(["20"], ["2.00", "5.00"])])
        town.open()
        town.tell()
        water = PROFILES[4].index(Service.COLD_WATER)
        prices = []
        for point in (0, 1):
            (line,) = town.sell(for_quantity(water, 15_000), at=point).lines
            prices.append(line.bill.paid)
        assert prices == [3_000, second]
        assert town.load(water).total == 30_000


def test_a_card_of_another_firm_is_left_untouched(tmp_path: Path) -> None:
    with memory_town(tmp_path, Card(MemoryKind.SLE4428)) as town:
        before = town.pocket.store.content
        with pytest.raises(CardForeign):
            town.read()
        number = town.nodes[0].accounts.open(OPERATOR, a_form()).number
        with pytest.raises(CardForeign):
            town.nodes[0].cards.initialise(OPERATOR, number)
        assert town.pocket.store.content == before


def test_no_adjustment_is_paid_twice_by_points_that_a_bare_card_tells_nothing(
    tmp_path: Path,
) -> None:
    """A point knows what was settled if all sales are its own, or where headquarters says so."""
    water = PROFILES[8].index(Service.COLD_WATER)

    def adjusted(at: int) -> int:
        (line,) = town.sell(for_money(water, 2_000), at=at).lines
        return line.bill.adjusted

    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4442), points=2) as town:
        town.publish_and_open()
        town.tell(adjustment_number=1, adjustment=500)
        assert [adjusted(at) for at in (0, 0, 1, 1, 0, 0)] == [500, 0, 0, 0, 0, 0]
        record = town.read().slots[water].record
        assert record is not None
        slot = SlotSheet(water, 1, 6, record.total, money_number=1, money_total=500)
        town.tell(adjustment_number=2, adjustment=800, slots=(slot,))
        assert [adjusted(at) for at in (1, 1, 0)] == [300, 0, 0]
