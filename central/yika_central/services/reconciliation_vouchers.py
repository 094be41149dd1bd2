"""A voucher pays once, wherever: one that paid at two vending points is a line to look at.

A vending point refuses a voucher that it has taken before; of the others' it knows nothing.  What
was handed back, or set right, takes a use away again.  Such a record may come after the second
use: then a person finds that nothing was wrong.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, func, select

from yika_central.db.projections import Arrival, Arrived, Values, suspense_row
from yika_central.db.tables import Record, VoucherUse, table_of
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import RefundPaid
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import VOUCHER, Charged, Part, Tendered

USED_TWICE: Final = "voucher_twice"


def voucher_uses(
    connection: Connection, arrived: Sequence[Arrived], arrival: Arrival
) -> list[Values]:
    """The rows of ``voucher_use`` for these records, which are not stored yet."""
    here = {item.record.seq: item.record.body for item in arrived}
    rows: list[Values] = []
    for item in arrived:
        place = {
            "node": arrival.node,
            "epoch": arrival.epoch,
            "branch": arrival.branch,
            "seq": item.record.seq,
        }
        for part, times in _parts(connection, item.record.body, here, arrival):
            use = {"reference": part.reference, "times": times, "amount": part.given}
            rows.append(place | use)
    return rows


def vouchers_used_twice(
    connection: Connection, uses: Sequence[Values], arrival: Arrival
) -> list[Values]:
    """The rows of suspense for those of these uses, stored by now, whose voucher paid before."""
    table = table_of(VoucherUse)
    found: list[Values] = []
    for use in uses:
        if use["times"] < 0:
            continue
        standing = select(func.sum(table.c.times)).where(table.c.reference == use["reference"])
        if int(connection.execute(standing).scalar() or 0) > 1:
            found.append(
                suspense_row(
                    use,
                    USED_TWICE,
                    subject=use["reference"],
                    amount=use["amount"],
                    at=arrival.received_at,
                )
            )
    return found


def _parts(
    connection: Connection, body: object, here: Mapping[int, object], arrival: Arrival
) -> Iterator[tuple[Part, int]]:
    """The vouchers that a record pays with, 1 each, and whose payment it takes away, -1 each."""
    if isinstance(body, Tendered):
        vouchers = _vouchers(body.parts)
        if vouchers:
            of = here.get(body.receipt) or _record(connection, body.receipt, arrival)
            times = -1 if _hands_out(of) else 1
            yield from ((part, times) for part in vouchers)
    elif isinstance(body, PaymentCorrected):
        before, after = _vouchers(body.before), _vouchers(body.after)
        stays = {part.reference for part in before} & {part.reference for part in after}
        yield from ((part, -1) for part in before if part.reference not in stays)
        yield from ((part, 1) for part in after if part.reference not in stays)


def _vouchers(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if part.tender == VOUCHER and part.reference]


def _hands_out(body: object) -> bool:
    """Whether the first record of a payment gives money back."""
    return isinstance(body, RefundPaid) or (isinstance(body, Charged) and body.signed < 0)


def _record(connection: Connection, seq: int, arrival: Arrival) -> Body | object:
    """A payment's first record that came in an earlier run."""
    table = table_of(Record)
    line = connection.execute(
        select(table.c.line).where(
            table.c.node == arrival.node,
            table.c.epoch == arrival.epoch,
            table.c.branch == arrival.branch,
            table.c.seq == seq,
        )
    ).scalar()
    return None if line is None else decode_line(bytes(line)).body
