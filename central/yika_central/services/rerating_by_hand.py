"""The sales of a batch that the database does not price itself: read, folded, kept.

Exact and complete, and some tens of times slower than the set-based way: for tariffs with fees,
free units or seasons, for accounts whose facts changed, for sales that somebody ruled on, and for
whatever came out of order.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from yika_central.db import rerating_store as store
from yika_central.db.rating_pass import RatingPass
from yika_central.domain.published import Published
from yika_central.domain.ratings import Premises
from yika_central.domain.rerating import rerate
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.services import Service
from yika_common.tariffs.facts import Tally

_LOOK_BACK: Final = int(timedelta(days=400).total_seconds())
"""Longer than a heating year: what was charged before a cut is found within it, or not at all."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Prices pairs of a batch in Python, inside its transaction."""

    connection: Connection
    batch: RatingPass
    published: Published
    zone: ZoneInfo

    def find_starts(self) -> None:
        """From which cut on each pair is priced again; the beginning, where one is not sure."""
        pairs = [pair for pair in self.batch.by_hand() if pair.since > 0]
        premises = self._premises(pairs)
        ruled = store.rulings_of(self.connection, (pair.account for pair in pairs))
        starts = {
            pair.n: self._start(pair, premises[pair.account])
            for pair in pairs
            if pair.account in premises and (pair.account, pair.service) not in ruled
        }
        self.batch.start_at(starts)

    def price(self) -> None:
        """Rate their sales, and keep the ratings that say something else than their sales."""
        before = self._before()
        pairs = {pair.n: pair for pair in self.batch.by_hand()}
        if not pairs:
            return
        premises = self._premises(list(pairs.values()))
        rulings = store.rulings_of(self.connection, (pair.account for pair in pairs.values()))
        rows: list[store.Values] = []
        shares: list[store.Values] = []
        for number, sales in groupby(self.batch.sales_by_hand(), key=lambda row: row.n):
            pair = pairs[number]
            ruled = rulings.get((pair.account, pair.service), {})
            places = {}
            for row in sales:
                place = store.place_of(row._mapping)
                purchase = store.purchase_of(row._mapping, ruled.get(place, {}))
                places[purchase.position] = (place, purchase)
            ratings = rerate(
                (purchase for _, purchase in places.values()),
                service=Service(pair.service),
                premises=premises.get(pair.account),
                published=self.published,
                before=before.get(number, Tally()),
            )
            for rated in ratings:
                place, purchase = places[rated.position]
                if not rated.confirms(purchase):
                    rows.append(store.rating_row(number, place, rated))
                    shares += store.share_rows(number, place, rated)
        self.batch.keep(rows, shares)

    def _premises(self, pairs: list[Row[Any]]) -> dict[str, Premises]:
        return store.premises_of(self.connection, (pair.account for pair in pairs), self.zone)

    def _start(self, pair: Row[Any], premises: Premises) -> int:
        since = from_timestamp(pair.since)
        timeline = self.published.timeline(Service(pair.service), premises, since)
        return to_timestamp(timeline.cut_before(since))

    def _before(self) -> dict[int, Tally]:
        """What was charged before each pair's start; pairs of which that is not sure go whole."""
        taken = {
            row.n: Tally(
                heating_year=row.heating_year or 0,
                charged_through=row.charged_through,
                free_day=row.free_day,
            )
            for row in self.batch.taken_before(_LOOK_BACK)
        }
        self.batch.start_at(dict.fromkeys(self.batch.sold_before() - taken.keys(), 0))
        return taken
