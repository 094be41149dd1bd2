"""Every model of the catalogue counts honestly: used + balance = taken, whatever happens to it."""

import json
import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, METER_ID, SLOT, VECTORS, credit_record
from meter_builders import meter_plate
from yika_common.cards.ciphers import mac8
from yika_common.cards.cut import Cut
from yika_common.cards.parameters import Levels, MeterParameters
from yika_common.cards.record import open_record
from yika_common.cards.write_back import MeterStatus, open_write_back
from yika_common.meters.catalogue import (
    MODELS,
    Model,
    ModelUnfit,
    ModelUnknown,
    fitted,
    model_of,
    usual_model,
)
from yika_common.meters.events import Event, happened
from yika_common.meters.register import Register
from yika_common.meters.rules import Outcome, Verdict, judge
from yika_common.meters.state import (
    Holds,
    MeterPlate,
    MeterState,
    consumed,
    new_state,
    write_back_of,
)
from yika_common.numbers import Price, Quantity, quantity_to_text
from yika_common.services import Service
from yika_common.simulated.meter_file import (
    PAGE_SIZE,
    encode_copy,
    new_meter_file,
    open_meter_file,
)

NOW = datetime(2026, 5, 1, 8, tzinfo=UTC)
PAGE = (Path(__file__).parents[2] / "docs" / "card-format.md").read_text()
PUBLISHED = json.loads((VECTORS / "levels.json").read_text())
LEVELS = Levels(Quantity(10_000), Quantity(800_000), Quantity(5_000), Quantity(3_000))


def plate_of(model: Model, holds: Holds = Holds.QUANTITY) -> MeterPlate:
    return fitted(meter_plate(service=model.services[0], holds=holds), model)


def topped_up(plate: MeterPlate, state: MeterState, total: int) -> MeterState:
    """The state after the next purchase, which brings the lifetime total to this."""
    parameters = MeterParameters()
    if plate.holds is Holds.MONEY:
        parameters = MeterParameters(1, price=Price(52_000))
    record = credit_record(
        service=plate.service,
        count=state.count + 1,
        total=Quantity(total),
        parameters=parameters,
    )
    verdict = judge(plate, KEYS.credit, state, record.encode(KEYS.credit), SLOT)
    assert verdict.outcome is not Outcome.REFUSED
    return verdict.state.acknowledged()


def with_parameters(
    plate: MeterPlate, state: MeterState, parameters: MeterParameters, cut: Cut = Cut.WHOLE
) -> Verdict:
    """What the meter makes of parameters from a card of that cut."""
    record = credit_record(
        service=plate.service,
        count=state.count + 1,
        total=state.total,
        parameters=parameters,
    )
    body = cut.record(record.body())
    return judge(plate, KEYS.credit, state, body + mac8(KEYS.credit, body), SLOT, cut)


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 9_000_000)),
        st.tuples(st.just("use"), st.integers(1, 2_000_000)),
        st.tuples(st.just("show"), st.just(0)),
        st.tuples(st.sampled_from([*Event]), st.just(0)),
    ),
    max_size=25,
)


@given(st.sampled_from(MODELS), ACTS)
def test_use_and_balance_are_what_was_taken(model: Model, acts: list[tuple[str, int]]) -> None:
    plate = plate_of(model)
    state, sold, passed = new_state(plate), 0, 0
    for act, value in acts:
        match act:
            case "buy":
                if state.balance + value <= plate.ceiling:
                    sold += value
                    state = topped_up(plate, state, sold)
            case "use":
                state, through = consumed(state, Quantity(value), NOW, plate.register)
                passed += through
            case "show":
                state = state.acknowledged()
            case _:
                state = happened(plate, state, Event(act))
        assert state.lifetime_use + state.balance == state.total
        assert state.balance >= -plate.levels.overdraft
        assert 0 <= sold - state.total < plate.quantum
        assert passed == state.lifetime_use + state.pulse
        assert 0 <= state.pulse < plate.register.step
        assert state.months[0] == state.lifetime_use


@given(ACTS)
def test_money_goes_down_by_what_use_costs(acts: list[tuple[str, int]]) -> None:
    plate = plate_of(model_of("W20"), Holds.MONEY)
    state, sold = new_state(plate), 0
    for act, value in acts:
        if act == "buy" and state.balance + value <= plate.ceiling:
            sold += value - value % 10
            state = topped_up(plate, state, sold)
        elif act == "use":
            state, _ = consumed(state, Quantity(value), NOW, plate.register)
        paid = (sold - state.balance) * 10_000
        assert paid == state.lifetime_use * 52_000 - state.owed
        assert state.balance >= 0


def test_transformers_multiply_what_the_element_measures() -> None:
    plate = plate_of(model_of("E3-CT20"))
    state = topped_up(plate, new_state(plate), 1_000_000)
    state, passed = consumed(state, Quantity(12_345), NOW, plate.register)
    assert passed == 246_900, "12.345 measured, times 20"
    assert (state.lifetime_use, state.pulse) == (246_800, 100), "in steps of 0.2 kWh"
    state, passed = consumed(state, Quantity(5), NOW, plate.register)
    assert (state.lifetime_use, state.pulse, passed) == (247_000, 0, 100)


def test_water_between_two_pulses_is_counted_with_the_next() -> None:
    plate = plate_of(model_of("W200"))
    state = topped_up(plate, new_state(plate), 900_000)
    for _ in range(10):
        state, _ = consumed(state, Quantity(350), NOW, plate.register)
    assert (state.lifetime_use, state.pulse) == (3_000, 500)


def test_a_step_that_is_not_paid_for_is_not_delivered() -> None:
    plate = plate_of(model_of("W200"))
    shown = topped_up(plate, new_state(plate), 2_700)
    state, passed = consumed(shown, Quantity(10_000), NOW, plate.register)
    assert (passed, state.balance) == (2_000, 700)
    assert MeterStatus.CLOSED in state.status_by(plate.register)


def test_what_is_lent_is_taken_from_the_next_purchase() -> None:
    plate = plate_of(model_of("W20"))
    state = topped_up(plate, new_state(plate), 1_000)
    state, passed = consumed(state, Quantity(50_000), NOW, plate.register)
    assert (passed, state.balance) == (4_000, -3_000)
    assert topped_up(plate, state, 11_000).balance == 7_000


def test_it_closes_once_at_the_second_level_and_a_card_opens_it() -> None:
    plate = plate_of(model_of("E1"))
    full = topped_up(plate, new_state(plate), 100_000)
    warned, passed = consumed(full, Quantity(1_000_000), NOW, plate.register)
    assert (passed, warned.balance) == (90_000, 10_000)
    assert warned.status == MeterStatus.CLOSED | MeterStatus.LOW | MeterStatus.WARNED
    assert consumed(warned, Quantity(1), NOW, plate.register)[1] == 0
    again, passed = consumed(warned.acknowledged(), Quantity(1_000_000), NOW, plate.register)
    assert (passed, again.balance) == (10_000, 0)
    assert MeterStatus.WARNED not in again.status


def test_a_step_that_leaps_over_the_second_level_closes_too() -> None:
    plate = plate_of(model_of("E3-CT40PT100"))
    full = topped_up(plate, new_state(plate), 4_001_500)
    warned, _ = consumed(full, Quantity(1_000_000), NOW, plate.register)
    assert (warned.balance, warned.warned) == (3_997_500, True)


def test_a_weak_battery_closes_the_valve_until_it_is_changed() -> None:
    plate = plate_of(model_of("G4"))
    state = topped_up(plate, new_state(plate), 100_000)
    low = happened(plate, state, Event.BATTERY_LOW)
    assert low.status == MeterStatus.CLOSED | MeterStatus.BATTERY
    assert happened(plate, low, Event.BATTERY_NEW) == state
    mains = plate_of(model_of("E1"))
    assert happened(mains, state, Event.BATTERY_LOW).status == MeterStatus.BATTERY


@pytest.mark.parametrize("event", [Event.COVER, Event.MAGNET])
def test_a_sealed_meter_stays_shut_until_somebody_looked(event: Event) -> None:
    for name, closes in (("G4-SEALED", True), ("G4", False)):
        plate = plate_of(model_of(name))
        state = topped_up(plate, new_state(plate), 100_000)
        told = happened(plate, state, event)
        assert told.status & (MeterStatus.COVER | MeterStatus.MAGNET)
        assert (MeterStatus.CLOSED in told.status) is closes
        assert told.inspected(plate) == state


def test_no_status_needs_more_than_the_byte_that_every_card_has() -> None:
    assert max(MeterStatus) < 1 << 8


def test_a_parameter_lends_no_more_than_the_factory_allows() -> None:
    plate = plate_of(model_of("W20"))
    generous = MeterParameters(3, overdraft=Quantity(90_000))
    assert with_parameters(plate, new_state(plate), generous).state.overdraft == 3_000
    mean = MeterParameters(3, overdraft=Quantity(1_000))
    assert with_parameters(plate, new_state(plate), mean).state.overdraft == 1_000


@pytest.mark.parametrize(
    ("cut", "taken"),
    [
        (Cut.WHOLE, LEVELS),
        (Cut.CLOSE, Levels(Quantity(10_000), Quantity(800_000), Quantity(2_000), Quantity(3_000))),
        (Cut.NARROW, None),
        (Cut.BARE, None),
    ],
)
def test_what_a_card_has_no_room_for_stays_as_it_is(cut: Cut, taken: Levels | None) -> None:
    plate = plate_of(model_of("W20"))
    state = new_state(plate)
    after = with_parameters(plate, state, MeterParameters().levelled(6, LEVELS), cut)
    assert after.state.parameter_version == (0 if taken is None else 7)
    expected = taken or plate.levels
    assert [getattr(after.state, name) for name in Levels._fields] == [*expected]


def test_a_price_from_a_narrow_card_changes_no_level() -> None:
    plate = plate_of(model_of("W20"), Holds.MONEY)
    state = replace(new_state(plate), alarm_level=Quantity(30_000), max_stored=Quantity(500_000))
    after = with_parameters(plate, state, MeterParameters(7, price=Price(5)), Cut.NARROW).state
    assert (after.price, after.parameter_version) == (5, 7)
    assert (after.alarm_level, after.max_stored) == (30_000, 500_000)


def test_levels_are_told_until_the_meter_has_them() -> None:
    first = MeterParameters().levelled(0, LEVELS)
    assert (first.version, first.levels) == (1, LEVELS)
    assert first.levelled(0, LEVELS) is first, "not taken yet: said again, under its number"
    assert first.levelled(1, LEVELS) is first
    assert first.levelled(9, LEVELS).version == 10, "somebody else set the meter meanwhile"
    lower = LEVELS._replace(alarm_level=Quantity(1))
    assert first.levelled(1, lower) == MeterParameters().levelled(1, lower)
    last = replace(first, version=0xFFFF)
    assert last.levelled(0, lower) is last


def test_levels_and_prices_share_one_version() -> None:
    priced = MeterParameters(5, price=Price(52_000))
    both = priced.levelled(5, LEVELS._replace(second_level=Quantity(0), overdraft=Quantity(0)))
    assert (both.version, both.price, both.alarm_level) == (6, 52_000, 10_000)
    dearer = both.repriced(6, Price(53_000))
    assert (dearer.version, dearer.alarm_level) == (7, 10_000)
    with pytest.raises(ValueError, match="second_level"):
        priced.levelled(5, LEVELS)


def test_the_published_record_brings_its_levels() -> None:
    record = open_record(bytes.fromhex(PUBLISHED["record"]), KEYS.credit)
    assert (record.parameters.version, record.parameters.levels) == (7, LEVELS)
    assert record.encode(KEYS.credit).hex() == PUBLISHED["record"].lower()


def test_the_published_write_back_is_what_the_meter_says() -> None:
    data = bytes.fromhex(PUBLISHED["write_back"])
    told = open_write_back(data, KEYS.wbn)
    record = open_record(bytes.fromhex(PUBLISHED["record"]), KEYS.credit)
    plate = meter_plate(levels=LEVELS)
    verdict = judge(plate, KEYS.credit, new_state(plate), record.encode(KEYS.credit), SLOT)
    used, _ = consumed(verdict.state.acknowledged(), Quantity(200_000), NOW)
    used, _ = consumed(used.acknowledged(), Quantity(500), NOW)
    closed = replace(happened(plate, used, Event.COVER), warned=True, sequence=9)
    assert write_back_of(plate, closed, SLOT, NOW) == told
    assert told.encode(KEYS.wbn, KEYS.wbq or b"") == data


def test_the_script_makes_the_published_levels() -> None:
    script = VECTORS / "levels.sh"
    made = subprocess.run(["sh", script], check=True, capture_output=True, text=True)
    assert json.loads(made.stdout) == PUBLISHED


def test_the_page_lists_the_catalogue() -> None:
    table = PAGE.split("<!-- models -->")[1].split("\n\n")[0]
    rows = re.findall(r"^\| ([A-Z0-9-]+) \| [^|]+ \| (.+) \| [^|]+ \|$", table, re.MULTILINE)
    listed = {name: [figure.strip() for figure in figures.split("|")] for name, figures in rows}
    assert listed == {
        model.name: [
            str(model.register.ratio),
            *(
                quantity_to_text(quantity)
                for quantity in (
                    model.register.step,
                    model.levels.alarm_level,
                    model.levels.second_level,
                    model.levels.overdraft,
                )
            ),
        ]
        for model in MODELS
    }


def test_every_service_has_a_usual_meter() -> None:
    for service in Service:
        assert service in usual_model(service).services


def test_a_model_that_measures_something_else_is_refused() -> None:
    with pytest.raises(ModelUnfit, match="G4-SEALED"):
        fitted(meter_plate(), model_of("W20"))
    with pytest.raises(ModelUnknown, match="W200"):
        model_of("W3000")


def test_a_register_counts_whole_steps_of_its_ratio() -> None:
    with pytest.raises(ValueError, match="multiple"):
        Register(ratio=20, step=Quantity(10))


@pytest.mark.parametrize("model", MODELS)
def test_a_meter_file_keeps_its_model(model: Model, tmp_path: Path) -> None:
    plate = plate_of(model)
    new_meter_file(tmp_path / "meter", plate, KEYS)
    opened = open_meter_file(tmp_path / "meter")
    assert opened.plate == plate
    assert opened.state() == new_state(plate)


def test_a_meter_file_of_before_is_a_meter_that_no_model_describes(tmp_path: Path) -> None:
    new_meter_file(tmp_path / "meter", meter_plate(), KEYS)
    pages = (tmp_path / "meter").read_bytes()
    held = json.loads(pages[:PAGE_SIZE])
    for name in ("model", "levels", "register", "quantum", "battery_closes", "tamper_closes"):
        del held[name]
    state = json.loads(encode_copy(1, MeterState())[6:-4])
    for name in ("second_level", "overdraft", "warned", "shown", "pulse", "battery", "cover"):
        del state[name]
    (tmp_path / "meter").write_bytes(
        json.dumps(held).encode().ljust(PAGE_SIZE) + pages[PAGE_SIZE:]
    )
    assert open_meter_file(tmp_path / "meter").plate == meter_plate()
    assert MeterState(**{**state, "months": tuple(state["months"])}) == MeterState()
    assert held["meter_id"] == METER_ID
