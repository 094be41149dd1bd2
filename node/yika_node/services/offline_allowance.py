"""What a vending point may sell before headquarters answers again (离线销售额度).

Headquarters' settings bound it in money, in purchases and in hours since its last verified answer;
0 is no bound, and none is delivered.  A purchase beyond one is refused, within the transaction
that would have recorded it: so whoever takes a vending point away sells no more with it than that.
An answer, over the line or on a stick, begins the allowance anew; so does, once, one by telephone
(:mod:`yika_node.services.phone_desk`).

Counted are the journal's own purchases that no answer covers.  Money that was taken before an
answer was lost on the way is counted until the next one comes.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.late import LateModule
from yika_common.journal.bodies import PURCHASE, Intent
from yika_common.numbers import Money, money_to_text
from yika_common.sync.settings import Settings
from yika_common.values import dataclass
from yika_node.db.journal import Entry
from yika_node.db.store import Store

if TYPE_CHECKING:
    from yika_common.infra import engine
else:
    engine = LateModule("yika_common.infra.engine")

_HOUR: Final = 3600
_NEARLY: Final = 5
"""A fifth of a bound is left: it is time to exchange."""

_ANSWERED: Final = (
    "SELECT max(coalesce(a.upto, 0), coalesce(p.seq, 0)),"
    " max(coalesce(a.headquarters_at, i.founded_at), coalesce(p.at, 0)) FROM identity AS i"
    " LEFT JOIN acknowledgement AS a ON a.epoch = i.epoch"
    " LEFT JOIN (SELECT epoch, max(seq) AS seq, max(at) AS at FROM phone_answer"
    " WHERE purpose = 'allowance' AND subject = '' GROUP BY epoch) AS p ON p.epoch = i.epoch"
    " WHERE i.epoch = ?"
)
_SOLD: Final = (
    "SELECT count(DISTINCT seq), coalesce(sum(amount), 0) FROM money"
    " WHERE epoch = ? AND seq > ? AND what = 'sale'"
)


class AllowanceUsed(YikaError):
    """As much was sold as headquarters allows without its answer."""

    code = "allowance_used"
    sentence = N_(
        "Without an answer from headquarters this vending point may sell %(most)s, and that is "
        "reached. Nothing was sold. Exchange with headquarters, over the line or with a stick."
    )


class AllowanceOver(YikaError):
    """It is too long since headquarters answered."""

    code = "allowance_over"
    sentence = N_(
        "Headquarters has not answered for more than %(hours)s hours, and without its answer "
        "nothing may be sold. Nothing was sold. Exchange with headquarters, over the line or with "
        "a stick."
    )


@dataclass(frozen=True, slots=True)
class AllowanceLeft:
    """What is left of each bound; None: there is no such bound.  ``nearly``: of one a fifth."""

    money: Money | None
    sales: int | None
    until: datetime | None
    nearly: bool


class OfflineAllowance:
    """Counts what no answer covers; ``settings`` gives headquarters' bounds."""

    def __init__(self, store: Store, settings: Callable[[], Settings], clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    def rule(
        self, connection: sqlite3.Connection, entries: Sequence[Entry], _operator: str
    ) -> None:
        """Refuse purchases beyond the allowance, within their transaction."""
        if not any(isinstance(one.body, Intent) and one.body.act == PURCHASE for one in entries):
            return
        bounds = self._settings()
        if not _bounded(bounds):
            return
        epoch, now = entries[0].epoch, entries[-1].position.at
        upto, answered = connection.execute(_ANSWERED, (epoch,)).fetchone()
        sales, money = connection.execute(_SOLD, (epoch, upto)).fetchone()
        if bounds.offline_hours and now - answered > bounds.offline_hours * _HOUR:
            raise AllowanceOver(hours=bounds.offline_hours)
        if bounds.offline_money and money > bounds.offline_money:
            raise AllowanceUsed(most=money_to_text(Money(bounds.offline_money)))
        if bounds.offline_sales and sales > bounds.offline_sales:
            raise AllowanceUsed(most=str(bounds.offline_sales))

    def left(self, epoch: int) -> AllowanceLeft | None:
        """What may still be sold; None where nothing bounds it."""
        bounds = self._settings()
        if not _bounded(bounds):
            return None
        with engine.named_engine_failures(), self._store.engine.connect() as connection:
            upto, answered = connection.exec_driver_sql(_ANSWERED, (epoch,)).one()
            sales, money = connection.exec_driver_sql(_SOLD, (epoch, upto)).one()
        until = answered + bounds.offline_hours * _HOUR
        hours_left = max(0, until - to_timestamp(self._clock()))
        pairs = (
            (max(0, bounds.offline_money - money), bounds.offline_money),
            (max(0, bounds.offline_sales - sales), bounds.offline_sales),
            (hours_left, bounds.offline_hours * _HOUR),
        )
        return AllowanceLeft(
            money=Money(pairs[0][0]) if bounds.offline_money else None,
            sales=pairs[1][0] if bounds.offline_sales else None,
            until=from_timestamp(until) if bounds.offline_hours else None,
            nearly=any(bound and left * _NEARLY <= bound for left, bound in pairs),
        )


def _bounded(settings: Settings) -> bool:
    return bool(settings.offline_money or settings.offline_sales or settings.offline_hours)
