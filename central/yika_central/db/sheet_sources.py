"""What the ledger holds of some accounts: the sources that their sheets are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from yika_central.db.household_store import (
    Counts,
    counted_together,
    members_of,
    survivors_of,
)
from yika_central.db.rerating_store import is_void
from yika_central.db.tables import (
    Account,
    AccountFacts,
    AccountHold,
    AccountLife,
    AccountMeter,
    IssuedCard,
    OwnLimit,
    Row,
    Sale,
    Sheet,
    table_of,
)
from yika_common.journal.account_bodies import CLOSED, WITHDRAWN
from yika_common.journal.bodies import PURCHASE, REFUND, REPLACEMENT

_PLACE = ("node", "epoch", "branch", "seq")
_SUPERSEDED = "SUPERSEDED"
_WRITTEN = "WRITTEN"
_PENDING = "PENDING"

Values = Mapping[str, Any]


@dataclass(slots=True)
class Source:
    """One account's rows: ``facts`` and ``card`` are the newest, ``limits`` one per service.

    ``status`` and ``holder`` are the newest record of each kind of what became of it, ``holds``
    all records of holds.

    ``slots`` are the newest purchase of each slot that was not superseded, with the sums over all
    such purchases under ``adjusted_sum`` (used less kept), ``adjusted_newest`` and ``debts_sum``;
    one is ``lowered`` (1) if that newest one is a refund, or a new card's record that carries one.
    ``together`` is what stands counted of each service for the household of merged accounts that
    the account is of, ``members`` are all its accounts, ``survivor`` the one that stands for it.
    ``waiting`` are refunds that were not paid, of cards before the newest that a slot was sold to.
    ``lost`` are superseded purchases of which their own nodes do not know it, and open ones that
    two persons declared void; ``carried`` those on a later card, likewise.
    """

    account: Values
    facts: Values | None = None
    status: Values | None = None
    holder: Values | None = None
    card: Values | None = None
    meters: list[Values] = field(default_factory=list)
    limits: list[Values] = field(default_factory=list)
    holds: list[Values] = field(default_factory=list)
    slots: list[Values] = field(default_factory=list)
    waiting: list[Values] = field(default_factory=list)
    lost: list[Values] = field(default_factory=list)
    carried: list[Values] = field(default_factory=list)
    together: Counts = field(default_factory=dict)
    survivor: str = ""
    members: tuple[str, ...] = ()


def sources_of(connection: Connection, accounts: Sequence[str]) -> dict[str, Source]:
    """The sources of these accounts, as far as they are known; a few statements for all."""
    account = table_of(Account)
    found = {
        row["account"]: Source(dict(row))
        for row in _rows(connection, select(account).where(account.c.account.in_(accounts)))
    }
    newest = (*(table_of(AccountFacts).c[name] for name in ("stamped_at", *_PLACE)),)
    for row in _rows(connection, _first_of(AccountFacts, accounts, ["account"], newest)):
        if row["account"] in found:
            found[row["account"]].facts = row
    for row in _rows(connection, _lives(accounts)):
        if row["account"] in found:
            _lived(found[row["account"]], row)
    for row in _rows(connection, _cards(accounts)):
        if row["account"] in found:
            found[row["account"]].card = row
    newest = (*(table_of(OwnLimit).c[name] for name in ("stamped_at", *_PLACE)),)
    several: Mapping[str, Select[Any]] = {
        "meters": _meters(accounts),
        "limits": _first_of(OwnLimit, accounts, ["account", "service"], newest),
        "holds": _holds(accounts),
        "slots": _slots(accounts),
        "waiting": _waiting(accounts),
        "lost": _lost(accounts),
        "carried": _carried(accounts),
    }
    for name, query in several.items():
        for row in _rows(connection, query):
            if row["account"] in found:
                getattr(found[row["account"]], name).append(row)
    _join_households(connection, found)
    return found


def _join_households(connection: Connection, found: Mapping[str, Source]) -> None:
    """Let accounts that were merged know each other, and what all of them bought."""
    survivors = survivors_of(connection, found)
    if not survivors:
        return
    members = members_of(connection, survivors)
    together = counted_together(connection, sorted(survivors))
    for account, survivor in survivors.items():
        source = found[account]
        source.survivor, source.members = survivor, members[account]
        source.together = together.get(account, {})


def _rows(connection: Connection, query: Select[Any]) -> Sequence[Values]:
    # The columns of these queries are named; a row's keys could be columns too.
    return cast("Sequence[Values]", connection.execute(query).mappings().all())


def holders_of(connection: Connection, area: str, part: int) -> dict[str, Values]:
    """Of the accounts of a part those whose holder was amended, each with the newest record."""
    sheet, life = table_of(Sheet), table_of(AccountLife)
    rows = _rows(
        connection,
        select(life)
        .join(sheet, sheet.c.account == life.c.account)
        .where(sheet.c.area == area, sheet.c.part == part, life.c.sealed != "")
        .order_by(life.c.account, life.c.stamped_at, *(life.c[name] for name in _PLACE)),
    )
    return {row["account"]: row for row in rows}


def _lives(accounts: Sequence[str]) -> Select[Any]:
    life = table_of(AccountLife)
    order = (life.c.stamped_at, *(life.c[name] for name in _PLACE))
    return select(life).where(life.c.account.in_(accounts)).order_by(life.c.account, *order)


def _lived(source: Source, row: Values) -> None:
    """The next record of what became of the account: the later holds, but the end for good."""
    if row["sealed"]:
        source.holder = row
    elif source.status is None or source.status["what"] not in (CLOSED, WITHDRAWN):
        source.status = row


def _holds(accounts: Sequence[str]) -> Select[Any]:
    hold = table_of(AccountHold)
    order = (hold.c.stamped_at, *(hold.c[name] for name in _PLACE))
    return select(hold).where(hold.c.account.in_(accounts)).order_by(hold.c.account, *order)


def _lost(accounts: Sequence[str]) -> Select[Any]:
    sale = table_of(Sale)
    given_up = and_(sale.c.outcome == _PENDING, is_void(sale))
    return (
        select(sale.c.account, *(sale.c[name] for name in _PLACE))
        .where(
            sale.c.account.in_(accounts),
            or_(sale.c.outcome == _SUPERSEDED, given_up),
            sale.c.resolved_seq.is_(None),
        )
        .order_by(sale.c.account, sale.c.stamped_at, *(sale.c[name] for name in _PLACE))
    )


def _carried(accounts: Sequence[str]) -> Select[Any]:
    """Open sales first; then refunds, whose node pays them once it knows."""
    sale = table_of(Sale)
    is_open = and_(sale.c.carried == 1, sale.c.resolved_seq.is_(None))
    replaced = and_(_replaced(sale, knowing=True), ~_replaced(sale, knowing=False))
    waiting = and_(_is_unpaid(sale), or_(replaced, _left_out(sale)))
    return (
        select(sale.c.account, *(sale.c[name] for name in _PLACE))
        .where(sale.c.account.in_(accounts), or_(is_open, waiting))
        .order_by(
            sale.c.account,
            case((is_open, 0), else_=1),
            sale.c.stamped_at,
            *(sale.c[name] for name in _PLACE),
        )
    )


def _waiting(accounts: Sequence[str]) -> Select[Any]:
    """The newest unpaid refund of each slot whose meter was sold to on a later card since."""
    sale, new = table_of(Sale), table_of(Sale).alias("new")
    later = exists().where(
        new.c.meter == sale.c.meter,
        new.c.generation > sale.c.generation,
        new.c.outcome != _SUPERSEDED,
    )
    columns = [sale.c[name] for name in ("account", "slot", "generation", "count", "total_after")]
    newest = [column.desc() for column in (sale.c.generation, sale.c["count"])]
    place = func.row_number().over(partition_by=[sale.c.account, sale.c.slot], order_by=newest)
    unpaid = and_(sale.c.account.in_(accounts), _is_unpaid(sale), later)
    ranked = select(*columns, place.label("place")).where(unpaid).subquery()
    return select(ranked).where(ranked.c.place == 1).order_by(ranked.c.account, ranked.c.slot)


def _is_unpaid(refund: Table) -> ColumnElement[bool]:
    return and_(refund.c.act == REFUND, refund.c.outcome == _WRITTEN, refund.c.booked == 0)


def _left_out(refund: Table) -> ColumnElement[bool]:
    """Whether a purchase on a later card was built on less than what was given back left."""
    new = table_of(Sale).alias("built")
    before = new.c.total_after - new.c.quantity - new.c.adjusted_quantity
    return exists().where(
        new.c.meter == refund.c.meter,
        new.c.generation > refund.c.generation,
        new.c.act == PURCHASE,
        new.c.outcome == _WRITTEN,
        before < refund.c.total_after - refund.c.quantity - refund.c.adjusted_quantity,
    )


def _replaced(refund: Table, *, knowing: bool) -> ColumnElement[bool]:
    """Whether a card was made in its card's place by somebody who knew of it, or who did not."""
    new = table_of(Sale).alias("new")
    before = new.c["count"] < refund.c["count"]
    return exists().where(
        new.c.meter == refund.c.meter,
        new.c.generation > refund.c.generation,
        new.c.act == REPLACEMENT,
        new.c.outcome != _SUPERSEDED,
        ~before if knowing else before,
    )


def _meters(accounts: Sequence[str]) -> Select[Any]:
    table = table_of(AccountMeter)
    return (
        select(table).where(table.c.account.in_(accounts)).order_by(table.c.account, table.c.slot)
    )


def _cards(accounts: Sequence[str]) -> Select[Any]:
    table = table_of(IssuedCard)
    order = (table.c.generation, table.c.issued_at, table.c.card)
    return _first_of(IssuedCard, accounts, ["account"], order)


def _first_of(
    row: type[Row], accounts: Sequence[str], per: Sequence[str], order: Sequence[Any]
) -> Select[Any]:
    """Of each group of rows the one that is last in this order; all are of these accounts."""
    table = table_of(row)
    place = (
        func.row_number()
        .over(
            partition_by=[table.c[name] for name in per],
            order_by=[column.desc() for column in order],
        )
        .label("place")
    )
    ranked = select(table, place).where(table.c.account.in_(accounts)).subquery()
    return select(ranked).where(ranked.c.place == 1).order_by(*(ranked.c[name] for name in per))


def _slots(accounts: Sequence[str]) -> Select[Any]:
    sale = table_of(Sale)
    slot = [sale.c.account, sale.c.slot]
    newest = [sale.c.generation, sale.c["count"], sale.c.total_after]
    # Of one count, what was read back comes before a sale that waits for the meter's word.
    read_back = case((sale.c.outcome == _WRITTEN, 1), else_=0)
    order = [sale.c.generation, sale.c["count"], read_back, sale.c.total_after]
    place = func.row_number().over(
        partition_by=slot,
        order_by=[*(column.desc() for column in order), *(sale.c[name] for name in _PLACE)],
    )
    # A purchase that was given back charged nothing.
    charged = {
        "heating": sale.c.heating_year,
        "charged": sale.c.charged_through,
        "free": sale.c.free_day,
    }
    sums = {
        "adjusted_sum": func.sum(sale.c.adjusted - sale.c.kept),
        "adjusted_newest": func.max(sale.c.adjusted_number),
        "debts_sum": func.sum(sale.c.debts),
        "quantity_newest": func.max(sale.c.adjusted_quantity_number),
        "quantity_sum": func.sum(sale.c.adjusted_quantity),
        **{
            f"{name}_newest": func.max(case((sale.c.refunded == 0, column), else_=0))
            for name, column in charged.items()
        },
    }
    ranked = (
        select(
            *slot,
            *newest,
            sale.c.meter,
            sale.c.period,
            sale.c.counted,
            *(total.over(partition_by=slot).label(name) for name, total in sums.items()),
            place.label("place"),
        )
        .where(sale.c.account.in_(accounts), sale.c.outcome != _SUPERSEDED)
        .subquery()
    )
    refund = table_of(Sale).alias("refund")
    # A new card's record says the refund's count and total again.
    given_back = exists().where(
        refund.c.meter == ranked.c.meter,
        refund.c["count"] == ranked.c["count"],
        refund.c.total_after == ranked.c.total_after,
        refund.c.act == REFUND,
        refund.c.outcome != _SUPERSEDED,
    )
    lowered = case((given_back, 1), else_=0).label("lowered")
    newest_rows = select(ranked, lowered).where(ranked.c.place == 1)
    return newest_rows.order_by(ranked.c.account, ranked.c.slot)
