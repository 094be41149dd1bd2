"""The list of persons of a node, sealed to it alone: what it says now, and when anew.

A list is good for so many days; it is sealed anew at a contact once a third of them has passed,
so that a node which is heard of now and then always has a good one.
"""

import hashlib

from sqlalchemy import Connection, select

from yika_central.db.database import put
from yika_central.db.tables import (
    ListedPerson,
    ListedPersonNode,
    NodePersonList,
    SettingsChange,
    table_of,
)
from yika_central.services.key_room import KeyRoom
from yika_common.sync import person_list
from yika_common.sync.messages import Certificate
from yika_common.sync.person_list import PersonList, seal_persons
from yika_common.sync.settings import Settings

DAY = 86_400
_PARTS = 3


def persons_of(connection: Connection, node: str) -> tuple[person_list.ListedPerson, ...]:
    """Everybody who may work at a node or once might, by staff number."""
    person, place = table_of(ListedPerson), table_of(ListedPersonNode)
    rows = connection.execute(
        select(person, place.c.ended)
        .join(place, place.c.number == person.c.number)
        .where(place.c.node == node)
        .order_by(person.c.number)
        .limit(person_list.PERSONS_MAX)
    ).all()
    return tuple(
        person_list.ListedPerson(
            staff_number=row.number,
            name=row.name,
            level=row.level,
            until=row.valid_until,
            revoked=int(row.revoked_at is not None or row.ended > 0),
        )
        for row in rows
    )


def is_changed(connection: Connection, certificate: Certificate, now: int) -> bool:
    """Whether the node's list would say something else than the one sealed to it last, or is old.

    A node of which no list was ever made, and that needs none, gets none.
    """
    table = table_of(NodePersonList)
    before = connection.execute(select(table).where(table.c.node == certificate.node)).first()
    persons = persons_of(connection, certificate.node)
    if before is None:
        return bool(persons)
    settings = _settings(connection)
    if (before.epoch, bytes(before.digest)) != (
        certificate.epoch,
        _digest(persons, settings),
    ):
        return True
    return bool(now - before.sealed_at >= settings.operators_days * DAY // _PARTS)


def sealed_persons(
    connection: Connection, certificate: Certificate, keys: KeyRoom, now: int
) -> bytes:
    """The signed file for the certified node; what it says is noted as told."""
    settings, persons = _settings(connection), persons_of(connection, certificate.node)
    until = now + settings.operators_days * DAY
    held = PersonList(
        node=certificate.node,
        epoch=certificate.epoch,
        issued=now,
        until=until,
        grace=until + settings.operators_grace * DAY,
        persons=persons,
    )
    row = {
        "node": held.node,
        "epoch": held.epoch,
        "digest": _digest(persons, settings),
        "sealed_at": now,
    }
    put(connection, NodePersonList, [row], ["epoch", "digest", "sealed_at"])
    return seal_persons(held, certificate, [keys.signer("registry")]).to_bytes()


def _digest(persons: tuple[person_list.ListedPerson, ...], settings: Settings) -> bytes:
    terms = f"{settings.operators_days}/{settings.operators_grace}"
    lines = [terms.encode(), *(person.to_bytes() for person in persons)]
    return hashlib.sha256(b"\n".join(lines)).digest()


def _settings(connection: Connection) -> Settings:
    table = table_of(SettingsChange)
    document = connection.execute(
        select(table.c.document).order_by(table.c.number.desc()).limit(1)
    ).scalar()
    return Settings() if document is None else Settings.parse(bytes(document))
