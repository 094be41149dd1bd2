"""The rules between the parts of a tariff: whatever makes no sense together is refused.

``docs/tariff-format.md`` has the same rules as a table, with the key that each refusal names.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from yika_common.errors import Phrase
from yika_common.services import Service
from yika_common.tariffs.errors import Unsound
from yika_common.tariffs.fees import Rebate
from yika_common.tariffs.parts import Opening, StepMode, VersionChange

if TYPE_CHECKING:
    from yika_common.tariffs.model import Tariff


def check_sound(tariff: "Tariff") -> None:
    """Check every rule between the parts.

    Raises:
        Unsound: the first found broken, with the path of the key to change.
    """
    _check_prices(tariff)
    if tariff.counts_consumption:
        _refuse_first(_nonsense_with_consumption(tariff))
    if tariff.holds_money:
        _refuse_first(_nonsense_with_money(tariff))
    _check_codes(tariff)
    _check_taxes(tariff)
    _check_rebates(tariff)
    _check_bounds(tariff)
    _check_free_units(tariff)
    if tariff.heat_basic_fee is not None and tariff.service is not Service.HEAT:
        raise Unsound("heat_basic_fee", Phrase("only the service heat has one"))
    if tariff.expires is not None:
        if tariff.expires.soft <= tariff.effective_from:
            raise Unsound("expires.soft", Phrase("it must be after effective_from"))
        if tariff.expires.hard <= tariff.expires.soft:
            raise Unsound("expires.hard", Phrase("it must be after soft"))


def _refuse_first(found: Iterable[tuple[str, Phrase]]) -> None:
    for key, why in found:
        raise Unsound(key, why)


def _check_prices(tariff: "Tariff") -> None:
    if not any(component.steps[-1].price for component in tariff.components):
        raise Unsound("components", Phrase("the last price of at least one must be above zero"))
    for index, component in enumerate(tariff.components):
        key = f"components[{index}].steps"
        if not component.prices_fall:
            continue
        # A falling price would repay what was bought before, and more could cost less.
        if tariff.step_mode is StepMode.WHOLE_BLOCK:
            raise Unsound(key, Phrase("with whole_block no price may fall"))
        if tariff.counts_consumption:
            raise Unsound(key, Phrase("with consumed no price may fall"))


def _check_codes(tariff: "Tariff") -> None:
    adds_tax = tariff.tax is not None and not tariff.tax.inclusive
    seen = {tariff.tax.code} if tariff.tax is not None and adds_tax else set()
    for path, part in tariff.coded():
        if part.code in seen:
            raise Unsound(f"{path}.code", Phrase("another line already has this code"))
        seen.add(part.code)


def _priced_codes(tariff: "Tariff") -> set[str]:
    """The codes of lines that a tax or a rebate can fall on."""
    others = {rebate.code for rebate in tariff.rebates} | {tax.code for tax in tariff.taxes}
    return {part.code for _, part in tariff.coded()} - others


def _check_named(path: str, codes: tuple[str, ...], known: set[str]) -> None:
    for index, code in enumerate(codes):
        if code not in known:
            raise Unsound(f"{path}.components[{index}]", Phrase("no line has this code"))


def _check_taxes(tariff: "Tariff") -> None:
    if tariff.tax is not None and tariff.taxes:
        raise Unsound("taxes", Phrase("either tax or taxes is given, not both"))
    known = _priced_codes(tariff)
    included: set[str] = set()
    for index, tax in enumerate(tariff.levied):
        path = "tax" if tariff.tax is not None else f"taxes[{index}]"
        _check_named(path, tax.components, known)
        if tax.inclusive:
            if not included.isdisjoint(tax.components):
                raise Unsound(
                    f"{path}.components", Phrase("another tax is already contained in such a line")
                )
            included.update(tax.components)


def _check_rebates(tariff: "Tariff") -> None:
    known = _priced_codes(tariff)
    begins = tariff.effective_from.astimezone(tariff.zone).date()
    for index, rebate in enumerate(tariff.rebates):
        path = f"rebates[{index}]"
        _check_named(path, rebate.components, known)
        if rebate.until < begins:
            raise Unsound(f"{path}.until", Phrase("it must not be before effective_from"))
        if any(_overlap(rebate, other) for other in tariff.rebates[:index]):
            raise Unsound(
                f"{path}.components", Phrase("another rebate lowers such a line on the same days")
            )
        for tax in tariff.levied:
            # Which part of the rebate lowers the taxed lines would otherwise be anybody's guess.
            if not set(tax.components).isdisjoint(rebate.components) and not set(
                rebate.components
            ).issubset(tax.components):
                raise Unsound(
                    f"{path}.components",
                    Phrase("a tax falls on some of these lines and not on the others"),
                )


def _overlap(one: Rebate, other: Rebate) -> bool:
    days = one.starts <= other.until and other.starts <= one.until
    return days and not set(one.components).isdisjoint(other.components)


def _check_bounds(tariff: "Tariff") -> None:
    bounded = any(len(component.steps) > 1 for component in tariff.components)
    seasonal, part = tariff.seasonal_quota, tariff.part_period
    if seasonal is not None and not bounded:
        raise Unsound("seasonal_quota", Phrase("no step has a bound that it could raise"))
    if seasonal is not None and tariff.step_mode is StepMode.WHOLE_BLOCK:
        raise Unsound(
            "seasonal_quota", Phrase("with whole_block a bound must not move within a period")
        )
    if part is None:
        return
    if not bounded:
        raise Unsound("part_period", Phrase("no step has a bound that it could scale"))
    prorata = part.opening is Opening.PRORATA
    if prorata and tariff.cycle.anchor is None:
        raise Unsound(
            "part_period.opening",
            Phrase("periods that begin with the account are never opened late"),
        )
    if not prorata and tariff.on_version_change is not VersionChange.PRORATA:
        raise Unsound("part_period", Phrase("neither opening nor on_version_change is prorata"))


def _check_free_units(tariff: "Tariff") -> None:
    free = tariff.free_allocation
    if free is None:
        return
    for key, most in tariff.limits.most_quantities.items():
        if free.most > most:
            raise Unsound(
                "free_allocation.most", Phrase("it must not be above %(most)s", most=key)
            )
    if free.counts_in_quota and tariff.step_mode is StepMode.WHOLE_BLOCK:
        raise Unsound(
            "free_allocation.counts_in_quota",
            Phrase("with whole_block free units would be charged in arrears"),
        )
    first = sum(component.steps[0].price for component in tariff.components)
    if free.price and free.price >= first:
        raise Unsound(
            "free_allocation.price", Phrase("it must be below the price of the first step")
        )


def _nonsense_with_consumption(tariff: "Tariff") -> Iterator[tuple[str, Phrase]]:
    """What is settled by consumption is known by whole months, and only afterwards."""
    if not any(component.steps[0].price for component in tariff.components):
        yield "components", Phrase("with consumed the first price of one must be above zero")
    if tariff.step_mode is StepMode.WHOLE_BLOCK:
        yield "step_mode", Phrase("with consumed it must be marginal")
    anchor = tariff.cycle.anchor
    if anchor is None or anchor.day != 1:
        yield "cycle.anchor", Phrase("with consumed it must be the first day of a month")
    if tariff.seasonal_quota is not None:
        yield "seasonal_quota", Phrase("with consumed it would hold by the day of the settlement")
    if tariff.free_allocation is not None:
        yield "free_allocation", Phrase("with consumed free units cannot be told from others")
    if tariff.limits.max_quantity_per_cycle is not None:
        yield (
            "limits.max_quantity_per_cycle",
            Phrase("with consumed nothing counts what was bought in a cycle"),
        )
    if tariff.on_version_change is not VersionChange.CARRY and not _begins_a_month(tariff):
        yield (
            "effective_from",
            Phrase("with consumed and such an on_version_change it must begin a month"),
        )


def _begins_a_month(tariff: "Tariff") -> bool:
    local = tariff.effective_from.astimezone(tariff.zone)
    return (local.day, local.hour, local.minute, local.second) == (1, 0, 0, 0)


def _nonsense_with_money(tariff: "Tariff") -> Iterator[tuple[str, Phrase]]:
    """A meter that holds money deducts one price by itself; nobody counts quantities."""
    if len(tariff.components) > 1:
        yield "components", Phrase("a meter that holds money has one component")
    if len(tariff.components[0].steps) > 1:
        yield "components[0].steps", Phrase("a meter that holds money has one step")
    if tariff.step_mode is StepMode.WHOLE_BLOCK:
        yield "step_mode", Phrase("with a meter that holds money it must be marginal")
    if tariff.counts_consumption:
        yield "quota_basis", Phrase("with a meter that holds money it must be purchased")
    for key in ("household", "seasonal_quota", "free_allocation", "part_period"):
        if getattr(tariff, key) is not None:
            yield key, Phrase("a meter that holds money has no quota")
