"""The card is pulled after every byte of the write, through the production driver on its port."""

from pathlib import Path

from counters import sheet_of
from little_headquarters import NODE
from node_world import OPERATOR, World, for_money, open_with_card
from reader_builders import reader_and_driver
from sale_checker import Settled, WatchedChip, check_dues, check_sales, settled_on
from yika_common.cards.application import File
from yika_common.cards.record import RECORD_SIZE
from yika_common.infra.entropy import system_random
from yika_common.readers.port import NamedReader
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.sync.customers import DebtSheet
from yika_node.bootstrap import build
from yika_node.hardware.timing import Timing

WATER = 4
OWED = Settled(applied=9_000, collected=3_000)
"""Used up, and paid off, somewhere between the first byte and the last."""

DEBT = DebtSheet("D-1", "旧欠", "Old bill", OWED.collected, 100_000, 0, 1)
COMMAND_SIZE = 5 + RECORD_SIZE + 8 + 1
"""The update of one record: header and Lc, record, MAC, Le; a pull after that loses the answer."""


def test_a_card_pulled_after_any_byte_of_the_write_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    world = World(tmp_path / "node")
    chip = WatchedChip(blank_memory(b"CHIP0000"))
    node = world.enrolled()
    account, _ = open_with_card(world, node, chip)
    assert account.card is not None
    sheet = sheet_of(account, NODE, adjustment_number=1, adjustment=OWED.applied, debts=(DEBT,))
    world.headquarters.tell(sheet)
    node.courier.sync()
    node.close()
    meter = next(view.meter for view in account.meters if view.slot == WATER)
    taken: list[bool] = []
    with reader_and_driver(tmp_path, timing=Timing()) as (simulated, driver):
        reader: NamedReader = driver
        node = build(
            world.folder,
            clock=world.clock,
            random=world.random,
            reader=reader,
            uplinks=world.headquarters.uplink,
        )
        node.staff.sign_in(OPERATOR, "four short words")
        for byte in range(COMMAND_SIZE + 1):
            held = len(chip.macs)
            simulated.insert(UserCardIcc(chip, system_random))
            simulated.pull_after(byte)
            sale = node.sales.sell(OPERATOR, account.card, [for_money(WATER, 500)], f"{byte}")
            assert not sale.complete
            taken.append(len(chip.macs) > held)
            simulated.insert(UserCardIcc(chip, system_random))
            assert node.cards.read(OPERATOR).pending == ()
        node.close()
    assert taken == [False] * COMMAND_SIZE + [True]
    world.load(chip, meter)
    credited = {meter: world.use_meter(meter).state().total}
    findings = check_sales(world.folder / "node.db", chip.macs, credited, [])
    assert (findings.problems, findings.open) == ([], [])
    assert check_dues([world.folder / "node.db"], chip, OWED) == []
    assert settled_on(chip.memory.records[File.CREDIT]) == OWED
