"""A meter takes only what is its own, only once, and only upwards."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, SLOT, credit_record
from meter_builders import CEILING, meter_plate
from yika_common.cards.ciphers import mac8
from yika_common.cards.claim import Claim
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import EMPTY_RECORD, RECORD_SIZE, CreditRecord
from yika_common.cards.write_back import MeterStatus
from yika_common.meters.rules import Outcome, Reason, Verdict, judge
from yika_common.meters.state import MeterState, consumed, write_back_of
from yika_common.numbers import Quantity
from yika_common.services import Service

PLATE = meter_plate()
TAKEN = MeterState(
    generation=2,
    count=5,
    total=Quantity(500_000),
    epoch=3,
    balance=Quantity(40_000),
    lifetime_use=Quantity(460_000),
)


def shown(record: CreditRecord, state: MeterState = TAKEN, *, slot: int = SLOT) -> Verdict:
    return judge(PLATE, KEYS.credit, state, record.encode(KEYS.credit), slot)


def following(**changes: object) -> CreditRecord:
    """The purchase after ``TAKEN``: 30 units more."""
    usual: dict[str, object] = {
        "generation": 2,
        "count": 6,
        "total": Quantity(530_000),
        "epoch": 3,
    }
    return credit_record(**{**usual, **changes})


def test_the_growth_of_the_total_is_credited() -> None:
    assert shown(following()) == Verdict(
        outcome=Outcome.CREDITED,
        reason=Reason.NONE,
        credited=Quantity(30_000),
        claim=Claim(2, 6),
        state=replace(TAKEN, count=6, total=Quantity(530_000), balance=Quantity(70_000)),
    )


def test_a_new_meter_starts_from_nothing() -> None:
    verdict = shown(credit_record(), MeterState())
    assert (verdict.outcome, verdict.credited) == (Outcome.CREDITED, Quantity(100_000))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"meter_id": "M00000000043"}, Reason.METER),
        ({"service": Service.HEAT}, Reason.SERVICE),
        ({"slot": SLOT + 1}, Reason.SLOT),
        ({"key_version": 2}, Reason.KEY_VERSION),
        ({"generation": 1, "count": 900}, Reason.OLD_GENERATION),
        ({"count": 4}, Reason.OLD_COUNT),
        ({"epoch": 2}, Reason.OLD_EPOCH),
        ({"total": Quantity(500_000 + CEILING - 40_000 + 1)}, Reason.OVER_LIMIT),
    ],
)
def test_what_is_not_its_own_or_not_new_is_refused(
    changes: dict[str, object], reason: Reason
) -> None:
    verdict = shown(following(**changes))
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, reason)
    assert (verdict.credited, verdict.claim) == (Quantity(0), None)
    assert verdict.state == replace(TAKEN, refusals=1)


def test_another_meters_key_is_a_forger_s() -> None:
    data = following().encode(KEYS.wbn)
    assert judge(PLATE, KEYS.credit, TAKEN, data, SLOT).reason is Reason.FORGED


@pytest.mark.parametrize("bit", range(0, RECORD_SIZE * 8, 7))
def test_a_damaged_record_is_a_forger_s(bit: int) -> None:
    data = bytearray(following().encode(KEYS.credit))
    data[bit // 8] ^= 1 << bit % 8
    verdict = judge(PLATE, KEYS.credit, TAKEN, bytes(data), SLOT)
    assert verdict.reason is Reason.FORGED
    assert verdict.state == replace(TAKEN, refusals=1)


def test_a_newer_format_is_refused() -> None:
    body = b"\2" + following().body()[1:]
    data = body + mac8(KEYS.credit, body)
    assert judge(PLATE, KEYS.credit, TAKEN, data, SLOT).reason is Reason.FORMAT


def test_the_limit_itself_is_still_taken() -> None:
    verdict = shown(following(total=Quantity(500_000 + CEILING - 40_000)))
    assert verdict.outcome is Outcome.CREDITED
    assert verdict.state.balance == CEILING


def test_a_record_over_the_limit_is_taken_once_there_is_room() -> None:
    record = following(total=Quantity(500_000 + CEILING - 39_000))
    refused = shown(record)
    assert refused.reason is Reason.OVER_LIMIT
    room, _ = consumed(refused.state, Quantity(1_000), datetime(2026, 5, 1, tzinfo=UTC))
    assert shown(record, room).credited == CEILING - 39_000


def test_the_same_record_again_changes_nothing() -> None:
    verdict = shown(following(count=5))
    assert (verdict.outcome, verdict.reason) == (Outcome.NOTHING_NEW, Reason.TAKEN)
    assert (verdict.state, verdict.claim) == (TAKEN, None)


def test_an_empty_slot_changes_nothing() -> None:
    verdict = judge(PLATE, KEYS.credit, TAKEN, EMPTY_RECORD, SLOT)
    assert (verdict.outcome, verdict.reason) == (Outcome.NOTHING_NEW, Reason.EMPTY)
    assert verdict.state == TAKEN


def test_missed_purchases_come_with_the_next_one() -> None:
    assert shown(following(count=9, total=Quantity(590_000))).credited == 90_000


def test_a_replacement_card_with_the_same_total_credits_nothing_and_kills_the_old_card() -> None:
    replaced = shown(following(generation=3, count=5, total=TAKEN.total))
    assert (replaced.outcome, replaced.reason) == (Outcome.NOTHING_NEW, Reason.SAME_TOTAL)
    assert replaced.state.balance == TAKEN.balance
    assert shown(following(count=7), replaced.state).reason is Reason.OLD_GENERATION


def test_a_lower_total_without_the_flag_takes_nothing_away() -> None:
    verdict = shown(following(total=Quantity(480_000)))
    assert (verdict.outcome, verdict.credited) == (Outcome.NOTHING_NEW, Quantity(0))
    assert (verdict.state.total, verdict.state.count) == (TAKEN.total, 6)


def test_a_refund_lowers_total_and_balance() -> None:
    verdict = shown(following(total=Quantity(480_000), lower=True))
    assert (verdict.outcome, verdict.credited) == (Outcome.CREDITED, Quantity(-20_000))
    assert (verdict.state.total, verdict.state.balance) == (480_000, 20_000)


def test_a_refund_below_what_was_used_closes_the_meter() -> None:
    verdict = shown(following(total=Quantity(450_000), lower=True))
    assert verdict.state.balance == -10_000
    assert MeterStatus.CLOSED in verdict.state.status


def test_parameters_come_with_the_record_and_only_upwards() -> None:
    newer = MeterParameters(4, Quantity(5_000), Quantity(200_000))
    taken = shown(following(parameters=newer)).state
    assert (taken.parameter_version, taken.alarm_level, taken.max_stored) == (4, 5_000, 200_000)
    older = MeterParameters(3, Quantity(1), Quantity(1))
    kept = shown(following(count=7, parameters=older), taken).state
    assert (kept.parameter_version, kept.alarm_level, kept.max_stored) == (4, 5_000, 200_000)


def test_parameters_can_lower_the_limit_and_never_raise_it_over_the_factory_s() -> None:
    low = MeterParameters(1, Quantity(0), Quantity(60_000))
    assert shown(following(parameters=low)).reason is Reason.OVER_LIMIT
    high = MeterParameters(1, Quantity(0), Quantity(4_000_000_000))
    beyond = following(parameters=high, total=Quantity(500_000 + CEILING))
    assert shown(beyond).reason is Reason.OVER_LIMIT


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9)), max_size=30))
def test_whatever_cards_come_in_whatever_order_a_total_is_credited_once(
    visits: list[tuple[int, int]],
) -> None:
    """Each (g, n) stands for one purchase; later pairs hold the higher totals."""
    state = MeterState()
    for generation, count in visits:
        total = Quantity(1_000 * (10 * generation + count))
        record = credit_record(generation=generation, count=count, total=total)
        state = shown(record, state).state
    highest = max(visits, default=(0, 0))
    assert state.balance == state.total == 1_000 * (10 * highest[0] + highest[1])
    assert state.position == highest


def test_use_stops_when_the_credit_is_gone() -> None:
    now = datetime(2026, 4, 2, tzinfo=UTC)
    state, delivered = consumed(TAKEN, Quantity(50_000), now)
    assert (delivered, state.balance, state.lifetime_use) == (40_000, 0, 500_000)
    assert consumed(state, Quantity(1), now)[1] == 0


def test_use_is_kept_by_month_for_six_months() -> None:
    state = replace(TAKEN, balance=Quantity(40_000))
    for month, use in ((10, 1), (11, 2), (12, 3)):
        state, _ = consumed(state, Quantity(use), datetime(2025, month, 1, tzinfo=UTC))
    state, _ = consumed(state, Quantity(4), datetime(2026, 3, 31, tzinfo=UTC))
    assert state.months == (4, 0, 0, 3, 2, 1)
    state, _ = consumed(state, Quantity(5), datetime(2026, 2, 1, tzinfo=UTC))
    assert state.months == (9, 0, 0, 3, 2, 1), "a clock that went back moves nothing"
    state, _ = consumed(state, Quantity(6), datetime(2030, 1, 1, tzinfo=UTC))
    assert state.months == (6, 0, 0, 0, 0, 0)


def test_the_write_back_tells_what_the_meter_holds() -> None:
    now = datetime(2026, 4, 2, tzinfo=UTC)
    state = replace(TAKEN, alarm_level=Quantity(40_000), sequence=9)
    written = write_back_of(PLATE, state, SLOT, now)
    reading = written.reading
    assert (reading.position, reading.total, reading.balance) == ((2, 5), 500_000, 40_000)
    assert (reading.status, reading.sequence, reading.clock) == (MeterStatus.LOW, 9, now)


def test_counters_stay_at_their_highest_value() -> None:
    state = replace(TAKEN, refusals=0xFFFF, repairs=0xFFFF)
    assert state.refused_once_more() == state.repaired_once_more() == state
