"""The evidence pack of a complaint: what the journal says of it, for a person and for a check.

For a receipt it has each meter's line: what the card showed before and after, whether the record
was read back, by which tariff it was priced; what the meters told through cards around then; and
which papers were printed.  As a file it is the page, the exact lines of the journal with the
complaint's own, and the same lines as signed files that ``yika verify`` checks with the vending
point's certificate: changed by one letter they are refused.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from yika_common.journal.bodies import Intent, Sale, Superseded
from yika_common.journal.record import decode_line

if TYPE_CHECKING:
    from yika_node.db.queries import Queries
    from yika_node.services.account_desk import AccountDesk
    from yika_node.services.complaint_desk import Complaint
    from yika_node.services.enquiries import Enquiries
    from yika_node.services.payments import Receipt
    from yika_node.services.photographs import Photo
    from yika_node.services.reprints import Papers
    from yika_node.services.segments import Cutter
    from yika_node.services.standing import Standing
    from yika_node.services.views import ReadingRow, SaleRow

READINGS: Final = 3
"""The newest words of each meter that a pack shows."""

SALES: Final = 10
"""The newest sales that a pack of a whole account shows."""

RECORDS: Final = 200
"""So many records after an intent its outcome is looked for, and a signed excerpt holds at most.

A sale that was finished later, when its card came back, shows its state without that record.
"""

_STAMP: Final = (1980, 1, 1, 0, 0, 0)
_CHALLENGE: Final = "00" * 16


class Sources(NamedTuple):
    """What a pack is gathered from."""

    queries: Queries
    enquiries: Enquiries
    accounts: AccountDesk
    standing: Standing
    cutter: Cutter


class CardSide(NamedTuple):
    """A slot of the card at one purchase: before it, and as it was written.

    ``outcome`` is the record that says how the intent ended, None where none follows soon.
    """

    intent: int
    meter: str
    slot: int
    generation_before: int
    purchase_before: int
    generation: int
    purchase: int
    total: int
    outcome: int | None


class Pack(NamedTuple):
    """What bears on a complaint; without a receipt, the account's newest ``sales``."""

    receipt: Receipt | None
    sides: tuple[CardSide, ...]
    papers: Papers | None
    readings: tuple[ReadingRow, ...]
    sales: tuple[SaleRow, ...]


def gather(here: Sources, complaint: Complaint, papers_of: Callable[[int, int], Papers]) -> Pack:
    """Everything that this journal says.

    Raises:
        SaleUnknown, AccountUnknown: what it is of is not here any more.
    """
    if not complaint.receipt:
        account = here.accounts.get(complaint.account)
        meters = [meter.meter for meter in account.meters]
        sales = here.enquiries.sales(account=account.number, limit=SALES).rows
        return Pack(None, (), None, _readings(here, meters), tuple(sales))
    receipt = here.enquiries.receipt(complaint.of_epoch, complaint.receipt)
    sides = tuple(_side(here, line.sale.epoch, line.sale.seq) for line in receipt.lines)
    return Pack(
        receipt,
        sides,
        papers_of(receipt.epoch, receipt.basket),
        _readings(here, [side.meter for side in sides]),
        (),
    )


def zipped(
    here: Sources,
    complaint: Complaint,
    pack: Pack,
    page: bytes,
    photos: Sequence[tuple[Photo, bytes]] = (),
) -> bytes:
    """The pack as a ZIP file; the same pack makes the same lines.

    The photographs are in it with the records that name their SHA-256.

    Raises:
        VaultLocked, NotEnrolled: nothing can be signed.
    """
    ranges = [*_ranges(here, complaint, pack), *_photographed(here, photos)]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        _put(file, f"{complaint.number}.html", page)
        _put(file, "records.jsonl", b"".join(_lines(here, complaint.epoch, ranges)))
        _put(file, "signed/node.cert", here.standing.membership.certificate_file)
        for photo, content_of in photos:
            _put(file, photo.name, content_of)
        for first, last in ranges:
            cut = here.cutter.cut(first - 1, last - first + 1, _CHALLENGE)
            _put(file, f"signed/{first}-{cut.last}.segment", cut.file.to_bytes())
    return content.getvalue()


def _put(file: zipfile.ZipFile, name: str, content: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, _STAMP), content, zipfile.ZIP_DEFLATED)


def _ranges(here: Sources, complaint: Complaint, pack: Pack) -> Sequence[tuple[int, int]]:
    """Runs of records of this epoch: the payment up to its last outcome, and the complaint.

    Records of an earlier epoch were signed by a key that this vending point no longer has.
    """
    epoch = here.standing.membership.epoch
    found = [(complaint.seq, complaint.seq)] if complaint.epoch == epoch else []
    if pack.receipt is not None and pack.receipt.epoch == epoch:
        first = pack.receipt.basket
        ends = [side.outcome or side.intent for side in pack.sides]
        found.insert(0, (first, min(max(ends), first + RECORDS - 1)))
    return found


def _photographed(
    here: Sources, photos: Sequence[tuple[Photo, bytes]]
) -> Sequence[tuple[int, int]]:
    epoch = here.standing.membership.epoch
    return [(photo.seq, photo.seq) for photo, _ in photos if photo.epoch == epoch]


def _lines(here: Sources, epoch: int, ranges: Sequence[tuple[int, int]]) -> Sequence[bytes]:
    return [
        record.line
        for first, last in ranges
        for record in here.queries.records(epoch, first, last - first + 1)
    ]


def _side(here: Sources, epoch: int, seq: int) -> CardSide:
    record = here.queries.record(epoch, seq)
    assert record is not None, "a sale is a record"
    body = decode_line(record.line).body
    assert isinstance(body, Intent), "of an intent"
    return CardSide(
        intent=seq,
        meter=body.meter,
        slot=body.slot,
        generation_before=body.before_generation,
        purchase_before=body.before_count,
        generation=body.generation,
        purchase=body.count,
        total=body.total,
        outcome=_outcome(here, epoch, seq),
    )


def _outcome(here: Sources, epoch: int, intent: int) -> int | None:
    for record in here.queries.records(epoch, intent + 1, RECORDS):
        body = decode_line(record.line).body
        if isinstance(body, (Sale, Superseded)) and (body.intent, body.epoch) == (intent, 0):
            return record.seq
    return None


def _readings(here: Sources, meters: Sequence[str]) -> tuple[ReadingRow, ...]:
    found: list[ReadingRow] = []
    for meter in dict.fromkeys(meters):
        found += here.enquiries.readings(meter=meter, limit=READINGS).rows
    return tuple(found)
