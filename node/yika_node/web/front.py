"""What the pages share: the node behind them, the reader's watch and the card read last."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import cast

from flask import Response, current_app, make_response, url_for

from yika_common.cards.errors import CardSwapped
from yika_common.infra.web.site import signed_in, site
from yika_common.values import dataclass
from yika_node.bootstrap import Node
from yika_node.services.rights import Place
from yika_node.services.views import CardView
from yika_node.web.entrance import DeskSessions
from yika_node.web.watch import CardWatch

EXTENSION = "yika_node"


class LastCard:
    """The card that was read last, so that a price while typing needs no reading.

    It counts as long as the card stays where it was read: ``tag`` is the insertion's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._view: CardView | None = None
        self._tag = ""

    def keep(self, view: CardView | None, tag: str = "") -> None:
        """Remember this card, or none."""
        with self._lock:
            self._view, self._tag = view, tag

    def of(self, number: str, tag: str) -> CardView | None:
        """The card of that number, if it is the one read last and has not been out since."""
        with self._lock:
            view = self._view if self._tag == tag else None
        return view if view is not None and view.identity.number == number else None


@dataclass(frozen=True, slots=True)
class Front:
    """One program's counter.

    ``soon`` lets the exchange with headquarters run soon; ``sessions`` are those at its browsers;
    ``place`` is where its pages are opened.
    """

    node: Node
    watch: CardWatch
    last_card: LastCard
    soon: Callable[[], None]
    sessions: DeskSessions
    place: Place = Place.COUNTER

    def read_card(self) -> CardView:
        """Read the card in the reader, and remember it.

        Raises:
            those of ``CardDesk.read``: no card is remembered.
        """
        self.last_card.keep(None)
        view = self.node.cards.read(operator())
        self.last_card.keep(view, self.watch.read().tag)
        return view

    def card(self, number: str) -> CardView:
        """The card of that number as it was read last, else as it is in the reader now.

        Raises:
            CardSwapped: another card is in the reader.
            those of ``CardDesk.read``: no card is remembered.
        """
        view = self.last_card.of(number, self.watch.seen().tag) or self.read_card()
        if view.identity.number != number:
            found = view.identity.number or view.identity.serial.hex()
            raise CardSwapped(found=found, expected=number)
        return view


def front() -> Front:
    """The counter behind the current request."""
    return cast(Front, current_app.extensions[EXTENSION])


def node() -> Node:
    """The node behind the current request."""
    return front().node


def units_of(meters: Iterable[str]) -> dict[str, str]:
    """What each of these meters counts in: the sign of the currency where it holds money."""
    currency = site().currency
    return {meter: node().accounts.unit_of(meter, currency) for meter in set(meters)}


def go(endpoint: str) -> Response:
    """Let the page that asked by itself give way to another; keys typed meanwhile wait for it."""
    return go_to(url_for(endpoint))


def go_to(path: str) -> Response:
    """As :func:`go`, to a path of this program."""
    response = make_response("")
    response.headers["HX-Location"] = json.dumps({"path": path, "target": "body"})
    return response


def operator() -> str:
    """Who is signed in at the current request.

    Raises:
        NotSignedIn: nobody; the page is a public one.
    """
    return signed_in().user_id
