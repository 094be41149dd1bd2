"""Headquarters' authority for the pages of vending points on their local networks (X.509).

Source: RFC 5280.  A P-256 key, because browsers take no Ed25519; one certificate of the authority,
which allows itself nothing but private networks (name constraints, critical), and below it one
certificate a vending point, for serving alone.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from yika_common.sync.lan import DAYS, NETWORKS, SUFFIXES, is_address

AUTHORITY_DAYS: Final = 20 * 365
SLACK: Final = timedelta(days=1)
"""A clock on the local network may be so much behind ours."""

SECRET_SIZE: Final = 48
SERIAL_SIZE: Final = 16
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The number of points of P-256 (SEC 2, 2.4.2)."""


def authority_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """The key of 48 secret bytes (FIPS 186-5, A.2.1); the same bytes give the same key."""
    assert len(secret) == SECRET_SIZE, "the excess of 128 bits leaves no bias"
    number = int.from_bytes(secret, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def authority_certificate(
    key: ec.EllipticCurvePrivateKey, name: str, at: datetime, serial: bytes
) -> x509.Certificate:
    """The authority's own certificate, for the browsers of local networks; ``name`` tells it."""
    permitted: list[x509.GeneralName] = [x509.DNSName(suffix) for suffix in SUFFIXES]
    permitted += [x509.IPAddress(network) for network in NETWORKS]
    begun = _begun(name, at, timedelta(days=AUTHORITY_DAYS), serial)
    return (
        begun.subject_name(_named(name))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def server_certificate(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    spki: bytes,
    node: str,
    names: tuple[str, ...],
    at: datetime,
    serial: bytes,
) -> x509.Certificate:
    """A vending point's certificate for its TLS key, good from a day before ``at``.

    Raises:
        ValueError: ``spki`` is no P-256 key.
    """
    public = load_der_public_key(spki)
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise ValueError("the key is not of P-256")
    issuer = authority.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    return (
        _begun(str(issuer), at, timedelta(days=DAYS), serial)
        .subject_name(_named(node))
        .public_key(public)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(map(_general, names)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .sign(key, SHA256())
    )


def _begun(issuer: str, at: datetime, span: timedelta, serial: bytes) -> x509.CertificateBuilder:
    number = int.from_bytes(serial, "big") >> 1 or 1
    return (
        x509.CertificateBuilder()
        .issuer_name(_named(issuer))
        .serial_number(number)
        .not_valid_before(at - SLACK)
        .not_valid_after(at + span)
    )


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Yika"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if is_address(name) else x509.DNSName(name)


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
