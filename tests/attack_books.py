"""What a town knows of itself: who lives there, and every purchase that was ever committed.

The books see each record at the moment it is committed: they remember what a restored database has
forgotten, and what a customer paid is what they say.

All credit costs 5.00 a unit and is sold in whole units, so that money and quantity say the same,
to the cent.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from attack_cards import CPU, Image, Pocket
from yika_common.cards.tool_order import OrderKind
from yika_common.journal.bodies import REFUND, SWAP, Intent
from yika_common.journal.card_bodies import RefundPaid
from yika_common.journal.meter_bodies import MeterSwapped
from yika_common.numbers import Quantity
from yika_node.db.journal import Entry

GAS, WATER = 2, 3
SLOTS = (GAS, WATER)
"""Of a card for four meters."""

UNIT, UNIT_PRICE = 1_000, 500
"""One unit in thousandths, and its price in cents."""

CEILING = Quantity(400 * UNIT)
"""No household here ever buys as much."""

POINTS = ("N0001", "N0002")
HOUSEHOLDS = (CPU, "SLE4428", "SLE4442", CPU)
HOME = (0, 0, 1, 1)
"""The point that opened each household's account."""


@dataclass
class Bought:
    """One intent, as it was committed; ``known``: the point that wrote it still has it."""

    point: int
    epoch: int
    seq: int
    head: bytes
    body: Intent
    known: bool = True


@dataclass
class Books:
    """What was ever committed anywhere, in the order in which it happened."""

    bought: list[Bought] = field(default_factory=list)
    paid_out: Counter[str] = field(default_factory=Counter)
    """By account, money handed out; by meter, quantity that it was handed out for."""

    def saw(self, point: int, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if isinstance(entry.body, Intent):
                self.bought.append(Bought(point, entry.epoch, entry.seq, entry.head, entry.body))
            elif isinstance(entry.body, RefundPaid):
                refund = self.intent(point, entry.body.epoch or entry.epoch, entry.body.intent)
                self.paid_out[refund.account] += entry.body.amount
                self.paid_out[refund.meter] -= refund.quantity
            elif isinstance(entry.body, MeterSwapped):
                # What the new meter had no room for: less was given out so far, however often.
                self.paid_out[entry.body.new] -= entry.body.owed

    def copied(self) -> "Books":
        return Books([replace(one) for one in self.bought], self.paid_out.copy())

    def intent(self, point: int, epoch: int, seq: int) -> Intent:
        return next(
            one.body
            for one in reversed(self.bought)
            if (one.point, one.epoch, one.seq) == (point, epoch, seq)
        )

    def cash(self, account: str) -> int:
        """What the household has paid, less what was handed out to it."""
        paid = (
            one.body.paid
            for one in self.bought
            if one.body.account == account and one.body.act != REFUND
        )
        return sum(paid) - self.paid_out[account]

    def sold(self, meter: str) -> int:
        """What was bought for a meter, moved or owed to it, less what was given back in money."""
        quantities = (
            one.body.quantity + (one.body.moved if one.body.act == SWAP else 0)
            for one in self.bought
            if one.body.meter == meter and one.body.act != REFUND
        )
        return sum(quantities) - self.paid_out[meter]


@dataclass
class Tool:
    """A tool card: which point writes it, for which meter, and on what."""

    number: str
    point: int
    meter: str
    kind: OrderKind
    pocket: Pocket = field(repr=False)


@dataclass
class Household:
    """An account, its meters, and every card it ever had; the last one is the newest."""

    index: int
    kind: str
    home: int
    account: str = ""
    meters: dict[int, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    """Meters that another one took the place of."""

    coming: dict[int, str] = field(default_factory=dict)
    """By slot, the meter with which the fitter stands there."""

    pockets: list[Pocket] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    old_record: bytes = b""
    """A record of the gas meter from before it got new keys."""

    opened: set[str] = field(default_factory=set)
    """Numbers of CPU cards whose keys were extracted."""

    crooked: bool = False
    """Its cards were tampered with, or it deceived a clerk."""

    torn_apart: bool = False
    """Records about it were lost with a point's database."""

    forgotten: bool = False
    """A point that did not know of every purchase made a new card."""

    replacing: tuple[int, str] | None = None
    """The point at which a new card was begun and not finished, and its form."""

    @property
    def every_meter(self) -> tuple[str, ...]:
        """All that ever stood at the household's."""
        return (*self.gone, *self.meters.values())

    @property
    def pocket(self) -> Pocket:
        return self.pockets[-1]

    def copied(self) -> "Household":
        """The household as it begins, with cards of its own."""
        pockets = [pocket.copied() for pocket in self.pockets]
        return replace(
            self,
            pockets=pockets,
            images=list(self.images),
            meters=dict(self.meters),
            gone=list(self.gone),
            coming=dict(self.coming),
            opened=set(self.opened),
        )
