"""The shipped tariffs: published prices, reproduced, one for every meter of the largest card."""

import pytest

from tariff_builders import moment
from yika_common.numbers import Money, Quantity, money_to_text
from yika_common.services import PROFILES, Service
from yika_common.tariffs.book import TariffBook
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.quote import Usage, quote_for_money, quote_for_quantity
from yika_common.tariffs.shipped import shipped

PRESENT = moment("2026-11-01T00:00:00+08:00")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_file_is_sound_and_reproduces_its_examples(name: str) -> None:
    tariff = parse_tariff(shipped()[name])
    assert len(tariff.golden) >= 2
    check_golden(tariff)


def test_examples_are_named_as_such() -> None:
    examples = {name for name in shipped() if name.startswith("example-")}
    assert examples == {
        "example-hot-water-res.json",
        "example-purified-water-res.json",
        "example-six-steps.json",
        "example-water-price-change.json",
    }


@pytest.mark.parametrize("service", sorted(set(PROFILES[8])))
def test_every_meter_of_the_largest_card_has_one_residential_tariff(service: Service) -> None:
    book = TariffBook(parse_tariff(data) for data in shipped().values())
    assert book.in_force(service, "residential", "ANY", PRESENT).service is service


def test_the_example_price_change_follows_beijing_water() -> None:
    book = TariffBook(parse_tariff(data) for data in shipped().values())
    known = Usage(used=Quantity(150_000), quantum=Quantity(1000))
    charged = [
        money_to_text(
            quote_for_quantity(
                book.in_force(Service.COLD_WATER, "residential", None, at),
                known,
                Quantity(50_000),
            ).amount
        )
        for at in (PRESENT, moment("2030-01-01T00:00:00+08:00"))
    ]
    assert charged == ["290.00", "319.00"]


def test_beijing_water_by_components_rounds_component_by_component() -> None:
    tariff = parse_tariff(shipped()["cn-bj-water-res.json"])
    known = Usage(used=Quantity(170_000), quantum=Quantity(100))
    quote = quote_for_money(tariff, known, Money(50_000))
    assert [(line.code, line.step, line.amount) for line in quote.lines] == [
        ("water", 1, 2070),
        ("water", 2, 26129),
        ("resource", 1, 11649),
        ("sewage", 1, 10091),
    ]
    assert (quote.amount, quote.residual) == (49939, 61)
