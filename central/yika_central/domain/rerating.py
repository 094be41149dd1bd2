"""Re-rating: what each sale should have cost, and why it cost something else.

The volume on the card is fact, the price is computed again: with the tariff in force at the time
the purchase counts at, after the quantity that the account had really bought of that service in
the quota period, with each fee taken once.  The difference is split by cause, so that the parts
add up to it exactly: the price is computed again and again, each time with one more of the node's
assumptions replaced by the truth, and each cause owns its step of that ladder (the causes are in
:mod:`yika_central.domain.ratings`).

Source: docs/re-rating.md, with worked examples.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from yika_central.domain.purchases import Purchase, TariffUsed, in_order
from yika_central.domain.ratings import Cause, Customer, Rated, Share
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.model import Tariff, VersionChange
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.usage import Usage

_ANY_QUANTITY = Quantity(1)
_MONTHS = 12


class Published:
    """Every tariff version headquarters ever published, by name and by time."""

    def __init__(self, tariffs: Iterable[Tariff]) -> None:
        known = tuple(tariffs)
        self._book = TariffBook(known)
        self._named = {named(tariff): tariff for tariff in known}

    def as_named(self, used: TariffUsed) -> Tariff | None:
        """The version a purchase names; None if no version has that digest."""
        return self._named.get(used)

    def in_force(self, service: Service, customer: Customer, at: datetime) -> Tariff:
        """The version that holds for the customer at the time.

        Raises:
            NoTariffInForce: nothing holds.
            TariffsClash: more than one does.
        """
        return self._book.in_force(service, customer.tariff_class, customer.area, at)


def named(tariff: Tariff) -> TariffUsed:
    """The name of a version, as purchases carry it."""
    return TariffUsed(tariff.id, tariff.version, tariff.digest[:8].hex())


def rerate(
    purchases: Iterable[Purchase],
    *,
    service: Service,
    customer: Customer | None,
    published: Published,
) -> tuple[Rated, ...]:
    """Rate every purchase of one account and service, in the order they count.

    ``customer`` is None for an account that headquarters does not know: the tariff named by the
    purchase then says its class and area.  The result depends on nothing but the arguments'
    values: doubled or re-ordered purchases change nothing.
    """
    tally = _Tally()
    return tuple(
        _Case(purchase, at, service, customer, published).rate(tally)
        for at, purchase in ((timed.at, timed.purchase) for timed in in_order(purchases))
    )


@dataclass(slots=True)
class _Tally:
    """What was bought and charged so far, in the true order."""

    bought: dict[tuple[str, TariffUsed | None], Quantity] = field(default_factory=dict)
    heating_years: set[int] = field(default_factory=set)
    month_charged: int | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """One purchase, and what it takes to price it."""

    purchase: Purchase
    at: datetime
    service: Service
    customer: Customer | None
    published: Published

    def rate(self, tally: _Tally) -> Rated:
        """Price the purchase after what the tally holds, and count it there."""
        if not self.purchase.delivered:
            return self._owed_back()
        try:
            tariff = self._tariff_at(self.at)
            return self._rated(tariff, tally)
        except YikaError as error:
            return self._unpriced(error.code)

    def _tariff_at(self, at: datetime) -> Tariff:
        customer = self.customer
        if customer is None:
            claimed = self.published.as_named(self.purchase.tariff)
            customer = (
                Customer(claimed.tariff_class, claimed.area or "")
                if claimed is not None
                else Customer("", "")
            )
        return self.published.in_force(self.service, customer, at)

    def _rated(self, tariff: Tariff, tally: _Tally) -> Rated:
        period = period_of(tariff, self.at).id
        # A version that resets the count starts its own within the period.
        resets = tariff.on_version_change is VersionChange.RESET
        count = (period, named(tariff) if resets else None)
        used = tally.bought.get(count, Quantity(0))
        for key in {count, (period, None)}:
            tally.bought[key] = Quantity(tally.bought.get(key, 0) + self.purchase.quantity)
        year = heating_year_of(tariff, self.at) if tariff.heat_basic_fee is not None else None
        true_usage = replace(
            self._claimed_usage,
            used=used,
            heating_year_paid=year is None or year in tally.heating_years,
            months_due=self._months_due(tariff, tally),
        )
        ladder = self._ladder(tariff, true_usage)
        self._count_fees(tariff, tally, year, true_usage)
        amount = Money(self.purchase.charged + sum(share.amount for share in ladder))
        return Rated(
            position=self.purchase.position,
            counted_at=self.at,
            amount=amount,
            difference=Money(amount - self.purchase.charged),
            shares=ladder,
            tariff=named(tariff),
            period=period,
            used_before=used,
            heating_year=None if true_usage.heating_year_paid else year,
            straddles=self._straddles(tariff, period),
        )

    @property
    def _claimed_usage(self) -> Usage:
        return Usage(
            used=self.purchase.used_before,
            quantum=_ANY_QUANTITY,
            persons=self.purchase.persons,
            area_m2=self.purchase.area_m2,
            heating_year_paid=self.purchase.heating_year is None,
            months_due=self.purchase.months_due,
        )

    def _ladder(self, tariff: Tariff, true_usage: Usage) -> tuple[Share, ...]:
        claimed = self._claimed_usage
        named_tariff = self.published.as_named(self.purchase.tariff)
        rungs: list[tuple[Cause, Money]] = []
        if named_tariff is None:
            rungs.append((Cause.UNKNOWN_TARIFF, self._price(tariff, claimed)))
        else:
            rungs.append((Cause.WRONG_PRICE, self._price(named_tariff, claimed)))
            rungs.append((Cause.STALE_TARIFF, self._price(tariff, claimed)))
        with_quota = self._price(tariff, replace(claimed, used=true_usage.used))
        right = self._price(tariff, true_usage)
        fees = Cause.DOUBLED_CHARGE if right < with_quota else Cause.MISSED_CHARGE
        rungs += ((Cause.QUOTA_SPLIT, with_quota), (fees, right))
        shares, below = [], self.purchase.charged
        for cause, price in rungs:
            if price != below:
                shares.append(Share(cause, Money(price - below)))
            below = price
        return tuple(shares)

    def _price(self, tariff: Tariff, usage: Usage) -> Money:
        # Not a quote: limits bind the counter, and what was sold has a price in any case.
        return Charges(tariff, usage).amount(self.purchase.quantity)

    def _months_due(self, tariff: Tariff, tally: _Tally) -> int:
        """Months are charged once: never more than have passed since the last that were."""
        if tally.month_charged is None:
            return self.purchase.months_due
        return min(self.purchase.months_due, _month(tariff, self.at) - tally.month_charged)

    def _count_fees(self, tariff: Tariff, tally: _Tally, year: int | None, usage: Usage) -> None:
        if year is not None:
            tally.heating_years.add(year)
        if usage.months_due:
            tally.month_charged = _month(tariff, self.at)

    def _straddles(self, tariff: Tariff, period: str) -> bool:
        for edge in (self.purchase.not_before, self.purchase.not_after):
            try:
                then = self._tariff_at(edge)
            except YikaError:
                return True
            if then.digest != tariff.digest or period_of(then, edge).id != period:
                return True
        return False

    def _owed_back(self) -> Rated:
        back = Money(-self.purchase.charged)
        return Rated(
            position=self.purchase.position,
            counted_at=self.at,
            amount=Money(0),
            difference=back,
            shares=(Share(Cause.SUPERSEDED, back),) if back else (),
        )

    def _unpriced(self, code: str) -> Rated:
        return Rated(
            position=self.purchase.position,
            counted_at=self.at,
            amount=self.purchase.charged,
            difference=Money(0),
            problem=code,
        )


def _month(tariff: Tariff, at: datetime) -> int:
    local = at.astimezone(tariff.zone)
    return local.year * _MONTHS + local.month
