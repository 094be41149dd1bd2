"""How many bytes a one-meter sale costs on the line: its intent and its sale record together.

Value: the bodies that a node posts for so many sales: signed segments, as long as they may be, in
transport coding.  Limit: what no coding can shorten, because it is random or a hash to whoever
reads it first:

=========================  =====================
the card record's MAC      8 bytes a sale
the segment's signature    64 bytes a segment
the hash before it         32 bytes a segment
the exchange's challenge   16 bytes a segment
the process' incarnation   8 bytes a segment
=========================  =====================

Who bought what, when and for how much is in the value and not in the limit.
"""

import functools
import gzip
import random
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result
from bench.traffic import NODE, Town
from journals import NODE_KEY, a_certificate
from yika_common.clock import to_timestamp
from yika_common.journal.bodies import Sale as SaleBody
from yika_common.journal.body import Body
from yika_common.journal.coding import decode_transport, encode_transport
from yika_common.journal.record import chain, encode_line, genesis
from yika_common.journal.segment import RECORDS_MAX, build_segment
from yika_node.db.journal import Position

SIZES = (1, 10, 200, 1000)
HOUSEHOLDS = 400
MAC_SIZE = 8
SEGMENT_SIZES = {"signature": 64, "hash": 32, "challenge": 16, "incarnation": 8}

_EARLIER = 2000
_SECONDS_AT_THE_CARD = 3


def sync_bytes(_folder: Path) -> Iterator[Result]:
    """One result for each number of sales in one exchange."""
    journal = _Journal(Town(HOUSEHOLDS), _EARLIER)
    for sales in SIZES:
        segments = list(journal.segments(sales))
        bodies = [encode_transport(segment) for segment in segments]
        if [decode_transport(body) for body in bodies] != segments:
            raise RuntimeError("the transport coding does not give the bytes back")
        macs = MAC_SIZE * sales
        fixed = sum(SEGMENT_SIZES.values()) * len(segments)
        plain = sum(map(len, segments)) / sales
        gzipped = sum(len(gzip.compress(segment, 9)) for segment in segments) / sales
        yield Result(
            bench=f"sync_bytes_{sales}",
            value=sum(map(len, bodies)) / sales,
            unit="bytes/sale",
            limit=(macs + fixed) / sales,
            note=(
                f"{sales} one-meter sales (intent and sale) in {len(segments)} segment(s); limit: "
                f"what is random or a hash: MACs {MAC_SIZE} a sale, signature, hash, challenge "
                f"and incarnation {fixed / sales:.1f} a sale; plain {plain:.1f}, "
                f"gzip -9 {gzipped:.1f} bytes a sale"
            ),
        )


class _Journal:
    """The lines of a town's sales, behind a history that is already acknowledged."""

    def __init__(self, town: Town, earlier: int) -> None:
        self._sales = town.sales()
        self._draw = random.Random(4)  # noqa: S311 - no secret, and the same every time
        self._head = genesis(a_certificate(NODE).to_bytes())
        self._seq = self._at = 0
        for _ in range(earlier):
            self._sold()

    def segments(self, sales: int) -> Iterator[bytes]:
        """The next sales' segments, each signed for an exchange of its own."""
        lines, prev, first = [], self._head, self._seq + 1
        for _ in range(sales):
            lines += self._sold()
        for start in range(0, len(lines), RECORDS_MAX):
            part = lines[start : start + RECORDS_MAX]
            file = build_segment(
                part,
                NODE_KEY,
                node=NODE,
                epoch=1,
                first=first + start,
                prev=prev,
                ack_count=self._draw.randrange(100, 1000),
                incarnation=self._draw.randbytes(8).hex(),
                at=self._at + 5,
                manifest=7,
                challenge=self._draw.randbytes(16).hex(),
                software="yika 0.1.0",
            )
            prev = functools.reduce(chain, part, prev)
            yield file.to_bytes()

    def _sold(self) -> list[bytes]:
        """The two lines of the town's next sale."""
        sale = next(self._sales)
        self._at = to_timestamp(sale.at)
        position = Position(NODE, 1, self._seq + 1, self._head, self._at)
        intent = self._add(sale.operator, sale.minting.draft(0)(position))
        self._at += self._draw.randrange(1, 1 + _SECONDS_AT_THE_CARD)
        return [intent, self._add(sale.operator, SaleBody(intent=position.seq))]

    def _add(self, operator: str, body: Body) -> bytes:
        self._seq += 1
        line = encode_line(self._seq, self._at, operator, body)
        self._head = chain(self._head, line)
        return line
