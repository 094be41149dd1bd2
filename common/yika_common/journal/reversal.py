"""Giving a purchase back: what its refund says, from the purchase's own record alone.

A refund is a record of the same slot with the next count, whose total has fallen by what the
purchase added.  What the purchase did is undone:

======================  ====================================================================
of the purchase         after its refund
======================  ====================================================================
total                   what it was before: less the quantity, and less what an adjustment of
                        quantity added with it
quota                   what was counted in its period before it; where the card counts in
                        another period by then, the purchase had changed nothing there
heating year, free day  what they were before, where the purchase changed them
charged through         the months that it paid are due again
adjustments, debts      less what was settled and collected with it; the newest number applied
                        stays, for a number never goes back
parameters              as the card shows them: a meter keeps what it was set to
======================  ====================================================================

Quantity, amount, lines, adjustments, debts, what was kept and rounded stand in the refund's intent
with the other sign, so that a purchase and its refund add up to nothing in every sum.
"""

from dataclasses import replace

from yika_common.journal.bodies import REFUND, DebtPaid, Intent, Line
from yika_common.journal.implied import CardState, card_state

SIGNED = ("quantity", "amount", "adjusted", "adjusted_quantity", "kept", "rounding")
"""Figures that a refund tells with the other sign; so it does ``debts`` and ``lines``."""


def credited(purchase: Intent) -> int:
    """What the purchase added to the meter's total."""
    return purchase.quantity + purchase.adjusted_quantity


def restored(purchase: Intent) -> CardState:
    """What the card says of the account once the purchase is given back."""
    state = card_state(purchase)
    counted_there = state.period == purchase.period
    return state._replace(
        counted=purchase.used_before if counted_there else state.counted,
        heating_year=purchase.heating_before if purchase.heating_year else state.heating_year,
        charged_through=max(0, state.charged_through - purchase.months_due),
        free_day=purchase.free_before if purchase.free else state.free_day,
        money_total=state.money_total - purchase.adjusted + purchase.kept,
        quantity_total=state.quantity_total - purchase.adjusted_quantity,
        debts=state.debts - sum(debt.amount for debt in purchase.debts),
    )


def reversal(purchase: Intent, seq: int, *, approved: int, reason: str, mac: str) -> Intent:
    """The intent that gives back the purchase with this seq, with an empty ``rest``."""
    state = restored(purchase)
    return replace(
        purchase,
        **{name: -getattr(purchase, name) for name in SIGNED},
        basket=0,
        count=purchase.count + 1,
        total=purchase.total - credited(purchase),
        before_generation=purchase.generation,
        before_count=purchase.count,
        residual=0,
        typed=0,
        period=state.period,
        used_before=state.counted,
        heating_year=state.heating_year,
        heating_before=0,
        months_due=0,
        charged_through=state.charged_through,
        free_day=state.free_day,
        free_before=0,
        free=0,
        consumed=0,
        debts=tuple(DebtPaid(d.debt, -d.amount, d.left + d.amount) for d in purchase.debts),
        lines=tuple(
            Line(line.code, line.step, -line.quantity, line.price, -line.amount)
            for line in purchase.lines
        ),
        mac=mac,
        rest="",
        act=REFUND,
        refunds=seq,
        approved=approved,
        reason=reason,
    )
