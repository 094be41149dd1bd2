"""What must hold of every price, whatever mixture of features its tariff has."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from tariff_builders import as_bytes, random_documents, random_usages
from tariff_oracle import oracle_amount, oracle_lines, rounded
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges, included_taxes
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import (
    BelowMinimum,
    CostsNothing,
    FeeNotCovered,
    FreeUnitsFirst,
)
from yika_common.tariffs.quote import quote_for_money, quote_for_quantity
from yika_common.tariffs.usage import Usage

TOO_LITTLE = (BelowMinimum, CostsNothing, FeeNotCovered, FreeUnitsFirst)


@given(st.data())
def test_every_line_is_what_the_written_rules_say(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    usage = data.draw(random_usages(document))
    quantity = data.draw(st.integers(0, 900_000))
    charges = Charges(parse_tariff(as_bytes(document)), usage)
    lines = [(line.code, line.amount) for line in charges.lines(quantity) if line.amount]
    assert sorted(lines) == sorted(oracle_lines(document, usage, quantity))
    assert charges.amount(quantity) == sum(amount for _, amount in lines)


@given(st.data())
def test_a_sum_buys_all_that_fits_and_not_one_quantum_more(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    usage = data.draw(random_usages(document))
    tariff = parse_tariff(as_bytes(document))
    tendered = Money(data.draw(st.integers(1, 2_000_000)))
    try:
        quote = quote_for_money(tariff, usage, tendered)
    except TOO_LITTLE:
        assume(False)
    quantum = 10 if tariff.holds_money else usage.quantum
    assert quote.quantity % quantum == 0
    assert quote.amount == oracle_amount(document, usage, quote.quantity)
    assert quote.amount + quote.residual == tendered
    assert quote.residual >= 0
    assert tendered < oracle_amount(document, usage, quote.quantity + quantum)


@given(st.data())
def test_more_never_costs_less(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    charges = Charges(parse_tariff(as_bytes(document)), data.draw(random_usages(document)))
    start = data.draw(st.integers(0, 900_000))
    width = data.draw(st.sampled_from([1, 10, 1000, 100_000]))
    assert 0 <= charges.amount(start) <= charges.amount(start + width)


@given(st.data())
def test_what_a_quantity_costs_buys_at_least_that_quantity(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    usage = data.draw(random_usages(document))
    tariff = parse_tariff(as_bytes(document))
    quantum = 10 if tariff.holds_money else usage.quantum
    quantity = Quantity(data.draw(st.integers(1, 500)) * quantum)
    try:
        priced = quote_for_quantity(tariff, usage, quantity)
    except TOO_LITTLE:
        assume(False)
    assume(priced.amount > 0)
    assert quote_for_money(tariff, usage, priced.amount).quantity >= quantity


@given(st.data())
def test_every_line_is_its_quantity_times_its_price(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    charges = Charges(parse_tariff(as_bytes(document)), data.draw(random_usages(document)))
    for line in charges.lines(data.draw(st.integers(0, 900_000))):
        exact = Fraction(line.quantity, 1000) * Fraction(line.price_text) * 100
        assert line.amount == rounded(exact)
        assert line.quantity > 0


@given(st.data())
def test_a_purchase_cut_in_two_differs_by_the_rounding_of_its_lines_only(
    data: st.DataObject,
) -> None:
    """Fees, what is settled and free units come with the first; then each half is a purchase."""
    document = data.draw(random_documents())
    usage = data.draw(random_usages(document))
    tariff = parse_tariff(as_bytes(document))
    quantum = Charges(tariff, usage).quantum
    assume(usage.on is None or not document["rebates"])
    first, second = (data.draw(st.integers(1, 300)) * quantum for _ in range(2))
    assume(first >= usage.free)
    charges = Charges(tariff, usage)
    settled = charges.settled(first)
    later = Charges(tariff, _after(usage, settled))
    whole, parts = (
        [line for line in lines if line.code not in {tax.code for tax in tariff.taxes}]
        for lines in (charges.lines(first + second), charges.lines(first) + later.lines(second))
    )
    difference = sum(line.amount for line in whole) - sum(line.amount for line in parts)
    assert 2 * abs(difference) <= len(whole) + len(parts)
    assert charges.settled(first + second) == later.settled(second)


@given(st.data())
def test_a_contained_tax_is_backed_out_of_every_line(data: st.DataObject) -> None:
    document = data.draw(random_documents())
    usage = data.draw(random_usages(document))
    tariff = parse_tariff(as_bytes(document))
    lines = Charges(tariff, usage).lines(data.draw(st.integers(0, 900_000)))
    found = {tax.code: tax.amount for tax in included_taxes(tariff, lines)}
    for tax in document["taxes"]:
        if tax["inclusive"]:
            taxed = set(tax["components"]) | {
                rebate["code"]
                for rebate in document["rebates"]
                if set(rebate["components"]) <= set(tax["components"])
            }
            rate = Fraction(tax["rate"])
            expected = sum(
                rounded(line.amount * rate / (1 + rate)) for line in lines if line.code in taxed
            )
            assert found.get(tax["code"], 0) == expected


def _after(usage: Usage, settled: Quantity) -> Usage:
    return replace(
        usage, used=settled, heating_year_paid=True, months_due=0, free=Quantity(0), consumed=None
    )
