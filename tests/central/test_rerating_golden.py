"""The worked cases of docs/re-rating.md, as the database prices them and as Python does."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rerating_builders import YEAR_START, tariff_text
from yika_central.bootstrap import MIGRATIONS
from yika_central.db.database import Database, add, open_database
from yika_central.db.rerate_queue import EVER, Pairs, queue
from yika_central.db.tables import (
    Account,
    Posting,
    Rating,
    RatingShare,
    Row,
    Ruling,
    Sale,
    TariffVersion,
    table_of,
)
from yika_central.domain.published import named
from yika_central.services.rerating import Rerating
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.infra.migrations import upgrade
from yika_common.tariffs.document import parse_tariff

DEARER: dict[str, Any] = {
    "version": 2,
    "effective_from": "2026-07-01T00:00:00",
    "prices": ("5.50", "7.70", "9.90"),
}
FLAT = tuple(
    tariff_text(version=7 + later, prices=(price,) * 3, effective_from=since)
    for later, (price, since) in enumerate(
        (("5.00", "2020-01-01T00:00:00"), ("5.50", "2026-02-01T00:00:00"))
    )
)
STEPS = (tariff_text(), tariff_text(**DEARER))
RESET = (tariff_text(), tariff_text(**DEARER, on_version_change="reset"))
END = to_timestamp(YEAR_START + timedelta(days=900))
DAY_30_JUNE, DAY_2_JULY = 180, 182


@dataclass
class Ledger:
    """Headquarters' tables with one account; ``by_hand`` keeps it from set-based pricing."""

    database: Database
    by_hand: bool
    tariffs: dict[int, Any] = field(default_factory=dict)
    sold: list[dict[str, Any]] = field(default_factory=list)

    def publish(self, texts: tuple[bytes, ...]) -> None:
        rows = []
        for text in texts:
            tariff = parse_tariff(text)
            self.tariffs[tariff.version] = tariff
            rows.append(
                {
                    "tariff_id": tariff.id,
                    "version": tariff.version,
                    "digest": tariff.digest,
                    "package": tariff.digest,
                    "document": text,
                    "service": "cold_water",
                    "tariff_class": "residential",
                    "area": None,
                    "effective_from": to_timestamp(tariff.effective_from),
                    "published_at": EVER,
                    "officers": "",
                }
            )
        self._add(TariffVersion, rows)

    def sell(
        self, node: str, version: int, quantity: int, charged: int, day: int, *, used: int = 0
    ) -> None:
        """A sale of whole cubic metres for whole yuan, as its node wrote it down."""
        at = to_timestamp(YEAR_START + timedelta(days=day))
        name = named(self.tariffs[version])
        count = len(self.sold) + 1
        fields = Sale.model_fields.items()
        blank = {key: known.default for key, known in fields if not known.is_required()}
        row = blank | {
            "node": node,
            "epoch": 1,
            "branch": 0,
            "seq": count,
            "hash": hashlib.sha256(bytes([count])).digest(),
            "basket": count,
            "operator": "chen",
            "stamped_at": at,
            "not_before": at - 60,
            "not_after": at + 60,
            "account": "A1",
            "card": "860000000001",
            "meter": "M1",
            "slot": 3,
            "service": "cold_water",
            "generation": 1,
            "count": count,
            "total_after": 0,
            "quantity": quantity * 1000,
            "amount": charged * 100,
            "residual": 0,
            "by_money": True,
            "typed": charged * 100,
            "tariff_id": name.id,
            "tariff_version": name.version,
            "tariff_hash": name.digest,
            "period": "2026",
            "used_before": used * 1000,
            "persons": 0,
            "key_version": 1,
            "outcome": "WRITTEN",
        }
        self.sold.append(row)
        self._add(Sale, [row])
        if self.by_hand:
            self.rule(count, holds=False)

    def rule(self, seq: int, *, holds: bool = True) -> None:
        """Void a sale, or withdraw its voiding."""
        number = len(self.rows(Ruling)) + 1
        sale = self.sold[seq - 1]
        self._add(
            Ruling,
            [
                {name: sale[name] for name in ("node", "epoch", "branch", "seq", "account")}
                | {"service": "cold_water", "kind": "VOID", "number": number, "holds": holds}
                | {"at": None, "reason": "", "ruled_by": "li", "seconded_by": "", "ruled_at": END}
            ],
        )

    def drain(self) -> None:
        pairs = Pairs()
        pairs.add("A1", "cold_water", EVER)
        with self.database.writing() as connection:
            queue(connection, pairs, END)
        zone = self.tariffs[max(self.tariffs)].zone
        Rerating(self.database, lambda: from_timestamp(END), zone).drain()

    def in_the_end(self) -> list[int]:
        """What each sale comes to, in yuan."""
        said = {row["seq"]: row["amount"] for row in self.rows(Rating)}
        return [said.get(row["seq"], row["amount"]) // 100 for row in self.sold]

    def shares(self) -> dict[tuple[int, str], int]:
        """Yuan by sale and cause."""
        rows = self.rows(RatingShare)
        return {(row["seq"], row["cause"]): row["amount"] // 100 for row in rows}

    def posted(self) -> list[tuple[int, str, int]]:
        """Sale, cause and yuan of every posting, as they were made."""
        rows = sorted(self.rows(Posting), key=lambda row: (row["seq"], row["number"]))
        return [(row["seq"], row["cause"], row["amount"] // 100) for row in rows]

    def rows(self, row: type[Row]) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            return [dict(found) for found in session.execute(select(table_of(row))).mappings()]

    def open_account(self) -> None:
        values = {"node": "N0001", "epoch": 1, "branch": 0, "seq": 1, "area": "A01", "profile": 4}
        values |= {"account": "A1", "tariff_class": "residential", "persons": 0, "area_m2": None}
        self._add(Account, [values | {"sealed": "", "opened_at": to_timestamp(YEAR_START)}])

    def _add(self, row: type[Row], rows: list[dict[str, Any]]) -> None:
        with self.database.writing() as connection:
            add(connection, row, rows)


@pytest.fixture(params=["set-based", "by hand"])
def ledger(request: pytest.FixtureRequest, database_url: str, tmp_path: Any) -> Iterator[Ledger]:
    database = open_database(database_url, tmp_path)
    upgrade(database.engine, MIGRATIONS)
    ledger = Ledger(database, by_hand=request.param == "by hand")
    ledger.open_account()
    yield ledger
    database.close()


def test_a_stale_tariff_owes_ten_more(ledger: Ledger) -> None:
    ledger.publish(FLAT)
    ledger.sell("N0001", 7, 20, 100, day=40)
    ledger.drain()
    assert ledger.in_the_end() == [110]
    assert ledger.shares() == {(1, "stale_tariff"): 10}


def test_what_arrives_late_keeps_the_price_of_its_day(ledger: Ledger) -> None:
    ledger.publish(FLAT)
    ledger.sell("N0001", 7, 20, 100, day=10)
    ledger.drain()
    assert ledger.in_the_end() == [100]
    assert ledger.rows(Rating) == []


@pytest.mark.parametrize(("sold", "right"), [((100, 120), [500, 680]), ((120, 100), [600, 580])])
def test_a_quota_split_charges_the_later_sale(
    ledger: Ledger, sold: tuple[int, int], right: list[int]
) -> None:
    ledger.publish(STEPS)
    for day, quantity in enumerate(sold):
        ledger.sell(f"N000{day + 1}", 1, quantity, quantity * 5, day=day)
    ledger.drain()
    assert ledger.in_the_end() == right
    assert sum(right) == 1180
    assert ledger.shares() == {(2, "quota_split"): 80}


def test_a_split_over_a_change_of_price_has_two_causes(ledger: Ledger) -> None:
    ledger.publish(STEPS)
    ledger.sell("N0001", 1, 100, 500, day=DAY_30_JUNE)
    ledger.sell("N0002", 1, 120, 600, day=DAY_2_JULY)
    ledger.drain()
    assert ledger.in_the_end() == [500, 748]
    assert ledger.shares() == {(2, "stale_tariff"): 60, (2, "quota_split"): 88}


@pytest.mark.parametrize(("texts", "right"), [(STEPS, 319), (RESET, 275)])
def test_a_version_inside_the_period_carries_the_count_or_resets_it(
    ledger: Ledger, texts: tuple[bytes, ...], right: int
) -> None:
    ledger.publish(texts)
    ledger.sell("N0001", 1, 150, 750, day=DAY_30_JUNE)
    ledger.sell("N0001", 1, 50, 290, day=DAY_2_JULY, used=150)
    ledger.drain()
    assert ledger.in_the_end() == [750, right]


def test_a_purchase_that_knew_of_a_void_one_falls_back_by_its_quota(ledger: Ledger) -> None:
    ledger.publish(STEPS)
    ledger.sell("N0001", 1, 100, 500, day=1)
    ledger.sell("N0002", 1, 120, 680, day=2, used=100)
    ledger.drain()
    assert ledger.posted() == []
    ledger.rule(1)
    ledger.drain()
    assert ledger.in_the_end() == [0, 600]
    assert ledger.posted() == [(1, "voided", -500), (2, "late_void", -80)]


def test_what_was_posted_for_a_split_with_a_void_purchase_is_taken_back(ledger: Ledger) -> None:
    ledger.publish(STEPS)
    ledger.sell("N0001", 1, 100, 500, day=1)
    ledger.sell("N0002", 1, 120, 600, day=2)
    ledger.drain()
    ledger.rule(1)
    ledger.drain()
    assert ledger.in_the_end() == [0, 600]
    # There was never a split with a purchase that does not exist: the same cause is undone.
    assert ledger.posted() == [
        (1, "voided", -500),
        (2, "quota_split", 80),
        (2, "quota_split", -80),
    ]
    ledger.rule(1, holds=False)
    ledger.drain()
    assert ledger.in_the_end() == [500, 680]
