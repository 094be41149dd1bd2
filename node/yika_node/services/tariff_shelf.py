"""The tariffs this node holds: every version ever switched on, so that each moment has its price.

A version that is not effective yet lies ready and takes over by itself at its time.
"""

from contextlib import suppress
from datetime import datetime
from typing import Final

from yika_common.clock import Clock
from yika_common.services import Service
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.messages import TARIFF_ITEM, open_tariff
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import CannotBeMixed, NoTariffInForce, TariffsClash
from yika_common.tariffs.model import Tariff
from yika_node.db.queries import Queries
from yika_node.services.remembered import Remembered
from yika_node.services.standing import Standing
from yika_node.services.tariff_age import age_of, worst
from yika_node.services.views import Account, Age, TariffView

_NONE: Final = (NoTariffInForce, TariffsClash, CannotBeMixed)
"""Why a service is sold by nothing."""


class TariffShelf:
    """Reads the signed tariff files; each is verified again when it is taken from the database."""

    def __init__(self, queries: Queries, standing: Standing, clock: Clock) -> None:
        self._queries = queries
        self._standing = standing
        self._clock = clock
        self._held = Remembered(self._read)

    def tariffs(self) -> tuple[Tariff, ...]:
        """Every version held.

        Raises:
            NotEnrolled: nobody has sent any yet.
        """
        return self._held()[0]

    def book(self) -> TariffBook:
        """What to ask for the tariff in force; raises as :meth:`tariffs`."""
        return self._held()[1]

    def in_force(self, account: Account, service: Service, at: datetime) -> Tariff:
        """By what the service is sold to the account; two tariffs where two classes share it.

        Raises:
            NoTariffInForce, TariffsClash, CannotBeMixed: by nothing.
        """
        mixture = account.mixture_of(service)
        return self.book().in_force(service, account.tariff_class, account.area, at, mixture)

    def shelf(self) -> tuple[TariffView, ...]:
        """Every version held, newest first within each tariff, with what holds now."""
        now = self._clock()
        ordered = sorted(self.tariffs(), key=lambda tariff: (tariff.id, -tariff.version))
        in_force: dict[str, int] = {}
        for tariff in ordered:
            if tariff.effective_from <= now:
                in_force.setdefault(tariff.id, tariff.version)
        return tuple(
            TariffView(
                id=tariff.id,
                version=tariff.version,
                service=tariff.service,
                tariff_class=tariff.tariff_class,
                area=tariff.area,
                effective_from=tariff.effective_from,
                digest=tariff.digest.hex(),
                in_force=in_force.get(tariff.id) == tariff.version,
                expires=tariff.expires,
                age=age_of(tariff, now),
            )
            for tariff in ordered
        )

    def age(self) -> Age:
        """The worst age of a tariff in force; fresh while nobody has sent any."""
        now = self._clock()
        newest: dict[str, Tariff] = {}
        for tariff in self.tariffs():
            known = newest.get(tariff.id)
            if tariff.effective_from <= now and (known is None or known.version < tariff.version):
                newest[tariff.id] = tariff
        return worst(newest.values(), now)

    def ages(self, account: Account) -> dict[Service, Age]:
        """Of the services of an account those whose tariff in force is not fresh, and its age."""
        now = self._clock()
        found: dict[Service, Age] = {}
        for service in {meter.service for meter in account.meters}:
            with suppress(*_NONE):
                tariff = self.in_force(account, service, now)
                both = (tariff,) if tariff.beside is None else (tariff, tariff.beside.tariff)
                found[service] = worst(both, now)
        return {service: found[service] for service in sorted(found) if found[service]}

    def unit(self, service: Service, account: Account, currency: str) -> str:
        """What the account's meters of a service count in; ``currency`` where they hold money."""
        with suppress(*_NONE):
            tariff = self.in_force(account, service, self._clock())
            return currency if tariff.holds_money else service.unit
        return service.unit

    def classes(self) -> tuple[str, ...]:
        """The classes of customers that some tariff is for."""
        return tuple(sorted({tariff.tariff_class for tariff in self.tariffs()}))

    def forget(self) -> None:
        """Read the files anew: another bundle was switched on."""
        self._held.forget()

    def _read(self) -> tuple[tuple[Tariff, ...], TariffBook]:
        root = self._standing.membership.root
        tariffs = tuple(
            parse_tariff(open_tariff(read_signed_file(item.file), root))
            for item in self._queries.items_held(TARIFF_ITEM)
        )
        return tariffs, TariffBook(tariffs)
