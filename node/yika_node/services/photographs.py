"""Photographs of a complaint: taken in, kept sealed, given out as they are.

The name and the type that a browser tells are never asked for: the first bytes say what a picture
is and how large, before anything decodes it.  It is made anew in a process of its own
(:mod:`yika_node.services.photo_making`), without the place and the camera that it may tell of.
What is kept is sealed under the key for personal data in the node's database, so every backup has
it; the journal has its SHA-256, and so has headquarters, which gets the picture itself with the
complaint's file alone.
"""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.clock import Clock
from yika_common.errors import N_, YikaError
from yika_common.journal.complaint_bodies import PHOTO_MAX, Photographed
from yika_common.signing import aead
from yika_common.signing.errors import SealBroken
from yika_node.db import complaint_queries as queries

if TYPE_CHECKING:
    from yika_node.db.journal import Journal
    from yika_node.db.store import Store
    from yika_node.services.complaint_desk import Complaint
    from yika_node.services.keyring import KeyRing
    from yika_node.services.standing import Standing

EACH_MAX: Final = 6
"""Photographs of one complaint."""
ALL_MAX: Final = 1000
"""Photographs in one vending point: 250 MiB at most, and every backup has them."""
SENT_MAX: Final = 8 << 20
PIXELS_MAX: Final = 50_000_000
"""Both as :mod:`yika_node.services.photo_making` has them, which is not loaded here."""
_PATIENCE_S: Final = 30
_LABEL: Final = b"yika/photograph/1\0"
_PNG: Final = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_JPEG: Final = b"\xff\xd8\xff"
_FILL: Final = 0xFF
_FRAMES: Final = (0xC0, 0xC1, 0xC2)
_ALONE: Final = (0x01, *range(0xD0, 0xD8))
_one_at_a_time = threading.Lock()


class PhotographUnusable(YikaError):
    """What was sent is no picture that can be taken in."""

    code = "photograph_unusable"
    sentence = N_(
        "This is no JPEG or PNG picture that can be taken in: it is damaged, larger than %(most)s "
        "MB, or has too many pixels. Nothing was kept. Take the photograph again, or make it "
        "smaller."
    )


class PhotographsFull(YikaError):
    """The complaint, or the vending point, holds as many as it may."""

    code = "photographs_full"
    sentence = N_(
        "No more photographs can be kept: %(each)s of a complaint and %(all)s of all together are "
        "the most. Nothing was kept. Describe in words what can be seen, or hand the picture to "
        "headquarters."
    )


class PhotographMissing(YikaError):
    """The journal names a photograph that is not here, or not as it was."""

    code = "photograph_missing"
    sentence = N_(
        "This photograph is not kept here, or is damaged. Nothing was changed. Look for the "
        "complaint's file where it was handed to."
    )


class Photo(NamedTuple):
    """A photograph of a complaint, by its record; ``nth`` counts from 1."""

    nth: int
    epoch: int
    seq: int
    digest: str
    size: int

    @property
    def name(self) -> str:
        """Of its file in the complaint's pack."""
        return f"photographs/{self.nth}-{self.digest[:16]}.jpg"


class Photographs:
    """Takes photographs in and gives them out."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        standing: Standing,
        keyring: KeyRing,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> None:
        self._journal = journal
        self._store = store
        self._standing = standing
        self._keyring = keyring
        self._clock = clock
        self._random = random

    def of(self, complaint: Complaint) -> Sequence[Photo]:
        """Those of a complaint, in the order in which they were taken in."""
        rows = queries.photos(self._store, complaint.epoch, complaint.seq)
        return [
            Photo(nth, row.epoch, row.seq, row.digest, row.size) for nth, row in enumerate(rows, 1)
        ]

    def add(self, operator: str, complaint: Complaint, picture: bytes) -> Photo:
        """Keep a picture with a complaint; one that it has already is kept once.

        Raises:
            PhotographUnusable, PhotographsFull: nothing was kept.
            VaultLocked, KeysNotHeld, NodeRestored, DiskFull: see their sentences.
        """
        check_picture(picture)
        with _one_at_a_time:
            held = self.of(complaint)
            if len(held) >= EACH_MAX or queries.photographs_kept(self._store) >= ALL_MAX:
                raise PhotographsFull(each=EACH_MAX, all=ALL_MAX)
            photograph = made_anew(picture)
            digest = hashlib.sha256(photograph).hexdigest()
            for photo in held:
                if photo.digest == digest:
                    return photo
            self._keep(operator, complaint, photograph, digest)
            return self.of(complaint)[-1]

    def content(self, photo: Photo) -> bytes:
        """The JPEG itself, as the journal's hash says.

        Raises:
            PhotographMissing: it is not here, or not as it was.
            VaultLocked, KeysNotHeld: it can't be opened.
        """
        sealed = queries.photograph(self._store, photo.digest)
        if sealed is None:
            raise PhotographMissing
        try:
            found = aead.decrypt(self._keyring.personal_key(), sealed, _aad(photo.digest))
        except SealBroken as cause:
            raise PhotographMissing from cause
        if hashlib.sha256(found).hexdigest() != photo.digest:
            raise PhotographMissing
        return found

    def _keep(self, operator: str, complaint: Complaint, photograph: bytes, digest: str) -> None:
        """The bytes, then the record that names them: none names what is not here."""
        if self._journal.refusal is not None:
            raise self._journal.refusal
        key = self._keyring.personal_key()
        sealed = aead.encrypt(key, photograph, _aad(digest), self._random)
        self._journal.note(
            "INSERT OR IGNORE INTO photograph (digest, sealed) VALUES (?, ?)", (digest, sealed)
        )
        here = self._standing.membership.epoch
        body = Photographed(
            complaint=complaint.seq,
            epoch=0 if complaint.epoch == here else complaint.epoch,
            digest=digest,
            size=len(photograph),
        )
        self._journal.append([body], at=self._clock(), operator=operator)


def check_picture(picture: bytes) -> None:
    """Let nothing be decoded that its first bytes do not say to be a picture of bearable size.

    Raises:
        PhotographUnusable: it is none.
    """
    size = (0, 0)
    if len(picture) <= SENT_MAX:
        try:
            size = _size_of(picture)
        except (struct.error, IndexError):
            size = (0, 0)
    if not 0 < size[0] * size[1] <= PIXELS_MAX:
        raise PhotographUnusable(most=SENT_MAX >> 20)


def made_anew(picture: bytes) -> bytes:
    """The photograph that is kept of a picture; see :mod:`yika_node.services.photo_making`.

    Raises:
        PhotographUnusable: the picture can't be decoded within bounds.
    """
    command = [sys.executable, "-I", "-m", "yika_node.services.photo_making"]
    try:
        done = subprocess.run(
            command,
            input=picture,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as cause:
        raise PhotographUnusable(most=SENT_MAX >> 20) from cause
    made = done.stdout
    if done.returncode or not made.startswith(_JPEG) or len(made) > PHOTO_MAX:
        raise PhotographUnusable(most=SENT_MAX >> 20)
    return made


def _size_of(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, as a PNG's or JPEG's header says; (0, 0): it is neither."""
    if picture.startswith(_PNG):
        width, height = struct.unpack_from(">II", picture, len(_PNG))
        return width, height
    if not picture.startswith(_JPEG):
        return 0, 0
    at = 2
    while picture[at] == _FILL:
        marker = picture[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", picture, at + 5)
            return width, height
        (length,) = (0,) if marker in _ALONE else struct.unpack_from(">H", picture, at + 2)
        at += 2 + length if marker != _FILL else 1
    return 0, 0


def _aad(digest: str) -> bytes:
    return _LABEL + digest.encode()
