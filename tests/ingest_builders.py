"""What several tests of the intake of journals look up alike."""

from typing import Any

from central_builders import Pen
from settlement_builders import rows
from yika_central.bootstrap import Headquarters
from yika_central.db.tables import Suspense

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
