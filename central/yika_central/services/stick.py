"""The stick at headquarters: segments carried by hand are taken in, answers are put beside them.

===============================  ==================================================================
``YIKA/up/NODE/*.seg``           segments, as nodes export them; the same files as over the wire
``YIKA/down/NODE/ack.yika``      the last acknowledgement
``YIKA/down/NODE/manifest.yika`` the newest manifest
``YIKA/down/NODE/items/SHA256``  every item that manifest names
===============================  ==================================================================

What lies on a stick is a stranger's: only plain files of bounded size are read, and whose a file
is says its signature, not its folder.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from yika_central.db.database import Database
from yika_central.services.reconciliation import BODY_MAX, Reconciliation
from yika_central.services.registry import Registry
from yika_common.errors import N_, YikaError
from yika_common.infra.files import replace_file
from yika_common.journal.segment import SUFFIX
from yika_common.signing.signed_file import read_many
from yika_common.sync.messages import Ack

ROOT = "YIKA"
FILES_MAX = 100_000


class StickUnreadable(YikaError):
    """The folder holds no ``YIKA`` folder, or cannot be used."""

    code = "central_stick_unreadable"
    sentence = N_(
        "The folder %(folder)s holds no journals of vending points or cannot be used. Whatever "
        "was taken before stands. Check the stick and name the folder that holds “YIKA”."
    )


@dataclass(frozen=True, slots=True)
class Delivered:
    """One file of the stick: how its journal stands now, or why it was refused."""

    file: str
    ack: Ack | None
    refusal: YikaError | None = None


class Stick:
    """Takes segments from a folder and leaves the answers there."""

    def __init__(
        self, database: Database, reconciliation: Reconciliation, registry: Registry
    ) -> None:
        self._database = database
        self._reconciliation = reconciliation
        self._registry = registry

    def exchange(self, folder: Path, at: datetime) -> tuple[Delivered, ...]:
        """Take every segment below ``folder``, then write each node's answer.

        A refused file stops nothing; it is in the result, and in quarantine.

        Raises:
            StickUnreadable, DiskFull: what was taken is taken; do it again.
        """
        source = folder / ROOT / "up"
        if not source.is_dir():
            raise StickUnreadable(folder=str(folder))
        delivered: list[Delivered] = []
        answers: dict[str, bytes] = {}
        try:
            for path in _segments(source):
                outcome, answer = self._take(path, at)
                delivered.append(outcome)
                if outcome.ack is not None:
                    answers[outcome.ack.node] = answer
            for node, answer in answers.items():
                self._leave(folder / ROOT / "down" / node, node, answer)
        except OSError as failure:
            raise StickUnreadable(folder=str(folder)) from failure
        return tuple(delivered)

    def _take(self, path: Path, at: datetime) -> tuple[Delivered, bytes]:
        """What became of a file, and the acknowledgement's own file."""
        try:
            answer = self._reconciliation.take(path.read_bytes(), at)
        except YikaError as refusal:
            return Delivered(path.name, None, refusal), b""
        file = next(read_many(answer))
        ack = Ack.parse(file.payload, limit=len(file.payload))
        return Delivered(path.name, ack), file.to_bytes()

    def _leave(self, target: Path, node: str, answer: bytes) -> None:
        """Write what the node should carry home; the acknowledgement comes last."""
        (target / "items").mkdir(parents=True, exist_ok=True)
        with self._database.writing() as connection:
            newest = self._registry.newest_manifest(connection, node)
        if newest is not None:
            manifest, file = newest
            for item in manifest.items:
                content = self._registry.item(bytes.fromhex(item.sha256))
                replace_file(target / "items" / item.sha256, content)
            replace_file(target / "manifest.yika", file)
        replace_file(target / "ack.yika", answer)


def _segments(source: Path) -> Iterator[Path]:
    """The plain segment files, in the order of their names, which is that of their records."""
    for path in sorted(source.glob(f"*/*{SUFFIX}"))[:FILES_MAX]:
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= BODY_MAX:
            yield path
