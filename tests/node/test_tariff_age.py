"""How old a price may grow: warned of after its soft time, after its hard one perhaps refused."""

from datetime import UTC, datetime, timedelta

import pytest

from tariff_builders import a_document, a_tariff
from yika_common.sync.settings import Settings, Stale
from yika_node.services.tariff_age import TariffExpired, age_of, check_age, worst
from yika_node.services.views import Age

SOFT, HARD = datetime(2026, 4, 9, 16, tzinfo=UTC), datetime(2026, 5, 9, 16, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EXPIRING = a_tariff(expires={"soft": "2026-04-10T00:00:00", "hard": "2026-05-10T00:00:00"})
REFUSING, WARNING = Settings(stale_tariff=Stale.REFUSE), Settings()


@pytest.mark.parametrize(
    ("at", "age"),
    [
        (SOFT - SECOND, Age.FRESH),
        (SOFT, Age.STALE),
        (HARD - SECOND, Age.STALE),
        (HARD, Age.EXPIRED),
        (HARD + timedelta(days=1000), Age.EXPIRED),
    ],
)
def test_a_tariff_ages_at_the_very_second(at: datetime, age: Age) -> None:
    assert age_of(EXPIRING, at) is age
    assert check_age(EXPIRING, at, WARNING) is age
    assert worst([a_tariff(), EXPIRING], at) is age


def test_only_an_expired_tariff_is_refused_and_only_where_settings_say_so() -> None:
    assert check_age(EXPIRING, HARD - SECOND, REFUSING) is Age.STALE
    with pytest.raises(TariffExpired, match="TEST-WATER, version 1, has expired"):
        check_age(EXPIRING, HARD, REFUSING)


def test_a_tariff_without_times_never_ages() -> None:
    assert a_document().get("expires") is None
    for settings in (WARNING, REFUSING):
        assert check_age(a_tariff(), datetime(2999, 1, 1, tzinfo=UTC), settings) is Age.FRESH
    assert worst([], HARD) is Age.FRESH
