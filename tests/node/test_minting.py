"""The bytes on a card can be made again from the intent alone, whatever they say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, METER_ID, NUMBER, credit_record
from yika_common.cards.record import (
    AppliedAdjustments,
    CreditRecord,
    MeterParameters,
    QuotaState,
    open_record,
)
from yika_common.journal.bodies import Intent
from yika_common.numbers import Money, Price, Quantity
from yika_common.services import Service
from yika_common.tariffs.quote import Quote
from yika_node.db.journal import Position
from yika_node.services.errors import RecordNotRemade
from yika_node.services.keyring import HeldMeter
from yika_node.services.minting import Minting, remade
from yika_node.services.pricing import PricedLine
from yika_node.services.views import Account, By, SlotQuote

METER = HeldMeter(METER_ID, Service.GAS, 1, KEYS)
POSITION = Position("N0042", 3, 12_500, bytes(range(32)), 1_775_030_400)
ACCOUNT = Account(
    number="100001",
    area="A01",
    tariff_class="residential",
    profile=4,
    persons=3,
    area_m2=None,
    meters=(),
    person=None,
    card=None,
    opened_at=datetime(2026, 1, 1, tzinfo=UTC),
    operator="mei",
)


def a_line(**changes: object) -> SlotQuote:
    """The third purchase of a meter: 50 units after 30."""
    line = SlotQuote(
        slot=2,
        service=Service.GAS,
        meter=METER_ID,
        by=By.MONEY,
        typed=13_000,
        tariff_id="T",
        tariff_version=1,
        tariff_digest=bytes(32),
        period="2026-04",
        used=Quantity(30_000),
        step_left=None,
        heating_year=None,
        generation=2,
        count=3,
        total=Quantity(250_000),
        quote=Quote(quantity=Quantity(50_000), amount=Money(0), residual=Money(0), lines=()),
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def minted(priced: PricedLine) -> tuple[Intent, CreditRecord]:
    """The intent, and the record that is made from it alone."""
    intent = Minting(ACCOUNT, NUMBER, priced, METER).draft(0)(POSITION)
    return intent, open_record(remade(intent, POSITION, METER), KEYS.credit)


def test_the_bytes_of_a_plain_sale_stand_in_the_intent_s_own_fields() -> None:
    intent, record = minted(PricedLine(a_line(), None, 0))
    assert intent.rest == ""
    assert record.quota == QuotaState("2026-04", Quantity(80_000))
    assert (record.position, record.total) == ((2, 3), 250_000)


def test_what_the_slot_shows_stays_where_the_sale_says_nothing_of_it() -> None:
    adjustments = AppliedAdjustments(3, Money(-200), 1, Quantity(2_500), Money(70_200))
    parameters = MeterParameters(5, Quantity(10_000), Quantity(0), Price(52_000))
    quota = QuotaState("2026-03", Quantity(7), 2025, 24_314, 9_598)
    before = credit_record(adjustments=adjustments, parameters=parameters, quota=quota)
    intent, record = minted(PricedLine(a_line(), before, 2025))
    assert (record.adjustments, record.parameters) == (adjustments, parameters)
    assert record.quota == QuotaState("2026-04", Quantity(80_000), 2025, 24_314, 9_598)
    assert (intent.charged_through, intent.free_day) == (24_314, 9_598)


def test_only_the_parts_that_differ_are_said_beside() -> None:
    """Bit 2, and twenty units of free quantity that do not count."""
    quota = QuotaState("2026-04", Quantity(60_000))
    intent, record = minted(PricedLine(a_line(), None, 0, quota))
    assert record.quota == quota
    assert intent.rest == "02" + (60_000).to_bytes(6, "big").hex()


def test_the_year_just_paid_needs_no_word_beside_and_an_older_one_does() -> None:
    paid, record = minted(PricedLine(a_line(heating_year=2026), None, 2026))
    assert (paid.rest, paid.heating_year, record.quota.heating_year) == ("", 2026, 2026)
    later, record = minted(PricedLine(a_line(), None, 2026))
    assert (later.rest, later.heating_year) == ("04" + "07ea00000000", 0)
    assert record.quota.heating_year == 2026


def unsigned(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2 ** (8 * size) - 1)


def signed(size: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1)


periods = st.sampled_from(["", "2026-03", "2026-04", "20260401"])
quotas = st.builds(QuotaState, periods, unsigned(6), unsigned(2), unsigned(2), unsigned(2))
adjustments = st.builds(
    AppliedAdjustments, unsigned(2), signed(6), unsigned(2), signed(6), unsigned(6)
)
above_zero = st.integers(1, 2**32 - 1)
following = st.just((Price(0), None)) | st.tuples(
    above_zero.map(Price),
    above_zero.map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
parameters = st.builds(MeterParameters, unsigned(2), unsigned(4), unsigned(4)) | st.builds(
    lambda alarm, most, price, pair: MeterParameters(1, alarm, most, price, *pair),
    *(unsigned(4), unsigned(4), above_zero, following),
)
befores = st.none() | st.builds(
    credit_record, quota=quotas, adjustments=adjustments, parameters=parameters
)
lines = st.builds(
    a_line, heating_year=st.none() | unsigned(2), period=periods, used=st.integers(0, 10**12)
)


@given(
    st.builds(
        PricedLine,
        lines,
        befores,
        unsigned(2),
        st.none() | quotas,
        st.none() | adjustments,
        st.none() | parameters,
    )
)
def test_the_very_same_bytes_are_made_again_from_the_intent(priced: PricedLine) -> None:
    _, record = minted(priced)
    shown = priced.before
    if priced.quota:
        assert record.quota == priced.quota
    if priced.adjustments or shown:
        assert record.adjustments == (priced.adjustments or (shown and shown.adjustments))
    if priced.parameters or shown:
        assert record.parameters == (priced.parameters or (shown and shown.parameters))


@pytest.mark.parametrize("rest", ["", "01", "02ff", "02" + "00" * 6, "20", "02" + "00" * 7])
def test_a_changed_rest_makes_no_record(rest: str) -> None:
    intent, _ = minted(PricedLine(a_line(), None, 0, QuotaState("2026-04", Quantity(60_000))))
    with pytest.raises(RecordNotRemade):
        remade(replace(intent, rest=rest), POSITION, METER)


def test_settled_consumption_is_what_the_card_says_was_counted() -> None:
    intent, record = minted(PricedLine(a_line(used=Quantity(0)), None, 0))
    settled = replace(intent, used_before=10_000, consumed=50_000)
    assert open_record(remade(settled, POSITION, METER), KEYS.credit) == record
