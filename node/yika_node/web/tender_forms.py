"""How a payment is made, as the forms that take money ask it.

The part ``_tenders.html`` has a field ``tender-…`` for each tender and ``reference-…`` for the
number it may have.  Where all are empty, which is nearly always, nothing is loaded for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from yika_common.errors import YikaError
from yika_common.numbers import Money, money_from_text, money_to_text
from yika_node.bootstrap import Node
from yika_node.db.money_projections import CASH, TENDERS
from yika_node.web.forms import Form, typed
from yika_node.web.till import till_of

if TYPE_CHECKING:
    from yika_common.journal.till_bodies import Tendered
    from yika_node.db.till_queries import TenderRow
    from yika_node.services.tenders import Given, Handing


def given_of(form: Form) -> Given | None:
    """What was typed of the tenders; None: nothing.

    Raises:
        NotANumber: a field holds something else than a sum.
    """
    named = {tender: typed(form, f"tender-{tender}") for tender in TENDERS}
    if not any(named.values()):
        return None
    from yika_common.journal.till_bodies import REFERENCE_MAX, Part  # noqa: PLC0415 - see above
    from yika_node.services.tenders import Given  # noqa: PLC0415

    return Given(
        tuple(
            Part(tender, money_from_text(text), typed(form, f"reference-{tender}")[:REFERENCE_MAX])
            for tender, text in named.items()
            if text and money_from_text(text)
        )
    )


def tendering_of(form: Form, due: Money) -> tuple[Tendered | None, YikaError | None]:
    """How a sum is paid with what was typed so far, or why it can't be."""
    try:
        given = given_of(form)
        return (None if given is None else given.record(due, 1)), None
    except YikaError as refusal:
        return None, refusal


def given_and_change(tendering: Tendered | None) -> tuple[Money, Money]:
    """What is put on the counter, and what goes back; nothing is said of exact cash."""
    if tendering is None:
        return Money(0), Money(0)
    return Money(tendering.total + tendering.change), Money(tendering.change)


def handing_of(form: Form) -> Handing:
    """How money is handed back, as typed.

    Raises:
        NotANumber: a field holds something else than a sum.
    """
    from yika_node.services.tenders import Given, Handing  # noqa: PLC0415 - most sales stand

    return Handing(given_of(form) or Given(()), typed(form, "otherwise"))


def handing_form(
    node: Node, epoch: int, receipt: int, money: Money, form: Form
) -> tuple[Sequence[TenderRow], Form] | None:
    """How a payment was made, and what its form begins with; None: it was all in cash."""
    rows = till_of(node).tenders(epoch, receipt)
    if all(row.tender == CASH for row in rows):
        return None
    if form or len(rows) > 1:
        return rows, form
    (row,) = rows
    alike = {f"tender-{row.tender}": money_to_text(money)}
    return rows, alike | {f"reference-{row.tender}": row.reference}
