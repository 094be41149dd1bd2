"""What holds for any purchases: order of arrival, doubling and splitting change nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from rerating_builders import PREMISES, YEAR_START, a_tariff
from yika_central.domain.published import Published, named
from yika_central.domain.purchases import Position, Purchase, in_order
from yika_central.domain.ratings import Customer, Rated
from yika_central.domain.rerating import rerate
from yika_common.numbers import Money, Quantity
from yika_common.services import Service
from yika_common.tariffs.charges import Charges
from yika_common.tariffs.period import period_of
from yika_common.tariffs.usage import Usage

VERSIONS = (
    a_tariff(),
    a_tariff(version=2, prices=("5.50", "7.70", "9.90"), effective_from="2026-07-01T00:00:00"),
    a_tariff(version=3, prices=("4.00", "4.50", "5.00"), effective_from="2027-03-01T00:00:00"),
)
PUBLISHED = Published(VERSIONS)
DAYS = 700

days = st.integers(0, DAYS).map(timedelta)


@st.composite
def purchases(draw: st.DrawFn) -> list[Purchase]:
    """Up to 12 purchases of three meters at three nodes, with wrong clocks and wrong prices."""
    made = []
    for seq in range(draw(st.integers(1, 12))):
        tariff = draw(st.sampled_from(VERSIONS))
        before = YEAR_START + draw(days)
        made.append(
            Purchase(
                position=Position(draw(st.sampled_from("ABC")), 1, seq, bytes([seq])),
                meter=draw(st.sampled_from(("M1", "M2", "M3"))),
                generation=draw(st.integers(1, 2)),
                count=draw(st.integers(1, 5)),
                stamped_at=YEAR_START + draw(days),
                not_before=before,
                not_after=before + draw(days),
                quantity=Quantity(draw(st.integers(1, 400_000))),
                charged=Money(draw(st.integers(0, 500_000))),
                tariff=named(tariff),
                used_before=Quantity(draw(st.integers(0, 400_000))),
                delivered=draw(st.integers(0, 5)) > 0,
            )
        )
    return made


def rate(sold: list[Purchase]) -> tuple[Rated, ...]:
    return rerate(sold, service=Service.COLD_WATER, premises=PREMISES, published=PUBLISHED)


@given(purchases(), st.data())
def test_arrival_order_and_doubling_change_nothing(
    sold: list[Purchase], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(sold)))
    shuffled = data.draw(st.permutations(sold + again))
    assert rate(list(shuffled)) == rate(sold)


@given(purchases())
def test_each_purchase_is_rated_once_and_its_shares_are_its_difference(
    sold: list[Purchase],
) -> None:
    results = rate(sold)
    charged = {p.position: p.charged for p in sold}
    assert sorted(r.position for r in results) == sorted(charged)
    for result in results:
        assert result.amount - charged[result.position] == result.difference
        assert sum(share.amount for share in result.shares) == result.difference
        assert all(share.amount for share in result.shares)


@given(purchases())
def test_time_never_falls_and_never_undercuts_a_meters_order(sold: list[Purchase]) -> None:
    timed = in_order(sold)
    assert [t.at for t in timed] == sorted(t.at for t in timed)
    assert all(t.at >= t.purchase.not_before for t in timed)
    for meter in ("M1", "M2", "M3"):
        pairs = [
            (t.purchase.generation, t.purchase.count) for t in timed if t.purchase.meter == meter
        ]
        assert pairs == sorted(pairs)


@given(purchases())
def test_what_is_right_depends_on_volume_and_time_not_on_what_was_charged(
    sold: list[Purchase],
) -> None:
    honest = [replace(p, charged=Money(0), used_before=Quantity(0)) for p in sold]
    assert [r.amount for r in rate(honest)] == [r.amount for r in rate(sold)]


@given(st.lists(st.tuples(days, st.integers(1, 300_000)), min_size=1, max_size=10))
def test_one_node_that_knows_everything_is_never_corrected(
    sales: list[tuple[timedelta, int]],
) -> None:
    assert {r.difference for r in rate(all_knowing(sales, lambda used: used))} == {0}


@given(
    st.lists(
        st.tuples(st.just(timedelta(1)), st.integers(100_000, 300_000)), min_size=2, max_size=5
    )
)
def test_a_node_that_forgets_the_quota_is_corrected(sales: list[tuple[timedelta, int]]) -> None:
    """The control of the test above."""
    assert any(r.difference for r in rate(all_knowing(sales, lambda _: 0)))


def all_knowing(sales: list[tuple[timedelta, int]], known: Callable[[int], int]) -> list[Purchase]:
    """One node's sales at the right price, given what it knows of the quota used."""
    sold: list[Purchase] = []
    used: dict[str, int] = {}
    for seq, (day, milli) in enumerate(sorted(sales), start=1):
        at = YEAR_START + day
        tariff = PUBLISHED.in_force(Service.COLD_WATER, Customer("residential", "A01"), at)
        period = period_of(tariff, at).id
        before = Quantity(known(used.get(period, 0)))
        usage = Usage(used=before, quantum=Quantity(1))
        sold.append(
            Purchase(
                position=Position("A", 1, seq, b""),
                meter="M1",
                generation=1,
                count=seq,
                stamped_at=at,
                not_before=at,
                not_after=at,
                quantity=Quantity(milli),
                charged=Charges(tariff, usage).amount(milli),
                tariff=named(tariff),
                used_before=before,
            )
        )
        used[period] = used.get(period, 0) + milli
    return sold
