"""Reading what is known of customers: amended here, and told by headquarters' files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.infra.late import LateModule
from yika_node.db.queries import Queries

if TYPE_CHECKING:
    import sqlmodel as sql

    from yika_node.db import seldom, tables
else:
    sql = LateModule("sqlmodel")
    seldom = LateModule("yika_node.db.seldom")
    tables = LateModule("yika_node.db.tables")


_ACCOUNT_AT: Final = (
    "SELECT account FROM (SELECT account, 0 AS told FROM account_state"
    " WHERE premises = ?1 AND premises <> '' AND status <> 'closed'"
    " UNION ALL SELECT account, 1 FROM sheet WHERE premises = ?1 AND premises <> ''"
    " AND NOT EXISTS (SELECT 1 FROM account_state AS own"
    " WHERE own.account = sheet.account AND own.status = 'closed'))"
    " WHERE account <> ?2 ORDER BY told, account LIMIT 1"
)
_NOT_WITHDRAWN: Final = (
    "NOT EXISTS (SELECT 1 FROM account WHERE number = sheet_meter.account AND NOT EXISTS"
    " (SELECT 1 FROM account_meter WHERE account_meter.account = number))"
)
"""Accounts that were opened here by mistake: none but these have no meter."""

_TOLD_METER: Final = (
    f"SELECT account FROM sheet_meter WHERE meter = ? AND {_NOT_WITHDRAWN} ORDER BY account"  # noqa: S608 - constants
)

_SHEETS: Final = "SELECT account, sealed FROM sheet WHERE account > ? ORDER BY account LIMIT 1000"
_SHEETS_OF_PART: Final = (
    "SELECT account, sealed FROM sheet WHERE account > ? AND item = ? ORDER BY account LIMIT 1000"
)


class HeldFile(NamedTuple):
    """A file that a bundle switched on: what it is called, and the digest it is kept under."""

    name: str
    sha256: bytes


class StateRow(NamedTuple):
    """How an account stands here; see :class:`yika_node.db.life_tables.AccountState`."""

    status: str
    status_at: int
    who: str
    who_at: int
    community: str


class HoldRow(NamedTuple):
    """A hold; see :class:`yika_node.db.life_tables.AccountHold`."""

    node: str
    epoch: int
    seq: int
    level: str
    words: str
    until: int
    lifter: str
    lifted_at: int | None


class CustomerQueries(Queries):
    """What the desks ask about customers besides their accounts."""

    def account_state(self, account: str) -> StateRow | None:
        """What this journal says of the account since it was opened."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(
                f"SELECT {', '.join(StateRow._fields)} FROM account_state"  # noqa: S608 - own names
                " WHERE account = ?",
                (account,),
            ).first()
            return None if found is None else StateRow(*found)

    def account_holds(self, account: str) -> list[HoldRow]:
        """The holds that this journal knows of, oldest first; also those that were lifted."""
        with self._connection() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT {', '.join(HoldRow._fields)} FROM account_hold"  # noqa: S608 - own names
                " WHERE account = ? ORDER BY at, epoch, seq",
                (account,),
            )
            return [HoldRow(*row) for row in rows]

    def account_was_touched(self, account: str) -> bool:
        """Whether this journal tells more of it than that it was opened, and looked at."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(
                "SELECT EXISTS (SELECT 1 FROM account_event WHERE account = ?1"
                " AND kind NOT IN ('account', 'seen'))"
                " OR EXISTS (SELECT 1 FROM intent WHERE account = ?1)",
                (account,),
            ).scalar_one()
            return bool(found)

    def account_at(self, premises: str, besides: str) -> str | None:
        """An account of those premises, but that one: ours, else a told one."""
        with self._connection() as connection:
            return connection.exec_driver_sql(_ACCOUNT_AT, (premises, besides)).scalar()

    def facts(self, account: str) -> tables.AccountFacts | None:
        """What sets the account's prices, as it was last amended here."""
        with self._session() as session:
            return session.get(tables.AccountFacts, account)

    def own_limits(self, account: str) -> Sequence[tables.OwnLimit]:
        """The limits last set here for the account, one per service."""
        with self._session() as session:
            wanted = sql.select(tables.OwnLimit).where(tables.OwnLimit.account == account)
            return session.exec(wanted.order_by("service")).all()

    def refused(self, version: int, digest: str) -> bool:
        """Whether a manifest was refused before; ``digest`` is 16 hex digits."""
        with self._session() as session:
            return session.get(seldom.Refusal, (version, digest)) is not None

    def sheet(self, account: str) -> tables.Sheet | None:
        """What headquarters tells of an account, sealed."""
        with self._session() as session:
            return session.get(tables.Sheet, account)

    def special_card(self, number: str) -> seldom.SpecialCard | None:
        """A system, managing or tool card that was issued here."""
        with self._session() as session:
            return session.get(seldom.SpecialCard, number)

    def account_of_told_card(self, card: str) -> str | None:
        """The account whose newest card this is, as headquarters tells."""
        with self._session() as session:
            wanted = sql.select(tables.Sheet.account).where(tables.Sheet.card == card)
            return session.exec(wanted.order_by("account")).first()

    def told_cards(self, cards: Sequence[str]) -> set[str]:
        """Which of these card numbers accounts have, as headquarters tells."""
        with self._session() as session:
            wanted = sql.select(tables.Sheet.card).where(sql.col(tables.Sheet.card).in_(cards))
            return set(session.exec(wanted).all())

    def account_of_told_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, as headquarters tells."""
        with self._connection() as connection:
            return connection.exec_driver_sql(
                _TOLD_METER,
                (meter,),
            ).scalar()

    def told_meters(self, meters: Sequence[str]) -> set[str]:
        """Which of these meters belong to an account, as headquarters tells."""
        with self._session() as session:
            wanted = sql.select(tables.SheetMeter.meter).where(
                sql.col(tables.SheetMeter.meter).in_(meters),
                sql.text(_NOT_WITHDRAWN),
            )
            return set(session.exec(wanted).all())

    def sheets_elsewhere(self, after: str, limit: int) -> Sequence[tables.Sheet]:
        """Sheets of accounts that were not opened here, above the number ``after``, in order."""
        with self._session() as session:
            opened = sql.select(tables.Account.number)
            wanted = sql.select(tables.Sheet).where(
                tables.Sheet.account > after, sql.col(tables.Sheet.account).not_in(opened)
            )
            return session.exec(wanted.order_by("account").limit(limit)).all()

    def sealed_sheets(self, item: str = "") -> Iterator[tuple[str, bytes]]:
        """All sheets, or those of a part, by their accounts' numbers, a thousand at a time."""
        after = ""
        while True:
            with self._connection() as connection:
                found = (
                    connection.exec_driver_sql(_SHEETS_OF_PART, (after, item))
                    if item
                    else connection.exec_driver_sql(_SHEETS, (after,))
                )
                rows = [(row[0], row[1]) for row in found]
            if not rows:
                return
            yield from rows
            after = rows[-1][0]

    def newest_held(self, prefix: str) -> tuple[HeldFile, ...]:
        """The newest file that a bundle switched on under each such name."""
        with self._session() as session:
            digest = sql.func.substr(sql.func.lower(sql.func.hex(tables.Item.sha256)), 1, 16)
            rows = session.exec(
                sql.select(tables.Item.name, tables.Item.sha256)
                .join(
                    tables.HeldItem,
                    (sql.col(tables.HeldItem.name) == tables.Item.name)
                    & (sql.col(tables.HeldItem.version) == tables.Item.version)
                    & (sql.col(tables.HeldItem.digest) == digest),
                )
                .where(sql.col(tables.Item.name).startswith(prefix, autoescape=True))
                .order_by(sql.col(tables.Item.name), sql.col(tables.Item.version))
            ).all()
        return tuple(HeldFile(name, sha256) for name, sha256 in dict(rows).items())

    def sheet_parts(self) -> dict[str, bytes]:
        """The file that each part's sheets were made from."""
        with self._session() as session:
            rows = session.exec(sql.select(tables.SheetPart)).all()
            return {row.item: row.sha256 for row in rows}
