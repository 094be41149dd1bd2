"""The list of special cards of a node, sealed to it: what it accepts, and what it is to write."""

import json
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select

from yika_central.db.database import add_new
from yika_central.db.tables import Node, SpecialCard, SpecialCardNode, SpecialDue, table_of
from yika_central.services.key_room import KeyRoom
from yika_common.signing import aead
from yika_common.sync.messages import Certificate
from yika_common.sync.special_list import IssueOrder, ManagingEntry, SpecialList, seal_special

SYSTEM, MANAGING = "SYSTEM", "MANAGING"
ORDERED, ISSUED, RETURNED, BURNT = "ORDERED", "ISSUED", "RETURNED", "BURNT"
MISSING, COPIED, REVOKED = "MISSING", "COPIED", "REVOKED"
GOOD = (ORDERED, ISSUED)
"""States in which a managing card approves; in all others it is refused."""


def sealed_special(connection: Connection, certificate: Certificate, keys: KeyRoom) -> bytes:
    """The signed file for the certified node; what was due is then done."""
    node = certificate.node
    connection.execute(delete(table_of(SpecialDue)).where(table_of(SpecialDue).c.node == node))
    issuing = connection.execute(
        select(table_of(Node).c.issuing).where(table_of(Node).c.node == node)
    ).scalar_one()
    special = SpecialList(
        node=node,
        epoch=certificate.epoch,
        issuing=issuing,
        managers=tuple(_manager(row, keys) for row in _accepted(connection, node)),
        orders=tuple(_order(row, keys) for row in _to_write(connection, node) if issuing),
    )
    return seal_special(special, certificate, [keys.signer("registry")]).to_bytes()


def is_due(connection: Connection, node: str) -> bool:
    """Whether the node's list is to be sealed anew."""
    table = table_of(SpecialDue)
    return connection.execute(select(table.c.node).where(table.c.node == node)).first() is not None


def note_due(connection: Connection, nodes: set[str]) -> None:
    """Let the lists of these nodes be sealed anew at their next contact."""
    add_new(connection, SpecialDue, [{"node": node} for node in sorted(nodes)])


def nodes_of_card(connection: Connection, number: str) -> set[str]:
    """The vending points whose list names the card."""
    card, at = table_of(SpecialCard), table_of(SpecialCardNode)
    found = set(connection.execute(select(at.c.node).where(at.c.number == number)).scalars())
    found |= set(connection.execute(select(card.c.node).where(card.c.number == number)).scalars())
    return found


def hidden(keys: KeyRoom, number: str, secret: dict[str, str], random: Any) -> str:
    """What an order must keep until the card is written, encrypted."""
    plain = json.dumps(secret).encode()
    return aead.encrypt(keys.token_key, plain, _about(number), random).hex()


def _accepted(connection: Connection, node: str) -> list[RowMapping]:
    card, at = table_of(SpecialCard), table_of(SpecialCardNode)
    return list(
        connection.execute(
            select(card)
            .join(at, at.c.number == card.c.number)
            .where(card.c.kind == MANAGING, at.c.node == node)
            .order_by(card.c.number)
        ).mappings()
    )


def _to_write(connection: Connection, node: str) -> list[RowMapping]:
    card = table_of(SpecialCard)
    return list(
        connection.execute(
            select(card)
            .where(
                card.c.kind.in_((SYSTEM, MANAGING)), card.c.node == node, card.c.state == ORDERED
            )
            .order_by(card.c.number)
        ).mappings()
    )


def _manager(row: RowMapping, keys: KeyRoom) -> ManagingEntry:
    return ManagingEntry(
        card=row["number"],
        holder=row["holder"],
        key_version=row["key_version"],
        manage=keys.managing_keys(row["number"], row["key_version"]).manage.hex(),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        revoked=int(row["state"] not in GOOD),
    )


def _order(row: RowMapping, keys: KeyRoom) -> IssueOrder:
    common = {
        "card": row["number"],
        "holder": row["holder"],
        "key_version": row["key_version"],
        "issuer": keys.root.digest[:16],
        "valid_from": row["valid_from"],
        "valid_until": row["valid_until"],
    }
    if row["kind"] == MANAGING:
        both = keys.managing_keys(row["number"], row["key_version"])
        return IssueOrder(
            type="managing", host=both.manage.hex(), approve=both.approve.hex(), **common
        )
    detail = json.loads(row["detail"])
    secret = json.loads(
        aead.decrypt(keys.token_key, bytes.fromhex(detail["hidden"]), _about(row["number"]))
    )
    return IssueOrder(
        type="system",
        host=secret["host"],
        salt=detail["salt"],
        content=secret["content"],
        purpose=detail["for"],
        **common,
    )


def _about(number: str) -> bytes:
    return b"special card\0" + number.encode()
