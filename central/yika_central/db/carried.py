"""Sales that a card in another's place carries, and those that it could not know of.

A replacement says a meter's count and total again under a higher generation (``act``
``replacement``).  So of the sales to that meter under earlier generations

* the one whose count and total it says is on the new card, whatever was inferred of it before;
* of two that share both, the one whose own record was read back is;
* one of that count and another total, or of a higher count, was made by a vending point that the
  new card's maker had not heard of.  The old card is dead, and what is sold after builds on the
  total that the new card says: once a later sale shows that its total does not include this one's,
  it never counts, unless the meter took it from the old card before.  So the meter's own word is
  waited for: a genuine write-back of the new generation whose total the books explain without it.

A sale whose count and total the next record builds on was on the card, or is among what that
record says, whatever its own vending point has seen of it; if another sale of that count turns up,
it was not.

Where a meter took another's place, the swap names the old one's newest purchase, which moved on:
an open sale that is that very one is carried by the new meter's first record.  The old one's last
word is all there will ever be: a sale that is not in its total never counts either, unless it is
among what moved on.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Table,
    and_,
    bindparam,
    or_,
    select,
    tuple_,
    update,
)

from yika_central.db.rerate_queue import Pairs, queue
from yika_central.db.settlement_store import note_due
from yika_central.db.sheet_changes import note_changed
from yika_central.db.tables import MeterSwap, Reading, RerateQueue, Sale, Suspense, table_of
from yika_common.journal.bodies import ADDING, PURCHASE, REFUND, REPLACEMENT, SWAP

_PENDING, _WRITTEN, _SUPERSEDED = "PENDING", "WRITTEN", "SUPERSEDED"
_PLACE: Final = ("node", "epoch", "branch", "seq")
_COUNT: Final = ("meter", "generation", "count")


def end_carried(connection: Connection, at: int) -> int:
    """Let every open sale that a new card carries be on the card; how many were."""
    sale = table_of(Sale)
    inferred = and_(sale.c.outcome == _SUPERSEDED, sale.c.resolved_seq.is_(None))
    said = and_(_covered(sale), ~_read_back(sale, alike=True))
    shown = and_(or_(_moved(sale), _built_on(sale)), ~_read_back(sale))
    query = select(sale).where(
        or_(
            and_(sale.c.outcome == _PENDING, or_(said, shown)),
            # Whatever its count looked like before, a new card says count and total again.
            and_(inferred, said),
        )
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    if not rows:
        return 0
    here = and_(*(sale.c[name] == bindparam(f"k_{name}") for name in _PLACE))
    connection.execute(
        update(sale)
        .where(here, sale.c.resolved_seq.is_(None))
        .values(outcome=_WRITTEN, carried=1),
        [{f"k_{name}": row[name] for name in _PLACE} for row in rows],
    )
    _look_again(connection, rows, at)
    return len(rows)


def carried_in_vain(sale: Table) -> ColumnElement[bool]:
    """Said to be carried, while another sale's own record of that count was read back."""
    twin = or_(_read_back(sale, alike=True), and_(~_covered(sale), _read_back(sale)))
    return and_(sale.c.carried == 1, sale.c.outcome == _WRITTEN, twin)


def not_carried(sale: Table) -> ColumnElement[bool]:
    """Unknown to the card that took its card's place, as a later sale shows.

    Only accounts are looked at of which something has arrived.
    """
    waiting, new = table_of(RerateQueue), table_of(Sale).alias("new")
    shown = or_(_without_it(sale, new), _gone_without_it(sale, new))
    # Of its own count the new card carries another: with a higher total this one is below it.
    higher = or_(new.c["count"] < sale.c["count"], new.c.total_after < sale.c.total_after)
    below = and_(new.c["count"] == sale.c["count"], new.c.total_after > sale.c.total_after)
    carrying = and_(new.c.act == REPLACEMENT, or_(below, and_(higher, shown)))
    # Its slot was left empty, and what was sold onto it began anew.
    sold = and_(new.c.act == PURCHASE, shown)
    unknowing = select(new.c.node).where(
        new.c.meter == sale.c.meter,
        new.c.generation > sale.c.generation,
        new.c["count"] <= sale.c["count"],
        new.c.outcome == _WRITTEN,
        or_(carrying, sold),
    )
    return and_(
        sale.c.account.in_(select(waiting.c.account)),
        _adds(sale),
        sale.c.outcome != _SUPERSEDED,
        unknowing.exists(),
    )


def _without_it(sale: Table, new: FromClause) -> ColumnElement[bool]:
    """A later sale was made from a total without it, and the meter bears that out."""
    later = table_of(Sale).alias("later")
    made = _made_without_it(sale, new, later)
    return select(later.c.node).where(made, untaken(later)).correlate(sale, new).exists()


def _gone_without_it(sale: Table, new: FromClause) -> ColumnElement[bool]:
    """Its meter was replaced: neither that one's last word nor what moved on includes it."""
    swap, told = table_of(MeterSwap), table_of(Reading)
    later = table_of(Sale).alias("later")
    then = tuple_(later.c.generation, later.c["count"])
    moved_on = (
        select(later.c.node)
        .where(
            _made_without_it(sale, new, later),
            then <= tuple_(swap.c.generation, swap.c["count"]),
        )
        .correlate(sale, new, swap)
    )
    return (
        select(swap.c.node)
        .where(
            swap.c.old == sale.c.meter,
            swap.c.figure == 0,
            told.c.meter == swap.c.old,
            told.c.number == swap.c.reading,
            told.c.total < sale.c.total_after,
            ~_is_false(told),
            or_(swap.c.total < sale.c.total_after, moved_on.exists()),
        )
        .correlate(sale, new)
        .exists()
    )


def _made_without_it(sale: Table, new: FromClause, later: FromClause) -> ColumnElement[bool]:
    return and_(
        later.c.meter == sale.c.meter,
        later.c.generation >= new.c.generation,
        later.c["count"] >= new.c["count"],
        # Not a list, which a statement for many rows at once can't hold.
        or_(_adds(later), later.c.act == REFUND),
        later.c.outcome == _WRITTEN,
        _built_total(later) < sale.c.total_after,
    )


def untaken(sale: FromClause) -> ColumnElement[bool]:
    """The meter's own word, at the sale's count or a later one, is explained without more.

    It says at most the total of another record of its count, which was read back.
    """
    told, then = table_of(Reading), table_of(Sale).alias("then")
    at_it = and_(*(then.c[name] == told.c[name] for name in _COUNT))
    return (
        select(told.c.node)
        .join(then, at_it)
        .where(
            told.c.meter == sale.c.meter,
            tuple_(told.c.generation, told.c["count"])
            >= tuple_(sale.c.generation, sale.c["count"]),
            then.c.outcome == _WRITTEN,
            told.c.total <= then.c.total_after,
            ~_is_false(told),
        )
        .correlate(sale)
        .exists()
    )


def _is_false(told: Table) -> ColumnElement[bool]:
    doubt = table_of(Suspense)
    here = and_(*(doubt.c[name] == told.c[name] for name in _PLACE))
    query = select(doubt.c.node).where(here, doubt.c.reason == "false_reading")
    return query.correlate(told).exists()


def _covered(sale: Table) -> ColumnElement[bool]:
    new = table_of(Sale).alias("new")
    return (
        select(new.c.node)
        .where(
            new.c.meter == sale.c.meter,
            new.c.generation > sale.c.generation,
            new.c["count"] == sale.c["count"],
            new.c.total_after == sale.c.total_after,
            new.c.act == REPLACEMENT,
            new.c.outcome == _WRITTEN,
        )
        .exists()
    )


def _built_on(sale: Table) -> ColumnElement[bool]:
    """The next count, of the same card or a later one, was sold on top of this very total.

    On a later card only if that count was not sold onto it itself.
    """
    following, own = table_of(Sale).alias("following"), table_of(Sale).alias("own")
    sold_anew = (
        select(own.c.node)
        .where(
            own.c.meter == sale.c.meter,
            own.c["count"] == sale.c["count"],
            own.c.generation > sale.c.generation,
            own.c.generation <= following.c.generation,
            own.c.outcome != _SUPERSEDED,
        )
        .correlate(sale, following)
    )
    return (
        select(following.c.node)
        .where(
            following.c.meter == sale.c.meter,
            following.c.generation >= sale.c.generation,
            following.c["count"] == sale.c["count"] + 1,
            _adds(following),
            following.c.outcome == _WRITTEN,
            _built_total(following) == sale.c.total_after,
            ~sold_anew.exists(),
        )
        .correlate(sale)
        .exists()
    )


def _adds(sale: FromClause) -> ColumnElement[bool]:
    """Something was bought with it, or made up for."""
    return or_(*(sale.c.act == act for act in ADDING))


def _built_total(sale: FromClause) -> ColumnElement[int]:
    """The total that a sale's record was made from."""
    return sale.c.total_after - sale.c.quantity - sale.c.adjusted_quantity


def _moved(sale: Table) -> ColumnElement[bool]:
    swap, new = table_of(MeterSwap), table_of(Sale).alias("new")
    return (
        select(swap.c.node)
        .join(new, and_(new.c.meter == swap.c.new, new.c.act == SWAP, new.c.outcome == _WRITTEN))
        .where(
            swap.c.old == sale.c.meter,
            swap.c.generation == sale.c.generation,
            swap.c["count"] == sale.c["count"],
            swap.c.total == sale.c.total_after,
        )
        .exists()
    )


def _read_back(sale: Table, *, alike: bool = False) -> ColumnElement[bool]:
    """Another sale's own record of the same count, or alike in total too, was read back."""
    other = table_of(Sale).alias("other")
    return (
        select(other.c.node)
        .where(
            and_(*(other.c[name] == sale.c[name] for name in _COUNT)),
            or_(*(other.c[name] != sale.c[name] for name in _PLACE)),
            other.c.outcome == _WRITTEN,
            other.c.carried == 0,
            *([other.c.total_after == sale.c.total_after] if alike else []),
        )
        .exists()
    )


def _look_again(connection: Connection, rows: Sequence[dict[str, object]], at: int) -> None:
    pairs = Pairs()
    for row in rows:
        pairs.add_sale(row)
    accounts = {str(row["account"]) for row in rows}
    queue(connection, pairs, at)
    note_due(connection, accounts)
    note_changed(connection, accounts)
