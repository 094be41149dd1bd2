"""Invariants on random waterfalls: every bill adds up, and nobody pays more than is owed."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from tariff_builders import a_component, a_fixed_charge, a_tariff
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Name
from yika_common.tariffs.usage import Usage
from yika_common.tariffs.waterfall import (
    WHOLE,
    Bill,
    Debt,
    DebtBase,
    Dues,
    Policy,
    Residual,
    Rounding,
    bill_for_money,
    bill_for_quantity,
)

# Invariants


NAME = Name((("en", "Debt"),))


MILLIONTHS = st.one_of(st.sampled_from([0, 300_000, WHOLE]), st.integers(0, WHOLE))


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    bounds = sorted(draw(st.lists(st.integers(1, 300), max_size=5, unique=True)))
    mode = draw(st.sampled_from(["marginal", "whole_block"]))
    prices = draw(
        st.lists(st.integers(1, 90_000), min_size=len(bounds) + 1, max_size=len(bounds) + 1)
    )
    texts = [f"{price // 10_000}.{price % 10_000:04}" for price in sorted(prices)]
    fees = draw(st.integers(0, 3000))
    vat = draw(st.sampled_from([None, True, False]))
    return a_tariff(
        step_mode=mode,
        components=[a_component([str(bound) for bound in bounds], texts)],
        fixed_charges=[a_fixed_charge(f"{fees // 100}.{fees % 100:02}")] if fees else [],
        tax=None if vat is None else {"rate": "0.09", "inclusive": vat, "components": ["water"]},
    )


@st.composite
def dues_drawn(draw: st.DrawFn) -> Dues:
    debts = tuple(
        Debt(
            id=f"D{index}",
            name=NAME,
            left=Money(draw(st.integers(0, 50_000))),
            share=draw(MILLIONTHS),
            least=Money(draw(st.sampled_from([0, 0, 500, 20_000]))),
            priority=draw(st.integers(0, 2)),
        )
        for index in range(draw(st.integers(0, 3)))
    )
    return Dues(credit=Money(draw(st.integers(-40_000, 40_000))), debts=debts)


policies = st.builds(
    Policy,
    debt_base=st.sampled_from(DebtBase),
    least_supply=st.one_of(st.just(0), MILLIONTHS),
    debit_share=MILLIONTHS,
    residual=st.sampled_from(Residual),
    cash_unit=st.sampled_from([1, 5, 10, 100]).map(Money),
    cash_rounding=st.sampled_from(Rounding),
)


usages = st.builds(
    Usage,
    used=st.integers(0, 400_000).map(Quantity),
    quantum=st.sampled_from([10, 100, 1000]).map(Quantity),
    months_due=st.integers(0, 4),
)


sums = st.integers(0, 100_000).map(Money)


def check(bill: Bill, dues: Dues, policy: Policy, *, in_cash: bool) -> None:
    assert bill.paid >= 0
    assert bill.change >= 0
    assert bill.paid == (
        bill.quote.amount
        - bill.adjusted
        + sum(debt.amount for debt in bill.debts)
        + bill.kept
        + bill.rounding
    )
    owed = {debt.id: debt.left for debt in dues.debts if debt.left}
    assert [debt.id for debt in bill.debts] == [d.id for d in dues.debts if d.left]
    for debt in bill.debts:
        assert debt.amount >= 0
        assert 0 <= debt.left == owed[debt.id] - debt.amount
    assert min(0, dues.credit) <= bill.adjusted <= max(0, dues.credit)
    if dues.credit < 0:
        due = bill.paid + bill.change - bill.rounding
        assert -bill.adjusted <= policy.debit_share * due // WHOLE + 1
    if in_cash:
        assert bill.paid % policy.cash_unit == 0
    assert abs(bill.rounding) <= policy.cash_unit


@given(tariffs(), usages, sums, dues_drawn(), policies)
def test_every_bill_for_money_adds_up(
    tariff: Tariff, usage: Usage, tendered: Money, dues: Dues, policy: Policy
) -> None:
    try:
        bill = bill_for_money(tariff, usage, tendered, dues, policy)
    except YikaError:
        return
    cash = policy.residual is Residual.CHANGE and tendered % policy.cash_unit == 0
    check(bill, dues, policy, in_cash=cash)
    assert tendered == bill.paid + bill.change
    if policy.residual is Residual.BALANCE:
        assert bill.change == 0
    supply = bill.quote.amount - Charges(tariff, usage).amount(0) + bill.quote.residual
    assert supply * WHOLE >= policy.least_supply * tendered


@given(tariffs(), usages, st.integers(1, 300), dues_drawn(), policies)
def test_every_bill_for_a_quantity_adds_up(
    tariff: Tariff, usage: Usage, times: int, dues: Dues, policy: Policy
) -> None:
    try:
        bill = bill_for_quantity(tariff, usage, Quantity(times * usage.quantum), dues, policy)
    except YikaError:
        return
    check(bill, dues, policy, in_cash=True)
    assert (bill.change, bill.kept) == (0, 0)


@given(tariffs(), usages, st.integers(1, 300), dues_drawn(), policies)
def test_the_sum_that_a_quantity_costs_buys_it_and_one_fen_less_does_not(
    tariff: Tariff, usage: Usage, times: int, dues: Dues, policy: Policy
) -> None:
    exact = replace(policy, cash_unit=Money(1), residual=Residual.CHANGE, least_supply=0)
    quantity = Quantity(times * usage.quantum)
    try:
        bill = bill_for_quantity(tariff, usage, quantity, dues, exact)
    except YikaError:
        return
    assume(bill.paid > 0)

    assert bill_for_money(tariff, usage, bill.paid, dues, exact).quote.quantity >= quantity
    try:
        less = bill_for_money(tariff, usage, Money(bill.paid - 1), dues, exact)
    except YikaError:
        return
    assert less.quote.quantity < quantity


@given(tariffs(), usages, sums, dues_drawn(), policies)
def test_a_basket_collects_no_more_than_is_owed(
    tariff: Tariff, usage: Usage, tendered: Money, dues: Dues, policy: Policy
) -> None:
    left = dues
    adjusted = collected = 0
    for _ in range(3):
        try:
            bill = bill_for_money(tariff, usage, tendered, left, policy)
        except YikaError:
            return
        left = left.after(bill)
        adjusted += bill.adjusted
        collected += bill.collected
    assert dues.credit - adjusted == left.credit
    assert sum(debt.left for debt in dues.debts) - collected == sum(d.left for d in left.debts)
