"""Which fees are due with a sale, whatever its quantity: heat basic fee and fixed charges."""

from collections.abc import Iterator

from yika_common.numbers import half_up
from yika_common.tariffs.errors import AreaUnknown, HeatClassUnknown
from yika_common.tariffs.fees import (
    ChargeAnchor,
    ChargeStart,
    FixedCharge,
    HeatBasicFee,
    LateOpening,
)
from yika_common.tariffs.lines import QuoteLine, charges_line, fee_line
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.parts import WHOLE_RATE, FeeRate
from yika_common.tariffs.usage import Usage


def due_lines(tariff: Tariff, usage: Usage) -> Iterator[QuoteLine]:
    """The lines of the fees that are due.

    Raises:
        AreaUnknown: the heat basic fee is due and the area is not known.
        HeatClassUnknown: or the tariff does not know the account's class.
    """
    fee = tariff.heat_basic_fee
    if fee is not None and not usage.heating_year_paid:
        if usage.area_m2 is None:
            raise AreaUnknown
        yield fee_line(fee.code, usage.area_m2, heat_rate(fee, usage))
    for charge in tariff.fixed_charges:
        times = times_due(charge, usage)
        if times:
            yield charges_line(charge.code, times, charge.amount)


def heat_rate(fee: HeatBasicFee, usage: Usage) -> FeeRate:
    """The basic fee of one m²: rate, days, coefficient and share, rounded half up to 1/1000000.

    Raises:
        HeatClassUnknown: the fee has coefficients, and none for the account's class.
    """
    numerator, denominator = int(fee.rate), 1
    if fee.days is not None:
        by_day = fee.late_opening is LateOpening.BY_DAY and usage.heat_days is not None
        numerator *= min(fee.days, usage.heat_days or 0) if by_day else fee.days
    if fee.coefficients and usage.heat_class:
        coefficient = dict(fee.coefficients).get(usage.heat_class)
        if coefficient is None:
            raise HeatClassUnknown(heat_class=usage.heat_class)
        numerator, denominator = numerator * coefficient, denominator * WHOLE_RATE
    if usage.heat_suspended and fee.suspended_share is not None:
        numerator, denominator = numerator * fee.suspended_share, denominator * WHOLE_RATE
    return FeeRate(half_up(numerator, denominator))


def times_due(charge: FixedCharge, usage: Usage) -> int:
    """How many times the charge is due."""
    months = due_months(charge, usage)
    if months is not None:
        return len(months)
    return min(usage.months_due, charge.catch_up_months) // charge.months


def due_months(charge: FixedCharge, usage: Usage) -> tuple[int, ...] | None:
    """The months the charge is due for, the oldest first; ``None`` when nobody tells the month.

    They are among the last ``months_due`` ones, at most ``catch_up_months`` back.  A charge of
    several months is due in the months that its anchor counts: January and every ``months``
    after it, or the month of the account's opening and every ``months`` after it.
    """
    if usage.month is None:
        return None
    opened = usage.opened_month
    first = 0
    if charge.anchor is ChargeAnchor.ACCOUNT and charge.months > 1:
        if opened is None:
            return None
        first = opened
    looked_at = min(usage.months_due, charge.catch_up_months)
    return tuple(
        month
        for month in range(max(0, usage.month - looked_at + 1), usage.month + 1)
        if (month - first) % charge.months == 0
        and (opened is None or _begun(charge, month, opened))
    )


def _begun(charge: FixedCharge, month: int, opened: int) -> bool:
    return month > opened or (month == opened and charge.starts is ChargeStart.OPENING)
