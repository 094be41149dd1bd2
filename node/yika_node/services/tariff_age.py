"""How old a tariff may grow before it is warned of, and before it is not sold by any more.

A tariff names two times: after the soft one the clerk is warned that a newer one should have
come; after the hard one the utility's settings say whether it is still sold by, flagged.
"""

from collections.abc import Iterable
from datetime import datetime

from yika_common.errors import N_, YikaError
from yika_common.sync.settings import Settings, Stale
from yika_common.tariffs.model import Tariff
from yika_node.services.views import Age


class TariffExpired(YikaError):
    """The tariff in force may not be sold by any more."""

    code = "tariff_expired"
    sentence = N_(
        "Tariff %(tariff)s, version %(version)s, has expired and is not sold by any more. Nothing "
        "was sold. Connect to headquarters, or bring its newest files on a stick."
    )


def age_of(tariff: Tariff, at: datetime) -> Age:
    """How old the tariff is at that moment."""
    if tariff.expires is None or at < tariff.expires.soft:
        return Age.FRESH
    return Age.STALE if at < tariff.expires.hard else Age.EXPIRED


def check_age(tariff: Tariff, at: datetime, settings: Settings) -> Age:
    """The tariff's age, if it may be sold by.

    Raises:
        TariffExpired: it may not.
    """
    age = age_of(tariff, at)
    if age is Age.EXPIRED and settings.stale_tariff == Stale.REFUSE:
        raise TariffExpired(tariff=tariff.id, version=tariff.version)
    return age


def worst(tariffs: Iterable[Tariff], at: datetime) -> Age:
    """The greatest age among tariffs in force."""
    return max((age_of(tariff, at) for tariff in tariffs), default=Age.FRESH)
