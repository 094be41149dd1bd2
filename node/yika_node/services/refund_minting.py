"""The record that takes a purchase back off the card, and its intent.

Everything but count, total, flag, time, witness and what the purchase did to the account is as the
card shows it; the very same bytes can be made again from the intent
(:mod:`yika_node.services.minting`).
"""

from dataclasses import replace
from datetime import datetime

from yika_common.cards.ciphers import mac8
from yika_common.cards.cut import Cut
from yika_common.cards.record import AppliedAdjustments, CreditRecord, QuotaState
from yika_common.clock import from_timestamp, to_timestamp
from yika_common.journal.bodies import Intent
from yika_common.journal.implied import rest_of
from yika_common.journal.reversal import credited, restored, reversal
from yika_common.numbers import Money, Quantity
from yika_common.values import dataclass
from yika_node.db.journal import Position
from yika_node.services.keyring import HeldMeter
from yika_node.services.minting import HEAD_SIZE, implied_body, witness_at


@dataclass(frozen=True, slots=True)
class RefundMinting:
    """The refund of a purchase whose record the card shows; it stands right after its approval."""

    purchase: Intent
    seq: int
    shown: CreditRecord
    meter: HeldMeter
    cut: Cut
    reason: str

    def trial(self, at: datetime) -> bytes:
        """The record's body before the cut, at no place of a journal in particular."""
        return self._record(Position("", 0, 0, bytes(HEAD_SIZE), to_timestamp(at))).body()

    def draft(self, position: Position) -> Intent:
        """The intent at its place."""
        body = self._record(position).body()
        intent = replace(
            reversal(
                self.purchase,
                self.seq,
                approved=position.seq - 1,
                reason=self.reason,
                mac=mac8(self.meter.keys.credit, self.cut.record(body)).hex(),
            ),
            key_version=self.meter.key_version,
            cut=self.cut,
        )
        return replace(intent, rest=rest_of(body, implied_body(intent)))

    def _record(self, position: Position) -> CreditRecord:
        state = restored(self.purchase)
        return replace(
            self.shown,
            key_version=self.meter.key_version,
            count=self.purchase.count + 1,
            total=Quantity(self.purchase.total - credited(self.purchase)),
            time=from_timestamp(position.at),
            lower=True,
            witness=witness_at(position),
            quota=QuotaState(
                state.period,
                Quantity(state.counted),
                state.heating_year,
                state.charged_through,
                state.free_day,
            ),
            adjustments=AppliedAdjustments(
                money_number=state.money_number,
                money_total=Money(state.money_total),
                quantity_number=state.quantity_number,
                quantity_total=Quantity(state.quantity_total),
                debts=Money(state.debts),
            ),
        )
