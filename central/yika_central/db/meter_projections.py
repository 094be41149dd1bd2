"""From journal records to rows about meters: what orders came to, and which meter replaced which.

Records arrive in any order: a swap may be told of before the account that it is about.  So which
meter stands in a slot is decided anew whenever either arrives: the swap after the newest purchase
holds, and without one what the account was opened with.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select, update

from yika_central.db.tables import Account, AccountMeter, MeterSwap, Sale, ToolOrder, table_of
from yika_common.cards.parameters import read_parameters
from yika_common.journal import bodies, meter_bodies
from yika_common.journal.account_terms import WITHDRAWN
from yika_common.journal.implied import parameters_in
from yika_common.journal.record import Record

Values = dict[str, Any]


def swap_row(record: Record) -> Values:
    """The row of ``meter_swap`` but for its place."""
    body = record.body
    assert isinstance(body, meter_bodies.MeterSwapped)
    same = ("account", "slot", "old", "new", "generation", "count", "total", "balance")
    return {
        name: getattr(body, name)
        for name in (*same, "unloaded", "moved", "used", "start", "owed", "holds")
    } | {
        "service": str(body.service),
        "reading": body.reading,
        "figure": body.figure,
        "reason": body.reason,
        "operator": record.operator,
        "swapped_at": record.ts,
    }


def told_rows(intent: bodies.Intent) -> list[Values]:
    """The levels that the intent's record brings its meter, if it brings any."""
    data = parameters_in(intent)
    if not data:
        return []
    try:
        brought = read_parameters(data)
    except ValueError:
        # Only a dishonest node says such bytes; its record has another MAC than the meter's.
        return []
    if not brought.version:
        return []
    return [
        {
            "meter": intent.meter,
            "service": str(intent.service),
            "told": brought.version,
            "money": int(bool(brought.price)),
            **brought.levels._asdict(),
        }
    ]


def outcome_rows(record: Record) -> list[Values]:
    """What the orders of a returned tool card came to."""
    body = record.body
    assert isinstance(body, meter_bodies.ToolReturned)
    return [
        {
            "card": body.card,
            "meter": done.meter,
            "number": done.order,
            "outcome": done.outcome.upper(),
            "outcome_at": record.ts,
        }
        for done in body.orders
    ]


def note_outcomes(connection: Connection, rows: Sequence[Values]) -> None:
    """Write what these orders came to; an order that headquarters never gave is left out."""
    if not rows:
        return
    table = table_of(ToolOrder)
    here = and_(*(table.c[name] == bindparam(f"k_{name}") for name in ("card", "meter", "number")))
    named = ({f"k_{name}": value for name, value in row.items()} for row in rows)
    connection.execute(
        update(table)
        .where(here)
        .values(outcome=bindparam("k_outcome"), outcome_at=bindparam("k_outcome_at")),
        list(named),
    )


def place_meters(connection: Connection, accounts: Collection[str]) -> None:
    """Let the slots of these accounts show the meters that stand there now."""
    if not accounts:
        return
    swap = table_of(MeterSwap)
    order = [swap.c.generation, swap.c["count"], swap.c.swapped_at]
    newest = (
        func.row_number()
        .over(
            partition_by=[swap.c.account, swap.c.slot],
            order_by=[column.desc() for column in order],
        )
        .label("place")
    )
    ranked = (
        select(swap.c.account, swap.c.slot, swap.c.new, newest)
        .where(swap.c.account.in_(sorted(accounts)))
        .subquery()
    )
    rows = connection.execute(select(ranked).where(ranked.c.place == 1)).all()
    if not rows:
        return
    meter = table_of(AccountMeter)
    here = and_(meter.c.account == bindparam("k_account"), meter.c.slot == bindparam("k_slot"))
    connection.execute(
        update(meter).where(here).values(meter=bindparam("k_meter")),
        [{"k_account": row.account, "k_slot": row.slot, "k_meter": row.new} for row in rows],
    )


def withdrawn(lives: Sequence[Values]) -> set[str]:
    """The accounts of which rows of ``account_life`` say that they were opened by mistake."""
    return {row["account"] for row in lives if row["what"] == WITHDRAWN}


def release_meters(connection: Connection, node: str, accounts: Collection[str]) -> None:
    """Let the meters of accounts that were opened by mistake be nobody's again.

    Only where that node had opened the account, and nobody sold to it.
    """
    if not accounts:
        return
    account, meter, sale = table_of(Account), table_of(AccountMeter), table_of(Sale)
    opened = select(account.c.account).where(
        account.c.account.in_(sorted(accounts)), account.c.node == node
    )
    sold = select(sale.c.account).where(sale.c.account == meter.c.account).exists()
    connection.execute(meter.delete().where(meter.c.account.in_(opened), ~sold))


class SwappedOut(NamedTuple):
    """A meter that was replaced: whose it was, and the newest purchase that was moved on."""

    account: str
    position: tuple[int, int]


def swapped_out(connection: Connection, meters: Collection[str]) -> dict[str, SwappedOut]:
    """Those of these meters that were replaced."""
    swap = table_of(MeterSwap)
    rows = connection.execute(
        select(swap.c.old, swap.c.account, swap.c.generation, swap.c["count"])
        .where(swap.c.old.in_(sorted(meters)))
        .order_by(swap.c.old, swap.c.generation, swap.c["count"])
    ).all()
    return {
        old: SwappedOut(account, (generation, count)) for old, account, generation, count in rows
    }
