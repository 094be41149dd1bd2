"""A node's database with a history of any length, made in seconds.

The first sales go through the node's own journal.  The rest are the same households buying the
same again: real lines with their own number, time, count, total and quota, chained like any other,
written in large transactions without waiting for the disk.  Replaying the journal gives exactly
these tables; a test holds the filling to that.
"""

import itertools
import json
import random
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.traffic import NODE, OPENING, Sale, Town
from journals import NODE_KEY, a_certificate, certificate_file
from yika_common.infra.sqlite import transaction
from yika_common.journal.bodies import Sale as SaleBody
from yika_common.journal.record import chain
from yika_common.signing import strict_json
from yika_node.db.journal import Entry, Founding, Identity, Journal
from yika_node.db.sentinel import Sentinel
from yika_node.db.sold_projections import SPANS
from yika_node.db.store import FILE_NAME, open_store

SAMPLE = 5000
"""Sales made through the journal before they are repeated."""

_NO_ROOT = b"nobody asks for it here"
_BATCH = 20_000
_SECONDS_APART = 40
_SOLD = """
INSERT INTO sold SELECT :span, at - at % :span, 'sold', operator, service, area, tariff_class,
    COUNT(*), SUM(quantity), SUM(amount), SUM(paid) FROM intent GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def open_journal(folder: Path) -> Journal:
    """A new node's journal in an empty folder, founded."""
    open_store(folder)
    certificate = a_certificate(NODE)
    journal = _journal(folder, None)
    file = certificate_file(certificate).to_bytes()
    journal.found(Founding(_identity(), file, _NO_ROOT, "http://127.0.0.1"), OPENING)
    return journal


def reopen_journal(folder: Path) -> Journal:
    """The journal of a folder that has one; it has checked itself."""
    journal = _journal(folder, _identity())
    if journal.refusal is not None:
        raise journal.refusal
    return journal


def _journal(folder: Path, identity: Identity | None) -> Journal:
    return Journal(folder / FILE_NAME, Sentinel(folder), lambda: NODE_KEY, identity)


def _identity() -> Identity:
    certificate = a_certificate(NODE)
    return Identity(NODE, 1, certificate.to_bytes(), certificate.key)


def commit_sale(journal: Journal, sale: Sale, token: str) -> None:
    """The two commits of a one-meter sale, as the sales desk makes them."""
    commit_written(journal, sale, commit_intent(journal, sale, token))


def commit_intent(journal: Journal, sale: Sale, token: str) -> int:
    """The first: the intent, and the form's token; gives the intent's seq."""

    def remember(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
        connection.execute(
            "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)",
            (token, entries[0].epoch, entries[0].seq),
        )

    (intent,) = journal.append(
        [sale.minting.draft(0)], at=sale.at, operator=sale.operator, along=[remember]
    )
    return intent.seq


def commit_written(journal: Journal, sale: Sale, intent: int) -> None:
    """The second: the record was read back from the card."""
    journal.append([SaleBody(intent=intent)], at=sale.at, operator=sale.operator)


def store_sales(folder: Path, town: Town, count: int) -> None:
    """Make a journal with so many sales in an empty folder, and move the town's meters with it."""
    tokens = random.Random(2)  # noqa: S311 - no secret, and the same every time
    sample = min(count, SAMPLE)
    with closing(open_journal(folder)) as journal:
        for sale in itertools.islice(town.sales(), sample):
            commit_sale(journal, sale, tokens.randbytes(16).hex())
    if count == sample:
        return
    with closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as connection:
        # Whatever is cut here is thrown away: every page goes to the disk once, and unsynced.
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            connection.execute(f"PRAGMA {setting}")
        filling = _Filling(connection)
        filling.repeat(count - sample, tokens)
        connection.execute("PRAGMA journal_mode = WAL")
    filling.tell(town)


class _Filling:
    """Repeats the intents of the sample, round and round."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.row_factory = sqlite3.Row
        self._sample = [
            (_repeatable(row["line"]), {key: row[key] for key in row.keys() if key != "line"})  # noqa: SIM118 - a row is no mapping
            for row in connection.execute(
                "SELECT record.line, intent.* FROM intent JOIN record USING (epoch, seq)"
            )
        ]
        rows = [row for _, row in self._sample]
        self._meters = {row["meter"]: (row["count"], row["total"]) for row in rows}
        self._counted = {_tally(row): row["counted"] for row in rows}
        self._newest: dict[tuple[str, str], int] = {}
        tip = connection.execute("SELECT * FROM tip").fetchone()
        self._seq, self._head, self._at = tip["seq"], tip["head"], tip["at"]
        self._records: list[tuple[int, int, bytes, bytes]] = []

    def repeat(self, count: int, draw: random.Random) -> None:
        """Write so many more sales, and what the tables with one row for many then say."""
        again = itertools.islice(itertools.cycle(self._sample), count)
        baskets = []
        with transaction(self._connection):
            while batch := list(itertools.islice(again, _BATCH)):
                rows = [self._sold(members, row, draw) for members, row in batch]
                baskets += [(draw.randbytes(16).hex(), row["epoch"], row["seq"]) for row in rows]
                self._write(rows)
            self._connection.executemany(
                "INSERT INTO form (token, epoch, basket) VALUES (?, ?, ?)", sorted(baskets)
            )
            self._sum_up()

    def tell(self, town: Town) -> None:
        """Move the town's meters to where the repeated sales brought them."""
        for meter, (count, total) in self._meters.items():
            town.meters[meter].count, town.meters[meter].total = count, total
        for row in (row for _, row in self._sample):
            town.meters[row["meter"]].used = self._counted[_tally(row)]

    def _write(self, rows: list[dict[str, Any]]) -> None:
        names, marks = ", ".join(rows[0]), ", ".join("?" * len(rows[0]))
        self._connection.executemany(
            "INSERT INTO record (epoch, seq, line, head) VALUES (?, ?, ?, ?)", self._records
        )
        self._connection.executemany(
            f"INSERT INTO intent ({names}) VALUES ({marks})",  # noqa: S608 - the table's own columns
            [tuple(row.values()) for row in rows],
        )
        self._connection.executemany(
            "INSERT INTO money (epoch, seq, part, at, operator, what, tender, amount, account)"
            " VALUES (:epoch, :seq, 0, :at, :operator, 'sale', 'cash', :paid, :account)",
            [row for row in rows if row["paid"]],
        )
        self._records.clear()

    def _sum_up(self) -> None:
        self._connection.executemany(
            "UPDATE meter_position SET count = ?, total = ? WHERE meter = ?",
            [(*state, meter) for meter, state in self._meters.items()],
        )
        self._connection.executemany(
            "UPDATE tally SET seq = ?, counted = ? WHERE account = ? AND service = ?",
            [(seq, self._counted[key], *key) for key, seq in self._newest.items()],
        )
        self._connection.execute("DELETE FROM sold")
        self._connection.executemany(_SOLD, [{"span": span} for span in SPANS])
        # What the journal signs: see yika_node.db.journal.
        place = (1).to_bytes(4, "big") + self._seq.to_bytes(8, "big")
        signature = NODE_KEY.sign(b"yika/tip/1\0" + place + self._head)
        self._connection.execute(
            "UPDATE tip SET seq = ?, head = ?, signature = ?, at = ?",
            (self._seq, self._head, signature, self._at),
        )

    def _sold(
        self, members: dict[str, Any], row: dict[str, Any], draw: random.Random
    ) -> dict[str, Any]:
        """Add the two records of the household's next sale; give its row in ``intent``."""
        count, total = self._meters[row["meter"]]
        used = self._counted[_tally(row)]
        position = self._meters[row["meter"]] = count + 1, total + row["quantity"]
        self._counted[_tally(row)] = used + row["quantity"]
        self._at += _SECONDS_APART
        mac = draw.randbytes(8).hex()
        self._add(members | {"n": position[0], "T": position[1], "u": used, "mac": mac})
        self._newest[_tally(row)] = self._seq
        changed = {
            "seq": self._seq,
            "basket": self._seq,
            "at": self._at,
            "count": position[0],
            "total": position[1],
            "counted": used + row["quantity"],
            "resolved_at": self._at,
        }
        self._add({"t": "sale", "op": members["op"], "iq": self._seq})
        return row | changed

    def _add(self, members: dict[str, Any]) -> None:
        self._seq += 1
        first = {"t": members["t"], "q": self._seq, "ts": self._at}
        line = strict_json.write(first | members) + b"\n"
        self._head = chain(self._head, line)
        self._records.append((1, self._seq, line, self._head))


def _repeatable(line: bytes) -> dict[str, Any]:
    """An intent's members without what only its own place or a first purchase has."""
    members = json.loads(line)
    return {key: members[key] for key in members if key not in ("q", "ts", "gb", "nb")}


def _tally(row: dict[str, Any]) -> tuple[str, str]:
    return row["account"], row["service"]
