"""Re-rating: whatever arrived is priced again, and only what changed is written down.

Ingest and the tariff office put (account, service) pairs into a queue.  Draining it prices every
sale of such a pair again and posts the change of each difference.  A pair leaves the queue in the
transaction that wrote its results, so a run that is cut off is repeated, and a run that finds
nothing new writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from yika_central.db import rerating_store as store
from yika_central.db.database import Database
from yika_central.db.rerate_queue import queue
from yika_central.db.tables import Sale, table_of
from yika_central.domain.purchases import Position, Purchase, TariffUsed
from yika_central.domain.ratings import Customer, Rated
from yika_central.domain.rerating import Published, rerate
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.document import parse_tariff

BATCH = 100
"""Pairs in one transaction: few enough that ingest never waits long."""

SUPERSEDED = "SUPERSEDED"


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a run did: pairs looked at, sales whose rating is new or changed, and the money.

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
    """Drains the queue of what must be priced again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def drain(self) -> Rerun:
        """Price everything that waits; what arrives meanwhile may wait for the next run.

        Raises:
            DiskFull, DatabaseBusy, DatabaseAway: what was written before stands, the rest waits.
        """
        done = Rerun()
        while True:
            batch = self._one_batch()
            done += batch
            if batch.pairs < BATCH:
                return done

    def queue_everything(self) -> int:
        """Queue every account and service with sales; returns how many pairs that are."""
        table = table_of(Sale)
        with self._database.writing() as connection:
            pairs = connection.execute(select(table.c.account, table.c.service).distinct()).all()
            queue(connection, [(row[0], row[1]) for row in pairs], to_timestamp(self._clock()))
        return len(pairs)

    def _one_batch(self) -> Rerun:
        with self._database.writing() as connection:
            tickets = store.take_tickets(connection, BATCH)
            if not tickets:
                return Rerun()
            run = _Run(connection, [(t.account, t.service) for t in tickets], self._now())
            changed, posted = run.write()
            store.strike_off(connection, tickets)
        return Rerun(len(tickets), changed, Money(posted))

    def _now(self) -> int:
        return to_timestamp(self._clock())


class _Run:
    """One batch, inside its transaction."""

    def __init__(self, connection: Connection, pairs: Sequence[store.Pair], at: int) -> None:
        self._connection = connection
        self._pairs = pairs
        self._at = at
        documents = store.tariff_documents(connection)
        self._published = Published(parse_tariff(document) for document in documents)

    def write(self) -> tuple[int, int]:
        """Write what differs from what is stored; returns how many sales, and the money."""
        connection, pairs = self._connection, self._pairs
        ratings = store.ratings_of(connection, pairs)
        shares = store.shares_of(connection, pairs)
        posted = store.posted_for(connection, pairs)
        changed: list[dict[str, Any]] = []
        changed_shares: list[dict[str, Any]] = []
        postings: list[dict[str, Any]] = []
        for sale, rated in self._rated():
            place = tuple(sale[name] for name in store.PLACE)
            keys = dict(zip(store.PLACE, place, strict=True))
            row = keys | _rating(sale, rated)
            causes = {str(share.cause): int(share.amount) for share in rated.shares}
            if _same(ratings.get(place), row) and shares.get(place, {}) == causes:
                continue
            changed.append(row | {"rated_at": self._at})
            changed_shares += [
                keys | {"cause": cause, "amount": amount} for cause, amount in causes.items()
            ]
            before = posted.get(place, store.Posted(0, 0))
            if rated.difference != before.amount:
                postings.append(keys | self._posting(sale, rated, before))
        places = [tuple(row[name] for name in store.PLACE) for row in changed]
        store.put_ratings(connection, changed)
        store.replace_shares(connection, places, changed_shares)
        store.add_postings(connection, postings)
        return len(changed), sum(int(posting["amount"]) for posting in postings)

    def _rated(self) -> list[tuple[dict[str, Any], Rated]]:
        """Every sale of the batch with what it should have cost."""
        scopes = store.scopes_of(self._connection, (account for account, _ in self._pairs))
        sales = [dict(row._mapping) for row in store.sales_of(self._connection, self._pairs)]
        found = []
        for (account, service), group in groupby(
            sales, key=lambda sale: (sale["account"], sale["service"])
        ):
            by_position = {_position(sale): sale for sale in group}
            ratings = rerate(
                [_purchase(sale) for sale in by_position.values()],
                service=Service(service),
                customer=Customer(*scopes[account]) if account in scopes else None,
                published=self._published,
            )
            found += [(by_position[rated.position], rated) for rated in ratings]
        return found

    def _posting(self, sale: dict[str, Any], rated: Rated, before: store.Posted) -> dict[str, Any]:
        return {
            "number": before.number + 1,
            "account": sale["account"],
            "service": sale["service"],
            "amount": rated.difference - before.amount,
            "posted_at": self._at,
        }


def _position(sale: dict[str, Any]) -> Position:
    return Position(sale["node"], sale["epoch"], sale["seq"], bytes(sale["hash"]))


def _purchase(sale: dict[str, Any]) -> Purchase:
    return Purchase(
        position=_position(sale),
        meter=sale["meter"],
        generation=sale["generation"],
        count=sale["count"],
        stamped_at=from_timestamp(sale["stamped_at"]),
        not_before=from_timestamp(sale["not_before"]),
        not_after=from_timestamp(sale["not_after"]),
        quantity=Quantity(sale["quantity"]),
        charged=Money(sale["amount"]),
        tariff=TariffUsed(sale["tariff_id"], sale["tariff_version"], sale["tariff_hash"]),
        used_before=Quantity(sale["used_before"]),
        persons=sale["persons"] or None,
        area_m2=sale["area_m2"],
        heating_year=sale["heating_year"],
        months_due=sale["months_due"],
        delivered=sale["outcome"] != SUPERSEDED,
    )


def _rating(sale: dict[str, Any], rated: Rated) -> dict[str, Any]:
    tariff = rated.tariff or TariffUsed("", 0, "")
    return {
        "account": sale["account"],
        "service": sale["service"],
        "counted_at": to_timestamp(rated.counted_at),
        "period": rated.period,
        "tariff_id": tariff.id,
        "tariff_version": tariff.version,
        "tariff_hash": tariff.digest,
        "used_before": rated.used_before or 0,
        "heating_year": rated.heating_year,
        "amount": rated.amount,
        "difference": rated.difference,
        "straddles": rated.straddles,
        "problem": rated.problem,
    }


def _same(stored: Any, row: dict[str, Any]) -> bool:
    return stored is not None and all(
        stored._mapping[name] == value for name, value in row.items()
    )
