"""One tariff over the purchases of one account and service, in order: the price of each.

The fold prices with the engine and the tally that nodes and re-rating share.  It counts by its own
tariff alone, as if no other had ever been, and takes the customer's facts as they are now.
"""

from dataclasses import replace
from datetime import datetime

from yika_central.domain.purchases import Purchase
from yika_common.errors import YikaError
from yika_common.numbers import Money, Quantity
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Facts, Tally
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.quota import consumption_claimed
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.situation import tally_after, usage_at
from yika_common.tariffs.usage import Usage

_ANY_QUANTITY = Quantity(1)
_NOTHING = Money(0)


class Fold:
    """What was bought and charged so far, by one tariff."""

    def __init__(self, tariff: Tariff, facts: Facts) -> None:
        self._tariff = tariff
        self._facts = facts
        self._tally = Tally()

    def price(self, purchase: Purchase, at: datetime) -> Money:
        """What the purchase costs, counted at ``at``; the fold then counts it.

        Limits bind the counter, not what was sold: any quantity has a price.

        Raises:
            AreaUnknown, HeatClassUnknown: the basic fee is due and cannot be computed; what was
                bought is counted all the same.
        """
        usage = usage_at(
            self._tariff,
            self._facts,
            self._tally,
            quantum=_ANY_QUANTITY,
            at=at,
            consumption=consumption_claimed(self._tariff, self._facts, purchase.claim),
        )
        try:
            quote = self._quote(usage, purchase.quantity)
        except YikaError:
            usage = replace(usage, heating_year_paid=True)
            self._count(usage, self._quote(usage, purchase.quantity), at)
            raise
        self._count(usage, quote, at)
        return quote.amount

    def _quote(self, usage: Usage, quantity: Quantity) -> Quote:
        charges = Charges(self._tariff, usage)
        lines = charges.lines(quantity)
        return Quote(
            quantity=quantity,
            amount=Money(sum(line.amount for line in lines)),
            residual=_NOTHING,
            lines=lines,
            free=charges.free(quantity),
            settled=charges.settled(quantity),
        )

    def _count(self, usage: Usage, quote: Quote, at: datetime) -> None:
        self._tally = tally_after(self._tariff, self._facts, self._tally, usage, quote, at)
