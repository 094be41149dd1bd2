"""Several vending points that never exchange anything, one card, and sheets that tell of it.

Each point has a headquarters of its own that tells the same; what one of them sells the others
learn from the card alone.
"""

from copy import copy
from pathlib import Path
from typing import Any

from little_headquarters import AREA
from node_world import OPERATOR, World, a_chip, a_form
from sale_checker import WatchedChip
from tariff_builders import a_document, as_bytes
from yika_common.cards.record import CreditRecord
from yika_common.clock import to_timestamp
from yika_common.journal.bodies import Intent, SlotOpened
from yika_common.journal.record import decode_line
from yika_common.meters.dialogue import LoadReport
from yika_common.meters.state import consumed
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.icc import CardStore
from yika_common.sync.customers import AccountSheet
from yika_common.sync.settings import Settings
from yika_node.bootstrap import Node
from yika_node.services.payments import Receipt
from yika_node.services.views import Account, CardView, SaleEntry

POWER, OTHER_POWER, HEAT, GAS, WATER = 0, 1, 2, 3, 4
CLASS = "test"
"""A class of customers without tariffs but those that a test publishes."""


class Counters:
    """So many points, one account, and its card, which goes wherever it is sold to."""

    def __init__(
        self, folder: Path, points: int = 1, chip: CardStore | None = None, **form: Any
    ) -> None:
        names = [f"N000{number}" for number in range(1, points + 1)]
        self.worlds = [World(folder / name, name) for name in names]
        self.nodes: list[Node] = [world.enrolled() for world in self.worlds]
        self.form = form
        self.chip = chip or a_chip()
        self.sales = 0

    def open(self) -> None:
        """Open the account and make its card, at the first point."""
        first = self.nodes[0]
        number = first.accounts.open(OPERATOR, a_form(**self.form)).number
        self.worlds[0].hand.insert(self.chip)
        first.cards.initialise(OPERATOR, number)
        self.account = first.accounts.get(number)
        assert self.account.card is not None
        self.card = self.account.card

    def publish_and_open(self) -> None:
        """Flat tariffs at 5.00 for three services, and the account."""
        self.publish()
        self.publish(id="TEST-GAS", service="gas")
        self.publish(id="TEST-POWER", service="electricity_single")
        self.open()

    def publish(self, **changes: Any) -> None:
        """Publish a tariff to all points: flat cold water at 5.00, but for the changes."""
        document = a_document(**{"class": CLASS, **changes})
        for world, node in zip(self.worlds, self.nodes, strict=True):
            world.headquarters.publish_tariff(as_bytes(document))
            node.courier.sync()

    def tell(self, **changes: Any) -> None:
        """Tell all points of the account; ``changes`` are the sheet's fields."""
        sheet = sheet_of(self.account, self.worlds[0].headquarters.node, **changes)
        for world, node in zip(self.worlds, self.nodes, strict=True):
            world.headquarters.tell(sheet)
            node.courier.sync()

    def settle_by(self, **settings: Any) -> None:
        """Publish settings to all points."""
        for world, node in zip(self.worlds, self.nodes, strict=True):
            world.headquarters.publish_settings(Settings(**settings))
            node.courier.sync()

    def sell(self, *entries: SaleEntry, at: int = 0) -> Receipt:
        """Sell at that point."""
        self.sales += 1
        self.worlds[at].hand.insert(self.chip)
        token = f"form {self.sales}"
        return self.nodes[at].sales.sell(OPERATOR, self.card, entries, token)

    def read(self, at: int = 0) -> CardView:
        """What the card shows at that point."""
        self.worlds[at].hand.insert(self.chip)
        return self.nodes[at].cards.read(OPERATOR)

    def record(self, slot: int, at: int = 0) -> CreditRecord:
        """What the slot shows."""
        record = self.read(at).slots[slot].record
        assert record is not None
        return record

    def pass_time(self, **spans: int) -> None:
        for world in self.worlds:
            world.pass_time(**spans)

    def load(self, slot: int, use: int = 0) -> LoadReport:
        """Show the card to the slot's meter, let so much be used, and show the card again."""
        world, meter = self.worlds[0], self.account.meters[slot].meter
        report = world.load(self.chip, meter)
        if use:
            stored = world.use_meter(meter)
            stored.commit(consumed(stored.state(), Quantity(use), world.now)[0])
            world.load(self.chip, meter)
        return report

    def intents(self, at: int = 0) -> list[Intent]:
        """Every intent of that point's journal, oldest first."""
        node = self.nodes[at]
        lines = (row.line for row in node.queries.records(1, 1, 10_000))
        return [body for line in lines if isinstance(body := decode_line(line).body, Intent)]

    def copied_to(self, folder: Path) -> "Counters":
        """The same points and the same card once more, after the points were closed."""
        other = copy(self)
        assert isinstance(self.chip, WatchedChip)
        other.chip = self.chip.copied()
        other.worlds = [world.copied_to(folder / world.folder.name) for world in self.worlds]
        other.nodes = [world.restarted() for world in other.worlds]
        return other

    def close(self) -> None:
        for node in self.nodes:
            node.close()


def sheet_of(account: Account, opener: str, **changes: Any) -> AccountSheet:
    """What headquarters tells of an account of that point; ``changes`` are the sheet's fields."""
    held: dict[str, Any] = {
        "account": account.number,
        "area": AREA,
        "node": opener,
        "opened": to_timestamp(account.opened_at),
        "profile": account.profile,
        "tariff_class": account.tariff_class,
        "persons": account.persons,
        "inner_area": account.area_m2 or 0,
        "meters": tuple(
            SlotOpened(meter.slot, Service(meter.service), meter.meter) for meter in account.meters
        ),
        "card": account.card,
        "generation": 1,
    }
    return AccountSheet(**(held | changes))
