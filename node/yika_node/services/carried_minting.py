"""The record of a slot that a new card carries, and its intent; see :mod:`.carrying`.

The very same bytes can be made again from the intent (:mod:`yika_node.services.minting`).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from yika_common.cards.ciphers import mac8
from yika_common.cards.cut import Cut
from yika_common.cards.record import CreditRecord
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.journal.bodies import Intent
from yika_common.journal.implied import rest_of
from yika_common.numbers import Quantity
from yika_common.values import dataclass
from yika_node.db.journal import Position
from yika_node.services.carrying import Carried
from yika_node.services.keyring import HeldMeter
from yika_node.services.minting import HEAD_SIZE, ISSUING_EPOCH, implied_body, witness_at


@dataclass(frozen=True, slots=True)
class CarriedMinting:
    """One slot of a new card, decided; only its place in the journal is missing."""

    account: str
    card: str
    generation: int
    slot: Carried
    meter: HeldMeter
    cut: Cut

    def trial(self, at: datetime) -> bytes:
        """The record's body before the cut, at no place of a journal in particular."""
        return self._record(Position("", 0, 0, bytes(HEAD_SIZE), to_timestamp(at))).body()

    def draft(self, index: int) -> Callable[[Position], Intent]:
        """What makes the intent at its place; ``index`` counts the slots, from 0."""

        def at(position: Position) -> Intent:
            body = self._record(position).body()
            mac = mac8(self.meter.keys.credit, self.cut.record(body)).hex()
            intent = self._intent(position.seq - index if index else 0, mac)
            rest = rest_of(body, implied_body(intent))
            return replace(intent, rest=rest) if rest else intent

        return at

    def _record(self, position: Position) -> CreditRecord:
        slot = self.slot
        return CreditRecord(
            meter_id=slot.meter.meter,
            slot=slot.meter.slot,
            service=slot.meter.service,
            key_version=self.meter.key_version,
            epoch=ISSUING_EPOCH,
            generation=self.generation,
            count=slot.count,
            total=Quantity(slot.total),
            time=from_timestamp(position.at),
            lower=slot.lower,
            quota=slot.quota,
            adjustments=slot.adjustments,
            parameters=slot.parameters,
            witness=witness_at(position),
        )

    def _intent(self, basket: int, mac: str) -> Intent:
        """The intent with an empty ``rest``; an empty slot was there before."""
        slot = self.slot
        return Intent(
            basket=basket,
            account=self.account,
            card=self.card,
            meter=slot.meter.meter,
            slot=slot.meter.slot,
            service=slot.meter.service,
            generation=self.generation,
            count=slot.count,
            total=slot.total,
            before_generation=0,
            before_count=0,
            quantity=0,
            amount=0,
            typed=0,
            period=slot.quota.period,
            used_before=slot.quota.bought,
            heating_year=slot.quota.heating_year,
            charged_through=slot.quota.charged_through,
            free_day=slot.quota.free_day,
            lines=(),
            key_version=self.meter.key_version,
            mac=mac,
            cut=self.cut,
            act=slot.act,
            moved=slot.moved,
            lower=int(slot.lower),
        )
