"""Whether a vending point is fit to open: each part is tried, and said in one sentence.

Nothing is changed. While the program runs, the reader is its own, and it is the one to test it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.sqlite import open_for_money
from yika_common.infra.sqlite_errors import DatabaseDamaged, named_failures
from yika_common.readers.port import NamedReader
from yika_common.values import dataclass
from yika_node import vault
from yika_node.config import load
from yika_node.db import store
from yika_node.errors import NotEnrolled, VaultDamaged
from yika_node.services.reader_test import way_of

CLOCK_SLACK_S: Final = 120
"""A clock may be this much behind the last record: another process may be recording now."""


class ClockBehind(YikaError):
    """The machine's clock was set back, or lost its battery."""

    code = "clock_behind"
    sentence = N_(
        "The clock reads %(now)s, earlier than the last record (%(last)s). Sales are stamped with "
        "the later time until it is right. Set the clock."
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence about one part; ``text`` is filled with ``facts`` once it is translated."""

    good: bool
    text: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


ReaderAt = Callable[[str, str, str], NamedReader]
"""Gives the driver for a port, a protocol and a parallel port's mode, as they are configured."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """Looks at the data folder of a node, and at what is connected.

    Attributes:
        running: whether the node's own program has the folder, and with it the reader.
    """

    folder: Path
    reader_at: ReaderAt
    clock: Clock
    running: bool = False

    def findings(self) -> Iterator[Finding]:
        """What was found, part by part, as it is found."""
        for look in (
            self._configuration,
            self._registration,
            self._database,
            self._keys,
            self._card_reader,
            self._printer,
            self._wall_clock,
        ):
            try:
                yield look()
            except YikaError as problem:
                yield Finding(good=False, text=problem.sentence, facts=problem.facts)

    def _configuration(self) -> Finding:
        config = load(self.folder)
        return _good(
            N_("The configuration is sound; the pages are served on port %(port)s."),
            port=config.web.port,
        )

    def _registration(self) -> Finding:
        with _reading(self.folder) as connection:
            row = connection.execute(
                "SELECT node, headquarters FROM identity ORDER BY epoch DESC"
            ).fetchone()
        if row is None:
            raise NotEnrolled
        return _good(
            N_("This is vending point %(node)s of the headquarters at %(url)s."),
            node=row[0],
            url=row[1],
        )

    def _database(self) -> Finding:
        with _reading(self.folder) as connection:
            if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                raise DatabaseDamaged
            (records,) = connection.execute("SELECT count(*) FROM record").fetchone()
        return _good(N_("The database is whole and holds %(records)s records."), records=records)

    def _keys(self) -> Finding:
        if not (self.folder / vault.FILE_NAME).exists():
            raise VaultDamaged
        return _good(N_("The key file is there; an operator's password opens it."))

    def _card_reader(self) -> Finding:
        if self.running:
            return _good(
                N_(
                    "The program runs and has the card reader: “Card reader” on its page Office "
                    "(F10) tests it."
                )
            )
        configured = load(self.folder).reader
        reader = self.reader_at(configured.port, configured.protocol, configured.parallel_mode)
        try:
            found = reader.describe()
            present = reader.card_present()
        finally:
            reader.close()
        text = (
            N_("The card reader at %(port)s answers as %(way)s; a card is in it.")
            if present
            else N_("The card reader at %(port)s answers as %(way)s; it is empty.")
        )
        return _good(text, port=found.port, way=way_of(found))

    def _printer(self) -> Finding:
        return _good(N_("Receipts are printed from the browser, with the printer set up there."))

    def _wall_clock(self) -> Finding:
        with _reading(self.folder) as connection:
            (last,) = connection.execute("SELECT max(at) FROM tip").fetchone()
        now = self.clock()
        if last is not None and to_timestamp(now) < last - CLOCK_SLACK_S:
            raise ClockBehind(now=now.isoformat(), last=from_timestamp(last).isoformat())
        return _good(N_("The clock reads %(now)s."), now=now.isoformat())


@contextmanager
def _reading(folder: Path) -> Iterator[Connection]:
    """The database, open for reading only; a folder without one was never registered."""
    path = folder / store.FILE_NAME
    if not path.exists():
        raise NotEnrolled
    connection = open_for_money(path, read_only=True)
    try:
        with named_failures(path):
            yield connection
    finally:
        connection.close()


def _good(text: str, **facts: str | int) -> Finding:
    return Finding(good=True, text=text, facts=facts)
