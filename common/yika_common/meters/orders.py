"""Which order of a tool card a meter follows, and what it does for it.

An order is followed only

1. under the meter's own K_wbq, for its own id, service and key version, in the slot where the
   meter stands on the card, and from the card that the order names;
2. if its number is above the last order taken, and the meter's clock has not passed its time;
3. if the meter was not transferred; a transferred meter still follows inspection and transfer,
   which change nothing any more, so that a tool card that was lost on its way is made up for;
4. if parameters count what the meter holds.

*Inspection* writes back; that the cover was opened or a magnet near is then forgotten, because
somebody stands there who can look.  *Parameters* are taken if their version is above the one in
force.  *Transfer* stops delivery for good and leaves the balance in the register.  *Clear* sets
the balance to nothing, until the next credit.

An order is kept as a record is: the claim on the card, generation 0 and the order's number, then
the state in one commit, then the write-back.
"""

from dataclasses import replace
from datetime import datetime

from yika_common.cards.claim import Claim
from yika_common.cards.errors import ContentUnknown, OrderForged
from yika_common.cards.tool_order import OrderKind, ToolOrder, open_order
from yika_common.meters.rules import Outcome, Reason, Verdict
from yika_common.meters.state import Holds, MeterPlate, MeterState
from yika_common.numbers import Quantity
from yika_common.values import dataclass

_NOTHING = Quantity(0)
_HARMLESS = frozenset({OrderKind.INSPECTION, OrderKind.TRANSFER})
_NO_GENERATION = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """Where and when an order is shown to the meter: the card, the slot, the meter's clock."""

    card: str
    slot: int
    now: datetime


def judge_order(
    plate: MeterPlate, wbq_key: bytes, state: MeterState, data: bytes, shown: Shown
) -> Verdict:
    """Decide on the raw order read from the meter's slot of a tool card."""
    try:
        order = open_order(data, wbq_key)
    except OrderForged:
        return _refused(Reason.FORGED, state)
    except ContentUnknown:
        return _refused(Reason.FORMAT, state)
    if order.number == state.order:
        return Verdict(Outcome.NOTHING_NEW, Reason.TAKEN, _NOTHING, None, state)
    reason = _objection(plate, state, order, shown)
    if reason is not Reason.NONE:
        return _refused(reason, state)
    return _followed(plate, state, order)


def _objection(plate: MeterPlate, state: MeterState, order: ToolOrder, shown: Shown) -> Reason:
    brings_price, money = bool(order.parameters.price), plate.holds is Holds.MONEY
    objections = (
        (order.meter_id != plate.meter_id, Reason.METER),
        (order.service is not plate.service, Reason.SERVICE),
        (order.slot != shown.slot, Reason.SLOT),
        (order.key_version != plate.key_version, Reason.KEY_VERSION),
        (order.card != shown.card, Reason.WRONG_CARD),
        (order.number < state.order, Reason.OLD_ORDER),
        (shown.now > order.not_after, Reason.EXPIRED),
        (state.transferred and order.kind not in _HARMLESS, Reason.TRANSFERRED),
        (order.kind is OrderKind.PARAMETERS and brings_price != money, Reason.WRONG_UNIT),
    )
    return next((reason for holds, reason in objections if holds), Reason.NONE)


def _followed(plate: MeterPlate, state: MeterState, order: ToolOrder) -> Verdict:
    taken = replace(state, order=order.number)
    outcome, reason, credited = Outcome.EXECUTED, Reason.NONE, _NOTHING
    match order.kind:
        case OrderKind.PARAMETERS if order.parameters.version > state.parameter_version:
            taken = taken.set_to(order.parameters, plate)
        case OrderKind.PARAMETERS:
            outcome, reason = Outcome.NOTHING_NEW, Reason.OLD_PARAMETERS
        case OrderKind.TRANSFER:
            taken = replace(taken, transferred=True)
        case OrderKind.CLEAR:
            credited = Quantity(-state.balance)
            taken = replace(taken, balance=_NOTHING, owed=0, cleared=True)
    return Verdict(
        outcome=outcome,
        reason=reason,
        credited=credited,
        claim=Claim(_NO_GENERATION, order.number),
        state=taken,
        inspected=order.kind is OrderKind.INSPECTION,
    )


def _refused(reason: Reason, state: MeterState) -> Verdict:
    return Verdict(Outcome.REFUSED, reason, _NOTHING, None, state.refused_once_more())
