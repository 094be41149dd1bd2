"""What is known of an account at the counter: its card, our journal, headquarters' sheet.

Quotas, charges and free units belong to the premises and a service: of what the slots of that
service, our journal and the sheet say, the furthest counts (:mod:`yika_common.tariffs.situation`);
the sheet is silent of a slot that shows a later purchase than the sheet knows.
A count and a total belong to a meter: its next count follows the highest (generation, count) that
card, meter or journal know, and its new total the total that stood there, so that an old image of
a card repairs itself with the next sale.  So does a new card with an empty slot, whose maker had
not heard of a purchase that the sheet knows.  Where he had not heard of a refund, the meter may
hold what was given back: then the next record lets its total fall.
"""

from collections.abc import Callable, Iterator, Sequence

from yika_common.cards.application import CardIdentity
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.sync.customers import AccountSheet
from yika_common.tariffs.charges import MONEY_QUANTUM
from yika_common.tariffs.facts import Consumption, Tally
from yika_common.tariffs.model import Tariff
from yika_common.values import dataclass
from yika_node.db.account_standing import Standing
from yika_node.services.errors import CardReplaced, RefundAwaitsMeter
from yika_node.services.views import SlotView

Left = tuple[int, int]
"""The generation of a refund's card, and the total that it leaves its meter."""

RefundOf = Callable[[str], Left | None]
"""By meter."""


def quantum_of(tariff: Tariff) -> Quantity:
    """The least that a meter under this tariff counts."""
    return MONEY_QUANTUM if tariff.holds_money else tariff.service.quantum


@dataclass(frozen=True, slots=True)
class Base:
    """What a sale builds on: the card's generation; the meter's last count and total."""

    generation: int
    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Premises:
    """An account's card as it was read, with what journal and sheet say of the account.

    ``generation`` is the card's, ``home`` says that the account was opened here.
    """

    slots: Sequence[SlotView]
    standing: Standing
    told: AccountSheet | None
    generation: int = 1
    home: bool = True

    @property
    def confirmed(self) -> bool:
        """Whether it is certain what was settled with the account's cards before this one."""
        told = 0 if self.told is None else self.told.generation
        return self.generation <= 1 or self.home or told >= self.generation

    def tallies(self, service: Service) -> Iterator[Tally]:
        """What each source says was bought and charged."""
        for slot in self.slots:
            if slot.service is not service:
                continue
            if slot.record is not None:
                quota = slot.record.quota
                yield Tally(
                    quota.period,
                    quota.bought,
                    quota.heating_year,
                    quota.charged_through,
                    quota.free_day,
                )
            told = None if self.told is None else self.told.slot(slot.slot)
            if told is not None and not _passed(slot, (told.generation, told.count)):
                yield Tally(
                    told.period,
                    Quantity(told.bought),
                    told.heating_year,
                    told.charged_through,
                    told.free_day,
                )
        for row in self.standing.tallies:
            if row.service == service:
                yield Tally(
                    row.period,
                    Quantity(row.counted),
                    row.heating_year,
                    row.charged_through,
                    row.free_day,
                )

    def base(self, identity: CardIdentity, slot: SlotView) -> Base:
        """The highest (generation, count) known of the slot's meter.

        Raises:
            CardReplaced: a newer card of the account has been sold to.
        """
        known = [(0, 0, 0)]
        if slot.record is not None:
            known.append((*slot.record.position, slot.record.total))
        known += (
            (row.generation, row.count, row.total)
            for row in self.standing.positions
            if row.meter == slot.meter
        )
        told = None if self.told is None else self.told.slot(slot.slot)
        if slot.record is None and told is not None and told.generation < identity.generation:
            # A new card whose maker did not know of what headquarters has heard since.
            known.append((told.generation, told.count, told.total))
        generation, count, total = max(known)
        if slot.write_back is not None:
            reading = slot.write_back.reading
            # At a count that somebody sold, what was sold goes before what the meter holds: a
            # total that never fell would otherwise be given once more.
            if reading.position > (generation, count):
                generation, count, total = (*reading.position, reading.total)
        if generation > identity.generation:
            raise CardReplaced(number=identity.number)
        return Base(identity.generation, count, total)

    def sets_down(self, slot: SlotView, base: Base, refund_of: RefundOf) -> bool:
        """Whether the meter holds what was given back, and only the next record can tell it so.

        The maker of the card had not heard of the refund: he left the slot empty, or carried what
        was bought before the purchase that was given back.

        Args:
            slot: the meter's slot.
            base: what is sold to it builds on.
            refund_of: the refund of a meter in our journal whose money still waits.

        Raises:
            RefundAwaitsMeter: the meter has to say first what it holds.
        """
        if base.generation == 1 or (slot.record is not None and slot.record.lower):
            return False
        refunds = (refund_of(slot.meter), self._told_refund(slot), self._told_waiting(slot))
        if not any(one and one[0] < base.generation and one[1] <= base.total for one in refunds):
            return False
        if slot.write_back is None:
            raise RefundAwaitsMeter(meter=slot.meter)
        return slot.write_back.reading.total > base.total

    def _told_refund(self, slot: SlotView) -> Left | None:
        """The refund that the sheet knows of: of a card before the newest that it knows."""
        told = None if self.told is None else self.told.slot(slot.slot)
        if self.told is None or told is None or slot.slot not in self.told.lowered:
            return None
        return told.generation - (slot.record is not None), told.total

    def _told_waiting(self, slot: SlotView) -> Left | None:
        """The refund that the sheet knows of on a card before the newest one that was sold to."""
        told = () if self.told is None else self.told.waiting
        found = (row for row in told if row.slot == slot.slot)
        return next(((row.generation, row.total) for row in found), None)

    def consumption(self, service: Service) -> Consumption | None:
        """The use of all meters of a service that have told of it; None if none has."""
        rings = [
            _ring(slot.write_back.month, slot.write_back.months)
            for slot in self.slots
            if slot.service is service and slot.write_back is not None
        ]
        return sum(rings[1:], start=rings[0]) if rings else None


def _passed(slot: SlotView, told: tuple[int, int]) -> bool:
    """Whether the slot shows a later purchase than the newest that the sheet counts.

    What the sheet says went into that one, and a refund may have taken it back since.
    """
    return not slot.bare and slot.record is not None and slot.record.position > told


def stored(slot: SlotView) -> Quantity | None:
    """The meter's last known credit and what waits for it on the card; None: it never told."""
    if slot.write_back is None or slot.waiting is None:
        return None
    return Quantity(max(0, slot.write_back.reading.balance) + slot.waiting)


def _ring(newest: int, months: Sequence[Quantity]) -> Consumption:
    by_month = ((newest - back, use) for back, use in enumerate(months) if newest > back)
    return Consumption(tuple(sorted(by_month)))
