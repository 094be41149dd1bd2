"""The key bundle of a node: the keys of its areas' meters and cards, sealed to that node alone."""

from sqlalchemy import Connection, select

from yika_central.db.tables import Card, Meter, NodeArea, NodeCertificate, table_of
from yika_central.services.key_room import KeyRoom
from yika_common.services import Service
from yika_common.sync.key_bundle import CardKeyEntry, KeyBundle, MeterKeyEntry, seal_bundle
from yika_common.sync.messages import Certificate


def current_certificate(connection: Connection, node: str) -> Certificate | None:
    """The certificate of the node's newest epoch; None while it is not enrolled."""
    table = table_of(NodeCertificate)
    payload = connection.execute(
        select(table.c.payload).where(table.c.node == node).order_by(table.c.epoch.desc()).limit(1)
    ).scalar()
    return None if payload is None else Certificate.parse(payload, limit=len(payload))


def sealed_keys(connection: Connection, certificate: Certificate, keys: KeyRoom) -> bytes:
    """The signed file with every key the certified node may sell with."""
    area = table_of(NodeArea)
    areas = select(area.c.area).where(area.c.node == certificate.node)
    bundle = KeyBundle(
        node=certificate.node,
        epoch=certificate.epoch,
        meters=tuple(
            _meter_entry(keys, meter, service, version, of)
            for meter, service, version, of in connection.execute(
                select(*(table_of(Meter).c[name] for name in _METER_COLUMNS))
                .where(table_of(Meter).c.area.in_(areas))
                .order_by(table_of(Meter).c.meter)
            )
        ),
        cards=tuple(
            CardKeyEntry(
                card=number, key_version=version, node=keys.card_key(number, version, of).hex()
            )
            for number, version, of in connection.execute(
                select(*(table_of(Card).c[name] for name in _CARD_COLUMNS))
                .where(table_of(Card).c.area.in_(areas))
                .order_by(table_of(Card).c.number)
            )
        ),
        personal=keys.personal_data_key(certificate.node).hex(),
    )
    return seal_bundle(bundle, certificate, [keys.signer("registry")]).to_bytes()


_METER_COLUMNS = ("meter", "service", "key_version", "area")
_CARD_COLUMNS = ("number", "key_version", "area")


def _meter_entry(
    keys: KeyRoom, meter: str, service: str, version: int, area: str
) -> MeterKeyEntry:
    derived = keys.meter_keys(meter, version, area)
    return MeterKeyEntry(
        meter=meter,
        service=Service(service),
        key_version=version,
        credit=derived.credit.hex(),
        wbn=derived.wbn.hex(),
        auth=derived.auth.hex(),
    )
