"""Which tariff holds for a customer at a moment.

Of the versions of one tariff, the highest that is effective holds; of the tariffs that then fit
the customer, the one for the customer's area goes before the one for everywhere.  Where a second
class has a part of the meter, its tariff is chosen likewise, and the two make one price.
"""

from collections.abc import Iterable
from datetime import datetime

from yika_common.services import Service
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
from yika_common.tariffs.mixture import Mixture
from yika_common.tariffs.model import Tariff


class TariffBook:
    """All tariff versions somebody knows.

    Raises:
        TariffsClash: one version of one tariff is there with two different texts.
    """

    def __init__(self, tariffs: Iterable[Tariff]) -> None:
        versions: dict[tuple[str, int], Tariff] = {}
        for tariff in tariffs:
            known = versions.setdefault((tariff.id, tariff.version), tariff)
            if known.digest != tariff.digest:
                raise TariffsClash(first=_named(known), second=_named(tariff))
        self._by_id: dict[str, list[Tariff]] = {}
        for _, tariff in sorted(versions.items(), reverse=True):
            self._by_id.setdefault(tariff.id, []).append(tariff)
        self._mixed: dict[tuple[bytes, bytes, int], Tariff] = {}

    def in_force(
        self,
        service: Service,
        tariff_class: str,
        area: str | None,
        at: datetime,
        mixture: Mixture | None = None,
    ) -> Tariff:
        """The tariff of a customer of that class in that area at ``at`` (aware).

        Raises:
            NoTariffInForce: none fits.
            TariffsClash: two different tariffs fit equally well.
            CannotBeMixed: a second class has a part, and the two tariffs cannot share a meter.
        """
        first = self._of_class(service, tariff_class, area, at)
        if mixture is None:
            return first
        second = self._of_class(service, mixture.tariff_class, area, at)
        return self.mixed(first, second, mixture.percent)

    def mixed(self, first: Tariff, second: Tariff, percent: int) -> Tariff:
        """The two as one price, always the same object; raises CannotBeMixed."""
        from yika_common.tariffs.mixing import mixed  # noqa: PLC0415 - few meters are shared

        key = first.digest, second.digest, percent
        if key not in self._mixed:
            self._mixed[key] = mixed(first, second, percent)
        return self._mixed[key]

    def _of_class(
        self, service: Service, tariff_class: str, area: str | None, at: datetime
    ) -> Tariff:
        current = (
            next((version for version in versions if version.effective_from <= at), None)
            for versions in self._by_id.values()
        )
        fitting = [
            tariff
            for tariff in current
            if tariff is not None
            and (tariff.service, tariff.tariff_class) == (service, tariff_class)
            and tariff.area in (None, area)
        ]
        narrowest = [tariff for tariff in fitting if tariff.area is not None] or fitting
        if not narrowest:
            raise NoTariffInForce(service=service, tariff_class=tariff_class, area=area or "–")
        if len(narrowest) > 1:
            raise TariffsClash(first=_named(narrowest[0]), second=_named(narrowest[1]))
        return narrowest[0]


def _named(tariff: Tariff) -> str:
    return f"{tariff.id} v{tariff.version}"
