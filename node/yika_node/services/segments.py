"""Cutting the journal into signed segments, for the wire and for the stick alike."""

from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.journal.segment import RECORDS_MAX, SEGMENT_MAX, build_segment
from yika_common.signing.signed_file import SignedFile
from yika_common.values import dataclass
from yika_node.db.queries import Queries
from yika_node.errors import JournalDamaged
from yika_node.services.standing import Standing
from yika_node.vault import Vault

_HEADER_ROOM: Final = 2048


@dataclass(frozen=True, slots=True)
class Cut:
    """A segment of records ``first`` to ``last``; ``last`` is ``first - 1`` for a sign of life."""

    file: SignedFile
    first: int
    last: int
    challenge: str


@dataclass(frozen=True, slots=True)
class Cutter:
    """Cuts segments; the vault must be unlocked."""

    queries: Queries
    standing: Standing
    vault: Vault
    clock: Clock
    incarnation: str
    software: str

    def cut(self, after: int, limit: int, challenge: str) -> Cut:
        """The segment of the records after ``after``, ``limit`` of them at most.

        Raises:
            VaultLocked, NotEnrolled: nothing can be signed.
            JournalDamaged: the records do not reach that far.
        """
        membership = self.standing.membership
        ack = self.queries.acknowledgement(membership.epoch)
        bundle = self.queries.bundle()
        records = self.queries.records(membership.epoch, after + 1, min(limit, RECORDS_MAX))
        lines: list[bytes] = []
        room = SEGMENT_MAX - _HEADER_ROOM
        for record in records:
            room -= len(record.line)
            if room < 0:
                break
            lines.append(record.line)
        before = self.queries.head_at(membership.epoch, after, membership.certificate_payload)
        if before is None:
            raise JournalDamaged
        file = build_segment(
            lines,
            self.vault.signing_key(),
            node=membership.node,
            epoch=membership.epoch,
            first=after + 1,
            prev=before,
            ack_count=0 if ack is None else ack.n,
            incarnation=self.incarnation,
            at=to_timestamp(self.clock()),
            manifest=0 if bundle is None else bundle.version,
            challenge=challenge,
            software=self.software,
        )
        return Cut(file, after + 1, after + len(lines), challenge)
