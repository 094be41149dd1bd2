"""The what-if: drafts priced over past sales, in the background, one customer after the other.

A replay is asked for, waits, and is run by whoever runs the jobs; how far it is and what it found
stand in the database.  It reads a batch of accounts at a time, in transactions of their own, so
memory stays flat and nobody waits for it.  What it found holds for the exact draft and for exactly
what was published while it ran; approval asks for both.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from yika_central.db import tariff_store as store
from yika_central.db.database import Database, hold_office
from yika_central.db.tables import TariffReplay, table_of
from yika_central.domain.tariff_replay import Findings
from yika_central.services.tariff_replay_run import ReplayRun
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError

MONTHS = 12
"""How many months of past sales are replayed unless somebody says otherwise."""
MONTHS_MAX = 36

WAITING, RUNNING, DONE = "WAITING", "RUNNING", "DONE"
REVIEWED = "REVIEWED"

Progress = Callable[[int, int], None]
"""Told how many accounts of how many are priced."""


class MonthsWrong(YikaError):
    """So many months cannot be replayed."""

    code = "replay_months"
    sentence = N_("A replay is over 1 to %(most)s months. Nothing was begun. Choose the months.")


@dataclass(frozen=True, slots=True)
class Replay:
    """One replay of a draft; ``findings`` are there once it is done."""

    draft: int
    run: int
    state: str
    months: int
    done: int
    total: int
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    findings: Findings | None

    @property
    def running(self) -> bool:
        """Whether it is still to come, or under way."""
        return self.state != DONE

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 * self.done // self.total if self.total else 0


class TariffReplays:
    """Asks for replays, runs them and knows what they found."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ask(self, draft: int, months: int, who: str) -> int:
        """Have a draft replayed; returns the replay's number.

        One that is still to come for as many months is not asked for twice.

        Raises:
            MonthsWrong: nothing was asked for.
        """
        if not 1 <= months <= MONTHS_MAX:
            raise MonthsWrong(most=MONTHS_MAX)
        last = self.latest(draft)
        if last is not None and last.running and last.months == months:
            return last.run
        with self._database.writing() as connection:
            hold_office(connection)
            row = {"draft": draft, "months": months, "asked_by": who, "asked_at": self._now()}
            return store.add_replay(connection, row)

    def latest(self, draft: int) -> Replay | None:
        """The replay of a draft that was asked for last."""
        table = table_of(TariffReplay)
        with self._database.reading() as session:
            row = session.execute(
                select(table).where(table.c.draft == draft).order_by(table.c.run.desc()).limit(1)
            ).first()
        return None if row is None else _replay(row)

    def run_waiting(self) -> int:
        """Run every replay that waits, or that a stop cut off; returns how many.

        Raises:
            DatabaseBusy, DiskFull, DatabaseAway: the rest waits for the next time.
        """
        table = table_of(TariffReplay)
        ran = 0
        while True:
            with self._database.reading() as session:
                row = session.execute(
                    select(table.c.draft, table.c.run)
                    .where(table.c.state != DONE)
                    .order_by(table.c.asked_at, table.c.draft, table.c.run)
                    .limit(1)
                ).first()
            if row is None:
                return ran
            self.run(row.draft, row.run)
            ran += 1

    def run(self, draft: int, run: int, progress: Progress | None = None) -> Findings:
        """Run a replay now, from the start, and keep what it found."""
        with self._database.writing() as connection:
            tariff = store.draft_row(connection, draft)
            assert tariff is not None, "a replay is asked for a draft that is there"
            replay = connection.execute(
                select(table_of(TariffReplay)).where(
                    table_of(TariffReplay).c.draft == draft, table_of(TariffReplay).c.run == run
                )
            ).one()
            work = ReplayRun.of(connection, bytes(tariff.document), replay.months, self._clock())
            against = published_digest(connection, str(work.draft.service))
            total = store.count_accounts(connection)
            store.change_replay(connection, draft, run, state=RUNNING, done=0, total=total)
        while self._batch(work):
            with self._database.writing() as connection:
                store.change_replay(connection, draft, run, done=min(work.done, total))
            if progress:
                progress(min(work.done, total), total)
        with self._database.writing() as connection:
            findings = work.findings(connection)
            store.change_replay(
                connection,
                draft,
                run,
                state=DONE,
                against=against,
                done=total,
                finished_at=self._now(),
                result=json.dumps(findings.to_json()),
            )
            self._reviewed(connection, draft, replay.asked_by)
        return findings

    def stands(self, connection: Connection, draft: int, service: str) -> bool | None:
        """Whether the draft's last finished replay holds for what is published now.

        None when it was never replayed to the end.
        """
        table = table_of(TariffReplay)
        against = connection.execute(
            select(table.c.against)
            .where(table.c.draft == draft, table.c.state == DONE)
            .order_by(table.c.run.desc())
            .limit(1)
        ).scalar()
        return None if against is None else bytes(against) == published_digest(connection, service)

    def _batch(self, work: ReplayRun) -> bool:
        # One snapshot for each batch: between them, everybody else goes on.
        with self._database.reading() as session:
            return work.batch(session.connection())

    def _reviewed(self, connection: Connection, draft: int, who: str) -> None:
        row = store.draft_row(connection, draft)
        if row is not None and row.state == "DRAFT":
            store.change_draft(connection, draft, state=REVIEWED)
            store.add_act(connection, draft, REVIEWED, who, self._now())

    def _now(self) -> int:
        return to_timestamp(self._clock())


def published_digest(connection: Connection, service: str) -> bytes:
    """What names everything that is published for a service; nothing published is 32 bytes too."""
    lines = (
        f"{row.tariff_id}/{row.version}/{bytes(row.digest).hex()}\n"
        for row in store.versions(connection, service)
    )
    return hashlib.sha256("".join(lines).encode()).digest()


def _replay(row: Row[Any]) -> Replay:
    return Replay(
        draft=row.draft,
        run=row.run,
        state=row.state,
        months=row.months,
        done=row.done,
        total=row.total,
        asked_by=row.asked_by,
        asked_at=from_timestamp(row.asked_at),
        finished_at=None if row.finished_at is None else from_timestamp(row.finished_at),
        findings=Findings.from_json(json.loads(row.result)) if row.result else None,
    )
