"""The bytes on a card can be made again from the intent alone, whatever they say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_builders import KEYS, METER_ID, NOW, NUMBER, credit_record
from yika_common.cards.ciphers import MAC_SIZE, mac8
from yika_common.cards.cut import Cut
from yika_common.cards.parameters import MeterParameters
from yika_common.cards.record import AppliedAdjustments, CreditRecord, QuotaState, open_record
from yika_common.journal.bodies import Intent
from yika_common.journal.implied import card_state
from yika_common.numbers import Money, Price, Quantity
from yika_common.services import Service
from yika_common.tariffs.dues import Bill, DebtTaken
from yika_common.tariffs.explanation import Explanation
from yika_common.tariffs.quote import Quote
from yika_common.tariffs.usage import Usage
from yika_node.db.journal import Position
from yika_node.services.basket import PricedLine
from yika_node.services.errors import RecordNotRemade
from yika_node.services.keyring import HeldMeter
from yika_node.services.minting import Minting, remade
from yika_node.services.payments import SlotQuote
from yika_node.services.views import Account, By

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


FREE = Quantity(2_000)
PLAIN = QuotaState("2026-04", Quantity(80_000))
EXPLANATION = Explanation(
    used_before=Quantity(30_000),
    used_after=Quantity(80_000),
    step=1,
    steps=1,
    left_in_step=None,
    price=Price(0),
    next_price=None,
    resets_on=datetime(2026, 5, 1, tzinfo=UTC),
    free=Quantity(0),
    supply=Money(0),
    deductions=(),
    next_version=None,
)


def a_line(**changes: object) -> SlotQuote:
    """The third purchase of a meter: 50 units after 30."""
    quote = Quote(quantity=Quantity(50_000), amount=Money(0), residual=Money(0), lines=())
    nothing = Money(0)
    bill = Bill(
        quote=quote,
        adjusted=nothing,
        debts=(),
        kept=nothing,
        rounding=nothing,
        change=nothing,
        paid=nothing,
    )
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
        heating_year=None,
        generation=2,
        count=3,
        total=Quantity(250_000),
        adjusted_number=0,
        ordered=Quantity(0),
        ordered_number=0,
        usage=Usage(Quantity(30_000), Quantity(100)),
        bill=bill,
        explanation=EXPLANATION,
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def priced(line: SlotQuote | None = None, **said: object) -> PricedLine:
    """The line, with a card that says what follows from the intent, or else what is ``said``."""
    held: dict[str, object] = {"before": None, "quota": PLAIN}
    return PricedLine(line or a_line(), **{**held, **said})  # type: ignore[arg-type]


def minted(line: PricedLine) -> tuple[Intent, CreditRecord]:
    """The intent, and the record that is made from it alone."""
    intent = Minting(ACCOUNT, NUMBER, line, METER).draft(0)(POSITION)
    return intent, open_record(remade(intent, POSITION, METER), KEYS.credit)


def test_the_bytes_of_a_plain_sale_stand_in_the_intent_s_own_fields() -> None:
    intent, record = minted(priced())
    assert intent.rest == ""
    assert record.quota == PLAIN
    assert (record.position, record.total) == ((2, 3), 250_000)


def test_months_charged_and_days_claimed_stand_in_the_intent_s_own_fields() -> None:
    quota = replace(PLAIN, charged_through=24_314, free_day=9_598)
    intent, record = minted(priced(quota=quota))
    assert (intent.rest, intent.charged_through, intent.free_day) == ("", 24_314, 9_598)
    assert record.quota == quota


def test_what_is_settled_through_the_slot_and_the_meters_parameters_are_said_beside() -> None:
    adjustments = AppliedAdjustments(3, Money(-200), 1, Quantity(2_500), Money(70_200))
    parameters = MeterParameters(5, Quantity(10_000), Quantity(0), Price(52_000))
    intent, record = minted(priced(adjustments=adjustments, parameters=parameters))
    assert (record.adjustments, record.parameters) == (adjustments, parameters)
    assert intent.rest[:2] == "18"


def test_only_the_parts_that_differ_are_said_beside() -> None:
    """Bit 2, and twenty units of free quantity that do not count."""
    quota = QuotaState("2026-04", Quantity(60_000))
    intent, record = minted(priced(quota=quota))
    assert record.quota == quota
    assert intent.rest == "02" + (60_000).to_bytes(6, "big").hex()


def test_the_year_just_paid_needs_no_word_beside_and_an_older_one_does() -> None:
    quota = replace(PLAIN, heating_year=2026)
    paid, record = minted(priced(a_line(heating_year=2026), quota=quota))
    assert (paid.rest, paid.heating_year, record.quota.heating_year) == ("", 2026, 2026)
    later, record = minted(priced(quota=quota))
    assert (later.rest, later.heating_year) == ("04" + "07ea00000000", 0)
    assert record.quota.heating_year == 2026


def test_what_else_the_bill_says_stands_in_the_intent() -> None:
    bill = Bill(
        quote=Quote(
            quantity=Quantity(50_000), amount=Money(0), residual=Money(5), lines=(), free=FREE
        ),
        adjusted=Money(40),
        debts=(DebtTaken("D1", Money(90), Money(110)), DebtTaken("D2", Money(0), Money(7))),
        kept=Money(5),
        rounding=Money(-1),
        change=Money(0),
        paid=Money(54),
    )
    intent, _ = minted(priced(a_line(bill=bill, adjusted_number=7)))
    assert (intent.paid, intent.residual, intent.free) == (54, 0, FREE)
    assert (intent.adjusted, intent.adjusted_number) == (40, 7)
    assert (intent.kept, intent.rounding) == (5, -1)
    assert intent.debts == (("D1", 90, 110), ("D2", 0, 7))


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
befores = st.none() | st.builds(credit_record)
lines = st.builds(
    lambda used, **changes: a_line(usage=Usage(Quantity(used), Quantity(100)), **changes),
    st.integers(0, 10**12),
    heating_year=st.none() | unsigned(2),
    period=periods,
)


@given(st.builds(PricedLine, lines, befores, quotas, adjustments, parameters))
def test_the_very_same_bytes_are_made_again_from_the_intent(line: PricedLine) -> None:
    intent, record = minted(line)
    assert record.quota == line.quota
    assert record.adjustments == line.adjustments
    assert record.parameters == line.parameters
    assert card_state(intent) == (
        record.quota.period,
        record.quota.bought,
        record.quota.heating_year,
        record.quota.charged_through,
        record.quota.free_day,
        record.adjustments.money_number,
        record.adjustments.money_total,
        record.adjustments.quantity_number,
        record.adjustments.quantity_total,
        record.adjustments.debts,
    )


@pytest.mark.parametrize("cut", Cut)
@given(st.builds(PricedLine, lines, befores, quotas, adjustments, parameters))
def test_a_memory_card_s_bytes_are_made_again_without_what_it_has_no_room_for(
    cut: Cut, line: PricedLine
) -> None:
    minting = Minting(ACCOUNT, NUMBER, line, METER, cut)
    intent = minting.draft(0)(POSITION)
    data = remade(intent, POSITION, METER)
    whole, body = replace(minting, cut=Cut.WHOLE).draft(0)(POSITION), data[:-MAC_SIZE]
    assert cut.record(remade(whole, POSITION, METER)[:-MAC_SIZE]) == body
    assert (intent.cut, intent.mac) == (cut, mac8(KEYS.credit, body).hex())
    assert (intent.rest, len(minting.trial(NOW))) == (whole.rest, len(body))


@pytest.mark.parametrize("rest", ["", "01", "02ff", "02" + "00" * 6, "20", "02" + "00" * 7])
def test_a_changed_rest_makes_no_record(rest: str) -> None:
    intent, _ = minted(priced(quota=QuotaState("2026-04", Quantity(60_000))))
    with pytest.raises(RecordNotRemade):
        remade(replace(intent, rest=rest), POSITION, METER)


def test_settled_consumption_is_what_the_card_says_was_counted() -> None:
    quota = QuotaState("2026-04", Quantity(50_000))
    intent, record = minted(priced(a_line(usage=Usage(Quantity(0), Quantity(100))), quota=quota))
    settled = replace(intent, used_before=10_000, consumed=50_000)
    assert open_record(remade(settled, POSITION, METER), KEYS.credit) == record
