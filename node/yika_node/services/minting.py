"""From a price to the bytes on the card, and from the intent alone to the same bytes again.

The intent record holds, or its place in the chain implies, every field of the credit record; the
same bytes can therefore be made again at any time, and the MAC in the intent proves that they are
the same.

==========================================  =======================================
field of the credit record                  comes from
==========================================  =======================================
meter, slot, service, key version, g, n, T  the intent
quota period, quantity bought in it         the intent: used before plus quantity
heating year, adjustments, parameters       ``rest``, bytes 46 to 73 of the record;
                                            empty: the heating year the intent paid,
                                            no adjustments, no parameters
witness                                     node, epoch, seq and hash before it
time                                        the record's own time
issuing epoch                               :data:`ISSUING_EPOCH`
==========================================  =======================================
"""

from collections.abc import Callable
from dataclasses import dataclass
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

_REST = slice(46, 74)
_NOTHING_APPLIED = bytes(26)
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
            data = self._record(position).encode(self.meter.keys.credit)
            return self._intent(position.seq - index if index else 0, data)

        return at

    def _record(self, position: Position) -> CreditRecord:
        """The record for the card; adjustments and parameters stay as the slot shows them."""
        line, shown = self.priced.line, self.priced.before
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
            quota=QuotaState(
                period=line.period,
                bought=Quantity(line.used + line.quote.quantity),
                heating_year=self.priced.heating_year,
            ),
            adjustments=AppliedAdjustments() if shown is None else shown.adjustments,
            parameters=MeterParameters() if shown is None else shown.parameters,
            witness=_witness(position),
        )

    def _intent(self, basket: int, data: bytes) -> Intent:
        """The intent whose card record is ``data``."""
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
            lines=tuple(
                Line(part.code, part.step, part.quantity, part.price, part.amount)
                for part in line.quote.lines
            ),
            key_version=self.meter.key_version,
            mac=data[-MAC_SIZE:].hex(),
            rest="" if data[_REST] == _implied(line.heating_year or 0) else data[_REST].hex(),
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
    body = _record(intent, position).body()
    if intent.rest:
        body = body[: _REST.start] + bytes.fromhex(intent.rest) + body[_REST.stop :]
    return body + mac8(key, body)


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
            bought=Quantity(intent.used_before + intent.quantity),
            heating_year=intent.heating_year,
        ),
        witness=_witness(position),
    )


def _implied(heating_year: int) -> bytes:
    """Bytes 46 to 73 of a record whose intent has no ``rest``."""
    return heating_year.to_bytes(2, "big") + _NOTHING_APPLIED


def _witness(position: Position) -> RecordWitness:
    head = position.head[:_WITNESS_HEAD_SIZE]
    return RecordWitness(position.node, position.epoch, position.seq, head)
