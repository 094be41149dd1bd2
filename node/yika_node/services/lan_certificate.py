"""The certificate of a vending point's pages on its local network: asked for, taken, kept.

============================  ====================================================================
file below ``lan/``           what it is
============================  ====================================================================
``key.pem``                   the TLS key (P-256), readable by its owner only; it leaves never
``certificate.pem``           headquarters' certificate for it, with the names it is good for
``authority.pem``             the certificate that browsers of the local network are to trust
============================  ====================================================================

The key must open before anybody has signed in, so it lies outside the vault; it vouches for pages
on the local network and for nothing else.  Neither backups nor bundles hold the folder.
"""

from datetime import datetime, timedelta
from pathlib import Path
from ssl import OP_NO_RENEGOTIATION, PROTOCOL_TLS_SERVER, SSLContext, SSLError, TLSVersion
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from yika_common.clock import to_timestamp
from yika_common.errors import Phrase
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.signing.keys import SigningKey
from yika_common.signing.signed_file import read_signed_file
from yika_common.sync.lan import (
    LanNameUnusable,
    LanRequest,
    lan_name,
    open_lan_grant,
    sign_lan_request,
)
from yika_common.sync.messages import bytes_of, text_of
from yika_common.values import dataclass
from yika_node.services.lan_errors import (
    LanCertificateEarly,
    LanCertificateMissing,
    LanCertificateOver,
    LanGrantUnfit,
    LanKeyUnfit,
    LanNothingAsked,
)
from yika_node.services.standing import Membership

FOLDER: Final = "lan"
KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"
AUTHORITY_FILE: Final = "authority.pem"
SOON: Final = timedelta(days=30)
"""So long before its end somebody should ask for the next certificate."""

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; every suite of TLS 1.3 is good."""

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class LanCertificate:
    """A certificate that fits the key; ``names`` are the hosts it is good for."""

    node: str
    names: tuple[str, ...]
    begins: datetime
    until: datetime

    def check(self, now: datetime) -> None:
        """Use it at that time.

        Raises:
            LanCertificateEarly, LanCertificateOver: it is not good then.
        """
        if now < self.begins:
            raise LanCertificateEarly(begins=f"{self.begins:%Y-%m-%d}")
        if now >= self.until:
            raise LanCertificateOver(until=f"{self.until:%Y-%m-%d}")

    def ends_soon(self, now: datetime) -> bool:
        """Whether it is time to ask for the next one."""
        return now >= self.until - SOON


class LanKeeper:
    """The folder ``lan`` in a vending point's data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER

    def request(
        self, member: Membership, key: SigningKey, names: tuple[str, ...], now: datetime
    ) -> bytes:
        """The file that asks headquarters to certify this vending point under those names.

        The TLS key is made if there is none; one that is in use is asked for again.

        Raises:
            LanNameUnusable: nothing was made.
            LanKeyUnfit: the key that is there cannot be used.
        """
        for name in names:
            _check_name(name)
        request = LanRequest(
            node=member.node,
            epoch=member.epoch,
            spki=text_of(_spki(self._own_key())),
            names=tuple(dict.fromkeys(names)),
            at=to_timestamp(now),
        )
        return sign_lan_request(request, key).to_bytes()

    def take(self, member: Membership, data: bytes) -> LanCertificate:
        """Keep the certificate that headquarters sends.

        Raises:
            FileMalformed, FileTooLarge, WrongKind, SignatureInvalid, TooFewSignatures: it is not
                headquarters'; nothing was changed.
            LanGrantUnfit: it is for another vending point or key; nothing was changed.
            LanKeyUnfit: the key that is there cannot be used.
        """
        grant = open_lan_grant(read_signed_file(data), member.root)
        if (grant.node, grant.epoch) != (member.node, member.epoch):
            raise LanGrantUnfit
        if not (self._folder / KEY_FILE).exists():
            raise LanGrantUnfit
        try:
            found = x509.load_der_x509_certificate(bytes_of(grant.certificate))
            authority = x509.load_der_x509_certificate(bytes_of(grant.authority))
            found.verify_directly_issued_by(authority)
        except (ValueError, TypeError) as cause:
            raise LanGrantUnfit from cause
        if found.public_key() != self._own_key().public_key():
            raise LanGrantUnfit
        replace_file(self._folder / AUTHORITY_FILE, authority.public_bytes(Encoding.PEM))
        replace_file(self._folder / CERTIFICATE_FILE, found.public_bytes(Encoding.PEM))
        return _view(found)

    def held(self, host: str) -> LanCertificate:
        """The certificate, whenever it is good, and its key; ``host``: what it is needed for.

        Raises:
            LanCertificateMissing: there is none.
            LanKeyUnfit: its key is gone, damaged, another one or open to others.
        """
        path = self._folder / CERTIFICATE_FILE
        if not path.exists():
            raise LanCertificateMissing(host=host)
        try:
            found = x509.load_pem_x509_certificate(path.read_bytes())
        except ValueError as cause:
            raise LanKeyUnfit(file=str(path), why=Phrase("it is damaged")) from cause
        key = self._folder / KEY_FILE
        if not key.exists() or found.public_key() != self._read_key().public_key():
            raise LanKeyUnfit(file=str(key), why=Phrase("it is not the certificate's"))
        return _view(found)

    def authority(self) -> bytes:
        """What the browsers of the local network are to trust, as PEM.

        Raises:
            LanNothingAsked: no certificate was taken.
        """
        path = self._folder / AUTHORITY_FILE
        if not path.exists():
            raise LanNothingAsked
        return path.read_bytes()

    def context(self) -> SSLContext:
        """TLS 1.2 or newer under the certificate; call :meth:`held` before.

        Raises:
            LanKeyUnfit: certificate and key are none.
        """
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.minimum_version = TLSVersion.TLSv1_2
        context.options |= OP_NO_RENEGOTIATION
        context.set_ciphers(CIPHERS)
        context.set_alpn_protocols(["http/1.1"])
        key = self._folder / KEY_FILE
        try:
            context.load_cert_chain(self._folder / CERTIFICATE_FILE, key)
        except SSLError as cause:
            raise LanKeyUnfit(file=str(key), why=Phrase("it is damaged")) from cause
        return context

    def _own_key(self) -> ec.EllipticCurvePrivateKey:
        path = self._folder / KEY_FILE
        if path.exists():
            return self._read_key()
        made = ec.generate_private_key(ec.SECP256R1())
        self._folder.mkdir(mode=0o700, exist_ok=True)
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        replace_file(path, pem, mode=PRIVATE)
        return made

    def _read_key(self) -> ec.EllipticCurvePrivateKey:
        path = self._folder / KEY_FILE
        if path.stat().st_mode & _OTHERS:
            raise LanKeyUnfit(file=str(path), why=Phrase("others may read it"))
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as cause:
            raise LanKeyUnfit(file=str(path), why=Phrase("it is damaged")) from cause
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise LanKeyUnfit(file=str(path), why=Phrase("it is damaged"))
        return key


def _check_name(name: str) -> None:
    try:
        lan_name(name)
    except ValueError as cause:
        raise LanNameUnusable(name=name) from cause


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _view(found: x509.Certificate) -> LanCertificate:
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return LanCertificate(
        node=str(found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value),
        names=tuple(str(name.value) for name in named),
        begins=found.not_valid_before_utc,
        until=found.not_valid_after_utc,
    )
