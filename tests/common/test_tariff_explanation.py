"""Explaining a receipt: where the customer stands, what was deducted, what comes next."""

from dataclasses import replace
from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from tariff_builders import (
    a_component,
    a_fixed_charge,
    a_tariff,
    heat_keys,
    milli,
    moment,
    money,
)
from yika_common.errors import YikaError
from yika_common.numbers import Money, Price, Quantity
from yika_common.tariffs.explanation import (
    Deduction,
    DeductionKind,
    Explanation,
    NextVersion,
    explain,
)
from yika_common.tariffs.facts import Consumption, Facts, Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import Name
from yika_common.tariffs.period import period_of
from yika_common.tariffs.situation import usage_at
from yika_common.tariffs.waterfall import (
    Debt,
    Dues,
    Policy,
    Residual,
    Rounding,
    bill_for_money,
)

AT = moment("2026-03-10T12:00:00+08:00")
OPENED = Facts(opened_on=date(2026, 1, 20))
JANUARY = 2026 * 12
PLAIN = Policy()


def explained(
    tariff: Tariff,
    tendered: str,
    *,
    tally: Tally | None = None,
    facts: Facts = OPENED,
    dues: Dues | None = None,
    policy: Policy = PLAIN,
    next_tariff: Tariff | None = None,
    consumption: Consumption | None = None,
) -> Explanation:
    usage = usage_at(
        tariff, facts, tally or Tally(), quantum=Quantity(100), at=AT, consumption=consumption
    )
    bill = bill_for_money(tariff, usage, Money(money(tendered)), dues or Dues(), policy)
    period = period_of(tariff, AT, facts.opened_on)
    explanation = explain(tariff, facts, usage, bill, period, next_tariff)
    paid = sum(
        one.amount for one in explanation.deductions if one.kind is not DeductionKind.TAX_INCLUDED
    )
    assert explanation.supply + paid == bill.paid
    return explanation


def stepped(*prices: str, **changes: object) -> Tariff:
    steps = a_component(["180", "260"], prices or ("5", "7", "9"))
    return a_tariff(components=[steps], **changes)


def bought(quantity: str) -> Tally:
    return Tally("2026", Quantity(milli(quantity)), charged_through=JANUARY)


def a_debt(left: str, percent: int) -> Debt:
    name = Name((("en", "Old meter"),))
    return Debt(id="D7", name=name, left=Money(money(left)), share=percent * 10_000)


def test_the_customer_reads_where_he_stands_and_why_he_got_so_little() -> None:
    """The golden waterfall: 300.00 with a debt of 200.00 at 30 % and two missed months."""
    tariff = stepped(
        fixed_charges=[a_fixed_charge("12.00")],
        tax={"rate": "0.09", "inclusive": True, "components": ["water"]},
    )

    explanation = explained(
        tariff, "300.00", tally=bought("170"), dues=Dues(debts=(a_debt("200.00", 30),))
    )

    assert explanation == Explanation(
        used_before=Quantity(milli("170")),
        used_after=Quantity(milli("199.4")),
        step=2,
        steps=3,
        left_in_step=Quantity(milli("60.6")),
        price=Price(70_000),
        next_price=Price(90_000),
        resets_on=datetime(2026, 12, 31, 16, tzinfo=UTC),
        free=Quantity(0),
        supply=Money(18580),
        deductions=(
            Deduction(
                kind=DeductionKind.FIXED_CHARGE,
                code="network",
                amount=Money(2400),
                months=(JANUARY + 1, JANUARY + 2),
            ),
            Deduction(kind=DeductionKind.DEBT, code="D7", amount=Money(9000), left=Money(11000)),
            Deduction(kind=DeductionKind.TAX_INCLUDED, code="tax", amount=Money(1534)),
        ),
        next_version=None,
    )


def test_exactly_at_a_bound_the_next_unit_is_in_the_next_step() -> None:
    explanation = explained(stepped(), "50.00", tally=bought("170"))

    assert (explanation.step, explanation.price) == (2, 70_000)
    assert explanation.left_in_step == milli("80")


def test_in_the_last_step_nothing_is_left_and_nothing_comes_after() -> None:
    explanation = explained(stepped(), "90.00", tally=bought("260"))

    assert (explanation.step, explanation.steps, explanation.price) == (3, 3, 90_000)
    assert (explanation.left_in_step, explanation.next_price) == (None, None)


def test_the_price_is_that_of_all_components_and_changes_where_any_of_them_does() -> None:
    tariff = a_tariff(
        components=[
            a_component(["180", "260"], ["2.07", "4.07", "6.07"]),
            a_component(["100"], ["1", "2"], code="sewage"),
        ]
    )

    explanation = explained(tariff, "30.70")

    assert (explanation.step, explanation.steps) == (1, 4)
    assert (explanation.price, explanation.next_price) == (30_700, 40_700)
    assert explanation.left_in_step == milli("90")


def test_the_household_moves_the_bounds_that_are_explained() -> None:
    tariff = stepped(household={"included_persons": 5, "extra_per_person": "60"})
    of_seven = replace(OPENED, persons=7)

    assert explained(tariff, "50.00", facts=of_seven).left_in_step == milli("290")
    assert explained(tariff, "50.00").left_in_step == milli("170")


def test_each_kind_of_deduction_is_named_in_the_order_it_is_made() -> None:
    tariff = a_tariff(
        **heat_keys()
        | {
            "rebates": [
                {
                    "code": "spring",
                    "name": {"en": "Spring"},
                    "rate": "0.05",
                    "components": ["heat"],
                    "from": "2026-03-01",
                    "until": "2026-03-31",
                }
            ],
            "tax": {"rate": "0.10", "inclusive": False, "components": ["heat"]},
        }
    )
    dues = Dues(credit=Money(-3000), debts=(a_debt("20.00", 50),))

    explanation = explained(
        tariff,
        "1000.30",
        facts=replace(OPENED, inner_m2=Quantity(milli("96.40"))),
        dues=dues,
        policy=Policy(cash_unit=Money(100), cash_rounding=Rounding.UP),
    )

    assert [(one.kind, one.code) for one in explanation.deductions] == [
        (DeductionKind.FEE, "basic"),
        (DeductionKind.DEBT, "D7"),
        (DeductionKind.ADJUSTMENT, ""),
        (DeductionKind.REBATE, "spring"),
        (DeductionKind.TAX, "tax"),
        (DeductionKind.ROUNDING, ""),
    ]
    by_kind = {one.kind: one.amount for one in explanation.deductions}
    assert by_kind[DeductionKind.FEE] == money("772.16")
    assert by_kind[DeductionKind.ADJUSTMENT] == money("30.00")
    assert by_kind[DeductionKind.REBATE] < 0


def test_credit_and_what_is_kept_are_named() -> None:
    explanation = explained(
        stepped(),
        "100.30",
        dues=Dues(credit=Money(2000)),
        policy=Policy(residual=Residual.BALANCE),
    )

    assert explanation.deductions == (
        Deduction(kind=DeductionKind.ADJUSTMENT, amount=Money(-1970)),
    )
    kept = explained(stepped(), "100.30", policy=Policy(residual=Residual.BALANCE))
    assert kept.deductions == (Deduction(kind=DeductionKind.KEPT, amount=Money(30)),)


def test_free_units_are_supply_and_no_deduction() -> None:
    free = {"code": "free", "name": {"en": "Free"}, "quantity": "5", "per": "month"}

    explanation = explained(stepped(free_allocation=free), "50.00")

    assert (explanation.free, explanation.supply) == (milli("5"), money("50.00"))
    assert explanation.used_after == milli("10")
    assert explanation.deductions == ()


def test_settled_consumption_is_named_and_places_the_customer() -> None:
    tariff = a_tariff(
        quota_basis="consumed", components=[a_component(["5", "10"], ["1", "2", "3"])]
    )
    ring = Consumption(((JANUARY + 1, Quantity(milli("14"))),))

    explanation = explained(tariff, "20.00", consumption=ring)

    opened_to_now = (JANUARY, JANUARY + 1, JANUARY + 2)
    assert [(one.kind, one.amount, one.months) for one in explanation.deductions] == [
        (DeductionKind.SETTLEMENT, money("5.00"), opened_to_now),
        (DeductionKind.SETTLEMENT, money("8.00"), opened_to_now),
    ]
    assert (explanation.used_after, explanation.step) == (milli("14"), 3)
    assert (explanation.price, explanation.supply) == (30_000, money("7.00"))


def test_a_period_that_is_over_is_settled_by_its_months_and_counts_nothing_now() -> None:
    tariff = a_tariff(
        quota_basis="consumed",
        cycle={"months": 1, "anchor": "01-01"},
        components=[a_component(["5", "10"], ["1", "2", "3"])],
    )
    ring = Consumption(((JANUARY + 1, Quantity(milli("7"))), (JANUARY + 2, Quantity(5000))))

    explanation = explained(
        tariff, "20.00", tally=Tally("2026-02", Quantity(5000)), consumption=ring
    )

    assert explanation.deductions == (
        Deduction(
            kind=DeductionKind.SETTLEMENT,
            code="water",
            amount=Money(200),
            months=(JANUARY + 1,),
        ),
    )
    assert (explanation.used_before, explanation.used_after, explanation.step) == (0, 0, 1)


def test_the_bounds_explained_are_those_of_the_period_that_runs() -> None:
    tariff = a_tariff(
        quota_basis="consumed",
        cycle={"months": 1, "anchor": "01-01"},
        part_period={"opening": "prorata"},
        components=[a_component(["6"], ["1", "3"])],
    )
    ring = Consumption(((JANUARY + 1, Quantity(milli("4"))),))

    explanation = explained(
        tariff,
        "20.00",
        facts=Facts(opened_on=date(2026, 2, 15)),
        tally=Tally("2026-02", Quantity(milli("3"))),
        consumption=ring,
    )

    assert [one.amount for one in explanation.deductions] == [money("2.00")]  # above 3, the half
    assert explanation.left_in_step == milli("6")


def test_the_next_version_tells_what_the_next_unit_will_cost() -> None:
    within = stepped("5.5", "7.7", "9.9", version=2, effective_from="2026-07-01T00:00:00")
    resetting = stepped(
        "5.5",
        "7.7",
        "9.9",
        version=2,
        effective_from="2026-07-01T00:00:00",
        on_version_change="reset",
    )
    next_year = stepped("5.5", "7.7", "9.9", version=2, effective_from="2027-01-01T00:00:00")

    def comes(next_tariff: Tariff) -> NextVersion | None:
        return explained(
            stepped(), "70.00", tally=bought("190"), next_tariff=next_tariff
        ).next_version

    july = datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert comes(within) == NextVersion(2, Price(77_000), july)
    assert comes(resetting) == NextVersion(2, Price(55_000), july)
    assert comes(next_year) == NextVersion(
        2, Price(55_000), datetime(2026, 12, 31, 16, tzinfo=UTC)
    )


@given(
    used=st.integers(0, 300_000),
    tendered=st.integers(1, 100_000),
    credit=st.integers(-20_000, 20_000),
    left=st.integers(0, 20_000),
    percent=st.integers(0, 40),
    residual=st.sampled_from(Residual),
)
def test_supply_and_deductions_add_up_to_what_is_paid(
    used: int, tendered: int, credit: int, left: int, percent: int, residual: Residual
) -> None:
    tariff = stepped(
        fixed_charges=[a_fixed_charge("12.00")],
        tax={"rate": "0.10", "inclusive": False, "components": ["water", "network"]},
    )
    dues = Dues(credit=Money(credit), debts=(a_debt(f"{left // 100}.{left % 100:02}", percent),))
    text = f"{tendered // 100}.{tendered % 100:02}"
    try:
        explanation = explained(
            tariff,
            text,
            tally=Tally("2026", Quantity(used)),
            dues=dues,
            policy=Policy(residual=residual, cash_unit=Money(5)),
        )
    except YikaError:
        return
    assert 1 <= explanation.step <= explanation.steps
    assert (explanation.left_in_step is None) == (explanation.step == explanation.steps)
    assert explanation.left_in_step is None or explanation.left_in_step > 0
