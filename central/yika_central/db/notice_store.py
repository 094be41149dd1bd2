"""Notices about cards and meters: those that hold, those that cards' reports make, what was done.

A card that is reported lost gets a notice by itself, which ends when it is found again, replaced
or out of use.  Reports may arrive in any order and twice: each time the tables are asked how the
card stands now.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select, update

from yika_central.db.database import add_new
from yika_central.db.projections import Values
from yika_central.db.tables import (
    Card,
    CardEnd,
    CardNotice,
    CardReport,
    IssuedCard,
    LevelChange,
    Meter,
    NodeArea,
    NodeCardList,
    NoticeDone,
    table_of,
)
from yika_common.journal.card_bodies import LOST, TOLD
from yika_common.sync.card_list import REFUSE

BY_ITSELF = ""
"""Who created a notice that a report made."""


def follow_cards(connection: Connection, cards: Collection[str], at: int) -> None:
    """Let lost cards have a notice, and those that are not lost any more none."""
    notice = table_of(CardNotice)
    for card in sorted(cards):
        held = connection.execute(
            select(notice.c.number).where(
                notice.c.card == card,
                notice.c.meter == "",
                notice.c.created_by == BY_ITSELF,
                notice.c.ended_at.is_(None),
            )
        ).scalar()
        report = _lost(connection, card)
        if report is not None and held is None:
            add_notice(connection, _refusal(card, report), at)
        elif report is None and held is not None:
            end_notice(connection, card, "", held, BY_ITSELF, at)


def note_done(connection: Connection, done: Iterable[Values]) -> None:
    """What was told needs not be told again: the notice ends."""
    for row in done:
        if row["how"] == TOLD:
            end_notice(
                connection,
                row["card"],
                row["meter"],
                row["number"],
                f"{row['node']} {row['operator']}",
                row["done_at"],
            )


def add_notice(connection: Connection, notice: Values, at: int) -> int:
    """Add a notice; its number.  ``notice`` has all but its number and time."""
    table = table_of(CardNotice)
    newest = connection.execute(
        select(func.max(table.c.number)).where(
            table.c.card == notice["card"], table.c.meter == notice["meter"]
        )
    ).scalar()
    number = int(newest or 0) + 1
    add_new(connection, CardNotice, [notice | {"number": number, "created_at": at}])
    return number


def end_notice(
    connection: Connection, card: str, meter: str, number: int, by: str, at: int
) -> bool:
    """End a notice that holds; False if there is no such one."""
    table = table_of(CardNotice)
    done = connection.execute(
        update(table)
        .where(
            table.c.card == card,
            table.c.meter == meter,
            table.c.number == number,
            table.c.ended_at.is_(None),
        )
        .values(ended_at=at, ended_by=by)
    )
    return done.rowcount == 1


def notices_for(connection: Connection, node: str, now: int) -> Sequence[RowMapping]:
    """The notices that hold for cards and meters of the node's areas."""
    notice, card, meter = table_of(CardNotice), table_of(Card), table_of(Meter)
    areas = _areas(node)
    rows = connection.execute(
        select(notice)
        .outerjoin(card, card.c.number == notice.c.card)
        .outerjoin(meter, meter.c.meter == notice.c.meter)
        .where(
            _holding(now),
            or_(
                and_(notice.c.card != "", card.c.area.in_(areas)),
                and_(notice.c.meter != "", meter.c.area.in_(areas)),
            ),
        )
        .order_by(notice.c.card, notice.c.meter, notice.c.number)
    )
    return rows.mappings().all()


def notices(
    connection: Connection, now: int, *, everything: bool, limit: int
) -> Sequence[RowMapping]:
    """Notices, the newest first; unless ``everything``, those that hold."""
    notice = table_of(CardNotice)
    newest = (notice.c.created_at.desc(), notice.c.card, notice.c.meter, notice.c.number.desc())
    query = select(notice).order_by(*newest)
    if not everything:
        query = query.where(_holding(now))
    return connection.execute(query.limit(limit)).mappings().all()


def done_of(connection: Connection, keys: Collection[tuple[str, str]]) -> Sequence[RowMapping]:
    """What was done of the notices about these cards and meters, in the order it was done."""
    done = table_of(NoticeDone)
    cards, meters = {card for card, _ in keys if card}, {meter for _, meter in keys if meter}
    rows = connection.execute(
        select(done)
        .where(or_(done.c.card.in_(sorted(cards)), done.c.meter.in_(sorted(meters))))
        .order_by(done.c.done_at, done.c.node, done.c.seq)
    )
    return rows.mappings().all()


def newest_levels(connection: Connection) -> Sequence[RowMapping]:
    """The newest change of each service and class, and of each meter, those removed left out."""
    table = table_of(LevelChange)
    newest = (
        select(func.max(table.c.number))
        .group_by(table.c.service, table.c.tariff_class, table.c.meter, table.c.money)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(table)
        .where(table.c.number.in_(newest), table.c.removed == 0)
        .order_by(table.c.service, table.c.tariff_class, table.c.money, table.c.meter)
    )
    return rows.mappings().all()


def meters_of_node(connection: Connection, node: str, meters: Collection[str]) -> set[str]:
    """Of these meters those in the node's areas."""
    table = table_of(Meter)
    rows = connection.execute(
        select(table.c.meter).where(
            table.c.meter.in_(sorted(meters)), table.c.area.in_(_areas(node))
        )
    )
    return set(rows.scalars())


def sealed_before(connection: Connection, node: str) -> tuple[int, bytes] | None:
    """Epoch and digest of the node's list as it was last sealed."""
    table = table_of(NodeCardList)
    row = connection.execute(
        select(table.c.epoch, table.c.digest).where(table.c.node == node)
    ).first()
    return None if row is None else (row.epoch, bytes(row.digest))


def _areas(node: str) -> Any:
    table = table_of(NodeArea)
    return select(table.c.area).where(table.c.node == node).scalar_subquery()


def _holding(now: int) -> Any:
    notice = table_of(CardNotice)
    return and_(
        notice.c.ended_at.is_(None),
        or_(notice.c.valid_until == 0, notice.c.valid_until >= now),
    )


def _lost(connection: Connection, card: str) -> RowMapping | None:
    """The report that the card is lost, if that is how it stands."""
    report, issued, end = table_of(CardReport), table_of(IssuedCard), table_of(CardEnd)
    newest = (
        connection.execute(
            select(report)
            .where(report.c.card == card)
            .order_by(report.c.reported_at.desc(), report.c.seq.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if newest is None or newest["state"] != LOST:
        return None
    over = [
        select(issued.c.card).where(issued.c.replaces == card),
        select(end.c.card).where(end.c.card == card),
    ]
    if any(connection.execute(query.limit(1)).first() is not None for query in over):
        return None
    return newest


def _refusal(card: str, report: RowMapping) -> Values:
    return {
        "card": card,
        "meter": "",
        "action": REFUSE,
        "valid_until": 0,
        "zh": "",
        "en": "",
        "reason": report["reason"],
        "created_by": BY_ITSELF,
        "ended_at": None,
        "ended_by": "",
    }
