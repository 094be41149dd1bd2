"""A vending point's pages on its own local network: how it gets a certificate for them.

The vending point makes a key for TLS and asks with a :class:`LanRequest`, signed by the key of its
journal.  Headquarters answers with a :class:`LanGrant`, signed by its ``enrol`` role: an X.509
certificate for that key and those names, and the certificate of headquarters' authority, which the
browsers of the local network are to trust.  Both are files, and travel on a stick.

What is trusted by a browser is trusted for every page, so nothing is certified that could be a
page of the internet: only addresses of private networks (RFC 1918, RFC 3927, RFC 4193, and the
machine's own) and names below ``internal`` (reserved by ICANN in 2024) or ``local`` (RFC 6762).
The authority's own certificate says the same to browsers.
"""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import N_, Phrase, YikaError
from yika_common.signing.fields import Document, identifier, listed, number, text
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.signed_file import SignedFile, sign, verify
from yika_common.signing.trust import TrustRoot
from yika_common.values import dataclass

LAN_REQUEST_TYPE: Final = "application/vnd.yika.lan-request.v1+json"
LAN_GRANT_TYPE: Final = "application/vnd.yika.lan-grant.v1+json"

NETWORKS: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    map(
        ip_network,
        (
            "10.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "169.254.0.0/16",
            "127.0.0.0/8",
            "fd00::/8",
        ),
    )
)
SUFFIXES: Final = ("internal", "local")
NAMES_MAX: Final = 10
DAYS: Final = 398
"""So long a certificate is good: what every browser takes, also of a public authority."""

_U32 = (1 << 32) - 1
_NAME_MAX: Final = 100
_CERTIFICATE_MAX: Final = 4096
_FILE_MAX: Final = 16 << 10
_LABELS = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(" + "|".join(SUFFIXES) + ")")


class LanNameUnusable(YikaError):
    """A name or an address that could be somebody's on the internet."""

    code = "lan_name_unusable"
    sentence = N_(
        "“%(name)s” is no address of a private network and no name that ends in .internal or "
        ".local. No certificate was asked for. Use an address such as 192.168.1.20, or a name "
        "such as counter.internal."
    )


def lan_name(value: object) -> str:
    """The value, if it is an address or a name of a local network.

    Raises:
        ValueError: it is not, or is written in another way than the usual one.
    """
    if isinstance(value, str) and len(value) <= _NAME_MAX and _is_local(value):
        return value
    raise ValueError(Phrase("is no name of a local network"))


def is_address(name: str) -> bool:
    """Whether one of these names is an address."""
    return _LABELS.fullmatch(name) is None


def _is_local(value: str) -> bool:
    if _LABELS.fullmatch(value) is not None:
        return True
    try:
        address = ip_address(value)
    except ValueError:
        return False
    return str(address) == value and any(address in network for network in NETWORKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class LanRequest(Document):
    """A vending point asks for a certificate of ``spki``, its TLS key (DER in base64)."""

    kind: str = text("t", among=("lan-request",), default="lan-request")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    spki: str = text("spki", most=512)
    names: tuple[str, ...] = listed("names", lan_name, most=NAMES_MAX)
    at: int = number("ts")

    def __post_init__(self) -> None:
        Document.__post_init__(self)
        if not self.names or len(set(self.names)) < len(self.names):
            raise ValueError(Phrase("it names nothing, or something twice"))


@dataclass(frozen=True, slots=True, kw_only=True)
class LanGrant(Document):
    """The certificate, and that of the authority it is good by (both DER in base64)."""

    kind: str = text("t", among=("lan-grant",), default="lan-grant")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    certificate: str = text("certificate", most=_CERTIFICATE_MAX)
    authority: str = text("authority", most=_CERTIFICATE_MAX)


def sign_lan_request(request: LanRequest, key: SigningKey) -> SignedFile:
    """The request as a file, signed by the key that the vending point's journal is signed with."""
    return sign(LAN_REQUEST_TYPE, request.to_bytes(), [key])


def read_lan_request(file: SignedFile) -> LanRequest:
    """What a request says; believe it only after :func:`check_lan_request`.

    Raises:
        FileMalformed, FileTooLarge: it is none.
    """
    return LanRequest.parse(file.payload, limit=_FILE_MAX)


def check_lan_request(file: SignedFile, key: PublicKey) -> None:
    """Accept the request as that key's owner's.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures: it is not.
    """
    verify(file, [key], payload_type=LAN_REQUEST_TYPE)


def sign_lan_grant(grant: LanGrant, key: SigningKey) -> SignedFile:
    """The grant as a file, signed by the ``enrol`` role."""
    return sign(LAN_GRANT_TYPE, grant.to_bytes(), [key])


def open_lan_grant(file: SignedFile, root: TrustRoot) -> LanGrant:
    """The grant, once the ``enrol`` role's signature holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
    """
    return LanGrant.parse(root.check("enrol", file, payload_type=LAN_GRANT_TYPE), limit=_FILE_MAX)
