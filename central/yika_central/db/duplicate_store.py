"""The statements of comparing accounts: what is due, what is alike, and what was decided."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, delete, func, or_, select, tuple_, update

from yika_central.db.base import one_of
from yika_central.db.database import insert_or
from yika_central.db.household_store import survivors_of
from yika_central.db.tables import (
    Account,
    AccountLife,
    AccountMerge,
    AccountMeter,
    AccountTrace,
    DuplicatePair,
    Household,
    TraceDue,
    table_of,
)
from yika_common.journal.account_terms import CLOSED, WITHDRAWN

OPEN, MERGED, DIFFERENT = "OPEN", "MERGED", "DIFFERENT"
STATES: Final = (OPEN, MERGED, DIFFERENT)

ENDS: Final = (CLOSED, WITHDRAWN)
"""What became of accounts that are nobody's household any more."""

Pair = tuple[str, str]
"""Two accounts, the lower number first."""


def pair_of(one: str, other: str) -> Pair:
    """The two as they are kept."""
    return (one, other) if one < other else (other, one)


def note_due(connection: Connection, accounts: Iterable[str]) -> None:
    """These accounts were opened or changed: they are compared with the others."""
    rows = [{"account": account, "ticket": 1} for account in sorted(set(accounts))]
    if rows:
        table = table_of(TraceDue)
        statement = insert_or(connection, TraceDue).on_conflict_do_update(
            index_elements=["account"], set_={"ticket": table.c.ticket + 1}
        )
        connection.execute(statement, rows)


def take_due(connection: Connection, limit: int) -> tuple[Pair, ...]:
    """Accounts that wait, each with its ticket as text; they stay until they are struck off."""
    table = table_of(TraceDue)
    query = select(table).order_by(table.c.account).limit(limit)
    return tuple((row.account, str(row.ticket)) for row in connection.execute(query))


def strike_off(connection: Connection, due: Iterable[Pair]) -> None:
    """They were compared, unless something arrived since."""
    table = table_of(TraceDue)
    keys = [(account, int(ticket)) for account, ticket in due]
    if keys:
        connection.execute(delete(table).where(tuple_(table.c.account, table.c.ticket).in_(keys)))


def opened(connection: Connection, accounts: Sequence[str]) -> dict[str, RowMapping]:
    """The accounts that are known here."""
    table = table_of(Account)
    rows = connection.execute(select(table).where(table.c.account.in_(accounts))).mappings()
    return {row["account"]: row for row in rows}


def holders(connection: Connection, accounts: Sequence[str]) -> dict[str, RowMapping]:
    """Of the accounts those whose holder was amended, each with the newest record."""
    life = table_of(AccountLife)
    place = (life.c[name] for name in ("node", "epoch", "branch", "seq"))
    rows = connection.execute(
        select(life)
        .where(life.c.account.in_(accounts), life.c.sealed != "")
        .order_by(life.c.account, life.c.stamped_at, *place)
    ).mappings()
    return {row["account"]: row for row in rows}


def ended(connection: Connection, accounts: Iterable[str]) -> set[str]:
    """Of the accounts those that were closed, or opened by mistake."""
    life = table_of(AccountLife)
    query = select(life.c.account).where(
        life.c.account.in_(sorted(set(accounts))), life.c.what.in_(ENDS)
    )
    return set(connection.execute(query).scalars())


def put_traces(connection: Connection, traces: Mapping[str, Mapping[str, str]]) -> None:
    """What each of the accounts is recognised by from now on."""
    table = table_of(AccountTrace)
    connection.execute(delete(table).where(table.c.account.in_(sorted(traces))))
    rows = [
        {"account": account, "kind": kind, "digest": digest}
        for account, kinds in sorted(traces.items())
        for kind, digest in sorted(kinds.items())
    ]
    if rows:
        connection.execute(table.insert(), rows)


def alike(connection: Connection, kind: str, digest: str, most: int) -> tuple[str, ...]:
    """Accounts with that trace, at most so many."""
    table = table_of(AccountTrace)
    query = select(table.c.account).where(table.c.kind == kind, table.c.digest == digest)
    return tuple(connection.execute(query.order_by(table.c.account).limit(most)).scalars())


def meters_of(connection: Connection, accounts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The meters of each of the accounts."""
    table = table_of(AccountMeter)
    found: dict[str, tuple[str, ...]] = {}
    query = select(table.c.account, table.c.meter).where(table.c.account.in_(accounts))
    for row in connection.execute(query.order_by(table.c.account, table.c.slot)):
        found[row.account] = (*found.get(row.account, ()), row.meter)
    return found


def with_meters(connection: Connection, meters: Sequence[str], most: int) -> tuple[str, ...]:
    """Accounts that have one of the meters, at most so many."""
    table = table_of(AccountMeter)
    query = select(table.c.account).where(table.c.meter.in_(meters)).distinct()
    return tuple(connection.execute(query.order_by(table.c.account).limit(most)).scalars())


def propose(connection: Connection, pairs: Mapping[Pair, Iterable[str]], at: int) -> None:
    """Let these be proposed, with what is alike; what a person decided stays as it is."""
    rows = [
        DuplicatePair(account=one, other=other, why=" ".join(why), found_at=at).model_dump()
        for (one, other), why in sorted(pairs.items())
    ]
    if rows:
        table = table_of(DuplicatePair)
        statement = insert_or(connection, DuplicatePair)
        statement = statement.on_conflict_do_update(
            index_elements=["account", "other"],
            set_={"why": statement.excluded.why},
            where=table.c.state == OPEN,
        )
        connection.execute(statement, rows)


def withdraw(connection: Connection, accounts: Sequence[str], kept: Iterable[Pair]) -> None:
    """Proposals about these accounts that nothing speaks for any more are gone."""
    table, keys = table_of(DuplicatePair), sorted(set(kept))
    about = or_(table.c.account.in_(accounts), table.c.other.in_(accounts))
    gone = and_(about, table.c.state == OPEN)
    if keys:
        gone = and_(gone, ~one_of([table.c.account, table.c.other], keys))
    connection.execute(delete(table).where(gone))


def decide(connection: Connection, pair: Pair, decision: Mapping[str, Any]) -> None:
    """Write down what was decided of two accounts, proposed or not."""
    row = {"account": pair[0], "other": pair[1], "why": "", "seconded_by": ""} | dict(decision)
    row.setdefault("found_at", row["decided_at"])
    names = ("state", "decided_by", "seconded_by", "reason", "decided_at")
    statement = insert_or(connection, DuplicatePair)
    statement = statement.on_conflict_do_update(
        index_elements=["account", "other"],
        set_={name: statement.excluded[name] for name in names},
    )
    connection.execute(statement, [row])


def listed(connection: Connection, state: str, after: Pair, limit: int) -> Sequence[RowMapping]:
    """Pairs of a state behind one, by their numbers."""
    table = table_of(DuplicatePair)
    behind = tuple_(table.c.account, table.c.other) > after
    query = select(table).where(table.c.state == state, behind)
    query = query.order_by(table.c.account, table.c.other).limit(limit)
    return connection.execute(query).mappings().all()


def pair_row(connection: Connection, pair: Pair) -> RowMapping | None:
    """What is known of the two together."""
    table = table_of(DuplicatePair)
    here = (table.c.account == pair[0], table.c.other == pair[1])
    return connection.execute(select(table).where(*here)).mappings().first()


def waiting(connection: Connection) -> int:
    """How many pairs wait for a person."""
    table = table_of(DuplicatePair)
    query = select(func.count()).select_from(table).where(table.c.state == OPEN)
    return int(connection.execute(query).scalar_one())


def join(connection: Connection, account: str, survivor: str, merge: Mapping[str, Any]) -> None:
    """Let the account, and all that were merged into it, belong to the surviving one."""
    table = table_of(Household)
    connection.execute(update(table).where(table.c.survivor == account).values(survivor=survivor))
    rows = [{"account": one, "survivor": survivor} for one in (account, survivor)]
    connection.execute(insert_or(connection, Household).on_conflict_do_nothing(), rows)
    row = {"account": account, "survivor": survivor} | dict(merge)
    connection.execute(table_of(AccountMerge).insert(), [row])


def repoint(connection: Connection, account: str, survivor: str) -> None:
    """What was proposed of a merged account is proposed of the surviving one, unless decided."""
    table = table_of(DuplicatePair)
    about = or_(table.c.account == account, table.c.other == account)
    rows = connection.execute(select(table).where(about, table.c.state == OPEN)).mappings().all()
    connection.execute(delete(table).where(about, table.c.state == OPEN))
    others = {row["other"] if row["account"] == account else row["account"]: row for row in rows}
    ends = survivors_of(connection, others)
    for other, row in others.items():
        end = ends.get(other, other)
        if end != survivor:
            propose(connection, {pair_of(end, survivor): row["why"].split()}, row["found_at"])


def merges_of(connection: Connection, accounts: Sequence[str]) -> list[RowMapping]:
    """The merges of which these accounts were a part, the oldest first."""
    table = table_of(AccountMerge)
    part = or_(table.c.account.in_(accounts), table.c.survivor.in_(accounts))
    query = select(table).where(part).order_by(table.c.made_at, table.c.account)
    return list(connection.execute(query).mappings())
