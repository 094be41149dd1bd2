"""Which record a meter takes, and what it credits for it.

A record is taken only

1. under the meter's own credit key, for its own id, service and key version, in the slot where the
   meter stands on the card;
2. if its (generation, count) is above the last taken, compared as a pair: a higher generation
   kills every older card, and a gap in the counts is no reason to refuse;
3. if its issuing epoch is not below the highest the meter has seen;
4. if it counts what the meter holds: a record with a price counts money, any other quantity;
5. if the credit it leaves does not pass the most the meter stores;
6. if the meter was not transferred: what was left in it belongs to another meter now.

What is credited is the growth of the lifetime total, never less than nothing, in whole quanta of
the meter: what is left over stays on the card, as a total that the meter has not taken yet.  Only
a record flagged *lower* makes the total fall; the balance falls with it, below zero if it must.  A
record that says what the meter already took changes nothing, and one that is refused for its
credit stays on the card to be taken later.  Parameters are taken with a record if their version is
above the one in force, and if the card has room for more of them than the version.  Orders of tool
cards have rules of their own (:mod:`yika_common.meters.orders`).
"""

from dataclasses import replace
from enum import StrEnum

from yika_common.cards.claim import Claim
from yika_common.cards.cut import Cut
from yika_common.cards.errors import ContentUnknown, RecordForged
from yika_common.cards.record import EMPTY_RECORD, CreditRecord, open_record
from yika_common.meters.state import Holds, MeterPlate, MeterState, limit_of
from yika_common.numbers import Quantity
from yika_common.values import dataclass


class Outcome(StrEnum):
    """What came of showing a card to a meter."""

    CREDITED = "credited"
    EXECUTED = "executed"
    NOTHING_NEW = "nothing_new"
    REFUSED = "refused"


class Reason(StrEnum):
    """Why a record was refused, or why there was nothing new."""

    NONE = ""
    EMPTY = "empty_slot"
    TAKEN = "already_taken"
    SAME_TOTAL = "same_total"
    FORGED = "forged"
    FORMAT = "unknown_format"
    METER = "wrong_meter"
    SERVICE = "wrong_service"
    SLOT = "wrong_slot"
    KEY_VERSION = "wrong_key_version"
    OLD_GENERATION = "old_generation"
    OLD_COUNT = "old_count"
    OLD_EPOCH = "old_epoch"
    WRONG_UNIT = "wrong_unit"
    OVER_LIMIT = "over_limit"
    TRANSFERRED = "transferred"
    WRONG_CARD = "wrong_card"
    EXPIRED = "expired"
    OLD_ORDER = "old_order"
    OLD_PARAMETERS = "old_parameters"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one record or order.

    Attributes:
        outcome: what came of it.
        reason: why, unless it was credited or executed.
        credited: what the balance changes by; below zero for a *lower* record.
        claim: what to write on the card before the state is kept; None if nothing was taken.
        state: what the meter is to keep.
        inspected: what was done to the cover is to be forgotten once it was written back.
    """

    outcome: Outcome
    reason: Reason
    credited: Quantity
    claim: Claim | None
    state: MeterState
    inspected: bool = False


def judge(
    plate: MeterPlate,
    credit_key: bytes,
    state: MeterState,
    data: bytes,
    slot: int,
    cut: Cut = Cut.WHOLE,
) -> Verdict:
    """Decide on the raw record read from the slot in which the meter stands on the card.

    ``cut`` is what the card has no room for: of parameters, that stays as it is.
    """
    if data == EMPTY_RECORD:
        return _unmoved(Outcome.NOTHING_NEW, Reason.EMPTY, state)
    try:
        record = open_record(data, credit_key)
    except RecordForged:
        return _refused(Reason.FORGED, state)
    except ContentUnknown:
        return _refused(Reason.FORMAT, state)
    if record.position == state.position:
        return _unmoved(Outcome.NOTHING_NEW, Reason.TAKEN, state)
    reason = _objection(plate, state, record, slot)
    if reason is not Reason.NONE:
        return _refused(reason, state)
    return _taken(plate, state, record, cut)


def _objection(plate: MeterPlate, state: MeterState, record: CreditRecord, slot: int) -> Reason:
    objections = (
        (record.meter_id != plate.meter_id, Reason.METER),
        (record.service is not plate.service, Reason.SERVICE),
        (record.slot != slot, Reason.SLOT),
        (record.key_version != plate.key_version, Reason.KEY_VERSION),
        (record.generation < state.generation, Reason.OLD_GENERATION),
        (record.position < state.position, Reason.OLD_COUNT),
        (record.epoch < state.epoch, Reason.OLD_EPOCH),
        (bool(record.parameters.price) != (plate.holds is Holds.MONEY), Reason.WRONG_UNIT),
        (state.transferred, Reason.TRANSFERRED),
    )
    return next((reason for holds, reason in objections if holds), Reason.NONE)


def _taken(plate: MeterPlate, state: MeterState, record: CreditRecord, cut: Cut) -> Verdict:
    growth = record.total - record.total % plate.quantum - state.total
    credited = Quantity(growth if record.lower else max(0, growth))
    newer = record.parameters.version > state.parameter_version
    brings_parameters = newer and (cut < Cut.NARROW or bool(record.parameters.price))
    current = state.set_to(record.parameters, plate, cut) if brings_parameters else state
    balance = Quantity(state.balance + credited)
    if credited > 0 and balance > limit_of(plate, current.max_stored):
        return _refused(Reason.OVER_LIMIT, state)
    taken = replace(
        current,
        generation=record.generation,
        count=record.count,
        total=Quantity(state.total + credited),
        epoch=record.epoch,
        balance=balance,
        cleared=state.cleared and not credited,
    )
    return Verdict(
        outcome=Outcome.CREDITED if credited else Outcome.NOTHING_NEW,
        reason=Reason.NONE if credited else Reason.SAME_TOTAL,
        credited=credited,
        claim=Claim(record.generation, record.count),
        state=taken,
    )


def _unmoved(outcome: Outcome, reason: Reason, state: MeterState) -> Verdict:
    return Verdict(outcome, reason, Quantity(0), None, state)


def _refused(reason: Reason, state: MeterState) -> Verdict:
    return _unmoved(Outcome.REFUSED, reason, state.refused_once_more())
