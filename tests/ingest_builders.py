"""What several tests of the intake of journals look up alike."""

from typing import Any

from central_builders import HandClock, Pen, enrol, publish_water
from settlement_builders import rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense
from yika_common.services import PROFILES

ACCOUNT = "N0001-000017"


def sell(pen: Pen, times: int = 1, **options: Any) -> int:
    """Sell water on the account; returns the last intent's seq."""
    seq = 0
    for _ in range(times):
        seq = pen.sell(ACCOUNT, "000000000004", card="860000000001", **options)
    return seq


def reasons(hq: Headquarters) -> list[str]:
    """The reasons in suspense, sorted."""
    return sorted(row["reason"] for row in rows(hq, Suspense))


def stocked_in(headquarters: Headquarters) -> Headquarters:
    """A headquarters with a published tariff, four meters and two cards of area A01."""
    publish_water(headquarters)
    headquarters.stock.take_in_new("A01", PROFILES[4], 2)
    return headquarters


def pen_of(stocked: Headquarters, clock: HandClock) -> Pen:
    """A node that has opened one account with the stocked meters."""
    node = enrol(stocked, clock)
    meters = [f"{number:012}" for number in range(1, 5)]
    node.open_account(ACCOUNT, meters, card="860000000001")
    return node
