"""Whose key signed what came in from a vending point."""

from dataclasses import dataclass

from sqlalchemy import select

from yika_central.db.database import Database
from yika_central.db.tables import NodeCertificate, table_of
from yika_common.journal.record import genesis
from yika_common.signing.keys import PublicKey
from yika_common.signing.signed_file import SignedFile


@dataclass(frozen=True, slots=True)
class Certified:
    """Whose key signed, and where that key's journal begins."""

    node: str
    epoch: int
    key: PublicKey
    genesis: bytes


def certified_signer(database: Database, file: SignedFile) -> Certified | None:
    """The certificate whose key a file names; that it really signed is checked next.

    None: headquarters certified none of the keys.
    """
    table = table_of(NodeCertificate)
    with database.reading() as session:
        row = session.execute(
            select(table).where(
                table.c.keyid.in_([signature.keyid for signature in file.signatures])
            )
        ).first()
    if row is None:
        return None
    key = PublicKey(row.algorithm, bytes(row.spki))
    return Certified(row.node, row.epoch, key, genesis(bytes(row.payload)))
