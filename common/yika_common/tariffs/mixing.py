"""One price of two tariffs: what a sale costs where two classes share a meter.

The price is again a tariff, the first class's, with the second class's components, rebates and
taxes beside its own; each component knows its portion of the quantity
(:mod:`yika_common.tariffs.mixture`).  So everything that prices, explains, limits or prices again
does so for the two together.

Periods, persons, equipment, fixed charges and limits are the first class's.  What has no sense, or
no single meaning, for a divided quantity is refused by its key.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TypeVar

from yika_common.errors import Phrase
from yika_common.tariffs.document import COMPONENTS_MAX, FEES_MAX
from yika_common.tariffs.errors import CannotBeMixed, Unsound
from yika_common.tariffs.fees import Rebate, Tax
from yika_common.tariffs.mixture import NamedBeside, Portion
from yika_common.tariffs.model import SecondClass, Tariff
from yika_common.tariffs.parts import Component, Name

BESIDE = "2:"
"""What the codes of the second class's lines begin with; no file's code can."""

_Rate = TypeVar("_Rate", Rebate, Tax)
_CODE_MAX = 32 - len(BESIDE)
_DIGEST_NAMED = 8


def mixed(first: Tariff, second: Tariff, percent: int) -> Tariff:
    """The price of a meter of which ``percent`` (0 to 100) is sold by ``second``.

    Raises:
        CannotBeMixed: the two tariffs cannot share a meter; it names the key.
    """
    for tariff, key, why in _nonsense(first, second):
        raise CannotBeMixed(tariff=f"{tariff.id} v{tariff.version}", key=key, why=why)
    unit = first.service.quantum
    begins = first.effective_from.astimezone(first.zone).date()
    try:
        return replace(
            first,
            step_mode=first.step_mode if _stepped(first) else second.step_mode,
            components=(
                *(_portion(one, Portion(percent, unit, second=False)) for one in first.components),
                *(
                    _portion(_beside(one), Portion(percent, unit, second=True))
                    for one in second.components
                ),
            ),
            rebates=(
                *first.rebates,
                *(_named_beside(one) for one in second.rebates if one.until >= begins),
            ),
            tax=None,
            taxes=(*first.levied, *(_named_beside(one) for one in second.levied)),
            golden=(),
            beside=SecondClass(second, percent),
        )
    except Unsound as cause:
        named = f"{first.id} v{first.version}"
        raise CannotBeMixed(tariff=named, key=cause.key, why=cause.why) from cause


def beside_of(tariff: Tariff) -> NamedBeside | None:
    """How a purchase by this tariff names the second class's; ``None``: there is no such one."""
    if tariff.beside is None:
        return None
    second = tariff.beside.tariff
    digest = second.digest[:_DIGEST_NAMED].hex()
    return NamedBeside(second.id, second.version, digest, tariff.beside.percent)


def _portion(component: Component, portion: Portion) -> Component:
    """The component for a portion; its name tells the percent, in every language."""
    texts = ((tongue, f"{text} · {portion.share} %") for tongue, text in component.name.texts)
    return replace(component, name=Name(tuple(texts)), portion=portion)


def _beside(component: Component) -> Component:
    return replace(component, code=BESIDE + component.code)


def _named_beside(part: _Rate) -> _Rate:
    codes = tuple(BESIDE + code for code in part.components)
    return replace(part, code=BESIDE + part.code, components=codes)


def _stepped(tariff: Tariff) -> bool:
    return any(len(component.steps) > 1 for component in tariff.components)


_Refused = Iterator[tuple[Tariff, str, Phrase]]


def _nonsense(first: Tariff, second: Tariff) -> _Refused:
    yield from _undividable(first)
    yield from _undividable(second)
    for key in ("fixed_charges", "household", "seasonal_quota"):
        if getattr(second, key):
            yield second, key, Phrase("only the tariff of the first class can have it")
    yield from _unlike(first, second)
    for key, most in (("components", COMPONENTS_MAX), ("rebates", FEES_MAX), ("levied", FEES_MAX)):
        if len(getattr(first, key)) + len(getattr(second, key)) > most:
            shown = "taxes" if key == "levied" else key
            yield second, shown, Phrase("the two tariffs have more than %(most)s", most=most)
    if any(len(part.code) > _CODE_MAX for _, part in second.coded()):
        yield second, "code", Phrase("it must have at most %(most)s characters", most=_CODE_MAX)


def _undividable(tariff: Tariff) -> _Refused:
    if tariff.counts_consumption:
        yield tariff, "quota_basis", Phrase("what was consumed is not known class by class")
    if tariff.holds_money:
        yield tariff, "meter_holds", Phrase("a meter that holds money deducts one price")
    if tariff.heat_basic_fee is not None:
        yield tariff, "heat_basic_fee", Phrase("the heated area has one class")
    if tariff.free_allocation is not None:
        yield tariff, "free_allocation", Phrase("free units belong to one class alone")


def _unlike(first: Tariff, second: Tariff) -> _Refused:
    alike = ["currency", "time_zone"]
    if _stepped(second):
        alike += ["cycle", "part_period"]
        if _stepped(first):
            alike.append("step_mode")
    for key in alike:
        if getattr(first, key) != getattr(second, key):
            yield second, key, Phrase("it must be that of the first class's tariff")
