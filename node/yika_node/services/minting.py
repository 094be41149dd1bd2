"""From a price to the bytes on the card, and from the intent alone to the same bytes again.

The intent record holds, or its place in the chain implies, every field of the credit record; the
same bytes can therefore be made again at any time, and the MAC in the intent proves that they are
the same.

==========================================  =======================================
field of the credit record                  comes from
==========================================  =======================================
meter, slot, service, key version, g, n, T  the intent
the flag *lower*                            the intent is a refund's, or says one's again
quota, charges, free units                  the intent, see :mod:`yika_common.journal.implied`
adjustments, debts, parameters              the intent's ``rest``, likewise
witness                                     node, epoch, seq and hash before it
time                                        the record's own time
issuing epoch                               :data:`ISSUING_EPOCH`
what a memory card has no room for          zeros, by the intent's ``cut``
==========================================  =======================================
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from yika_common.cards.ciphers import MAC_SIZE, mac8
from yika_common.cards.cut import Cut
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import (
    AppliedAdjustments,
    CreditRecord,
    QuotaState,
    RecordWitness,
    said_in,
)
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.journal.bodies import REFUND, DebtPaid, Intent, Line
from yika_common.journal.implied import PARTS, completed, counted, rest_of
from yika_common.numbers import Quantity
from yika_common.values import dataclass
from yika_node.db.journal import Position
from yika_node.services.basket import PricedLine
from yika_node.services.errors import RecordNotRemade
from yika_node.services.keyring import HeldMeter
from yika_node.services.views import Account

ISSUING_EPOCH: Final = 1
"""Of the utility's keys, not of the node: it rises when all area keys are changed at once."""

_NOTHING_APPLIED = AppliedAdjustments().data + MeterParameters().data
_TARIFF_DIGEST_SIZE = 8
HEAD_SIZE: Final = 8
"""Bytes of the journal's head that a witness holds."""


@dataclass(frozen=True, slots=True)
class Minting:
    """One meter's part of a basket, decided; only its place in the journal is missing."""

    account: Account
    card: str
    priced: PricedLine
    meter: HeldMeter
    cut: Cut = Cut.WHOLE

    def trial(self, at: datetime) -> bytes:
        """The record's body before the cut, at no place of a journal in particular."""
        return self._record(Position("", 0, 0, bytes(HEAD_SIZE), to_timestamp(at))).body()

    def draft(self, index: int) -> Callable[[Position], Intent]:
        """What makes the intent at its place; ``index`` counts within the basket, from 0."""

        def at(position: Position) -> Intent:
            body = self._record(position).body()
            mac = mac8(self.meter.keys.credit, self.cut.record(body)).hex()
            intent = self._intent(position.seq - index if index else 0, mac)
            rest = rest_of(body, implied_body(intent))
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
            lower=self.priced.lower,
            quota=self.priced.quota,
            adjustments=self.priced.adjustments,
            parameters=self.priced.parameters,
            witness=witness_at(position),
        )

    def _intent(self, basket: int, mac: str) -> Intent:
        """The intent whose card record has this MAC, with an empty ``rest``."""
        line, shown, quota = self.priced.line, self.priced.before, self.priced.quota
        before = (0, 0) if shown is None else shown.position
        bill, usage = line.bill, line.usage
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
            quantity=bill.quote.quantity,
            amount=bill.quote.amount,
            residual=bill.change,
            typed_by=line.by.value,
            typed=line.typed,
            tariff=line.tariff_id,
            tariff_version=line.tariff_version,
            tariff_digest=line.tariff_digest[:_TARIFF_DIGEST_SIZE].hex(),
            period=line.period,
            used_before=usage.used,
            persons=usage.persons or 0,
            heated_area=usage.area_m2 or 0,
            heating_year=line.heating_year or 0,
            heating_before=self.priced.heating_before,
            months_due=usage.months_due,
            charged_through=quota.charged_through,
            free_day=quota.free_day,
            free_before=self.priced.free_before,
            free=bill.quote.free,
            consumed=0 if usage.consumed is None else bill.quote.settled,
            heat_class=usage.heat_class,
            heat_days=usage.heat_days or 0,
            heat_suspended=int(usage.heat_suspended),
            equipment=" ".join(usage.equipment),
            adjusted=bill.adjusted,
            adjusted_number=line.adjusted_number,
            adjusted_quantity=line.ordered,
            adjusted_quantity_number=line.ordered_number,
            debts=tuple(DebtPaid(debt.id, debt.amount, debt.left) for debt in bill.debts),
            kept=bill.kept,
            rounding=bill.rounding,
            lines=tuple(
                Line(part.code, part.step, part.quantity, part.price, part.amount)
                for part in bill.quote.lines
            ),
            key_version=self.meter.key_version,
            mac=mac,
            cut=self.cut,
            lower=int(self.priced.lower),
            mixed="" if line.mixed is None else str(line.mixed),
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


def record_of(intent: Intent, position: Position) -> CreditRecord:
    """What a committed intent's card record says, also what its card had no room for."""
    return said_in(_body(intent, position))


def _body(intent: Intent, position: Position) -> bytes:
    return completed(_record(intent, position).body(), bytes.fromhex(intent.rest))


def _bytes(intent: Intent, position: Position, key: bytes) -> bytes:
    body = _body(intent, position)
    body = Cut(intent.cut).record(body)
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
        lower=intent.act == REFUND or bool(intent.lower),
        quota=_quota(intent),
        witness=witness_at(position),
    )


def _quota(intent: Intent) -> QuotaState:
    return QuotaState(
        period=intent.period,
        bought=Quantity(counted(intent)),
        heating_year=intent.heating_year,
        charged_through=intent.charged_through,
        free_day=intent.free_day,
    )


def implied_body(intent: Intent) -> bytes:
    """Of the record that the intent implies the parts that ``rest`` may replace, in their places.

    The counter waits while an intent is made; a whole second record would double that.
    """
    return bytes(PARTS[0].start) + _quota(intent).data + _NOTHING_APPLIED


def witness_at(position: Position) -> RecordWitness:
    """What a record says of the place of its intent."""
    head = position.head[:HEAD_SIZE]
    return RecordWitness(position.node, position.epoch, position.seq, head)
