"""The ladder from what a purchase was charged to what is right, one rung for each cause.

On each rung one more of the node's assumptions is replaced by the truth, and the purchase is
priced again; the rung's cause owns the step in price.  A rung whose price nobody can tell (a
tariff that needs an area nobody recorded) is passed over, and the next owns its step too.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from yika_central.domain.published import Published, customer_of
from yika_central.domain.purchases import Purchase
from yika_central.domain.ratings import Cause, Share
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.situation import usage_claimed
from yika_common.tariffs.usage import Usage

Rung = tuple[Cause, Money]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is right for a purchase at the time it counts at.

    ``had_all_held`` is what ``usage`` would be if every purchase that is void or superseded now
    had counted; ``facts`` is None for an account that headquarters does not know.
    """

    at: datetime
    tariff: Tariff
    usage: Usage
    had_all_held: Usage
    area: str
    facts: Facts | None


def shares_of(
    purchase: Purchase, truth: Truth, right: Money, published: Published
) -> Iterator[Share]:
    """The steps of the ladder; they add up to ``right`` less what was charged."""
    if _assumed_the_truth(purchase, truth, published):
        rungs: Iterable[Rung] = ((Cause.WRONG_PRICE, right),)
    else:
        rungs = (*_rungs(purchase, truth, published), (Cause.LATE_VOID, right))
    below = purchase.charged
    for cause, price in rungs:
        if price != below:
            yield Share(cause, Money(price - below))
        below = price


def price_of(tariff: Tariff, usage: Usage, quantity: int) -> Money:
    """What was sold costs, whatever limits bind the counter.

    Raises:
        AreaUnknown, HeatClassUnknown: a fee is due that nobody can compute.
    """
    return Charges(tariff, usage).amount(quantity)


def _assumed_the_truth(purchase: Purchase, truth: Truth, published: Published) -> bool:
    """Whether nothing that bears on the price is replaced: most sales are priced but once."""
    if published.as_named(purchase.tariff) is not truth.tariff:
        return False
    try:
        claimed = _claimed(purchase, truth, truth.tariff, purchase.clamped)
    except YikaError:
        return False
    bearing = _BEARING + (_HEAT if truth.tariff.heat_basic_fee is not None else ())
    return all(getattr(claimed, name) == getattr(truth.usage, name) for name in bearing)


def _claimed(purchase: Purchase, truth: Truth, tariff: Tariff, at: datetime) -> Usage:
    """What the node assumed, of an account that was opened, and taken over, when we know."""
    facts = truth.facts
    return usage_claimed(
        tariff,
        purchase.claim,
        at,
        opened_on=None if facts is None else facts.opened_on,
        holders=facts is not None and facts.quota_from is not None,
    )


_BEARING: Final = (
    "used",
    "persons",
    "heating_year_paid",
    "months_due",
    "month",
    "opened_month",
    "free",
    "equipment",
    "on",
    "part_days",
    "consumed",
)
_HEAT: Final = ("area_m2", "heat_class", "heat_days", "heat_suspended")


def _rungs(purchase: Purchase, truth: Truth, published: Published) -> Iterator[Rung]:
    for cause, tariff, usage in _assumptions(purchase, truth, published):
        try:
            yield cause, price_of(tariff, usage, purchase.quantity)
        except YikaError:
            continue


def _assumptions(
    purchase: Purchase, truth: Truth, published: Published
) -> Iterator[tuple[Cause, Tariff, Usage]]:
    """From the node's own assumptions to all but the truth, each with the cause of its rung."""
    named = published.as_named(purchase.tariff)
    tariffs: list[tuple[Cause, Tariff, datetime]] = []
    if named is None:
        tariffs.append((Cause.UNKNOWN_TARIFF, truth.tariff, truth.at))
    else:
        tariffs.append((Cause.WRONG_PRICE, named, purchase.clamped))
        tariffs += (
            (Cause.STALE_TARIFF, tariff, truth.at)
            for tariff in _of_the_same_class(named, truth, published)
        )
        tariffs.append((_last_cause(named, truth.tariff), truth.tariff, truth.at))
    usage = truth.usage
    for cause, tariff, at in tariffs:
        try:
            usage = _claimed(purchase, truth, tariff, at)
        except YikaError:
            continue
        yield cause, tariff, usage
    for cause, corrected in _corrections(usage, truth):
        yield cause, truth.tariff, corrected


def _of_the_same_class(named: Tariff, truth: Truth, published: Published) -> Iterable[Tariff]:
    """What was in force for the class that the named version is for."""
    try:
        return (
            published.in_force(truth.tariff.service, customer_of(named, truth.area), truth.at),
        )
    except YikaError:
        return ()


def _last_cause(named: Tariff, right: Tariff) -> Cause:
    same = customer_of(named, "") == customer_of(right, "")
    return Cause.STALE_TARIFF if same else Cause.WRONG_CLASS


def _corrections(usage: Usage, truth: Truth) -> Iterator[tuple[Cause, Usage]]:
    """One after the other, what the node assumed of the account is replaced by the truth.

    What purchases that are void by now had counted for stays: a node that knew of them split no
    quota and missed no fee.
    """
    right, held = truth.usage, truth.had_all_held
    if truth.facts is not None:
        usage = replace(
            usage,
            persons=right.persons,
            area_m2=right.area_m2,
            heat_class=right.heat_class,
            heat_days=right.heat_days,
            heat_suspended=right.heat_suspended,
            equipment=right.equipment,
            part_days=right.part_days,
        )
        yield Cause.WRONG_FACTS, usage
    usage = replace(usage, used=Quantity(_between(usage.used, right.used, held.used)))
    yield Cause.QUOTA_SPLIT, usage
    paid = _between(usage.heating_year_paid, right.heating_year_paid, held.heating_year_paid)
    months = _between(usage.months_due, right.months_due, held.months_due)
    doubled = (paid, usage.months_due) > (usage.heating_year_paid, months)
    usage = replace(
        usage,
        heating_year_paid=bool(paid),
        months_due=months,
        month=right.month,
        opened_month=right.opened_month,
    )
    yield (Cause.DOUBLED_CHARGE if doubled else Cause.MISSED_CHARGE), usage
    free = _between(usage.free, right.free, held.free)
    yield Cause.FREE_UNITS, replace(usage, free=Quantity(free))


def _between(claimed: int, right: int, held: int) -> int:
    """``claimed``, moved to the nearer of two figures if it does not lie between them."""
    return max(min(right, held), min(claimed, max(right, held)))
