"""The courier: brings the journal to headquarters, and what headquarters publishes back.

One exchange posts a signed segment of what headquarters lacks, or an empty one as a sign of life,
and gets a signed acknowledgement: how far headquarters holds this journal, by position and hash.
Only a verified acknowledgement counts; a lost answer, a doubled or reordered post change nothing,
because the next exchange simply starts from the position that headquarters names.  Then comes the
manifest, and the items it names that are not here yet.

The courier holds no lock that selling needs while it waits for the line.
"""

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from yika_common.clock import from_timestamp
from yika_common.errors import YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.journal.coding import encode_transport
from yika_common.journal.record import decode_line
from yika_common.journal.segment import RECORDS_MAX
from yika_common.signing.signed_file import SignedFile, read_many
from yika_common.sync.errors import AckAhead, AckForked, AckStale
from yika_common.sync.messages import ACK_TYPE, MANIFEST_TYPE, Ack, Status, open_ack
from yika_common.sync.rules import check_ack
from yika_node.db.journal import Journal
from yika_node.db.queries import Queries
from yika_node.services.adoption import Adoption
from yika_node.services.errors import StoppedByHeadquarters
from yika_node.services.segments import Cut, Cutter
from yika_node.services.standing import Membership, Standing
from yika_node.services.state_views import SyncReport, SyncState
from yika_node.services.timekeeping import TrustedClock
from yika_node.uplink import LinkDown, Uplink, hanging_up

UplinkTo = Callable[[str], Uplink]
"""Gives the wire to the headquarters at an address."""

SYNC_PATH: Final = "/api/v1/sync"
ITEM_PATH: Final = "/api/v1/items/"
SEGMENTS_MAX: Final = 50
"""Segments of one run; what is left waits for the next, so that a run always ends."""

_CHALLENGE_SIZE = 16
_STOPPING = (Status.FORK, Status.BEHIND, Status.STOPPED)


class Courier:
    """Exchanges with headquarters; one at a time."""

    def __init__(
        self,
        journal: Journal,
        queries: Queries,
        standing: Standing,
        cutter: Cutter,
        adoption: Adoption,
        uplinks: UplinkTo,
        clock: TrustedClock,
        random: RandomSource,
    ) -> None:
        self._journal = journal
        self._queries = queries
        self._standing = standing
        self._cutter = cutter
        self._adoption = adoption
        self._uplinks = uplinks
        self._clock = clock
        self._random = random
        self._limit = RECORDS_MAX
        self._problem: YikaError | None = None
        self._lock = threading.Lock()

    def sync(self) -> SyncReport:
        """Exchange until headquarters holds everything, then adopt what it published.

        Raises:
            LinkDown, HeadquartersRefused, AnswerTooLarge: what was acknowledged stays so; the
                rest waits.
            NodeRestored, StoppedByHeadquarters: nothing more is sold here.
            FileMalformed, SignatureInvalid, AckChallenge and their like: the answer was dropped.
            ManifestOlder, GoldenCaseDiffers and their like: what is in force stays in force.
            VaultLocked, NotEnrolled: nothing was sent.
        """
        with self._lock:
            try:
                with hanging_up(self.wire()) as uplink:
                    report = self._run(uplink)
            except YikaError as problem:
                self._problem = problem
                raise
            self._problem = None
        return report

    def wire(self) -> Uplink:
        """The wire to headquarters; what travels on it is signed.  Whoever asks for it hangs up.

        Raises:
            NotEnrolled: there is none.
        """
        return self._uplinks(self._standing.membership.headquarters)

    def state(self) -> SyncState:
        """How this node stands with headquarters."""
        membership = self._standing.membership
        tip = self._queries.tip(membership.epoch)
        ack = self._queries.acknowledgement(membership.epoch)
        bundle = self._queries.bundle()
        head = 0 if tip is None else tip.seq
        upto = 0 if ack is None else ack.upto
        first = self._queries.record(membership.epoch, upto + 1)
        return SyncState(
            head=head,
            acknowledged=upto,
            waiting=head - upto,
            oldest=None if first is None else from_timestamp(decode_line(first.line).ts),
            last_contact=None if ack is None else from_timestamp(ack.headquarters_at),
            manifest=0 if bundle is None else bundle.version,
            status="" if ack is None else ack.status,
            problem=self._problem,
        )

    def heard_at(self) -> datetime | None:
        """When headquarters was heard of last; None: never."""
        ack = self._queries.acknowledgement(self._standing.membership.epoch)
        return None if ack is None else from_timestamp(ack.headquarters_at)

    def take(self, files: Iterable[SignedFile], challenge: str | None) -> SignedFile | None:
        """Take the acknowledgements among the files; returns the newest manifest among them.

        ``challenge`` is that of the exchange, or None for files that came by stick, where an
        acknowledgement that is not news is passed over.
        """
        manifest = None
        for file in files:
            if file.payload_type == ACK_TYPE:
                try:
                    self._take_ack(file, challenge)
                except AckStale:
                    if challenge is not None:
                        raise
            elif file.payload_type == MANIFEST_TYPE:
                manifest = file
        return manifest

    def _run(self, uplink: Uplink) -> SyncReport:
        sent, manifest = self._exchange(uplink)
        items = 0
        if manifest is not None:
            missing = self._adoption.missing(manifest)
            fetched = {item.sha256: uplink.get(ITEM_PATH + item.sha256) for item in missing}
            items = len(fetched)
            if self._adoption.adopt(manifest, fetched):
                # Headquarters learns at once which manifest is in force here.
                sent += self._exchange(uplink)[0]
        bundle = self._queries.bundle()
        return SyncReport(
            sent=sent,
            acknowledged=self._acknowledged(self._standing.membership),
            items=items,
            manifest=0 if bundle is None else bundle.version,
        )

    def _exchange(self, uplink: Uplink) -> tuple[int, SignedFile | None]:
        """Post until headquarters holds everything, or stops moving; records sent, manifest."""
        membership = self._standing.membership
        sent = 0
        manifest: SignedFile | None = None
        for _ in range(SEGMENTS_MAX):
            before = self._acknowledged(membership)
            cut = self._cutter.cut(before, self._limit, self._random(_CHALLENGE_SIZE).hex())
            manifest = self._post(uplink, cut) or manifest
            sent += cut.last - cut.first + 1
            now = self._acknowledged(membership)
            tip = self._queries.tip(membership.epoch)
            if tip is None or now >= tip.seq or now == before:
                break
        return sent, manifest

    def _post(self, uplink: Uplink, cut: Cut) -> SignedFile | None:
        """One exchange; a line that breaks halves what is sent at once."""
        try:
            answer = uplink.post(SYNC_PATH, encode_transport(cut.file.to_bytes()))
        except LinkDown:
            self._limit = max(1, self._limit // 2)
            raise
        self._limit = min(RECORDS_MAX, self._limit * 2)
        return self.take(read_many(answer), cut.challenge)

    def _take_ack(self, file: SignedFile, challenge: str | None) -> None:
        membership = self._standing.membership
        ack = open_ack(file, membership.root)
        last = self._queries.acknowledgement(membership.epoch)
        try:
            check_ack(
                ack,
                node=membership.node,
                epoch=membership.epoch,
                challenge=challenge,
                last_count=0 if last is None else last.n,
                own_head=lambda seq: self._queries.head_at(
                    membership.epoch, seq, membership.certificate_payload
                ),
            )
        except (AckAhead, AckForked) as proof:
            raise self._journal.outrun(ack.upto) from proof
        self._keep_ack(ack, file)
        self._clock.headquarters_said(ack.hq_time)
        if challenge is not None:
            self._clock.compared(ack.hq_time)
        stop_or_go(self._journal, ack.status)

    def _keep_ack(self, ack: Ack, file: SignedFile) -> None:
        self._journal.note(
            "INSERT OR REPLACE INTO acknowledgement"
            " (epoch, n, upto, headquarters_at, status, file) VALUES (?, ?, ?, ?, ?, ?)",
            (ack.epoch, ack.count, ack.upto, ack.hq_time, ack.status, file.to_bytes()),
        )
        self._journal.mark()

    def _acknowledged(self, membership: Membership) -> int:
        ack = self._queries.acknowledgement(membership.epoch)
        return 0 if ack is None else ack.upto


def stop_or_go(journal: Journal, status: str) -> None:
    """Obey headquarters' signed word: stop recording, or go on after it had said stop."""
    if status in _STOPPING:
        journal.refuse(StoppedByHeadquarters(status=status))
    elif isinstance(journal.refusal, StoppedByHeadquarters):
        journal.allow()
