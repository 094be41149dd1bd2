"""A memory card takes another's place, pulled after the bytes of its making and of its records.

Through the production driver on its port.  Only a byte of the code itself can be torn so that
nobody knows the code any more; then another chip takes the place, and carries the same.
"""

from pathlib import Path

import pytest

from memory_builders import Card, numbered_card
from memory_town import MemoryTown, memory_town
from node_world import OPERATOR, for_money
from yika_common.cards.errors import CardError
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service
from yika_node.services.views import SaleState

NEVER, STEP, FIRST = 9_999, 5, 40
WATER = PROFILES[4].index(Service.COLD_WATER)


def replaced(town: MemoryTown, form: str = "form") -> bool:
    """Whether the card in somebody's pocket becomes the account's, with all it carries."""
    town.put_in()
    try:
        made = town.nodes[0].life.reissue.replace(OPERATOR, town.account.number, "lost", form)
    except CardError:
        return False
    town.card = made.number
    return made.problem is None


@pytest.mark.parametrize("kind", MemoryKind)
def test_a_memory_card_pulled_while_it_replaces_another_is_finished_or_set_aside(
    tmp_path: Path, kind: MemoryKind
) -> None:
    with memory_town(tmp_path, numbered_card(kind), profile=4) as town:
        town.publish_and_open()
        town.worlds[0].headquarters.cards = 300
        town.worlds[0].headquarters.publish_keys()
        town.nodes[0].courier.sync()
        town.sell(for_money(WATER, 700))
        total = town.read().slots[WATER].total
        torn = runs = set_aside = 0
        pulled = True
        while pulled:
            chip = numbered_card(kind, seed=100 + runs)
            town.pocket = chip
            town.put_in()
            town.readers[0].pull_after(torn)
            pulled = not replaced(town, f"run {runs}")
            town.readers[0].pull_after(NEVER)
            if pulled and not any(replaced(town, f"run {runs}") for _ in range(3)):
                assert chip.store.content.weak_code, torn
                set_aside += 1
                town.pocket = numbered_card(kind, seed=900 + runs)
                assert replaced(town, f"after {runs}"), torn
            view = town.read()
            assert view.identity.number == town.card, torn
            assert view.slots[WATER].total == total, torn
            assert view.pending == (), torn
            torn += 1 if torn < FIRST else STEP
            runs += 1
        assert runs > FIRST
        assert set_aside <= kind.facts.code_size
        assert town.nodes[0].enquiries.pending() == ()
        assert town.load(WATER).total == total


def test_a_cpu_card_s_credit_goes_onto_a_memory_card_and_back(tmp_path: Path) -> None:
    """What the smaller card has no room for is known from the journal."""
    with memory_town(tmp_path, numbered_card(MemoryKind.SLE4428), profile=4) as town:
        town.publish_and_open()
        town.sell(for_money(WATER, 700))
        before = town.read().slots[WATER]
        for seed, kind in ((31, MemoryKind.SLE4442), (32, MemoryKind.SLE4428)):
            town.pocket = Card(kind, content=numbered_card(kind, seed=seed).store.content)
            assert replaced(town, f"form {seed}")
        after = town.read().slots[WATER]
        assert after.record is not None
        assert before.record is not None
        assert (after.record.total, after.record.quota) == (
            before.record.total,
            before.record.quota,
        )
        assert after.record.generation == 3
        sale = town.sell(for_money(WATER, 500)).lines[0].sale
        assert sale.state is SaleState.WRITTEN
