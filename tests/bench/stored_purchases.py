"""Headquarters' tables with any number of purchases, made in seconds.

Accounts of three services buy ten times in two years, at tariffs of three steps with three
components, of six steps, and of two components; each tariff changes its prices once.  Of a
hundred purchases, two name the version before, two do not know of the purchase before them, and
the others are right.  What is right is computed here by plain loops over steps.
"""

import hashlib
import itertools
import json
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tariff_builders import a_component, a_document
from yika_central.bootstrap import MIGRATIONS
from yika_central.db.database import open_database
from yika_central.db.tables import Account, Row, Sale, TariffVersion, table_of
from yika_common.clock import to_timestamp
from yika_common.infra.migrations import upgrade
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.model import Tariff

SALES_EACH: Final = 10
ZONE: Final = "Asia/Shanghai"
BEGIN: Final = 1_767_196_800
"""1 January 2026 in Shanghai."""
YEAR_ENDS: Final = 1_798_732_800
PRICES_CHANGE: Final = 1_782_835_200
"""1 July 2026."""
END: Final = 1_830_268_800

_DAY: Final = 86_400
_APART: Final = 70 * _DAY
_STALE, _SPLIT = 0.02, 0.02


def _document(name: str, service: str, version: int, components: list[dict[str, Any]]) -> bytes:
    changes = {"effective_from": "2026-07-01T00:00:00"} if version > 1 else {}
    document = a_document(
        id=name, service=service, version=version, components=components, **changes
    )
    return json.dumps(document).encode()


def _water(*prices: str) -> list[dict[str, Any]]:
    return [
        a_component(["180", "260"], list(prices), "water"),
        a_component([], ["1.57"], "resource"),
        a_component([], ["1.36"], "sewage"),
    ]


_GAS: Final = ["10", "20", "30", "50", "80"]
_POWER: Final = ["2880", "4800"]

DOCUMENTS: Final = (
    _document("WATER", "cold_water", 1, _water("2.07", "4.07", "6.07")),
    _document("WATER", "cold_water", 2, _water("2.57", "4.57", "6.57")),
    _document("GAS", "gas", 1, [a_component(_GAS, ["1", "1.5", "2", "3", "4.5", "6"], "gas")]),
    _document("GAS", "gas", 2, [a_component(_GAS, ["1.1", "1.6", "2", "3", "4.5", "6"], "gas")]),
    _document(
        "POWER",
        "electricity_single",
        1,
        [
            a_component(_POWER, ["0.4883", "0.5383", "0.7883"], "power"),
            a_component([], ["0.05"], "fund"),
        ],
    ),
    _document(
        "POWER",
        "electricity_single",
        2,
        [
            a_component(_POWER, ["0.4983", "0.5483", "0.7983"], "power"),
            a_component([], ["0.05"], "fund"),
        ],
    ),
)
TARIFFS: Final = tuple(parse_tariff(document) for document in DOCUMENTS)
_SERVICES: Final = ("cold_water", "gas", "electricity_single")
_MOST: Final = {"cold_water": 80, "gas": 25, "electricity_single": 1500}


def store_purchases(folder: Path, sales: int) -> Path:
    """Make a database with so many sales in an empty folder; gives its path."""
    database = open_database("", folder)
    upgrade(database.engine, MIGRATIONS)
    database.close()
    path = folder / "central.db"
    connection = sqlite3.connect(path, isolation_level=None)
    # Whatever is cut here is thrown away: every page goes to the disk once, and unsynced.
    for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
        connection.execute(f"PRAGMA {setting}")
    connection.execute("BEGIN")
    _insert(connection, TariffVersion, _tariff_rows())
    accounts = -(-sales // SALES_EACH)
    _insert(connection, Account, (_account_row(number) for number in range(accounts)))
    _insert(connection, Sale, itertools.islice(_sale_rows(accounts), sales))
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("ANALYZE")
    connection.close()
    return path


def _insert(
    connection: sqlite3.Connection, row: type[Row], rows: Iterator[dict[str, Any]]
) -> None:
    names = [column.name for column in table_of(row).columns]
    quoted, marks = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {table_of(row).name} ({quoted}) VALUES ({marks})",  # noqa: S608 - the tables' own names
        (tuple(values[name] for name in names) for values in rows),
    )


def _tariff_rows() -> Iterator[dict[str, Any]]:
    for document, tariff in zip(DOCUMENTS, TARIFFS, strict=True):
        yield {
            "tariff_id": tariff.id,
            "version": tariff.version,
            "digest": tariff.digest,
            "package": tariff.digest,
            "document": document,
            "service": str(tariff.service),
            "tariff_class": tariff.tariff_class,
            "area": None,
            "effective_from": to_timestamp(tariff.effective_from),
            "published_at": BEGIN,
            "officers": "",
        }


def _account_row(number: int) -> dict[str, Any]:
    return {
        "account": f"N{number % 50:04}-{number:06}",
        "node": f"N{number % 50:04}",
        "epoch": 1,
        "branch": 0,
        "seq": number,
        "area": f"A{number % 5:02}",
        "tariff_class": "residential",
        "profile": 4,
        "persons": 3,
        "area_m2": None,
        "sealed": "",
        "community": "",
        "premises": "",
        "opened_at": BEGIN,
    }


def _sale_rows(accounts: int) -> Iterator[dict[str, Any]]:
    """Every account's purchases, one round after the other, in the order in which they arrive."""
    draw = random.Random(1)  # noqa: S311 - no secret, and the same every time
    blank = {column.name: None for column in table_of(Sale).columns} | {
        name: field.default for name, field in Sale.model_fields.items() if not field.is_required()
    }
    used: dict[tuple[int, int], tuple[int, int]] = {}
    seqs = dict.fromkeys(range(50), 0)
    for turn in range(SALES_EACH):
        for place in range(accounts):
            account = (place * 7919 + turn * 31) % accounts
            node = draw.randrange(50)
            seqs[node] += 2
            yield blank | _sale_row(draw, used, account, turn, node, seqs[node], place)


def _sale_row(
    draw: random.Random,
    used: dict[tuple[int, int], tuple[int, int]],
    account: int,
    turn: int,
    node: int,
    seq: int,
    place: int,
) -> dict[str, Any]:
    service = _SERVICES[account % 3]
    at = BEGIN + turn * _APART + place % 6_000_000
    year = 2026 if at < YEAR_ENDS else 2027
    true, last = used.get((account, year), (0, 0))
    quantity = draw.randrange(1, _MOST[service] * 10) * 100
    used[account, year] = true + quantity, quantity
    luck = draw.random()
    known = true - last if luck < _SPLIT else true
    late = at >= PRICES_CHANGE and not _SPLIT <= luck < _SPLIT + _STALE
    tariff = TARIFFS[2 * (account % 3) + late]
    digest = hashlib.sha256(f"{node}/{seq}".encode()).digest()
    amount = _charge(tariff, known, quantity)
    return {
        "node": f"N{node:04}",
        "epoch": 1,
        "branch": 0,
        "seq": seq,
        "hash": digest,
        "basket": seq,
        "operator": "chen",
        "stamped_at": at,
        "not_before": at - 3600,
        "not_after": at + 7200,
        "account": f"N{account % 50:04}-{account:06}",
        "card": f"8600{account:08}",
        "meter": f"{account:012}",
        "slot": 3,
        "service": service,
        "generation": 1,
        "count": turn + 1,
        "total_after": true + quantity,
        "quantity": quantity,
        "amount": amount,
        "residual": 0,
        "by_money": True,
        "typed": amount,
        "tariff_id": tariff.id,
        "tariff_version": tariff.version,
        "tariff_hash": tariff.digest[:8].hex(),
        "period": str(year),
        "used_before": known,
        "persons": 3,
        "paid": amount,
        "key_version": 1,
        "outcome": "WRITTEN",
        "resolved_epoch": 1,
        "resolved_seq": seq + 1,
        "resolved_at": at,
        "months_due": 0,
    }


def _charge(tariff: Tariff, used: int, quantity: int) -> int:
    amount = 0
    for component in tariff.components:
        low = 0
        for step in component.steps:
            high = used + quantity if step.up_to is None else step.up_to
            part = max(0, min(used + quantity, high) - max(used, low))
            amount += (part * step.price + 50_000) // 100_000
            low = high
    return amount
