"""Sales whose purchase count another sale has on the card: they never reached it.

A meter's purchase counts follow each other on the card, so each is carried by one record alone.
Where an intent is open at one node and another node read the record of its own with that count
back from the card, the first never arrived, and never will: it is superseded.  Its node may not be
able to tell, if the card was moved on by more than one purchase before it came back.

That holds for a card that can't be copied.  Of a memory card a copy may have carried the first
into the meter, while another copy, of before, was shown to the second node.  Such a sale stays
open until the meter says by its own write-back that it holds no more than was written without this
sale.  What its own node calls superseded waits for the same.  (An SLE4442 brings no write-back
that proves anything: a case says so, and a person decides.)

A meter that was transferred takes nothing any more, and what was bought of it moved on to the one
in its place.  A sale to it that is not among that is superseded too, on a card or not.

What is inferred names no record that ended the sale, and gives way to one that does.
"""

from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    Update,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
    update,
)

from yika_central.db.card_kinds import on_memory_card
from yika_central.db.carried import carried_in_vain, end_carried, not_carried, untaken
from yika_central.db.case_store import look_at
from yika_central.db.refund_store import refunds_ended
from yika_central.db.rerate_queue import Pairs, queue
from yika_central.db.settlement_store import SUPERSEDED, note_due
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import MeterSwap, Sale, table_of
from yika_common.journal.bodies import ADDING

PENDING: Final = "PENDING"
WRITTEN: Final = "WRITTEN"
_PLACE: Final = ("node", "epoch", "branch", "seq")
_COUNT: Final = ("meter", "generation", "count")


def end_overtaken(connection: Connection, at: int) -> int:
    """Let every sale that was overtaken be superseded, and what follows be looked at; how many."""
    end_carried(connection, at)
    sale, other = table_of(Sale), table_of(Sale).alias("other")
    written = (
        select(other.c.node)
        .where(
            and_(*(other.c[name] == sale.c[name] for name in _COUNT)),
            or_(*(other.c[name] != sale.c[name] for name in _PLACE)),
            other.c.outcome == WRITTEN,
        )
        .exists()
    )
    # An open sale that its own node has ended: see above.
    said = and_(sale.c.resolved_seq.is_not(None), sale.c.act.in_(ADDING))
    # Asked one by one, each by its own index, however many sales there are.
    queries = (
        select(sale).where(
            sale.c.outcome == PENDING,
            or_(and_(written, ~on_memory_card(sale)), and_(or_(written, said), untaken(sale))),
        ),
        select(sale).where(_left_behind(sale)),
        select(sale).where(carried_in_vain(sale)),
        select(sale).where(not_carried(sale)),
    )
    found = {
        tuple(row[name] for name in _PLACE): dict(row)
        for query in queries
        for row in connection.execute(query).mappings()
    }
    rows = list(found.values())
    if not rows:
        return 0
    places = sorted(found)
    connection.execute(
        _superseding(sale),
        [{f"k_{name}": value for name, value in zip(_PLACE, p, strict=True)} for p in places],
    )
    pairs = Pairs()
    for row in rows:
        pairs.add_sale(row)
    pairs |= refunds_ended(connection, rows)
    accounts = {row["account"] for row in rows}
    queue(connection, pairs, at)
    note_due(connection, accounts)
    look_at(connection, {row["meter"] for row in rows})
    note_changed(connection, accounts)
    return len(rows)


def _left_behind(sale: Table) -> ColumnElement[bool]:
    """A sale to a meter after all that moved on from it."""
    swap = table_of(MeterSwap)
    moved = tuple_(swap.c.generation, swap.c["count"])
    left = (
        select(swap.c.node)
        .where(
            swap.c.old == sale.c.meter,
            swap.c.figure == 0,
            tuple_(sale.c.generation, sale.c["count"]) > moved,
        )
        .exists()
    )
    return and_(sale.c.meter.in_(select(swap.c.old)), sale.c.outcome != SUPERSEDED, left)


def _superseding(sale: Table) -> Update:
    """By place; one whose own node ended it meanwhile stays as that says."""
    here = and_(*(sale.c[name] == bindparam(f"k_{name}") for name in _PLACE))
    ended = or_(
        sale.c.outcome == PENDING,
        _left_behind(sale),
        carried_in_vain(sale),
        not_carried(sale),
    )
    return update(sale).where(here, ended).values(outcome=SUPERSEDED)
