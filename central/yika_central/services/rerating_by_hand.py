"""The sales of a batch that the database does not price itself: read, folded, kept.

Exact and complete, and some tens of times slower than the set-based way: for tariffs with fees,
free units or seasons, for accounts whose facts changed or that were merged, for sales that
somebody ruled on, and for whatever came out of order.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from yika_central.db import rerating_store as store
from yika_central.db.household_store import sales_of_fellows, survivors_of
from yika_central.db.rating_pass import BY_HAND, RatingPass
from yika_central.db.sheet_changes import note_changed
from yika_central.domain.published import Published
from yika_central.domain.purchases import Purchase
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
        merged = survivors_of(self.connection, (pair.account for pair in pairs))
        starts = {
            pair.n: self._start(pair, premises[pair.account])
            for pair in pairs
            if pair.account in premises
            and pair.account not in merged
            and (pair.account, pair.service) not in ruled
        }
        self.batch.start_at(starts)

    def price(self) -> None:
        """Rate their sales, and keep the ratings that say something else than their sales."""
        before = self._before()
        pairs = {pair.n: pair for pair in self.batch.by_hand()}
        if not pairs:
            return
        beside = self._beside(pairs.values())
        accounts = {pair.account for pair in pairs.values()}
        accounts |= {row.account for sales in beside.values() for row in sales}
        premises = store.premises_of(self.connection, accounts, self.zone)
        rulings = store.rulings_of(self.connection, accounts)
        rows: list[store.Values] = []
        shares: list[store.Values] = []
        for number, sales in groupby(self.batch.sales_by_hand(), key=lambda row: row.n):
            pair = pairs[number]
            own = {bought.position: (place, bought) for place, bought in _bought(sales, rulings)}
            fellows = beside.get(number, [])
            others = [bought for _, bought in _bought(fellows, rulings)]
            ratings = rerate(
                [*(bought for _, bought in own.values()), *others],
                service=Service(pair.service),
                premises=premises.get(pair.account),
                published=self.published,
                before=before.get(number, Tally()),
                fellows={
                    bought.position: premises.get(row.account)
                    for row, bought in zip(fellows, others, strict=True)
                },
            )
            for rated in ratings:
                if rated.position not in own:
                    continue
                place, purchase = own[rated.position]
                if not rated.confirms(purchase):
                    rows.append(store.rating_row(number, place, rated))
                    shares += store.share_rows(number, place, rated)
        self.batch.keep(rows, shares)

    def _beside(self, pairs: Iterable[Row[Any]]) -> dict[int, list[Row[Any]]]:
        """What the others of each pair's household bought; all of them are told of it anew."""
        merged = survivors_of(self.connection, (pair.account for pair in pairs))
        if not merged:
            return {}
        note_changed(self.connection, merged)
        found: dict[int, list[Row[Any]]] = {}
        for row in sales_of_fellows(self.connection, BY_HAND):
            found.setdefault(row.n, []).append(row)
        return found

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


def _bought(
    sales: Iterable[Row[Any]], rulings: Mapping[tuple[str, str], store.Rulings]
) -> list[tuple[store.Place, Purchase]]:
    """Sales as the domain has them, each with its place."""
    found = []
    for row in sales:
        place = store.place_of(row._mapping)
        ruled = rulings.get((row.account, row.service), {}).get(place, {})
        found.append((place, store.purchase_of(row._mapping, ruled)))
    return found
