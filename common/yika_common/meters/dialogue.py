"""A meter takes a card: the order of reading, claiming, keeping and writing back.

1. Find the own slot by its tag, authenticate, read the record, decide.
2. Write the claim on the card: from now on nobody refunds this purchase without the meter.
3. Keep the credit and the next write-back sequence in the meter, in one commit.
4. Write back to the card.

Cut between 1 and 2: nothing happened.  Between 2 and 3: the next visit claims again and credits.
After 3: the credit is kept once, and the next visit only writes back.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from yika_common.cards.channel import CardChannel
from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.keys import MeterKeys
from yika_common.cards.user_card import MeterSession, open_meter_session, recognise_in_use
from yika_common.errors import YikaError
from yika_common.meters.errors import MeterNotOnCard
from yika_common.meters.rules import Outcome, Reason, judge
from yika_common.meters.state import MeterPlate, MeterState, write_back_of
from yika_common.numbers import Quantity


class MeterStore(Protocol):
    """A meter's memory: what it was made as, its keys, and its state."""

    @property
    def plate(self) -> MeterPlate:
        """What the factory set."""
        ...

    @property
    def keys(self) -> MeterKeys:
        """All four keys, ``wbq`` among them."""
        ...

    def state(self) -> MeterState:
        """The state as last committed."""
        ...

    def commit(self, state: MeterState) -> None:
        """Keep a state: after a power cut it is the old one or the new one."""
        ...


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What came of one visit of a card.

    Attributes:
        outcome: credited, nothing new or refused.
        reason: why, unless credited.
        credited: what the balance changed by.
        balance: what the meter holds now.
        generation: of the last record taken.
        count: of the last record taken.
        total: lifetime total taken.
        written_back: False if the card left before the meter had its answer; the credit stands.
    """

    outcome: Outcome
    reason: Reason
    credited: Quantity
    balance: Quantity
    generation: int
    count: int
    total: Quantity
    written_back: bool


def load(
    channel: CardChannel,
    random: Callable[[int], bytes],
    meter: MeterStore,
    now: datetime,
    *,
    slot: int | None = None,
) -> LoadReport:
    """Let the meter take what a powered card holds for it.

    Args:
        channel: the card.
        random: for the authentication.
        meter: the meter's memory.
        now: the meter's clock.
        slot: try this slot only; the meter finds its own if it is not given.

    Raises:
        MeterNotOnCard: no slot is this meter's; neither was changed.
        CardForeign, CardBlank, CardRetired, CardNotAuthentic: not a card for it; untouched.
        CardAbsent, CardRemoved, CardMute, CardWriteUncertain: the meter credited nothing.
    """
    session = _find_slot(channel, random, meter, slot)
    keys = meter.keys
    verdict = judge(meter.plate, keys.credit, meter.state(), session.read_record(), session.slot)
    if verdict.claim is not None:
        session.write_claim(verdict.claim)
    kept = replace(verdict.state.at(now), sequence=verdict.state.sequence + 1)
    meter.commit(kept)
    return LoadReport(
        outcome=verdict.outcome,
        reason=verdict.reason,
        credited=verdict.credited,
        balance=kept.balance,
        generation=kept.generation,
        count=kept.count,
        total=kept.total,
        written_back=_written_back(session, meter, kept, now),
    )


def _find_slot(
    channel: CardChannel, random: Callable[[int], bytes], meter: MeterStore, slot: int | None
) -> MeterSession:
    identity = recognise_in_use(channel)
    candidates = identity.slots_of(meter.keys.auth) if slot is None else (slot,)
    failure: YikaError = MeterNotOnCard(number=identity.number, meter=meter.plate.meter_id)
    for candidate in candidates:
        try:
            return open_meter_session(channel, random, candidate, meter.keys.auth)
        except CardNotAuthentic as cause:
            failure = cause
    raise failure


def _written_back(
    session: MeterSession, meter: MeterStore, state: MeterState, now: datetime
) -> bool:
    keys = meter.keys
    if keys.wbq is None:
        raise ValueError("a meter holds all four of its keys")
    content = write_back_of(meter.plate, state, session.slot, now)
    try:
        session.write_write_back(content.encode(keys.wbn, keys.wbq))
    except YikaError:
        return False
    return True
