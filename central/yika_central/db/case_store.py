"""What detection reads and writes: its queue, a meter's two sides of the books, and the cases."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, and_, delete, exists, func, select, update
from sqlmodel import Session

from yika_central.db.base import one_of
from yika_central.db.card_kinds import on_memory_card
from yika_central.db.database import add_new, insert_or
from yika_central.db.suspense import BATCH
from yika_central.db.tables import (
    AccountMeter,
    AuditCase,
    AuditQueue,
    CardWitness,
    Meter,
    MeterSwap,
    OpenWitness,
    Reading,
    Record,
    Sale,
    Suspense,
    ToolOrder,
    table_of,
)
from yika_central.domain.detection import Finding, Given, Kind, Left, Place, Told
from yika_common.cards.tool_order import OrderKind
from yika_common.journal.bodies import REFUND

OPEN: Final = "OPEN"
EXPLAINED: Final = "EXPLAINED"
SETTLED: Final = "SETTLED"

_PLACE: Final = ("node", "epoch", "branch", "seq")
_KEY: Final = ("subject", "kind", "mark")
_DRAINING: Final = 0x59494B41_04
_PLACES_SHOWN: Final = 4
_OF_WITNESSES: Final = (Kind.WITNESS_AHEAD.value, Kind.WITNESS_CONTRADICTED.value)


def look_at(connection: Connection, meters: Collection[str]) -> None:
    """Something about these meters arrived or changed."""
    rows = [{"meter": meter, "ticket": 1} for meter in sorted(meters)]
    if rows:
        table = table_of(AuditQueue)
        statement = insert_or(connection, AuditQueue).on_conflict_do_update(
            index_elements=["meter"], set_={"ticket": table.c.ticket + 1}
        )
        connection.execute(statement, rows)


def look_at_accounts(connection: Connection, accounts: Collection[str]) -> None:
    """The outcome of a sale on these accounts changed."""
    table, names = table_of(AccountMeter), sorted(accounts)
    meters: set[str] = set()
    for start in range(0, len(names), BATCH):
        chosen = table.c.account.in_(names[start : start + BATCH])
        meters.update(connection.execute(select(table.c.meter).where(chosen)).scalars())
    look_at(connection, meters)


def look_at_witnesses(
    connection: Connection, witnesses: Iterable[Mapping[str, Any]], at: int
) -> None:
    """These witnesses arrived: they are open until the records they name are here."""
    rows = [{name: row[name] for name in _PLACE} | {"seen_at": at} for row in witnesses]
    add_new(connection, OpenWitness, rows)


def hold_detection(connection: Connection) -> None:
    """Let nobody else detect until the transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_DRAINING)))


def take(connection: Connection, most: int) -> tuple[str, ...]:
    """Take the next meters out of the queue; what arrives meanwhile puts them in again."""
    table = table_of(AuditQueue)
    meters = tuple(
        connection.execute(
            select(table.c.meter)
            .order_by(table.c.meter)
            .limit(most)
            .with_for_update(skip_locked=True)
        ).scalars()
    )
    if meters:
        connection.execute(delete(table).where(table.c.meter.in_(meters)))
    return meters


def given_to(connection: Connection, meters: Sequence[str]) -> dict[str, list[Given]]:
    """Every intent for these meters."""
    table = table_of(Sale)
    columns = [
        table.c[name]
        for name in (*_PLACE, "meter", "stamped_at", "card", "generation", "count", "total_after")
    ]
    growth = table.c.quantity + table.c.adjusted_quantity
    copyable = on_memory_card(table).label("copyable")
    query = select(*columns, growth.label("growth"), table.c.act, table.c.outcome, copyable)
    found: dict[str, list[Given]] = defaultdict(list)
    for row in connection.execute(query.where(table.c.meter.in_(meters))).mappings():
        found[row["meter"]].append(
            Given(
                place=_place(row),
                at=row["stamped_at"],
                card=row["card"],
                position=(row["generation"], row["count"]),
                total=row["total_after"],
                growth=row["growth"],
                lower=row["act"] == REFUND,
                outcome=row["outcome"],
                copyable=bool(row["copyable"]),
            )
        )
    return found


def told_by(connection: Connection, meters: Sequence[str]) -> dict[str, list[Told]]:
    """Every genuine write-back of these meters, of those in stock."""
    table, stock, doubt = table_of(Reading), table_of(Meter), table_of(Suspense)
    false = exists().where(
        *(doubt.c[name] == table.c[name] for name in _PLACE), doubt.c.reason == "false_reading"
    )
    query = (
        select(table)
        .join(stock, stock.c.meter == table.c.meter)
        .where(table.c.meter.in_(meters), ~false)
    )
    found: dict[str, list[Told]] = defaultdict(list)
    for row in connection.execute(query).mappings():
        found[row["meter"]].append(
            Told(
                place=_place(row),
                at=row["stamped_at"],
                card=row["card"],
                position=(row["generation"], row["count"]),
                total=row["total"],
                balance=row["balance"],
                used=row["lifetime_use"],
                status=row["status"],
                number=row["number"],
                meter_time=row["meter_time"],
            )
        )
    return found


def tariffs_of(connection: Connection, meters: Sequence[str]) -> dict[str, set[tuple[str, int]]]:
    """The tariff versions that each meter was sold by."""
    table = table_of(Sale)
    columns = (table.c.meter, table.c.tariff_id, table.c.tariff_version)
    found: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for meter, tariff, version in connection.execute(
        select(*columns).where(table.c.meter.in_(meters)).distinct()
    ):
        found[meter].add((tariff, version))
    return found


def left_by(connection: Connection, meters: Sequence[str]) -> dict[str, Left]:
    """What moved on from those of these meters that were replaced on their own word."""
    swap = table_of(MeterSwap)
    query = select(swap).where(swap.c.old.in_(meters), swap.c.figure == 0)
    return {
        row["old"]: Left(row["reading"], (row["generation"], row["count"]), row["unloaded"])
        for row in connection.execute(query).mappings()
    }


def to_be_cleared(connection: Connection, meters: Sequence[str]) -> set[str]:
    """Meters whose balance a tool card was to take away, and may have."""
    order = table_of(ToolOrder)
    query = select(order.c.meter).where(
        order.c.meter.in_(meters),
        order.c.kind == OrderKind.CLEAR,
        order.c.outcome.not_in(("REFUSED", "UNUSED")),
    )
    return set(connection.execute(query).scalars())


def owners(connection: Connection, meters: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Service and account of these meters, of one that was replaced what they were."""
    table, swap = table_of(AccountMeter), table_of(MeterSwap)
    had = select(swap.c.old, swap.c.service, swap.c.account).where(swap.c.old.in_(meters))
    has = select(table.c.meter, table.c.service, table.c.account).where(table.c.meter.in_(meters))
    rows = (row for query in (had, has) for row in connection.execute(query))
    return {meter: (service, account) for meter, service, account in rows}


def write(
    connection: Connection,
    found: Mapping[str, Sequence[Finding]],
    owned: Mapping[str, tuple[str, str]],
    at: int,
) -> int:
    """Open what is new, and settle what is no more, of these meters; how many cases changed."""
    table = table_of(AuditCase)
    about_meters = table.c.kind.not_in(_OF_WITNESSES)
    meters = sorted(found)
    known: list[RowMapping] = []
    for start in range(0, len(meters), BATCH):
        chosen = table.c.subject.in_(meters[start : start + BATCH])
        known += connection.execute(select(table).where(chosen, about_meters)).mappings()
    return _compared(connection, found, known, owned, at)


def write_witnessed(
    connection: Connection, found: Mapping[str, Sequence[Finding]], at: int
) -> int:
    """The same for what all open witnesses come to."""
    table = table_of(AuditCase)
    about_them = select(table).where(table.c.kind.in_(_OF_WITNESSES), table.c.state != SETTLED)
    known = connection.execute(about_them).mappings().all()
    return _compared(connection, found, known, {}, at)


def _compared(
    connection: Connection,
    found: Mapping[str, Sequence[Finding]],
    known: Iterable[RowMapping],
    owned: Mapping[str, tuple[str, str]],
    at: int,
) -> int:
    """Let the cases be what was found.

    One that a person explained stays so unless its amount changes.
    """
    table = table_of(AuditCase)
    before = {tuple(row[name] for name in _KEY): row for row in known}
    changed = 0
    for subject, about_it in found.items():
        service, account = owned.get(subject, ("", ""))
        for finding in about_it:
            key = (subject, finding.kind.value, finding.mark)
            row = before.pop(key, None)
            if row is not None and (row["state"], row["amount"]) in (
                (OPEN, finding.amount),
                (EXPLAINED, finding.amount),
            ):
                continue
            values: dict[str, str | int] = {
                "subject": subject,
                "kind": finding.kind.value,
                "mark": finding.mark,
                "amount": finding.amount,
                "service": service,
                "account": account,
                "places": _written(finding.places),
                "state": OPEN,
                "changed_at": at,
            }
            if row is None:
                fresh = {"opened_at": at, "note": "", "explained_by": ""}
                connection.execute(table.insert(), {**values, **fresh})
            else:
                _change(connection, key, values)
            changed += 1
    for key, row in before.items():
        if row["state"] == OPEN:
            _change(connection, key, {"state": SETTLED, "changed_at": at})
            changed += 1
    return changed


def witnessed(connection: Connection, lease_before: int) -> dict[str, list[Finding]]:
    """What open witnesses come to, by the node they name; those that fit are closed.

    One whose record is not here is a finding once it was seen before ``lease_before``.
    """
    waiting, seen = table_of(OpenWitness), table_of(CardWitness)
    same = and_(*(waiting.c[name] == seen.c[name] for name in _PLACE))
    rows = connection.execute(select(seen, waiting.c.seen_at).join(waiting, same)).mappings().all()
    found: dict[str, list[Finding]] = defaultdict(list)
    closed: list[Place] = []
    for row in rows:
        mark = f"{row['card']}/{row['slot']}/{row['seen_epoch']}/{row['seen_seq']}"
        match _fits(connection, row):
            case True:
                closed.append(_place(row))
                continue
            case False:
                kind = Kind.WITNESS_CONTRADICTED
            case None if row["seen_at"] < lease_before:
                kind = Kind.WITNESS_AHEAD
            case None:
                continue
        found[row["seen_node"]].append(Finding(kind, mark, 0, (_place(row),)))
    for start in range(0, len(closed), BATCH):
        here = one_of([waiting.c[name] for name in _PLACE], closed[start : start + BATCH])
        connection.execute(delete(waiting).where(here))
    return found


def cases(session: Session, *, state: str, most: int) -> Sequence[RowMapping]:
    """The newest cases of a state; of all states if it is empty."""
    table = table_of(AuditCase)
    chosen = [table.c.state == state] if state else []
    query = (
        select(table)
        .where(*chosen)
        .order_by(table.c.opened_at.desc(), *(table.c[name] for name in _KEY))
        .limit(most)
    )
    return session.execute(query).mappings().all()


def explain(
    connection: Connection, key: tuple[str, str, str], *, note: str, by: str, at: int
) -> bool:
    """Note what a person found out about an open case; False if no such case is open."""
    table = table_of(AuditCase)
    here = and_(*(table.c[name] == value for name, value in zip(_KEY, key, strict=True)))
    done = connection.execute(
        update(table)
        .where(here, table.c.state == OPEN)
        .values(state=EXPLAINED, note=note, explained_by=by, changed_at=at)
    )
    return done.rowcount == 1


def open_cases(session: Session) -> int:
    """How many cases wait for a person."""
    table = table_of(AuditCase)
    query = select(func.count()).select_from(table).where(table.c.state == OPEN)
    return int(session.execute(query).scalar_one())


def _fits(connection: Connection, row: RowMapping) -> bool | None:
    """Whether the intent that a card named stands in its journal; None: it is not here yet."""
    record, sale = table_of(Record), table_of(Sale)
    journal = (record.c.node == row["seen_node"], record.c.epoch == row["seen_epoch"])
    both = record.c.seq.in_((row["seen_seq"] - 1, row["seen_seq"]))
    here = connection.execute(select(record.c.seq, record.c.hash).where(*journal, both)).all()
    if not any(seq == row["seen_seq"] for seq, _ in here):
        return None
    before = [bytes(found).hex() for seq, found in here if seq == row["seen_seq"] - 1]
    if not any(found.startswith(row["seen_before"]) for found in before):
        return False
    named = exists().where(
        sale.c.node == row["seen_node"],
        sale.c.epoch == row["seen_epoch"],
        sale.c.seq == row["seen_seq"],
        sale.c.card == row["card"],
        sale.c.slot == row["slot"],
    )
    return bool(connection.execute(select(named)).scalar())


def _change(connection: Connection, key: tuple[str, ...], values: Mapping[str, str | int]) -> None:
    table = table_of(AuditCase)
    here = and_(*(table.c[name] == value for name, value in zip(_KEY, key, strict=True)))
    connection.execute(update(table).where(here).values(values))


def _place(row: RowMapping) -> Place:
    return (row["node"], row["epoch"], row["branch"], row["seq"])


def _written(places: Sequence[Place]) -> str:
    """Journal positions as text: ``N0001-e1-q5``, blanks between them."""
    return " ".join(
        f"{node}-e{epoch}-q{seq}" + (f"-b{branch}" if branch else "")
        for node, epoch, branch, seq in places[:_PLACES_SHOWN]
    )
