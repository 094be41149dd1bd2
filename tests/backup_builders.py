"""Backups in tests: made of a node, and looked at."""

from pathlib import Path

from card_builders import repeatable_random
from node_world import World
from yika_node.services.safekeeping import Keeper


def keeper(world: World, second: Path | None = None) -> Keeper:
    """A keeper that takes the second place for another disk."""
    return Keeper(
        world.folder,
        world.clock,
        repeatable_random(4),
        second,
        device=lambda path: int(path == second),
    )
