"""What headquarters itself decides: nodes, tariffs, keys' whereabouts, staff, what goes down."""

from sqlalchemy import Index
from sqlmodel import Field

from yika_central.db.base import Row, added, integer, integer_key, key, maybe_integer


class Area(Row, table=True):
    """An area of the utility; nodes, meters, cards and accounts belong to areas."""

    area: str = key()
    name: str = ""


class Node(Row, table=True):
    """A vending point: its standing, and the last that was heard of it.

    ``state`` is WAITING (a token is out, nobody came), ACTIVE or STOPPED (``reason`` says why).
    ``manifest`` is the version issued to it, ``manifest_held`` the one it last said it holds.
    ``clock_skew`` is its clock minus ours at the last contact, in seconds.  ``services`` are those
    that its next certificate names, separated by spaces; none: all.  ``issuing`` 1: it writes
    special cards.
    """

    node: str = key()
    name: str = ""
    state: str = "WAITING"
    reason: str = ""
    epoch: int = integer(0)
    created_at: int = integer()
    last_contact: int | None = maybe_integer()
    ack_counter: int = integer(0)
    manifest: int = integer(0)
    manifest_held: int = integer(0)
    clock_skew: int | None = maybe_integer()
    software: str = ""
    services: str = added("")
    issuing: int = added(0)


class NodeArea(Row, table=True):
    """An area that a node sells for."""

    node: str = key()
    area: str = key()


class EnrolmentToken(Row, table=True):
    """The one open or used token of a node; ``secret`` is encrypted under a key of the key room.

    ``keys_digest`` is empty until a node used it; then it binds the token to that node's keys, and
    ``answer`` is what that node was, and will again be, answered.  ``refusals`` counts attempts
    with other keys, which somebody should look at.  ``card`` is the system card that carries it;
    empty: it was printed.
    """

    node: str = key()
    secret: bytes
    created_at: int = integer()
    expires_at: int = integer()
    used_at: int | None = maybe_integer()
    keys_digest: bytes = b""
    answer: bytes = b""
    refusals: int = integer(0)
    card: str = added("")


class NodeCertificate(Row, table=True):
    """The certificate of a node's epoch; ``file`` is the signed file, ``kem`` its sealing key."""

    node: str = key()
    epoch: int = integer_key()
    keyid: str = Field(index=True)
    algorithm: str
    spki: bytes
    kem: bytes
    payload: bytes
    file: bytes
    issued_at: int = integer()


class Meter(Row, table=True):
    """A meter whose keys can be derived; the area decides which nodes hold them."""

    meter: str = key()
    service: str
    area: str = Field(index=True)
    key_version: int = integer(1)
    added_at: int = integer()


class Card(Row, table=True):
    """A user card's number whose key can be derived; the area decides which nodes hold it."""

    number: str = key()
    area: str = Field(index=True)
    key_version: int = integer(1)
    added_at: int = integer()


class UnissuedCard(Row, table=True):
    """A number nobody is known to have issued, and the one node that may; none: it is free.

    A number that was allotted stays with its node and epoch, so that no two nodes that have not
    heard of each other issue one number.
    """

    card: str = key()
    area: str
    node: str = ""
    epoch: int = integer(0)
    __table_args__ = (
        Index("unissued_card_free", "area", "node", "card"),
        Index("unissued_card_node", "node", "card"),
    )


class TariffVersion(Row, table=True):
    """A published tariff: ``document`` is the exact file, ``package`` its signed file's digest."""

    tariff_id: str = key()
    version: int = integer_key()
    digest: bytes
    package: bytes
    document: bytes
    service: str
    tariff_class: str
    area: str | None = None
    effective_from: int = integer()
    published_at: int = integer()
    officers: str


class Item(Row, table=True):
    """A file that nodes may fetch by its SHA-256; ``node`` is empty where any node may."""

    sha256: bytes = key()
    name: str
    version: int = integer()
    node: str = ""
    length: int = integer()
    content: bytes
    created_at: int = integer()


class ManifestIssue(Row, table=True):
    """A manifest issued to a node; ``digest`` is the SHA-256 of its payload."""

    node: str = key()
    version: int = integer_key()
    digest: bytes
    file: bytes
    issued_at: int = integer()


class StaffMember(Row, table=True):
    """A person at headquarters.

    ``roles`` are separated by spaces.  A tariff officer's signing key is ``wrapped_key``, opened
    by his own password with ``salt``; ``public_key`` is its public half (DER).
    """

    name: str = key()
    full_name: str = ""
    roles: str
    password_hash: str
    wrapped_key: bytes = b""
    salt: bytes = b""
    public_key: bytes = b""
    failures: int = integer(0)
    locked_until: int = integer(0)
    created_at: int = integer()
    active: bool = True
