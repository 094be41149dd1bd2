"""Checking journals from their files alone: what any stranger can find out, and nothing on trust.

Certificates come first, then segments and acknowledgements in any order, any number of times; then
each journal (node and epoch) gets its verdict.  A journal is in order when its certificate leads
back to the root, its records form one chain from the certificate on without gap or second version,
what headquarters acknowledged is there, every amount is the sum of its lines, and every refund
gives back one purchase of the journal, all of it, once.

Money is counted by intents: an intent is money taken, whatever became of it afterwards; a refund's
is money handed out once a record says so.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import field
from typing import NamedTuple

from yika_common.errors import Phrase, YikaError
from yika_common.journal.bodies import PURCHASE, REFUND, Intent, Sale, Superseded
from yika_common.journal.card_bodies import RefundPaid
from yika_common.journal.record import Record, Unknown, genesis
from yika_common.journal.segment import SEGMENT_TYPE, Segment, header_of, open_segment
from yika_common.signing.signed_file import SignedFile
from yika_common.signing.trust import TrustRoot
from yika_common.sync.key_bundle import KEYS_TYPE
from yika_common.sync.messages import (
    ACK_TYPE,
    CERTIFICATE_TYPE,
    MANIFEST_TYPE,
    TARIFF_TYPE,
    Ack,
    Certificate,
    open_ack,
    open_certificate,
    open_manifest,
    open_tariff,
)
from yika_common.values import dataclass

TRUST_ROOT = "root"
TRUST_NONE = "none"
PROBLEMS_MAX = 100
"""Problems listed for one journal; the rest would say the same again."""

Position = tuple[str, int]
"""A journal: node and epoch."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one journal; ``amount`` in minor units, ``gaps`` with both ends."""

    node: str
    epoch: int
    first: int
    last: int
    records: int
    sales: int
    refunds: int
    """Purchases given back whose money was handed out."""
    open: int
    """Intents without an outcome so far: money owed, which is not wrong."""
    amount: int
    gaps: tuple[tuple[int, int], ...]
    head: str
    trust: str
    problems: tuple[Phrase, ...]

    @property
    def ok(self) -> bool:
        """Whether all is there, whole and trusted."""
        return self.trust == TRUST_ROOT and not self.gaps and not self.problems

    def members(self, say: Callable[[Phrase], str]) -> dict[str, object]:
        """The verdict as the JSON object that ``yika verify`` prints; ``say`` words a problem."""
        return {
            "node": self.node,
            "epoch": self.epoch,
            "from": self.first,
            "to": self.last,
            "records": self.records,
            "sales": self.sales,
            "refunds": self.refunds,
            "open": self.open,
            "amount": self.amount,
            "gaps": [list(gap) for gap in self.gaps],
            "head": self.head,
            "trust": self.trust,
            "ok": self.ok,
            "problems": [say(problem) for problem in self.problems],
        }


class _Given(NamedTuple):
    """What an intent gave, or with a refund gives back; ``refunds`` is the purchase's seq."""

    act: str
    refunds: int
    meter: str
    position: tuple[int, int]
    total: int
    credited: int
    amount: int
    paid: int

    @classmethod
    def by(cls, body: Intent) -> "_Given":
        return cls(
            body.act,
            body.refunds,
            body.meter,
            (body.generation, body.count),
            body.total,
            body.quantity + body.adjusted_quantity,
            body.amount,
            body.paid,
        )

    def gives_back(self, purchase: "_Given") -> bool:
        """Whether this is a refund of that purchase, and of all of it."""
        generation, count = purchase.position
        return purchase.act == PURCHASE and self == _Given(
            REFUND,
            self.refunds,
            purchase.meter,
            (generation, count + 1),
            purchase.total - purchase.credited,
            -purchase.credited,
            -purchase.amount,
            -purchase.paid,
        )


@dataclass(slots=True)
class _Journal:
    """What has been gathered of one journal."""

    certificates: dict[bytes, tuple[Certificate, bool]] = field(default_factory=dict)
    """Payload to what it says, and whether the root vouches for it."""
    heads: dict[int, bytes] = field(default_factory=dict)
    before: dict[int, set[bytes]] = field(default_factory=dict)
    """Seq of a segment's first record to the hashes stated before it."""
    intents: dict[int, _Given] = field(default_factory=dict)
    paid: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Seq of a refund of this journal to the record that pays it out, and the money."""
    acks: list[Ack] = field(default_factory=list)
    problems: list[Phrase] = field(default_factory=list)

    def complain(self, problem: Phrase) -> None:
        if problem not in self.problems and len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)


class Audit:
    """Gathers files and judges the journals in them."""

    def __init__(self, root: TrustRoot | None) -> None:
        self._root = root
        self._journals: dict[Position, _Journal] = {}
        self._settled: set[tuple[str, int, int]] = set()
        """Node, epoch and seq of intents that have an outcome."""

    def take(self, file: SignedFile) -> None:
        """Take one file in; certificates must come before the segments they certify.

        Raises:
            YikaError: the file is refused, with the reason.  What can be laid to a journal is also
                among the problems of its verdict.
        """
        if file.payload_type == CERTIFICATE_TYPE:
            self._take_certificate(file)
        elif file.payload_type == SEGMENT_TYPE:
            self._take_segment(file)
        elif self._root is not None:
            self._take_message(file, self._root)

    def verdicts(self) -> tuple[Verdict, ...]:
        """One verdict per journal, by node and epoch."""
        return tuple(self._judge(*position) for position in sorted(self._journals))

    def _take_message(self, file: SignedFile, root: TrustRoot) -> None:
        if file.payload_type == ACK_TYPE:
            ack = open_ack(file, root)
            self._journal(ack.node, ack.epoch).acks.append(ack)
        elif file.payload_type == MANIFEST_TYPE:
            open_manifest(file, root)
        elif file.payload_type == TARIFF_TYPE:
            open_tariff(file, root)
        elif file.payload_type == KEYS_TYPE:
            root.check("registry", file, payload_type=KEYS_TYPE)

    def _journal(self, node: str, epoch: int) -> _Journal:
        return self._journals.setdefault((node, epoch), _Journal())

    def _take_certificate(self, file: SignedFile) -> None:
        """A certificate the root does not vouch for still says which key to check with."""
        certificate = Certificate.parse(file.payload, limit=64 << 10)
        _ = certificate.key
        journal = self._journal(certificate.node, certificate.epoch)
        if self._root is None:
            journal.certificates.setdefault(file.payload, (certificate, False))
            return
        try:
            open_certificate(file, self._root)
        except YikaError as refusal:
            journal.certificates.setdefault(file.payload, (certificate, False))
            journal.complain(Phrase("certificate: %(why)s", why=refusal.as_phrase()))
            raise
        journal.certificates[file.payload] = (certificate, True)

    def _take_segment(self, file: SignedFile) -> None:
        header = header_of(file)
        journal = self._journal(header.node, header.epoch)
        where = {"first": header.first, "last": header.last}
        if not journal.certificates:
            journal.complain(
                Phrase(
                    "segment %(first)s to %(last)s: no certificate of this journal was given",
                    **where,
                )
            )
            return
        certificate = self._certificate(journal, file)
        try:
            segment = open_segment(file, certificate.key, node=header.node, epoch=header.epoch)
        except YikaError as refusal:
            journal.complain(
                Phrase("segment %(first)s to %(last)s: %(why)s", **where, why=refusal.as_phrase())
            )
            raise
        self._gather(journal, segment)

    def _certificate(self, journal: _Journal, file: SignedFile) -> Certificate:
        """The one to check with: vouched for if any is, then with the key said to have signed."""
        known = sorted(journal.certificates.values(), key=lambda entry: not entry[1])
        vouched = [certificate for certificate, trusted in known if trusted == known[0][1]]
        said = {signature.keyid for signature in file.signatures}
        fitting = [certificate for certificate in vouched if certificate.key.keyid in said]
        return (fitting or vouched)[0]

    def _gather(self, journal: _Journal, segment: Segment) -> None:
        header = segment.header
        journal.before.setdefault(header.first, set()).add(bytes.fromhex(header.prev))
        for record, head in zip(segment.records, segment.heads, strict=True):
            known = journal.heads.setdefault(record.seq, head)
            if known != head:
                journal.complain(
                    Phrase("record %(seq)s and what follows exist in two versions", seq=record.seq)
                )
                return
            self._read(journal, header.node, header.epoch, record)

    def _read(self, journal: _Journal, node: str, epoch: int, record: Record) -> None:
        body = record.body
        if isinstance(body, Unknown):
            journal.complain(
                Phrase("record %(seq)s cannot be read: %(why)s", seq=record.seq, why=body.why)
            )
        elif isinstance(body, Intent):
            journal.intents[record.seq] = _Given.by(body)
            if body.amount != sum(line.amount for line in body.lines):
                journal.complain(
                    Phrase(
                        "record %(seq)s: the amount is not the sum of its lines", seq=record.seq
                    )
                )
        elif isinstance(body, RefundPaid):
            refund = self._journal(node, body.epoch or epoch)
            if refund.paid.setdefault(body.intent, (record.seq, body.amount))[0] != record.seq:
                journal.complain(
                    Phrase("record %(seq)s pays a refund out a second time", seq=record.seq)
                )
        elif isinstance(body, Sale | Superseded):
            self._settled.add((node, body.epoch or epoch, body.intent))

    def _judge(self, node: str, epoch: int) -> Verdict:
        journal = self._journals[node, epoch]
        trusted = [payload for payload, (_, vouched) in journal.certificates.items() if vouched]
        if len(journal.certificates) > 1:
            journal.complain(Phrase("there are several certificates for this journal"))
        self._check_links(journal, trusted)
        end = max(journal.heads, default=0)
        for ack in journal.acks:
            end = max(end, ack.upto)
            held = journal.heads.get(ack.upto)
            if held is not None and held.hex() != ack.head:
                journal.complain(
                    Phrase("headquarters acknowledged another record %(seq)s", seq=ack.upto)
                )
        if not journal.before:
            journal.complain(Phrase("no segment of this journal could be taken"))
        self._check_refunds(node, epoch, journal)
        last = max(journal.heads, default=0)
        settled = sum((node, epoch, seq) in self._settled for seq in journal.intents)
        return Verdict(
            node=node,
            epoch=epoch,
            first=min(journal.heads, default=0),
            last=last,
            records=len(journal.heads),
            sales=sum(given.act == PURCHASE for given in journal.intents.values()),
            refunds=sum(seq in journal.intents for seq in journal.paid),
            open=len(journal.intents) - settled,
            amount=sum(
                given.amount
                for seq, given in journal.intents.items()
                if given.act != REFUND or seq in journal.paid
            ),
            gaps=tuple(_gaps(journal.heads, end)),
            head=journal.heads[last].hex() if last else "",
            trust=TRUST_ROOT if trusted else TRUST_NONE,
            problems=tuple(journal.problems),
        )

    def _check_refunds(self, node: str, epoch: int, journal: _Journal) -> None:
        """Every refund is of all of one purchase, once, and on the card before it is paid out."""
        written = {seq for seq in journal.intents if (node, epoch, seq) in self._settled}
        before: set[int] = set()
        for seq, given in sorted(journal.intents.items()):
            if given.act != REFUND:
                continue
            purchase = journal.intents.get(given.refunds)
            # What stands in a gap may be the purchase.
            missing = purchase is None and given.refunds not in journal.heads
            whole = missing or (purchase is not None and given.gives_back(purchase))
            if not whole or given.refunds in before:
                journal.complain(
                    Phrase("record %(seq)s gives back what was not bought like that", seq=seq)
                )
            if seq in written:
                before.add(given.refunds)
        for seq, (paid_in, money) in sorted(journal.paid.items()):
            refund = journal.intents.get(seq)
            owed = refund is not None and refund.act == REFUND and money == -refund.paid
            if seq in journal.heads and not (owed and seq in written):
                journal.complain(
                    Phrase("record %(seq)s pays out what no refund on a card owes", seq=paid_in)
                )

    def _check_links(self, journal: _Journal, trusted: list[bytes]) -> None:
        payloads = trusted or list(journal.certificates)
        for first, stated in sorted(journal.before.items()):
            known = (
                genesis(payloads[0]) if first == 1 and payloads else journal.heads.get(first - 1)
            )
            if known is not None and stated != {known}:
                journal.complain(
                    Phrase("record %(seq)s does not continue what stands before it", seq=first)
                )


def _gaps(seqs: Iterable[int], end: int) -> Iterator[tuple[int, int]]:
    """The runs of missing numbers from 1 to ``end``, both ends included."""
    expected = 1
    for seq in sorted(seqs):
        if seq > expected:
            yield expected, seq - 1
        expected = seq + 1
    if expected <= end:
        yield expected, end
