"""Re-rating: what each sale should have cost, and why it cost something else.

The volume on the card is fact, the price is computed again: by the same two functions with which
a node prices a sale and keeps its tally, folded over all purchases of one account and service in
their true order, as if one node had seen everything.  The difference is split by cause
(:mod:`yika_central.domain.ladder`), so that the parts add up to it exactly.

Source: docs/re-rating.md, with worked examples.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from yika_central.domain.ladder import Truth, shares_of
from yika_central.domain.published import Published, customer_of, named
from yika_central.domain.purchases import Position, Purchase, Timed, in_order
from yika_central.domain.ratings import Cause, Premises, Rated, Share, Standing
from yika_central.domain.timeline import EVER, Timeline
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Facts, Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import heating_year_of
from yika_common.tariffs.quota import consumption_claimed
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.situation import tally_after, usage_at
from yika_common.tariffs.usage import Usage

__all__ = ["Published", "named", "rerate"]

_ANY_QUANTITY: Final = Quantity(1)

_LARGEST_QUANTUM: Final = 1000
"""No meter counts less finely than whole units."""

_NOTHING: Final = Tally()
_NO_FELLOWS: Final[Mapping[Position, Premises | None]] = {}


def rerate(
    purchases: Iterable[Purchase],
    *,
    service: Service,
    premises: Premises | None,
    published: Published,
    before: Tally = _NOTHING,
    fellows: Mapping[Position, Premises | None] = _NO_FELLOWS,
) -> tuple[Rated, ...]:
    """Rate every purchase of one account and service, in the order they count.

    ``premises`` is None for an account that headquarters does not know: the tariff named by the
    purchase then says its class and area, and what the node claims of the account is believed.
    ``before`` is what was bought and charged before the first of the purchases.  ``fellows`` are
    those of the purchases that were made under another account of the same household, with what is
    known of that one: each is priced by its own account, all count together.  The result depends
    on nothing but the arguments' values: doubled or re-ordered purchases change nothing.
    """
    timed = in_order(purchases)
    if not timed:
        return ()
    until = max(max(item.at, item.purchase.not_after) for item in timed)
    fold = _Fold(service, published, premises, fellows, until, before, before)
    fold.all_count = all(item.purchase.counts for item in timed)
    return tuple(fold.rate(item) for item in timed)


@dataclass(slots=True)
class _Fold:
    """What was bought and charged so far: as it is, and had every purchase held."""

    service: Service
    published: Published
    premises: Premises | None
    fellows: Mapping[Position, Premises | None]
    until: datetime
    tally: Tally
    held: Tally
    all_count: bool = True

    def rate(self, timed: Timed) -> Rated:
        """Price a purchase after what is tallied, and count it there."""
        try:
            case = self._case(timed)
            return self._rated(case) if timed.purchase.counts else self._owed_back(timed, case)
        except YikaError as error:
            if not timed.purchase.counts:
                return self._owed_back(timed, None)
            return self._unpriced(timed, error.code)

    def _case(self, timed: Timed) -> "_Case":
        known = self._known(timed)
        premises = known or self._claimed_premises(timed)
        standing = premises.standing_at(timed.at)
        timeline = self.published.timeline(self.service, premises, self.until)
        span = timeline.at(timed.at)
        if span.tariff is None:
            assert span.problem is not None, "a span has a tariff or a problem"
            raise span.problem
        facts = standing.facts
        if facts.inner_m2 is None and facts.gross_m2 is None:
            area = timed.purchase.area_m2
            facts = replace(facts, inner_m2=area, gross_m2=area)
        return _Case(timed, span.tariff, facts, premises.area, timeline, known is not None)

    def _known(self, timed: Timed) -> Premises | None:
        """The account that a purchase was made under."""
        return self.fellows.get(timed.purchase.position, self.premises)

    def _claimed_premises(self, timed: Timed) -> Premises:
        """An account that headquarters does not know, as the purchase has it."""
        purchase = timed.purchase
        claimed = self.published.as_named(purchase.tariff)
        # Opened so long ago that the months claimed are due.
        opened_on = (timed.at - timedelta(days=31) * purchase.months_due).date()
        mixture = None if claimed is None else customer_of(claimed, "").mixture
        facts = Facts(
            opened_on=opened_on,
            persons=purchase.persons,
            heat_class=purchase.heat_class,
            equipment=tuple(purchase.equipment.split()),
            mixtures=() if mixture is None else (mixture,),
        )
        tariff_class = claimed.tariff_class if claimed is not None else ""
        area = claimed.area or "" if claimed is not None else ""
        return Premises(area, (Standing(EVER, tariff_class, facts),))

    def _rated(self, case: "_Case") -> Rated:
        purchase, tariff = case.timed.purchase, case.tariff
        usage = case.usage_after(self.tally)
        quote = case.quote(usage)
        had_all_held = usage if self.all_count else case.usage_after(self.held)
        truth = Truth(
            at=case.timed.at,
            tariff=tariff,
            usage=usage,
            had_all_held=had_all_held,
            area=case.area,
            facts=case.facts if case.known else None,
        )
        shares = tuple(shares_of(purchase, truth, quote.amount, self.published))
        self._count(case, usage, quote)
        pays_basic_fee = tariff.heat_basic_fee is not None and not usage.heating_year_paid
        return Rated(
            position=purchase.position,
            counted_at=case.timed.at,
            amount=quote.amount,
            difference=Money(quote.amount - purchase.charged),
            shares=shares,
            tariff=named(tariff),
            period=case.timeline.at(case.timed.at).name,
            used_before=usage.used,
            heating_year=heating_year_of(tariff, case.timed.at) if pays_basic_fee else None,
            charged_through=self.tally.charged_through,
            free_day=self.tally.free_day,
            straddles=case.straddles,
        )

    def _count(self, case: "_Case", usage: Usage, quote: Quote) -> None:
        self.tally = case.tally_after(self.tally, usage, quote)
        if self.all_count:
            self.held = self.tally
        else:
            self._hold(case)

    def _hold(self, case: "_Case") -> None:
        usage = case.usage_after(self.held)
        self.held = case.tally_after(self.held, usage, case.quote(usage))

    def _owed_back(self, timed: Timed, case: "_Case | None") -> Rated:
        if case is not None:
            with suppress(YikaError):
                self._hold(case)
        back = Money(-timed.purchase.charged)
        cause = Cause.VOIDED if timed.purchase.voided else Cause.SUPERSEDED
        return Rated(
            position=timed.purchase.position,
            counted_at=timed.at,
            amount=Money(0),
            difference=back,
            shares=(Share(cause, back),) if back else (),
            charged_through=self.tally.charged_through,
            free_day=self.tally.free_day,
        )

    def _unpriced(self, timed: Timed, code: str) -> Rated:
        return Rated(
            position=timed.purchase.position,
            counted_at=timed.at,
            amount=timed.purchase.charged,
            difference=Money(0),
            charged_through=self.tally.charged_through,
            free_day=self.tally.free_day,
            problem=code,
        )


@dataclass(frozen=True, slots=True)
class _Case:
    """One purchase, and what it is priced by."""

    timed: Timed
    tariff: Tariff
    facts: Facts
    area: str
    timeline: Timeline
    known: bool
    """Whether headquarters knows the account."""

    @property
    def straddles(self) -> bool:
        """Whether nobody can say for certain on which side of an edge it was made."""
        purchase = self.timed.purchase
        return purchase.decided_at is None and self.timeline.straddles(
            purchase.not_before, purchase.not_after, self.timed.at
        )

    def usage_after(self, tally: Tally) -> Usage:
        """What the price depends on after what is tallied.

        What a meter had used is evidence of the visit, and the meter's quantum rounds free units
        down: both are the node's to say.
        """
        purchase = self.timed.purchase
        usage = usage_at(
            self.tariff,
            self.facts,
            tally,
            quantum=_ANY_QUANTITY,
            at=self.timed.at,
            consumption=consumption_claimed(self.tariff, self.facts, purchase.claim),
        )
        if 0 <= usage.free - purchase.free < _LARGEST_QUANTUM:
            usage = replace(usage, free=purchase.free)
        return usage

    def quote(self, usage: Usage) -> Quote:
        """What was sold, at its price, whatever limits bind the counter."""
        charges, quantity = Charges(self.tariff, usage), self.timed.purchase.quantity
        lines = charges.lines(quantity)
        return Quote(
            quantity=quantity,
            amount=Money(sum(line.amount for line in lines)),
            residual=Money(0),
            lines=lines,
            free=charges.free(quantity),
            settled=charges.settled(quantity),
        )

    def tally_after(self, tally: Tally, usage: Usage, quote: Quote) -> Tally:
        """The tally once the purchase is counted."""
        return tally_after(self.tariff, self.facts, tally, usage, quote, self.timed.at)
