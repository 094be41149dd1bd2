"""A real process is killed with SIGKILL at every step of a sale; the next one settles it.

Database, vault, sentinel and the card's chip are real files; nothing of the killed process is
left but these.
"""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import crash_child
from node_world import OPERATOR, World, open_with_card
from sale_checker import check_sales
from yika_common.cards.application import File
from yika_common.simulated.card_file import FileCardStore
from yika_common.simulated.icc import blank_memory

SLOTS = (3, 4)


def sell_in_a_process(folder: Path, card_file: Path, card: str, step: int) -> tuple[int, str]:
    """Exit status and output of the child."""
    done = subprocess.run(
        [sys.executable, crash_child.__file__, str(folder), str(card_file), card, str(step)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_process_killed_at_any_step_leaves_a_sale_that_the_next_one_settles(
    tmp_path: Path,
) -> None:
    beginning = World(tmp_path / "node")
    store = FileCardStore(tmp_path / "card")
    store.commit(blank_memory(b"CHIP0000"))
    node = beginning.enrolled()
    account, _ = open_with_card(beginning, node, store)
    node.close()
    card = account.card
    assert card is not None
    shutil.copytree(tmp_path, tmp_path.parent / "dry run")
    status, output = sell_in_a_process(
        tmp_path.parent / "dry run" / "node", tmp_path.parent / "dry run" / "card", card, -1
    )
    assert status == 0
    for step in range(int(output)):
        world = beginning.copied_to(tmp_path / f"run {step}")
        card_file = world.folder / "card"
        for name in ("card", "card.secret"):
            shutil.copy(tmp_path / name, world.folder / name)
        status, _ = sell_in_a_process(world.folder, card_file, card, step)
        assert status == -signal.SIGKILL
        chip = FileCardStore(card_file)
        node = world.restarted()
        world.hand.insert(chip)
        assert node.cards.read(OPERATOR).pending == ()
        node.close()
        credited = {}
        for meter in account.meters:
            if meter.slot in SLOTS:
                world.load(chip, meter.meter)
                credited[meter.meter] = world.use_meter(meter.meter).state().total
        macs = {record[-8:].hex() for record in chip.load().records[File.CREDIT]}
        findings = check_sales(world.folder / "node.db", macs, credited, [])
        assert (findings.problems, findings.open) == ([], []), step
