"""Reconciliation: headquarters takes the nodes' journals in and says how far it holds them.

The order of checks: size, signature, chain, then meaning.  What fails the first three is refused
and kept in quarantine; what only means something odd is taken and shown in suspense.  All that one
segment changes is one transaction under the node's lock, the acknowledgement's count included, so
doubled, re-ordered and interrupted deliveries end in the same state.

A record is answered by position: the acknowledgement says up to where the journal is held here and
with which hash.  It is given on stopped and forked journals too: their records are money.
"""

import hashlib
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select, update

from yika_central.db import ledger
from yika_central.db.database import Database, add, insert_or, lock_node
from yika_central.db.rerate_queue import Pairs, queue
from yika_central.db.tables import (
    Acknowledgement,
    Node,
    Quarantine,
    table_of,
)
from yika_central.domain.placement import BranchEnd
from yika_central.services.key_room import KeyRoom
from yika_central.services.reconciliation_intake import Incoming, take
from yika_central.services.registry import FORKED, STOPPED, Registry
from yika_central.services.signers import Certified, certified_signer
from yika_common.clock import to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.journal.coding import decode_transport, encode_transport
from yika_common.journal.segment import SEGMENT_MAX, SEGMENT_TYPE, open_segment
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.messages import Ack, Status, digest_of, sign_ack

BODY_MAX = SEGMENT_MAX + (64 << 10)
"""Bytes of a request, coded or not: a segment with its container."""

PARKED_MAX = 2000
"""Segments of one journal that may wait for records before them."""

QUARANTINED_BYTES = 4096
"""How much of a refused delivery is kept: enough to see what it was."""

QUARANTINED_MAX = 10_000
"""Refused deliveries kept in one name; later ones are refused without being kept."""


class UnknownSigner(YikaError):
    """No enrolled node has the key that a message names."""

    code = "unknown_signer"
    sentence = N_(
        "The segment is signed with a key that headquarters never certified. It was put into "
        "quarantine. Enrol the vending point, or find out where the segment comes from."
    )


class ParkingFull(YikaError):
    """Too many segments of one node wait for records before them."""

    code = "parking_full"
    sentence = N_(
        "Too many segments of node %(node)s wait for earlier ones. This one was not taken. Send "
        "the journal again from its first missing record."
    )


class Reconciliation:
    """Takes segments, whichever way they came, and answers them."""

    def __init__(self, database: Database, keys: KeyRoom, registry: Registry) -> None:
        self._database = database
        self._keys = keys
        self._registry = registry

    def receive(self, body: bytes, at: datetime) -> bytes:
        """Take a segment in the transport coding, as nodes post it.

        The answer is the signed acknowledgement, followed by the node's newest manifest if the
        segment says that the node holds an older one.

        Raises:
            TransportMalformed, TransportTooLarge, UnknownSigner, SignatureInvalid, ChainBroken,
                SegmentMalformed and the like: nothing was taken; the delivery is in quarantine.
            ParkingFull: nothing was taken.
        """
        try:
            container = decode_transport(body, limit=BODY_MAX)
        except YikaError as error:
            self._quarantine(body, "", error, at)
            raise
        return self._receive(container, body, at)

    def take(self, container: bytes, at: datetime) -> bytes:
        """Take a segment's file, as a stick carries it; otherwise as :meth:`receive`."""
        return self._receive(container, encode_transport(container), at)

    def _receive(self, container: bytes, coded: bytes, at: datetime) -> bytes:
        signer = ""
        try:
            file = read_signed_file(container, limit=SEGMENT_MAX)
            certified = _certified(self._database, file)
            signer = certified.node
            segment = open_segment(file, certified.key, node=certified.node, epoch=certified.epoch)
        except YikaError as error:
            self._quarantine(container, signer, error, at)
            raise
        incoming = Incoming(
            segment=segment,
            key=certified.key,
            genesis=certified.genesis,
            coded=coded,
            sha256=hashlib.sha256(container).digest(),
            received_at=to_timestamp(at),
            keys=self._keys,
        )
        self._registry.tell(certified.node)
        with self._database.writing() as connection:
            return self._take(connection, incoming)

    def _take(self, connection: Connection, incoming: Incoming) -> bytes:
        node = lock_node(connection, incoming.node)
        affected = Pairs()
        status = take(connection, incoming, affected)
        # Only a segment that would itself have to wait is turned away.
        if ledger.parked_count(connection, incoming.node, incoming.epoch) > PARKED_MAX:
            raise ParkingFull(node=incoming.node)
        if status is not Status.GAP and self._unpark(connection, incoming, affected):
            status = Status.FORK
        # Once, and in one order: two deliveries that share accounts never wait for each other.
        queue(connection, affected, incoming.received_at)
        branches = ledger.branches_of(connection, incoming.node, incoming.epoch)
        main = branches[0]
        if len(branches) > 1 or status is Status.FORK:
            status = Status.FORK
            self._stop(connection, node, incoming.epoch)
        else:
            status = _standing(node, incoming, main, status)
        self._note_contact(connection, incoming)
        self._registry.allot(connection, incoming.node)
        return self._answer(connection, incoming, main, status)

    def _unpark(self, connection: Connection, incoming: Incoming, affected: Pairs) -> bool:
        """Take every parked segment that has become connected; whether one showed a fork."""
        forked = False
        taken = [incoming.segment.header]
        for header in taken:
            for sha256 in ledger.connected(connection, header):
                parked = self._parked(connection, incoming, sha256)
                taken.append(parked.segment.header)
                forked |= take(connection, parked, affected, parked=True) is Status.FORK
        return forked

    def _parked(self, connection: Connection, incoming: Incoming, sha256: bytes) -> Incoming:
        """A parked segment again; it was checked when it came, and is checked as it is opened."""
        coded, received_at = ledger.kept_file(connection, incoming.node, sha256)
        file = read_signed_file(decode_transport(coded, limit=BODY_MAX), limit=SEGMENT_MAX)
        segment = open_segment(file, incoming.key, node=incoming.node, epoch=incoming.epoch)
        return replace(
            incoming, segment=segment, coded=coded, sha256=sha256, received_at=received_at
        )

    def _stop(self, connection: Connection, node: RowMapping, epoch: int) -> None:
        """Stop the node for its fork; a fork in an epoch it has left concerns it no more."""
        if node["epoch"] == epoch and node["reason"] != FORKED:
            table = table_of(Node)
            connection.execute(
                update(table)
                .where(table.c.node == node["node"])
                .values(state=STOPPED, reason=FORKED)
            )

    def _note_contact(self, connection: Connection, incoming: Incoming) -> None:
        header = incoming.segment.header
        table = table_of(Node)
        connection.execute(
            update(table)
            .where(table.c.node == header.node, table.c.epoch == header.epoch)
            .values(
                last_contact=incoming.received_at,
                manifest_held=header.manifest,
                clock_skew=header.at - incoming.received_at,
                software=header.software,
            )
        )

    def _answer(
        self, connection: Connection, incoming: Incoming, main: BranchEnd, status: Status
    ) -> bytes:
        header = incoming.segment.header
        table = table_of(Node)
        here = table.c.node == header.node
        connection.execute(update(table).where(here).values(ack_counter=table.c.ack_counter + 1))
        node = connection.execute(select(table).where(here)).one()
        manifest = self._registry.newest_manifest(connection, header.node)
        current = manifest is not None and header.epoch == node.epoch
        ack = Ack(
            node=header.node,
            epoch=header.epoch,
            upto=main.upto,
            head=bytes(main.head).hex(),
            count=node.ack_counter,
            hq_time=incoming.received_at,
            challenge=header.challenge,
            status=status,
            manifest=manifest[0].version if manifest and current else 0,
            manifest_digest=digest_of(manifest[0].to_bytes()) if manifest and current else "",
        )
        row = Acknowledgement(
            node=header.node,
            n=ack.count,
            epoch=header.epoch,
            upto=main.upto,
            status=status,
            given_at=incoming.received_at,
        )
        add(connection, Acknowledgement, [row.model_dump()])
        answer = sign_ack(ack, [self._keys.signer("ack")]).to_bytes()
        if manifest and current and header.manifest < manifest[0].version:
            answer += manifest[1]
        return answer

    def _quarantine(self, content: bytes, node: str, error: YikaError, at: datetime) -> None:
        row = Quarantine(
            node=node,
            sha256=hashlib.sha256(content).digest(),
            code=error.code,
            sentence=str(error),
            received_at=to_timestamp(at),
            content=content[:QUARANTINED_BYTES],
        )
        table = table_of(Quarantine)
        with self._database.writing() as connection:
            held = select(func.count()).select_from(table).where(table.c.node == node)
            if connection.execute(held).scalar_one() >= QUARANTINED_MAX:
                return
            statement = insert_or(connection, Quarantine).on_conflict_do_update(
                index_elements=["node", "sha256"], set_={"times": table.c.times + 1}
            )
            connection.execute(statement, [row.model_dump()])


def _certified(database: Database, file: SignedFile) -> Certified:
    found = certified_signer(database, file)
    if found is None or file.payload_type != SEGMENT_TYPE:
        raise UnknownSigner
    return found


def _standing(node: RowMapping, incoming: Incoming, main: BranchEnd, status: Status) -> Status:
    """How a journal without a fork stands after this segment."""
    header = incoming.segment.header
    if node["state"] == STOPPED or header.epoch != node["epoch"]:
        return Status.STOPPED
    # Only a sign of life says where the node's journal ends.
    if status is Status.OK and not incoming.segment.lines and header.last < main.upto:
        return Status.BEHIND
    return status
