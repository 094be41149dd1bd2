"""Seeking an account as a clerk types, on a point with much behind it and on one with little.

Value: the page that lists what fits, in processor time, at the 99th percentile, for texts of every
kind that a clerk types: part of a name, a telephone, an address, a meter, a card, a contract.  The
point has 50,000 accounts and 1,000,000 sales.  Limit: the same texts on a point with 500 of these
accounts and no sale, asked in turns; so many, that a text of a common name fills the list there
as well.  A third line says what the first search waits for, and what the index takes.
"""

import gc
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import thread_time_ns
from typing import Final

from bench.measure import Result, interleaved, progress, spread
from bench.stored_sales import store_sales
from bench.traffic import Town
from card_builders import repeatable_random
from node_pages import Clerk, Pages
from node_world import OPERATOR, World, without_shifts
from yika_common.accounts import account_number
from yika_common.clock import to_timestamp
from yika_common.sync.personal_data import Person, seal_person
from yika_node.bootstrap import Node

ACCOUNTS: Final = (500, 50_000)
SALES: Final = 1_000_000
BOUND: Final = 1.2
P99_MS: Final = 30.0
_TEXTS: Final = 400
_FILE = "node.db"
_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗单曾"
_NAMES = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红"
_ROADS = ("东河路", "人民大道", "阳光花园", "学府街", "解放北路", "和平小区")


def search(folder: Path) -> Iterator[Result]:
    """Three results: the two percentiles against their limits, and the first search."""
    yield from measure_search(folder, ACCOUNTS, SALES, _TEXTS)


def measure_search(
    folder: Path, accounts: tuple[int, int], sales: int, texts: int
) -> Iterator[Result]:
    """The same with other numbers of accounts: few, and many; of sales; and of texts."""
    homes = _homes(accounts[1])
    # The households are the benchmark's, not the point's: nobody goes through them meanwhile.
    gc.collect()
    gc.freeze()
    few = _Counter.opened(folder / "few", homes[: accounts[0]], 0)
    many = _Counter.opened(folder / "many", homes, sales)
    first = many.timed("王")
    few.timed("王")
    size = many.node.accounts.finder.size
    progress(f"search: {texts} texts")
    draw = random.Random(5)  # noqa: S311 - the same every time
    asked = [_typed(draw, draw.choice(homes[: accounts[0]])) for _ in range(texts)]
    values, limits = [], []
    for text in asked:
        value, limit = interleaved(lambda: many.timed(text), lambda: few.timed(text), 2)  # noqa: B023
        values += value
        limits += limit
    note = f"{accounts[1]:,} accounts, {sales:,} sales, {texts} texts; {spread(values)} ms"
    yield Result("search_p99", _p99(values), "ms", P99_MS, note, 1.0)
    note = f"the same by {accounts[0]} accounts and no sale: {spread(limits)} ms"
    yield Result("search_depth", _p99(values), "ms", _p99(limits), note, BOUND)
    note = f"until the index is made; it takes {size / (1 << 20):.1f} MiB"
    yield Result("search_first", first, "ms", first, note)
    gc.unfreeze()
    few.node.close()
    many.node.close()


def _p99(values: list[float]) -> float:
    return sorted(values)[len(values) * 99 // 100]


@dataclass(frozen=True, slots=True)
class _Home:
    """A household, as its account has it."""

    number: str
    card: str
    meters: tuple[str, ...]
    person: Person


def _homes(count: int) -> list[_Home]:
    draw = random.Random(3)  # noqa: S311 - a town, not a secret
    return [_home(draw, number) for number in range(1, count + 1)]


def _home(draw: random.Random, number: int) -> _Home:
    given = "".join(draw.choice(_NAMES) for _ in range(draw.choice((1, 2, 2))))
    person = Person(
        name=draw.choice(_SURNAMES) + given,
        phone=f"1{draw.randrange(10**9, 10**10)}",
        address=f"{draw.choice(_ROADS)}{draw.randrange(1, 300)}号",
        building=str(draw.randrange(1, 30)),
        unit=str(draw.randrange(1, 5)),
        room=str(draw.randrange(1, 34) * 100 + draw.randrange(1, 5)),
        document=str(draw.randrange(10**17, 10**18)),
        contract=f"HT-2026-{number:06}",
    )
    meters = tuple(f"M{number:07}{slot:04}" for slot in range(3))
    return _Home(account_number("N0007", 1, number), f"88{number:010}", meters, person)


def _typed(draw: random.Random, home: _Home) -> str:
    """What a clerk types who has this household before him."""
    person = home.person
    kinds = (
        person.name,
        person.name[:2],
        person.name[0],
        person.phone,
        person.phone[-4:],
        person.phone[:7],
        person.address,
        f"{person.address} {person.room}",
        f"{person.name} {person.address[:3]}",
        f"{person.building}-{person.unit}-{person.room}",
        home.card,
        home.meters[0],
        home.meters[1][-6:],
        home.number,
        person.contract,
        person.document[-6:],
    )
    return draw.choice(kinds)


@dataclass(frozen=True, slots=True)
class _Counter:
    """A point with so much behind it, and a clerk before it."""

    node: Node
    clerk: Clerk

    @classmethod
    def opened(cls, room: Path, homes: list[_Home], sales: int) -> "_Counter":
        progress(f"search: {len(homes):,} accounts, {sales:,} sales")
        world = World(room / "node")
        without_shifts(world.folder)
        node = world.enrolled()
        key = node.cards.keyring.personal_key()
        node.staff.sign_out(OPERATOR)
        with closing(sqlite3.connect(world.folder / _FILE, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            connection.execute("BEGIN")
            _fill(connection, homes, key, to_timestamp(world.now))
            connection.execute("COMMIT")
            if sales:
                _sell(connection, room, sales)
        return cls(node, Pages(world, node).clerk())

    def timed(self, text: str) -> float:
        """Milliseconds of the processor until the list for that text has come."""
        begin = thread_time_ns()
        page = self.clerk.client.get("/accounts/found", query_string={"text": text})
        taken = (thread_time_ns() - begin) / 1_000_000
        assert page.status_code == 200, page.text
        return taken


def _fill(connection: sqlite3.Connection, homes: list[_Home], key: bytes, at: int) -> None:
    """The tables as they are after so many accounts were opened and got their cards."""
    draw = repeatable_random(17)
    connection.executemany(
        "INSERT INTO account (number, area, tariff_class, profile, persons, heated_area, who,"
        " opened_at, operator) VALUES (?, 'A01', 'residential', 4, 3, 0, ?, ?, ?)",
        [
            (home.number, seal_person(home.person, key, home.number, draw), at, OPERATOR)
            for home in homes
        ],
    )
    connection.executemany(
        "INSERT INTO account_meter (account, slot, service, meter) VALUES (?, ?, 'gas', ?)",
        [(home.number, slot, meter) for home in homes for slot, meter in enumerate(home.meters)],
    )
    connection.executemany(
        "INSERT INTO card (number, account, generation, key_version, serial, issued_at, operator)"
        " VALUES (?, ?, 1, 1, '', ?, ?)",
        [(home.card, home.number, at, OPERATOR) for home in homes],
    )
    connection.executemany(
        "INSERT INTO account_event (account, epoch, seq, kind) VALUES (?, 1, ?, 'account')",
        [(home.number, -at) for at, home in enumerate(homes)],
    )


def _sell(connection: sqlite3.Connection, room: Path, sales: int) -> None:
    """So many sales of another epoch, out of a journal made for that."""
    (room / "sold").mkdir()
    store_sales(room / "sold", Town(1_000), sales)
    connection.execute("ATTACH ? AS sold", (str(room / "sold" / _FILE),))
    for table in ("record", "intent"):
        names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        columns = ", ".join(names)
        taken = ", ".join("9" if name == "epoch" else name for name in names)
        connection.execute(f"INSERT INTO {table} ({columns}) SELECT {taken} FROM sold.{table}")  # noqa: S608 - own names
    connection.execute("DETACH sold")
