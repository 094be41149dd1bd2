"""The policies of differences: each change is numbered, dated, signed with a name, and kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from yika_central.db.books import hold_books
from yika_central.db.database import Database, add
from yika_central.db.tables import PolicyChange, table_of
from yika_central.domain.policy import DELIVERED, FIXED, Policy, Side, delivered
from yika_central.services.two_persons import check_reason
from yika_common.clock import Clock, from_timestamp, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.numbers import Money


class PolicyUnchanged(YikaError):
    """The policy that was asked for holds already."""

    code = "policy_unchanged"
    sentence = N_("This policy holds already. Nothing was changed. Change it, or leave it.")


class PolicyRefused(YikaError):
    """A policy that no cause can have, or a cause that there is not."""

    code = "policy_refused"
    sentence = N_(
        "Money that was paid for credit which is void or never reached the card belongs to the "
        "customer. It can't be absorbed, and nothing was changed. Choose another cause."
    )


class PolicyInThePast(YikaError):
    """A policy is to hold from a moment that is over."""

    code = "policy_in_the_past"
    sentence = N_(
        "A policy can't begin to hold in the past. Nothing was changed. Choose today or a later "
        "day."
    )


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy of a cause: who set it, when, why, and from when on it holds."""

    number: int
    cause: str
    policy: Policy
    valid_from: datetime
    changed_by: str
    reason: str
    changed_at: datetime


class PoliciesThen:
    """The policies as they are in the database, by number and by time."""

    def __init__(self, connection: Connection) -> None:
        table = table_of(PolicyChange)
        rows = connection.execute(select(table).order_by(table.c.valid_from, table.c.number)).all()
        self._changes = tuple(rows)
        self._numbered: Mapping[int, Policy] = {row.number: _policy(row) for row in rows}

    def number(self, cause: str, at: int) -> int:
        """The number of the change that holds for the cause; 0: the policy is as delivered."""
        found = 0
        for row in self._changes:
            if row.valid_from > at:
                break
            if row.cause == cause:
                found = row.number
        return found

    def policy(self, cause: str, number: int) -> Policy:
        """The policy of a cause by the number of its change."""
        return self._numbered[number] if number else delivered(cause)


class Policies:
    """Keeps the policies, with all that they ever were."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def current(self) -> dict[str, Policy]:
        """The policy in force of every cause."""
        at = to_timestamp(self._clock())
        with self._database.reading() as session:
            then = PoliciesThen(session.connection())
        return {str(cause): then.policy(cause, then.number(cause, at)) for cause in DELIVERED}

    def history(self) -> tuple[PolicyVersion, ...]:
        """Every change, newest first."""
        table = table_of(PolicyChange)
        with self._database.reading() as session:
            rows = session.execute(select(table).order_by(table.c.number.desc())).all()
        return tuple(_version(row) for row in rows)

    def change(
        self,
        cause: str,
        policy: Policy,
        *,
        by: str,
        reason: str,
        valid_from: datetime | None = None,
    ) -> PolicyVersion:
        """Let a policy hold from a moment on, now if none is given.

        Differences of sales that were posted before keep the policy they were settled by.

        Raises:
            PolicyRefused, PolicyUnchanged, PolicyInThePast, ReasonMissing: nothing was changed.
        """
        reason = check_reason(reason)
        if cause not in DELIVERED or cause in FIXED:
            raise PolicyRefused
        now = self._clock()
        since = now if valid_from is None else valid_from
        if since < now:
            raise PolicyInThePast
        table = table_of(PolicyChange)
        with self._database.writing() as connection:
            hold_books(connection)
            then = PoliciesThen(connection)
            if then.policy(cause, then.number(cause, to_timestamp(since))) == policy:
                raise PolicyUnchanged
            number = connection.execute(select(func.max(table.c.number))).scalar() or 0
            version = PolicyVersion(number + 1, cause, policy, since, by, reason, now)
            add(connection, PolicyChange, [_row(version)])
        return version


def _policy(row: Row[tuple[object, ...]]) -> Policy:
    return Policy(
        owes=Side(row.owes_adjusted, Money(row.owes_threshold)),
        owed=Side(row.owed_adjusted, Money(row.owed_threshold)),
    )


def _version(row: Row[tuple[object, ...]]) -> PolicyVersion:
    return PolicyVersion(
        row.number,
        row.cause,
        _policy(row),
        from_timestamp(row.valid_from),
        row.changed_by,
        row.reason,
        from_timestamp(row.changed_at),
    )


def _row(version: PolicyVersion) -> dict[str, object]:
    owes, owed = version.policy.owes, version.policy.owed
    return {
        "number": version.number,
        "cause": version.cause,
        "owes_adjusted": owes.adjusted,
        "owes_threshold": owes.threshold,
        "owed_adjusted": owed.adjusted,
        "owed_threshold": owed.threshold,
        "valid_from": to_timestamp(version.valid_from),
        "changed_by": version.changed_by,
        "reason": version.reason,
        "changed_at": to_timestamp(version.changed_at),
    }
