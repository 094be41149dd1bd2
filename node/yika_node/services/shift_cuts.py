"""A part of a shift ends where what prices rest on changes: the cut.

Source: H8 of the catalogue of functions, "each batch has one price basis".  The first act with
money in a shift after another program, other settings or another tariff came into force has a
``total`` record before it, in a commit of its own: what the shift came to since its opening or its
last cut, all of it on the basis before.  The record is the shift's new basis, so it is made once,
whatever is switched off between the two.
"""

import sqlite3
from collections.abc import Sequence

from yika_common.clock import from_timestamp
from yika_common.journal.cash_bodies import CUT, ShiftOpened, Summed, Totalled
from yika_common.journal.record import decode_line
from yika_node.db.shift_queries import ShiftRow, asking
from yika_node.db.shift_sums import Ask, figures
from yika_node.db.total_queries import cuts_of, next_batch
from yika_node.db.total_sums import less, total_at, with_rest
from yika_node.services.price_basis import changed
from yika_node.services.shift_views import Part


def cut(
    connection: sqlite3.Connection,
    here: int,
    operator: str,
    opened: tuple[int, int],
    basis: str,
) -> Totalled:
    """What the part of the operator's open shift that ends here came to.

    Args:
        connection: the writer's.
        here: the present epoch.
        operator: whose shift.
        opened: place of the record that opened it.
        basis: what prices rest on from here on.
    """
    ask = asking(connection)
    before = cuts_of(ask, opened)
    since = (before[-1].epoch, before[-1].seq) if before else opened
    found = figures(ask, operator, since)
    return Totalled(
        what=CUT,
        batch=next_batch(ask, CUT),
        opened=opened[1],
        epoch=0 if opened[0] == here else opened[0],
        basis=basis,
        sums=found.sums,
        tariffs=with_rest(found.tariffs),
        receipts=found.receipts.number,
        refunds=found.refunds,
        pending=found.pending,
    )


def shift_parts(
    ask: Ask, row: ShiftRow, sums: Sequence[Summed], receipts: int
) -> tuple[Part, ...]:
    """What a shift came to on each price basis, oldest first; nothing where it was never cut.

    The last part is what the whole came to beyond the others, so they add up to it.
    """
    parts, basis = list[Part](), ""
    for number, one in enumerate(cuts_of(ask, (row.epoch, row.seq)), 1):
        body = total_at(ask, one.epoch, one.seq)
        before = basis or _first_basis(ask, row)
        words = changed(before, body.basis)
        parts.append(Part(number, from_timestamp(one.at), words, body.sums, body.receipts))
        basis = body.basis
    if not parts:
        return ()
    rest = less(sums, [one for part in parts for one in part.sums])
    counted = receipts - sum(part.receipts for part in parts)
    return (*parts, Part(len(parts) + 1, None, (), rest, counted))


def _first_basis(ask: Ask, row: ShiftRow) -> str:
    ((line,),) = ask("SELECT line FROM record WHERE epoch = ? AND seq = ?", (row.epoch, row.seq))
    body = decode_line(bytes(line)).body
    assert isinstance(body, ShiftOpened), "the table names the record that opened the shift"
    return body.basis
