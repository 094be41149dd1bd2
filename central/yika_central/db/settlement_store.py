"""The statements of settlement: a batch of accounts at a time, never a sale."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, func, or_, select, update

from yika_central.db.base import one_of
from yika_central.db.books import booked_at
from yika_central.db.charge_store import debts_paid
from yika_central.db.database import add, insert_or
from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import (
    AdjustmentEntry,
    Debt,
    DebtEntry,
    Posting,
    QuantityEntry,
    Sale,
    SaleDebt,
    Settlement,
    SettlementDue,
    table_of,
)

SUPERSEDED = "SUPERSEDED"
PAID_BACK, TRANSFER = "PAID_BACK", "TRANSFER"
FEE, WAIVED, MOVED = "FEE", "WAIVED", "MOVED"


class Ticket(NamedTuple):
    """An account that is due, as it was read."""

    account: str
    node: str
    ticket: int


class Head(NamedTuple):
    """An account's cumulative adjustment: entries so far, its number, and its total."""

    entries: int = 0
    number: int = 0
    total: int = 0


def note_due(connection: Connection, accounts: Iterable[str], *, node: str = "") -> None:
    """What is owed between headquarters and these accounts may have changed."""
    rows = [{"account": account, "node": node, "ticket": 1} for account in sorted(set(accounts))]
    if rows:
        table = table_of(SettlementDue)
        statement = insert_or(connection, SettlementDue).on_conflict_do_update(
            index_elements=["account", "node"], set_={"ticket": table.c.ticket + 1}
        )
        connection.execute(statement, rows)


def take_due(connection: Connection, limit: int) -> tuple[Ticket, ...]:
    """Accounts that are due; they stay so until they are struck off."""
    table = table_of(SettlementDue)
    rows = connection.execute(
        select(table).order_by(table.c.account, table.c.node).limit(limit)
    ).all()
    return tuple(Ticket(row.account, row.node, row.ticket) for row in rows)


def strike_off(connection: Connection, tickets: Iterable[Ticket]) -> None:
    """The accounts are up to date, unless something arrived since they were read."""
    table = table_of(SettlementDue)
    rows = [{f"k_{name}": value for name, value in t._asdict().items()} for t in tickets]
    if rows:
        same = (table.c[name] == bindparam(f"k_{name}") for name in Ticket._fields)
        connection.execute(delete(table).where(*same), rows)


def unsettled_accounts(connection: Connection, limit: int) -> tuple[str, ...]:
    """Accounts with postings of which nobody has said what became of them."""
    table = table_of(Posting)
    query = select(table.c.account).where(~table.c.settled).distinct()
    rows = connection.execute(query.order_by(table.c.account).limit(limit)).scalars()
    return tuple(rows)


def unsettled(connection: Connection, accounts: Sequence[str]) -> Sequence[Row[Any]]:
    """The unsettled postings of the accounts in their order; ``sold_at`` is their sale's time."""
    posting, sale = table_of(Posting), table_of(Sale)
    same = and_(*(posting.c[name] == sale.c[name] for name in PLACE))
    return connection.execute(
        select(posting, booked_at.label("sold_at"))
        .join(sale, same)
        .where(~posting.c.settled, posting.c.account.in_(accounts))
        .order_by(posting.c.account, *(posting.c[name] for name in (*PLACE, "number")))
    ).all()


def settled_before(
    connection: Connection, places: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    """By place and cause: posted and adjusted so far, and the policy of the first posting."""
    keys = sorted(set(places))
    if not keys:
        return {}
    table = table_of(Settlement)
    names = [table.c[name] for name in PLACE]
    rows = connection.execute(
        select(table).where(one_of(names, keys)).order_by(*names, table.c.number)
    ).all()
    found: dict[tuple[Any, ...], tuple[int, int, int]] = {}
    for row in rows:
        key = (*(row._mapping[name] for name in PLACE), row.cause)
        posted, adjusted, policy = found.get(key, (0, 0, row.policy))
        found[key] = (posted + row.posted, adjusted + row.adjusted, policy)
    return found


def mark_settled(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """The postings with these keys are settled."""
    table = table_of(Posting)
    names = (*PLACE, "number")
    keys = [{f"k_{name}": row[name] for name in names} for row in rows]
    if keys:
        same = (table.c[name] == bindparam(f"k_{name}") for name in names)
        connection.execute(update(table).where(*same).values(settled=True), keys)


def add_settlements(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append what became of postings."""
    add(connection, Settlement, rows)


def superseded(connection: Connection, accounts: Sequence[str]) -> list[Row[Any]]:
    """Sales of the accounts for which something else was paid than charged.

    They are superseded, or were thought to be when something was entered for them.
    """
    sale, entry = table_of(Sale), table_of(AdjustmentEntry)
    columns = [sale.c[name] for name in (*PLACE, "account", "amount", "paid", "outcome")]
    paid_back = (
        select(entry.c.account)
        .where(entry.c.kind == PAID_BACK, *(entry.c[name] == sale.c[name] for name in PLACE))
        .exists()
    )
    query: Select[Any] = (
        select(*columns, booked_at.label("sold_at"))
        .where(
            or_(sale.c.outcome == SUPERSEDED, paid_back),
            # The money of a refund that never reached the card was never handed out.
            sale.c.act == "",
            sale.c.account.in_(accounts),
            sale.c.paid != sale.c.amount,
        )
        .order_by(sale.c.account, *(sale.c[name] for name in PLACE))
    )
    return list(connection.execute(query))


def heads(connection: Connection, accounts: Sequence[str]) -> dict[str, Head]:
    """The cumulative adjustments of those of the accounts that have one."""
    table = table_of(AdjustmentEntry)
    rows = connection.execute(
        select(
            table.c.account,
            func.max(table.c.entry).label("entries"),
            func.max(table.c.number).label("number"),
            func.sum(table.c.amount).label("total"),
        )
        .where(table.c.account.in_(accounts))
        .group_by(table.c.account)
    ).all()
    return {row.account: Head(row.entries, row.number, int(row.total)) for row in rows}


def applied(connection: Connection, account: str) -> int:
    """What the account's purchases have applied of its adjustment, less what they kept."""
    sale = table_of(Sale)
    query = select(func.coalesce(func.sum(sale.c.adjusted - sale.c.kept), 0)).where(
        sale.c.account == account,
        sale.c.outcome != SUPERSEDED,
        or_(sale.c.adjusted != 0, sale.c.kept != 0),
    )
    return int(connection.execute(query).scalar_one())


def entered(
    connection: Connection, accounts: Sequence[str], kind: str
) -> dict[tuple[Any, ...], int]:
    """What was entered of a kind so far, by account, place of the sale, and debt."""
    table = table_of(AdjustmentEntry)
    names = [table.c[name] for name in ("account", *PLACE, "debt")]
    rows = connection.execute(
        select(*names, func.sum(table.c.amount).label("added"))
        .where(table.c.account.in_(accounts), table.c.kind == kind)
        .group_by(*names)
    ).all()
    return {tuple(row)[:-1]: int(row.added) for row in rows}


def add_entries(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append parts of adjustments; an entry that is taken is a bug, and an error."""
    add(connection, AdjustmentEntry, rows)


def debts_of(connection: Connection, accounts: Sequence[str]) -> Sequence[Row[Any]]:
    """The debts of the accounts, each with its late fees and what was waived or moved of it."""
    debt, entry = table_of(Debt), table_of(DebtEntry)
    added = (
        select(
            entry.c.account,
            entry.c.debt,
            *(
                func.sum(entry.c.amount).filter(entry.c.kind.in_(kinds)).label(name)
                for name, kinds in (("fee", [FEE]), ("waived", [WAIVED, MOVED]))
            ),
            func.max(entry.c.number).label("entries"),
        )
        .where(entry.c.account.in_(accounts))
        .group_by(entry.c.account, entry.c.debt)
        .subquery()
    )
    same = and_(added.c.account == debt.c.account, added.c.debt == debt.c.debt)
    return connection.execute(
        select(
            debt,
            func.coalesce(added.c.fee, 0).label("fees"),
            (-func.coalesce(added.c.waived, 0)).label("waived"),
            func.coalesce(added.c.entries, 0).label("entries"),
        )
        .join(added, same, isouter=True)
        .where(debt.c.account.in_(accounts))
        .order_by(debt.c.account, debt.c.priority, debt.c.debt)
    ).all()


def collections(connection: Connection, accounts: Sequence[str]) -> list[Row[Any]]:
    """What was collected in the name of each debt by sales that were not superseded."""
    sale, taken = table_of(Sale), table_of(SaleDebt)
    same = and_(*(sale.c[name] == taken.c[name] for name in PLACE))
    columns = [sale.c.account, taken.c.debt, taken.c.amount, booked_at.label("sold_at")]
    query: Select[Any] = (
        select(*columns)
        .join_from(sale, taken, same)
        .where(sale.c.account.in_(accounts), sale.c.outcome != SUPERSEDED, sale.c.debts != 0)
    )
    return list(connection.execute(query))


def taken_from_debts(connection: Connection, accounts: Sequence[str]) -> Iterator[Any]:
    """The same, and what was paid of them at counters: rows of account, debt, amount, sold_at."""
    yield from collections(connection, accounts)
    yield from debts_paid(connection, accounts)


def quantities(connection: Connection, accounts: Sequence[str]) -> list[Row[Any]]:
    """Number and total of the adjusted quantity of each slot that has one."""
    table = table_of(QuantityEntry)
    columns = [table.c.account, table.c.slot]
    sums = [
        func.max(table.c.number).label("number"),
        func.sum(table.c.amount).label("total"),
    ]
    query: Select[Any] = (
        select(*columns, *sums)
        .where(table.c.account.in_(accounts))
        .group_by(*columns)
        .order_by(*columns)
    )
    return list(connection.execute(query))
