"""A process that sells once and is killed at one step: see ``test_power_cuts_processes``.

Arguments: data folder, card file, card number, step (-1: none).  Prints the number of steps.
"""

import sys
from pathlib import Path

from node_world import OPERATOR, Fate, World, for_money, watch_commits
from yika_common.simulated.card_file import FileCardStore

BASKET = [for_money(3, 5_000), for_money(4, 3_000)]


def main(folder: str, card_file: str, card: str, step: str) -> None:
    world = World(Path(folder))
    world.hand.insert(FileCardStore(Path(card_file)))
    node = world.restarted()
    fate = Fate(None if step == "-1" else int(step), "kill")
    world.hand.fate = fate
    watch_commits(node, fate)
    node.sales.sell(OPERATOR, card, BASKET, "the sale")
    print(len(fate.steps))


if __name__ == "__main__":
    main(*sys.argv[1:])
