"""A sale retraced from its intent: the bill, and how it came about."""

from contextlib import suppress
from datetime import datetime

from yika_common.journal.bodies import REFUND, Intent
from yika_common.journal.implied import counted_on_card
from yika_common.numbers import Money, Price, Quantity
from yika_common.sync.receipts import claim_of
from yika_common.tariffs.charges import QuoteLine, included_taxes
from yika_common.tariffs.dues import Bill, DebtTaken
from yika_common.tariffs.errors import CannotBeMixed
from yika_common.tariffs.explanation import Explanation, explain
from yika_common.tariffs.mixture import named_beside
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import period_of
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.situation import usage_claimed
from yika_node.services.premises import quantum_of
from yika_node.services.tariff_shelf import TariffShelf
from yika_node.services.views import Account


def tariff_of(shelf: TariffShelf, intent: Intent) -> Tariff | None:
    """The very tariff that the sale was priced by, if it is held.

    Where two classes share the meter, it is their two as one price.
    """
    first, beside = _held(shelf, intent.tariff_digest), named_beside(intent.mixed)
    if first is None or beside is None:
        return first
    second = _held(shelf, beside.digest)
    if second is None:
        return None
    with suppress(CannotBeMixed):
        return shelf.book().mixed(first, second, beside.percent)
    return None


def _held(shelf: TariffShelf, digest: str) -> Tariff | None:
    wanted = bytes.fromhex(digest)
    return next((one for one in shelf.tariffs() if one.digest.startswith(wanted)), None)


def bill_of(intent: Intent, tariff: Tariff | None) -> Bill:
    """What the sale came to; without the tariff nobody knows what of it was tax."""
    lines = tuple(
        QuoteLine(
            line.code, line.step, Quantity(line.quantity), Price(line.price), Money(line.amount)
        )
        for line in intent.lines
    )
    quote = Quote(
        quantity=Quantity(intent.quantity),
        amount=Money(intent.amount),
        residual=Money(intent.residual + intent.kept),
        lines=lines,
        included_taxes=() if tariff is None else included_taxes(tariff, lines),
        free=Quantity(intent.free),
        settled=Quantity(_settled(intent, tariff)),
    )
    return Bill(
        quote=quote,
        adjusted=Money(intent.adjusted),
        debts=tuple(
            DebtTaken(debt.debt, Money(debt.amount), Money(debt.left)) for debt in intent.debts
        ),
        kept=Money(intent.kept),
        rounding=Money(intent.rounding),
        change=Money(intent.residual),
        paid=Money(intent.paid),
    )


def explanation_of(
    intent: Intent, bill: Bill, tariff: Tariff, account: Account, at: datetime
) -> Explanation:
    """How the bill came about at ``at`` (aware), as the node knew things then."""
    facts = account.pricing_facts(tariff.zone)
    usage = usage_claimed(
        tariff,
        claim_of(intent),
        at,
        quantum=quantum_of(tariff),
        opened_on=facts.opened_on,
        holders=facts.quota_from is not None,
    )
    return explain(tariff, facts, usage, bill, period_of(tariff, at, facts.opened_on))


def _settled(intent: Intent, tariff: Tariff | None) -> int:
    """What was counted after the sale."""
    if intent.act == REFUND:
        return intent.used_before
    if tariff is None:
        return counted_on_card(intent)
    if tariff.counts_consumption:
        return max(intent.used_before, intent.consumed)
    free = tariff.free_allocation
    uncounted = 0 if free is None or free.counts_in_quota else intent.free
    return intent.used_before + intent.quantity - uncounted
