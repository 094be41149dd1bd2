"""Reading the lives of cards; loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import sqlmodel as sql

from yika_common.infra.engine import named_engine_failures
from yika_common.infra.late import LateModule
from yika_common.journal.card_bodies import LOST
from yika_node.db import tables
from yika_node.db.projections import SUPERSEDED

if TYPE_CHECKING:
    from sqlmodel.sql.expression import SelectOfScalar

    from yika_node.db import seldom
    from yika_node.db.store import Store
else:
    seldom = LateModule("yika_node.db.seldom")

_Row = TypeVar("_Row")


class StockCount(NamedTuple):
    """How many blank cards came, left, and what became of the others; see the page of stock."""

    received: int
    sent: int
    useless: int
    issued: int
    spoilt: int
    recycled: int
    kept: int

    @property
    def left(self) -> int:
        """Blank cards that must be in the drawer."""
        return self.received - self.sent - self.useless - self.issued + self.recycled


class CardQueries:
    """What the desks for cards' lives ask."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def newest(self, account: str) -> tables.Card | None:
        """The card of the highest generation that was issued here for the account."""
        card = tables.Card
        wanted = sql.select(card).where(card.account == account)
        return self._first(wanted.order_by(sql.col(card.generation).desc()))

    def card(self, number: str) -> tables.Card | None:
        """A card that was issued here."""
        return self._first(sql.select(tables.Card).where(tables.Card.number == number))

    def on_chip(self, serial: str) -> tables.Card | None:
        """The card that a chip was to become last, by what was issued here."""
        wanted = sql.select(tables.Card).where(tables.Card.serial == serial)
        return self._first(wanted.order_by(sql.text("rowid DESC")))

    def replacing(self, card: str) -> tables.Card | None:
        """The card that was issued here in the place of this one."""
        return self._first(sql.select(tables.Card).where(tables.Card.replaces == card))

    def report(self, card: str) -> seldom.CardReport | None:
        """What the holder last said of a card here."""
        return self._first(sql.select(seldom.CardReport).where(seldom.CardReport.card == card))

    def lost(self) -> Sequence[seldom.CardReport]:
        """The cards reported lost here and not found since, newest first."""
        report = seldom.CardReport
        wanted = sql.select(report).where(report.state == LOST)
        return self._all(wanted.order_by(sql.col(report.at).desc(), report.card))

    def end(self, card: str) -> seldom.CardEnd | None:
        """How a card ended here."""
        return self._first(sql.select(seldom.CardEnd).where(seldom.CardEnd.card == card))

    def ends(self, limit: int) -> Sequence[seldom.CardEnd]:
        """The cards that ended here, newest first."""
        end = seldom.CardEnd
        return self._all(sql.select(end).order_by(sql.col(end.at).desc(), end.card).limit(limit))

    def notice_done(self, card: str, meter: str, number: int) -> seldom.NoticeDone | None:
        """What was done here of a notice about a card or a meter; the other is empty."""
        done = seldom.NoticeDone
        return self._first(
            sql.select(done).where(done.card == card, done.meter == meter, done.number == number)
        )

    def moves(self, limit: int) -> Sequence[seldom.StockMove]:
        """Blank cards that came, left or were useless, newest first."""
        move = seldom.StockMove
        order = (sql.col(move.epoch).desc(), sql.col(move.seq).desc())
        return self._all(sql.select(move).order_by(*order).limit(limit))

    def stock(self) -> StockCount:
        """What became of the blank cards of this vending point."""
        with named_engine_failures(), sql.Session(self._store.engine) as session:
            moved = dict(
                session.exec(
                    sql.select(
                        seldom.StockMove.what, sql.func.sum(seldom.StockMove.chips)
                    ).group_by(seldom.StockMove.what)
                ).all()
            )
            ended = dict(
                session.exec(
                    sql.select(seldom.CardEnd.how, sql.func.count()).group_by(seldom.CardEnd.how)
                ).all()
            )
            # One chip may have been several cards in turn; each time it was taken from the drawer.
            issued = session.exec(sql.select(sql.func.count()).select_from(tables.Card)).one()
        return StockCount(
            received=int(moved.get("received", 0)),
            sent=int(moved.get("sent", 0)),
            useless=int(moved.get("useless", 0)),
            issued=issued,
            spoilt=ended.get("spoilt", 0),
            recycled=ended.get("recycled", 0),
            kept=ended.get("kept", 0) + ended.get("retired", 0),
        )

    def newest_intent(self, account: str, meter: str) -> tables.Intent | None:
        """The meter's sale of the highest generation and count that was not superseded."""
        intent = tables.Intent
        wanted = sql.select(intent).where(
            intent.account == account, intent.meter == meter, intent.state != SUPERSEDED
        )
        order = (sql.col(intent.generation).desc(), sql.col(intent.count).desc())
        return self._first(wanted.order_by(*order, sql.col(intent.seq).desc()))

    def on_card(self, account: str, card: str, slot: int | None = None) -> Sequence[tables.Intent]:
        """What was to be written onto an account's card here, newest first; one slot's or all."""
        intent = tables.Intent
        wanted = sql.select(intent).where(intent.account == account, intent.card == card)
        if slot is not None:
            wanted = wanted.where(intent.slot == slot)
        return self._all(wanted.order_by(sql.col(intent.epoch).desc(), sql.col(intent.seq).desc()))

    def _first(self, query: SelectOfScalar[_Row]) -> _Row | None:
        with (
            named_engine_failures(),
            sql.Session(self._store.engine, expire_on_commit=False) as session,
        ):
            return session.exec(query).first()

    def _all(self, query: SelectOfScalar[_Row]) -> Sequence[_Row]:
        with (
            named_engine_failures(),
            sql.Session(self._store.engine, expire_on_commit=False) as session,
        ):
            return session.exec(query).all()
