"""A vending point whose cards and meters are of the SM4 suite: sold, loaded, recovered."""

from pathlib import Path

import pytest

from node_world import OPERATOR, Fate, PowerCut, World, abandon, for_money, open_with_card
from yika_common.cards.ciphers import Suite, first_version
from yika_common.meters.rules import Outcome
from yika_node.services.views import SaleState

VERSION = first_version(Suite.SM4)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "node", key_version=VERSION)


def test_a_purchase_reaches_the_meter_and_its_word_comes_back(world: World) -> None:
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    receipt = node.sales.sell(
        OPERATOR, account.card or "", [for_money(slot, 90_000) for slot in range(8)], "form-1"
    )
    assert {line.sale.state for line in receipt.lines} == {SaleState.WRITTEN}
    for meter in account.meters:
        report = world.load(chip, meter.meter)
        assert (report.outcome, report.written_back) == (Outcome.CREDITED, True)
    view = node.cards.read(OPERATOR)
    assert all(slot.write_back is not None for slot in view.slots)
    assert all(slot.record and slot.record.key_version == VERSION for slot in view.slots)
    node.close()


def test_a_sale_cut_off_is_finished_with_the_same_bytes(world: World) -> None:
    node = world.enrolled()
    account, chip = open_with_card(world, node)
    world.hand.fate = Fate(at=_first_write(world), how="power")
    with pytest.raises(PowerCut):
        node.sales.sell(OPERATOR, account.card or "", [for_money(0, 5_000)], "form-1")
    abandon(node)
    world.hand.fate = Fate()
    again = world.restarted()
    world.hand.insert(chip)
    view = again.cards.read(OPERATOR)
    assert [resolution.state for resolution in view.resolved] == [SaleState.WRITTEN]
    assert world.load(chip, account.meters[0].meter).outcome is Outcome.CREDITED
    again.close()


def _first_write(world: World) -> int:
    """The step before the first UPDATE RECORD of a sale, counted in a rehearsal elsewhere."""
    rehearsal = World(world.folder.with_name("rehearsal"), key_version=VERSION)
    node = rehearsal.enrolled()
    account, _ = open_with_card(rehearsal, node)
    rehearsal.hand.fate = fate = Fate()
    node.sales.sell(OPERATOR, account.card or "", [for_money(0, 5_000)], "form-1")
    node.close()
    return fate.steps.index("before card DC")
