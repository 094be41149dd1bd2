"""What a person must look at in the lives of cards.

A new card ends the one before it from the moment it is made: what is sold to the old one later is
credit that no meter takes.  Two cards of one generation, or two chips of one number, can both be
sold to.  And a new card carries nothing but what was sold: a total that no journal has is credit
that nobody paid for, or a sale that has still to arrive.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, and_, or_, select

from yika_central.db.base import one_of
from yika_central.db.projections import Projected, Values
from yika_central.db.suspense import BATCH, settle
from yika_central.db.tables import IssuedCard, Sale, table_of
from yika_common.journal.bodies import ADDING, REPLACEMENT

Doubt = tuple[Values, str, str, int]
"""The record's place, the reason, what it is about, and the money."""

OLD_CARD: Final = "replaced_card"
DOUBLED: Final = "card_doubled"
UNFOUNDED: Final = "carried_unfounded"
_CARRIED: Final = ("meter", "count", "total_after")


def card_doubts(connection: Connection, projected: Projected) -> Iterable[Doubt]:
    """Sales to old cards, cards that exist twice, and credit that came from nowhere.

    Nothing is stored yet.
    """
    return [
        *_old_cards(connection, projected),
        *_doubled(connection, projected.of(IssuedCard)),
        *_unfounded(connection, projected.of(Sale)),
    ]


def settle_carried(connection: Connection, sales: Sequence[Values]) -> None:
    """What a new card carried turns out to have been sold."""
    settle(connection, UNFOUNDED, sorted({_subject(sale) for sale in sales}))


def _old_cards(connection: Connection, projected: Projected) -> Iterator[Doubt]:
    """Both ways round: the sale may arrive before the card that had taken its card's place."""
    sales, made = projected.of(Sale), projected.of(IssuedCard)
    accounts = sorted({row["account"] for row in sales})
    known: list[Values] = [dict(row) for row in made]
    issued = table_of(IssuedCard)
    for start in range(0, len(accounts), BATCH):
        within = issued.c.account.in_(accounts[start : start + BATCH])
        query = select(issued).where(within, issued.c.replaces != "")
        known += (dict(row) for row in connection.execute(query).mappings())
    for sale in sales:
        if any(_is_after(sale, card) for card in known):
            yield sale, OLD_CARD, sale["card"], sale["amount"]
    yield from _sold_before(connection, made)


def _sold_before(connection: Connection, made: Sequence[Values]) -> Iterator[Doubt]:
    sale = table_of(Sale)
    for card in made:
        if not card["replaces"]:
            continue
        rows = connection.execute(
            select(sale).where(
                sale.c.account == card["account"],
                sale.c.generation < card["generation"],
                sale.c.stamped_at > card["issued_at"],
                sale.c.act.in_(ADDING),
            )
        ).mappings()
        for row in rows:
            yield dict(row), OLD_CARD, row["card"], row["amount"]


def _is_after(sale: Values, card: Values) -> bool:
    return bool(
        sale["act"] in ADDING
        and card["replaces"]
        and card["account"] == sale["account"]
        and card["generation"] > sale["generation"]
        and card["issued_at"] < sale["stamped_at"]
    )


def _doubled(connection: Connection, made: Sequence[Values]) -> Iterator[Doubt]:
    """Another card of the same account and generation, or another one of the same number."""
    issued, seen = table_of(IssuedCard), list[Values]()
    for card in made:
        query = select(issued).where(
            or_(
                issued.c.card == card["card"],
                and_(
                    issued.c.account == card["account"],
                    issued.c.generation == card["generation"],
                ),
            )
        )
        stored = [dict(row) for row in connection.execute(query).mappings()]
        if any(_is_twin(card, other) for other in (*stored, *seen)):
            yield card, DOUBLED, card["card"], 0
        seen.append(card)


def _is_twin(one: Values, other: Values) -> bool:
    if one["card"] == other["card"]:
        return True
    same = ("account", "generation")
    return all(one[name] == other[name] for name in same)


def _unfounded(connection: Connection, sales: Sequence[Values]) -> Iterator[Doubt]:
    """Replacements whose count and total no earlier record of the meter has."""
    carried = [sale for sale in sales if sale["act"] == REPLACEMENT]
    if not carried:
        return
    keys = sorted({tuple(sale[name] for name in _CARRIED) for sale in carried})
    table = table_of(Sale)
    columns = [table.c[name] for name in _CARRIED]
    sold = [(*(sale[name] for name in _CARRIED), sale["generation"]) for sale in sales]
    for start in range(0, len(keys), BATCH):
        query = select(*columns, table.c.generation).where(
            one_of(columns, keys[start : start + BATCH])
        )
        sold += [tuple(row) for row in connection.execute(query)]
    for sale in carried:
        key = tuple(sale[name] for name in _CARRIED)
        if not any(row[:-1] == key and row[-1] < sale["generation"] for row in sold):
            yield sale, UNFOUNDED, _subject(sale), 0


def _subject(sale: Values) -> str:
    return "/".join(str(sale[name]) for name in _CARRIED)
