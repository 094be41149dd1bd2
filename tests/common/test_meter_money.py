"""A meter that holds money deducts exactly what its use costs, at the price its clock says."""

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import (
    KEYS,
    NODE_KEY,
    SLOT,
    VECTORS,
    credit_record,
    issued_chip,
    powered,
    repeatable_random,
)
from meter_builders import meter_plate, new_meter
from yika_common.cards.keys import MeterKeys
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import CreditRecord
from yika_common.cards.user_card import open_session
from yika_common.cards.write_back import MeterStatus
from yika_common.clock import to_timestamp
from yika_common.meters.dialogue import load
from yika_common.meters.register import DIRECT
from yika_common.meters.rules import Outcome, Reason, Verdict, judge
from yika_common.meters.state import Holds, MeterPlate, MeterState, consumed
from yika_common.numbers import Price, Quantity

VECTOR = json.loads((VECTORS / "money_meter.json").read_text())
PLATE = meter_plate(holds=Holds.MONEY)
SWITCH = datetime(2026, 4, 30, 16, tzinfo=UTC)
BEFORE = SWITCH - timedelta(seconds=1)
PRICES = MeterParameters(
    5, Quantity(10_000), Quantity(0), Price(52_000), Price(53_500), next_from=SWITCH
)
HOLDING = MeterState(
    generation=1,
    count=1,
    total=Quantity(50_000),
    balance=Quantity(50_000),
    epoch=1,
    parameter_version=5,
    alarm_level=Quantity(10_000),
    price=Price(52_000),
    next_price=Price(53_500),
    next_from=to_timestamp(SWITCH),
)


def shown(record: CreditRecord, state: MeterState = HOLDING, plate: MeterPlate = PLATE) -> Verdict:
    return judge(plate, KEYS.credit, state, record.encode(KEYS.credit), SLOT)


def a_purchase(**changes: object) -> CreditRecord:
    """The first 50.00 of a meter, with its prices."""
    usual: dict[str, object] = {"total": Quantity(50_000), "parameters": PRICES}
    return credit_record(**{**usual, **changes})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_visit_and_three_uses_have_the_bytes_and_sums_of_the_published_vector() -> None:
    credit, wbn, wbq = (bytes.fromhex(VECTOR[name]) for name in ("credit", "wbn", "wbq"))
    keys = MeterKeys(credit=credit, wbn=wbn, wbq=wbq, auth=KEYS.auth)
    _, meter = new_meter(keys, key_version=3, holds=Holds.MONEY)
    chip = issued_chip()

    def visit(name: str) -> None:
        load(powered(chip), repeatable_random(21), meter, at(VECTOR[name]["clock"]))
        session = open_session(powered(chip), repeatable_random(22), NODE_KEY)
        assert session.read_write_back(SLOT) == bytes.fromhex(VECTOR[name]["write_back"])

    session = open_session(powered(chip), repeatable_random(22), NODE_KEY)
    session.write_record(SLOT, bytes.fromhex(VECTOR["record"]))
    visit("first_visit")
    for use in VECTOR["uses"]:
        state, delivered = consumed(meter.state(), Quantity(use["wanted"]), at(use["clock"]))
        meter.commit(state)
        told = (delivered, state.price, state.balance, state.owed)
        assert told == tuple(use[name] for name in ("delivered", "price", "balance", "owed"))
    visit("second_visit")


def test_the_published_vector_is_what_the_shell_makes() -> None:
    script = ["sh", str(VECTORS / "money_meter.sh")]
    done = subprocess.run(script, capture_output=True, timeout=30, check=True)
    assert json.loads(done.stdout) == VECTOR


def test_a_purchase_brings_credit_and_prices() -> None:
    verdict = shown(a_purchase(), MeterState())
    assert (verdict.outcome, verdict.credited) == (Outcome.CREDITED, 50_000)
    assert verdict.state == HOLDING


@pytest.mark.parametrize(
    ("plate", "parameters"),
    [
        (PLATE, MeterParameters()),
        (PLATE, MeterParameters(6, Quantity(1))),
        (meter_plate(), PRICES),
    ],
    ids=["money meter, no parameters", "money meter, no price", "quantity meter, a price"],
)
def test_a_record_in_another_unit_is_refused(
    plate: MeterPlate, parameters: MeterParameters
) -> None:
    verdict = shown(a_purchase(parameters=parameters), MeterState(), plate)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, Reason.WRONG_UNIT)
    assert verdict.state == MeterState(refusals=1)


def test_newer_prices_replace_all_prices_and_older_ones_none() -> None:
    newer = MeterParameters(6, Quantity(0), Quantity(0), Price(60_000))
    taken = shown(a_purchase(count=2, parameters=newer)).state
    assert (taken.price, taken.next_price, taken.next_from) == (60_000, 0, 0)
    older = shown(a_purchase(count=3), taken)
    assert older.outcome is Outcome.NOTHING_NEW
    assert (older.state.price, older.state.parameter_version) == (60_000, 6)


def test_the_same_version_again_does_not_undo_a_switch() -> None:
    switched = HOLDING.at(SWITCH)
    again = shown(a_purchase(count=2, total=Quantity(60_000)), switched).state
    assert (again.balance, again.price, again.next_price) == (60_000, 53_500, 0)


def test_the_next_price_holds_from_its_second_on() -> None:
    assert HOLDING.at(BEFORE) == HOLDING
    switched = HOLDING.at(SWITCH)
    assert switched == replace(HOLDING, price=Price(53_500), next_price=Price(0), next_from=0)
    assert consumed(HOLDING, Quantity(1_000), BEFORE)[0].balance == 50_000 - 5_200
    assert consumed(HOLDING, Quantity(1_000), SWITCH)[0].balance == 50_000 - 5_350


def test_a_clock_set_back_does_not_bring_the_old_price_back() -> None:
    state, _ = consumed(HOLDING, Quantity(1_000), SWITCH)
    again, _ = consumed(state, Quantity(1_000), BEFORE)
    assert again.balance == 50_000 - 2 * 5_350


def test_what_is_too_small_to_deduct_is_owed_and_joins_the_next_use() -> None:
    """A thousandth of a unit at 5.2000 costs 5.2 thousandths of the currency."""
    state = HOLDING
    balances = []
    for _ in range(5):
        state, _ = consumed(state, Quantity(1), BEFORE)
        balances.append((state.balance, state.owed))
    assert balances == [
        (49_995, 2_000),
        (49_990, 4_000),
        (49_985, 6_000),
        (49_980, 8_000),
        (49_974, 0),
    ]


def test_a_balance_that_pays_for_nothing_is_closed_and_kept() -> None:
    state = replace(HOLDING, balance=Quantity(5))
    assert state.status == MeterStatus.CLOSED | MeterStatus.LOW
    assert consumed(state, Quantity(1_000), BEFORE) == (
        replace(state, month=2026 * 12 + 3),
        Quantity(0),
    )
    enough = replace(state, balance=Quantity(6))
    assert enough.status == MeterStatus.LOW
    assert consumed(enough, Quantity(1_000), BEFORE)[1] == 1


def test_a_refund_takes_money_back() -> None:
    lower = shown(a_purchase(count=2, total=Quantity(20_000), lower=True))
    assert (lower.credited, lower.state.balance) == (-30_000, 20_000)
    spent, _ = consumed(HOLDING, Quantity(9_000), BEFORE)
    below = shown(a_purchase(count=2, total=Quantity(20_000), lower=True), spent).state
    assert (below.balance, below.deliverable_by(DIRECT)) == (-26_800, 0)
    assert consumed(below, Quantity(1), BEFORE)[1] == 0


uses = st.lists(st.tuples(st.integers(1, 10**6), st.integers(-90, 90)), max_size=30)


@given(st.integers(0, 10**9), st.integers(1, 10**7), st.integers(1, 10**7), uses)
def test_whatever_is_used_and_whenever_the_credit_falls_by_the_exact_cost(
    balance: int, price: int, next_price: int, uses: list[tuple[int, int]]
) -> None:
    state = replace(
        HOLDING,
        balance=Quantity(balance),
        total=Quantity(balance),
        price=Price(price),
        next_price=Price(next_price),
    )
    cost, switched = 0, False
    for wanted, day in uses:
        now = SWITCH + timedelta(days=day)
        switched = switched or day >= 0
        in_force = next_price if switched else price
        left = balance * 10_000 - cost
        state, delivered = consumed(state, Quantity(wanted), now)
        assert delivered * in_force <= left, "more was delivered than was paid for"
        cost += delivered * in_force
        assert 0 <= state.owed < 10_000
        assert (balance - state.balance) * 10_000 + state.owed == cost
        assert state.balance >= 0
        if delivered < wanted:
            assert left < (delivered + 1) * in_force, "it stopped although there was credit"


@given(st.lists(st.integers(1, 10**5), max_size=20), st.integers(1, 10**7))
def test_use_in_pieces_costs_what_it_costs_in_one(pieces: list[int], price: int) -> None:
    rich = replace(HOLDING, balance=Quantity(10**11), price=Price(price), next_price=Price(price))
    state = rich
    for piece in pieces:
        state, _ = consumed(state, Quantity(piece), BEFORE)
    if pieces:
        assert state == consumed(rich, Quantity(sum(pieces)), BEFORE)[0]
