"""Which tariff holds for a customer at a moment.

Of the versions of one tariff, the highest that is effective holds; of the tariffs that then fit
the customer, the one for the customer's area goes before the one for everywhere.
"""

from collections.abc import Iterable
from datetime import datetime

from yika_common.services import Service
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
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

    def in_force(
        self, service: Service, tariff_class: str, area: str | None, at: datetime
    ) -> Tariff:
        """The tariff of a customer of that class in that area at ``at`` (aware).

        Raises:
            NoTariffInForce: none fits.
            TariffsClash: two different tariffs fit equally well.
        """
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
