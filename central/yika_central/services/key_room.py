"""The key room: headquarters' own keys, and the keys it derives for meters, cards and nodes.

``secrets.json`` (readable by its owner only) holds, in hexadecimal::

    {"format": 1,
     "signing": {"root": SEED, "enrol": SEED, "registry": SEED, "ack": SEED},
     "masters": {"credit": 32 bytes, "wbn": ..., "wbq": ..., "auth": ..., "card": ...},
     "personal": 32 bytes, "pages": 32 bytes}

The tariff officers' keys are not here: each is wrapped under its owner's password.  Keys of meters
and cards are derived with the area they were taken into stock for, and never stored.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from yika_central.errors import AlreadyInitialised, FolderNotReady, SecretsDamaged
from yika_common.cards.keys import MasterKeys, MeterKeys, derive_card_key, derive_meter_keys
from yika_common.cards.special.keys import ManagingKeys, derive_managing_keys
from yika_common.errors import Phrase
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.trust import Role, TrustRoot, make_root

SECRETS_FILE = "secrets.json"
ROOT_FILE = "root.json"
TARIFF_THRESHOLD = 2
"""Persons who must sign a tariff."""

_SIGNING_ROLES = ("root", "enrol", "registry", "ack")
_MASTERS = ("credit", "wbn", "wbq", "auth", "card")
_SIZE, _WIDE = 32, 48
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class KeyRoom:
    """The keys of one headquarters, opened; ``root`` is what they are trusted by."""

    root: TrustRoot
    masters: MasterKeys = field(repr=False)
    pages_key: bytes = field(repr=False)
    _signing: Mapping[str, SigningKey] = field(repr=False)
    _personal: bytes = field(repr=False)

    def signer(self, role: str) -> SigningKey:
        """The key that signs for ``root``, ``enrol``, ``registry`` or ``ack``."""
        return self._signing[role]

    def meter_keys(self, meter: str, key_version: int, area: str) -> MeterKeys:
        """All four keys of a meter; ``wbq`` must not leave for a node."""
        return derive_meter_keys(self.masters, meter, key_version, area=area)

    def card_key(self, number: str, key_version: int, area: str) -> bytes:
        """The node's key of a user card."""
        return derive_card_key(self.masters, number, key_version, area=area)

    def managing_keys(self, number: str, key_version: int) -> ManagingKeys:
        """Both keys of a managing card; the one for approvals leaves only to be written on it."""
        return derive_managing_keys(self.masters.card, number, key_version)

    def personal_data_key(self, node: str) -> bytes:
        """The 32-byte key under which a node seals the personal data of its customers."""
        return self._derived(b"yika/personal-data/1\0" + node.encode())

    @property
    def token_key(self) -> bytes:
        """The 32-byte key that open enrolment secrets are encrypted under in the database."""
        return self._derived(b"yika/enrolment-secrets/1")

    @property
    def traces_key(self) -> bytes:
        """The 32-byte key of the digests by which accounts are compared."""
        return self._derived(b"yika/account-traces/1")

    @property
    def lan_secret(self) -> bytes:
        """The 48 bytes that the key of the authority for local networks is made of."""
        return self._derived(b"yika/lan-authority/1", size=_WIDE)

    def _derived(self, info: bytes, *, size: int = _SIZE) -> bytes:
        return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(self._personal)


def make_key_room(
    folder: Path, officers: Mapping[str, PublicKey], random: RandomSource
) -> KeyRoom:
    """Draw every key of a new headquarters and write ``secrets.json`` and ``root.json``.

    ``officers`` are the persons whose keys may sign tariffs, two of them at a time.

    Raises:
        AlreadyInitialised: the folder has secrets; nothing was changed.
    """
    path = folder / SECRETS_FILE
    if path.exists():
        raise AlreadyInitialised(folder=str(folder))
    seeds = {role: random(_SIZE) for role in _SIGNING_ROLES}
    document = {
        "format": 1,
        "signing": {role: seed.hex() for role, seed in seeds.items()},
        "masters": {name: random(_SIZE).hex() for name in _MASTERS},
        "personal": random(_SIZE).hex(),
        "pages": random(_SIZE).hex(),
    }
    roles = {role: Role((SigningKey.from_seed(seed).public,), 1) for role, seed in seeds.items()}
    roles["tariff"] = Role(tuple(officers.values()), TARIFF_THRESHOLD)
    replace_file(folder / ROOT_FILE, make_root(roles))
    replace_file(path, json.dumps(document, indent=1).encode() + b"\n", mode=PRIVATE)
    return open_key_room(folder)


def open_key_room(folder: Path) -> KeyRoom:
    """The key room of a data folder.

    Raises:
        FolderNotReady: there is none.
        SecretsDamaged: the file is not whole, or others may read it.
    """
    path = folder / SECRETS_FILE
    try:
        data = path.read_bytes()
        root = TrustRoot.parse((folder / ROOT_FILE).read_bytes())
    except FileNotFoundError as cause:
        raise FolderNotReady(folder=str(folder)) from cause
    if path.stat().st_mode & _OTHERS:
        raise SecretsDamaged(file=path.name, why=Phrase("others may read it"))
    try:
        document = json.loads(data)
        signing = {
            role: SigningKey.from_seed(bytes.fromhex(document["signing"][role]))
            for role in _SIGNING_ROLES
        }
        masters = MasterKeys(
            **{name: bytes.fromhex(document["masters"][name]) for name in _MASTERS}
        )
        personal, pages = (bytes.fromhex(document[name]) for name in ("personal", "pages"))
    except (ValueError, KeyError, TypeError) as cause:
        raise SecretsDamaged(file=path.name, why=Phrase("it is damaged")) from cause
    if any(signing[role].public not in root.role(role).keys for role in _SIGNING_ROLES):
        raise SecretsDamaged(file=path.name, why=Phrase("it does not belong to the root document"))
    return KeyRoom(root, masters, pages, signing, personal)
