r"""The journal: the one writer of the node's truth.

Every act of the node is a record: one line, chained to the line before (see
:mod:`yika_common.journal.record`).  Line, projections and the node's signature of the chain's new
end commit in one transaction, or none of them does.  Nothing is ever changed or deleted.

Before it takes the first record of a process, the journal looks whether it still is what it was:
its end must carry the node's signature, and the sentinel outside the database must name a place
that it holds.  A database that was put back from a backup is refused, because it would use
numbers twice.

The signature of the chain's end is Ed25519 over ``"yika/tip/1" 00``, the epoch (4 bytes), the seq
(8 bytes), both big-endian, and the 32-byte hash.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from yika_common.clock import to_timestamp
from yika_common.errors import YikaError
from yika_common.infra.sqlite import open_for_money, transaction
from yika_common.infra.sqlite_errors import named_failures
from yika_common.journal.body import Body
from yika_common.journal.record import Record, chain, encode_line, genesis, txn_id
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.values import dataclass
from yika_node.db import projections
from yika_node.db.sentinel import Mark, Sentinel
from yika_node.db.store import CACHE_KIB
from yika_node.errors import AlreadyEnrolled, JournalDamaged, NodeRestored, NotEnrolled

_TIP_TAG: Final = b"yika/tip/1\0"


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next record goes; ``head`` is the hash before it, ``at`` its time in seconds."""

    node: str
    epoch: int
    seq: int
    head: bytes
    at: int


Draft = Body | Callable[[Position], Body]
"""A body, or what makes it once its place in the chain is known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that is committed, its place, and the hash after it."""

    position: Position
    head: bytes
    body: Body

    @property
    def epoch(self) -> int:
        """The epoch it was written in."""
        return self.position.epoch

    @property
    def seq(self) -> int:
        """Its number within the epoch."""
        return self.position.seq

    @property
    def txn_id(self) -> str:
        """The transaction id, 16 characters."""
        return txn_id(self.head)


Along = Callable[[sqlite3.Connection, Sequence[Entry]], None]
"""More statements for the same transaction: what the records speak of, or a note about them."""

Ahead = Callable[[sqlite3.Connection, Sequence[Entry], str], Sequence[Body]]
"""Looks at records of an operator before they are committed; what has to stand before them."""

Rule = Callable[[sqlite3.Connection, Sequence[Entry], str], None]
"""Looks at records of an operator in their transaction; where it raises, none is committed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this node is: the certificate's own words, and the key that it certifies."""

    node: str
    epoch: int
    certificate: bytes
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new journal begins with; ``headquarters`` is its address."""

    identity: Identity
    certificate_file: bytes
    root: bytes
    headquarters: str


class Journal:
    """The writer; one per data folder, used by any thread, one act at a time."""

    def __init__(
        self,
        path: Path,
        sentinel: Sentinel,
        signer: Callable[[], SigningKey],
        identity: Identity | None,
    ) -> None:
        """Open the file, whose tables are up to date, and check it; see :attr:`refusal`."""
        self._lock = threading.Lock()
        self._connection = open_for_money(path, cache_kib=CACHE_KIB)
        self._sentinel = sentinel
        self._signer = signer
        self._identity = identity
        self._end: tuple[int, int, bytes] | None = None
        self._rules: list[Rule] = []
        self._ahead: list[Ahead] = []
        self._refusal = None if identity is None else self._checked(identity)

    @property
    def identity(self) -> Identity:
        """Who writes this journal.

        Raises:
            NotEnrolled: nobody yet.
        """
        if self._identity is None:
            raise NotEnrolled
        return self._identity

    @property
    def refusal(self) -> YikaError | None:
        """Why nothing more may be recorded here, or None while all is well."""
        return self._refusal

    def obey(self, rule: Rule) -> None:
        """From now on commit no records that the rule refuses."""
        self._rules.append(rule)

    def precede(self, ahead: Ahead) -> None:
        """From now on commit, before an operator's records, what this says must stand first.

        It is a commit of its own, made where nobody else writes: after a power cut between the two
        the first of them stands, and is not asked for again.
        """
        self._ahead.append(ahead)

    def refuse(self, why: YikaError) -> None:
        """Record nothing more in this process: headquarters said so."""
        self._refusal = why

    def outrun(self, known: int) -> NodeRestored:
        """Record nothing more, after a restart either: record ``known`` was made and is not here.

        Returns what is to be raised.
        """
        with self._lock:
            epoch, found, _, _ = self._tip(self.identity)
            restored = NodeRestored(known=known, found=found)
            self._refusal = restored
            self._sentinel.reach(Mark.lost(epoch, known))
        return restored

    def allow(self) -> None:
        """Record again: the reason given to :meth:`refuse` is gone."""
        with self._lock:
            self._refusal = None if self._identity is None else self._checked(self._identity)

    def found(self, founding: Founding, at: datetime) -> None:
        """Begin the journal of a certified node.

        Raises:
            AlreadyEnrolled: the journal has begun before.
            NodeRestored: it has begun before under this very certificate, and is gone.
            VaultLocked: the first end of the chain can't be signed.
        """
        identity = founding.identity
        with self._lock, transaction(self._connection) as connection:
            if self._identity is not None:
                raise AlreadyEnrolled(node=self._identity.node)
            mark = self._sentinel.read()
            if mark is not None and mark.seq and mark.epoch >= identity.epoch:
                raise NodeRestored(known=mark.seq, found=0)
            moment = to_timestamp(at)
            connection.execute(
                "INSERT INTO identity (epoch, node, certificate, root, headquarters, founded_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    identity.epoch,
                    identity.node,
                    founding.certificate_file,
                    founding.root,
                    founding.headquarters,
                    moment,
                ),
            )
            head = genesis(identity.certificate)
            signature = self._signer().sign(tip_message(identity.epoch, 0, head))
            connection.execute(
                "INSERT INTO tip (epoch, seq, head, signature, at) VALUES (?, 0, ?, ?, ?)",
                (identity.epoch, head, signature, moment),
            )
        self._identity = identity
        self._sentinel.reach(Mark(identity.epoch, 0, head))

    def append(
        self,
        drafts: Sequence[Draft],
        *,
        at: datetime,
        operator: str = "",
        along: Iterable[Along] = (),
    ) -> tuple[Entry, ...]:
        """Commit records, in this order, with all they mean; durable when this returns.

        Raises:
            NotEnrolled, NodeRestored, JournalDamaged: nothing may be recorded here.
            VaultLocked: nobody is signed in.
            RecordTooLong, DiskFull, DatabaseBusy, DatabaseDamaged: nothing was recorded.
            what a rule raises (:meth:`obey`): likewise.
        """
        with self._lock:
            identity = self.identity
            if self._refusal is not None:
                # One error is raised many times; it must not remember every caller.
                raise self._refusal.with_traceback(None)
            at_s = to_timestamp(at)
            made = self._made(identity, drafts, at_s, operator)
            entries = tuple(entry for entry, _ in made)
            before = [
                body
                for ahead in self._ahead
                for body in ahead(self._connection, entries, operator)
            ]
            if before:
                self._commit(self._made(identity, before, at_s, operator), operator, ())
                made = self._made(identity, drafts, at_s, operator)
                entries = tuple(entry for entry, _ in made)
            self._commit(made, operator, along)
        return entries

    def _commit(
        self, made: Sequence[tuple[Entry, bytes]], operator: str, along: Iterable[Along]
    ) -> None:
        """One transaction; the lock is held."""
        entries = tuple(entry for entry, _ in made)
        last = entries[-1]
        signature = self._signer().sign(tip_message(last.epoch, last.seq, last.head))
        # Whatever fails from here on, the table says where the chain ends then.
        self._end = None
        with transaction(self._connection) as connection:
            self._write(connection, made, operator)
            connection.execute(
                "UPDATE tip SET seq = ?, head = ?, signature = ?, at = ? WHERE epoch = ?",
                (last.seq, last.head, signature, last.position.at, last.epoch),
            )
            for statement in along:
                statement(connection, entries)
            for rule in self._rules:
                rule(connection, entries, operator)
        self._end = last.epoch, last.seq, last.head
        self._sentinel.follow(Mark(last.epoch, last.seq, last.head))

    def note(self, statement: str, values: Sequence[str | int | bytes]) -> None:
        """Commit one statement about what is no record: an acknowledgement, an attempt."""
        with self._lock, transaction(self._connection) as connection:
            connection.execute(statement, values)

    def keep(self, act: Callable[[sqlite3.Connection], None]) -> None:
        """Commit, in one transaction, statements about what is no record: what can be remade."""
        with self._lock, transaction(self._connection) as connection:
            act(connection)

    def mark(self) -> None:
        """Bring the sentinel up to the end of the chain."""
        with self._lock:
            if self._identity is not None and self._refusal is None:
                epoch, seq, head, _ = self._tip(self._identity)
                self._sentinel.reach(Mark(epoch, seq, head))

    def rebuild(self) -> None:
        """Make every projection again from the records."""
        with self._lock, transaction(self._connection) as connection:
            projections.rebuild(connection)

    def close(self) -> None:
        """Leave the sentinel at the end of the chain and close the file."""
        self.mark()
        self._connection.close()

    def _made(
        self, identity: Identity, drafts: Sequence[Draft], at: int, operator: str
    ) -> list[tuple[Entry, bytes]]:
        """The records with their lines; nobody else writes, so the end stays where it is."""
        epoch, seq, head = self._end or self._tip(identity)[:3]
        made = []
        for draft in drafts:
            seq += 1
            position = Position(identity.node, epoch, seq, head, at)
            body = draft if isinstance(draft, Body) else draft(position)
            line = encode_line(seq, at, operator, body)
            head = chain(head, line)
            made.append((Entry(position, head, body), line))
        return made

    def _write(
        self, connection: sqlite3.Connection, made: Sequence[tuple[Entry, bytes]], operator: str
    ) -> None:
        for entry, line in made:
            epoch, seq, at = entry.epoch, entry.seq, entry.position.at
            connection.execute(
                "INSERT INTO record (epoch, seq, line, head) VALUES (?, ?, ?, ?)",
                (epoch, seq, line, entry.head),
            )
            projections.apply(connection, epoch, Record(seq, at, operator, entry.body))

    def _tip(self, identity: Identity) -> tuple[int, int, bytes, bytes]:
        with named_failures():
            row = self._connection.execute(
                "SELECT epoch, seq, head, signature FROM tip WHERE epoch = ?", (identity.epoch,)
            ).fetchone()
        if row is None:
            raise JournalDamaged
        epoch, seq, head, signature = row
        return epoch, seq, head, signature

    def _head_at(self, epoch: int, seq: int) -> bytes | None:
        row = self._connection.execute(
            "SELECT head FROM record WHERE epoch = ? AND seq = ?", (epoch, seq)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def _checked(self, identity: Identity) -> YikaError | None:
        """What is wrong with the stored journal, if anything."""
        with named_failures():
            try:
                epoch, seq, head, signature = self._tip(identity)
            except JournalDamaged as damage:
                return damage
            last = self._head_at(epoch, seq) if seq else genesis(identity.certificate)
            if last != head or not identity.key.verifies(signature, tip_message(epoch, seq, head)):
                return JournalDamaged()
            mark = self._sentinel.read()
            if mark is None or mark.seq == 0:
                return None
            if mark.epoch > epoch or mark.seq > seq:
                return NodeRestored(known=mark.seq, found=seq)
            if self._head_at(mark.epoch, mark.seq) != mark.head:
                return NodeRestored(known=mark.seq, found=seq)
        return None


def tip_message(epoch: int, seq: int, head: bytes) -> bytes:
    """What a node signs of the end of its journal."""
    return _TIP_TAG + epoch.to_bytes(4, "big") + seq.to_bytes(8, "big") + head
