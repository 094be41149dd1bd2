"""The parts of a tariff file that charge or grant something beside the steps."""

from yika_common.errors import Phrase
from yika_common.numbers import PRICE_PLACES, Price
from yika_common.tariffs import readers
from yika_common.tariffs.fees import (
    ChargeAnchor,
    ChargeStart,
    FixedCharge,
    FreeAllocation,
    HeatBasicFee,
    HeatedArea,
    LateOpening,
    Per,
    Rebate,
    Tax,
)
from yika_common.tariffs.parts import FeeRate
from yika_common.tariffs.query import DAYS_MAX, MONTHS_MAX
from yika_common.tariffs.strict_json import Node

CODES_MAX = 48
CLASSES_MAX = 16
NO_PRICE = Price(0)


def heat_basic_fee(node: Node) -> HeatBasicFee:
    """``heat_basic_fee``."""
    keys = node.members(
        ("rate", "per", "heating_year_starts", "code", "name"),
        ("area", "days", "coefficients", "late_opening", "season_starts", "suspended_share"),
    )
    if keys["per"].value != "m2":
        raise keys["per"].refusal(Phrase("it must be m2"))
    return node.build(
        HeatBasicFee,
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
        rate=readers.positive_rate(keys["rate"]),
        heating_year_starts=readers.month_day(keys["heating_year_starts"]),
        area=readers.with_default(
            keys, "area", lambda found: readers.choice(found, HeatedArea), HeatedArea.INNER
        ),
        days=readers.optional(keys, "days", lambda found: found.integer(1, DAYS_MAX)),
        coefficients=readers.with_default(keys, "coefficients", _coefficients, ()),
        late_opening=readers.with_default(
            keys,
            "late_opening",
            lambda found: readers.choice(found, LateOpening),
            LateOpening.FULL,
        ),
        season_starts=readers.optional(keys, "season_starts", readers.month_day),
        suspended_share=readers.optional(keys, "suspended_share", readers.share),
    )


def _coefficients(node: Node) -> tuple[tuple[str, FeeRate], ...]:
    nodes = node.named(CLASSES_MAX)
    return tuple(
        (readers.short_code(Node(found.path, key)), readers.positive_rate(found))
        for key, found in nodes.items()
    )


def fixed_charge(node: Node) -> FixedCharge:
    """One of ``fixed_charges``."""
    keys = node.members(
        ("code", "name", "amount", "months", "catch_up_months"), ("anchor", "starts")
    )
    return node.build(
        FixedCharge,
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
        amount=readers.positive_money(keys["amount"]),
        months=keys["months"].integer(1, MONTHS_MAX),
        catch_up_months=keys["catch_up_months"].integer(1, MONTHS_MAX),
        anchor=readers.optional(keys, "anchor", lambda found: readers.choice(found, ChargeAnchor)),
        starts=readers.with_default(
            keys, "starts", lambda found: readers.choice(found, ChargeStart), ChargeStart.OPENING
        ),
    )


def free_allocation(node: Node) -> FreeAllocation:
    """``free_allocation``."""
    keys = node.members(("code", "name", "quantity", "per"), ("price", "most", "counts_in_quota"))
    due = readers.positive_quantity(keys["quantity"])
    return node.build(
        FreeAllocation,
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
        quantity=due,
        per=readers.choice(keys["per"], Per),
        price=readers.with_default(
            keys, "price", lambda found: Price(found.decimal(PRICE_PLACES)), NO_PRICE
        ),
        most=readers.with_default(keys, "most", readers.positive_quantity, due),
        counts_in_quota=readers.with_default(keys, "counts_in_quota", Node.boolean, default=False),
    )


def rebate(node: Node) -> Rebate:
    """One of ``rebates``."""
    keys = node.members(("code", "name", "rate", "components", "from", "until"))
    return node.build(
        Rebate,
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
        rate=readers.positive_rate(keys["rate"]),
        components=readers.line_codes(keys["components"], CODES_MAX),
        starts=readers.day(keys["from"]),
        until=readers.day(keys["until"]),
    )


def tax(node: Node) -> Tax:
    """``tax``, which has no code of its own."""
    keys = node.members(("rate", "inclusive", "components"))
    return Tax(
        rate=readers.positive_rate(keys["rate"]),
        inclusive=keys["inclusive"].boolean(),
        components=readers.line_codes(keys["components"], CODES_MAX),
    )


def named_tax(node: Node) -> Tax:
    """One of ``taxes``."""
    keys = node.members(("code", "name", "rate", "inclusive", "components"))
    return Tax(
        rate=readers.positive_rate(keys["rate"]),
        inclusive=keys["inclusive"].boolean(),
        components=readers.line_codes(keys["components"], CODES_MAX),
        code=readers.line_code(keys["code"]),
        name=readers.name(keys["name"]),
    )
