"""A tariff file is taken whole or refused with the key that is wrong."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import a_component, a_document, a_fixed_charge, a_tariff, as_bytes, heat_keys
from yika_common.services import Service
from yika_common.tariffs.document import FILE_SIZE_MAX, parse_tariff
from yika_common.tariffs.errors import GoldenCaseDiffers, TariffMalformed
from yika_common.tariffs.golden import check_golden
from yika_common.tariffs.model import MonthDay, StepMode


def refused_key(data: bytes) -> str:
    with pytest.raises(TariffMalformed) as refusal:
        parse_tariff(data)
    assert str(refusal.value).startswith("The tariff file is refused because of “")
    return str(refusal.value.facts["key"])


def replaced(path: str, value: object) -> dict[str, Any]:
    """A full document with the value at a path such as ``components.0.code`` replaced."""
    document = json.loads(as_bytes(a_document(**heat_keys(), **EVERYTHING)))
    *parents, last = path.split(".")
    place = document
    for key in parents:
        place = place[int(key) if isinstance(place, list) else key]
    place[int(last) if isinstance(place, list) else last] = value
    return dict(document)


EVERYTHING: dict[str, Any] = {
    "household": {"included_persons": 5, "extra_per_person": "60"},
    "fixed_charges": [a_fixed_charge("12.00")],
    "tax": {"rate": "0.09", "inclusive": True, "components": ["heat"]},
    "limits": {"min_quantity": "1", "max_quantity_per_sale": "5", "max_quantity_per_cycle": "9"},
    "golden": [
        {"used": "0", "amount": "1.00", "quantum": "1", "quantity": "5", "charged": "1.00"}
    ],
}


def test_a_whole_document_becomes_a_tariff() -> None:
    data = as_bytes(a_document(**heat_keys(), **EVERYTHING))
    tariff = parse_tariff(data)
    assert tariff.digest == hashlib.sha256(data).digest()
    assert tariff.service is Service.HEAT
    assert tariff.step_mode is StepMode.MARGINAL
    assert tariff.effective_from == datetime(2019, 12, 31, 16, tzinfo=UTC)
    assert tariff.cycle.anchor == MonthDay(1, 1)
    assert tariff.heat_basic_fee is not None
    assert tariff.heat_basic_fee.rate == 8_010_000
    assert [tariff.names[code].text("en") for code in ("basic", "network", "heat")] == [
        "Basic fee", "Network fee", "Heat",
    ]  # fmt: skip


def test_a_name_falls_back_to_english() -> None:
    name = a_tariff().names["water"]
    assert (name.text("zh"), name.text("fr")) == ("水费", "Water")


@pytest.mark.parametrize("key", ["area", "household", "heat_basic_fee", "tax"])
def test_a_key_that_may_be_null_may_be_left_out(key: str) -> None:
    document = a_document()
    del document[key]
    assert parse_tariff(as_bytes(document)).components == a_tariff().components


@pytest.mark.parametrize(
    "key", sorted(a_document().keys() - {"area", "household", "heat_basic_fee", "tax"})
)
def test_every_other_key_must_be_there_and_not_null(key: str) -> None:
    document = a_document()
    document[key] = None
    assert refused_key(as_bytes(document)) == key
    del document[key]
    assert refused_key(as_bytes(document)) == key


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("format", 2, "format"),
        ("id", "", "id"),
        ("id", "A B", "id"),
        ("version", 0, "version"),
        ("version", "3", "version"),
        ("version", True, "version"),
        ("version", 1.0, "version"),
        ("service", "steam", "service"),
        ("class", ["residential"], "class"),
        ("currency", "yuan", "currency"),
        ("time_zone", "Asia/Peking", "time_zone"),
        ("time_zone", "../../etc/passwd", "time_zone"),
        ("time_zone", "Asia", "time_zone"),
        ("effective_from", "2014-05-01", "effective_from"),
        ("effective_from", "2014-05-01T00:00:00Z", "effective_from"),
        ("effective_from", "2014-02-30T00:00:00", "effective_from"),
        ("effective_from", "0001-01-01T00:00:00", "effective_from"),
        ("cycle.months", 4, "cycle.months"),
        ("cycle.anchor", "02-29", "cycle.anchor"),
        ("cycle.anchor", "13-01", "cycle.anchor"),
        ("cycle", {"months": 1, "anchor": "01-31"}, "cycle.anchor"),
        ("quota_basis", "guessed", "quota_basis"),
        ("step_mode", "flat", "step_mode"),
        ("on_version_change", "forget", "on_version_change"),
        ("household.included_persons", 0, "household.included_persons"),
        ("household.extra_per_person", "-1", "household.extra_per_person"),
        ("components", [], "components"),
        ("components.0.code", "basic", "components[0].code"),
        ("components.0.name", {}, "components[0].name"),
        ("components.0.name", {"English": "x"}, "components[0].name"),
        ("components.0.name", {"en": "a\u0007"}, "components[0].name.en"),
        ("components.0.name", {"en": "\ud800"}, "components[0].name.en"),
        ("components.0.payee", "", "components[0].payee"),
        ("components.0.steps", [], "components[0].steps"),
        ("components.0.steps", [{"price": "1"}] * 7, "components[0].steps"),
        ("components.0.steps", [{"price": "1"}] * 2, "components[0].steps[0].up_to"),
        ("components.0.steps", [{"up_to": "9", "price": "1"}], "components[0].steps[0].up_to"),
        ("components.0.steps.0.price", "-0.20", "components[0].steps[0].price"),
        ("components.0.steps.0.price", "0.12345", "components[0].steps[0].price"),
        ("components.0.steps.0.price", 0.2, "components[0].steps[0].price"),
        ("components.0.steps.0.price", "1e3", "components[0].steps[0].price"),
        ("components.0.steps.0.price", "٣", "components[0].steps[0].price"),
        ("components.0.steps.0.price", "0", "components"),
        ("components.0.steps.0.cost", "1", "components[0].steps[0].cost"),
        ("heat_basic_fee.per", "m3", "heat_basic_fee.per"),
        ("heat_basic_fee.rate", "0", "heat_basic_fee.rate"),
        ("heat_basic_fee.rate", "8.0100001", "heat_basic_fee.rate"),
        ("heat_basic_fee.heating_year_starts", "7-1", "heat_basic_fee.heating_year_starts"),
        ("service", "gas", "heat_basic_fee"),
        ("fixed_charges.0.amount", "12.001", "fixed_charges[0].amount"),
        ("fixed_charges.0.months", 6, "fixed_charges[0].catch_up_months"),
        ("fixed_charges.0.code", "basic", "fixed_charges[0].code"),
        ("tax.components", ["water"], "tax.components[0]"),
        ("tax.components", ["heat", "heat"], "tax.components"),
        ("tax.inclusive", "yes", "tax.inclusive"),
        ("tax.rate", "0", "tax.rate"),
        ("limits.min_quantity", "6", "limits.max_quantity_per_sale"),
        ("limits.max_quantity_per_cycle", "0.5", "limits.max_quantity_per_cycle"),
        ("limits.max_quantity_per_week", "5", "limits.max_quantity_per_week"),
        ("golden.0.quantum", "0", "golden[0].quantum"),
        ("golden.0.charged", "1.005", "golden[0].charged"),
        ("golden.0.why", "because", "golden[0].why"),
        ("comment", "hello", "comment"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_its_key(path: str, value: object, key: str) -> None:
    data = json.dumps(replaced(path, value)).encode()
    assert refused_key(data) == key


@pytest.mark.parametrize(
    ("bounds", "index"), [(["180", "180"], 1), (["260", "180"], 1), (["180", "179.999"], 1)]
)
def test_bounds_must_rise(bounds: list[str], index: int) -> None:
    component = a_component(bounds, ["5", "7", "9"])
    key = refused_key(as_bytes(a_document(components=[component])))
    assert key == f"components[0].steps[{index}].up_to"


def test_a_falling_whole_block_price_is_refused_and_a_falling_marginal_one_is_not() -> None:
    components = [a_component(["100"], ["7", "5"])]
    assert a_tariff(components=components).components[0].steps[1].price == 50_000
    data = as_bytes(a_document(components=components, step_mode="whole_block"))
    assert refused_key(data) == "components[0].steps"


def test_the_line_of_a_tax_on_top_has_a_code_of_its_own() -> None:
    tax = {"rate": "0.09", "inclusive": False, "components": ["tax"]}
    data = as_bytes(a_document(tax=tax, components=[a_component([], ["5"], "tax")]))
    assert refused_key(data) == "components[0].code"


def test_a_moment_that_clocks_skip_is_refused() -> None:
    data = as_bytes(a_document(time_zone="Europe/Berlin", effective_from="2026-03-29T02:30:00"))
    assert refused_key(data) == "effective_from"


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        pytest.param(b'"version": 1', b'"version": 1, "version": 1', "version", id="doubled"),
        pytest.param(b'"version": 1', b'"version": NaN', "version", id="NaN"),
        pytest.param(b'"version": 1', b'"version": -Infinity', "version", id="Infinity"),
        pytest.param(b'"version": 1', b'"version": 1e0', "version", id="exponent"),
        pytest.param(b'"version": 1', b'"version": ' + b"9" * 5000, "version", id="huge"),
        pytest.param(b'"version": 1', b'"version": ' + b"[" * 9000, "the whole text", id="deep"),
        pytest.param(b'"golden": []', b'"golden": [[]]', "golden[0]", id="wrong shape"),
        pytest.param(b"{", b"", "the whole text", id="not JSON"),
        pytest.param(b"{", b"\xef\xbb\xbf{", "the whole text", id="byte order mark"),
        pytest.param(b"TEST", b"\xff", "the whole text", id="not UTF-8"),
        pytest.param(b"{", b" " * FILE_SIZE_MAX + b"{", "the whole text", id="too large"),
    ],
)
def test_json_of_the_loose_kind_is_refused(before: bytes, after: bytes, key: str) -> None:
    data = as_bytes(a_document())
    assert before in data
    assert refused_key(data.replace(before, after, 1)) == key


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b'"x"', b"7"])
def test_something_else_than_an_object_is_refused(data: bytes) -> None:
    assert refused_key(data) == "the whole text"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
PATHS = [
    *a_document(),
    "cycle.months", "household.extra_per_person", "components.0", "components.0.steps.0.price",
    "fixed_charges.0.months", "tax.rate", "limits.min_quantity", "golden.0.used",
]  # fmt: skip


@given(st.sampled_from(PATHS), json_values)
def test_no_value_at_any_key_makes_the_reader_stumble(path: str, value: object) -> None:
    data = json.dumps(replaced(path, value)).encode()
    try:
        parse_tariff(data)
    except TariffMalformed as refusal:
        str(refusal).encode()  # the sentence can be printed


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    refused_key(data)


GOLDEN = {"used": "0", "amount": "12.00", "quantum": "1", "quantity": "2", "charged": "10.00"}


def test_a_tariff_that_prices_its_examples_as_it_says_is_taken() -> None:
    check_golden(a_tariff(golden=[GOLDEN]))


@pytest.mark.parametrize(
    ("change", "computed"),
    [
        ({"quantity": "3"}, "2 / 10.00"),
        ({"charged": "10.01"}, "2 / 10.00"),
        ({"amount": "4.99"}, "below_minimum"),
        ({"amount": None, "quantity": "3"}, "3 / 15.00"),
    ],
)
def test_an_example_that_comes_out_differently_stops_the_tariff(
    change: dict[str, str | None], computed: str
) -> None:
    good = {"used": "0", "quantum": "1"}
    with pytest.raises(GoldenCaseDiffers) as refusal:
        check_golden(a_tariff(golden=[GOLDEN, good | GOLDEN | change]))
    assert refusal.value.facts["case"] == 2
    assert refusal.value.facts["computed"] == computed
