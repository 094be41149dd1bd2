"""Every card type, every operation, every way it goes on: cut, pulled, and then nobody loses.

An operation is cut at its steps (a command to a CPU card or a commit, before and after; a byte of
a memory chip, within a phase, at its end, and after it), in two ways: the power fails, or the card
is pulled.  Each cut goes on in each of the ways below.  In the end everybody comes to rest, nobody
has got what he did not pay for, and what was paid for was had, or is owed, to the cent.

Every operation has an enumeration of its own, at each of its steps (``test_power_cuts*``,
``test_memory_card_torn``, ``test_meter_swap``).  Here are the combinations: with
``YIKA_ATTACK_STRIDE=1`` at every step, otherwise at a few steps of each, others in each cell.
"""

import os
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from attack_beginning import Beginning, a_beginning
from attack_books import GAS, UNIT, WATER, Household
from attack_cards import CPU, number_of
from attack_settling import come_to_rest, wrongs
from attack_tools import order, struck, swap, transfer
from attack_town import Town
from node_world import OPERATOR, Fate
from yika_common.cards.tool_order import OrderKind
from yika_common.errors import YikaError

HERE, THERE = 0, 1
KINDS = {CPU: 0, "SLE4428": 1, "SLE4442": 2}
CUTS = 2
STRIDE = int(os.environ.get("YIKA_ATTACK_STRIDE", "0"))


@pytest.fixture(scope="module")
def beginning(tmp_path_factory: pytest.TempPathFactory) -> Beginning:
    return a_beginning(tmp_path_factory.mktemp("matrix") / "beginning")


# What is cut


def opening(town: Town, who: Household) -> Callable[[Fate], object]:
    new = town.move_in(who.kind, HERE)
    return lambda fate: town.issue(new, fate)


def selling(town: Town, who: Household) -> Callable[[Fate], object]:
    return lambda fate: town.sell(who, HERE, {GAS: 3, WATER: 1}, fate)


def writing_again(town: Town, who: Household) -> Callable[[Fate], object]:
    before = who.pocket.image
    town.sell(who, HERE, {GAS: 3})
    who.pocket.image = before
    return lambda fate: town.supplement(who, HERE, GAS, fate)


def refunding(town: Town, who: Household) -> Callable[[Fate], object]:
    town.sell(who, HERE, {GAS: 3})
    return lambda fate: town.refund(who, HERE, GAS, fate)


def replacing(town: Town, who: Household) -> Callable[[Fate], object]:
    town.sell(who, HERE, {GAS: 3, WATER: 2})
    town.load(who.pocket, who.meters[GAS])
    return lambda fate: town.replace(who, HERE, look=False, fate=fate)


def transferring(town: Town, who: Household) -> Callable[[Fate], object]:
    """Credit is left in the old meter, and more is on the card, when another takes its place."""
    town.sell(who, HERE, {GAS: 3, WATER: 2})
    town.load(who.pocket, who.meters[GAS])
    town.use(who.meters[GAS], UNIT)
    pass_by(town)
    town.sell(who, HERE, {GAS: 2})
    tool = order(town, HERE, who.meters[GAS], OrderKind.TRANSFER)

    def act(fate: Fate) -> None:
        transfer(town, tool, fate)
        if not struck(fate):
            swap(town, who, HERE, GAS, fate)

    return act


OPERATIONS = (opening, selling, writing_again, refunding, replacing, transferring)


# How it goes on


def the_same_point(town: Town, who: Household) -> None:
    town.read(HERE, who.pocket)


def a_point_that_does_not_know(town: Town, who: Household) -> None:
    town.sell(who, THERE, {GAS: 1})
    pass_by(town)
    town.read(HERE, who.pocket)


def the_meter_first(town: Town, who: Household) -> None:
    load(town, who)
    town.read(HERE, who.pocket)


def a_replacement(town: Town, who: Household) -> None:
    town.replace(who, HERE, look=False)
    load(town, who)


def the_old_card_found_again(town: Town, who: Household) -> None:
    old = who.pocket
    town.replace(who, HERE, look=False)
    for meter in who.meters.values():
        town.load(old, meter)
    town.read(HERE, old)


def a_second_sale(town: Town, who: Household) -> None:
    town.sell(who, HERE, {GAS: 2})
    load(town, who)


def the_point_put_back(town: Town, who: Household) -> None:
    town.put_back(HERE, whole=True)
    town.read(HERE, who.pocket)
    pass_by(town)
    town.sell(who, THERE, {GAS: 1})
    load(town, who)


CONTINUATIONS = (
    the_same_point,
    a_point_that_does_not_know,
    the_meter_first,
    a_replacement,
    the_old_card_found_again,
    a_second_sale,
    the_point_put_back,
)


def load(town: Town, who: Household) -> None:
    for meter in who.meters.values():
        town.load(who.pocket, meter)


def pass_by(town: Town) -> None:
    town.clock.pass_by(minutes=5)


def subject(town: Town, kind: str) -> Household:
    """A household whose account this point has opened."""
    at_home = [who for who in town.households if who.kind == kind and who.home == HERE]
    return at_home[0] if at_home else town.households[KINDS[kind]]


Go = Callable[[Town, Household], None]
Operation = Callable[[Town, Household], Callable[[Fate], object]]


@pytest.fixture
def tell(beginning: Beginning, tmp_path: Path) -> Callable[..., list[str]]:
    """Runs one story, and says what is wrong in the end."""
    numbers = count()

    def story(kind: str, operation: Operation, fate: Fate, go_on: Go | None) -> list[str]:
        town = Town(beginning, tmp_path / f"{next(numbers)}")
        try:
            who = subject(town, kind)
            act = operation(town, who)
            pass_by(town)
            town.keep(HERE)
            act(fate)
            pass_by(town)
            if go_on is None:
                return []
            who = town.households[-1] if operation is opening else who
            finish(town, who, operation)
            go_on(town, who)
            come_to_rest(town)
            return [*town.gains(), *wrongs(town)]
        finally:
            town.close()

    return story


def finish(town: Town, who: Household, operation: Operation) -> None:
    """A card that is not whole is nobody's: it is put in again until it is."""
    if operation is writing_again:
        town.supplement(who, HERE, GAS)
        pass_by(town)
    if operation is opening and who.home not in town.dead:
        for _ in range(2):
            pass_by(town)
            town.issue(who)
        with suppress(YikaError):
            town.nodes[HERE].cards.initialise(OPERATOR, who.account)
        if not number_of(who.pocket):
            town.replace(who, HERE, look=False)


@pytest.mark.timeout(3_000 if not STRIDE else 36_000)
@pytest.mark.parametrize("row", range(len(OPERATIONS)), ids=lambda row: OPERATIONS[row].__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_is_cut_and_however_it_goes_on(
    tell: Callable[..., list[str]], kind: str, row: int
) -> None:
    """With ``-s`` it prints how many stories each way on had."""
    operation, whole = OPERATIONS[row], Fate()
    told: Counter[str] = Counter()
    tell(kind, operation, whole, None)
    steps = len(whole.steps)
    for column, go_on in enumerate(CONTINUATIONS):
        stride = STRIDE or max(1, -(-steps // CUTS))
        for at in range((7 * row + 5 * column) % stride, steps, stride):
            how = ("pull", "power")[(at // stride + column) % 2]
            if how == "pull" and "commit" in whole.steps[at]:
                how = "power"
            place = (kind, operation.__name__, go_on.__name__, at, whole.steps[at], how)
            assert tell(kind, operation, Fate(at, how), go_on) == [], place
            told[go_on.__name__] += 1
    print(f"\n{kind} {operation.__name__}: {steps} steps, {dict(told)}")
