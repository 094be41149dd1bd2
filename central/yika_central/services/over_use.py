"""Over-use: what a meter lent or let through beyond nothing, found as another took its place.

The new meter begins at nothing, so the difference would be forgotten.  It is worth its quantity at
the price of the next unit when the old meter was last sold to; who registers the debt may say
another amount, sets the day it is due on, and above the limit a second person approves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from yika_central.db import over_use as store
from yika_central.db.database import Database
from yika_common.clock import from_timestamp
from yika_common.errors import N_, YikaError
from yika_common.numbers import Money, Price, Quantity, half_up

SHOWN: Final = 500
_WORTH = 100_000
"""Thousandths of a unit times 1/10000 of the currency's unit, as hundredths of it."""


class OverUseUnknown(YikaError):
    """No meter of the account was changed so, or its over-use has its debt."""

    code = "over_use_unknown"
    sentence = N_(
        "This over-use has its debt already, or is another account's. Nothing was registered. "
        "Look at the list again."
    )


@dataclass(frozen=True, slots=True)
class OverUse:
    """What was used beyond nothing at a meter's change; ``cause`` names the change."""

    cause: str
    account: str
    service: str
    meter: str
    quantity: Quantity
    price: Price
    amount: Money
    node: str
    at: datetime


class OverUses:
    """Lists what waits to be charged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> tuple[OverUse, ...]:
        """Over-use that no debt is for, newest first."""
        with self._database.reading() as session:
            connection = session.connection()
            return tuple(_view(connection, row) for row in store.over_used(connection, SHOWN))


def check_cause(connection: Connection, cause: str, account: str) -> None:
    """Let a debt of the account be for this over-use; the books must be held.

    Raises:
        OverUseUnknown: it must not.
    """
    if all(row["account"] != account for row in store.over_used(connection, 1, cause)):
        raise OverUseUnknown


def _view(connection: Connection, row: Mapping[Any, Any]) -> OverUse:
    price = store.unit_price(connection, row["old"], row["swapped_at"])
    return OverUse(
        cause=row["cause"],
        account=row["account"],
        service=row["service"],
        meter=row["old"],
        quantity=Quantity(row["over"]),
        price=Price(price),
        amount=Money(half_up(row["over"] * price, _WORTH)),
        node=row["node"],
        at=from_timestamp(row["swapped_at"]),
    )
