"""Which node may issue which numbers of cards.

All nodes of an area hold the keys of all its cards, so that a card made anywhere can be sold to
anywhere.  A number is issued by one of them alone: two nodes that have not heard of each other
would else give one number to two households, and sell each what only the other's card can carry.
"""

from sqlalchemy import Connection

from yika_central.db import number_store as store
from yika_common.sync.card_list import NumberRange
from yika_common.sync.messages import Certificate

AT_HAND = 500
"""Numbers of an area that a node has in hand: what a busy one may issue before it is heard of."""


def is_short(connection: Connection, certificate: Certificate) -> bool:
    """Whether the node has less than half of what it should have in hand, and some are free."""
    return any(_shortages(connection, certificate))


def top_up(connection: Connection, certificate: Certificate) -> None:
    """Give a node that is short the next free numbers of its areas.

    The caller holds the node.
    """
    node, epoch = certificate.node, certificate.epoch
    for area, wanted in _shortages(connection, certificate).items():
        store.clear_issued(connection, node)
        store.allot(connection, area, node, epoch, wanted)


def numbers_of(connection: Connection, certificate: Certificate) -> tuple[NumberRange, ...]:
    """The numbers that are the node's, as ranges in order."""
    ranges: list[NumberRange] = []
    for card in map(int, store.allotted(connection, certificate.node, certificate.epoch)):
        if ranges and card == sum(ranges[-1]):
            ranges[-1] = ranges[-1]._replace(many=ranges[-1].many + 1)
        else:
            ranges.append(NumberRange(card, 1))
    return tuple(ranges)


def _shortages(connection: Connection, certificate: Certificate) -> dict[str, int]:
    """How many numbers the node lacks, by area; areas in which it has enough are left out."""
    lacking = {}
    for area in store.areas_of(connection, certificate.node):
        held = store.at_hand(connection, area, certificate.node, certificate.epoch)
        # At nearly every contact a node has enough, and the stock is not counted.
        if held * 2 >= AT_HAND or not store.any_free(connection, area):
            continue
        # Where few are in stock, each node of the area has its part, and so has one yet to come.
        part = -(-store.shelved(connection, area) // (store.nodes_in(connection, area) + 1))
        wanted = min(AT_HAND, part)
        if held * 2 < wanted:
            lacking[area] = wanted - held
    return lacking
