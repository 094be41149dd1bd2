"""The stick: the same files as on the wire, carried by hand.

=====================  ============================================================
folder on the stick    what lies there
=====================  ============================================================
YIKA/up/NODE           the node's segments (``.seg``) and its ``certificate.yika``
YIKA/down/NODE         acknowledgements, manifest and items from headquarters
=====================  ============================================================

Exporting marks nothing as sent: only a verified acknowledgement does.  Files are written beside
their name, flushed and renamed; names on a stick are a stranger's, so only plain files of bounded
size are read, and each is known by what it is, not by what it is called.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.files import replace_file
from yika_common.journal.segment import RECORDS_MAX, header_of, segment_name
from yika_common.signing.errors import FileMalformed, FileTooLarge
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.sync.messages import ACK_TYPE, MANIFEST_TYPE, open_manifest
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.services.adoption import Adoption
from yika_node.services.courier import Courier
from yika_node.services.segments import Cutter
from yika_node.services.standing import Standing
from yika_node.services.state_views import SyncReport

ROOT: Final = "YIKA"
CERTIFICATE: Final = "certificate.yika"
FILE_MAX: Final = 32 << 20
FILES_MAX: Final = 2000
_CHALLENGE_SIZE = 16


class StickUnusable(YikaError):
    """The folder can't be written or read."""

    code = "stick_unusable"
    sentence = N_(
        "The folder %(folder)s cannot be used. Nothing is marked as sent and nothing was taken. "
        "Check the stick and try again."
    )


@dataclass(frozen=True, slots=True)
class Stick:
    """Carries the journal out and headquarters' answers in."""

    queries: Queries
    standing: Standing
    cutter: Cutter
    courier: Courier
    adoption: Adoption
    random: RandomSource

    def files(self, *, everything: bool = False) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file: the certificate, then segments in order.

        They hold what is not acknowledged, or everything: headquarters takes what it has as
        known, and an auditor wants the whole.

        Raises:
            VaultLocked, NotEnrolled: nothing can be signed.
        """
        membership = self.standing.membership
        ack = self.queries.acknowledgement(membership.epoch)
        tip = self.queries.tip(membership.epoch)
        after = 0 if ack is None or everything else ack.upto
        end = 0 if tip is None else tip.seq
        yield CERTIFICATE, membership.certificate_file
        while True:
            cut = self.cutter.cut(after, RECORDS_MAX, self.random(_CHALLENGE_SIZE).hex())
            data = cut.file.to_bytes()
            yield segment_name(header_of(cut.file), data), data
            after = cut.last
            if after >= end:
                break

    def export(self, folder: Path, *, everything: bool = False) -> tuple[str, ...]:
        """Write :meth:`files` to a stick; returns the names of the files written.

        Raises:
            StickUnusable, DiskFull: what is on the stick is whole files; export again.
            VaultLocked, NotEnrolled: nothing was written.
        """
        target = folder / ROOT / "up" / self.standing.membership.node
        names = []
        for name, data in self.files(everything=everything):
            try:
                target.mkdir(parents=True, exist_ok=True)
                replace_file(target / name, data)
            except OSError as failure:
                raise StickUnusable(folder=str(folder)) from failure
            names.append(name)
        return tuple(names)

    def import_(self, folder: Path) -> SyncReport:
        """Take what headquarters put there for this node.

        Raises:
            StickUnusable: the folder is missing or can't be read.
            SignatureInvalid, ManifestOlder and their like: see :meth:`Courier.sync`.
        """
        membership = self.standing.membership
        source = folder / ROOT / "down" / membership.node
        signed: list[SignedFile] = []
        items: dict[str, bytes] = {}
        for data in _files(source, folder):
            items[hashlib.sha256(data).hexdigest()] = data
            signed += _signed(data)
        self.courier.take((file for file in signed if file.payload_type == ACK_TYPE), None)
        taken = 0
        manifests = [file for file in signed if file.payload_type == MANIFEST_TYPE]
        if manifests:
            root = membership.root
            newest = max(manifests, key=lambda file: open_manifest(file, root).version)
            taken = len(self.adoption.missing(newest))
            self.adoption.adopt(newest, items)
        state = self.courier.state()
        return SyncReport(
            sent=0, acknowledged=state.acknowledged, items=taken, manifest=state.manifest
        )


def _files(source: Path, folder: Path) -> Iterator[bytes]:
    """The contents of the plain files below a folder, in the order of their names."""
    try:
        paths = sorted(source.rglob("*"))[:FILES_MAX]
        for path in paths:
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= FILE_MAX:
                yield path.read_bytes()
        if not source.is_dir():
            raise StickUnusable(folder=str(folder))
    except OSError as failure:
        raise StickUnusable(folder=str(folder)) from failure


def _signed(data: bytes) -> list[SignedFile]:
    """The signed files in the bytes; what is none of ours is passed over."""
    found: list[SignedFile] = []
    try:
        found.extend(read_many(data))
    except (FileMalformed, FileTooLarge):
        return []
    return found
