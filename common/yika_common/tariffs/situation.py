"""From facts and tally to a price's inputs, and from a sale to the next tally.

This is the truth that a vending node and headquarters share: a node prices with
:func:`usage_at`, writes what it assumed into its journal, and puts :func:`tally_after` on the
card; headquarters folds the same two functions over all purchases in their true order.  Both
depend on their arguments alone, and are defined for all of them.

The rules: a tally counts only in its own quota period; of the free units what fell due since the
last claim may be claimed now; fixed charges are due for the months after the last one that was
charged; the basic fee of heat once in a heating year.
"""

from collections.abc import Iterable
from datetime import date, datetime

from yika_common.numbers import Quantity
from yika_common.tariffs.facts import Claim, Consumption, Facts, Sold, Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.usage import OwnLimits, Usage


def usage_at(
    tariff: Tariff,
    facts: Facts,
    tally: Tally,
    *,
    quantum: Quantity,
    at: datetime,
    consumption: Consumption | None = None,
    stored: Quantity | None = None,
    sold: Sold | None = None,
    limits: OwnLimits | None = None,
) -> Usage:
    """What the price of a sale at ``at`` (aware) depends on.

    Args:
        tally: the furthest that is known; see :func:`together`.
        quantum: the least that the meter counts, 1/1000 of the unit.
        consumption: of all meters that share the quota, where the tariff counts consumption.
        stored: last known remaining credit plus what waits on the card.
        sold: so far that day and month.
        limits: the customer's own.
    """
    raise NotImplementedError


def tally_after(
    tariff: Tariff, facts: Facts, tally: Tally, usage: Usage, quote: Quote, at: datetime
) -> Tally:
    """The tally once the sale that ``quote`` prices has been made at ``at`` (aware).

    ``usage`` is what the quote was computed from.  No part of the tally ever goes back: a sale in
    a period before the tally's own leaves the count as it is.
    """
    raise NotImplementedError


def together(tariff: Tariff, facts: Facts, tallies: Iterable[Tally], at: datetime) -> Tally:
    """What tallies from several places (slots, journal, account sheet) say together at ``at``.

    As :meth:`Tally.newest`, and exact where periods start within a month or where an older
    version of the tariff named its periods otherwise: the period that ``at`` lies in comes before
    any that is over.
    """
    raise NotImplementedError


def usage_claimed(
    tariff: Tariff,
    claim: Claim,
    at: datetime,
    *,
    quantum: Quantity = Quantity(1),
    opened_on: date | None = None,
) -> Usage:
    """What a node assumed when it priced a purchase at ``at`` (aware), to price it once more.

    Args:
        quantum: 1 for any quantity: what was sold has a price in any case.
        opened_on: where the account's opening bears on the period or on fixed charges.
    """
    raise NotImplementedError
