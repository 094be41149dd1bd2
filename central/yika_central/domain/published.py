"""Every tariff version headquarters ever published, by name and by time."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from yika_central.domain.purchases import TariffUsed
from yika_central.domain.ratings import Customer, Premises
from yika_central.domain.timeline import Timeline
from yika_common.services import Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.mixing import beside_of
from yika_common.tariffs.mixture import Mixture, named_beside
from yika_common.tariffs.model import Tariff

_LAST_YEAR: Final = 9999


class Published:
    """The versions, and the lines of time that follow from them."""

    def __init__(self, tariffs: Iterable[Tariff]) -> None:
        known = tuple(tariffs)
        self._book = TariffBook(known)
        self._named = {named(tariff): tariff for tariff in known}
        self._timelines: dict[tuple[object, ...], Timeline] = {}

    def as_named(self, used: TariffUsed) -> Tariff | None:
        """The version a purchase names, or the two together; None if one has another digest.

        Raises:
            CannotBeMixed: the two that it names cannot share a meter.
        """
        first, beside = self._named.get(replace(used, mixed="")), named_beside(used.mixed)
        if first is None or beside is None:
            return first
        second = self._named.get(TariffUsed(beside.id, beside.version, beside.digest))
        return None if second is None else self._book.mixed(first, second, beside.percent)

    def in_force(self, service: Service, customer: Customer, at: datetime) -> Tariff:
        """The version that holds for the customer at the time.

        Raises:
            NoTariffInForce: nothing holds.
            TariffsClash: more than one does.
            CannotBeMixed: two classes share the meter, and their tariffs cannot.
        """
        return self._book.in_force(
            service, customer.tariff_class, customer.area, at, customer.mixture
        )

    def timeline(self, service: Service, premises: Premises, until: datetime) -> Timeline:
        """When which version and period hold for an account, at least up to ``until``."""
        classes = tuple(
            (s.since, s.tariff_class, s.facts.mixture_of(service)) for s in premises.standings
        )
        opened_on = self._anchor(service, premises)
        year = min(until.year + 2, _LAST_YEAR)
        key = (service, premises.area, classes[0][1:], classes[1:], opened_on, year)
        if key not in self._timelines:
            self._timelines[key] = Timeline.of(
                lambda at: self._for(service, premises, at),
                [*self._edges(service), *(since for since, _, _ in classes[1:])],
                datetime(year, 1, 1, tzinfo=UTC),
                opened_on,
            )
        return self._timelines[key]

    def _for(self, service: Service, premises: Premises, at: datetime) -> Tariff:
        standing = premises.standing_at(at)
        return self.in_force(service, standing.customer(service, premises.area), at)

    def _edges(self, service: Service) -> list[datetime]:
        return [t.effective_from for t in self._named.values() if t.service is service]

    def _anchor(self, service: Service, premises: Premises) -> date | None:
        """The account's opening, if a tariff of the service counts periods from it."""
        anchored = (
            tariff.service is service and tariff.cycle.anchor is None
            for tariff in self._named.values()
        )
        return premises.standings[0].facts.opened_on if any(anchored) else None


def customer_of(tariff: Tariff, area: str) -> Customer:
    """Whom a tariff, or two together, is for."""
    if tariff.beside is None:
        return Customer(tariff.tariff_class, area)
    second = tariff.beside
    mixture = Mixture(tariff.service, second.tariff.tariff_class, second.percent)
    return Customer(tariff.tariff_class, area, mixture)


def named(tariff: Tariff) -> TariffUsed:
    """The name of a version, as purchases carry it."""
    beside = "" if tariff.beside is None else str(beside_of(tariff))
    return TariffUsed(tariff.id, tariff.version, tariff.digest[:8].hex(), beside)
