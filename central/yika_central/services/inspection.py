"""Inspection: does headquarters hold together?  Every finding is a sentence and a verdict.

The journals are recomputed from their stored lines: the chain of every branch must lead from its
beginning to its head through every record, whatever anybody did to the database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import RowMapping, and_, func, select
from sqlmodel import Session

from yika_central.db.database import Database
from yika_central.db.ledger import branches_of
from yika_central.db.tables import (
    Branch,
    CardWitness,
    Node,
    NodeCertificate,
    Record,
    Segment,
    Suspense,
    table_of,
)
from yika_central.domain.placement import holder
from yika_central.services.registry import FORKED
from yika_common.errors import N_, Phrase
from yika_common.journal.record import chain, genesis

ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; ``sentence`` is filled with ``facts``."""

    holds: bool
    sentence: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


class Inspection:
    """Looks at everything and changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def findings(self) -> Iterator[Finding]:
        """Database, journals, cards' witness, nodes, and what waits for a person, in this order.

        Raises:
            DatabaseAway, DatabaseDamaged: it cannot even be read.
        """
        with self._database.reading() as session:
            yield Finding(
                holds=True,
                sentence=N_("The database %(kind)s answers and its tables are up to date."),
                facts={"kind": self._database.engine.dialect.name},
            )
            yield from self._journals(session)
            yield self._witnesses(session)
            yield from self._nodes(session)
            yield self._count(session, Segment, "PARKED", _PARKED)
            yield self._count(session, Suspense, "OPEN", _SUSPENSE)

    def _journals(self, session: Session) -> Iterator[Finding]:
        table = table_of(Branch)
        branches = session.execute(select(table).order_by(*table.primary_key)).mappings().all()
        records, broken = 0, 0
        for branch in branches:
            counted, whole = self._recompute(session, branch)
            records += counted
            if not whole:
                broken += 1
                yield Finding(
                    holds=False,
                    sentence=_BROKEN,
                    facts={"node": branch["node"], "epoch": branch["epoch"]},
                )
        if not broken:
            yield Finding(
                holds=True, sentence=_WHOLE, facts={"journals": len(branches), "records": records}
            )

    def _recompute(self, session: Session, branch: RowMapping) -> tuple[int, bool]:
        """How many records a branch stores, and whether they lead to its head."""
        table = table_of(Record)
        here = (table.c.node == branch["node"], table.c.epoch == branch["epoch"])
        head, seq = self._beginning(session, branch), branch["base"]
        query = (
            select(table.c.seq, table.c.hash, table.c.line)
            .where(*here, table.c.branch == branch["branch"])
            .order_by(table.c.seq)
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        counted = 0
        with session.execute(query) as rows:
            for row in rows:
                counted += 1
                head = chain(head, bytes(row.line))
                if row.seq != seq + 1 or head != bytes(row.hash):
                    return counted, False
                seq = row.seq
        return counted, (seq, head) == (branch["upto"], bytes(branch["head"]))

    def _beginning(self, session: Session, branch: RowMapping) -> bytes:
        """The hash a branch begins after: the genesis, or its parent's record."""
        if branch["base"] == 0:
            certificate = table_of(NodeCertificate)
            payload = session.execute(
                select(certificate.c.payload).where(
                    certificate.c.node == branch["node"],
                    certificate.c.epoch == branch["epoch"],
                )
            ).scalar_one()
            return genesis(bytes(payload))
        ends = {end.branch: end for end in branches_of(session, branch["node"], branch["epoch"])}
        table = table_of(Record)
        found = session.execute(
            select(table.c.hash).where(
                table.c.node == branch["node"],
                table.c.epoch == branch["epoch"],
                table.c.branch == holder(ends, branch["parent"], branch["base"]),
                table.c.seq == branch["base"],
            )
        ).scalar_one()
        return bytes(found)

    def _witnesses(self, session: Session) -> Finding:
        """Whether every intent that a card bore witness to stands in the journal it names.

        A position that has not arrived yet contradicts nothing.
        """
        seen, record = table_of(CardWitness), table_of(Record)
        before = and_(
            record.c.node == seen.c.seen_node,
            record.c.epoch == seen.c.seen_epoch,
            record.c.seq == seen.c.seen_seq - 1,
        )
        query = (
            select(*seen.primary_key, seen.c.seen_before, record.c.hash)
            .join(record, before)
            .execution_options(yield_per=ROWS_AT_ONCE)
        )
        # A forked journal has several records there; one that fits is enough.
        fits: dict[tuple[object, ...], bool] = {}
        with session.execute(query) as rows:
            for *place, head, found in rows:
                agrees = bytes(found).hex().startswith(head)
                fits[tuple(place)] = fits.get(tuple(place), False) or agrees
        contradicted = sum(not fit for fit in fits.values())
        sentence = _CONTRADICTED if contradicted else _WITNESSED
        counts = {"count": len(fits), "contradicted": contradicted}
        return Finding(holds=not contradicted, sentence=sentence, facts=counts)

    def _nodes(self, session: Session) -> Iterator[Finding]:
        table = table_of(Node)
        stopped = session.execute(
            select(table.c.node, table.c.reason)
            .where(table.c.state == "STOPPED")
            .order_by(table.c.node)
        ).all()
        for node, reason in stopped:
            why = Phrase("two journals of it exist") if reason == FORKED else reason
            yield Finding(holds=False, sentence=_STOPPED, facts={"node": node, "reason": why})
        count = session.execute(select(func.count()).select_from(table)).scalar_one()
        yield Finding(holds=True, sentence=_NODES, facts={"nodes": count})

    def _count(
        self, session: Session, row: type[Segment] | type[Suspense], state: str, sentence: str
    ) -> Finding:
        table = table_of(row)
        count = session.execute(
            select(func.count()).select_from(table).where(table.c.state == state)
        ).scalar_one()
        return Finding(holds=True, sentence=sentence, facts={"count": count})


_WHOLE = N_("%(journals)s journals with %(records)s records are whole, recomputed hash by hash.")
_BROKEN = N_(
    "The journal of node %(node)s, epoch %(epoch)s, was changed in this database: its records do "
    "not lead to its head. Restore the backup; the node still holds what was sent."
)
_WITNESSED = N_("%(count)s sales were seen on cards by other nodes and are in their journals.")
_CONTRADICTED = N_(
    "%(contradicted)s of %(count)s sales seen on cards are not what their nodes' journals say: a "
    "node was restored or copied. Compare its cards, and enrol it again."
)
_STOPPED = N_("Node %(node)s is stopped (%(reason)s) and waits for a person's decision.")
_NODES = N_("%(nodes)s vending points are known.")
_PARKED = N_("Segments that wait for earlier ones: %(count)s.")
_SUSPENSE = N_("Records that wait for a person: %(count)s.")
