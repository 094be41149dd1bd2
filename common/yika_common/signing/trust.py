"""The root document: whose signatures count for what.

Source: the roles of The Update Framework.  Everything headquarters signs is checked back to this
one document; an installation knows it by its digest.

::

    {"type": "root", "version": 1,
     "keys":  {KEYID: {"alg": "ed25519", "spki": BASE64}, ...},
     "roles": {"root": {"keyids": [KEYID, ...], "threshold": 2}, ...}}

=========  =========================================================
role       signs
=========  =========================================================
root       the next root document
tariff     tariffs: the money role, two persons
enrol      certificates of nodes
registry   manifests and key bundles
ack        acknowledgements
=========  =========================================================
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping

from yika_common.errors import Phrase
from yika_common.signing import strict_json
from yika_common.signing.errors import FileMalformed, FileTooLarge, KeyUnusable
from yika_common.signing.keys import PublicKey
from yika_common.signing.signed_file import SignedFile, verify
from yika_common.signing.strict_json import Json
from yika_common.values import dataclass

ROLES = ("root", "tariff", "enrol", "registry", "ack")
ROOT_TYPE = "application/vnd.yika.root.v1+json"
"""The payload type of a root document that travels as a signed file."""

ROOT_MAX = 64 << 10
"""A root document is no longer than this, in bytes."""

_KEYS_MAX = 64


@dataclass(frozen=True, slots=True)
class Role:
    """Keys of which at least ``threshold`` different ones must sign."""

    keys: tuple[PublicKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if not 1 <= self.threshold <= len(set(self.keys)) or len(set(self.keys)) != len(self.keys):
            raise ValueError("a role needs as many different keys as its threshold asks for")


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """A root document that was parsed; ``payload`` is its exact bytes."""

    version: int
    roles: Mapping[str, Role]
    payload: bytes

    @classmethod
    def parse(cls, data: bytes) -> "TrustRoot":
        """The root document these bytes are.

        Nothing vouches for it but its digest: compare :attr:`digest` with one that came another
        way.

        Raises:
            FileTooLarge: longer than :data:`ROOT_MAX`.
            FileMalformed: not a root document with all roles of the table above.
            KeyUnusable: one of its keys is none.
        """
        if len(data) > ROOT_MAX:
            raise FileTooLarge(limit=ROOT_MAX)
        document = strict_json.parse_object(data)
        keys, roles, version = document.get("keys"), document.get("roles"), document.get("version")
        if (
            document.keys() != {"type", "version", "keys", "roles"}
            or document["type"] != "root"
            or not isinstance(version, int)
            or version < 1
            or not isinstance(keys, dict)
            or not isinstance(roles, dict)
            or roles.keys() != set(ROLES)
            or len(keys) > _KEYS_MAX
        ):
            raise FileMalformed(why=Phrase("it is not a root document"))
        known = {keyid: _key(keyid, value) for keyid, value in keys.items()}
        return cls(version, {name: _role(value, known) for name, value in roles.items()}, data)

    @property
    def digest(self) -> str:
        """SHA-256 of the exact bytes, 64 hex digits: what an installation pins."""
        return hashlib.sha256(self.payload).hexdigest()

    def role(self, name: str) -> Role:
        """The role; ``name`` is one of :data:`ROLES`."""
        return self.roles[name]

    def check(self, name: str, file: SignedFile, *, payload_type: str) -> bytes:
        """The file's payload, once enough keys of the role have signed it.

        Raises:
            WrongKind, SignatureInvalid, TooFewSignatures: see :func:`signed_file.verify`.
        """
        role = self.role(name)
        return verify(file, role.keys, role.threshold, payload_type=payload_type)


def _key(keyid: str, value: Json) -> PublicKey:
    if not isinstance(value, dict) or value.keys() != {"alg", "spki"}:
        raise FileMalformed(why=Phrase("a key of the root document is incomplete"))
    alg, spki = value["alg"], value["spki"]
    if not isinstance(alg, str) or not isinstance(spki, str):
        raise FileMalformed(why=Phrase("a key of the root document is incomplete"))
    try:
        key = PublicKey(alg, base64.b64decode(spki, validate=True))
    except (binascii.Error, ValueError) as cause:
        raise KeyUnusable(why=Phrase("its text is damaged")) from cause
    if key.keyid != keyid:
        raise FileMalformed(why=Phrase("a key of the root document stands under another name"))
    return key


def _role(value: Json, known: Mapping[str, PublicKey]) -> Role:
    if not isinstance(value, dict) or value.keys() != {"keyids", "threshold"}:
        raise FileMalformed(why=Phrase("a role of the root document is incomplete"))
    keyids, threshold = value["keyids"], value["threshold"]
    if not isinstance(keyids, list) or not isinstance(threshold, int):
        raise FileMalformed(why=Phrase("a role of the root document is incomplete"))
    try:
        keys = tuple(known[keyid] for keyid in keyids if isinstance(keyid, str))
        return Role(keys, threshold)
    except (KeyError, ValueError) as cause:
        raise FileMalformed(
            why=Phrase("a role of the root document cannot be fulfilled")
        ) from cause


def make_root(roles: Mapping[str, Role]) -> bytes:
    """The first root document, of these roles; :meth:`TrustRoot.parse` gives them back.

    Raises:
        ValueError: a role of :data:`ROLES` is missing or another one is given.
    """
    if roles.keys() != set(ROLES):
        raise ValueError("a root document names every role, and no other")
    everyone: Iterable[PublicKey] = (key for name in ROLES for key in roles[name].keys)
    document = {
        "type": "root",
        "version": 1,
        "keys": {
            key.keyid: {"alg": key.alg, "spki": base64.b64encode(key.spki).decode()}
            for key in everyone
        },
        "roles": {
            name: {
                "keyids": [key.keyid for key in roles[name].keys],
                "threshold": roles[name].threshold,
            }
            for name in ROLES
        },
    }
    return strict_json.write(document) + b"\n"
