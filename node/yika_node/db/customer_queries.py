"""Reading what is known of customers: amended here, and told by headquarters' files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from yika_common.journal.card_bodies import CardCleared
from yika_common.journal.record import decode_line
from yika_node.db import rows
from yika_node.db.queries import HELD, Queries

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

_TOLD_METERS: Final = (
    "SELECT meter FROM sheet_meter"  # noqa: S608 - constants
    f" WHERE meter IN (SELECT value FROM json_each(?)) AND {_NOT_WITHDRAWN}"
)
_ELSEWHERE: Final = (
    "WHERE account > ? AND account NOT IN (SELECT number FROM account) ORDER BY account LIMIT ?"
)
_HELD_FILES: Final = f"SELECT item.name, sha256 FROM item {HELD}"  # noqa: S608 - constants
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

    def cleared(self, account: str, card: str) -> CardCleared | None:
        """What was settled with the account's card, if its chip was changed as it ended here."""
        query = (
            "SELECT line FROM account_event JOIN record USING (epoch, seq)"
            " WHERE account_event.account = ? AND account_event.kind = 'cleared'"
            " ORDER BY epoch DESC, seq DESC LIMIT 1"
        )
        with self._connection() as connection:
            line = connection.exec_driver_sql(query, (account,)).scalar()
        body = None if line is None else decode_line(bytes(line)).body
        return body if isinstance(body, CardCleared) and body.card == card else None

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

    def facts(self, account: str) -> rows.AccountFacts | None:
        """What sets the account's prices, as it was last amended here."""
        return self._first(rows.AccountFacts, "WHERE account = ?", account)

    def own_limits(self, account: str) -> Sequence[rows.OwnLimit]:
        """The limits last set here for the account, one per service."""
        return self._all(rows.OwnLimit, "WHERE account = ? ORDER BY service", account)

    def refused(self, version: int, digest: str) -> bool:
        """Whether a manifest was refused before; ``digest`` is 16 hex digits."""
        wanted = "SELECT 1 FROM refusal WHERE version = ? AND digest = ?"
        return self._value(wanted, version, digest) is not None

    def sheet(self, account: str) -> rows.Sheet | None:
        """What headquarters tells of an account, sealed."""
        return self._first(rows.Sheet, "WHERE account = ?", account)

    def special_card(self, number: str) -> rows.SpecialCard | None:
        """A system, managing or tool card that was issued here."""
        return self._first(rows.SpecialCard, "WHERE number = ?", number)

    def account_of_told_card(self, card: str) -> str | None:
        """The account whose newest card this is, as headquarters tells."""
        wanted = "SELECT account FROM sheet WHERE card = ? ORDER BY account LIMIT 1"
        account: str | None = self._value(wanted, card)
        return account

    def told_cards(self, cards: Sequence[str]) -> set[str]:
        """Which of these card numbers accounts have, as headquarters tells."""
        wanted = "SELECT card FROM sheet WHERE card IN (SELECT value FROM json_each(?))"
        with self._connection() as connection:
            found = connection.exec_driver_sql(wanted, (json.dumps(list(cards)),))
            return set(found.scalars())

    def account_of_told_meter(self, meter: str) -> str | None:
        """The account that a meter belongs to, as headquarters tells."""
        account: str | None = self._value(_TOLD_METER, meter)
        return account

    def told_meters(self, meters: Sequence[str]) -> set[str]:
        """Which of these meters belong to an account, as headquarters tells."""
        with self._connection() as connection:
            found = connection.exec_driver_sql(_TOLD_METERS, (json.dumps(list(meters)),))
            return set(found.scalars())

    def sheets_elsewhere(self, after: str, limit: int) -> Sequence[rows.Sheet]:
        """Sheets of accounts that were not opened here, above the number ``after``, in order."""
        return self._all(rows.Sheet, _ELSEWHERE, after, limit)

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
        with self._connection() as connection:
            found = connection.exec_driver_sql(_HELD_FILES, (prefix,))
            newest: dict[str, bytes] = {row[0]: row[1] for row in found}
        return tuple(HeldFile(name, sha256) for name, sha256 in newest.items())

    def sheet_parts(self) -> dict[str, bytes]:
        """The file that each part's sheets were made from."""
        return {row.item: row.sha256 for row in self._all(rows.SheetPart, "")}
