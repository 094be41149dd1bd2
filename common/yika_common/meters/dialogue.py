"""A meter takes a card: the order of reading, claiming, keeping and writing back.

1. Find the own slot by its tag, authenticate, read the record, or a tool card's order, decide.
2. Write the claim on the card: from now on nobody refunds this purchase without the meter.
3. Keep the credit and the next write-back sequence in the meter, in one commit.
4. Write back to the card.  After an inspection, forget what was done to the cover.

A card that is shown also opens what was closed at the second alarm level.

Cut between 1 and 2: nothing happened.  Between 2 and 3: the next visit claims again and credits.
After 3: the credit is kept once, and the next visit only writes back.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from yika_common.cards.application import CardIdentity
from yika_common.cards.channel import AnyCard
from yika_common.cards.claim import Claim
from yika_common.cards.cut import Cut
from yika_common.cards.errors import CardNotAuthentic
from yika_common.cards.keys import MeterKeys
from yika_common.cards.memory import user_card as memory
from yika_common.cards.slot_meter import SlotMeter
from yika_common.cards.tool_order import is_order
from yika_common.cards.user_card import open_meter_session, recognise_in_use
from yika_common.errors import YikaError
from yika_common.meters.errors import MeterNotOnCard
from yika_common.meters.orders import Shown, judge_order
from yika_common.meters.rules import Outcome, Reason, Verdict, judge
from yika_common.meters.state import MeterPlate, MeterState, write_back_of
from yika_common.numbers import Quantity
from yika_common.readers.port import MemoryChip
from yika_common.values import dataclass


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
        outcome: credited, executed, nothing new or refused.
        reason: why, unless credited or executed.
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


class MeterVisit(Protocol):
    """A meter's work on one card: its own slot and nothing else."""

    slot: int

    @property
    def identity(self) -> CardIdentity:
        """The card that lies there."""
        ...

    @property
    def cut(self) -> Cut:
        """What of a write-back the card has no room for."""
        ...

    def read_record(self) -> bytes:
        """The slot's credit record or order of 130 bytes, or ``EMPTY_RECORD``."""
        ...

    def write_claim(self, claim: Claim) -> None:
        """Claim a (generation, count), before crediting it; on a memory card steady its mark."""
        ...

    def write_write_back(self, data: bytes) -> None:
        """Replace the slot's write-back by these 100 bytes, already cut."""
        ...


def load(
    channel: AnyCard,
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
        CardForeign, CardBlank, CardRetired, CardNotAuthentic, CardCodeSpent: not a card for it;
            untouched.
        CardAbsent, CardRemoved, CardMute, CardWriteUncertain: the meter credited nothing.
    """
    session = _find_slot(channel, random, meter, slot)
    verdict = _judged(session, meter, now)
    if verdict.claim is not None:
        session.write_claim(verdict.claim)
    shown = verdict.state.at(now).acknowledged()
    kept = replace(shown, sequence=shown.sequence + 1)
    meter.commit(kept)
    written_back = _written_back(session, meter, kept, now)
    if written_back and verdict.inspected:
        meter.commit(kept.inspected(meter.plate))
    return LoadReport(
        outcome=verdict.outcome,
        reason=verdict.reason,
        credited=verdict.credited,
        balance=kept.balance,
        generation=kept.generation,
        count=kept.count,
        total=kept.total,
        written_back=written_back,
    )


def _find_slot(
    channel: AnyCard, random: Callable[[int], bytes], meter: MeterStore, slot: int | None
) -> MeterVisit:
    if isinstance(channel, MemoryChip):
        return _memory_slot(channel, meter, slot)
    identity = recognise_in_use(channel)
    candidates = identity.slots_of(meter.keys.auth) if slot is None else (slot,)
    failure: YikaError = MeterNotOnCard(number=identity.number, meter=meter.plate.meter_id)
    for candidate in candidates:
        try:
            return open_meter_session(channel, random, candidate, meter.keys.auth)
        except CardNotAuthentic as cause:
            failure = cause
    raise failure


def _memory_slot(chip: MemoryChip, meter: MeterStore, slot: int | None) -> MeterVisit:
    plate, keys = meter.plate, meter.keys
    known = SlotMeter(plate.meter_id, plate.service, keys.credit)
    session = memory.open_meter_session(chip, known, keys.auth, slot=slot)
    if session is None:
        raise MeterNotOnCard(number=memory.recognise(chip).number, meter=plate.meter_id)
    return session


def _judged(session: MeterVisit, meter: MeterStore, now: datetime) -> Verdict:
    plate, keys, state, data = meter.plate, meter.keys, meter.state(), session.read_record()
    if not is_order(data):
        return judge(plate, keys.credit, state, data, session.slot, session.cut)
    shown = Shown(session.identity.number, session.slot, now)
    return judge_order(plate, _evidence_key(keys), state, data, shown)


def _evidence_key(keys: MeterKeys) -> bytes:
    if keys.wbq is None:
        raise ValueError("a meter holds all four of its keys")
    return keys.wbq


def _written_back(
    session: MeterVisit, meter: MeterStore, state: MeterState, now: datetime
) -> bool:
    keys = meter.keys
    content = write_back_of(meter.plate, state, session.slot, now)
    try:
        session.write_write_back(content.encode(keys.wbn, _evidence_key(keys), session.cut))
    except YikaError:
        return False
    return True
