"""What a new card says in an old one's place (补卡), slot by slot: a pure function.

For a slot's meter there are up to five sources: the old card's record, what the meter wrote onto
that card, our own newest sale to the meter (also one that still waits for the card), the meter's
newest reading in our journal, and headquarters' sheet.

* The new record has the highest (generation, count) that any of them knows, and the total that
  was sold there.  Where several say one count, the card is believed, then whom the meter bears
  out, then the higher total: what another one sold at that count never arrived, and is paid back.
  The generation is the new card's.  So the meter credits what it has not taken yet, and nothing
  twice.
* What was bought and charged in the quota's period is the furthest that any source says of any
  meter of the service, as in a sale.
* What was settled through the slot, and the meter's parameters, are those of the record that the
  total is from.  Where only headquarters knows that record, the sheet says what was settled, and
  the parameters are the newest known.  So is a refund that the meter may have to take yet one on
  the new card.
* A slot of which nothing is known is left empty.

What none of the sources knew is not on the new card: headquarters finds it and gives it back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from yika_common.cards.cut import Cut
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import AppliedAdjustments, CreditRecord, QuotaState
from yika_common.journal.bodies import REPLACEMENT, SWAP
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.sync.customers import SlotSheet
from yika_common.values import dataclass
from yika_node.services.card_shelf import LevelsOf, carried_levels
from yika_node.services.views import MeterView

Pair = tuple[int, int]

_NO_QUOTA: Final = QuotaState()
_NOWHERE: Final = (0, 0)
"""A meter that was never sold to."""


class Total(NamedTuple):
    """A total that a meter took, by a write-back or a reading."""

    position: Pair
    total: int


@dataclass(frozen=True, slots=True)
class Sources:
    """What is known of one slot's meter.

    Attributes:
        meter: the meter and its slot.
        shown: the old card's record, if that card was read.
        own: our newest record for the meter, on a card or waiting for one.
        totals: what the meter is known to have taken.
        told: headquarters' sheet of the slot.
        lowered: headquarters says that the newest record it knows gives a purchase back.
        bare: the old card had no room to say more than count and total.
    """

    meter: MeterView
    shown: CreditRecord | None = None
    own: CreditRecord | None = None
    totals: tuple[Total, ...] = ()
    told: SlotSheet | None = None
    lowered: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """What the new card says of a slot; ``moved`` is credit from a meter before this one."""

    meter: MeterView
    count: int
    total: int
    act: str = REPLACEMENT
    moved: int = 0
    lower: bool = False
    quota: QuotaState = _NO_QUOTA
    adjustments: AppliedAdjustments = AppliedAdjustments()
    parameters: MeterParameters = MeterParameters()

    def levelled(self, levels: LevelsOf, tariff_class: str, cut: Cut) -> "Carried":
        """The same with the levels that headquarters wants, as far as the card has room."""
        meter, money = self.meter, bool(self.parameters.price)
        wanted = levels(meter.meter, meter.service, tariff_class, money)
        fitting = carried_levels(wanted, cut, money=money)
        if fitting is None:
            return self
        return replace(self, parameters=self.parameters.levelled(0, fitting))


@dataclass(frozen=True, slots=True)
class Moved:
    """A meter that took another's place in its slot, and the credit it begins with."""

    meter: str
    residual: int


def carried(sources: Sequence[Sources]) -> tuple[Carried, ...]:
    """What goes onto the new card, by slot; slots of which nothing is known are left out."""
    quotas = {
        service: furthest(
            quota for one in sources if one.meter.service is service for quota in _quotas(one)
        )
        for service in {one.meter.service for one in sources}
    }
    found = (_carried(one, quotas) for one in sources)
    return tuple(slot for slot in found if slot is not None)


def with_moved(
    slots: Sequence[Carried], meters: Sequence[MeterView], moved: Mapping[int, Moved]
) -> tuple[Carried, ...]:
    """The same where meters were exchanged: the new one begins with what was left in the old.

    The premises' quota and what was settled through the slot stay as they are.
    """
    known = {slot.meter.slot: slot for slot in slots}
    for meter in meters:
        if meter.slot in moved:
            new = moved[meter.slot]
            known[meter.slot] = replace(
                known.get(meter.slot) or Carried(meter, 0, 0),
                act=SWAP,
                meter=replace(meter, meter=new.meter),
                count=1,
                total=new.residual,
                moved=new.residual,
                lower=False,
            )
    return tuple(known[slot] for slot in sorted(known))


def newest(one: Sources) -> Total | None:
    """The highest (generation, count) that any source knows, and the total that stood there."""
    best = _best(one)
    return None if best.position == _NOWHERE else best


def _carried(one: Sources, quotas: Mapping[Service, QuotaState]) -> Carried | None:
    best = _best(one)
    if best.position == _NOWHERE:
        return None
    record = _record_at(one, best)
    newest = max(_records(one), key=lambda held: held.position, default=None)
    return Carried(
        meter=one.meter,
        count=best.position[1],
        total=best.total,
        lower=_lower(one, best) if record is None else record.lower,
        quota=quotas[one.meter.service],
        adjustments=_adjustments(one, best, record or newest),
        parameters=MeterParameters() if newest is None else newest.parameters,
    )


def _best(one: Sources) -> Total:
    """Where the meter stands, and with which total; (0, 0) where nothing is known."""
    sold = [Total(record.position, record.total) for record in _records(one)]
    if one.told is not None:
        sold.append(Total((one.told.generation, one.told.count), one.told.total))
    newest = max((known.position for known in (*sold, *one.totals)), default=_NOWHERE)
    if one.shown is not None and one.shown.position == newest:
        return Total(newest, one.shown.total)
    taken = [known.total for known in one.totals if known.position == newest]
    here = [known.total for known in sold if known.position == newest]
    borne_out = [total for total in here if total in taken]
    return Total(newest, max(borne_out or here or taken, default=0))


def _lower(one: Sources, best: Total) -> bool:
    """Whether a record that headquarters alone knows gives a purchase back."""
    told = one.told
    return (
        one.lowered
        and told is not None
        and best == Total((told.generation, told.count), told.total)
    )


def _records(one: Sources) -> list[CreditRecord]:
    return [record for record in (one.own, one.shown) if record is not None]


def _record_at(one: Sources, best: Total) -> CreditRecord | None:
    """The record that the total is from; of a bare card our own, if it is the same."""
    same = [
        record
        for record in _records(one)
        if (record.position, record.total) == (best.position, best.total)
    ]
    if one.bare and one.own in same:
        return one.own
    return same[-1] if same else None


def _adjustments(one: Sources, best: Total, record: CreditRecord | None) -> AppliedAdjustments:
    told = one.told
    bare = one.bare and record is one.shown
    if (
        told is not None
        and (told.generation, told.count) == best.position
        and (record is None or record.position != best.position or bare)
    ):
        return AppliedAdjustments(
            money_number=told.money_number,
            money_total=Money(told.money_total),
            quantity_number=told.quantity_applied_number,
            quantity_total=Quantity(told.quantity_applied),
            debts=Money(told.debts),
        )
    return AppliedAdjustments() if record is None else record.adjustments


def furthest(said: Iterable[QuotaState]) -> QuotaState:
    """The furthest of all that is said of one service; periods sort by their names."""
    quotas = list(said)
    if not quotas:
        return _NO_QUOTA
    period, bought = max((quota.period, quota.bought) for quota in quotas)
    return QuotaState(
        period=period,
        bought=bought,
        heating_year=max(quota.heating_year for quota in quotas),
        charged_through=max(quota.charged_through for quota in quotas),
        free_day=max(quota.free_day for quota in quotas),
    )


def _quotas(one: Sources) -> Iterable[QuotaState]:
    yield from (record.quota for record in _records(one))
    if one.told is not None:
        told = one.told
        yield QuotaState(
            period=told.period,
            bought=Quantity(told.bought),
            heating_year=told.heating_year,
            charged_through=told.charged_through,
            free_day=told.free_day,
        )
