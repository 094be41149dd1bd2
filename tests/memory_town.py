"""Vending points with an ASEDrive each, a memory card that goes from one to the other, and meters.

Everything between the desks and the chip is the product: the production driver, a pseudo terminal,
the simulated reader.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from card_builders import repeatable_random
from counters import CLASS, Counters
from memory_builders import Card
from node_world import OPERATOR, a_form
from yika_common.cards.ciphers import MAC_SIZE
from yika_common.cards.memory.head import read_head
from yika_common.cards.memory.user_card import MemoryCardSession
from yika_common.cards.slot_meter import SlotMeter
from yika_common.meters.dialogue import LoadReport, load
from yika_common.meters.state import consumed
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.reader import SimulatedReader
from yika_common.simulated.reader_asedrive import AseDrive
from yika_node.config import AUTO
from yika_node.hardware.readers import reader_at
from yika_node.services.payments import Receipt
from yika_node.services.views import CardView, SaleEntry


class MemoryTown(Counters):
    """So many points with a reader each, and one memory card for an account of theirs.

    Attributes:
        pocket: the card, wherever it is.
        readers: the simulated reader of each point.
    """

    def __init__(
        self, folder: Path, card: Card, readers: list[SimulatedReader], profile: int
    ) -> None:
        super().__init__(folder, len(readers), tariff_class=CLASS, profile=profile)
        self.pocket, self.readers = card, readers
        for at, reader in enumerate(readers):
            world = self.worlds[at]
            self.nodes[at].close()
            world.hand = reader_at(str(reader.link), AUTO)  # type: ignore[assignment]
            self.nodes[at] = world.restarted()

    def open(self) -> None:
        """Open the account and make the card its card, at the first point."""
        number = self.nodes[0].accounts.open(OPERATOR, a_form(**self.form)).number
        self.put_in()
        self.nodes[0].cards.initialise(OPERATOR, number)
        self.account = self.nodes[0].accounts.get(number)
        assert self.account.card is not None
        self.card = self.account.card

    def put_in(self, at: int = 0) -> None:
        """Put the card into the reader of that point; it is in one at a time."""
        for reader in self.readers:
            reader.remove()
        self.readers[at].insert(self.pocket.chip)

    def sell(self, *entries: SaleEntry, at: int = 0) -> Receipt:
        """Sell at that point."""
        self.put_in(at)
        self.sales += 1
        return self.nodes[at].sales.sell(OPERATOR, self.card, entries, f"form {self.sales}")

    def read(self, at: int = 0) -> CardView:
        """What the card shows at that point."""
        self.put_in(at)
        return self.nodes[at].cards.read(OPERATOR)

    def load(self, slot: int, use: int = 0) -> LoadReport:
        """Show the card to the slot's meter, let so much be used, and show the card again."""
        for reader in self.readers:
            reader.remove()
        world, meter = self.worlds[0], self.account.meters[slot].meter
        stored = world.use_meter(meter)
        report = load(self.pocket.contact(), repeatable_random(22), stored, world.now)
        if use:
            stored.commit(consumed(stored.state(), Quantity(use), world.now)[0])
            load(self.pocket.contact(), repeatable_random(23), stored, world.now)
        return report

    def mac_in(self, slot: int) -> str:
        """The MAC of the record that a meter would find in the slot now; empty without one."""
        world, view = self.worlds[0], self.account.meters[slot]
        keys = world.use_meter(view.meter).keys
        contact = self.pocket.contact()
        session = MemoryCardSession(contact, read_head(contact))
        found = session.read_slot(slot, SlotMeter(view.meter, Service(view.service), keys.credit))
        return found[-MAC_SIZE:].hex() if any(found) else ""


@contextmanager
def memory_town(
    folder: Path, card: Card, points: int = 1, profile: int = 8, **tariff: Any
) -> Iterator[MemoryTown]:
    """The points, open for as long as the block lasts; with a tariff where one is given."""
    with ExitStack() as open_:
        readers = [
            open_.enter_context(SimulatedReader(folder / f"port{at}", firmware=AseDrive))
            for at in range(points)
        ]
        town = MemoryTown(folder, card, readers, profile)
        try:
            yield town
        finally:
            town.close()
