"""Checking a receipt from the text of its code: everything printed is computed once more.

The code holds the journal's own records of the payment, signed by the node
(:mod:`yika_common.journal.excerpt`).  The signature leads back to the root by the node's
certificate; every line's amount must be its quantity times its price, the lines must add up, and,
where the signed tariff is at hand, the tariff must ask just these lines of the purchase.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields

from yika_common.clock import from_timestamp
from yika_common.errors import Phrase, YikaError
from yika_common.journal.bodies import PURCHASE, Intent, Line
from yika_common.journal.errors import ExcerptMalformed
from yika_common.journal.excerpt import Excerpt, ExcerptHeader, excerpt_header, open_excerpt
from yika_common.journal.record import Record, txn_id
from yika_common.numbers import Money, Quantity, money_to_text, quantity_to_text
from yika_common.signing.signed_file import SignedFile
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import CertificateMissing
from yika_common.sync.messages import (
    CERTIFICATE_TYPE,
    TARIFF_TYPE,
    Certificate,
    open_certificate,
    open_tariff,
)
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.document import parse_tariff
from yika_common.tariffs.facts import Claim
from yika_common.tariffs.lines import fee_line, step_line
from yika_common.tariffs.mixture import named_beside
from yika_common.tariffs.model import Tariff
from yika_common.tariffs.situation import usage_claimed
from yika_common.values import dataclass

_CHARGE, _ENDED = "charge", "life"
_DIGEST_NAMED = 8
"""Bytes of a tariff file's digest that a purchase names."""


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One meter's part of a receipt; ``checked`` says whether its tariff was at hand."""

    record: Record
    intent: Intent
    txn_id: str
    checked: bool

    def members(self) -> dict[str, object]:
        """The line as JSON, in the figures that the receipt prints.

        A refund names, under ``gives_back``, the record of the purchase in the same journal;
        where two classes share the meter, ``mixed`` names the second one's tariff and percent.
        """
        intent = self.intent
        return {
            "meter": intent.meter,
            "service": str(intent.service),
            "quantity": quantity_to_text(Quantity(intent.quantity)),
            "amount": money_to_text(Money(intent.amount)),
            "adjusted": money_to_text(Money(intent.adjusted)),
            "debts": money_to_text(Money(sum(debt.amount for debt in intent.debts))),
            "kept": money_to_text(Money(intent.kept)),
            "rounding": money_to_text(Money(intent.rounding)),
            "paid": money_to_text(Money(intent.paid)),
            "change": money_to_text(Money(intent.residual)),
            "tariff": f"{intent.tariff} v{intent.tariff_version}",
            **({"mixed": intent.mixed} if intent.mixed else {}),
            "repriced": self.checked,
            "transaction": self.txn_id,
        } | ({"gives_back": intent.refunds} if intent.refunds else {})


@dataclass(frozen=True, slots=True)
class ReceiptVerdict:
    """What was found of one receipt: of purchases, or of ``charges`` beside them.

    Those of an account's end follow the record that ended it.
    """

    node: str
    epoch: int
    first: int
    head: str
    lines: tuple[PaidLine, ...]
    trusted: bool
    problems: tuple[Phrase, ...]
    charges: tuple[Record, ...] = ()

    @property
    def ok(self) -> bool:
        """Signed by a node that the root vouches for, and every figure right."""
        return self.trusted and not self.problems

    def members(self, say: Callable[[Phrase], str]) -> dict[str, object]:
        """The verdict as the JSON object that ``yika verify --qr`` prints."""
        record = self.charges[0] if self.charges else self.lines[0].record
        about = _beside(self.charges) if self.charges else self._purchases()
        return {
            "receipt": f"{self.node}-{self.epoch}-{self.first:06}",
            "node": self.node,
            "epoch": self.epoch,
            "at": record.ts,
            "operator": record.operator,
            **about,
            "head": self.head,
            "trust": "root" if self.trusted else "none",
            "ok": self.ok,
            "problems": [say(problem) for problem in self.problems],
        }

    def _purchases(self) -> dict[str, object]:
        first = self.lines[0].intent
        return {
            "account": first.account,
            "card": first.card,
            "paid": money_to_text(Money(sum(line.intent.paid for line in self.lines))),
            "lines": [line.members() for line in self.lines],
        }


def charge_members(record: Record) -> dict[str, object]:
    """What a receipt beside purchases says; ``paid`` is below zero where money was handed out."""
    from yika_common.journal.till_bodies import Charged  # noqa: PLC0415 - most are of purchases

    body = record.body
    assert isinstance(body, Charged), "whoever calls has looked"
    return {
        "account": body.account,
        "what": body.what,
        "amount": money_to_text(Money(body.amount)),
        "tax": money_to_text(Money(body.tax)),
        "paid": money_to_text(Money(body.signed)),
    }


class Evidence:
    """What is at hand to check receipts with: certificates and tariffs; ``root`` is whom to trust.

    Without a root everything else is checked, and nothing is trusted.
    """

    def __init__(self, root: TrustRoot | None) -> None:
        self._root = root
        self._certificates: dict[tuple[str, int], tuple[Certificate, bool]] = {}
        self._tariffs: dict[str, Tariff] = {}

    def take(self, file: SignedFile) -> None:
        """Take a certificate or a tariff in; other files are passed over.

        Raises:
            YikaError: it is one that the root does not vouch for, and it is left aside.
        """
        if file.payload_type == CERTIFICATE_TYPE:
            self._take_certificate(file)
        elif file.payload_type == TARIFF_TYPE and self._root is not None:
            tariff = parse_tariff(open_tariff(file, self._root))
            self._tariffs[tariff.digest[:_DIGEST_NAMED].hex()] = tariff

    def judge(self, file: SignedFile) -> ReceiptVerdict:
        """What the excerpt on a receipt is worth; ``file`` as read from the code.

        Raises:
            CertificateMissing: none is of this node and epoch, so nothing can be checked.
            SignatureInvalid, WrongKind, TooFewSignatures, SegmentForAnother, ExcerptMalformed: it
                is no receipt of that node.
        """
        header = excerpt_header(file)
        known = self._certificates.get((header.node, header.epoch))
        if known is None:
            raise CertificateMissing(node=header.node, epoch=header.epoch)
        certificate, trusted = known
        excerpt = open_excerpt(file, certificate.key, node=header.node, epoch=header.epoch)
        problems: list[Phrase] = []
        charges = _charges_of(excerpt)
        lines = () if charges else tuple(_lines(excerpt, self._tariffs, problems))
        return ReceiptVerdict(
            node=header.node,
            epoch=header.epoch,
            first=header.first,
            head=excerpt.heads[-1].hex(),
            lines=lines,
            trusted=trusted,
            problems=tuple(problems),
            charges=charges,
        )

    def _take_certificate(self, file: SignedFile) -> None:
        if self._root is None:
            certificate, trusted = Certificate.parse(file.payload, limit=64 << 10), False
        else:
            certificate, trusted = open_certificate(file, self._root), True
        self._certificates[certificate.node, certificate.epoch] = certificate, trusted


def _charges_of(excerpt: Excerpt) -> tuple[Record, ...]:
    """The records of a receipt beside purchases; nothing where it is of purchases."""
    first, *others = excerpt.records
    begins = first.body.kind == _ENDED or (first.body.kind == _CHARGE and not others)
    whole = begins and all(record.body.kind == _CHARGE for record in others)
    return excerpt.records if whole else ()


def _beside(records: tuple[Record, ...]) -> dict[str, object]:
    """What a receipt beside purchases says: of one charge, or of all that an end settled."""
    first = records[0].body
    if first.kind == _CHARGE:
        return charge_members(records[0])
    told = [charge_members(record) for record in records[1:]]
    # The journal counts what goes out at an account's end, a receipt what was paid.
    paid = Money(-int(getattr(first, "amount", 0)))
    return {
        "account": getattr(first, "account", ""),
        "what": first.kind,
        "paid": money_to_text(paid),
        "lines": told,
    }


def _lines(
    excerpt: Excerpt, tariffs: Mapping[str, Tariff], problems: list[Phrase]
) -> Iterable[PaidLine]:
    for record, head in zip(excerpt.records, excerpt.heads, strict=True):
        intent = record.body
        if not isinstance(intent, Intent):
            raise ExcerptMalformed(why=Phrase("one of its records is no purchase"))
        if (intent.basket or record.seq) != excerpt.header.first:
            raise ExcerptMalformed(why=Phrase("its records are of several payments"))
        problems += _sums(record.seq, intent)
        # A refund is priced as its purchase was, which stands elsewhere.
        held = intent.act == PURCHASE and _named(intent) <= tariffs.keys()
        if held:
            problems += _priced(record, intent, tariffs, excerpt.header)
        yield PaidLine(record, intent, txn_id(head), checked=held)


def _named(intent: Intent) -> set[str]:
    """The digests of the tariffs that the purchase names."""
    beside = named_beside(intent.mixed)
    return {intent.tariff_digest} | ({beside.digest} if beside is not None else set())


def _sums(seq: int, intent: Intent) -> Iterable[Phrase]:
    for number, line in enumerate(intent.lines, start=1):
        if _amount(line) != line.amount:
            yield Phrase(
                "record %(seq)s: line %(line)s is not its quantity times its price",
                seq=seq,
                line=number,
            )
    if sum(line.amount for line in intent.lines) != intent.amount:
        yield Phrase("record %(seq)s: the amount is not the sum of its lines", seq=seq)


def _amount(line: Line) -> int:
    """Quantity times price, rounded half up; a line below zero mirrors the one above."""
    price, quantity = abs(line.price), abs(line.quantity)
    if line.step:
        amount = step_line(line.code, line.step, quantity, price).amount
    else:
        amount = fee_line(line.code, quantity, price).amount
    return amount if (line.price < 0) == (line.quantity < 0) else -amount


def _priced(
    record: Record, intent: Intent, tariffs: Mapping[str, Tariff], header: ExcerptHeader
) -> Iterable[Phrase]:
    try:
        tariff = _together(intent, tariffs)
        asked = _lines_asked(record, intent, tariff, header)
    except YikaError as refusal:
        yield Phrase(
            "record %(seq)s: the tariff has no price for it: %(why)s",
            seq=record.seq,
            why=refusal.as_phrase(),
        )
        return
    if asked != intent.lines:
        yield Phrase(
            "record %(seq)s: tariff %(tariff)s version %(version)s asks another price",
            seq=record.seq,
            tariff=tariff.id,
            version=tariff.version,
        )


def _together(intent: Intent, tariffs: Mapping[str, Tariff]) -> Tariff:
    """The tariff, or the two as one price where two classes share the meter.

    Raises:
        CannotBeMixed: they cannot.
    """
    first, beside = tariffs[intent.tariff_digest], named_beside(intent.mixed)
    if beside is None:
        return first
    from yika_common.tariffs.mixing import mixed  # noqa: PLC0415 - few meters are shared

    return mixed(first, tariffs[beside.digest], beside.percent)


def _lines_asked(
    record: Record, intent: Intent, tariff: Tariff, header: ExcerptHeader
) -> tuple[Line, ...]:
    """What the tariff asks for the purchase, on all that the node assumed."""
    opened = header.opened
    opened_on = from_timestamp(opened).astimezone(tariff.zone).date() if opened else None
    at = from_timestamp(record.ts)
    holders = bool(header.holders)
    usage = usage_claimed(tariff, claim_of(intent), at, opened_on=opened_on, holders=holders)
    return tuple(
        Line(line.code, line.step, line.quantity, line.price, line.amount)
        for line in Charges(tariff, usage).lines(intent.quantity)
    )


def claim_of(intent: Intent) -> Claim:
    """What the node assumed as it priced the purchase."""
    return Claim(**{field.name: getattr(intent, field.name) for field in fields(Claim)})
