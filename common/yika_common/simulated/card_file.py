"""A simulated CPU card in two files: what can be read of the chip, and what can't.

``FILE`` is JSON with the information file and all records.  Copying it is copying the chip's
readable content.  ``FILE.secret`` is JSON with the keys, which no reader gets out of a chip: a
card that was copied without it proves itself to nobody.

An update replaces ``FILE`` in one step.  Where keys change, ``FILE.secret`` is replaced first:
until ``FILE`` follows, a new key's slot has no tag and a blank card stays blank, so issuing is
repeated.
"""

import json
from pathlib import Path

from yika_common.cards.application import (
    CHIP_SERIAL_SIZE,
    ROLE_NODE,
    ROLES,
    SLOT_RECORD_SIZES,
    File,
    open_identity,
)
from yika_common.cards.ciphers import KEY_SIZE, Suite, key_of, suite_of
from yika_common.cards.errors import CardForeign
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.services import SLOTS_MAX
from yika_common.simulated.icc import CardMemory, UserCardIcc, blank_memory
from yika_common.simulated.special_file import (
    SPECIAL,
    secret_special,
    special_members,
    special_of,
)
from yika_common.simulated.unreadable import why_unreadable

_SM4 = "sm4:"
"""What the text of a key of that suite begins with."""

_FORMAT = "yika-card/1"
_SIZE_MAX = 64 * 1024
_FILES = {File.CREDIT: "credit", File.CLAIM: "claims", File.WRITE_BACK: "write_backs"}


class CardFileExists(YikaError):
    """A new card would overwrite a file."""

    code = "card_file_exists"
    sentence = N_("%(path)s is already there. It was left as it is. Choose another name.")


class CardFileWrong(YikaError):
    """A file that should hold a simulated card can't be read as one."""

    code = "card_file_wrong"
    sentence = N_(
        "%(path)s is not a simulated card (%(why)s). It was left as it is. Name a file made by "
        "“yika card new”."
    )


def new_card_file(path: Path, random: RandomSource) -> UserCardIcc:
    """Make a blank card with a chip serial of its own in ``path`` and open it.

    Raises:
        CardFileExists: ``path`` or its secret is there already; untouched.
        DiskFull, OSError: the files can't be written.
    """
    store = FileCardStore(path)
    if path.exists() or store.secret_path.exists():
        raise CardFileExists(path=str(path))
    store.commit(blank_memory(random(CHIP_SERIAL_SIZE)))
    return UserCardIcc(store, random)


def open_card_file(path: Path, random: RandomSource) -> UserCardIcc:
    """The chip whose memory is in ``path``.

    Raises:
        CardFileWrong: the file is missing or holds no card.
    """
    return UserCardIcc(FileCardStore(path), random)


class FileCardStore:
    """A chip's memory in two files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.secret_path = Path(f"{path}.secret")
        self._secret: dict[str, object] | None = None

    def load(self) -> CardMemory:
        """The memory in the files; without a secret file the chip holds no keys.

        Raises:
            CardFileWrong: a file is not what it should be.
        """
        try:
            held = json_object(self._path)
            if held.get("format") != _FORMAT:
                raise ValueError(Phrase("its format is another one"))
            identity = open_identity(held_bytes(held["information"]))
            records = {file: _records(held[name], file) for file, name in _FILES.items()}
            secret = json_object(self.secret_path) if self.secret_path.exists() else {}
            special = special_of(held, secret)
            keys = _keys({role: key for role, key in secret.items() if role != SPECIAL})
        except (CardForeign, KeyError, OSError, RecursionError, TypeError, ValueError) as cause:
            raise CardFileWrong(path=str(self._path), why=why_unreadable(cause)) from cause
        self._secret = secret
        return CardMemory(identity=identity, records=records, keys=keys, special=special)

    def commit(self, memory: CardMemory) -> None:
        """Replace the memory; the secret file only if the keys changed.

        Raises:
            DiskFull, OSError: the old memory stands.
        """
        secret: dict[str, object] = {
            str(role): _key_text(key) for role, key in sorted(memory.keys.items())
        } | secret_special(memory.special)
        if secret != self._secret:
            replace_file(self.secret_path, json.dumps(secret).encode(), mode=PRIVATE)
            self._secret = secret
        held = {
            "format": _FORMAT,
            "kind": "cpu",
            "information": memory.identity.encode().hex(),
            **{
                name: [record.hex() for record in memory.records[file]]
                for file, name in _FILES.items()
            },
            **special_members(memory.special),
        }
        replace_file(self._path, json.dumps(held, indent=1).encode())


def json_object(path: Path) -> dict[str, object]:
    """The JSON object in a file.

    Raises:
        OSError, RecursionError, ValueError: there is none.
    """
    with path.open("rb") as file:
        data = file.read(_SIZE_MAX + 1)
    if len(data) > _SIZE_MAX:
        raise ValueError(Phrase("it is too large"))
    held = json.loads(data)
    if not isinstance(held, dict):
        raise ValueError(Phrase("it is not a JSON object"))
    return held


def held_bytes(text: object) -> bytes:
    """The bytes that a text in hexadecimal stands for.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str):
        raise ValueError(Phrase("a value is not hexadecimal"))
    return bytes.fromhex(text)


def _records(held: object, file: File) -> tuple[bytes, ...]:
    if not isinstance(held, list) or len(held) != SLOTS_MAX:
        raise ValueError(Phrase("it does not hold %(count)s records", count=SLOTS_MAX))
    records = tuple(held_bytes(text) for text in held)
    if any(len(record) != SLOT_RECORD_SIZES[file] for record in records):
        raise ValueError(Phrase("a record has another size"))
    return records


def _keys(held: dict[str, object]) -> dict[int, bytes]:
    keys = {int(role): _key(text) for role, text in held.items()}
    if any(not ROLE_NODE <= role < ROLES or len(key) != KEY_SIZE for role, key in keys.items()):
        raise ValueError(Phrase("a key has no role or another size"))
    return keys


def _key_text(key: bytes) -> str:
    return f"{_SM4}{key.hex()}" if suite_of(key) is Suite.SM4 else key.hex()


def _key(text: object) -> bytes:
    if isinstance(text, str) and text.startswith(_SM4):
        return key_of(Suite.SM4, held_bytes(text.removeprefix(_SM4)))
    return held_bytes(text)
