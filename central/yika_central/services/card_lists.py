"""The list of cards and levels of a node, sealed to it alone: what it says now, and when anew."""

import hashlib

from sqlalchemy import Connection

from yika_central.db import notice_store as store
from yika_central.db.database import put
from yika_central.db.tables import NodeCardList
from yika_central.services.allotment import numbers_of
from yika_central.services.key_room import KeyRoom
from yika_common.cards.parameters import Levels
from yika_common.services import Service
from yika_common.sync.card_list import (
    CardList,
    MeterLevels,
    Notice,
    ServiceLevels,
    seal_cards,
)
from yika_common.sync.messages import Certificate


def is_changed(connection: Connection, certificate: Certificate, now: int) -> bool:
    """Whether the node's list would say something else than the one sealed to it last."""
    before = store.sealed_before(connection, certificate.node)
    held = card_list(connection, certificate, now)
    if before is None:
        return bool(held.levels or held.meters or held.notices or held.numbers)
    return before != (certificate.epoch, _digest(held))


def sealed_cards(
    connection: Connection, certificate: Certificate, keys: KeyRoom, now: int
) -> bytes:
    """The signed file for the certified node; what it says is noted as told."""
    held = card_list(connection, certificate, now)
    row = {"node": held.node, "epoch": held.epoch, "digest": _digest(held)}
    put(connection, NodeCardList, [row], ["epoch", "digest"])
    return seal_cards(held, certificate, [keys.signer("registry")]).to_bytes()


def card_list(connection: Connection, certificate: Certificate, now: int) -> CardList:
    """What the certified node is to know at this time."""
    changes = store.newest_levels(connection)
    named = [change["meter"] for change in changes if change["meter"]]
    served = store.meters_of_node(connection, certificate.node, named) if named else set()
    return CardList(
        node=certificate.node,
        epoch=certificate.epoch,
        numbers=numbers_of(connection, certificate),
        levels=tuple(
            ServiceLevels(
                Service(row["service"]),
                row["tariff_class"],
                row["money"],
                row["number"],
                *(row[name] for name in Levels._fields),
            )
            for row in changes
            if not row["meter"]
        ),
        meters=tuple(
            MeterLevels(
                row["meter"],
                row["money"],
                row["number"],
                *(row[name] for name in Levels._fields),
            )
            for row in changes
            if row["meter"] in served
        ),
        notices=tuple(
            Notice(
                nth=row["number"],
                card=row["card"],
                meter=row["meter"],
                action=row["action"],
                until=row["valid_until"],
                zh=row["zh"],
                en=row["en"],
            )
            for row in store.notices_for(connection, certificate.node, now)
        ),
    )


def _digest(held: CardList) -> bytes:
    return hashlib.sha256(held.to_bytes()).digest()
