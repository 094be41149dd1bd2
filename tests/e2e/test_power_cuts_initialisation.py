"""Power fails, or the card is pulled, at every step of issuing a card: it can always be finished.

Whatever happened, the account ends with one card that can be sold to; a chip that was left behind
half-way, or finished without anybody seeing it, is never sold to instead.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from card_builders import ChipMemory
from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    World,
    a_chip,
    a_form,
    abandon,
    for_money,
    watch_commits,
)
from sale_checker import journal_lines
from yika_common.cards.application import CardState
from yika_common.errors import YikaError
from yika_node.services.errors import CardReplaced

WATER = 4


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, str]:
    """A registered node with an account that has no card yet."""
    world = World(tmp_path_factory.mktemp("issuing") / "node")
    node = world.enrolled()
    account = node.accounts.open(OPERATOR, a_form())
    node.close()
    return world, account.number


@pytest.fixture
def issue(
    beginning: tuple[World, str], tmp_path: Path
) -> Callable[[Fate], tuple[World, ChipMemory, list[str]]]:
    """Copies the beginning and issues a card with a fate."""
    copies = 0

    def issued(fate: Fate) -> tuple[World, ChipMemory, list[str]]:
        nonlocal copies
        copies += 1
        world, number = beginning[0].copied_to(tmp_path / str(copies)), beginning[1]
        chip = a_chip()
        node = world.restarted()
        watch_commits(node, fate)
        world.hand.insert(chip)
        world.hand.fate = fate
        try:
            node.cards.initialise(OPERATOR, number)
        except PowerCut:
            abandon(node)
        except YikaError:
            node.close()
        else:
            node.close()
        world.hand.fate = Fate()
        return world, chip, fate.steps

    return issued


def finish(world: World, chip: ChipMemory, account: str) -> str:
    """Issue the chip, sell to it, and return its number."""
    node = world.restarted()
    world.hand.insert(chip)
    number = node.cards.initialise(OPERATOR, account).number
    assert node.sales.sell(OPERATOR, number, [for_money(WATER, 5_000)], "a sale").complete
    node.close()
    return number


@pytest.mark.parametrize("how", ["power", "pull"])
def test_the_same_chip_is_finished_after_a_cut_at_any_step(
    issue: Callable[..., tuple[World, ChipMemory, list[str]]],
    beginning: tuple[World, str],
    how: str,
) -> None:
    steps = issue(Fate())[2]
    assert steps.count("after commit") == 1
    for at, name in enumerate(steps):
        if how == "pull" and "commit" in name:
            continue
        world, chip, _ = issue(Fate(at, how))
        number = finish(world, chip, beginning[1])
        issued = [line for line in journal_lines(world.folder / "node.db") if line["t"] == "card"]
        assert [line["c"] for line in issued] == [number], (at, name)
        assert chip.memory.identity.state is CardState.USER


def test_another_chip_gets_another_number_and_the_first_is_dead(
    issue: Callable[..., tuple[World, ChipMemory, list[str]]], beginning: tuple[World, str]
) -> None:
    for at in range(len(issue(Fate())[2])):
        world, first, _ = issue(Fate(at, "power"))
        number = finish(world, a_chip(1), beginning[1])
        assert first.memory.identity.number != number or at == 0
        if first.memory.identity.state is CardState.USER:
            node = world.restarted()
            world.hand.insert(first)
            with pytest.raises(CardReplaced):
                node.sales.sell(
                    OPERATOR, first.memory.identity.number, [for_money(WATER, 5_000)], "other"
                )
            node.close()
