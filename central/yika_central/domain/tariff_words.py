"""What the keys of a tariff file are called, for people who compare two versions.

A key is named by its path without numbers and codes: ``components.steps.price``.  Keys follow
docs/tariff-format.md; one that is not listed here is shown under its path.
"""

from enum import StrEnum

from yika_common.errors import N_, Phrase


class Kind(StrEnum):
    """How a value is read: numbers are compared as numbers, everything else to the letter."""

    TEXT = "text"
    NUMBER = "number"
    PRICE = "price"
    MONEY = "money"
    QUANTITY = "quantity"


_TEXT, _NUMBER, _PRICE = Kind.TEXT, Kind.NUMBER, Kind.PRICE
_MONEY, _QUANTITY = Kind.MONEY, Kind.QUANTITY

KEYS: dict[str, tuple[str, Kind]] = {
    "format": (N_("format of the file"), _TEXT),
    "id": (N_("id of the tariff"), _TEXT),
    "version": (N_("version"), _TEXT),
    "service": (N_("service"), _TEXT),
    "class": (N_("class of customers"), _TEXT),
    "area": (N_("area"), _TEXT),
    "currency": (N_("currency"), _TEXT),
    "time_zone": (N_("time zone"), _TEXT),
    "effective_from": (N_("in force from"), _TEXT),
    "cycle.months": (N_("months of the quota period"), _TEXT),
    "cycle.anchor": (N_("day on which the quota period starts"), _TEXT),
    "quota_basis": (N_("what counts as used"), _TEXT),
    "step_mode": (N_("how steps are charged"), _TEXT),
    "on_version_change": (N_("what was counted, when a version begins"), _TEXT),
    "part_period.opening": (N_("quota of an account opened within the period"), _TEXT),
    "part_period.rounding": (N_("rounding of the bounds of a part of a period"), _TEXT),
    "part_period.unit": (N_("unit that bounds of a part of a period are rounded to"), _NUMBER),
    "household.included_persons": (N_("persons included in the bounds"), _TEXT),
    "household.extra_per_person": (N_("what each further person raises the bounds by"), _QUANTITY),
    "household.max_persons": (N_("most persons that raise the bounds"), _TEXT),
    "components.name": (N_("name of %(line)s (%(language)s)"), _TEXT),
    "components.payee": (N_("payee of %(line)s"), _TEXT),
    "components.steps.price": (N_("price of step %(step)s of %(line)s"), _PRICE),
    "components.steps.up_to": (N_("bound of step %(step)s of %(line)s"), _QUANTITY),
    "heat_basic_fee.code": (N_("code of %(line)s"), _TEXT),
    "heat_basic_fee.rate": (N_("rate of %(line)s"), _NUMBER),
    "heat_basic_fee.per": (N_("unit of %(line)s"), _TEXT),
    "heat_basic_fee.heating_year_starts": (N_("start of the heating year"), _TEXT),
    "heat_basic_fee.name": (N_("name of %(line)s (%(language)s)"), _TEXT),
    "heat_basic_fee.area": (N_("which area %(line)s is charged on"), _TEXT),
    "heat_basic_fee.days": (N_("days of the season of %(line)s"), _TEXT),
    "heat_basic_fee.coefficients": (N_("coefficient %(key)s of %(line)s"), _NUMBER),
    "heat_basic_fee.late_opening": (N_("%(line)s of who opens late"), _TEXT),
    "heat_basic_fee.season_starts": (N_("start of the heating season"), _TEXT),
    "heat_basic_fee.suspended_share": (N_("part of %(line)s while suspended"), _NUMBER),
    "fixed_charges.name": (N_("name of %(line)s (%(language)s)"), _TEXT),
    "fixed_charges.amount": (N_("amount of %(line)s"), _MONEY),
    "fixed_charges.months": (N_("months that %(line)s is for"), _TEXT),
    "fixed_charges.catch_up_months": (N_("most months of %(line)s in arrears"), _TEXT),
    "fixed_charges.anchor": (N_("from when the months of %(line)s count"), _TEXT),
    "fixed_charges.starts": (N_("first month of %(line)s"), _TEXT),
    "tax.rate": (N_("tax rate"), _NUMBER),
    "tax.inclusive": (N_("tax is contained in the prices"), _TEXT),
    "tax.components": (N_("what the tax falls on"), _TEXT),
    "taxes.name": (N_("name of %(line)s (%(language)s)"), _TEXT),
    "taxes.rate": (N_("rate of %(line)s"), _NUMBER),
    "taxes.inclusive": (N_("%(line)s is contained in the prices"), _TEXT),
    "taxes.components": (N_("what %(line)s falls on"), _TEXT),
    "free_allocation.code": (N_("code of the free units"), _TEXT),
    "free_allocation.name": (N_("name of the free units (%(language)s)"), _TEXT),
    "free_allocation.quantity": (N_("free units"), _QUANTITY),
    "free_allocation.per": (N_("how often free units fall due"), _TEXT),
    "free_allocation.price": (N_("price of the free units"), _PRICE),
    "free_allocation.most": (N_("most free units that wait"), _QUANTITY),
    "free_allocation.counts_in_quota": (N_("free units count in the quota"), _TEXT),
    "rebates.name": (N_("name of %(line)s (%(language)s)"), _TEXT),
    "rebates.rate": (N_("rate of %(line)s"), _NUMBER),
    "rebates.components": (N_("what %(line)s is given on"), _TEXT),
    "rebates.from": (N_("first day of %(line)s"), _TEXT),
    "rebates.until": (N_("last day of %(line)s"), _TEXT),
    "seasonal_quota.from": (N_("first day of the seasonal quota"), _TEXT),
    "seasonal_quota.until": (N_("last day of the seasonal quota"), _TEXT),
    "seasonal_quota.extra": (N_("what the season raises the bounds by"), _QUANTITY),
    "seasonal_quota.equipment": (N_("equipment that the seasonal quota is for"), _TEXT),
    "limits.min_quantity": (N_("least quantity of a sale"), _QUANTITY),
    "limits.max_quantity_per_sale": (N_("most quantity of a sale"), _QUANTITY),
    "limits.max_quantity_per_day": (N_("most quantity of a day"), _QUANTITY),
    "limits.max_quantity_per_month": (N_("most quantity of a month"), _QUANTITY),
    "limits.max_quantity_per_cycle": (N_("most quantity of a quota period"), _QUANTITY),
    "limits.min_amount": (N_("least amount of a sale"), _MONEY),
    "limits.max_amount_per_sale": (N_("most amount of a sale"), _MONEY),
    "limits.max_amount_per_day": (N_("most amount of a day"), _MONEY),
    "limits.max_amount_per_month": (N_("most amount of a month"), _MONEY),
    "limits.hoard.quantity": (N_("most quantity that may be in hand"), _QUANTITY),
    "limits.hoard.counts": (N_("what counts as in hand"), _TEXT),
    "expires.soft": (N_("a warning is shown from"), _TEXT),
    "expires.hard": (N_("sales end at"), _TEXT),
    "meter_holds": (N_("whether the meter holds a quantity or money"), _TEXT),
    "golden": (N_("golden cases"), _TEXT),
}
"""The words of a key, to be filled with the line's name, the step, the language; and its kind."""

ORDER = Phrase("order of the lines")
NOTHING = Phrase("nothing")
OTHER_CASES = N_("%(count)s, with other figures")

VALUES: dict[object, Phrase] = {
    True: Phrase("yes"),
    False: Phrase("no"),
    "purchased": Phrase("what was bought"),
    "consumed": Phrase("what was consumed"),
    "marginal": Phrase("each step at its own price"),
    "whole_block": Phrase("everything at the price of the step reached"),
    "carry": Phrase("goes on counting"),
    "reset": Phrase("starts from zero"),
    "prorata": Phrase("by the days that are left"),
    "full": Phrase("in full"),
    "half_up": Phrase("half up"),
    "down": Phrase("down"),
    "up": Phrase("up"),
    "by_day": Phrase("by the day"),
    "inner": Phrase("inner area"),
    "gross": Phrase("gross area"),
    "m2": Phrase("a square metre"),
    "opening": Phrase("the month of opening"),
    "next_month": Phrase("the month after opening"),
    "account": Phrase("day of the account's opening"),
    "calendar": Phrase("calendar"),
    "month": Phrase("every month"),
    "day": Phrase("every day"),
    "remaining": Phrase("what is left in the meter"),
    "remaining_and_sale": Phrase("what is left in the meter, with the sale"),
    "quantity": Phrase("quantity"),
    "money": Phrase("money"),
}
"""Words for values that the format knows; any other value stands for itself."""

TIMES = frozenset({"effective_from", "expires.soft", "expires.hard"})
"""Keys whose values are local dates and times."""

WORDED = frozenset(
    {
        "quota_basis", "step_mode", "on_version_change", "part_period.opening",
        "part_period.rounding", "heat_basic_fee.area", "heat_basic_fee.per",
        "heat_basic_fee.late_opening", "fixed_charges.anchor", "fixed_charges.starts",
        "tax.inclusive", "taxes.inclusive", "free_allocation.per",
        "free_allocation.counts_in_quota", "limits.hoard.counts", "meter_holds", "cycle.anchor",
    }
)  # fmt: skip
"""Keys whose values have words; a code of a line may read like one of them and has none."""
