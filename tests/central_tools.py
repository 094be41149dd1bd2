"""A headquarters that orders tool cards."""

from datetime import date
from typing import Any

from central_builders import ADMIN, HandClock, Pen, enrol
from yika_central.bootstrap import Headquarters
from yika_central.services.staff import Credential, StaffRole
from yika_central.services.stock import NewMeter
from yika_central.services.tool_desk import NewTool
from yika_common.cards.tool_order import OrderKind
from yika_common.services import Service

ZHAO = Credential("zhao", "the accountant's password")
METERS = ("M00000000001", "M00000000002", "M00000000003")
TODAY = date(2026, 6, 1)


def town(hq: Headquarters, clock: HandClock) -> Pen:
    """A node that issues special cards, three water meters in its area, one outside."""
    hq.staff.enter(ZHAO, frozenset({StaffRole.ACCOUNTANT}))
    pen = enrol(hq, clock)
    hq.stock.take_in("A01", [NewMeter(meter, Service.COLD_WATER) for meter in METERS], 0)
    hq.stock.take_in("A02", [NewMeter("M00000000009", Service.COLD_WATER)], 0)
    let_issue(hq)
    return pen


def let_issue(hq: Headquarters, allowed: int = 1) -> None:
    hq.tool_desk.let_issue("N0001", allowed=bool(allowed))


def ordered(hq: Headquarters, second: Credential | None = None, **changes: Any) -> str:
    usual: dict[str, Any] = {
        "node": "N0001",
        "holder": "Sun",
        "kind": OrderKind.INSPECTION,
        "meters": METERS[:2],
        "until": TODAY,
    }
    return hq.tool_desk.order(
        NewTool(**(usual | changes)), by=ADMIN.name, reason="the yearly round", second=second
    )
