"""Each customer's card from issue to return, and how many blank ones each vending point has.

All of it is what the nodes' journals, and headquarters' own notes of lost cards, say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, RowMapping, func, or_, select

from yika_central.db import number_store
from yika_central.db.database import Database
from yika_central.db.tables import CardEnd, CardReport, IssuedCard, StockMove, table_of
from yika_common.clock import from_timestamp
from yika_common.journal.card_bodies import LOST, RECEIVED, RECYCLED, SENT, SPOILT, USELESS
from yika_common.numbers import Money

SHOWN: Final = 200
_BATCH: Final = 200

IN_USE, IS_LOST, REPLACED = "in_use", "lost", "replaced"
"""How a card stands that has not ended; else it is how it ended."""


@dataclass(frozen=True, slots=True)
class CardLine:
    """A card, and how it stands: in use, lost, replaced, or as it ended.

    ``since`` is when that began to be so; ``fee`` the money taken for the card itself.
    """

    card: str
    account: str
    generation: int
    node: str
    issued_at: datetime
    operator: str
    replaces: str
    replaced_by: str
    reason: str
    fee: Money
    state: str
    since: datetime


@dataclass(frozen=True, slots=True)
class StockLine:
    """Blank cards of one vending point; ``left`` must be in its drawer."""

    node: str
    received: int
    sent: int
    useless: int
    issued: int
    recycled: int
    spoilt: int

    @property
    def left(self) -> int:
        """What must be there."""
        return self.received - self.sent - self.useless - self.issued + self.recycled


class NumbersLeft(NamedTuple):
    """Numbers for new cards: of an area, one vending point's; an empty ``node``: nobody's yet."""

    area: str
    node: str
    many: int


class CardRegister:
    """Looks cards up; changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str = "", node: str = "", limit: int = SHOWN) -> tuple[CardLine, ...]:
        """Cards whose number or account begins so, the newest first; those of a node, if named."""
        issued = table_of(IssuedCard)
        query = select(issued).order_by(
            issued.c.issued_at.desc(), issued.c.account, issued.c.generation.desc()
        )
        wanted = text.strip().upper()
        if wanted:
            query = query.where(
                or_(
                    issued.c.card.startswith(wanted, autoescape=True),
                    issued.c.account.startswith(wanted, autoescape=True),
                )
            )
        if node:
            query = query.where(issued.c.node == node)
        with self._database.reading() as session:
            connection = session.connection()
            rows = connection.execute(query.limit(limit)).mappings().all()
            return tuple(_Lives(connection, rows).lines())

    def stock(self) -> tuple[StockLine, ...]:
        """The blank cards of every vending point that told of any."""
        move, end, issued = table_of(StockMove), table_of(CardEnd), table_of(IssuedCard)
        with self._database.reading() as session:
            moved = session.execute(
                select(move.c.node, move.c.what, func.sum(move.c.chips)).group_by(
                    move.c.node, move.c.what
                )
            ).all()
            ended = session.execute(
                select(end.c.node, end.c.how, func.count()).group_by(end.c.node, end.c.how)
            ).all()
            made = session.execute(
                select(issued.c.node, func.count()).group_by(issued.c.node)
            ).all()
        count = {(node, what): int(chips) for node, what, chips in (*moved, *ended)}
        issues = {node: int(cards) for node, cards in made}
        nodes = sorted({node for node, _ in count} | set(issues))
        return tuple(
            StockLine(
                node=node,
                received=count.get((node, RECEIVED), 0),
                sent=count.get((node, SENT), 0),
                useless=count.get((node, USELESS), 0),
                issued=issues.get(node, 0),
                recycled=count.get((node, RECYCLED), 0),
                spoilt=count.get((node, SPOILT), 0),
            )
            for node in nodes
        )

    def numbers(self) -> tuple[NumbersLeft, ...]:
        """The numbers that no card has yet, by area and vending point."""
        with self._database.reading() as session:
            return tuple(NumbersLeft(*row) for row in number_store.left(session.connection()))


class _Lives:
    """What else is known of some cards, in a few statements for all."""

    def __init__(self, connection: Connection, rows: Sequence[RowMapping]) -> None:
        self._rows = rows
        self._connection = connection
        cards = sorted({row["card"] for row in rows})
        issued, report, end = table_of(IssuedCard), table_of(CardReport), table_of(CardEnd)
        self._next = {row["replaces"]: row for row in self._of(issued, "replaces", cards)}
        self._reports = _newest(self._of(report, "card", cards), "reported_at")
        self._ends = _newest(self._of(end, "card", cards), "ended_at")

    def lines(self) -> Iterable[CardLine]:
        for row in self._rows:
            state, since = self._state(row)
            following = self._next.get(row["card"])
            yield CardLine(
                card=row["card"],
                account=row["account"],
                generation=row["generation"],
                node=row["node"],
                issued_at=from_timestamp(row["issued_at"]),
                operator=row["operator"],
                replaces=row["replaces"],
                replaced_by="" if following is None else following["card"],
                reason=row["reason"],
                fee=Money(row["fee"]),
                state=state,
                since=from_timestamp(since),
            )

    def _state(self, row: RowMapping) -> tuple[str, int]:
        end, following = self._ends.get(row["card"]), self._next.get(row["card"])
        report = self._reports.get(row["card"])
        if end is not None:
            return end["how"], end["ended_at"]
        if following is not None:
            return REPLACED, following["issued_at"]
        if report is not None and report["state"] == LOST:
            return IS_LOST, report["reported_at"]
        return IN_USE, row["issued_at"]

    def _of(self, table: Any, column: str, cards: Sequence[str]) -> list[RowMapping]:
        found: list[RowMapping] = []
        for start in range(0, len(cards), _BATCH):
            wanted = table.c[column].in_(cards[start : start + _BATCH])
            found += self._connection.execute(select(table).where(wanted)).mappings().all()
        return found


def _newest(rows: Iterable[RowMapping], when: str) -> dict[str, RowMapping]:
    """The last of each card."""
    return {row["card"]: row for row in sorted(rows, key=lambda row: (row[when], row["seq"]))}
