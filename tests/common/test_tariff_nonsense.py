"""Every combination that makes no sense is refused when the file is read, as documented.

``docs/tariff-format.md`` has a row for each of these cases, word by word.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from tariff_builders import NAME, a_component, a_document, a_fixed_charge, as_bytes, heat_keys
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.errors import TariffMalformed

STEPS: dict[str, Any] = {"components": [a_component(["180"], ["5", "7"])]}
FALLING: dict[str, Any] = {"components": [a_component(["180"], ["7", "5"])]}
CONSUMED: dict[str, Any] = {"quota_basis": "consumed"}
MONEY: dict[str, Any] = {"meter_holds": "money"}
WHOLE_BLOCK: dict[str, Any] = {"step_mode": "whole_block"}
SEASON = {"from": "11-15", "until": "03-15", "extra": "300", "equipment": "boiler"}
FREE = {"code": "fbe", "name": NAME, "quantity": "50", "per": "month"}


def rebate(code: str = "early", *codes: str, **more: object) -> dict[str, Any]:
    return {
        "code": code, "name": NAME, "rate": "0.02", "components": list(codes or ["water"]),
        "from": "2026-01-01", "until": "2026-03-31",
    } | more  # fmt: skip


def tax(code: str, *codes: str, inclusive: bool = True) -> dict[str, Any]:
    return {
        "code": code, "name": NAME, "rate": "0.09", "inclusive": inclusive,
        "components": list(codes or ["water"]),
    }  # fmt: skip


def heat(**fee: object) -> dict[str, Any]:
    keys = heat_keys()
    keys["heat_basic_fee"] |= fee
    return keys


def charge(**more: object) -> dict[str, Any]:
    return {"fixed_charges": [a_fixed_charge("12.00") | more]}


ONE_TAX = {"rate": "0.09", "inclusive": True, "components": ["water"]}
TWO_PARTS = {"components": [a_component([], ["5"]), a_component([], ["1"], "sewage")]}

NONSENSE: dict[tuple[str, str], dict[str, Any]] = {
    ("components", "the last price of at least one must be above zero"): {
        "components": [a_component(["9"], ["5", "0"])]
    },
    ("components[0].steps", "with whole_block no price may fall"): FALLING | WHOLE_BLOCK,
    ("components[0].steps", "with consumed no price may fall"): FALLING | CONSUMED,
    ("components[0].steps[0].up_to", "the last step must be open, without a bound"): {
        "components": [
            a_component([], ["5"]) | {"steps": [{"up_to": "9", "price": "5"}]},
        ]
    },
    ("components[0].steps[1].up_to", "every bound must be above the one before"): {
        "components": [a_component(["9", "9"], ["5", "6", "7"])]
    },
    ("components[1].code", "another line already has this code"): {
        "components": [a_component([], ["5"]), a_component([], ["5"])]
    },
    ("cycle.anchor", "some month in which a period would start lacks that day"): {
        "cycle": {"months": 1, "anchor": "01-31"}
    },
    ("household.max_persons", "it must be above included_persons"): STEPS
    | {"household": {"included_persons": 5, "extra_per_person": "60", "max_persons": 5}},
    ("seasonal_quota", "no step has a bound that it could raise"): {"seasonal_quota": SEASON},
    ("seasonal_quota", "with whole_block a bound must not move within a period"): STEPS
    | WHOLE_BLOCK
    | {"seasonal_quota": SEASON},
    ("part_period", "no step has a bound that it could scale"): {
        "part_period": {"opening": "prorata"}
    },
    ("part_period", "neither opening nor on_version_change is prorata"): STEPS
    | {"part_period": {"unit": "1"}},
    ("part_period.opening", "periods that begin with the account are never opened late"): STEPS
    | {"part_period": {"opening": "prorata"}, "cycle": {"months": 3, "anchor": "account"}},
    ("components", "with consumed the first price of one must be above zero"): {
        "components": [a_component(["9"], ["0", "5"])]
    }
    | CONSUMED,
    ("step_mode", "with consumed it must be marginal"): STEPS | CONSUMED | WHOLE_BLOCK,
    ("cycle.anchor", "with consumed it must be the first day of a month"): CONSUMED
    | {"cycle": {"months": 1, "anchor": "account"}},
    ("seasonal_quota", "with consumed it would hold by the day of the settlement"): STEPS
    | CONSUMED
    | {"seasonal_quota": SEASON},
    ("free_allocation", "with consumed free units cannot be told from others"): CONSUMED
    | {"free_allocation": FREE},
    (
        "limits.max_quantity_per_cycle",
        "with consumed nothing counts what was bought in a cycle",
    ): CONSUMED | {"limits": {"max_quantity_per_cycle": "9"}},
    (
        "effective_from",
        "with consumed and such an on_version_change it must begin a month",
    ): CONSUMED | {"on_version_change": "reset", "effective_from": "2020-01-02T00:00:00"},
    ("components", "a meter that holds money has one component"): MONEY | TWO_PARTS,
    ("components[0].steps", "a meter that holds money has one step"): MONEY | STEPS,
    ("step_mode", "with a meter that holds money it must be marginal"): MONEY | WHOLE_BLOCK,
    ("quota_basis", "with a meter that holds money it must be purchased"): MONEY | CONSUMED,
    ("household", "a meter that holds money has no quota"): MONEY
    | {"household": {"included_persons": 5, "extra_per_person": "60"}},
    ("seasonal_quota", "a meter that holds money has no quota"): MONEY
    | {"seasonal_quota": SEASON},
    ("free_allocation", "a meter that holds money has no quota"): MONEY
    | {"free_allocation": FREE},
    ("part_period", "a meter that holds money has no quota"): MONEY
    | {"part_period": {"opening": "prorata"}},
    ("heat_basic_fee", "only the service heat has one"): heat() | {"service": "gas"},
    ("heat_basic_fee.late_opening", "by_day needs days, the length of the season"): heat(
        late_opening="by_day", season_starts="11-15"
    ),
    ("heat_basic_fee.late_opening", "by_day needs season_starts"): heat(
        late_opening="by_day", days=121
    ),
    ("heat_basic_fee.season_starts", "only late_opening by_day uses it"): heat(
        season_starts="11-15", days=121
    ),
    ("heat_basic_fee.suspended_share", "it must not be above 1"): heat(suspended_share="1.1"),
    ("fixed_charges[0].catch_up_months", "it must not be below months"): charge(months=6),
    ("fixed_charges[0].anchor", "only charges of several months have one"): charge(
        anchor="account"
    ),
    (
        "fixed_charges[0].anchor",
        "with calendar, months must divide a year or be whole years",
    ): charge(anchor="calendar", months=5, catch_up_months=5),
    ("free_allocation.most", "it must not be below quantity"): {
        "free_allocation": FREE | {"most": "49"}
    },
    ("free_allocation.most", "it must not be above max_quantity_per_sale"): {
        "free_allocation": FREE,
        "limits": {"max_quantity_per_sale": "49"},
    },
    ("free_allocation.price", "it must be below the price of the first step"): {
        "free_allocation": FREE | {"price": "5"}
    },
    (
        "free_allocation.counts_in_quota",
        "with whole_block free units would be charged in arrears",
    ): STEPS | WHOLE_BLOCK | {"free_allocation": FREE | {"counts_in_quota": True}},
    ("rebates[0].rate", "it must be below 1"): {"rebates": [rebate(rate="1")]},
    ("rebates[0].until", "it must not be before from"): {"rebates": [rebate(until="2025-12-31")]},
    ("rebates[0].until", "it must not be before effective_from"): {
        "rebates": [rebate()],
        "effective_from": "2026-04-01T00:00:00",
    },
    ("rebates[1].components", "another rebate lowers such a line on the same days"): {
        "rebates": [rebate(), rebate("other")]
    },
    ("rebates[0].components", "a tax falls on some of these lines and not on the others"): {
        "rebates": [rebate("early", "water", "sewage")],
        "taxes": [tax("vat", "water")],
    }
    | TWO_PARTS,
    ("rebates[0].components[0]", "no line has this code"): {"rebates": [rebate("early", "early")]},
    ("taxes", "either tax or taxes is given, not both"): {"tax": ONE_TAX, "taxes": [tax("vat")]},
    ("taxes[0].components", "a code is there twice"): {"taxes": [tax("vat", "water", "water")]},
    ("taxes[0].components[0]", "no line has this code"): {"taxes": [tax("vat", "vat")]},
    ("taxes[1].components", "another tax is already contained in such a line"): {
        "taxes": [tax("vat"), tax("levy")]
    },
    ("limits.max_quantity_per_day", "it must not be below min_quantity"): {
        "limits": {"min_quantity": "9", "max_quantity_per_day": "8"}
    },
    ("limits.max_amount_per_sale", "it must not be below min_amount"): {
        "limits": {"min_amount": "9.00", "max_amount_per_sale": "8.99"}
    },
    ("limits.hoard.quantity", "it must not be below min_quantity"): {
        "limits": {
            "min_quantity": "9",
            "hoard": {"quantity": "8", "counts": "remaining_and_sale"},
        }
    },
    ("expires.soft", "it must be after effective_from"): {
        "expires": {"soft": "2020-01-01T00:00:00", "hard": "2021-01-01T00:00:00"}
    },
    ("expires.hard", "it must be after soft"): {
        "expires": {"soft": "2021-01-01T00:00:00", "hard": "2021-01-01T00:00:00"}
    },
}


@pytest.mark.parametrize(
    ("key", "why", "changes"),
    [pytest.param(*rule, changes, id=": ".join(rule)) for rule, changes in NONSENSE.items()],
)
def test_what_makes_no_sense_is_refused_by_its_key_and_reason(
    key: str, why: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(TariffMalformed) as refusal:
        parse_tariff(as_bytes(a_document(**changes)))
    assert refusal.value.facts == {"key": key, "why": why}


def test_every_rule_has_its_row_in_the_documentation_and_every_row_its_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tariff-format.md").read_text(encoding="utf-8")
    table = page.split("## What makes no sense\n")[1].split("\n## ")[0]
    rows = set(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|$", table, re.MULTILINE))
    assert rows == set(NONSENSE)


MEANINGFUL: dict[str, dict[str, Any]] = {
    "consumption may begin in any month": CONSUMED | {"cycle": {"months": 12, "anchor": "07-01"}},
    "consumption goes with households and part periods": STEPS
    | CONSUMED
    | {
        "household": {"included_persons": 5, "extra_per_person": "60"},
        "part_period": {"opening": "prorata"},
    },
    "a version that carries may begin at any time": CONSUMED
    | {"effective_from": "2020-01-02T12:00:00"},
    "account periods may be cut by a version": STEPS
    | {
        "cycle": {"months": 3, "anchor": "account"},
        "on_version_change": "prorata",
        "part_period": {"rounding": "down", "unit": "1"},
    },
    "a meter that holds money has fees, taxes and limits": MONEY
    | charge()
    | {"taxes": [tax("vat")], "limits": {"min_amount": "10.00"}},
    "whole blocks go with free units that do not count": STEPS
    | WHOLE_BLOCK
    | {"free_allocation": FREE},
    "rebates may follow one another": {
        "rebates": [rebate(), rebate("other", **{"from": "2026-04-01", "until": "2026-05-01"})]
    },
    "a contained tax and one on top fall on one line": {
        "taxes": [tax("vat"), tax("levy", inclusive=False)]
    },
    "a charge of two years is counted from the calendar": charge(
        anchor="calendar", months=24, catch_up_months=24
    ),
    "no taxes and no rebates": {"tax": ONE_TAX, "taxes": [], "rebates": None},
    "a hoard limit of what remains may be low": {
        "limits": {"min_quantity": "9", "hoard": {"quantity": "8", "counts": "remaining"}}
    },
}


@pytest.mark.parametrize("changes", MEANINGFUL.values(), ids=MEANINGFUL)
def test_what_makes_sense_is_taken(changes: dict[str, Any]) -> None:
    assert parse_tariff(as_bytes(a_document(**changes))).version == 1
