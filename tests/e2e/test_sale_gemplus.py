"""A card is sold onto through a Gemplus reader: on a spoilt line, pulled, read again, loaded."""

from functools import partial
from pathlib import Path

import pytest

from gemplus_builders import gemplus
from node_world import OPERATOR, World, for_money, open_with_card
from sale_checker import WatchedChip, check_sales
from yika_common.cards.record import RECORD_SIZE
from yika_common.infra.entropy import system_random
from yika_common.readers.port import NamedReader
from yika_common.simulated.firmware import Disturbance
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.reader_gemplus import Gemplus
from yika_node.bootstrap import build
from yika_node.hardware.timing import USUAL

WATER = 4
COMMAND_SIZE = 5 + RECORD_SIZE + 8 + 1
"""The update of one record: header and Lc, record, MAC, Le; a pull after that loses the answer."""
PULLED_AFTER = (0, 5, COMMAND_SIZE // 2, COMMAND_SIZE - 1, COMMAND_SIZE)
MISHAPS = (Disturbance.NAK, Disturbance.BAD_LRC, Disturbance.NOISE, Disturbance.LOST_ANSWER)


@pytest.mark.parametrize("fastest", [1_200, 76_800])
def test_sales_through_it_lose_and_double_nothing(tmp_path: Path, fastest: int) -> None:
    world = World(tmp_path / "node")
    chip = WatchedChip(blank_memory(b"CHIP0000"))
    node = world.enrolled()
    account, _ = open_with_card(world, node, chip)
    assert account.card is not None
    node.close()
    meter = next(view.meter for view in account.meters if view.slot == WATER)
    firmware = partial(Gemplus, baud=fastest, fastest=fastest)
    with gemplus(tmp_path, timing=USUAL, firmware=firmware) as (simulated, driver):
        reader: NamedReader = driver
        node = build(
            world.folder,
            clock=world.clock,
            random=world.random,
            reader=reader,
            uplinks=world.headquarters.uplink,
        )
        node.staff.sign_in(OPERATOR, "four short words")
        assert driver.describe().baud == fastest
        for at, mishap in enumerate(MISHAPS):
            simulated.insert(UserCardIcc(chip, system_random))
            for _ in range(5):
                simulated.disturb(mishap)
                simulated.disturb(Disturbance.CHATTER, 3)
            sale = node.sales.sell(OPERATOR, account.card, [for_money(WATER, 500)], f"spoilt {at}")
            assert sale.complete
            simulated.calm()
        for byte in PULLED_AFTER:
            simulated.insert(UserCardIcc(chip, system_random))
            simulated.pull_after(byte)
            pressed = f"pulled {byte}"
            sale = node.sales.sell(OPERATOR, account.card, [for_money(WATER, 500)], pressed)
            assert not sale.complete
            simulated.insert(UserCardIcc(chip, system_random))
            assert node.cards.read(OPERATOR).pending == ()
        node.close()
    world.load(chip, meter)
    credited = {meter: world.use_meter(meter).state().total}
    findings = check_sales(world.folder / "node.db", chip.macs, credited, [])
    assert (findings.problems, findings.open) == ([], [])
