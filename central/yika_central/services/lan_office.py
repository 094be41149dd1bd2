"""Headquarters certifies the pages of its vending points for their local networks.

A request is believed by the signature of the vending point's own journal key, under the
certificate of its present epoch; a point that is stopped or was registered anew since gets
nothing.  The authority's certificate is made once, with the first request, and kept beside the
root document; its key is derived in the key room, so a backup of that is a backup of it.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from yika_central.db.database import Database
from yika_central.db.tables import Node, table_of
from yika_central.domain.lan_authority import (
    SERIAL_SIZE,
    authority_certificate,
    authority_key,
    server_certificate,
)
from yika_central.errors import UnknownNode
from yika_central.services.key_bundles import current_certificate
from yika_central.services.key_room import KeyRoom
from yika_central.services.registry import ACTIVE
from yika_common.clock import Clock
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import replace_file
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.lan import (
    LanGrant,
    LanRequest,
    check_lan_request,
    read_lan_request,
    sign_lan_grant,
)
from yika_common.sync.messages import Certificate, bytes_of, text_of

AUTHORITY_FILE: Final = "lan-authority.pem"


class LanRefused(YikaError):
    """A request for a certificate that is not to be had."""

    code = "lan_refused"
    sentence = N_(
        "%(node)s gets no certificate for its local network: %(why)s. Nothing was certified. "
        "Let the vending point ask again."
    )


@dataclass(frozen=True, slots=True)
class LanGranted:
    """What was certified; ``file`` is for the vending point."""

    node: str
    names: tuple[str, ...]
    until: datetime
    file: bytes


class LanOffice:
    """Certifies what vending points ask for."""

    def __init__(
        self, folder: Path, database: Database, keys: KeyRoom, clock: Clock, random: RandomSource
    ) -> None:
        self._path = folder / AUTHORITY_FILE
        self._database = database
        self._keys = keys
        self._clock = clock
        self._random = random

    def grant(self, data: bytes) -> LanGranted:
        """The certificate that a request's file asks for.

        Raises:
            FileMalformed, FileTooLarge, WrongKind, SignatureInvalid, TooFewSignatures: the file
                is no request, or not the vending point's.
            UnknownNode: nobody registered under that name.
            LanRefused: the vending point is not to have one.
        """
        file = read_signed_file(data)
        request = read_lan_request(file)
        known = self._registered(request.node)
        check_lan_request(file, known.key)
        if request.epoch != known.epoch:
            raise LanRefused(node=request.node, why=Phrase("it was registered anew since"))
        issued = self._certified(request)
        grant = LanGrant(
            node=request.node,
            epoch=request.epoch,
            certificate=text_of(issued.public_bytes(Encoding.DER)),
            authority=text_of(self.authority().public_bytes(Encoding.DER)),
        )
        signed = sign_lan_grant(grant, self._keys.signer("enrol"))
        return LanGranted(
            request.node, request.names, issued.not_valid_after_utc, signed.to_bytes()
        )

    def authority(self) -> x509.Certificate:
        """The certificate that browsers of local networks are to trust."""
        if self._path.exists():
            return x509.load_pem_x509_certificate(self._path.read_bytes())
        name = f"Yika headquarters {self._keys.signer('root').keyid}"
        made = authority_certificate(
            authority_key(self._keys.lan_secret), name, self._clock(), self._random(SERIAL_SIZE)
        )
        replace_file(self._path, made.public_bytes(Encoding.PEM))
        return made

    def _registered(self, node: str) -> Certificate:
        nodes = table_of(Node)
        with self._database.reading() as session:
            connection = session.connection()
            state = connection.execute(select(nodes.c.state).where(nodes.c.node == node)).scalar()
            certificate = current_certificate(connection, node)
        if state is None or certificate is None:
            raise UnknownNode(node=node)
        if state != ACTIVE:
            raise LanRefused(node=node, why=Phrase("it is stopped"))
        return certificate

    def _certified(self, request: LanRequest) -> x509.Certificate:
        try:
            return server_certificate(
                authority_key(self._keys.lan_secret),
                self.authority(),
                bytes_of(request.spki),
                request.node,
                request.names,
                self._clock(),
                self._random(SERIAL_SIZE),
            )
        except ValueError as cause:
            why = Phrase("its key is not of the kind that browsers take")
            raise LanRefused(node=request.node, why=why) from cause
