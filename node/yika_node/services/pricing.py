"""Pricing a basket: the card, our own journal and the basket itself, whichever knows most.

What premises bought of a service in its period is the highest of what each slot of that service
says, what our journal says, and what this basket sells before: two meters of one service share
one quota.  A meter's next count follows the highest known (generation, count), and its new total
the total that stood there, so that an old image of a card repairs itself with the next sale.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from yika_common.cards.application import CardIdentity
from yika_common.cards.record import (
    AppliedAdjustments,
    CreditRecord,
    MeterParameters,
    QuotaState,
)
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.services import Service
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.quote import Quote, Usage, quote_for_money, quote_for_quantity
from yika_node.db.queries import Queries
from yika_node.services.errors import (
    CardReplaced,
    LineRefused,
    NothingEntered,
    SaleTooLarge,
    SlotEmpty,
)
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account, By, SaleEntry, SlotQuote, SlotView

AMOUNT_MAX: Final = Money(10**9)
QUANTITY_MAX: Final = Quantity(10**9)
"""One meter's share of a sale is no larger: ten million yuan, a million units."""

TOTAL_MAX: Final = Quantity(2**48 - 1)
"""What a credit record can hold."""

_TENTH, _WHOLE = Quantity(100), Quantity(1000)
QUANTA: Final = dict.fromkeys(Service, _TENTH) | {Service.HEAT: _WHOLE}
"""The least that a service's meters count, 1/1000 of its unit."""


@dataclass(frozen=True, slots=True)
class PricedLine:
    """One meter's line, and what the card is to say of it.

    Attributes:
        line: the price.
        before: what the slot shows.
        heating_year: the newest year paid once this line is sold.
        quota: what the card says of the premises once this line is sold; None: what the price
            used before and sells, ``heating_year``, and the rest as the slot shows.
        adjustments: settled through this slot once this line is sold; None: as the slot shows.
        parameters: for the meter; None: as the slot shows.
    """

    line: SlotQuote
    before: CreditRecord | None
    heating_year: int
    quota: QuotaState | None = None
    adjustments: AppliedAdjustments | None = None
    parameters: MeterParameters | None = None


@dataclass(frozen=True, slots=True)
class Pricing:
    """Prices baskets; changes nothing."""

    queries: Queries
    shelf: TariffShelf

    def price(
        self,
        account: Account,
        identity: CardIdentity,
        slots: Sequence[SlotView],
        entries: Sequence[SaleEntry],
        at: datetime,
    ) -> tuple[PricedLine, ...]:
        """What the entries cost on this card at this moment, in their order.

        Raises:
            NothingEntered, SlotEmpty, CardReplaced: there is nothing to price.
            NoTariffInForce, NothingToSell, BelowMinimum, AboveMaximum, SaleTooLarge,
                FeeNotCovered, NotAMultiple, AreaUnknown and their like: the line has no price.
            RecordForged, ContentUnknown, MeterUnknown: a slot that can't be read.
            LineRefused: one of these, of the first such line among several.
        """
        if not entries:
            raise NothingEntered
        known: dict[Service, _Premises] = {}
        lines: list[PricedLine] = []
        for entry in entries:
            slot = next((slot for slot in slots if slot.slot == entry.slot), None)
            if slot is None or entry.slot in {line.line.slot for line in lines}:
                raise SlotEmpty(place=entry.slot + 1)
            book = self.shelf.book()
            with _named(slot, entries):
                if slot.problem is not None:
                    raise slot.problem
                tariff = book.in_force(slot.service, account.tariff_class, account.area, at)
            premises = known.get(slot.service)
            if premises is None:
                period = period_of(tariff, at).id
                premises = self._premises(account, slots, slot.service, period)
                known[slot.service] = premises
            position = self._base(identity, slot)
            with _named(slot, entries):
                lines.append(_line(account, slot, entry, tariff, premises, position, at))
        return tuple(lines)

    def _premises(
        self, account: Account, slots: Sequence[SlotView], service: Service, period: str
    ) -> "_Premises":
        quotas = [
            slot.record.quota
            for slot in slots
            if slot.record is not None and slot.service is service
        ]
        return _Premises(
            period=period,
            used=max(
                self.queries.bought(account.number, service, period),
                *(quota.bought for quota in quotas if quota.period == period),
                0,
            ),
            heating_year=max(
                self.queries.heating_year_paid(account.number, service),
                *(quota.heating_year for quota in quotas),
                0,
            ),
        )

    def _base(self, identity: CardIdentity, slot: SlotView) -> "_Position":
        """What the sale builds on: the highest (generation, count) known of the meter."""
        known = [(0, 0, 0)]
        if slot.record is not None:
            known.append((*slot.record.position, slot.record.total))
        if slot.write_back is not None:
            reading = slot.write_back.reading
            known.append((*reading.position, reading.total))
        written = self.queries.meter_position(slot.meter)
        if written is not None:
            known.append((written.generation, written.count, written.total))
        generation, count, total = max(known)
        if generation > identity.generation:
            raise CardReplaced(number=identity.number)
        return _Position(identity.generation, count, total)


@dataclass(slots=True)
class _Premises:
    """What is known of one service of an account, while a basket is priced."""

    period: str
    used: int
    heating_year: int


@dataclass(frozen=True, slots=True)
class _Position:
    """The card's generation; the meter's last count and total."""

    generation: int
    count: int
    total: int


@contextmanager
def _named(slot: SlotView, entries: Sequence[SaleEntry]) -> Iterator[None]:
    """Say which meter a refusal is about, where it could be about another one."""
    try:
        yield
    except YikaError as refusal:
        if len(entries) == 1:
            raise
        raise LineRefused(
            service=slot.service, place=slot.slot + 1, meter=slot.meter, why=refusal.as_phrase()
        ) from refusal


def _line(
    account: Account,
    slot: SlotView,
    entry: SaleEntry,
    tariff: Tariff,
    premises: _Premises,
    position: _Position,
    at: datetime,
) -> PricedLine:
    """Price one line, and count it against what the premises have used."""
    year = None if tariff.heat_basic_fee is None else heating_year_of(tariff, at)
    paid = year is None or premises.heating_year >= year
    quote = _quoted(tariff, _usage(account, slot.service, premises.used, paid=paid), entry)
    line = SlotQuote(
        slot=slot.slot,
        service=slot.service,
        meter=slot.meter,
        by=entry.by,
        typed=entry.value,
        tariff_id=tariff.id,
        tariff_version=tariff.version,
        tariff_digest=tariff.digest,
        period=premises.period,
        used=Quantity(premises.used),
        step_left=_step_left(tariff, account.persons, premises.used + quote.quantity),
        heating_year=None if paid else year,
        generation=position.generation,
        count=position.count + 1,
        total=_new_total(position.total, quote.quantity),
        quote=quote,
    )
    premises.used += quote.quantity
    premises.heating_year = max(premises.heating_year, line.heating_year or 0)
    return PricedLine(line, slot.record, premises.heating_year)


def _usage(account: Account, service: Service, used: int, *, paid: bool) -> Usage:
    return Usage(
        used=Quantity(used),
        quantum=QUANTA[service],
        persons=account.persons or None,
        area_m2=account.area_m2,
        heating_year_paid=paid,
    )


def _quoted(tariff: Tariff, usage: Usage, entry: SaleEntry) -> Quote:
    if entry.by is By.MONEY:
        if entry.value > AMOUNT_MAX:
            raise SaleTooLarge(limit=money_to_text(AMOUNT_MAX))
        quote = quote_for_money(tariff, usage, Money(entry.value))
    else:
        if entry.value > QUANTITY_MAX:
            raise SaleTooLarge(limit=quantity_to_text(QUANTITY_MAX))
        quote = quote_for_quantity(tariff, usage, Quantity(entry.value))
    if quote.quantity > QUANTITY_MAX:
        raise SaleTooLarge(limit=quantity_to_text(QUANTITY_MAX))
    if quote.amount > AMOUNT_MAX:
        raise SaleTooLarge(limit=money_to_text(AMOUNT_MAX))
    return quote


def _new_total(total: int, quantity: Quantity) -> Quantity:
    if total + quantity > TOTAL_MAX:
        raise SaleTooLarge(limit=quantity_to_text(Quantity(TOTAL_MAX - total)))
    return Quantity(total + quantity)


def _step_left(tariff: Tariff, persons: int, used: int) -> Quantity | None:
    """What is left of the step that ``used`` lies in; None in the last, or without steps."""
    bounds: set[int] = set()
    for component in tariff.components:
        for step in component.steps:
            if step.up_to is not None:
                extra = tariff.household.allowance(persons or None) if tariff.household else 0
                bounds.add(step.up_to + extra)
    above = [bound for bound in bounds if bound > used]
    return Quantity(min(above) - used) if above else None
