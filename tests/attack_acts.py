"""What the stories of thefts are told with."""

from attack_books import UNIT, Household
from attack_cards import CPU, Pocket
from attack_town import Town
from node_world import Fate

HERE, THERE = 0, 1
BY_KIND = {CPU: 0, "SLE4428": 1, "SLE4442": 2}
"""The first household with each type of card."""


def household(town: Town, kind: str = CPU) -> Household:
    return town.households[BY_KIND[kind]]


def sell(
    town: Town, who: Household, point: int, slot: int, units: int, fate: Fate | None = None
) -> bool:
    """Sell, a while after what was before; whether all is on the card."""
    town.clock.pass_by(minutes=5)
    receipt = town.sell(who, point, {slot: units}, fate)
    assert receipt is not None
    return receipt.complete


def take(town: Town, who: Household, slot: int, pocket: Pocket | None = None) -> int:
    """Show a card to a meter; what it credited, in units."""
    report = town.load(pocket or who.pocket, who.meters[slot])
    return 0 if report is None else report.credited // UNIT


def read(town: Town, who: Household, point: int = HERE) -> None:
    """Read the household's card, a while after what was before."""
    town.clock.pass_by(minutes=5)
    town.read(point, who.pocket)


def everybody_talks(town: Town) -> None:
    for _ in range(2):
        town.clock.pass_by(minutes=5)
        town.sync(HERE)
        town.sync(THERE)
        town.settle()
    town.sync(HERE)
    town.sync(THERE)
