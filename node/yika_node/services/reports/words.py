"""What codes are called in reports: English words of the program, translated where they are shown.

Pages and the process that writes workbooks both show them, and that process has no web framework.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from yika_common.errors import N_
from yika_common.services import Service

Translate = Callable[[str], str]

SERVICES: Final[dict[str, str]] = {
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
CLASSES: Final[dict[str, str]] = {
    "": N_("opened elsewhere"),
    "residential": N_("Residential"),
    "commercial": N_("Commercial"),
    "industrial": N_("Industrial"),
    "public": N_("Public institution"),
    "example": N_("Example"),
}
STATES: Final[dict[str, str]] = {
    "written": N_("on the card"),
    "pending": N_("waits for the card"),
    "superseded": N_("becomes an adjustment"),
    "refund": N_("refund"),
    "off": N_("did not take place"),
}
TENDERS: Final[dict[str, str]] = {
    "cash": N_("cash"),
    "card": N_("bank card"),
    "bank": N_("bank transfer"),
    "cheque": N_("cheque"),
    "mobile": N_("mobile payment"),
    "voucher": N_("voucher"),
}
MOVEMENTS: Final[dict[str, str]] = {
    "sale": N_("Sales"),
    "refund": N_("Refunds"),
    "card_fee": N_("Fees for cards"),
    "fee": N_("Other fees"),
    "deposit": N_("Deposits"),
    "guarantee": N_("Guarantees taken"),
    "guarantee_back": N_("Guarantees handed back"),
    "debt": N_("Debts paid as accounts ended"),
    "prepaid_back": N_("Deposits handed back as accounts ended"),
    "corrected": N_("Payments set right"),
    "corrected_z": N_("Payments of closed shifts set right"),
    "fee_back": N_("Fees given back"),
    "deposit_back": N_("Deposits given back"),
    "drop": N_("To the safe"),
    "paid_in": N_("Paid into the drawer"),
    "paid_out": N_("Paid out of the drawer"),
    "float": N_("Float"),
}
OUTCOMES: Final[dict[str, str]] = {
    "sold": N_("Sales"),
    "superseded": N_("Sales that become adjustments"),
    "refund": N_("Refunds"),
    "off": N_("Refunds that did not take place"),
}
TOTAL: Final = N_("Total")
ELSEWHERE: Final = N_("opened elsewhere")


def word(table: Mapping[str, str], code: str) -> str:
    """A code's English word; a code that this version does not know is shown as it is."""
    return table.get(code, code)


def words(table: Mapping[str, str], codes: Iterable[str]) -> tuple[str, ...]:
    """The words of several codes."""
    return tuple(word(table, code) for code in codes)


def unit_of(service: str) -> str:
    """The unit of a service's quantities; empty for a service this version does not know."""
    return Service(service).unit if service in SERVICES else ""


def shown(value: object, translate: Translate) -> str:
    """A word, or several, in a language."""
    parts = value if isinstance(value, tuple) else (value,)
    return ", ".join(translate(str(part)) for part in parts if part)
