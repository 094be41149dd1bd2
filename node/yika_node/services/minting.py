"""From a price to the bytes on the card, and from the intent alone to the same bytes again.

The intent record holds, or its place in the chain implies, every field of the credit record; the
same bytes can therefore be made again at any time, and the MAC in the intent proves that they are
the same.

==========================================  =======================================
field of the credit record                  comes from
==========================================  =======================================
meter, slot, service, key version, g, n, T  the intent
quota period                                the intent
quantity bought in it                       the intent: what is settled of the
                                            consumption, or used before plus quantity
heating year                                the intent: the year it paid
charged through, free day                   the intent
adjustments, parameters                     none
witness                                     node, epoch, seq and hash before it
time                                        the record's own time
issuing epoch                               :data:`ISSUING_EPOCH`
==========================================  =======================================

Where the card says something else, ``rest`` does: one byte that adds up which parts follow, then
those parts as the record lays them out; empty where the intent implies them all.

===  ========  ======================================
bit  bytes     part
===  ========  ======================================
1    32 to 39  quota period
2    40 to 45  quantity bought in it
4    46 to 51  heating year, charged through, free day
8    52 to 73  adjustments and debts
16   74 to 95  parameters
===  ========  ======================================
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from yika_common.cards.aes import MAC_SIZE, mac8
from yika_common.cards.record import (
    AppliedAdjustments,
    CreditRecord,
    MeterParameters,
    QuotaState,
    RecordWitness,
)
from yika_common.clock import from_timestamp
from yika_common.journal.bodies import Intent, Line
from yika_common.numbers import Quantity
from yika_node.db.journal import Position
from yika_node.services.errors import RecordNotRemade
from yika_node.services.keyring import HeldMeter
from yika_node.services.pricing import PricedLine
from yika_node.services.views import Account

ISSUING_EPOCH: Final = 1
"""Of the utility's keys, not of the node: it rises when all area keys are changed at once."""

_PARTS = (slice(32, 40), slice(40, 46), slice(46, 52), slice(52, 74), slice(74, 96))
_NO_ADJUSTMENTS, _NO_PARAMETERS = AppliedAdjustments(), MeterParameters()
_TARIFF_DIGEST_SIZE = 8
_WITNESS_HEAD_SIZE = 8


@dataclass(frozen=True, slots=True)
class Minting:
    """One meter's part of a basket, decided; only its place in the journal is missing."""

    account: Account
    card: str
    priced: PricedLine
    meter: HeldMeter

    def draft(self, index: int) -> Callable[[Position], Intent]:
        """What makes the intent at its place; ``index`` counts within the basket, from 0."""

        def at(position: Position) -> Intent:
            record = self._record(position)
            body = record.body()
            mac = mac8(self.meter.keys.credit, body).hex()
            intent = self._intent(position.seq - index if index else 0, record.quota, mac)
            rest = _rest(body, _record(intent, position).body())
            return replace(intent, rest=rest) if rest else intent

        return at

    def _record(self, position: Position) -> CreditRecord:
        """The record for the card."""
        line = self.priced.line
        return CreditRecord(
            meter_id=line.meter,
            slot=line.slot,
            service=line.service,
            key_version=self.meter.key_version,
            epoch=ISSUING_EPOCH,
            generation=line.generation,
            count=line.count,
            total=line.total,
            time=from_timestamp(position.at),
            quota=self._quota(),
            adjustments=self._adjustments(),
            parameters=self._parameters(),
            witness=_witness(position),
        )

    def _quota(self) -> QuotaState:
        line, shown = self.priced.line, self.priced.before
        return self.priced.quota or QuotaState(
            period=line.period,
            bought=Quantity(line.used + line.quote.quantity),
            heating_year=self.priced.heating_year,
            charged_through=shown.quota.charged_through if shown else 0,
            free_day=shown.quota.free_day if shown else 0,
        )

    def _adjustments(self) -> AppliedAdjustments:
        shown = self.priced.before
        return self.priced.adjustments or (shown.adjustments if shown else _NO_ADJUSTMENTS)

    def _parameters(self) -> MeterParameters:
        shown = self.priced.before
        return self.priced.parameters or (shown.parameters if shown else _NO_PARAMETERS)

    def _intent(self, basket: int, quota: QuotaState, mac: str) -> Intent:
        """The intent whose card record has this quota state and MAC, with an empty ``rest``."""
        line, shown = self.priced.line, self.priced.before
        before = (0, 0) if shown is None else shown.position
        return Intent(
            basket=basket,
            account=self.account.number,
            card=self.card,
            meter=line.meter,
            slot=line.slot,
            service=line.service,
            generation=line.generation,
            count=line.count,
            total=line.total,
            before_generation=before[0],
            before_count=before[1],
            quantity=line.quote.quantity,
            amount=line.quote.amount,
            residual=line.quote.residual,
            typed_by=line.by.value,
            typed=line.typed,
            tariff=line.tariff_id,
            tariff_version=line.tariff_version,
            tariff_digest=line.tariff_digest[:_TARIFF_DIGEST_SIZE].hex(),
            period=line.period,
            used_before=line.used,
            persons=self.account.persons,
            heated_area=self.account.area_m2 or 0,
            heating_year=line.heating_year or 0,
            charged_through=quota.charged_through,
            free_day=quota.free_day,
            lines=tuple(
                Line(part.code, part.step, part.quantity, part.price, part.amount)
                for part in line.quote.lines
            ),
            key_version=self.meter.key_version,
            mac=mac,
        )


def remade(intent: Intent, position: Position, meter: HeldMeter) -> bytes:
    """The bytes of a committed intent's card record, once more.

    ``position`` is the intent's own: its node, epoch, seq, time and the hash before it.

    Raises:
        RecordNotRemade: the keys held now do not give the MAC that the intent names.
    """
    data = _bytes(intent, position, meter.keys.credit)
    if meter.key_version != intent.key_version or data[-MAC_SIZE:].hex() != intent.mac:
        raise RecordNotRemade(number=f"{position.epoch}-{position.seq}")
    return data


def _bytes(intent: Intent, position: Position, key: bytes) -> bytes:
    body = _completed(_record(intent, position).body(), bytes.fromhex(intent.rest))
    return body + mac8(key, body)


def _rest(body: bytes, implied: bytes) -> str:
    """What completes the implied body to the actual one, in hex."""
    said, parts = 0, b""
    for bit, part in enumerate(_PARTS):
        if body[part] != implied[part]:
            said |= 1 << bit
            parts += body[part]
    return (bytes((said,)) + parts).hex() if said else ""


def _completed(implied: bytes, rest: bytes) -> bytes:
    """The actual body; a ``rest`` that is none gives bytes whose MAC is another."""
    said, parts, body = rest[:1], rest[1:], bytearray(implied)
    for bit, part in enumerate(_PARTS):
        if said and said[0] >> bit & 1:
            size = part.stop - part.start
            body[part], parts = parts[:size], parts[size:]
    return bytes(body)


def _record(intent: Intent, position: Position) -> CreditRecord:
    """The record, as far as the intent implies it."""
    return CreditRecord(
        meter_id=intent.meter,
        slot=intent.slot,
        service=intent.service,
        key_version=intent.key_version,
        epoch=ISSUING_EPOCH,
        generation=intent.generation,
        count=intent.count,
        total=Quantity(intent.total),
        time=from_timestamp(position.at),
        quota=QuotaState(
            period=intent.period,
            bought=Quantity(intent.consumed or intent.used_before + intent.quantity),
            heating_year=intent.heating_year,
            charged_through=intent.charged_through,
            free_day=intent.free_day,
        ),
        witness=_witness(position),
    )


def _witness(position: Position) -> RecordWitness:
    head = position.head[:_WITNESS_HEAD_SIZE]
    return RecordWitness(position.node, position.epoch, position.seq, head)
