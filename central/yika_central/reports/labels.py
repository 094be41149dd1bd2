"""What codes are called on pages and in workbooks; translated where they are shown."""

from yika_central.domain.ratings import Cause
from yika_common.errors import N_
from yika_common.services import Service

SERVICES: dict[str, str] = {
    Service.ELECTRICITY_SINGLE: N_("Electricity, single phase"),
    Service.ELECTRICITY_THREE: N_("Electricity, three phase"),
    Service.HEAT: N_("Heat"),
    Service.GAS: N_("Gas"),
    Service.COLD_WATER: N_("Cold water"),
    Service.HOT_WATER: N_("Hot water"),
    Service.RECYCLED_WATER: N_("Recycled water"),
    Service.PURIFIED_WATER: N_("Purified water"),
    Service.BULK_WATER: N_("Large-bore water"),
}

OUTCOMES: dict[str, str] = {
    "WRITTEN": N_("On the card"),
    "PENDING": N_("Pending"),
    "SUPERSEDED": N_("Superseded"),
    "REFUNDED": N_("Refunded"),
    "REFUND": N_("Refund"),
}
"""How a sale ended, as reports tell it apart: a purchase that was given back, and the refund whose
money was handed out, stand in two rows that add up to nothing."""

REFUNDS_AHEAD: dict[str, str] = {
    "REFUND_WAITS": N_("Refund, not paid out"),
    "REFUND_OFF": N_("Refund that did not take place"),
}
"""Refunds that no report counts."""

CAUSES: dict[str, str] = {
    Cause.WRONG_PRICE: N_("Wrong price"),
    Cause.UNKNOWN_TARIFF: N_("Unknown tariff"),
    Cause.STALE_TARIFF: N_("Stale tariff"),
    Cause.WRONG_CLASS: N_("Wrong class"),
    Cause.WRONG_FACTS: N_("Wrong facts of the account"),
    Cause.QUOTA_SPLIT: N_("Quota split"),
    Cause.DOUBLED_CHARGE: N_("Fee taken twice"),
    Cause.MISSED_CHARGE: N_("Fee not taken"),
    Cause.FREE_UNITS: N_("Free units"),
    Cause.LATE_VOID: N_("Voided before it"),
    Cause.SUPERSEDED: N_("Superseded"),
    Cause.VOIDED: N_("Voided"),
}

PROBLEMS: dict[str, str] = {
    "area_unknown": N_("The heated area is not known"),
    "heat_class_unknown": N_("The tariff does not know the account's heat class"),
    "no_tariff_in_force": N_("No tariff was in force"),
    "tariffs_clash": N_("Two tariffs were in force"),
}
"""Why a sale cannot be priced, by the error's code."""

ADJUSTMENT_KINDS: dict[str, str] = {
    "POSTING": N_("re-rating"),
    "PAID_BACK": N_("paid back"),
    "COLLECTED_TWICE": N_("debt collected twice"),
    "BY_HAND": N_("decided by hand"),
    "DEPOSIT": N_("paid in without the card"),
    "AT_THE_END": N_("settled as the account ended"),
    "TRANSFER": N_("transferred between accounts"),
}

DEBT_AGES = (
    N_("not due"),
    N_("1 to 30 days"),
    N_("31 to 60 days"),
    N_("61 to 90 days"),
    N_("more than 90 days"),
)
"""How late debts are, in the order of :func:`yika_central.domain.debts.age_of`."""


def unit_of(service: str) -> str:
    """The unit of a service's quantities; empty for a service this version does not know."""
    return Service(service).unit if service in SERVICES else ""
