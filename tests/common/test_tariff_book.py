"""Which tariff holds: highest version in force, narrowest scope, and never two."""

from datetime import datetime

import pytest

from tariff_builders import a_component, a_tariff, moment
from yika_common.services import Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.errors import NoTariffInForce, TariffsClash
from yika_common.tariffs.model import Tariff

NEW_YEAR = moment("2026-01-01T00:00:00+08:00")
BEFORE = moment("2025-12-31T23:59:59+08:00")

FIRST = a_tariff(version=1)
SECOND = a_tariff(version=2, effective_from="2026-01-01T00:00:00")
NORTH = a_tariff(id="TEST-WATER-NORTH", area="NORTH")


def held(book: TariffBook, at: datetime = NEW_YEAR, area: str | None = "SOUTH") -> Tariff:
    return book.in_force(Service.COLD_WATER, "residential", area, at)


@pytest.mark.parametrize("known", [(FIRST, SECOND), (SECOND, FIRST), (SECOND, FIRST, SECOND)])
def test_a_version_begins_at_its_second_in_whatever_order_versions_arrived(
    known: tuple[Tariff, ...],
) -> None:
    book = TariffBook(known)
    assert held(book, BEFORE) is FIRST
    assert held(book, NEW_YEAR) is SECOND


def test_a_higher_version_wins_even_if_it_is_effective_earlier() -> None:
    correction = a_tariff(version=3, effective_from="2025-06-01T00:00:00")
    assert held(TariffBook([FIRST, SECOND, correction]), NEW_YEAR) is correction


def test_a_tariff_for_the_area_goes_before_the_one_for_everywhere() -> None:
    book = TariffBook([FIRST, NORTH])
    assert held(book, area="NORTH") is NORTH
    assert held(book, area="SOUTH") is FIRST
    assert held(book, area=None) is FIRST


@pytest.mark.parametrize(
    ("service", "tariff_class", "area"),
    [
        pytest.param(Service.GAS, "residential", None, id="service"),
        pytest.param(Service.COLD_WATER, "commercial", None, id="class"),
    ],
)
def test_no_tariff_is_said_so(service: Service, tariff_class: str, area: str | None) -> None:
    with pytest.raises(NoTariffInForce):
        TariffBook([FIRST]).in_force(service, tariff_class, area, NEW_YEAR)


def test_a_tariff_of_another_area_or_of_the_future_does_not_hold() -> None:
    with pytest.raises(NoTariffInForce):
        held(TariffBook([NORTH]))
    with pytest.raises(NoTariffInForce):
        held(TariffBook([SECOND]), BEFORE)


def test_two_tariffs_for_the_same_customers_are_refused_instead_of_guessed() -> None:
    twin = a_tariff(id="TEST-WATER-TWIN")
    with pytest.raises(TariffsClash) as refusal:
        held(TariffBook([FIRST, twin]))
    assert set(refusal.value.facts.values()) == {"TEST-WATER v1", "TEST-WATER-TWIN v1"}


def test_one_version_with_two_texts_is_refused() -> None:
    other = a_tariff(version=1, components=[a_component([], ["6.00"])])
    with pytest.raises(TariffsClash):
        TariffBook([FIRST, other])
