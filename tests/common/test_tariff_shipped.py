"""The shipped tariffs: published prices, reproduced, one for every meter of the largest card."""

import re
from pathlib import Path

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
DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "tariffs-shipped.md").read_text(encoding="utf-8")
PUBLISHED = [name for name in shipped() if not name.startswith("example-")]


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


def test_the_published_ones_are_of_many_countries_and_services() -> None:
    tariffs = {name: parse_tariff(shipped()[name]) for name in PUBLISHED}
    assert len(PUBLISHED) >= 20
    assert len({name.split("-")[0] for name in PUBLISHED}) >= 11
    assert {tariff.service for tariff in tariffs.values()} >= {
        Service.ELECTRICITY_SINGLE,
        Service.COLD_WATER,
        Service.HOT_WATER,
        Service.RECYCLED_WATER,
        Service.GAS,
        Service.HEAT,
    }
    for name, tariff in tariffs.items():
        assert tariff.effective_from <= PRESENT, name
        assert tariff.id.startswith(f"{name[:2].upper()}-"), name


def test_the_page_names_every_file_once_in_its_table_and_no_other() -> None:
    table = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert sorted(table) == sorted(shipped())
    assert set(re.findall(r"`([a-z0-9-]+\.json)`", PAGE)) == set(shipped())


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_page_says_where_the_figures_of_a_file_come_from(name: str) -> None:
    [said] = [part for part in re.split(r"\n\n", PAGE) if re.match(rf"\*\*[^*]*`{name}`", part)]
    assert len(said) > 100
    assert re.search(r"\b(19|20)\d\d\b", said), "a year"


def test_the_page_is_found_from_the_readme_and_the_format() -> None:
    for page in (DOCS / "tariff-format.md", DOCS.parent / "README.md"):
        assert "tariffs-shipped.md" in page.read_text(encoding="utf-8")


def test_files_of_a_place_sell_nowhere_else() -> None:
    book = TariffBook(parse_tariff(data) for data in shipped().values())
    assert book.in_force(Service.COLD_WATER, "residential", "SG", PRESENT).id == "SG-PUB-WATER"
    assert book.in_force(Service.COLD_WATER, "residential", "A01", PRESENT).id == "CN-BJ-WATER-RES"


def test_the_second_version_of_a_published_tariff_follows_the_first() -> None:
    book = TariffBook(parse_tariff(data) for data in shipped().values())
    versions = [
        book.in_force(Service.COLD_WATER, "residential", "MY-SGR", moment(at)).version
        for at in (
            "2024-02-01T00:00:00+08:00",
            "2025-08-31T23:59:59+08:00",
            "2025-09-01T00:00:00+08:00",
        )
    ]
    assert versions == [1, 1, 2]


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
