"""What is looked at before a sale, in one order for the quote and for the commit alike.

Each check is a name and a question about the card's account; the first that has something against
the sale says so with its own error, whose code and sentence pages show.  What follows them belongs
to one meter's line (:meth:`yika_node.services.pricing.Pricing.price`), and to the money, which the
journal looks at within the transaction that takes it.  Who can help with each stands in
:mod:`yika_node.services.sale_stops`, which pages and the manual show.

Source: S13 of the catalogue of functions.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from yika_common.errors import YikaError
from yika_common.services import Service
from yika_node.services.allowed import service_refused
from yika_node.services.errors import AccountUnknown, SaleStillOpen
from yika_node.services.standing import Standing
from yika_node.services.views import Account


class Asked(NamedTuple):
    """What a sale is to be made to; ``refused`` is what the card's reading had against it.

    ``pending`` says whether an earlier sale to the card is not settled; it may look it up.
    """

    account: Account | None
    card: str
    refused: YikaError | None
    pending: Callable[[], bool]
    services: Iterable[Service]
    standing: Standing


def _known(asked: Asked) -> YikaError | None:
    return AccountUnknown(number=asked.card) if asked.account is None else None


def _refused(asked: Asked) -> YikaError | None:
    return asked.refused


def _settled(asked: Asked) -> YikaError | None:
    return SaleStillOpen(card=asked.card) if asked.pending() else None


def _allowed(asked: Asked) -> YikaError | None:
    return service_refused(asked.standing, asked.services)


CHECKS: Final[dict[str, Callable[[Asked], YikaError | None]]] = {
    "account": _known,
    "card": _refused,
    "settled": _settled,
    "service": _allowed,
}
"""By name, in their order."""


def check_sale(asked: Asked) -> None:
    """Raise what the first check has against the sale; return where none has anything."""
    for check in CHECKS.values():
        refusal = check(asked)
        if refusal is not None:
            raise refusal
