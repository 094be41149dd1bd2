"""What operators may do in a day: the limits that hold, and the form for a new one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from yika_common.errors import Phrase
from yika_common.infra.web.again import or_again
from yika_common.infra.web.faults import NotUnderstood, sentence_here
from yika_common.infra.web.guard import needs
from yika_common.numbers import Money, money_from_text, money_to_text
from yika_node.bootstrap import Node
from yika_node.services.rights import Right
from yika_node.services.views import Level, SaleEntry
from yika_node.web.approval_pages import ask
from yika_node.web.front import front, node, operator
from yika_node.web.labels import LEVELS

if TYPE_CHECKING:
    from yika_node.services.day_limits import DayLimits

pages = Blueprint("limit", __name__)

_LEVEL, _NAME = "level:", "name:"
_TIMES_MAX = 6


def day_limits_of(of: Node) -> DayLimits:
    """Limits of a day; loaded when they are asked for."""
    from yika_node.db.staff_queries import StaffQueries  # noqa: PLC0415 - see above
    from yika_node.services.day_limits import DayLimits  # noqa: PLC0415

    zone = of.config.place.zone
    return DayLimits(of.journal, of.queries, StaffQueries(of.store), of.clock, zone)


def _page() -> str:
    from yika_node.web.staff_words import LIMITS  # noqa: PLC0415

    names = [row.name for row in node().queries.operators() if not row.disabled_at]
    return render_template(
        "operator_limits.html",
        held=day_limits_of(node()).staff.day_limits(),
        limits=LIMITS,
        whos=[(_LEVEL + level.name, text) for level, text in LEVELS.items()]
        + [(_NAME + name, name) for name in names if name != operator()],
    )


@pages.get("/operators/limits")
@needs(Right.SEE_OPERATORS)
def page() -> str:
    """Every limit that holds."""
    return _page()


@pages.post("/operators/limits")
@needs(Right.LIMIT_OPERATORS)
@or_again(_page)
def hold() -> Response:
    """Let a limit hold from now on, or no more."""
    form = request.form
    times, amount = form.get("times", "").strip(), form.get("amount", "").strip()
    if times and (not times.isdecimal() or len(times) > _TIMES_MAX):
        raise NotUnderstood
    day_limits_of(node()).set(
        operator(),
        _who(form.get("who", "")),
        form.get("what", ""),
        (int(times or 0), money_from_text(amount) if amount else Money(0)),
        form.get("reason", ""),
    )
    flash(gettext("The limit holds from now on."), "good")
    return redirect(url_for("limit.page"), 303)


def ask_for_sale(card: str, entries: Sequence[SaleEntry]) -> Response:
    """Lead to the second person with the sale as it was typed; he leads on to its own page.

    Raises:
        those of ``SalesDesk.quote``: there is nothing to approve.
    """
    from yika_node.services.day_limits import sale_digest  # noqa: PLC0415 - see above

    basket = node().sales.quote(front().card(card), entries)
    typed = {
        name: value
        for name, value in request.form.items()
        if value and name not in {"csrf_token", "ask", "approval"}
    }
    what = Phrase(
        "Sell for %(money)s to account %(account)s, beyond the day's limit of %(operator)s",
        money=money_to_text(basket.paid),
        account=basket.account,
        operator=operator(),
    )
    digest = sale_digest(card, entries, basket.paid)
    then = f"{url_for('sale.approved')}?{urlencode(typed)}"
    return ask(digest, what, then, "sale beyond limit", basket.paid)


def tell_limit(what: str, amount: Money) -> None:
    """Let the second person know that what he is about to approve goes beyond a day's limit."""
    beyond = day_limits_of(node()).beyond(operator(), what, amount)
    if beyond is not None:
        flash(sentence_here(beyond), "warn")


def _who(text: str) -> tuple[str, Level | None]:
    """An operator, or an empty name and a level."""
    if text.startswith(_NAME):
        return text.removeprefix(_NAME), None
    try:
        return "", Level[text.removeprefix(_LEVEL)]
    except KeyError as cause:
        raise NotUnderstood from cause
