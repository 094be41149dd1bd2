"""The purchases of :mod:`bench.stored_purchases`, priced again by SQL written for them alone.

It knows the three tariffs by heart, their one change of prices and the one turn of the year, that
every account has one meter and one service, that all purchases were delivered in order and name
one of two versions, and that nothing was priced before.  So it reads the sales as they lie, in one
transaction, keeps the accounts' numbers in place of their names, and stores what differs.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.stored_purchases import BEGIN, PRICES_CHANGE, TARIFFS, YEAR_ENDS
from yika_common.infra.sqlite import open_for_money

_WATER, _POWER = (180_000, 260_000), (2_880_000, 4_800_000)
_GAS: Final = (10_000, 20_000, 30_000, 50_000, 80_000)

_TIME: Final = (
    "CASE WHEN stamped_at < not_before THEN not_before"
    " WHEN stamped_at > not_after THEN not_after ELSE stamped_at END"
)
_SERVICES: Final = ("cold_water", "gas", "electricity_single")
_NAMES: Final = ("WATER", "GAS", "POWER")


def price_again(path: Path) -> None:
    """Price everything in the database once, durably."""
    connection = open_for_money(path)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute(
        """CREATE TEMP TABLE found (node, epoch, branch, seq, account, service, name, digest, at,
            amount, fair, named, claimed, used, version, straddles)"""
    )
    for service, name in zip(_SERVICES, _NAMES, strict=True):
        connection.execute(_find(service, name))
    for statement in _STORE:
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def _line(quantity: str, price: int) -> str:
    return f"(({quantity} * {price} + 50000) / 100000)"


def _steps(bounds: Sequence[int], prices: Sequence[int], used: str) -> str:
    """One component: mostly within a step, else the part of every step."""
    top = f"({used} + quantity)"
    within = [f"WHEN {top} <= {bounds[0]} THEN {_line('quantity', prices[0])}"]
    within += (
        f"WHEN {used} >= {low} AND {top} <= {high} THEN {_line('quantity', price)}"
        for low, high, price in zip(bounds, bounds[1:], prices[1:], strict=False)
    )
    within.append(f"WHEN {used} >= {bounds[-1]} THEN {_line('quantity', prices[-1])}")
    parts = []
    for low, high, price in zip((None, *bounds), (*bounds, None), prices, strict=True):
        begin = used if low is None else f"CASE WHEN {used} > {low} THEN {used} ELSE {low} END"
        end = top if high is None else f"CASE WHEN {top} < {high} THEN {top} ELSE {high} END"
        outside = [f"{top} <= {low}"] * (low is not None) + [f"{used} >= {high}"] * (
            high is not None
        )
        part = _line(f"({end} - {begin})", price)
        parts.append(f"CASE WHEN {' OR '.join(outside)} THEN 0 ELSE {part} END")
    return f"CASE {' '.join(within)} ELSE {' + '.join(parts)} END"


def _price(service: str, version: str, used: str) -> str:
    fixed = {
        "cold_water": f" + {_line('quantity', 15_700)} + {_line('quantity', 13_600)}",
        "gas": "",
        "electricity_single": f" + {_line('quantity', 500)}",
    }[service]
    bounds, old, new = {
        "cold_water": (_WATER, (20_700, 40_700, 60_700), (25_700, 45_700, 65_700)),
        "gas": (
            _GAS,
            (10_000, 15_000, 20_000, 30_000, 45_000, 60_000),
            (11_000, 16_000, 20_000, 30_000, 45_000, 60_000),
        ),
        "electricity_single": (_POWER, (4_883, 5_383, 7_883), (4_983, 5_483, 7_983)),
    }[service]
    return (
        f"(CASE {version} WHEN 1 THEN {_steps(bounds, old, used)}"
        f" ELSE {_steps(bounds, new, used)} END{fixed})"
    )


def _find(service: str, name: str) -> str:
    digests = [t.digest[:8].hex() for t in TARIFFS if t.id == name]
    return f"""
        INSERT INTO found
        SELECT p.node, p.epoch, p.branch, p.seq, a.account, '{service}', '{name}',
            CASE version WHEN 1 THEN '{digests[0]}' ELSE '{digests[1]}' END, at, amount, fair,
            {_price(service, "named", "used_before")}, {_price(service, "version", "used_before")},
            used, version, straddles
        FROM (SELECT counted.*, {_price(service, "version", "used")} AS fair FROM (
            SELECT *, COALESCE(SUM(quantity) OVER (PARTITION BY n, year ORDER BY at, purchase
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS used
            FROM (SELECT n, node, epoch, branch, seq, purchase, at, amount, quantity,
                used_before, named, at <> stamped_at AS moved,
                CASE WHEN at >= {PRICES_CHANGE} THEN 2 ELSE 1 END AS version,
                at >= {YEAR_ENDS} AS year,
                not_before < CASE WHEN at < {PRICES_CHANGE} THEN {BEGIN}
                    WHEN at < {YEAR_ENDS} THEN {PRICES_CHANGE} ELSE {YEAR_ENDS} END
                OR not_after >= CASE WHEN at < {PRICES_CHANGE} THEN {PRICES_CHANGE}
                    WHEN at < {YEAR_ENDS} THEN {YEAR_ENDS} ELSE {2 * YEAR_ENDS} END AS straddles
                FROM (SELECT a.rowid AS n, s.node, s.epoch, s.branch, s.seq,
                    s.generation * 4294967296 + s."count" AS purchase, {_TIME} AS at, s.amount,
                    s.quantity, s.used_before, s.tariff_version AS named, s.stamped_at,
                    s.not_before, s.not_after
                    FROM sale s CROSS JOIN account a
                    WHERE a.account = s.account AND s.service = '{service}'))) AS counted
            LIMIT -1) AS p
        JOIN account a ON a.rowid = p.n
        WHERE used <> used_before OR fair <> amount OR p.named <> version OR moved
            OR straddles"""  # noqa: S608 - no input


_STORE: Final = (
    f"""INSERT INTO rating (node, epoch, branch, seq, account, service, counted_at, period,
            tariff_id, tariff_version, tariff_hash, used_before, amount, difference, straddles,
            problem, rated_at)
        SELECT node, epoch, branch, seq, account, service, at,
            CASE WHEN at < {YEAR_ENDS} THEN '2026' ELSE '2027' END, name, version, digest, used,
            fair, fair - amount, straddles, '', 1 FROM found""",  # noqa: S608 - no input
    """INSERT INTO rating_share
        SELECT node, epoch, branch, seq, 'wrong_price', named - amount FROM found
            WHERE named <> amount
        UNION ALL SELECT node, epoch, branch, seq, 'stale_tariff', claimed - named FROM found
            WHERE claimed <> named
        UNION ALL SELECT node, epoch, branch, seq, 'quota_split', fair - claimed FROM found
            WHERE fair <> claimed""",
    """INSERT INTO posting (node, epoch, branch, seq, number, account, service, cause, amount,
            posted_at)
        SELECT f.node, f.epoch, f.branch, f.seq,
            ROW_NUMBER() OVER (PARTITION BY f.node, f.epoch, f.branch, f.seq ORDER BY s.cause),
            f.account, f.service, s.cause, s.amount, 1
        FROM found f CROSS JOIN rating_share s
        WHERE s.node = f.node AND s.epoch = f.epoch AND s.branch = f.branch AND s.seq = f.seq""",
)


def same_results(one: Path, other: Path) -> bool:
    """Whether two databases hold the same ratings, causes and postings, whenever made."""
    connection = sqlite3.connect(one)
    connection.execute("ATTACH ? AS other", (str(other),))
    try:
        return not any(
            _differ(connection, table) for table in ("rating", "rating_share", "posting")
        )
    finally:
        connection.close()


def _differ(connection: sqlite3.Connection, table: str) -> bool:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    columns = ", ".join(name for name in names if name not in ("rated_at", "posted_at"))
    mine, others = (f"SELECT {columns} FROM {place}" for place in (table, f"other.{table}"))  # noqa: S608 - the tables above
    counts = f"(SELECT COUNT(*) FROM {table}) <> (SELECT COUNT(*) FROM other.{table})"  # noqa: S608 - the tables above
    (differ,) = connection.execute(
        f"SELECT {counts} OR EXISTS ({mine} EXCEPT {others})"
    ).fetchone()
    return bool(differ)
