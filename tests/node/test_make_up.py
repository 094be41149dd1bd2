"""What a new meter has no room for is owed, and loaded piece by piece, each piece once."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from counters import GAS, WATER
from node_world import (
    OPERATOR,
    PowerCut,
    a_chip,
    abandon,
    contents,
    for_quantity,
    watch_commits,
)
from sale_checker import WatchedChip
from swap_town import NEW_WATER, Town, a_town
from yika_common.cards.errors import CardError
from yika_common.journal.bodies import MAKEUP
from yika_common.meters.rules import Outcome
from yika_common.numbers import Quantity
from yika_common.sync.customers import MadeUp, SlotSheet
from yika_node.services.basket import MakeUp
from yika_node.services.errors import FormUsed
from yika_node.services.make_up import Loaded, MakeUpDesk, NoRoomYet, NothingOwed
from yika_node.services.views import SaleState
from yika_node.web.swap_pages import make_up_of

HOLDS = Quantity(2_500)
"""5,800 were left in the old meter and on the card."""


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    town = a_town(tmp_path, points=2)
    town.transfer()
    town.load(WATER)
    yield town
    town.close()


def desk(town: Town, at: int = 0) -> MakeUpDesk:
    return make_up_of(town.nodes[at])


def load(town: Town, token: str, at: int = 0) -> Loaded:
    town.worlds[at].hand.insert(town.chip)
    return desk(town, at).load(OPERATOR, town.card, WATER, token)


def owed(town: Town, at: int = 0) -> MakeUp | None:
    view = town.read(at)
    return town.nodes[at].sales.outlooks(view)[WATER].make_up


def test_the_meter_begins_with_what_it_holds_and_gets_the_rest_in_pieces(town: Town) -> None:
    town.swap(holds=HOLDS)
    [swap] = town.lines("swap")
    assert (swap["mv"], swap["ow"], swap["mx"]) == (5_800, 3_300, 2_500)
    assert town.record(WATER).total == 2_500
    assert owed(town) == MakeUp(Quantity(0), Quantity(3_300), Quantity(0))
    assert town.load(WATER).outcome is Outcome.CREDITED
    with pytest.raises(NoRoomYet):
        load(town, "full")
    town.load(WATER, use=2_000)
    assert owed(town) == MakeUp(Quantity(0), Quantity(3_300), Quantity(2_000))
    done = load(town, "first")
    assert (done.quantity, done.problem, done.sale.state) == (2_000, None, SaleState.WRITTEN)
    assert owed(town) == MakeUp(Quantity(2_000), Quantity(1_300), Quantity(0))
    assert town.load(WATER, use=2_500).credited == 2_000
    assert load(town, "second").quantity == 1_300
    assert owed(town) is None
    with pytest.raises(NothingOwed):
        load(town, "third")
    assert town.load(WATER).credited == 1_300
    assert town.state_of(NEW_WATER).total == 5_800
    loads = [line for line in town.lines("intent") if line.get("ac") == MAKEUP]
    assert [(line["n"], line["T"], line["jq"]) for line in loads] == [
        (2, 4_500, 2_000),
        (3, 5_800, 1_300),
    ]
    assert {line["qty"] for line in loads} == {line["amt"] for line in loads} == {0}


def with_room(town: Town) -> Town:
    """The meter began with 2,500 and used 2,000 of it."""
    town.swap(holds=HOLDS)
    town.load(WATER, use=2_000)
    return town


def told(town: Town, **changes: object) -> None:
    """Headquarters has heard of the swap."""
    record = town.record(WATER)
    slot = SlotSheet(
        WATER,
        *record.position,
        record.total,
        quantity_number=1,
        quantity_total=3_300,
        quantity_applied=record.adjustments.quantity_total,
    )
    town.tell(
        slots=(slot,),
        made_up=(MadeUp(WATER, NEW_WATER, 3_300, HOLDS),),
        card=town.card,
        generation=2,
        **changes,
    )


def test_a_form_pressed_twice_loads_once_and_its_token_nothing_else(town: Town) -> None:
    with_room(town)
    first, second = load(town, "twice"), load(town, "twice")
    assert second == first
    assert len([line for line in town.lines("intent") if line.get("ac") == MAKEUP]) == 1
    with pytest.raises(FormUsed):
        desk(town).load(OPERATOR, town.card, GAS, "twice")


def test_what_goes_with_a_purchase_is_no_more_than_the_room_beside_it(town: Town) -> None:
    with_room(town)
    receipt = town.sell(for_quantity(WATER, 600))
    assert receipt.lines[0].quote.quantity == 600
    sold = town.intents()[-1]
    assert (sold.quantity, sold.adjusted_quantity) == (600, 1_400)
    assert town.load(WATER).balance == HOLDS
    assert owed(town) == MakeUp(Quantity(1_400), Quantity(1_900), Quantity(0))


def test_once_headquarters_tells_it_is_owed_at_every_point_and_once(town: Town) -> None:
    with_room(town)
    assert load(town, "here").quantity == 2_000
    told(town)
    for point in (0, 1):
        assert owed(town, point) == MakeUp(Quantity(2_000), Quantity(1_300), Quantity(0))
    town.load(WATER, use=2_500)
    assert load(town, "there", at=1).quantity == 1_300
    for point in (0, 1):
        assert owed(town, point) is None
    assert town.load(WATER).credited == 1_300
    assert town.state_of(NEW_WATER).total == 5_800


def test_a_point_that_has_not_heard_of_the_swap_offers_nothing(town: Town) -> None:
    with_room(town)
    record = town.record(WATER)
    slot = SlotSheet(WATER, *record.position, record.total)
    town.tell(slots=(slot,), card=town.card, generation=2)
    assert owed(town, 1) is None
    with pytest.raises(NothingOwed):
        load(town, "there", at=1)
    assert owed(town, 0) == MakeUp(Quantity(0), Quantity(3_300), Quantity(2_000))


def test_without_the_plate_the_tariffs_hoard_limit_is_the_bound(town: Town) -> None:
    hoard = {"quantity": "4", "counts": "remaining"}
    town.publish(version=2, limits={"hoard": hoard})
    town.swap()
    [swap] = town.lines("swap")
    assert (swap["mv"], swap["ow"], swap.get("mx", 0)) == (5_800, 1_800, 0)


def test_where_nothing_bounds_the_meter_it_gets_all_at_once(town: Town) -> None:
    town.swap()
    [swap] = town.lines("swap")
    assert (swap["mv"], swap.get("ow", 0)) == (5_800, 0)
    assert town.record(WATER).total == 5_800
    assert owed(town) is None


def test_a_new_card_goes_on_with_what_is_left(town: Town) -> None:
    with_room(town)
    load(town, "first")
    town.worlds[0].hand.insert(chip := a_chip(7))
    made = town.nodes[0].life.reissue.replace(OPERATOR, town.account.number, "lost", "new")
    assert made.problem is None
    town.found(chip, made.number)
    assert owed(town) == MakeUp(Quantity(2_000), Quantity(1_300), Quantity(0))
    assert town.load(WATER, use=2_500).credited == 2_000
    assert load(town, "second").quantity == 1_300
    town.load(WATER)
    assert town.state_of(NEW_WATER).total == 5_800


def test_a_meter_without_room_would_take_nothing_at_all(tmp_path: Path) -> None:
    """The control: more than it holds on the card is no credit in the meter."""
    town = a_town(tmp_path)
    town.transfer()
    town.load(WATER)
    town.swap()
    stored = town.worlds[0].use_meter(NEW_WATER)
    stored.commit(replace(stored.state(), max_stored=HOLDS))
    report = town.load(WATER)
    assert (report.outcome, report.credited) == (Outcome.REFUSED, 0)
    town.close()


@pytest.mark.parametrize("how", ["pull", "power"])
def test_cut_anywhere_a_load_counts_once(tmp_path: Path, how: str) -> None:
    """At every command to the card and every commit, and then the same form, or a new one."""
    ready = a_town(tmp_path / "ready", chip=WatchedChip())
    ready.transfer()
    ready.load(WATER)
    with_room(ready)
    ready.read()
    ready.close()
    at = 0
    while cut_once(ready, tmp_path / str(at), how, at):
        shutil.rmtree(tmp_path / str(at))
        at += 1
    assert at > 10


def cut_once(ready: Town, folder: Path, how: str, at: int) -> bool:
    """Whether there is such a step; whatever is cut there, the load counts once."""
    town = ready.copied_to(folder)
    assert isinstance(town, Town)
    world = town.worlds[0]
    world.hand.insert(town.chip)
    fate = world.hand.fate
    fate.at, fate.how = at, how
    watch_commits(town.nodes[0], fate)
    with suppress(CardError, PowerCut):
        desk(town).load(OPERATOR, town.card, WATER, "load")
    struck = at < len(fate.steps)
    fate.at = None
    if how == "power":
        abandon(town.nodes[0])
        town.nodes[0] = world.restarted()
    town.read()
    with suppress(NoRoomYet):
        load(town, "load" if at % 2 else "another form")
    assert town.load(WATER, use=2_500).credited == 2_000
    assert town.nodes[0].enquiries.pending() == ()
    assert owed(town) == MakeUp(Quantity(2_000), Quantity(1_300), Quantity(1_300))
    assert load(town, "rest").quantity == 1_300
    town.load(WATER)
    assert town.state_of(NEW_WATER).total == 5_800
    assert sum(line["jq"] for line in town.lines("intent") if line.get("ac") == MAKEUP) == 3_300
    town.close()
    return struck


def test_what_is_owed_is_found_again_when_the_tables_are_made_anew(town: Town) -> None:
    with_room(town)
    load(town, "first")
    before = contents(town.worlds[0].folder / "node.db")
    town.nodes[0].journal.rebuild()
    assert contents(town.worlds[0].folder / "node.db") == before
    assert owed(town) == MakeUp(Quantity(2_000), Quantity(1_300), Quantity(0))
