"""The statements about money taken beside sales: what of it stands, and what is odd."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from yika_central.db.rerating_store import PLACE
from yika_central.db.tables import Charge, table_of
from yika_common.journal.record import Record
from yika_common.journal.till_bodies import (
    DEPOSIT,
    GUARANTEE_BACK,
    GUARANTEE_DEBT,
    HELD,
    OF_ADJUSTMENT,
    OF_DEBTS,
    PREPAID_BACK,
    Charged,
)

Values = dict[str, Any]

_CHARGE = table_of(Charge)
_BACK = _CHARGE.alias("back")
_LATEST = case(
    (_CHARGE.c.stamped_at > _CHARGE.c.not_after, _CHARGE.c.not_after),
    else_=_CHARGE.c.stamped_at,
)
_happened = case((_CHARGE.c.not_before > _LATEST, _CHARGE.c.not_before), else_=_LATEST)
"""When money changed hands, within the bracket of the record's time."""


class Held(NamedTuple):
    """What a vending point holds as an account's guarantee."""

    account: str
    node: str
    amount: int


class DebtPaid(NamedTuple):
    """What was paid of a debt beside all purchases; the last four are the record's place."""

    account: str
    debt: str
    amount: int
    sold_at: int
    node: str
    epoch: int
    branch: int
    seq: int


def charge_row(record: Record, epoch: int) -> Values:
    """The row of a ``charge`` record of that epoch, but for its place and its bracket."""
    body = record.body
    assert isinstance(body, Charged)
    return {
        "what": body.what,
        "account": body.account,
        "code": body.code,
        "booked_as": body.booked_as,
        "amount": body.held or body.signed,
        "tax": -body.tax if body.takes_back else body.tax,
        "back_epoch": (body.epoch or epoch) if body.takes_back else 0,
        "takes_back": body.takes_back,
        "operator": record.operator,
        "stamped_at": record.ts,
    }


def _gives_back() -> ColumnElement[bool]:
    """Whether ``back`` gives back all of a charge, and nothing else."""
    return and_(
        _BACK.c.node == _CHARGE.c.node,
        _BACK.c.back_epoch == _CHARGE.c.epoch,
        _BACK.c.takes_back == _CHARGE.c.seq,
        _BACK.c.account == _CHARGE.c.account,
        _BACK.c.what == _CHARGE.c.what,
        _BACK.c.amount == -_CHARGE.c.amount,
    )


def deposits(connection: Connection, accounts: Sequence[str]) -> Sequence[Row[Any]]:
    """Every deposit for the accounts, and ``returned``, whether its money was given back.

    And what was handed back of them as an account ended, below zero; and what was settled then of
    the adjustment itself, below zero where it was handed out.
    """
    returned = select(_BACK.c.seq).where(_gives_back()).exists()
    query = (
        select(_CHARGE, returned.label("returned"))
        .where(
            _CHARGE.c.account.in_(accounts),
            _CHARGE.c.what.in_((DEPOSIT, PREPAID_BACK, *OF_ADJUSTMENT)),
            _CHARGE.c.takes_back == 0,
        )
        .order_by(
            _CHARGE.c.account, _CHARGE.c.node, _CHARGE.c.epoch, _CHARGE.c.branch, _CHARGE.c.seq
        )
    )
    return connection.execute(query).all()


def guarantees(connection: Connection, accounts: Sequence[str]) -> list[Held]:
    """What each vending point holds as guarantees of the accounts, but nothing; by account."""
    table, total = _CHARGE.c, func.sum(_CHARGE.c.amount)
    query = (
        select(table.account, table.node, total)
        .where(table.account.in_(accounts), table.what.in_(HELD))
        .group_by(table.account, table.node)
        .having(total != 0)
        .order_by(table.account, table.node)
    )
    return [
        Held(account, node, int(amount)) for account, node, amount in connection.execute(query)
    ]


def debts_paid(connection: Connection, accounts: Sequence[str]) -> list[DebtPaid]:
    """What was paid of debts at counters as the accounts ended, with guarantees or money."""
    table = _CHARGE.c
    query = select(
        table.account, table.code, func.abs(table.amount), _happened, *(table[n] for n in PLACE)
    ).where(table.account.in_(accounts), table.what.in_(OF_DEBTS))
    return [DebtPaid(*row) for row in connection.execute(query)]


def overdrawn(connection: Connection, fresh: Iterable[Mapping[str, Any]]) -> list[Values]:
    """Of these stored rows those that took more from a guarantee than their journal held."""
    table, found = _CHARGE.c, []
    for row in fresh:
        if row["what"] not in (GUARANTEE_BACK, GUARANTEE_DEBT):
            continue
        upto = select(func.sum(table.amount)).where(
            table.account == row["account"],
            table.what.in_(HELD),
            table.node == row["node"],
            table.epoch == row["epoch"],
            table.seq <= row["seq"],
        )
        if int(connection.execute(upto).scalar() or 0) < 0:
            found.append(dict(row))
    return found


def unfounded(connection: Connection, fresh: Iterable[Mapping[str, Any]]) -> list[Values]:
    """Of these stored rows those that give back what nobody took, or something else, or again."""
    fresh = list(fresh)
    found = overdrawn(connection, fresh)
    for row in fresh:
        if not row["takes_back"]:
            continue
        here = and_(*(_BACK.c[name] == row[name] for name in ("node", "epoch", "branch", "seq")))
        of = connection.execute(
            select(_CHARGE.c.seq).join(_BACK, _gives_back()).where(here)
        ).first()
        times = connection.execute(
            select(func.count()).where(
                _CHARGE.c.node == row["node"],
                _CHARGE.c.back_epoch == row["back_epoch"],
                _CHARGE.c.takes_back == row["takes_back"],
                _CHARGE.c.branch == row["branch"],
            )
        ).scalar_one()
        if of is None or times > 1:
            found.append(dict(row))
    return found


def booked(connection: Connection, start: int, end: int) -> dict[str, int]:
    """What came in between two moments, by what it is, money given back subtracted.

    And what is owed to customers as guarantees at the end: a liability, summed over all of them.
    """
    query = (
        select(_CHARGE.c.what, func.sum(_CHARGE.c.amount))
        .where(_CHARGE.c.not_after >= start, _CHARGE.c.not_after < end)
        .group_by(_CHARGE.c.what)
    )
    found = {f"charge.amount.{what}": int(total) for what, total in connection.execute(query)}
    held = select(func.sum(_CHARGE.c.amount)).where(
        _CHARGE.c.what.in_(HELD), _CHARGE.c.not_after < end
    )
    return found | {"guarantee.held": int(connection.execute(held).scalar() or 0)}
