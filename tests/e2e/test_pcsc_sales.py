"""A vending point sells through the machine's PC/SC service, whichever driver stands below it.

vsmartcard's ``vpcd``, libccid's serial driver on our GemPC Twin, Athena's on our ASEDrive: the
desks and the driver are the product, the card is the simulated user card, the rest is Debian's.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from card_builders import ChipMemory
from node_world import OPERATOR, World, a_form, for_quantity
from pcsc_daemon import ATHENA, READER, TWIN, pcsc_daemon, two_free_ports, until
from vpcd_builders import service
from vpcd_reader import VpcdReader
from yika_common.cards.errors import CardAbsent
from yika_common.infra.entropy import system_random
from yika_common.meters.rules import Outcome
from yika_common.simulated.icc import UserCardIcc, blank_memory
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_node.hardware import pcsc_reader, readers

pytestmark = pytest.mark.pcsc

WATER = 4
POLLS_S = 10.0


class Hand(Protocol):
    """Somebody at the slot."""

    def insert(self, card: UserCardIcc) -> None: ...

    def remove(self) -> None: ...

    def pull_after(self, count: int) -> None: ...


@contextmanager
def vpcd(folder: Path) -> Iterator[Hand]:
    port = two_free_ports()
    with service(folder, port) as daemon, VpcdReader(port) as hand:
        daemon.serve_this_process()
        yield hand


@contextmanager
def gempc_twin(folder: Path) -> Iterator[Hand]:
    with (
        SimulatedReader(folder / "port") as reader,
        pcsc_daemon(folder, reader.link, TWIN) as daemon,
    ):
        daemon.serve_this_process()
        yield reader


@contextmanager
def asedrive(folder: Path) -> Iterator[Hand]:
    with (
        SimulatedReader(folder / "port", firmware=AseDrive) as reader,
        pcsc_daemon(folder, reader.link, ATHENA) as daemon,
    ):
        daemon.serve_this_process()
        yield reader


@pytest.mark.parametrize("machine", [vpcd, gempc_twin, asedrive])
def test_a_card_is_issued_sold_to_torn_put_back_and_loaded(
    tmp_path: Path, machine: Callable[[Path], AbstractContextManager[Hand]]
) -> None:
    world = World(tmp_path / "node")
    chip = ChipMemory(blank_memory(b"CHIP0001"))
    reader = readers.reader_at(READER, "pcsc")
    assert isinstance(reader, pcsc_reader.PcscReader)
    world.hand = reader  # type: ignore[assignment]
    with machine(tmp_path) as hand:

        def put_in() -> None:
            hand.remove()
            assert until(lambda: not reader.card_present(), POLLS_S)
            hand.insert(UserCardIcc(chip, system_random))
            assert until(reader.card_present, POLLS_S)

        node = world.enrolled()
        account = node.accounts.open(OPERATOR, a_form(8))
        with pytest.raises(CardAbsent):
            node.cards.initialise(OPERATOR, account.number)
        put_in()
        number = node.cards.initialise(OPERATOR, account.number).number
        assert node.sales.sell(OPERATOR, number, [for_quantity(WATER, 10_000)], "one").complete
        for sale, after in enumerate((0, 60, 1000)):
            hand.pull_after(after)
            entry = for_quantity(WATER, 1_000)
            assert not node.sales.sell(OPERATOR, number, [entry], f"torn {sale}").complete
            put_in()
            assert [one.problem for one in node.cards.read(OPERATOR).resolved] == [None]
        hand.remove()
        meter = next(view.meter for view in account.meters if view.slot == WATER)
        assert world.load(chip, meter).credited == 13_000
        assert world.load(chip, meter).outcome is Outcome.NOTHING_NEW
        node.close()
