"""The vault: the node's secrets in a file that a thief of the disk cannot open.

``vault.json`` holds one slot per operator and the secrets themselves.  A slot is the node's master
key (NMK, 32 random bytes) wrapped with AES-KWP (RFC 5649) under Argon2id of the operator's
password; the secrets are sealed with AES-256-GCM under HKDF of the NMK.  That a slot unwraps *is*
the password check: no second hash of a password exists anywhere.  There is no default operator.
An operator's slot goes when he may not sign in any more; a copy of the file from before still
opens with his password, so a point whose disk he took is revoked by headquarters.

A password alone must open the vault, so it is long (:data:`PASSWORD_MIN`) and none of those that
everybody tries.  A slot that was made at a lower cost is made again when it is opened.

===========  =====================================================
secret       what it is
===========  =====================================================
signing      32-byte Ed25519 seed: signs journal heads and segments
seal         32-byte X25519 key: opens what headquarters seals
===========  =====================================================
"""

import base64
import binascii
import hmac
import json
from dataclasses import field
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import (
    InvalidUnwrap,
    aes_key_unwrap_with_padding,
    aes_key_wrap_with_padding,
)

from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.infra.passwords import (
    LENGTH_MAX,
    SALT_SIZE,
    Cost,
    check_new_password,
    key_from_password,
)
from yika_common.infra.sessions import WrongPassword
from yika_common.signing import aead
from yika_common.signing.errors import SealBroken
from yika_common.signing.keys import SEED_SIZE, SigningKey
from yika_common.signing.sealing import PRIVATE_SIZE, SealKey
from yika_common.values import dataclass
from yika_node.errors import VaultDamaged, VaultLocked

FILE_NAME: Final = "vault.json"
PASSWORD_MIN: Final = 15
_FORMAT = 1
_NMK_SIZE = 32
_SIGNING, _SEAL = "signing", "seal"
_SECRETS, _DATA = b"yika/vault/1/secrets", b"yika/vault/1/data"
_NOT_A_VAULT = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class _Slot:
    salt: bytes
    cost: Cost
    wrapped: bytes = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "salt": _text(self.salt),
            "cost": [self.cost.memory_kib, self.cost.passes, self.cost.lanes],
            "wrapped": _text(self.wrapped),
        }


@dataclass(frozen=True, slots=True)
class _Open:
    """What is known only while somebody is signed in."""

    nmk: bytes = field(repr=False)
    signing: SigningKey
    seal: SealKey
    data: bytes = field(repr=False)


class Vault:
    """The file and, once unlocked, the keys in it; every method may be called from any thread."""

    def __init__(self, folder: Path, random: RandomSource, cost: Cost | None = None) -> None:
        self._path = folder / FILE_NAME
        self._random = random
        self._cost = cost or Cost()
        self._open: _Open | None = None

    @property
    def locked(self) -> bool:
        """No key can be used."""
        return self._open is None

    def exists(self) -> bool:
        """The keys were made before, perhaps in an enrolment whose answer was lost."""
        return self._path.exists()

    def operators(self) -> tuple[str, ...]:
        """Who has a slot, in the order they came."""
        return tuple(self._read()[0]) if self.exists() else ()

    def create(self, operator: str, password: str) -> None:
        """Make the keys and the first slot; the vault is then unlocked and on the disk.

        Raises:
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: nothing was made.
        """
        check_chosen(operator, password)
        nmk = self._random(_NMK_SIZE)
        opened = _Open(
            nmk,
            SigningKey.from_seed(self._random(SEED_SIZE)),
            SealKey.from_private(self._random(PRIVATE_SIZE)),
            _derived(nmk, _DATA),
        )
        secrets = {
            _SIGNING: self._sealed(nmk, _SIGNING, opened.signing.seed),
            _SEAL: self._sealed(nmk, _SEAL, opened.seal.private),
        }
        self._write({operator: self._slot(nmk, password)}, secrets)
        self._open = opened

    def add(self, operator: str, password: str) -> None:
        """Give another operator a slot, or an operator of this node another password.

        Raises:
            VaultLocked: nobody is signed in.
            PasswordTooShort, PasswordTooLong, PasswordTooCommon: nothing was changed.
        """
        check_chosen(operator, password)
        self._put(operator, self._opened().nmk, password)

    def remove(self, operator: str) -> None:
        """Take an operator's slot away; whoever has none changes nothing.

        Raises:
            VaultLocked: nobody is signed in.
            ValueError: it is the last one, and the keys would be gone for ever.
        """
        self._opened()
        slots, secrets = self._read()
        if set(slots) == {operator}:
            raise ValueError("the last slot is not taken away")
        slots.pop(operator, None)
        self._write(slots, secrets)

    def unlock(self, operator: str, password: str) -> None:
        """Open the vault, or check a password while it is open; unknown names take as long.

        Raises:
            WrongPassword: the vault is as it was.
            VaultDamaged: the file, or a secret in it, does not open.
        """
        slots, secrets = self._read()
        slot = slots.get(operator)
        if len(password) > LENGTH_MAX:
            raise WrongPassword
        cost, salt = (slot.cost, slot.salt) if slot else (self._cost, bytes(SALT_SIZE))
        key = key_from_password(password, salt, cost)
        if slot is None:
            raise WrongPassword
        try:
            nmk = aes_key_unwrap_with_padding(key, slot.wrapped)
        except InvalidUnwrap as cause:
            raise WrongPassword from cause
        current = self._open
        if current is None:
            self._open = _unsealed(nmk, secrets)
        elif not hmac.compare_digest(nmk, current.nmk):
            raise VaultDamaged
        if _costs_less(slot.cost, self._cost):
            self._put(operator, nmk, password)

    def lock(self) -> None:
        """Forget every key."""
        self._open = None

    def signing_key(self) -> SigningKey:
        """The key that signs the journal.

        Raises:
            VaultLocked: nobody is signed in.
        """
        return self._opened().signing

    def seal_key(self) -> SealKey:
        """The key that opens what headquarters sealed to this node.

        Raises:
            VaultLocked: nobody is signed in.
        """
        return self._opened().seal

    def data_key(self) -> bytes:
        """The 32-byte key under which this machine keeps what is told of customers.

        Raises:
            VaultLocked: nobody is signed in.
        """
        return self._opened().data

    def _opened(self) -> _Open:
        if self._open is None:
            raise VaultLocked
        return self._open

    def _put(self, operator: str, nmk: bytes, password: str) -> None:
        slots, secrets = self._read()
        self._write(slots | {operator: self._slot(nmk, password)}, secrets)

    def _slot(self, nmk: bytes, password: str) -> _Slot:
        salt = self._random(SALT_SIZE)
        key = key_from_password(password, salt, self._cost)
        return _Slot(salt, self._cost, aes_key_wrap_with_padding(key, nmk))

    def _sealed(self, nmk: bytes, name: str, secret: bytes) -> bytes:
        return aead.encrypt(_derived(nmk, _SECRETS), secret, name.encode(), self._random)

    def _write(self, slots: dict[str, _Slot], secrets: dict[str, bytes]) -> None:
        document = {
            "format": _FORMAT,
            "slots": {operator: slot.to_json() for operator, slot in slots.items()},
            "secrets": {name: _text(secret) for name, secret in secrets.items()},
        }
        data = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
        replace_file(self._path, data, mode=PRIVATE)

    def _read(self) -> tuple[dict[str, _Slot], dict[str, bytes]]:
        try:
            document = json.loads(self._path.read_bytes())
            if document["format"] != _FORMAT:
                raise VaultDamaged
            slots = {
                operator: _Slot(_bytes(slot["salt"]), Cost(*slot["cost"]), _bytes(slot["wrapped"]))
                for operator, slot in document["slots"].items()
            }
            secrets = {name: _bytes(text) for name, text in document["secrets"].items()}
        except _NOT_A_VAULT as cause:
            raise VaultDamaged from cause
        return slots, secrets


def _costs_less(held: Cost, wanted: Cost) -> bool:
    return held.memory_kib < wanted.memory_kib or held.passes < wanted.passes


def check_chosen(operator: str, password: str) -> None:
    """Refuse what is too short, too long or too common to open the vault with.

    Raises:
        PasswordTooShort, PasswordTooLong, PasswordTooCommon: say what is wrong.
    """
    from yika_common.infra.weak_passwords import check_uncommon  # noqa: PLC0415 - seldom needed

    check_new_password(password, least=PASSWORD_MIN)
    check_uncommon(password, (operator, "yika"))


def _derived(nmk: bytes, purpose: bytes) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=aead.KEY_SIZE, salt=None, info=purpose)
    return derived.derive(nmk)


def _unsealed(nmk: bytes, secrets: dict[str, bytes]) -> _Open:
    key = _derived(nmk, _SECRETS)
    try:
        seed = aead.decrypt(key, secrets[_SIGNING], _SIGNING.encode())
        private = aead.decrypt(key, secrets[_SEAL], _SEAL.encode())
    except (SealBroken, KeyError) as cause:
        raise VaultDamaged from cause
    data = _derived(nmk, _DATA)
    return _Open(nmk, SigningKey.from_seed(seed), SealKey.from_private(private), data)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as cause:
        raise VaultDamaged from cause
