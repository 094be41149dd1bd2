"""Detection: opens a case where a meter, a card or a journal contradicts the books.

What arrives puts its meters into a queue; a run compares each with all that is known of it
(:mod:`yika_central.domain.detection`) and lets the cases be what it found: new ones open, those
that a late journal explains settle by themselves, and a person explains the rest.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from yika_central.db import case_store as store
from yika_central.db import rerating_store
from yika_central.db.database import Database
from yika_central.domain.detection import Finding, Kind, findings
from yika_central.services.two_persons import check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.meters.catalogue import MODELS
from yika_common.tariffs.document import parse_tariff

BATCH: Final = 500
"""Meters in one transaction: few enough that ingest never waits long."""

APART: Final = timedelta(minutes=1)
"""No card gets from one vending point to another sooner; clocks of honest ones differ by less."""

LEASE: Final = timedelta(days=7)
"""How long a sale may be seen on a card before its own vending point has reported it."""

SHOWN: Final = 500


class NoSuchCase(YikaError):
    """No open case has that name."""

    code = "no_such_case"
    sentence = N_("No such case is open. Nothing was changed. Look at the list of cases again.")


@dataclass(frozen=True, slots=True)
class Case:
    """A case as the pages show it; ``amount`` is in 1/1000 of what the meter counts."""

    subject: str
    kind: Kind
    mark: str
    amount: int
    service: str
    account: str
    places: tuple[str, ...]
    state: str
    opened_at: datetime
    changed_at: datetime
    note: str
    explained_by: str


class Detection:
    """Compares what meters and cards say with what journals say."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def run(self) -> int:
        """Look at every meter and witness that waits; returns how many cases changed.

        Raises:
            DiskFull, DatabaseBusy, DatabaseAway: what was written before stands, the rest waits.
        """
        now = self._clock()
        with self._database.writing() as connection:
            store.hold_detection(connection)
            found = store.witnessed(connection, to_timestamp(now - LEASE))
            changed = store.write_witnessed(connection, found, to_timestamp(now))
        money = _MoneyTariffs()
        while True:
            with self._database.writing() as connection:
                store.hold_detection(connection)
                meters = store.take(connection, BATCH)
                changed += self._compare(connection, meters, money, to_timestamp(now))
            if len(meters) < BATCH:
                return changed

    def cases(self, state: str = store.OPEN) -> tuple[Case, ...]:
        """The newest cases of a state, at most 500; of every state if it is empty."""
        with self._database.reading() as session:
            rows = store.cases(session, state=state, most=SHOWN)
        return tuple(
            Case(
                subject=row["subject"],
                kind=Kind(row["kind"]),
                mark=row["mark"],
                amount=row["amount"],
                service=row["service"],
                account=row["account"],
                places=tuple(row["places"].split()),
                state=row["state"],
                opened_at=from_timestamp(row["opened_at"]),
                changed_at=from_timestamp(row["changed_at"]),
                note=row["note"],
                explained_by=row["explained_by"],
            )
            for row in rows
        )

    def waiting(self) -> int:
        """How many cases are open."""
        with self._database.reading() as session:
            return store.open_cases(session)

    def explain(self, subject: str, kind: str, mark: str, *, note: str, by: str) -> None:
        """Close an open case with what a person found out.

        Raises:
            ReasonMissing: nothing was written, or too much.
            NoSuchCase: it is not open.
        """
        note = check_reason(note)
        at = to_timestamp(self._clock())
        with self._database.writing() as connection:
            if not store.explain(connection, (subject, kind, mark), note=note, by=by, at=at):
                raise NoSuchCase

    def _compare(
        self, connection: Connection, meters: tuple[str, ...], money: "_MoneyTariffs", at: int
    ) -> int:
        given = store.given_to(connection, meters)
        told = store.told_by(connection, meters)
        sold_by = store.tariffs_of(connection, meters)
        apart_s = int(APART.total_seconds())
        found: dict[str, tuple[Finding, ...]] = {}
        owners = store.owners(connection, meters)
        to_be_cleared = store.to_be_cleared(connection, meters)
        left = store.left_by(connection, meters)
        for meter in meters:
            holds_money = bool(sold_by.get(meter, set()) & money.of(connection))
            found[meter] = findings(
                given.get(meter, ()),
                told.get(meter, ()),
                holds_money=holds_money,
                apart_s=apart_s,
                quantum=_quantum(owners[meter][0]) if meter in owners else 1,
                to_be_cleared=meter in to_be_cleared,
                left=left.get(meter),
            )
        return store.write(connection, found, owners, at)


def _quantum(service: str) -> int:
    """The most that a meter of the service leaves on its card because it is no whole step."""
    fitting = (model.quantum for model in MODELS if service in model.services)
    return max(fitting, default=1)


class _MoneyTariffs:
    """The tariff versions that credit a meter with money, read once in a run."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[str, int]] | None = None

    def of(self, connection: Connection) -> frozenset[tuple[str, int]]:
        """By id and version."""
        if self._known is None:
            tariffs = map(parse_tariff, rerating_store.tariff_documents(connection))
            self._known = frozenset((t.id, t.version) for t in tariffs if t.holds_money)
        return self._known
