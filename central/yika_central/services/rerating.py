"""Re-rating: whatever arrived is priced again, and only what changed is written down.

Ingest, the tariff office and rulings put (account, service) pairs into a queue, each with the time
since which something changed.  Draining it prices the sales since the cut before that time again,
batch by batch: the database prices those of the common shape in one statement
(:mod:`yika_central.db.rating_plan`), Python the rest.  A pair leaves the queue in the transaction
that wrote its results, so a run that is cut off is repeated, and a run that finds nothing new
writes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from yika_central.db import rerating_store as store
from yika_central.db.database import Database
from yika_central.db.overtaken import end_overtaken
from yika_central.db.rating_pass import BEFORE_ALL, Pair, RatingPass, Scope
from yika_central.db.rating_plan import Plan
from yika_central.db.rerate_queue import queue_all, waiting
from yika_central.domain.published import Published
from yika_central.domain.ratings import Premises, Standing
from yika_central.domain.timeline import EVER
from yika_central.services.rerating_by_hand import ByHand
from yika_common.clock import Clock, to_timestamp
from yika_common.numbers import Money
from yika_common.services import Service
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

BATCH = 2000
"""Pairs in one transaction: few enough that ingest never waits long."""

Progress = Callable[[int], None]
"""Told how many pairs more have been looked at."""


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a run did: pairs looked at, ratings that are new, changed or gone, and the money.

    ``posted`` is the sum of the changes: above zero customers owe more than before the run.
    """

    pairs: int = 0
    changed: int = 0
    posted: Money = Money(0)  # noqa: RUF009 - a plain 0

    def __add__(self, other: "Rerun") -> "Rerun":
        return Rerun(
            self.pairs + other.pairs,
            self.changed + other.changed,
            Money(self.posted + other.posted),
        )


class Rerating:
    """Drains the queue of what must be priced again; ``zone`` is the utility's."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def drain(self, progress: Progress | None = None) -> Rerun:
        """Price everything that waits; what arrives meanwhile may wait for the next run.

        Raises:
            DiskFull, DatabaseBusy, DatabaseAway: what was written before stands, the rest waits.
        """
        with self._database.writing() as connection:
            end_overtaken(connection, to_timestamp(self._clock()))
        done, last, tariffs = Rerun(), BEFORE_ALL, _Tariffs()
        while True:
            batch, last = self._one_batch(last, tariffs)
            done += batch
            if progress is not None:
                progress(batch.pairs)
            if batch.pairs < BATCH:
                return done

    def queue_everything(self) -> int:
        """Queue every account and service with sales; returns how many pairs wait then."""
        with self._database.writing() as connection:
            queue_all(connection, to_timestamp(self._clock()))
        return self.waiting()

    def waiting(self) -> int:
        """How many pairs wait to be looked at."""
        with self._database.reading() as session:
            return waiting(session)

    def _one_batch(self, after: Pair, tariffs: "_Tariffs") -> tuple[Rerun, Pair]:
        """Price the next pairs of the queue; what was done, and the last of them."""
        now = self._clock()
        with self._database.writing() as connection:
            batch = RatingPass(connection)
            pairs, last = batch.take(BATCH, after)
            if not pairs:
                return Rerun(), last
            tariffs.refresh(connection)
            by_hand = ByHand(connection, batch, tariffs.published, self._zone)
            plans = _assign_plans(batch, tariffs, now)
            by_hand.find_starts()
            batch.send_disordered_back()
            for number, plan in plans.items():
                batch.price(number, plan)
            batch.leave_odd()
            by_hand.price()
            written = batch.write(to_timestamp(now))
            batch.strike_off()
        return Rerun(pairs, written.changed, Money(written.posted)), last


def _assign_plans(batch: RatingPass, tariffs: "_Tariffs", now: datetime) -> dict[int, Plan]:
    plans: dict[int, Plan] = {}
    for scope in batch.scopes():
        number, plan = tariffs.plan(scope, now)
        if plan.pays:
            batch.assign(scope, number, plan)
            plans[number] = plan
    return plans


@dataclass(slots=True)
class _Tariffs:
    """The published tariffs during one run, and the plans made of them."""

    digests: tuple[bytes, ...] = ()
    known: tuple[Tariff, ...] = ()
    published: Published = field(default_factory=lambda: Published(()))
    plans: list[Plan] = field(default_factory=list)
    numbers: dict[Scope, int] = field(default_factory=dict)

    def refresh(self, connection: Connection) -> None:
        """Read them again if another version was published since."""
        digests = store.tariff_digests(connection)
        if digests != self.digests:
            self.digests = digests
            self.known = tuple(parse_tariff(text) for text in store.tariff_documents(connection))
            self.published = Published(self.known)
            self.plans, self.numbers = [], {}

    def plan(self, scope: Scope, now: datetime) -> tuple[int, Plan]:
        """The plan for a class and area, and its number; equal lines of time share one."""
        if scope not in self.numbers:
            anyone = Standing(EVER, scope.tariff_class, Facts(opened_on=EVER.date()))
            premises = Premises(scope.area, (anyone,))
            timeline = self.published.timeline(Service(scope.service), premises, now)
            plan = Plan.of(timeline, self.known)
            if plan not in self.plans:
                self.plans.append(plan)
            self.numbers[scope] = self.plans.index(plan)
        number = self.numbers[scope]
        return number, self.plans[number]
