"""A basket while it is priced: line by line, each on top of what the lines before have used up.

The lines share what the premises may still buy, what headquarters owes the customer and what he
owes; a line's slot alone carries what is settled with it.
"""

from collections.abc import Iterable
from dataclasses import field
from datetime import UTC, datetime
from typing import Final, NamedTuple

from yika_common.cards.application import CardIdentity
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import AppliedAdjustments, CreditRecord, QuotaState
from yika_common.clock import to_timestamp
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.numbers import Money, Price, Quantity, money_to_text, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.dues import Bill, Dues, Policy
from yika_common.tariffs.explanation import explain
from yika_common.tariffs.facts import Facts, Sold, Tally
from yika_common.tariffs.mixture import NamedBeside
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.situation import tally_after, together, usage_at
from yika_common.tariffs.usage import OwnLimits, Usage
from yika_common.tariffs.waterfall import bill_for_money, bill_for_quantity
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.card_shelf import LevelsOf, carried_levels
from yika_node.services.errors import MeterCountsOtherwise, RefundAwaitsMeter, SaleTooLarge
from yika_node.services.payments import SlotQuote
from yika_node.services.premises import Base, Premises, quantum_of, stored
from yika_node.services.settled import Owed, Settled, most_held, settled_with
from yika_node.services.views import Account, By, SaleEntry, SlotView

AMOUNT_MAX: Final = Money(10**9)
QUANTITY_MAX: Final = Quantity(10**9)
"""One meter's share of a sale is no larger: ten million yuan, a million units."""

TOTAL_MAX: Final = Quantity(2**48 - 1)
"""What a credit record can hold."""

_TIME_MAX: Final = 2**32 - 1
_NO_PRICE: Final = Price(0)
_NOTHING_SETTLED, _NO_PARAMETERS = AppliedAdjustments(), MeterParameters()


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One meter's line, and what the card is to say with it.

    Attributes:
        line: the price.
        before: what the slot shows.
        quota: what the premises will have bought and been charged.
        adjustments: what will have been settled through the slot.
        parameters: for the meter.
        heating_before: the newest heating year paid before, where the line pays one; 0: none.
        free_before: the last day free units were claimed before, where it claims any; 0: never.
        lower: the meter's total may fall, because the card does not say what was given back.
    """

    line: SlotQuote
    before: CreditRecord | None
    quota: QuotaState
    adjustments: AppliedAdjustments = _NOTHING_SETTLED
    parameters: MeterParameters = _NO_PARAMETERS
    heating_before: int = 0
    free_before: int = 0
    lower: bool = False


class MakeUp(NamedTuple):
    """A quantity that is owed to a meter: what was ``loaded`` of it, is ``left``, and fits now."""

    loaded: Quantity
    left: Quantity
    fits: Quantity

    @property
    def owed(self) -> Quantity:
        """All of it."""
        return Quantity(self.loaded + self.left)


class Outlook(NamedTuple):
    """What the next purchase of a meter meets, before anything is typed.

    ``price`` is that of the next unit, ``left`` what can be had at it (None: there is no dearer
    step), ``then`` the price after that; ``free`` fell due and comes with the next purchase.
    ``make_up`` is what is owed to the meter in quantity; None: nothing is.
    """

    unit: str
    price: Price
    left: Quantity | None
    then: Price | None
    free: Quantity
    make_up: MakeUp | None = None


@dataclass(slots=True)
class Basket:
    """Prices one line after the other at one moment."""

    account: Account
    identity: CardIdentity
    premises: Premises
    settled: Settled
    owed: Owed
    policy: Policy
    queries: Queries
    at: datetime
    levels: LevelsOf
    _dues: Dues = field(init=False)
    _tallies: dict[Service, Tally] = field(default_factory=dict)
    _sold: dict[Service, Sold] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dues = self.owed.dues

    def add(
        self, slot: SlotView, entry: SaleEntry, tariff: Tariff, following: Tariff | None
    ) -> PricedLine:
        """Price the next line; ``following`` is the version that will replace the tariff.

        Raises:
            those of :meth:`yika_node.services.pricing.Pricing.price`.
        """
        if slot.refund_waits:
            raise RefundAwaitsMeter(meter=slot.meter)
        _check_unit(slot, tariff)
        facts = self.account.pricing_facts(tariff.zone)
        base = self.premises.base(self.identity, slot)
        tally = self._tally(slot.service, tariff, facts)
        usage = self._usage(slot, tariff, facts, tally)
        bill = _billed(tariff, usage, entry, self._dues, self.policy)
        after = tally_after(tariff, facts, tally, usage, bill.quote, self.at)
        period = period_of(tariff, self.at, facts.opened_on)
        order = self.owed.order(slot.slot)
        ordered = order.within(bill.quote.quantity, self._room(slot, tariff))
        line = SlotQuote(
            slot=slot.slot,
            service=slot.service,
            meter=slot.meter,
            by=entry.by,
            typed=entry.value,
            tariff_id=tariff.id,
            tariff_version=tariff.version,
            tariff_digest=tariff.digest,
            period=usage.period,
            heating_year=_year_charged(tariff, usage, self.at),
            generation=base.generation,
            count=base.count + 1,
            total=_new_total(base, Quantity(bill.quote.quantity + ordered)),
            adjusted_number=self.owed.number,
            ordered=ordered,
            ordered_number=order.number,
            usage=usage,
            bill=bill,
            explanation=explain(tariff, facts, usage, bill, period, following),
            mixed=_beside_of(tariff),
        )
        self._count(slot.service, after, bill)
        return PricedLine(
            line=line,
            before=slot.record,
            quota=QuotaState(
                after.period,
                after.counted,
                after.heating_year,
                after.charged_through,
                after.free_day,
            ),
            adjustments=settled_with(self.settled.through[slot.slot], line),
            parameters=self._parameters(slot, tariff, following),
            heating_before=tally.heating_year if line.heating_year else 0,
            free_before=tally.free_day if bill.quote.free else 0,
            lower=self.premises.sets_down(slot, base, self._refund_of),
        )

    def outlook(self, slot: SlotView, tariff: Tariff) -> Outlook:
        """What the next purchase of this meter would meet; nothing is counted."""
        facts = self.account.pricing_facts(tariff.zone)
        tally = self._tally(slot.service, tariff, facts)
        usage = usage_at(
            tariff,
            facts,
            tally,
            quantum=quantum_of(tariff),
            at=self.at,
            consumption=self.premises.consumption(slot.service),
            stored=stored(slot),
        )
        period = period_of(tariff, self.at, facts.opened_on)
        nothing = Quote(Quantity(0), Money(0), Money(0), (), settled=usage.used)
        no = Money(0)
        bill = Bill(quote=nothing, adjusted=no, debts=(), kept=no, rounding=no, change=no, paid=no)
        told = explain(tariff, facts, usage, bill, period)
        next_ = told.price, told.left_in_step, told.next_price, usage.free
        return Outlook(tariff.unit, *next_, self.make_up(slot, tariff))

    def make_up(self, slot: SlotView, tariff: Tariff) -> MakeUp | None:
        """What is owed to this meter beside any purchase; None: nothing."""
        order = self.owed.order(slot.slot)
        if order.quantity <= 0:
            return None
        fits = order.within(Quantity(0), self._room(slot, tariff))
        return MakeUp(order.done, order.quantity, fits)

    def _room(self, slot: SlotView, tariff: Tariff) -> Quantity | None:
        """What the meter can take beside what it holds and what waits for it; None: any."""
        levels = self.levels(
            slot.meter, slot.service, self.account.tariff_class, tariff.holds_money
        )
        plate = self.owed.plates.get(slot.meter, Quantity(0))
        most = most_held(tariff, levels, plate)
        if most is None:
            return None
        held = stored(slot)
        # A meter that never wrote may have taken all that was ever given to it.
        return Quantity(max(0, most - (slot.total if held is None else held)))

    def _refund_of(self, meter: str) -> tuple[int, int] | None:
        return self.queries.waiting_refund(self.account.number, meter)

    def _parameters(
        self, slot: SlotView, tariff: Tariff, following: Tariff | None
    ) -> MeterParameters:
        """What the meter is to be set to: prices of the tariff, levels of headquarters."""
        shown = _NO_PARAMETERS if slot.record is None else slot.record.parameters
        priced = _priced(shown, slot, tariff, following, self.at)
        money = tariff.holds_money
        levels = self.levels(slot.meter, slot.service, self.account.tariff_class, money)
        fitting = carried_levels(levels, slot.cut, money=money)
        return priced if fitting is None else priced.levelled(slot.settings_in_force, fitting)

    def _tally(self, service: Service, tariff: Tariff, facts: Facts) -> Tally:
        known = self._tallies.get(service)
        if known is None:
            known = together(tariff, facts, self.premises.tallies(service), self.at)
        return known

    def _usage(self, slot: SlotView, tariff: Tariff, facts: Facts, tally: Tally) -> Usage:
        limits = self._own_limits(slot.service)
        return usage_at(
            tariff,
            facts,
            tally,
            quantum=quantum_of(tariff),
            at=self.at,
            consumption=self.premises.consumption(slot.service),
            stored=stored(slot),
            sold=self._sold_so_far(slot.service, tariff, limits),
            limits=limits,
        )

    def _own_limits(self, service: Service) -> OwnLimits | None:
        """The account's own bounds; where they have none, neither has the tariff."""
        own = self.account.limit_of(service, self.at)
        if own is None:
            return None
        most = (own.per_sale, own.per_day, own.per_month, own.per_cycle)
        return OwnLimits(*(Quantity(value or FIGURE_MAX) for value in most))

    def _sold_so_far(self, service: Service, tariff: Tariff, own: OwnLimits | None) -> Sold:
        """What our journal sold on this day and in this month, where a limit asks for it."""
        known = self._sold.get(service)
        if known is None:
            known = Sold()
            if _limited_by_time(tariff, own):
                local = self.at.astimezone(tariff.zone)
                month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
                sales = self.queries.sold_since(
                    self.account.number, service, to_timestamp(month.astimezone(UTC))
                )
                known = _summed(sales, local)
            self._sold[service] = known
        return known

    def _count(self, service: Service, after: Tally, bill: Bill) -> None:
        """What the line uses up is not there for the next."""
        self._tallies[service] = after
        self._dues = self._dues.after(bill)
        quantity, amount = bill.quote.quantity, bill.quote.amount
        before = self._sold[service]
        self._sold[service] = Sold(
            today=Quantity(before.today + quantity),
            this_month=Quantity(before.this_month + quantity),
            spent_today=Money(before.spent_today + amount),
            spent_this_month=Money(before.spent_this_month + amount),
        )


def _beside_of(tariff: Tariff) -> NamedBeside | None:
    if tariff.beside is None:
        return None
    from yika_common.tariffs.mixing import beside_of  # noqa: PLC0415 - few meters are shared

    return beside_of(tariff)


def _check_unit(slot: SlotView, tariff: Tariff) -> None:
    """The meter's total goes on in the unit in which it was sold so far."""
    sold = slot.record
    if sold is not None and bool(sold.parameters.price) != tariff.holds_money:
        raise MeterCountsOtherwise(meter=slot.meter, unit=tariff.unit, tariff=tariff.id)


def _billed(tariff: Tariff, usage: Usage, entry: SaleEntry, dues: Dues, policy: Policy) -> Bill:
    if entry.by is By.MONEY:
        if entry.value > AMOUNT_MAX:
            raise SaleTooLarge(limit=money_to_text(AMOUNT_MAX))
        bill = bill_for_money(tariff, usage, Money(entry.value), dues, policy)
    else:
        if entry.value > QUANTITY_MAX:
            raise SaleTooLarge(limit=quantity_to_text(QUANTITY_MAX))
        bill = bill_for_quantity(tariff, usage, Quantity(entry.value), dues, policy)
    if bill.quote.quantity > QUANTITY_MAX:
        raise SaleTooLarge(limit=quantity_to_text(QUANTITY_MAX))
    if max(bill.quote.amount, bill.paid) > AMOUNT_MAX:
        raise SaleTooLarge(limit=money_to_text(AMOUNT_MAX))
    return bill


def _new_total(base: Base, quantity: Quantity) -> Quantity:
    if base.total + quantity > TOTAL_MAX:
        raise SaleTooLarge(limit=quantity_to_text(Quantity(TOTAL_MAX - base.total)))
    return Quantity(base.total + quantity)


def _year_charged(tariff: Tariff, usage: Usage, at: datetime) -> int | None:
    """The heating year whose basic fee the line pays; None: it pays none."""
    if tariff.heat_basic_fee is None or usage.heating_year_paid:
        return None
    return heating_year_of(tariff, at)


def _limited_by_time(tariff: Tariff, own: OwnLimits | None) -> bool:
    """Whether anything bounds what is sold in a day or a month."""
    limits = tariff.limits
    bounds = [
        limits.max_quantity_per_day,
        limits.max_quantity_per_month,
        limits.max_amount_per_day,
        limits.max_amount_per_month,
    ]
    if own is not None:
        bounds += [own.per_day, own.per_month]
    return any(bound is not None for bound in bounds)


def _summed(sales: Iterable[tuple[int, int, int]], now: datetime) -> Sold:
    """The sales of the local day and month of ``now``: (time, quantity, amount) each."""
    sums = [0, 0, 0, 0]
    for at, quantity, amount in sales:
        then = datetime.fromtimestamp(at, now.tzinfo)
        if (then.year, then.month) == (now.year, now.month):
            sums[1] += quantity
            sums[3] += amount
            if then.day == now.day:
                sums[0] += quantity
                sums[2] += amount
    return Sold(
        today=Quantity(sums[0]),
        this_month=Quantity(sums[1]),
        spent_today=Money(sums[2]),
        spent_this_month=Money(sums[3]),
    )


def _priced(
    shown: MeterParameters,
    slot: SlotView,
    tariff: Tariff,
    following: Tariff | None,
    at: datetime,
) -> MeterParameters:
    """A meter that holds money is told its price, and the next."""
    if not tariff.holds_money:
        return shown
    price, next_price, next_from = _price(tariff), _NO_PRICE, None
    if following is not None and to_timestamp(following.effective_from) <= _TIME_MAX:
        next_price, next_from = _price(following), following.effective_from
    elif shown.price == price and shown.next_from is not None and shown.next_from > at:
        # Somebody has heard of a price that has not come here yet.
        return shown
    return shown.repriced(slot.settings_in_force + 1, price, next_price, next_from)


def _price(tariff: Tariff) -> Price:
    return tariff.components[0].steps[0].price
