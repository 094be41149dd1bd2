"""A reference meter in a file: the plate and keys, and two copies of the state.

======  ====  ==============================================================
offset  size  content
======  ====  ==============================================================
0       1024  plate and keys: JSON, padded with spaces; what a plate of an earlier program lacks
              is as in a meter that no model describes
1024    1024  copy A
2048    1024  copy B
======  ====  ==============================================================

A copy:

======  ====  ==============================================================
offset  size  field (big-endian)
======  ====  ==============================================================
0       4     version: grows by one with each commit
4       2     length of the state
6       L     the state: JSON; what a state of an earlier program lacks is as in a new meter
6 + L   4     CRC-32 of all bytes before
======  ====  ==============================================================

A commit overwrites the older or damaged copy only, and the newer whole copy counts: a power cut
after any byte leaves the state as it was or as it was to be.
"""

import json
import os
import struct
import zlib
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from yika_common.cards.ciphers import key_of_version
from yika_common.cards.identifiers import METER_ID_SIZE, name_to_bytes
from yika_common.cards.keys import MeterKeys
from yika_common.cards.parameters import Levels
from yika_common.cards.write_back import MONTHS
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.files import PRIVATE, replace_file
from yika_common.meters.errors import MeterStorageLost
from yika_common.meters.register import Register
from yika_common.meters.state import Holds, MeterPlate, MeterState, new_state
from yika_common.numbers import Quantity
from yika_common.services import Service
from yika_common.simulated.unreadable import why_unreadable

PAGE_SIZE = 1024
_COPIES = (1 * PAGE_SIZE, 2 * PAGE_SIZE)
_HEAD = struct.Struct(">IH")
_CRC = struct.Struct(">I")
_FORMAT = "yika-meter/1"


class MeterFileExists(YikaError):
    """A new meter would overwrite a file."""

    code = "meter_file_exists"
    sentence = N_("%(path)s is already there. It was left as it is. Choose another name.")


class MeterFileWrong(YikaError):
    """A file that should hold a reference meter can't be read as one."""

    code = "meter_file_wrong"
    sentence = N_(
        "%(path)s is not a reference meter (%(why)s). It was left as it is. Name a file made by "
        "“yika meter new”."
    )


class Medium(Protocol):
    """Storage of three pages in which any write may stop after any byte."""

    def read(self) -> bytes:
        """All pages."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Overwrite bytes; durable when it returns."""
        ...


class FileMedium:
    """The pages of one file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> bytes:
        """The three pages of the file.

        Raises:
            OSError: the file can't be read.
        """
        with self._path.open("rb") as file:
            return file.read(3 * PAGE_SIZE)

    def write(self, offset: int, data: bytes) -> None:
        """Overwrite bytes and wait until they are durable."""
        descriptor = os.open(self._path, os.O_WRONLY)
        try:
            os.pwrite(descriptor, data, offset)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class StoredMeter:
    """A meter on a medium; fulfils :class:`yika_common.meters.dialogue.MeterStore`."""

    def __init__(self, medium: Medium) -> None:
        self._medium = medium
        self.plate, self.keys = _opened_plate(medium.read()[:PAGE_SIZE])

    def state(self) -> MeterState:
        """The state of the newer whole copy; a damaged copy counts as a repair to come.

        Raises:
            MeterStorageLost: no copy is whole.
        """
        copies = self._copies()
        _, state = max(copies.values(), key=lambda copy: copy[0])
        return state if len(copies) == len(_COPIES) else state.repaired_once_more()

    def commit(self, state: MeterState) -> None:
        """Keep the state, in the place of the copy that does not count.

        Raises:
            MeterStorageLost: no copy is whole, so nothing says which one counts.
            OSError: the old state stands.
        """
        copies = self._copies()
        target = min(_COPIES, key=lambda offset: copies[offset][0] if offset in copies else -1)
        version = max(version for version, _ in copies.values()) + 1
        self._medium.write(target, encode_copy(version, state))

    def _copies(self) -> dict[int, tuple[int, MeterState]]:
        pages = self._medium.read()
        opened = ((offset, _opened_copy(pages[offset : offset + PAGE_SIZE])) for offset in _COPIES)
        copies = {offset: copy for offset, copy in opened if copy is not None}
        if not copies:
            raise MeterStorageLost
        return copies


def new_meter_file(path: Path, plate: MeterPlate, keys: MeterKeys) -> StoredMeter:
    """Make a meter that has taken nothing yet.

    Raises:
        MeterFileExists: ``path`` is there already; untouched.
        DiskFull, OSError: the file can't be written.
    """
    if path.exists():
        raise MeterFileExists(path=str(path))
    replace_file(path, new_meter_pages(plate, keys), mode=PRIVATE)
    return StoredMeter(FileMedium(path))


def open_meter_file(path: Path) -> StoredMeter:
    """The meter in ``path``.

    Raises:
        MeterFileWrong: the file is missing or holds no meter.
        MeterStorageLost: the meter's memory is gone.
    """
    try:
        meter = StoredMeter(FileMedium(path))
    except (KeyError, OSError, RecursionError, TypeError, ValueError) as cause:
        raise MeterFileWrong(path=str(path), why=why_unreadable(cause)) from cause
    meter.state()
    return meter


def new_meter_pages(plate: MeterPlate, keys: MeterKeys) -> bytes:
    """The pages of a meter that has taken nothing yet.

    Raises:
        ValueError: the meter id is no name, or ``wbq`` is missing.
    """
    name_to_bytes(plate.meter_id, METER_ID_SIZE)
    if keys.wbq is None:
        raise ValueError("a meter holds all four of its keys")
    held = {
        "format": _FORMAT,
        **asdict(plate),
        "keys": {
            "credit": keys.credit.hex(),
            "wbn": keys.wbn.hex(),
            "wbq": keys.wbq.hex(),
            "auth": keys.auth.hex(),
        },
    }
    copies = (encode_copy(version, new_state(plate)).ljust(PAGE_SIZE, b"\0") for version in (1, 2))
    return json.dumps(held).encode().ljust(PAGE_SIZE) + b"".join(copies)


def encode_copy(version: int, state: MeterState) -> bytes:
    """One copy of the state, CRC included."""
    content = json.dumps(asdict(state), separators=(",", ":")).encode()
    body = _HEAD.pack(version, len(content)) + content
    return body + _CRC.pack(zlib.crc32(body))


def _opened_copy(page: bytes) -> tuple[int, MeterState] | None:
    """(version, state), or None if the copy is damaged; the CRC is checked before all else."""
    if len(page) < _HEAD.size + _CRC.size:
        return None
    version, length = _HEAD.unpack_from(page)
    end = _HEAD.size + length
    if end + _CRC.size > len(page) or _CRC.unpack_from(page, end) != (zlib.crc32(page[:end]),):
        return None
    fields = json.loads(page[_HEAD.size : end])
    months = tuple(Quantity(use) for use in fields.pop("months"))
    if len(months) != MONTHS:
        return None
    return version, MeterState(**fields, months=months)


def _opened_plate(page: bytes) -> tuple[MeterPlate, MeterKeys]:
    held = json.loads(page)
    if not isinstance(held, dict) or held.get("format") != _FORMAT:
        raise ValueError(Phrase("its format is another one"))
    plate = MeterPlate(
        meter_id=held["meter_id"],
        service=Service(held["service"]),
        key_version=held["key_version"],
        ceiling=Quantity(held["ceiling"]),
        holds=Holds(held["holds"]),
        **_of_its_model(held),
    )
    keys = {
        name: key_of_version(plate.key_version, bytes.fromhex(held["keys"][name]))
        for name in ("credit", "wbn", "wbq", "auth")
    }
    return plate, MeterKeys(**keys)


def _of_its_model(held: dict[str, Any]) -> dict[str, Any]:
    """What a plate says since meters have a model; nothing of one made before."""
    if "model" not in held:
        return {}
    return {
        "model": held["model"],
        "levels": Levels(*held["levels"]),
        "register": Register(**held["register"]),
        "quantum": Quantity(held["quantum"]),
        "battery_closes": held["battery_closes"],
        "tamper_closes": held["tamper_closes"],
    }
