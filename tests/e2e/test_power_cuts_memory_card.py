"""A memory card is pulled after every byte of a sale, through the production driver on its port.

From the counter of wrong codes to the last mark; the card is put in again, and the sale finished.
"""

from pathlib import Path

import pytest

from memory_builders import Card, numbered_card
from memory_town import MemoryTown, memory_town
from node_world import OPERATOR, for_money
from sale_checker import check_sales
from yika_common.cards.errors import CardError
from yika_common.readers.port import MemoryKind
from yika_common.services import PROFILES, Service
from yika_node.services.views import SaleState

CARDS = [(kind, profile) for kind in MemoryKind for profile in (4, 8)]
CONTINUATIONS = ("the meter", "another point that knows nothing")
PLACES = (0, 4, 9, 65, 66)
"""Bytes written before the pull: the code is presented with 4, 66 is the last mark."""
FIRST, STEP, NEVER = 60, 7, 9_999


@pytest.mark.parametrize(("kind", "profile"), CARDS)
def test_a_memory_card_pulled_after_any_byte_of_a_sale_loses_and_doubles_nothing(
    tmp_path: Path, kind: MemoryKind, profile: int
) -> None:
    water = PROFILES[profile].index(Service.COLD_WATER)
    with memory_town(tmp_path, numbered_card(kind), profile=profile) as town:
        town.publish_and_open()
        torn, macs, taken = 0, set[str](), 0
        while True:
            complete = _sold_while_pulled(town, water, torn)
            macs.add(town.mac_in(water))
            if complete:
                break
            view = town.read()
            assert view.pending == (), torn
            macs.add(town.mac_in(water))
            torn += 1
            if torn % 50 == 0:
                taken = town.load(water).total
        meter = town.account.meters[water].meter
        credited = {meter: int(town.load(water).total)}
        database = town.worlds[0].folder / "node.db"
    assert torn > 20
    assert credited[meter] >= taken
    findings = check_sales(database, macs, credited, [])
    assert (findings.problems, findings.open) == ([], [])


def _sold_while_pulled(town: MemoryTown, slot: int, torn: int) -> bool:
    """Whether the sale came to its end before so many bytes were written."""
    town.put_in()
    town.readers[0].pull_after(torn)
    town.sales += 1
    entry = for_money(slot, 500)
    try:
        receipt = town.nodes[0].sales.sell(OPERATOR, town.card, [entry], f"form {town.sales}")
    except CardError:
        # The code was being presented: nothing was sold yet.
        return False
    return receipt.complete


@pytest.mark.parametrize("then", CONTINUATIONS)
def test_a_torn_sale_ends_once_whoever_sees_the_card_next(tmp_path: Path, then: str) -> None:
    """Where another point sold on top, headquarters may have to say whether ours is below."""
    kind = MemoryKind.SLE4428
    water = PROFILES[8].index(Service.COLD_WATER)
    for place in PLACES:
        folder = tmp_path / f"{place}"
        folder.mkdir()
        with memory_town(folder, numbered_card(kind), points=2) as town:
            town.publish_and_open()
            town.tell()
            assert town.sell(for_money(water, 700)).complete
            macs = {town.mac_in(water)}
            assert not _sold_while_pulled(town, water, place)
            macs.add(town.mac_in(water))
            elsewhere: list[tuple[str, int]] = []
            meter = town.account.meters[water].meter
            if then == CONTINUATIONS[0]:
                town.load(water)
            else:
                (line,) = town.sell(for_money(water, 300), at=1).lines
                elsewhere.append((meter, line.bill.quote.quantity))
            macs.add(town.mac_in(water))
            town.read()
            macs.add(town.mac_in(water))
            credited = {meter: int(town.load(water).total)}
            database = town.worlds[0].folder / "node.db"
        findings = check_sales(database, macs, credited, elsewhere)
        assert findings.problems == [], place
        assert findings.open == [] or then == CONTINUATIONS[1], place


@pytest.mark.parametrize("kind", MemoryKind)
def test_the_same_bought_again_elsewhere_is_not_taken_for_the_torn_sale(
    tmp_path: Path, kind: MemoryKind
) -> None:
    """Three times, because one byte of the records tells them apart."""
    water = PROFILES[8].index(Service.COLD_WATER)
    ends = []
    with memory_town(tmp_path, numbered_card(kind), points=2) as town:
        town.publish_and_open()
        town.tell()
        assert town.sell(for_money(water, 700)).complete
        for _ in range(3):
            assert not _sold_while_pulled(town, water, PLACES[1] + 1)
            town.sell(for_money(water, 500), at=1)
            ends += [resolution.state for resolution in town.read().resolved]
    assert SaleState.SUPERSEDED in ends


@pytest.mark.parametrize("kind", MemoryKind)
def test_a_chip_pulled_after_any_byte_of_its_issue_is_finished_or_set_aside(
    tmp_path: Path, kind: MemoryKind
) -> None:
    """After each of the first bytes, and after every seventh of the others.

    Only a byte of the code itself can be torn so that nobody knows the code any more.
    """
    with memory_town(tmp_path, numbered_card(kind), profile=4) as town:
        blank = town.pocket.store.content
        town.publish_and_open()
        whole = town.pocket.store.content
        torn, set_aside, pulled = 0, 0, True
        while pulled:
            town.pocket = Card(kind, content=blank)
            town.put_in()
            town.readers[0].pull_after(torn)
            pulled = not _issued(town)
            town.readers[0].pull_after(NEVER)
            if pulled and not _issued_again(town):
                assert town.pocket.store.content.weak_code
                set_aside += 1
            else:
                shown = town.read()
                assert shown.identity.number == town.card, torn
                assert [slot.record for slot in shown.slots] == [None] * 4
                assert town.pocket.store.content.code == whole.code
            torn += 1 if torn < FIRST else STEP
    assert torn > FIRST
    assert set_aside <= kind.facts.code_size


def _issued_again(town: MemoryTown) -> bool:
    """Whether the card becomes the account's when it is put in up to three times more."""
    return any(_issued(town, put_in=True) for _ in range(3))


def _issued(town: MemoryTown, *, put_in: bool = False) -> bool:
    if put_in:
        town.put_in()
    try:
        town.nodes[0].cards.initialise(OPERATOR, town.account.number)
    except CardError:
        return False
    return True
