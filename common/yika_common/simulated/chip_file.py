"""A simulated memory chip in two files: what can be read of it, and its code.

``FILE`` is JSON with the whole memory, the error counter and what is weak or frozen.  Copying it
is copying the chip's readable content.  ``FILE.secret`` holds the code; a chip whose content was
copied without it has its maker's code.
"""

import json
from pathlib import Path

from yika_common.cards.channel import AnyCard
from yika_common.cards.memory.issuing import number_chip
from yika_common.errors import Phrase
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.readers.port import MemoryKind
from yika_common.simulated.card_file import (
    CardFileExists,
    CardFileWrong,
    held_bytes,
    json_object,
    open_card_file,
)
from yika_common.simulated.icc import UserCardIcc
from yika_common.simulated.memory_chip import ChipContent, SimulatedChip, new_content
from yika_common.simulated.memory_contact import MemoryContact
from yika_common.simulated.unreadable import why_unreadable

KINDS = {kind.name.lower(): kind for kind in MemoryKind}
"""The name of each kind, as a file and a command line give it."""

_FORMAT = "yika-card/1"
_BYTE_MAX = 0xFF


def new_chip_file(path: Path, kind: MemoryKind, random: RandomSource) -> SimulatedChip:
    """Make a blank, numbered chip in ``path`` and open it.

    Raises:
        CardFileExists: ``path`` or its secret is there already; untouched.
        DiskFull, OSError: the files can't be written.
    """
    store = FileChipStore(path)
    if path.exists() or store.secret_path.exists():
        raise CardFileExists(path=str(path))
    kept = _Kept(new_content(kind))
    number_chip(MemoryContact(SimulatedChip(kept, random)), random)
    store.commit(kept.content)
    return SimulatedChip(store, random)


def open_any_card_file(path: Path, random: RandomSource) -> UserCardIcc | SimulatedChip:
    """The card of either family whose memory is in ``path``.

    Raises:
        CardFileWrong: the file is missing or holds no card.
    """
    if _kind_in(path) is None:
        return open_card_file(path, random)
    return SimulatedChip(FileChipStore(path), random)


def in_a_reader(card: UserCardIcc | SimulatedChip) -> AnyCard:
    """The card, powered."""
    return MemoryContact(card) if isinstance(card, SimulatedChip) else card


class FileChipStore:
    """A chip's memory in two files."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.secret_path = Path(f"{path}.secret")
        self._code: tuple[bytes, dict[int, int]] | None = None

    def load(self) -> ChipContent:
        """The memory in the files.

        Raises:
            CardFileWrong: a file is not what it should be.
        """
        try:
            content = _content(json_object(self._path), self._secret())
        except (KeyError, OSError, RecursionError, TypeError, ValueError) as cause:
            raise CardFileWrong(path=str(self._path), why=why_unreadable(cause)) from cause
        self._code = content.code, content.weak_code
        return content

    def commit(self, content: ChipContent) -> None:
        """Replace the memory; the secret file only if the code changed.

        Raises:
            DiskFull, OSError: the old memory stands.
        """
        if (content.code, content.weak_code) != self._code:
            secret = {"code": content.code.hex(), "weak": _told(content.weak_code)}
            replace_file(self.secret_path, json.dumps(secret).encode(), mode=PRIVATE)
            self._code = content.code, content.weak_code
        held = {
            "format": _FORMAT,
            "kind": content.kind.name.lower(),
            "counter": content.counter,
            "main": content.main.hex(),
            "frozen": sorted(content.frozen),
            "weak": _told(content.weak),
        }
        replace_file(self._path, json.dumps(held).encode())

    def _secret(self) -> dict[str, object]:
        return json_object(self.secret_path) if self.secret_path.exists() else {}


class _Kept:
    """A chip's memory until it is finished."""

    def __init__(self, content: ChipContent) -> None:
        self.content = content

    def load(self) -> ChipContent:
        return self.content

    def commit(self, content: ChipContent) -> None:
        self.content = content


def _kind_in(path: Path) -> MemoryKind | None:
    """The kind of chip that a file names; None for a CPU card and for what is no card."""
    try:
        return KINDS.get(str(json_object(path).get("kind")))
    except (OSError, RecursionError, ValueError):
        return None


def _content(held: dict[str, object], secret: dict[str, object]) -> ChipContent:
    if held.get("format") != _FORMAT:
        raise ValueError(Phrase("its format is another one"))
    kind = KINDS[str(held["kind"])]
    facts = kind.facts
    main = held_bytes(held["main"])
    code = held_bytes(secret["code"]) if secret else b"\xff" * facts.code_size
    counter = held["counter"]
    frozen = held["frozen"]
    if not isinstance(counter, int) or counter not in range(1 << facts.tries):
        raise ValueError(Phrase("its counter is none of the chip's"))
    if (len(main), len(code)) != (facts.size, facts.code_size) or not isinstance(frozen, list):
        raise ValueError(Phrase("its memory has another size"))
    return ChipContent(
        kind=kind,
        main=main,
        counter=counter,
        code=code,
        frozen=frozenset(_place(offset, facts.size) for offset in frozen),
        weak=_weak(held["weak"], facts.size),
        weak_code=_weak(secret.get("weak", {}), facts.code_size),
    )


def _told(weak: dict[int, int]) -> dict[str, int]:
    return {str(offset): value for offset, value in sorted(weak.items())}


def _weak(held: object, size: int) -> dict[int, int]:
    if not isinstance(held, dict):
        raise ValueError(Phrase("its weak bytes are not a JSON object"))
    return {
        _place(int(offset), size): _place(value, _BYTE_MAX + 1) for offset, value in held.items()
    }


def _place(value: object, size: int) -> int:
    if not isinstance(value, int) or value not in range(size):
        raise ValueError(Phrase("a number is out of its range"))
    return value
