"""Statements about the approvals that vending points ask for over the line."""

from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update
from sqlmodel import Session

from yika_central.db.database import add_new
from yika_central.db.projections import Values
from yika_central.db.tables import ApprovalRequest, PhoneUse, table_of
from yika_common.sync.line_approval import GRANTED, LIFETIME_S, OVER, REFUSED, WAITING

Place = tuple[str, int, str]
"""Node, epoch and digits."""


def put(connection: Connection, row: Values) -> None:
    """A request that was not here yet; one that is, stays as it stands."""
    add_new(connection, ApprovalRequest, [row])


def found(connection: Connection | Session, place: Place) -> RowMapping | None:
    """The request at a place."""
    row = connection.execute(select(table_of(ApprovalRequest)).where(*_at(place))).first()
    return None if row is None else row._mapping


def waiting_of(connection: Connection, node: str, now: int) -> int:
    """How many requests of a vending point wait."""
    table = table_of(ApprovalRequest)
    query = select(func.count()).where(*_open(now), table.c.node == node)
    return int(connection.execute(query).scalar_one())


def waiting(session: Session, now: int, most: int) -> list[RowMapping]:
    """The requests that wait, oldest first."""
    table = table_of(ApprovalRequest)
    query = select(table).where(*_open(now)).order_by(table.c.asked_at, table.c.challenge)
    return list(session.execute(query.limit(most)).mappings())


def waiting_count(session: Session, now: int) -> int:
    """How many wait."""
    query = select(func.count()).select_from(table_of(ApprovalRequest)).where(*_open(now))
    return int(session.execute(query).scalar_one())


def decided(session: Session, most: int) -> list[RowMapping]:
    """The newest that somebody decided or took back, and when each was used."""
    table, use = table_of(ApprovalRequest), table_of(PhoneUse)
    same = [use.c[name] == table.c[name] for name in ("node", "epoch", "challenge")]
    used = select(use.c.stamped_at).where(*same).limit(1).scalar_subquery().label("used_at")
    query = select(table, used).where(table.c.decided_at.is_not(None))
    newest = query.order_by(table.c.decided_at.desc(), table.c.challenge)
    return list(session.execute(newest.limit(most)).mappings())


def decide(connection: Connection, place: Place, **said: Any) -> bool:
    """Decide what waits; False: it waits no more, and nothing was changed."""
    table = table_of(ApprovalRequest)
    statement = update(table).where(*_at(place), table.c.state == WAITING).values(**said)
    return connection.execute(statement).rowcount == 1


def granted(connection: Connection, answer: Values) -> None:
    """Where the digits were answered for just what was asked, the request is granted."""
    place = (answer["node"], answer["epoch"], answer["challenge"])
    row = found(connection, place)
    if row is not None and all(row[name] == answer[name] for name in ("subject", "act", "amount")):
        decide(
            connection,
            place,
            state=GRANTED,
            decided_by=answer["answered_by"],
            second=answer["second"],
            reason=answer["reason"],
            decided_at=answer["at"],
        )


def refused_by(connection: Connection, place: Place) -> str:
    """Who refused; empty: nobody."""
    row = found(connection, place)
    return "" if row is None or row["state"] != REFUSED else str(row["decided_by"])


def digest_of(connection: Connection, place: Place) -> str:
    """The digest of the act that was asked for, in hex; empty: it was not, over the line."""
    row = found(connection, place)
    return "" if row is None else str(row["digest"])


def standing(row: RowMapping, now: int) -> str:
    """How a request stands now: what was asked for too long ago is over, also if granted."""
    in_time = 0 <= now - row["asked_at"] <= LIFETIME_S
    return str(row["state"]) if in_time or row["state"] == REFUSED else OVER


def _open(now: int) -> list[Any]:
    table = table_of(ApprovalRequest)
    return [table.c.state == WAITING, table.c.asked_at.between(now - LIFETIME_S, now)]


def _at(place: Place) -> list[Any]:
    table = table_of(ApprovalRequest)
    return [table.c[name] == value for name, value in zip(_KEY, place, strict=True)]


_KEY = ("node", "epoch", "challenge")
