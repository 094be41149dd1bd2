"""Which accounts may be one household's: the same address, telephone, document or meter.

Two vending points that are cut off may open the same flat.  Whoever arrives is compared with all
others by an index of keyed digests (:class:`~yika_central.db.tables.AccountTrace`), so that
nothing is read but what is alike.  A trace that more than :data:`CROWD` accounts share (a
landlord's telephone, a house without room numbers) says nothing about any two of them, and whoever
moved into a flat is not the household that closed its account there.
"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from yika_central.db import duplicate_store as store
from yika_central.db.database import Database
from yika_central.db.household_store import survivors_of
from yika_central.services.customers import PersonalKeys
from yika_central.services.key_room import KeyRoom
from yika_common.clock import Clock, to_timestamp
from yika_common.signing.errors import FileMalformed, SealBroken
from yika_common.sync.addresses import premises_key
from yika_common.sync.personal_data import Person, open_person

ADDRESS, PHONE, DOCUMENT, METER = "address", "phone", "document", "meter"
KINDS: Final = (ADDRESS, METER, DOCUMENT, PHONE)
"""What can be alike of two accounts; what says most stands first."""

CROWD: Final = 8
"""More accounts than these with one trace are no duplicates."""

AT_ONCE: Final = 200
"""Accounts that one transaction compares."""

_SPACES: Final = re.compile(r"[\W_]+")
_SHORTEST: Final = 5
"""Fewer letters of a telephone or document tell nobody from another."""


class DuplicateFinder:
    """Keeps the index, and proposes pairs."""

    def __init__(self, database: Database, keys: KeyRoom, clock: Clock) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock

    def run(self) -> int:
        """Compare every account that waits; how many there were.

        Raises:
            DiskFull, DatabaseBusy, DatabaseAway: what was proposed before stands, the rest waits.
        """
        done = 0
        while True:
            with self._database.writing() as connection:
                due = store.take_due(connection, AT_ONCE)
                if due:
                    self._compare(connection, [account for account, _ in due])
                    store.strike_off(connection, due)
            done += len(due)
            if len(due) < AT_ONCE:
                return done

    def _compare(self, connection: Connection, accounts: Sequence[str]) -> None:
        known = store.opened(connection, accounts)
        amended = store.holders(connection, accounts)
        gone = store.ended(connection, accounts)
        personal, key = PersonalKeys(self._keys.personal_data_key), self._keys.traces_key
        traces = {
            account: _traces(holder_of(row, amended.get(account), personal), key)
            for account, row in known.items()
            if account not in gone
        }
        store.put_traces(connection, {account: traces.get(account, {}) for account in known})
        found: dict[store.Pair, list[str]] = {}
        for kind, account, other in self._alike(connection, traces):
            why = found.setdefault(store.pair_of(account, other), [])
            if kind not in why:
                why.append(kind)
        areas = {pair: self._areas(connection, known, pair) for pair in found}
        pairs = {pair: why for pair, why in found.items() if len(areas[pair]) == 1}
        store.withdraw(connection, sorted(known), pairs)
        store.propose(connection, pairs, to_timestamp(self._clock()))

    def _alike(
        self,
        connection: Connection,
        traces: Mapping[str, Mapping[str, str]],
    ) -> Iterator[tuple[str, str, str]]:
        """What is alike, the account, and the other one; both are the surviving ones."""
        meters = store.meters_of(connection, sorted(traces))
        for kind in KINDS:
            for account in sorted(traces):
                if kind == METER:
                    crowd = store.with_meters(connection, meters.get(account, ()), CROWD + 1)
                elif kind in traces[account]:
                    crowd = store.alike(connection, kind, traces[account][kind], CROWD + 1)
                else:
                    continue
                if len(crowd) > CROWD:
                    continue
                others = {*crowd} - store.ended(connection, crowd)
                ends = survivors_of(connection, others | {account})
                here = ends.get(account, account)
                for end in sorted({ends.get(other, other) for other in others} - {here}):
                    yield kind, here, end

    def _areas(
        self, connection: Connection, known: Mapping[str, RowMapping], pair: store.Pair
    ) -> set[str]:
        rows = dict(known)
        missing = [account for account in pair if account not in rows]
        rows |= store.opened(connection, missing) if missing else {}
        return {rows[account]["area"] for account in pair if account in rows}


def holder_of(
    opened: Mapping[Any, Any], amended: Mapping[Any, Any] | None, personal: PersonalKeys
) -> tuple[Person | None, str, str]:
    """Who holds an account, where it is (area, community); None where nobody can read it."""
    row = opened if amended is None else amended
    place = (opened["area"], row["community"])
    if not row["sealed"]:
        return (None, *place)
    try:
        return (open_person(row["sealed"], personal[row["node"]], opened["account"]), *place)
    except (SealBroken, FileMalformed):
        return (None, *place)


def plain(text: str) -> str:
    """A telephone or document without what people type in different ways."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text).casefold())


def _traces(holder: tuple[Person | None, str, str], key: bytes) -> dict[str, str]:
    person, area, community = holder
    if person is None:
        return {}
    told = {PHONE: plain(person.phone), DOCUMENT: plain(person.document)}
    found = {
        kind: _digest(key, kind, area, text)
        for kind, text in told.items()
        if len(text) >= _SHORTEST
    }
    address = premises_key(person, area, community, key)
    return found | ({ADDRESS: address} if address else {})


def _digest(key: bytes, *parts: str) -> str:
    return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()
