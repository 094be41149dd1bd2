"""The list of a node's tool cards, sealed to that node alone."""

from sqlalchemy import Connection, select

from yika_central.db.tables import SpecialCard, ToolOrder, table_of
from yika_central.services.key_room import KeyRoom
from yika_common.sync.messages import Certificate
from yika_common.sync.tool_list import CARDS_MAX, SlotOrder, ToolCard, ToolList, seal_tools

TOOL = "TOOL"
ORDERED, ISSUED, RETURNED = "ORDERED", "ISSUED", "RETURNED"
ALL_AREAS = ""
"""A tool card belongs to the utility: its key is derived for no area."""


def sealed_tools(connection: Connection, certificate: Certificate, keys: KeyRoom) -> bytes:
    """The signed file with every tool card that the certified node writes or may get back."""
    card, order = table_of(SpecialCard), table_of(ToolOrder)
    rows = connection.execute(
        select(card)
        .where(card.c.kind == TOOL, card.c.node == certificate.node, card.c.state != RETURNED)
        .order_by(card.c.ordered_at.desc(), card.c.number)
        .limit(CARDS_MAX)
    ).all()
    orders: dict[str, list[SlotOrder]] = {}
    for number, slot, meter, content in connection.execute(
        select(order.c.card, order.c.slot, order.c.meter, order.c.content)
        .where(order.c.card.in_([row.number for row in rows]))
        .order_by(order.c.card, order.c.slot)
    ):
        orders.setdefault(number, []).append(SlotOrder(slot, meter, bytes(content).hex()))
    tools = ToolList(
        node=certificate.node,
        epoch=certificate.epoch,
        cards=tuple(
            ToolCard(
                card=row.number,
                key_version=row.key_version,
                node=keys.card_key(row.number, row.key_version, ALL_AREAS).hex(),
                holder=row.holder,
                until=row.valid_until,
                reason=row.reason,
                ended=int(row.state not in {ORDERED, ISSUED}),
                orders=tuple(orders[row.number]),
            )
            for row in sorted(rows, key=lambda row: row.number)
        ),
    )
    return seal_tools(tools, certificate, [keys.signer("registry")]).to_bytes()
