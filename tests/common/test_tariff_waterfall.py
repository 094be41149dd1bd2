"""What of a sum becomes supply: golden numbers, rules, and invariants on random waterfalls.

The golden numbers of the first two tests are worked by hand in the published analysis of
deductions: tender 300.00, a debt of 200.00 at 30 %, two missed months at 12.00, 170 m³ used.
"""

from typing import Any

import pytest

from tariff_builders import a_component, a_fixed_charge, a_tariff, heat_keys, milli, money
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.errors import (
    AboveMaximum,
    FeeNotCovered,
    NothingToSell,
    SupplyShareTooSmall,
)
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

NOTHING = Dues()


PLAIN = Policy()


PERCENT = WHOLE // 100


def a_debt(left: str, *, percent: int = 0, id: str = "D1", **more: Any) -> Debt:  # noqa: A002
    name = Name((("en", "Old meter"), ("zh", "旧表欠费")))
    return Debt(id=id, name=name, left=Money(money(left)), share=percent * PERCENT, **more)


def a_usage(used: str = "0", quantum: str = "0.1", **more: Any) -> Usage:
    return Usage(used=Quantity(milli(used)), quantum=Quantity(milli(quantum)), **more)


def stepped(**changes: object) -> Tariff:
    """Beijing's water prices: 5, 7 and 9 above 180 and 260 m³ a year."""
    return a_tariff(components=[a_component(["180", "260"], ["5", "7", "9"])], **changes)


def with_network_fee(**changes: object) -> Tariff:
    vat = {"rate": "0.09", "inclusive": True, "components": ["water"]}
    return stepped(fixed_charges=[a_fixed_charge("12.00")], tax=vat, **changes)


MISSED_TWO_MONTHS = a_usage("170", months_due=2)


OLD_DEBT = Dues(debts=(a_debt("200.00", percent=30),))


def fen(text: str) -> Money:
    return Money(money(text))


# Golden numbers


def test_a_debt_takes_its_share_of_the_tender_before_supply() -> None:
    bill = bill_for_money(with_network_fee(), MISSED_TWO_MONTHS, fen("300.00"), OLD_DEBT, PLAIN)

    assert bill.quote.quantity == milli("29.4")
    assert [(line.code, line.step, line.amount) for line in bill.quote.lines] == [
        ("network", 0, money("24.00")),
        ("water", 1, money("50.00")),
        ("water", 2, money("135.80")),
    ]
    assert [(debt.amount, debt.left) for debt in bill.debts] == [(money("90.00"), money("110.00"))]
    assert (bill.change, bill.paid) == (money("0.20"), money("299.80"))
    assert [tax.amount for tax in bill.quote.included_taxes] == [money("15.34")]


def test_a_debt_may_take_its_share_of_what_fixed_charges_leave() -> None:
    policy = Policy(debt_base=DebtBase.AFTER_FIXED)

    bill = bill_for_money(with_network_fee(), MISSED_TWO_MONTHS, fen("300.00"), OLD_DEBT, policy)

    assert bill.quote.quantity == milli("30.4")
    assert bill.quote.amount - money("24.00") == money("192.80")
    assert [debt.amount for debt in bill.debts] == [money("82.80")]
    assert bill.change == money("0.40")


@pytest.mark.parametrize(
    ("base", "quantity", "paid", "collected"),
    [
        # 209.80 is 70 % of 299.714; 299.71 leaves 299.71 - 89.91 = 209.80.
        (DebtBase.TENDER, "29.4", "299.71", "89.91"),
        # 192.80 is 70 % of 275.428 after the fee; 299.42 leaves 275.42 - 82.62 = 192.80.
        (DebtBase.AFTER_FIXED, "30.4", "299.42", "82.62"),
    ],
)
def test_a_quantity_costs_the_least_sum_that_pays_for_it_and_the_share(
    base: DebtBase, quantity: str, paid: str, collected: str
) -> None:
    bill = bill_for_quantity(
        with_network_fee(),
        MISSED_TWO_MONTHS,
        Quantity(milli(quantity)),
        OLD_DEBT,
        Policy(debt_base=base),
    )

    assert (bill.paid, bill.collected) == (money(paid), money(collected))
    assert bill.change == 0


def test_consumption_that_reached_dearer_steps_is_settled_with_the_next_sale() -> None:
    """Sold 14 m³ at 1.00; they cost 5 at 1, 5 at 2, 4 at 3: 27.00, so 13.00 are due."""
    tariff = a_tariff(
        quota_basis="consumed",
        components=[a_component(["5", "10"], ["1", "2", "3"])],
    )
    usage = a_usage("0", consumed=Quantity(milli("14")))

    bill = bill_for_money(tariff, usage, fen("20.00"), NOTHING, PLAIN)

    settled = sum(line.amount for line in bill.quote.lines if line.step > 10)
    assert money("14.00") + settled == money("27.00")
    assert bill.quote.quantity == milli("7.0")
    assert bill.quote.settled == milli("14")


def test_the_basic_fee_of_heat_comes_before_the_first_heat() -> None:
    usage = a_usage("0", "1", area_m2=Quantity(milli("96.40")), heating_year_paid=False)

    bill = bill_for_money(a_tariff(**heat_keys()), usage, fen("1500.00"), NOTHING, PLAIN)

    assert (bill.quote.quantity, bill.change) == (milli("3639"), money("0.04"))


# Rules


def test_debts_come_by_priority_then_by_id_and_never_take_more_than_is_left() -> None:
    dues = Dues(
        debts=(
            a_debt("1.00", percent=50, id="B", priority=2),
            a_debt("500.00", percent=20, id="C", priority=1),
            a_debt("500.00", percent=20, id="A", priority=1),
        )
    )

    bill = bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN)

    assert [(debt.id, debt.amount, debt.left) for debt in bill.debts] == [
        ("A", money("20.00"), money("480.00")),
        ("C", money("20.00"), money("480.00")),
        ("B", money("1.00"), 0),
    ]


def test_an_instalment_has_a_least_sum() -> None:
    dues = Dues(debts=(a_debt("200.00", percent=1, least=fen("15.00")),))

    bill = bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN)

    assert bill.debts[0].amount == money("15.00")


def test_who_pays_nothing_owes_no_instalment_with_it() -> None:
    dues = Dues(credit=fen("50.00"), debts=(a_debt("200.00", least=fen("15.00")),))

    bill = bill_for_quantity(a_tariff(), a_usage(), Quantity(milli("8")), dues, PLAIN)

    assert (bill.paid, bill.adjusted, bill.collected) == (0, money("40.00"), 0)


def test_shares_that_together_exceed_the_whole_are_cut_in_order() -> None:
    dues = Dues(
        debts=(
            a_debt("500.00", percent=70, id="A", priority=1),
            a_debt("500.00", percent=70, id="B", priority=2),
        )
    )

    with pytest.raises(SupplyShareTooSmall) as refused:
        bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN)

    assert refused.value.facts["supply"] == "0.00"


def test_fees_come_before_debts() -> None:
    tariff = a_tariff(fixed_charges=[a_fixed_charge("60.00")])
    dues = Dues(debts=(a_debt("500.00", percent=60),))

    with pytest.raises(SupplyShareTooSmall) as refused:
        bill_for_money(tariff, a_usage(months_due=1), fen("100.00"), dues, PLAIN)
    assert refused.value.facts["supply"] == "0.00"
    with pytest.raises(FeeNotCovered):
        bill_for_money(tariff, a_usage(months_due=1), fen("59.00"), dues, PLAIN)


@pytest.mark.parametrize(
    ("by_quantity", "tendered"),
    [(False, "100.00"), (True, "99.98")],  # 99.98 - 59.98, for shares are rounded down
)
def test_a_sale_that_leaves_too_little_for_supply_is_refused(
    by_quantity: bool, tendered: str
) -> None:
    dues = Dues(debts=(a_debt("500.00", percent=60),))

    def bill(percent: int) -> Bill:
        policy = Policy(least_supply=percent * PERCENT)
        if by_quantity:
            return bill_for_quantity(a_tariff(), a_usage(), Quantity(8000), dues, policy)
        return bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, policy)

    assert bill(40).quote.quantity == 8000
    with pytest.raises(SupplyShareTooSmall) as refused:
        bill(41)
    assert refused.value.facts == {"tendered": tendered, "supply": "40.00", "least": "41.00"}


def test_credit_buys_more_for_money_and_makes_a_quantity_cheaper() -> None:
    dues = Dues(credit=fen("20.00"))

    for_money = bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN)
    for_quantity = bill_for_quantity(a_tariff(), a_usage(), Quantity(24_000), dues, PLAIN)

    assert for_money == for_quantity
    assert (for_money.quote.quantity, for_money.paid) == (24_000, money("100.00"))
    assert for_money.adjusted == money("20.00")
    assert dues.after(for_money).credit == 0


def test_credit_alone_buys_and_what_it_cannot_buy_stays_owed() -> None:
    dues = Dues(credit=fen("10.30"))

    bill = bill_for_money(a_tariff(), a_usage(), Money(0), dues, PLAIN)

    assert (bill.quote.amount, bill.adjusted) == (money("10.00"), money("10.00"))
    assert (bill.paid, bill.change) == (0, 0)
    assert dues.after(bill).credit == money("0.30")


def test_without_credit_and_free_units_no_money_buys_nothing() -> None:
    for sum_ in (0, -1):
        with pytest.raises(NothingToSell):
            bill_for_money(a_tariff(), a_usage(), Money(sum_), NOTHING, PLAIN)


def test_credit_is_used_as_far_as_the_limits_of_one_sale_let_it() -> None:
    tariff = a_tariff(limits={"max_quantity_per_sale": "30"})
    dues = Dues(credit=fen("1000.00"))

    bill = bill_for_money(tariff, a_usage(), fen("100.00"), dues, PLAIN)

    assert bill.quote.quantity == milli("30")
    assert (bill.paid, bill.adjusted) == (money("100.00"), money("50.00"))
    with pytest.raises(AboveMaximum):
        bill_for_money(tariff, a_usage(), fen("151.00"), dues, PLAIN)


def test_what_is_owed_from_before_takes_at_most_its_share() -> None:
    dues = Dues(credit=fen("-80.00"))

    bill = bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN)

    assert (bill.quote.quantity, bill.adjusted) == (milli("10"), money("-50.00"))
    assert dues.after(bill).credit == money("-30.00")


def test_what_money_cannot_buy_is_change_or_is_kept() -> None:
    change = bill_for_money(a_tariff(), a_usage(), fen("10.30"), NOTHING, PLAIN)
    kept = bill_for_money(
        a_tariff(), a_usage(), fen("10.30"), NOTHING, Policy(residual=Residual.BALANCE)
    )

    assert (change.change, change.kept, change.paid) == (money("0.30"), 0, money("10.00"))
    assert (kept.change, kept.kept, kept.paid) == (0, money("0.30"), money("10.30"))


@pytest.mark.parametrize(
    ("rounding", "paid"),
    [(Rounding.HALF_UP, "1.70"), (Rounding.DOWN, "1.60"), (Rounding.UP, "1.70")],
)
def test_a_quantity_is_paid_in_coins(rounding: Rounding, paid: str) -> None:
    tariff = a_tariff(components=[a_component([], ["0.333"])])
    policy = Policy(cash_unit=fen("0.10"), cash_rounding=rounding)

    bill = bill_for_quantity(tariff, a_usage(), Quantity(5000), NOTHING, policy)

    assert bill.quote.amount == money("1.67")
    assert (bill.paid, bill.rounding) == (money(paid), money(paid) - money("1.67"))


def test_what_costs_anything_is_never_rounded_to_nothing() -> None:
    tariff = a_tariff(components=[a_component([], ["0.333"])])
    policy = Policy(cash_unit=fen("0.10"), cash_rounding=Rounding.DOWN)

    bill = bill_for_quantity(tariff, a_usage(), Quantity(100), NOTHING, policy)

    assert (bill.quote.amount, bill.paid) == (money("0.03"), money("0.10"))


def test_change_is_given_in_coins() -> None:
    tariff = a_tariff(components=[a_component([], ["0.333"])])
    policy = Policy(cash_unit=fen("0.10"), cash_rounding=Rounding.UP)
    usage = a_usage(quantum="10")

    bill = bill_for_money(tariff, usage, fen("5.00"), NOTHING, policy)

    assert bill.quote.amount == money("3.33")
    assert (bill.paid, bill.rounding, bill.change) == (money("3.40"), 7, money("1.60"))


def test_a_claim_of_free_units_pays_no_instalment() -> None:
    free = {"code": "free", "name": {"en": "Free"}, "quantity": "5", "per": "month"}
    tariff = a_tariff(free_allocation=free)
    usage = a_usage(free=Quantity(5000))
    dues = Dues(debts=(a_debt("100.00", percent=10, least=fen("5.00")),))

    for bill in (
        bill_for_money(tariff, usage, Money(0), dues, PLAIN),
        bill_for_quantity(tariff, usage, Quantity(5000), dues, PLAIN),
    ):
        assert (bill.quote.quantity, bill.quote.free, bill.paid) == (5000, 5000, 0)
        assert bill.collected == 0


def test_the_next_line_of_a_basket_owes_what_this_one_left() -> None:
    dues = Dues(
        credit=fen("-10.00"),
        debts=(a_debt("20.00", percent=10, least=fen("15.00")), a_debt("0.00", id="gone")),
    )

    after = dues.after(bill_for_money(a_tariff(), a_usage(), fen("100.00"), dues, PLAIN))

    assert after.credit == 0
    assert [(debt.id, debt.left, debt.least) for debt in after.debts] == [
        ("D1", money("5.00"), 0),
        ("gone", 0, 0),
    ]


def test_a_debt_stands_in_the_dues_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Dues(debts=(a_debt("1.00"), a_debt("2.00")))
