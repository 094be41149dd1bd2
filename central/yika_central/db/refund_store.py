"""Which purchase a refund gives back, and when its money is booked: the statements.

A refund stands while it is not superseded.  The purchase it gives back then names it, so that
nothing that prices or counts purchases has to look further.  Its money is booked when it was
handed out: only then, and at that time, do reports and accounting months count it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, select, update

from yika_central.db.base import one_of
from yika_central.db.ledger import branches_of, sales_at
from yika_central.db.rerate_queue import Pairs
from yika_central.db.suspense import BATCH
from yika_central.db.tables import Reading, RefundPaid, Sale, table_of
from yika_central.domain.placement import holder

REFUND: Final = "refund"
REPLACEMENT: Final = "replacement"
SUPERSEDED: Final = "SUPERSEDED"
PLACE: Final = ("node", "epoch", "branch", "seq")
WHOLE: Final = (
    "quantity",
    "amount",
    "adjusted",
    "adjusted_quantity",
    "debts",
    "kept",
    "rounding",
    "paid",
)
"""Figures that a refund tells with the other sign than its purchase."""

TIMES: Final = ("stamped_at", "not_before", "not_after")
"""A sale's time and its bracket."""

_SAME: Final = ("account", "card", "meter", "slot", "service", "generation")

Values = dict[str, Any]
Place = tuple[str, int, int, int]


class Linked(NamedTuple):
    """A refund, the purchase it names (None: not here), and whether it gives all of that back."""

    refund: Values
    purchase: Values | None

    @property
    def whole(self) -> bool:
        """The refund is of that very purchase, and of all of it."""
        refund, purchase = self.refund, self.purchase
        return (
            purchase is not None
            and purchase["act"] == ""
            and all(refund[name] == purchase[name] for name in _SAME)
            and all(refund[name] == -purchase[name] for name in WHOLE)
            and refund["count"] == purchase["count"] + 1
            and refund["total_after"]
            == purchase["total_after"] - purchase["quantity"] - purchase["adjusted_quantity"]
        )


def place_of(row: Mapping[str, Any]) -> Place:
    """Where a row stands."""
    return (row["node"], row["epoch"], row["branch"], row["seq"])


class _Journals:
    """The sales of a node, as the records of its branches name them."""

    def __init__(
        self, connection: Connection, node: str, named: Iterable[tuple[int, int]]
    ) -> None:
        wanted = sorted(set(named))
        rows: list[Values] = [dict(row) for row in sales_at(connection, node, wanted)]
        self._sales = {(row["epoch"], row["branch"], row["seq"]): row for row in rows}
        self._branches = {
            epoch: {end.branch: end for end in branches_of(connection, node, epoch)}
            for epoch in {epoch for epoch, _ in wanted}
        }

    def sale(self, by: Mapping[str, Any], epoch: int, seq: int) -> Values | None:
        """The sale at a seq, as the record ``by`` of that or a later epoch names it."""
        branch = by["branch"] if by["epoch"] == epoch else 0
        known = self._branches[epoch]
        return self._sales.get((epoch, holder(known, branch, seq), seq))


def linked(connection: Connection, node: str, refunds: Iterable[Values]) -> list[Linked]:
    """The refunds of a node (rows of sales), each with its purchase."""
    rows = list(refunds)
    journals = _Journals(connection, node, [(row["epoch"], row["refunds"]) for row in rows])
    return [Linked(row, journals.sale(row, row["epoch"], row["refunds"])) for row in rows]


def paid_for(
    connection: Connection, node: str, payments: Iterable[Values]
) -> list[tuple[Values, Values | None]]:
    """What was handed out, each with its refund (None: no such refund is here)."""
    rows = list(payments)
    named = [(row["refund_epoch"], row["refund_seq"]) for row in rows]
    journals = _Journals(connection, node, named)
    found = []
    for row in rows:
        refund = journals.sale(row, row["refund_epoch"], row["refund_seq"])
        found.append((row, refund if refund is not None and refund["act"] == REFUND else None))
    return found


def name_refund(connection: Connection, link: Linked) -> bool:
    """Let the purchase name its refund while that stands; whether anything changed."""
    refund, purchase = link.refund, link.purchase
    if purchase is None or not link.whole:
        return False
    stands = refund["outcome"] != SUPERSEDED
    # The first refund of a purchase stands: another one is in suspense.
    if purchase["refunded"] not in (0, refund["seq"]):
        return False
    named = refund["seq"] if stands else 0
    if purchase["refunded"] == named:
        return False
    table = table_of(Sale)
    here = and_(*(table.c[name] == purchase[name] for name in PLACE))
    connection.execute(update(table).where(here).values(refunded=named))
    purchase["refunded"] = named
    return True


def refunds_ended(connection: Connection, rows: Iterable[Values]) -> Pairs:
    """Of these sales, which ended, refunds: what re-rating must look at for them."""
    changed = Pairs()
    refunds = [row for row in rows if row["act"] == REFUND]
    for node in sorted({row["node"] for row in refunds}):
        places = [place_of(row) for row in refunds if row["node"] == node]
        for link in linked(connection, node, refunds_at(connection, node, places)):
            if name_refund(connection, link):
                assert link.purchase is not None, "it was named"
                changed.add_sale(link.purchase)
    return changed


def refunds_at(connection: Connection, node: str, places: Iterable[Place]) -> list[Values]:
    """The refunds among a node's sales at these places."""
    wanted = set(places)
    rows = sales_at(connection, node, [(epoch, seq) for _, epoch, _, seq in wanted])
    found = [dict(row) for row in rows if place_of(row) in wanted and row["act"] == REFUND]
    return sorted(found, key=place_of)


def payments_of(connection: Connection, node: str, refunds: Iterable[Values]) -> list[Values]:
    """What was handed out for these refunds, first things first."""
    table = table_of(RefundPaid)
    keys = sorted({(row["epoch"], row["seq"]) for row in refunds})
    found: list[Values] = []
    for start in range(0, len(keys), BATCH):
        here = one_of([table.c.refund_epoch, table.c.refund_seq], keys[start : start + BATCH])
        query = select(table).where(table.c.node == node, here)
        found += [dict(row) for row in connection.execute(query).mappings()]
    return sorted(found, key=place_of)


def book(connection: Connection, rows: Sequence[Values]) -> None:
    """Book refunds at the time their money was handed out; a row has the place and that time."""
    table = table_of(Sale)
    values = [
        {f"k_{name}": row[name] for name in PLACE} | {f"v_{name}": row[name] for name in TIMES}
        for row in rows
    ]
    if values:
        here = and_(*(table.c[name] == bindparam(f"k_{name}") for name in PLACE))
        changed: dict[str, Any] = {name: bindparam(f"v_{name}") for name in TIMES}
        connection.execute(update(table).where(here).values(booked=1, **changed), values)


def readings_numbered(
    connection: Connection, wanted: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], Values]:
    """The write-backs with these numbers of these meters."""
    table = table_of(Reading)
    keys = sorted(set(wanted))
    if not keys:
        return {}
    query = select(table).where(one_of([table.c.meter, table.c.number], keys))
    rows = connection.execute(query).mappings()
    return {(row["meter"], row["number"]): dict(row) for row in rows}


def taken_at(
    connection: Connection, positions: Iterable[tuple[str, int, int]]
) -> set[tuple[str, int, int]]:
    """Those (meter, generation, count) up to which a write-back says that its meter took."""
    table = table_of(Reading)
    names = ("meter", "generation", "count")
    keys = sorted(set(positions))
    found: set[tuple[str, int, int]] = set()
    for start in range(0, len(keys), BATCH):
        here = one_of([table.c[name] for name in names], keys[start : start + BATCH])
        query = select(*(table.c[name] for name in names)).where(here).distinct()
        found.update((row[0], row[1], row[2]) for row in connection.execute(query))
    return found


def paid_at_once_after(
    connection: Connection, readings: Iterable[Values]
) -> list[tuple[Values, Values]]:
    """Refunds paid at once although one of these readings says that the meter took the purchase.

    Each with what was handed out.
    """
    sale, paid = table_of(Sale), table_of(RefundPaid)
    keys = sorted({(row["meter"], row["generation"], row["count"] + 1) for row in readings})
    found: list[tuple[Values, Values]] = []
    for start in range(0, len(keys), BATCH):
        here = one_of(
            [sale.c.meter, sale.c.generation, sale.c["count"]], keys[start : start + BATCH]
        )
        found += _paid(connection, here, paid.c.write_back == 0)
    return found


def paid_and_undone(
    connection: Connection, node: str, sales: Iterable[Values], payments: Iterable[Values]
) -> list[tuple[Values, Values]]:
    """Refunds that were paid although a card in their card's place carries the purchase.

    Each with what was handed out; of the meters that these sales give back or carry credit of, and
    of what this node handed out now.
    """
    sale, paid, new = table_of(Sale), table_of(RefundPaid), table_of(Sale).alias("new")
    undone = exists().where(
        new.c.meter == sale.c.meter,
        new.c.generation > sale.c.generation,
        new.c["count"] == sale.c["count"] - 1,
        new.c.total_after > sale.c.total_after,
        new.c.act == REPLACEMENT,
        new.c.outcome != SUPERSEDED,
    )
    meters = sorted({(row["meter"],) for row in sales if row["act"] in (REFUND, REPLACEMENT)})
    now = sorted({(row["refund_epoch"], row["refund_seq"]) for row in payments})
    found: list[tuple[Values, Values]] = []
    for start in range(0, len(meters), BATCH):
        found += _paid(connection, one_of([sale.c.meter], meters[start : start + BATCH]), undone)
    for start in range(0, len(now), BATCH):
        of_these = one_of([paid.c.refund_epoch, paid.c.refund_seq], now[start : start + BATCH])
        found += _paid(connection, paid.c.node == node, of_these, undone)
    return found


def _paid(connection: Connection, *wanted: ColumnElement[bool]) -> Iterator[tuple[Values, Values]]:
    """The refunds of which that holds, each with what was handed out."""
    sale, paid = table_of(Sale), table_of(RefundPaid)
    query = (
        select(sale, paid.c.epoch.label("p_epoch"), paid.c.branch.label("p_branch"))
        .add_columns(paid.c.seq.label("p_seq"))
        .join(
            paid,
            and_(
                paid.c.node == sale.c.node,
                paid.c.refund_epoch == sale.c.epoch,
                paid.c.refund_seq == sale.c.seq,
            ),
        )
        .where(sale.c.act == REFUND, *wanted)
    )
    for row in connection.execute(query).mappings():
        at = {"node": row["node"], "epoch": row["p_epoch"]}
        yield dict(row), at | {"branch": row["p_branch"], "seq": row["p_seq"]}
