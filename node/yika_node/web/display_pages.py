"""The customer's display: a second window, turned to him, with what he pays and gets back.

It shows what is quoted at the counter, then what was paid, and no name: whoever stands behind him
reads along.  A window of the same browser, on a second screen; nothing is ever typed there.
"""

import threading
from datetime import datetime, timedelta
from typing import Final, NamedTuple, cast

from flask import Blueprint, current_app, render_template

from yika_common.clock import Clock, to_timestamp
from yika_common.infra.web.guard import needs, passive
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_node.services.payments import BasketQuote, Receipt
from yika_node.services.rights import Right
from yika_node.web.front import front, node, units_of
from yika_node.web.watch import Presence

pages = Blueprint("display", __name__)

LASTING: Final = timedelta(seconds=45)
"""So long a sale that was made stays to be read."""

_EXTENSION: Final = "yika_display"


class Shown(NamedTuple):
    """What the customer sees: service, quantity, unit and price of each line; then the sums."""

    lines: tuple[tuple[Service, Quantity, str, Money], ...]
    paid: Money
    given: Money
    change: Money
    sold: bool
    at: datetime

    @property
    def tag(self) -> str:
        """Another one for everything else that could be shown."""
        return f"{to_timestamp(self.at)}-{self.sold:d}-{self.paid}-{self.given}-{self.change}"


class Display:
    """What is shown now; set by the counter's requests, read by the window's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shown: Shown | None = None

    def show(self, shown: Shown | None) -> None:
        """From now on this, or nothing."""
        with self._lock:
            self._shown = shown

    def now(self, clock: Clock, *, card: bool) -> Shown | None:
        """What is shown; a quote goes with its card, a sale after a while."""
        with self._lock:
            shown = self._shown
        if shown is None:
            return None
        if shown.sold:
            return shown if clock() - shown.at < LASTING else None
        return shown if card else None


def display() -> Display:
    """The one of this program."""
    held = current_app.extensions.get(_EXTENSION)
    if held is None:
        held = current_app.extensions.setdefault(_EXTENSION, Display())
    return cast(Display, held)


def show_quote(basket: BasketQuote, given: Money, change: Money) -> None:
    """Let the customer see what is asked for so far."""
    units = units_of(line.meter for line in basket.lines)
    lines = tuple(
        (line.service, line.quote.quantity, units[line.meter], line.quote.amount)
        for line in basket.lines
    )
    display().show(Shown(lines, basket.paid, given, change, sold=False, at=basket.at))


def show_sold(sold: Receipt, given: Money, change: Money) -> None:
    """Let the customer see what he paid and gets back."""
    sales = [line.sale for line in sold.lines]
    units = units_of(sale.meter for sale in sales)
    lines = tuple((sale.service, sale.quantity, units[sale.meter], sale.amount) for sale in sales)
    display().show(Shown(lines, sold.paid, given, change, sold=True, at=node().clock()))


def _now() -> Shown | None:
    present = front().watch.seen().presence is Presence.CARD
    return display().now(node().clock, card=present)


@pages.get("/display")
@needs(Right.SELL)
def page() -> str:
    """The whole window."""
    return render_template("display.html", shown=_now(), settings=node().settings.settings())


@pages.get("/display/now/<tag>")
@needs(Right.SELL)
@passive
def now(tag: str) -> str | tuple[str, int]:
    """For the window: nothing (204) while all is as it was."""
    shown = _now()
    if tag == ("idle" if shown is None else shown.tag):
        return "", 204
    settings = node().settings.settings()
    return render_template("_displayed.html", shown=shown, settings=settings)
