"""Prices made with bc, in exact decimals: of every published tariff, and sales worked one by one.

How they are made is in ``vectors/tariffs/README.md``; the program has no part in it.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tariff_builders import a_component, a_fixed_charge, a_tariff
from yika_common.errors import YikaError
from yika_common.numbers import (
    Money,
    money_to_text,
    quantity_from_text,
)
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.dues import Bill, Debt, DebtBase, Dues, Policy
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Name
from yika_common.tariffs.query import MoneyQuery, parse_query
from yika_common.tariffs.quote import Quote, quote_for_money, quote_for_quantity
from yika_common.tariffs.shipped import shipped
from yika_common.tariffs.waterfall import bill_for_money

HERE = Path(__file__).parents[1] / "vectors" / "tariffs"
PACKS = HERE / "packs"
PUBLISHED = sorted(name for name in shipped() if not name.startswith("example-"))
WORKED: Mapping[str, str] = dict(
    line.split("\t") for line in (PACKS / "worked.tsv").read_text(encoding="utf-8").splitlines()
)


def test_the_packs_are_what_bc_makes_of_the_figures(tmp_path: Path) -> None:
    subprocess.run([HERE / "make.sh", tmp_path], check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_bytes() for path in PACKS.iterdir()}


def test_every_published_tariff_has_a_pack() -> None:
    packs = {path.stem for path in PACKS.glob("*.jsonl")}
    assert packs == {name.removesuffix(".json") for name in PUBLISHED}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_tariff_is_priced_as_bc_prices_its_figures(name: str) -> None:
    tariff = parse_tariff(shipped()[name])
    rows = (PACKS / name).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) >= 4
    for row in map(json.loads, rows):
        assert _as_in_a_pack(_answered(tariff, row["query"])) == _as_compared(row), row


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_pack_notices_every_changed_price_and_bound(name: str) -> None:
    rows = (PACKS / name).with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()
    for changed in _with_one_figure_changed(json.loads(shipped()[name])):
        tariff = parse_tariff(json.dumps(changed).encode())
        assert any(_differs(tariff, row) for row in map(json.loads, rows)), changed["components"]


def _with_one_figure_changed(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for component in document["components"]:
        for step in component["steps"]:
            for key, change in (("price", "0.01"), ("up_to", "0.5")):
                if key in step:
                    kept = step[key]
                    step[key] = str(Decimal(kept) + Decimal(change))
                    yield document
                    step[key] = kept


def _differs(tariff: Tariff, row: Mapping[str, Any]) -> bool:
    try:
        return _as_in_a_pack(_answered(tariff, row["query"])) != _as_compared(row)
    except YikaError:
        return True


def _answered(tariff: Tariff, query: Mapping[str, Any]) -> Quote:
    asked = parse_query(json.dumps(query).encode())
    if isinstance(asked, MoneyQuery):
        return quote_for_money(tariff, asked.usage, asked.tendered)
    return quote_for_quantity(tariff, asked.usage, asked.quantity)


def _as_in_a_pack(quote: Quote) -> tuple[object, ...]:
    lines = [
        [line.code, line.step, money_to_text(line.amount)] for line in quote.lines if line.amount
    ]
    included = Money(sum(tax.amount for tax in quote.included_taxes))
    return quote.quantity, money_to_text(quote.amount), sorted(lines), money_to_text(included)


def _as_compared(row: Mapping[str, Any]) -> tuple[object, ...]:
    quantity = quantity_from_text(row["quantity"])
    return quantity, row["charged"], sorted(row["lines"]), row.get("included", "0.00")


def test_water_by_volume_is_as_worked() -> None:
    quote = _shipped("cn-bj-water-res.json", used="170", quantity="100")
    by_code = {
        code: money_to_text(Money(sum(line.amount for line in quote.lines if line.code == code)))
        for code in ("water", "resource", "sewage")
    }
    assert by_code == {code: WORKED[code] for code in by_code}
    assert money_to_text(quote.amount) == WORKED["by_volume"]


def test_a_tax_within_a_price_is_as_worked() -> None:
    quote = _asked(_water(taxes=[_nine_percent()]), used="170", quantity="100")
    assert money_to_text(quote.included_taxes[0].amount) == WORKED["tax_within_nine_percent"]


@pytest.mark.parametrize(
    ("name", "quantum"), [("by_money_1", "1"), ("by_money_10", "0.1"), ("by_money_100", "0.01")]
)
def test_water_by_money_is_as_worked(name: str, quantum: str) -> None:
    quote = _asked(_water(), used="170", amount="500.00", quantum=quantum)
    assert quote.quantity == quantity_from_text(WORKED[name])


@pytest.mark.parametrize(("name", "persons"), [("six_persons", 6), ("five_persons", 5)])
def test_a_large_household_is_as_worked(name: str, persons: int) -> None:
    quote = _shipped("cn-bj-water-res.json", used="180", quantity="60", persons=persons)
    assert money_to_text(quote.amount) == WORKED[name]


def test_a_part_of_a_year_is_as_worked() -> None:
    tariff = _water(part_period={"opening": "prorata", "rounding": "half_up", "unit": "0.01"})
    first, second = WORKED["part_first_bound"], WORKED["part_second_bound"]
    quote = _asked(tariff, quantity="150", quantum="0.01", part_days=[153, 365])
    reached = quantity_from_text(second) - quantity_from_text(first)
    assert [line.quantity for line in quote.lines][:2] == [quantity_from_text(first), reached]
    quote = _asked(tariff, quantity="100", quantum="0.01", part_days=[153, 365])
    assert money_to_text(quote.amount) == WORKED["part_year"]


def test_a_settled_consumption_is_as_worked() -> None:
    tariff = a_tariff(
        quota_basis="consumed", components=[a_component(["5", "10"], ["1", "2", "3"])]
    )
    bought = _asked(tariff, quantity="14")
    settled = _asked(tariff, quantity="1", consumed="14")
    assert money_to_text(bought.amount) == WORKED["consumed_bought"]
    owed = Money(settled.amount - 100)
    assert money_to_text(owed) == WORKED["consumed_settled"]
    assert money_to_text(Money(bought.amount + owed)) == WORKED["consumed_all"]


@pytest.mark.parametrize(("name", "counts"), [("free_not_counted", False), ("free_counted", True)])
def test_free_units_are_as_worked(name: str, counts: bool) -> None:
    free = {"code": "free", "name": {"en": "Free"}, "quantity": "50", "per": "month"}
    tariff = a_tariff(
        cycle={"months": 1, "anchor": "01-01"},
        components=[a_component(["100", "200"], ["1", "1.5", "2"])],
        free_allocation=free | {"counts_in_quota": counts},
    )
    assert money_to_text(_asked(tariff, quantity="150", free="50").amount) == WORKED[name]


@pytest.mark.parametrize(
    ("name", "used", "quantity", "dearer"),
    [
        ("change_carried", "150", "50", True),
        ("change_reset", "0", "50", True),
        ("change_unknown", "150", "50", False),
        ("alone_100", "0", "100", False),
        ("alone_120", "0", "120", False),
        ("after_100", "100", "120", False),
        ("after_120", "120", "100", False),
        ("after_100_dearer", "100", "120", True),
        ("alone_120_dearer", "0", "120", True),
        ("stale", "0", "20", False),
        ("not_stale", "0", "20", True),
    ],
)
def test_a_home_with_two_points_and_a_price_change_is_as_worked(
    name: str, used: str, quantity: str, dearer: bool
) -> None:
    prices = ["5.5", "7.7", "9.9"] if dearer else ["5", "7", "9"]
    tariff = a_tariff(components=[a_component(["180", "260"], prices)])
    assert money_to_text(_asked(tariff, used=used, quantity=quantity).amount) == WORKED[name]


def test_heat_is_as_worked() -> None:
    owed = {"heating_year_paid": False, "area_m2": "96.40"}
    year = _shipped("cn-heat-two-part-res.json", quantity="6000", quantum="1", **owed)
    assert money_to_text(year.lines[0].amount) == WORKED["heat_fee"]
    assert money_to_text(year.amount) == WORKED["heat_year"]
    sale = _shipped("cn-heat-two-part-res.json", amount="1500.00", quantum="1", **owed)
    assert sale.quantity == quantity_from_text(WORKED["heat_bought"])
    owed |= {"heat_class": "mid-rise"}
    year = _shipped("cn-luoyang-heat-res.json", quantity="6000", quantum="1", **owed)
    assert money_to_text(year.lines[0].amount) == WORKED["luoyang_fee"]
    assert money_to_text(year.amount) == WORKED["luoyang_year"]


def test_a_debt_s_share_of_the_tender_is_as_worked() -> None:
    bill = _with_a_debt(DebtBase.TENDER)
    assert money_to_text(bill.debts[0].amount) == WORKED["debt_of_tender"]
    assert bill.quote.quantity == quantity_from_text(WORKED["debt_of_tender_buys"])
    water = Money(bill.quote.amount - 2400)
    assert money_to_text(water) == WORKED["debt_of_tender_water"]
    assert money_to_text(bill.quote.included_taxes[0].amount) == WORKED["debt_of_tender_tax"]


def test_a_debt_s_share_of_the_rest_is_as_worked() -> None:
    bill = _with_a_debt(DebtBase.AFTER_FIXED)
    assert money_to_text(bill.debts[0].amount) == WORKED["debt_of_rest"]
    assert bill.quote.quantity == quantity_from_text(WORKED["debt_of_rest_buys"])
    water = Money(bill.quote.amount - 2400)
    assert money_to_text(water) == WORKED["debt_of_rest_water"]


def _with_a_debt(base: DebtBase) -> Bill:
    tariff = _water(fixed_charges=[a_fixed_charge("12.00")], taxes=[_nine_percent()])
    query = parse_query(b'{"used": "170", "quantum": "0.1", "amount": "300.00", "months_due": 2}')
    assert isinstance(query, MoneyQuery)
    debt = Debt(id="1", name=Name((("en", "Old debt"),)), left=Money(20000), share=300_000)
    policy = Policy(debt_base=base)
    return bill_for_money(tariff, query.usage, query.tendered, Dues(debts=(debt,)), policy)


def _water(**changes: object) -> Tariff:
    steps = a_component(["180", "260"], ["5", "7", "9"])
    return a_tariff(**({"components": [steps]} | changes))


def _nine_percent() -> dict[str, object]:
    return {
        "code": "vat",
        "name": {"en": "VAT"},
        "rate": "0.09",
        "inclusive": True,
        "components": ["water"],
    }


def _shipped(name: str, **query: object) -> Quote:
    return _asked(parse_tariff(shipped()[name]), **query)


def _asked(tariff: Tariff, **query: object) -> Quote:
    return _answered(tariff, {"used": "0", "quantum": "0.1"} | query)
