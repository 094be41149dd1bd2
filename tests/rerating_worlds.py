"""Random worlds for re-rating: tariffs of every shape, accounts, and nodes that know only a part.

A world is what headquarters' tables hold of a few accounts: sales as their nodes priced them,
rulings, amended facts.  :func:`expected` folds it in Python, pair by pair and whole.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, update

from rerating_builders import YEAR_START
from rerating_tariffs import PARSED, PUBLISHED, SERVICES, TARIFFS
from yika_central.db import rerating_store as store
from yika_central.db.database import add
from yika_central.db.rerate_queue import EVER, Pairs, pairs_amended
from yika_central.db.tables import (
    Account,
    AccountFacts,
    Rating,
    RatingShare,
    Ruling,
    Sale,
    TariffVersion,
    table_of,
)
from yika_central.domain.published import named
from yika_central.domain.ratings import Customer
from yika_central.domain.rerating import rerate
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.errors import YikaError
from yika_common.services import Service
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.facts import Claim, month_of
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.period import heating_year_of, period_of
from yika_common.tariffs.situation import usage_claimed

ZONE: Final = ZoneInfo("Asia/Shanghai")
START: Final = to_timestamp(YEAR_START)
DAY: Final = 86_400
DAYS: Final = 700
END: Final = START + (DAYS + 400) * DAY

COMMON: Final = (Service.COLD_WATER, Service.GAS)
"""The services whose tariffs the database prices."""
OUTCOMES: Final = ("WRITTEN",) * 8 + ("PENDING", "SUPERSEDED")
NODES: Final = ("N0001", "N0002", "N0003")


def publish_all(connection: Connection) -> None:
    """Put the tariffs where published ones are, without officers and nodes."""
    rows = [
        {
            "tariff_id": tariff.id,
            "version": tariff.version,
            "digest": tariff.digest,
            "package": tariff.digest,
            "document": text,
            "service": str(tariff.service),
            "tariff_class": tariff.tariff_class,
            "area": tariff.area,
            "effective_from": to_timestamp(tariff.effective_from),
            "published_at": START,
            "officers": "",
        }
        for tariff, text in zip(PARSED, TARIFFS, strict=True)
    ]
    add(connection, TariffVersion, rows)


@dataclass
class World:
    """The rows of one example, in the order in which they arrive."""

    accounts: list[dict[str, Any]] = field(default_factory=list)
    sales: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)
    rulings: list[dict[str, Any]] = field(default_factory=list)
    refunds: list[dict[str, Any]] = field(default_factory=list)
    """Sales that are given back in the end."""


def draw_world(draw: Random, name: str) -> World:
    """One to three accounts with up to a dozen purchases each; ``name`` is used nowhere else."""
    world = World()
    for number in range(draw.randint(1, 3)):
        account = f"{name}-{number}"
        row = _account(draw, account)
        if draw.random() < 0.9:
            world.accounts.append(row)
        seller = _Seller(draw, row, name)
        world.sales += seller.sales(draw.randint(1, 12))
        if draw.random() < 0.15:
            world.facts.append(_amendment(draw, row))
    world.refunds = draw.sample(world.sales, draw.choice((0, 0, 1, 2)) % (len(world.sales) + 1))
    for sale in draw.sample(world.sales, draw.choice((0, 0, 0, 0, 1, 3)) % (len(world.sales) + 1)):
        world.rulings.append(_ruling(draw, sale))
    draw.shuffle(world.sales)
    return world


def _account(draw: Random, account: str) -> dict[str, Any]:
    return {
        "account": account,
        "node": "N0001",
        "epoch": 1,
        "branch": 0,
        "seq": 1,
        "area": draw.choice(("A01", "A01", "A02")),
        "tariff_class": draw.choice(("residential", "residential", "residential", "shop")),
        "profile": 4,
        "persons": draw.choice((0, 0, 3, 5, 9)),
        "area_m2": 96_400,
        "sealed": "",
        "opened_at": START - draw.randint(0, 60) * DAY,
    }


def _amendment(draw: Random, account: dict[str, Any]) -> dict[str, Any]:
    at = START + draw.randint(0, DAYS) * DAY
    return {
        "account": account["account"],
        "node": "N0002",
        "epoch": 9,
        "branch": 0,
        "seq": 1,
        "stamped_at": at,
        "operator": "chen",
        "tariff_class": draw.choice(("residential", "shop")),
        "persons": draw.choice((0, 4, 6)),
        "persons_until": draw.choice((0, START + 300 * DAY)),
        "inner_area": 90_000,
        "gross_area": 0,
        "heat_class": "",
        "heat_from": 0,
        "quota_from": draw.choice((0, at)),
        "suspended": "",
        "equipment": "",
        "reason": "",
    }


def _ruling(draw: Random, sale: dict[str, Any]) -> dict[str, Any]:
    kind = draw.choice(("VOID", "VOID", "TIME"))
    moment = draw.randint(sale["not_before"], sale["not_after"]) if kind == "TIME" else None
    return {name: sale[name] for name in store.PLACE} | {
        "kind": kind,
        "number": 1,
        "holds": draw.random() < 0.8,
        "at": moment,
        "account": sale["account"],
        "service": sale["service"],
        "reason": "",
        "ruled_by": "li",
        "seconded_by": "",
        "ruled_at": END,
    }


class _Seller:
    """Nodes that sell one service to one account; each knows what it sold, and mostly the rest."""

    def __init__(self, draw: Random, account: dict[str, Any], name: str) -> None:
        self._draw = draw
        self._account = account
        self._name = name
        common = draw.random() < 0.6
        self._service = draw.choice(COMMON if common else SERVICES)
        self._orderly = draw.random() < 0.7
        self._counts: dict[str, int] = {}
        self._known: dict[tuple[str, str], int] = {}

    def sales(self, number: int) -> list[dict[str, Any]]:
        draw = self._draw
        days = sorted(draw.sample(range(DAYS), number))
        meters = [
            f"M{self._account['account']}-{m}"
            for m in range(1 if self._orderly else draw.randint(1, 2))
        ]
        changed = draw.randint(0, number)
        return [
            self._sale(seq, day, meters[0 if seq <= changed else -1])
            for seq, day in enumerate(days, start=1)
        ]

    def _sale(self, seq: int, day: int, meter: str) -> dict[str, Any]:
        draw, account = self._draw, self._account
        node = draw.choice(NODES)
        stamp = START + day * DAY + draw.randint(0, DAY - 1)
        early, late = draw.choice(((60, 60), (3600, 7200), (40 * DAY, 2 * DAY)))
        not_before, not_after = stamp - early, stamp + late
        if not self._orderly and draw.random() < 0.1:
            stamp += draw.choice((-300, -50, 30, 200)) * DAY
        count = self._counts[meter] = self._counts.get(meter, 0) + 1
        if not self._orderly and draw.random() < 0.1:
            count += draw.choice((-1, 3))
        tariff = self._tariff(not_before)
        row: dict[str, Any] = {
            "node": node,
            "epoch": 1,
            "branch": 0,
            "seq": int(hashlib.sha256(f"{account['account']}/{seq}".encode()).hexdigest()[:8], 16),
            "hash": hashlib.sha256(f"{account['account']}/{seq}".encode()).digest(),
            "basket": seq,
            "operator": "chen",
            "stamped_at": stamp,
            "not_before": not_before,
            "not_after": not_after,
            "account": account["account"],
            "card": "860000000001",
            "meter": meter,
            "slot": 3,
            "service": str(self._service),
            "generation": 1,
            "count": max(1, count),
            "total_after": 0,
            "quantity": draw.choice((1, 999, 5_000, 20_000, 80_000, 200_000))
            + draw.randint(0, 99),
            "residual": 0,
            "by_money": True,
            "typed": 0,
            "key_version": 1,
            "outcome": "WRITTEN" if self._orderly else draw.choice(OUTCOMES),
        }
        return row | self._claim(row, tariff)

    def _tariff(self, at: int) -> Tariff:
        """Mostly the one in force; else any of the service."""
        draw, account = self._draw, self._account
        others = [
            tariff
            for tariff in PARSED
            if tariff.service is self._service
            and (tariff.tariff_class == account["tariff_class"] or not self._orderly)
        ]
        customer = Customer(account["tariff_class"], account["area"])
        with suppress(YikaError):
            if draw.random() < 0.85:
                return PUBLISHED.in_force(self._service, customer, from_timestamp(at))
        return draw.choice(others or PARSED)

    def _claim(self, row: dict[str, Any], tariff: Tariff) -> dict[str, Any]:
        draw, account = self._draw, self._account
        at = from_timestamp(max(row["not_before"], min(row["stamped_at"], row["not_after"])))
        opened = from_timestamp(account["opened_at"]).astimezone(ZONE).date()
        period = period_of(tariff, at, opened).id
        known = "" if draw.random() < 0.85 else row["node"]
        used = self._known.get((known, period), 0)
        for whose in ("", row["node"]):
            self._known[whose, period] = self._known.get((whose, period), 0) + row["quantity"]
        fee = tariff.heat_basic_fee is not None and draw.random() < 0.4
        months = draw.randint(0, 2) if tariff.fixed_charges else 0
        claim = Claim(
            used_before=used,
            period=period,
            persons=account["persons"] if draw.random() < 0.9 else 7,
            heated_area=account["area_m2"],
            heating_year=heating_year_of(tariff, at) if fee else 0,
            months_due=months,
            charged_through=month_of(at.astimezone(ZONE).date()) if tariff.fixed_charges else 0,
            free=draw.choice((0, 6000)) if tariff.free_allocation else 0,
        )
        amount = Charges(tariff, usage_claimed(tariff, claim, at, opened_on=opened)).amount(
            row["quantity"]
        )
        name = named(tariff)
        digest = name.digest if draw.random() < 0.97 else "00" * 8
        return {
            "amount": amount if draw.random() < 0.95 else amount + 100,
            "tariff_id": name.id,
            "tariff_version": name.version,
            "tariff_hash": digest,
            "period": period,
            "used_before": used,
            "persons": claim.persons,
            "area_m2": claim.heated_area,
            "heating_year": claim.heating_year or None,
            "months_due": claim.months_due,
            "charged_through": claim.charged_through,
            "free": claim.free,
            "free_day": 0,
        }


def put_sales(connection: Connection, sales: Sequence[dict[str, Any]]) -> Pairs:
    """Store these sales; the pairs that re-rating must look at."""
    add(connection, Sale, list(sales))
    pairs = Pairs()
    for sale in sales:
        pairs.add_sale(sale)
    return pairs


def put_refund(connection: Connection, sale: dict[str, Any]) -> Pairs:
    """Give a stored sale back: its refund is a row of its own, at any time after it."""
    table = table_of(Sale)
    here = [table.c[name] == sale[name] for name in store.PLACE]
    refund = sale | {
        "seq": sale["seq"] + 2**40,
        "count": sale["count"] + 1,
        "stamped_at": sale["stamped_at"] + 90 * DAY,
        "not_after": sale["not_after"] + 90 * DAY,
        "quantity": -sale["quantity"],
        "amount": -sale["amount"],
        "act": "refund",
        "refunds": sale["seq"],
        "outcome": "WRITTEN",
    }
    connection.execute(update(table).where(*here).values(refunded=refund["seq"]))
    add(connection, Sale, [refund])
    pairs = Pairs()
    pairs.add_sale(sale)
    return pairs


def put_accounts(connection: Connection, world: World) -> Pairs:
    """Store the accounts, as they were opened."""
    add(connection, Account, world.accounts)
    pairs = Pairs()
    for account in world.accounts:
        for service in SERVICES:
            pairs.add(account["account"], str(service), EVER)
    return pairs


def put_facts(connection: Connection, world: World) -> Pairs:
    """Store what was amended."""
    add(connection, AccountFacts, world.facts)
    times = {row["account"]: row["stamped_at"] for row in world.facts}
    return pairs_amended(connection, times)


def put_ruling(connection: Connection, ruling: dict[str, Any]) -> Pairs:
    """Store a ruling on a sale."""
    add(connection, Ruling, [ruling])
    pairs = Pairs()
    pairs.add(ruling["account"], ruling["service"], EVER)
    return pairs


Found = dict[store.Place, tuple[Any, ...]]


def expected(connection: Connection, accounts: Sequence[str]) -> Found:
    """What the fold in Python says of the accounts' sales, where it says more than they do."""
    sale = table_of(Sale)
    rows = [
        dict(row)
        for row in connection.execute(select(sale).where(sale.c.account.in_(accounts))).mappings()
        if not (row["act"] or row["refunded"])
    ]
    premises = store.premises_of(connection, accounts, ZONE)
    rulings = store.rulings_of(connection, accounts)
    found: Found = {}
    for pair in sorted({(row["account"], row["service"]) for row in rows}):
        ruled = rulings.get(pair, {})
        purchases = {}
        for row in rows:
            if (row["account"], row["service"]) == pair:
                place = store.place_of(row)
                purchases[place] = store.purchase_of(row, ruled.get(place, {}))
        places = {purchase.position: place for place, purchase in purchases.items()}
        for rated in rerate(
            purchases.values(),
            service=Service(pair[1]),
            premises=premises.get(pair[0]),
            published=PUBLISHED,
        ):
            place = places[rated.position]
            if not rated.confirms(purchases[place]):
                rating = store.rating_row(0, place, rated)
                shares = {(s["cause"], s["amount"]) for s in store.share_rows(0, place, rated)}
                found[place] = (_plain(rating), frozenset(shares))
    return found


_SAID: Final = (
    "counted_at",
    "period",
    "tariff_id",
    "tariff_version",
    "tariff_hash",
    "used_before",
    "heating_year",
    "charged_through",
    "free_day",
    "amount",
    "difference",
    "straddles",
    "problem",
)


def _plain(row: Any) -> tuple[Any, ...]:
    return tuple(int(row[n]) if n == "straddles" else row[n] for n in _SAID)


def stored(connection: Connection, accounts: Sequence[str]) -> Found:
    """What the tables say of them."""
    rating, share = table_of(Rating), table_of(RatingShare)
    ratings = connection.execute(select(rating).where(rating.c.account.in_(accounts))).mappings()
    found: Found = {store.place_of(row): (_plain(row), frozenset()) for row in ratings}
    for row in connection.execute(select(share)).mappings():
        place = store.place_of(row)
        if place in found:
            said, shares = found[place]
            found[place] = (said, shares | {(row["cause"], row["amount"])})
    return found
