"""A replay finds who would have paid more: on numbers by hand, and for every kind of customer."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central_builders import LI, WANG, HandClock, Pen, enrol, new_headquarters, water_tariff
from central_town import ACCOUNT, a_town, dearer_water
from rerating_builders import YEAR_START, a_purchase, a_tariff, heat_tariff
from yika_central.bootstrap import Headquarters
from yika_central.db.database import add
from yika_central.db.tables import Ruling
from yika_central.domain.purchases import Purchase
from yika_central.domain.tariff_replay import TOP, Findings, Group, Priced, Tally, price_customer
from yika_central.services.enquiries import SaleFilter
from yika_central.services.tariff_replay_run import months_before
from yika_common.numbers import Money, Quantity
from yika_common.services import PROFILES
from yika_common.tariffs.facts import Facts
from yika_common.tariffs.model import Tariff

PRESENT = a_tariff()
DEARER = a_tariff(version=2, prices=("5.00", "7.40", "9.00"))
FACTS = Facts(opened_on=date(2020, 1, 1), inner_m2=Quantity(100_000))


def priced(
    purchases: Sequence[Purchase],
    draft: Tariff,
    present: Tariff | None = PRESENT,
    *,
    since: datetime = YEAR_START,
    facts: Facts = FACTS,
) -> Priced:
    first = since - timedelta(days=365)
    return price_customer(
        "A", purchases, facts=facts, present=present, draft=draft, first=first, since=since
    )


def bought(*quantities: str, start: int = 0) -> list[Purchase]:
    """Purchases on one day after the other; what was charged does not matter."""
    return [
        a_purchase(PRESENT, quantity, "0.00", day=start + n, seq=n + 1, count=n + 1)
        for n, quantity in enumerate(quantities)
    ]


def test_only_what_lies_in_the_dearer_step_costs_more() -> None:
    # 100 in step 1; then 80 in step 1 and 20 in step 2: 20 x 0.40 more.
    found = priced(bought("100", "100"), DEARER)
    assert (found.sales, found.before, found.after) == (2, 104_000, 104_800)
    assert found.change == 800


def test_a_customer_of_the_first_step_pays_the_same() -> None:
    assert priced(bought("100", "80"), DEARER).change == 0


def test_what_was_bought_before_the_time_compared_counts_in_the_quota() -> None:
    # 180 before; the 10 compared lie in step 2.
    found = priced(bought("180", "10"), DEARER, since=YEAR_START + timedelta(hours=12))
    assert (found.sales, found.before, found.after) == (1, 7_000, 7_400)


def test_a_version_to_come_is_priced_as_if_it_had_been_in_force() -> None:
    document = {"effective_from": "2031-05-06T00:00:00", "on_version_change": "prorata"}
    later = a_tariff(version=2, prices=("5.00", "7.40", "9.00"), **document)
    assert priced(bought("100", "100"), later) == priced(bought("100", "100"), DEARER)


def test_where_nothing_is_in_force_the_draft_is_compared_with_what_was_charged() -> None:
    purchase = a_purchase(PRESENT, "10", "33.00")
    found = priced([purchase], DEARER, present=None)
    assert (found.before, found.after) == (3_300, 5_000)


def test_a_superseded_purchase_is_left_out() -> None:
    purchase = a_purchase(PRESENT, "10", "50.00", delivered=False)
    assert priced([purchase], DEARER).sales == 0


def test_a_sale_without_a_price_is_named_and_in_no_sum() -> None:
    heat = heat_tariff()
    unknown = Facts(opened_on=date(2020, 1, 1))
    purchases = bought("100", "100")
    found = priced(purchases, heat, heat, facts=unknown)
    assert (found.sales, found.unpriced) == (0, (("area_unknown", 2),))
    assert priced(purchases, heat, heat).sales == 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(1, 60_000), min_size=1, max_size=12),
    st.permutations(range(12)),
    st.integers(0, 12),
)
def test_the_order_of_arrival_changes_nothing(
    quantities: list[int], order: list[int], start: int
) -> None:
    purchases = [
        a_purchase(PRESENT, f"{quantity // 1000}.{quantity % 1000:03}", "0.00", day=n, seq=n + 1,
                   count=n + 1)
        for n, quantity in enumerate(quantities)
    ]  # fmt: skip
    mixed = [purchases[n] for n in order if n < len(purchases)]
    since = YEAR_START + timedelta(days=start, hours=-12)
    assert priced(purchases, DEARER, since=since) == priced(
        mixed + purchases[:1], DEARER, since=since
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=12))
def test_a_draft_with_the_same_prices_changes_nothing(quantities: list[int]) -> None:
    purchases = [
        a_purchase(PRESENT, f"{quantity // 1000}.{quantity % 1000:03}", "0.00", day=n, seq=n + 1,
                   count=n + 1)
        for n, quantity in enumerate(quantities)
    ]  # fmt: skip
    assert priced(purchases, a_tariff(version=9)).change == 0


def test_the_fifty_largest_changes_are_kept_and_nothing_else() -> None:
    group = Group("residential", "A01", "priced", "WATER v1", "WATER v2")
    tally = Tally([group])
    for number in range(200):
        change = number if number % 2 else -number
        tally.add(group, Priced(f"A{number:03}", 1, Money(1000), Money(1000 + change)))
    found = tally.findings(0, 1, 0)
    assert [mover.change for mover in found.up] == [*range(199, 99, -2)]
    assert [mover.change for mover in found.down] == [*range(-198, -98, 2)]
    assert len(found.up) == len(found.down) == TOP
    assert (group.dearer, group.cheaper, group.same) == (100, 99, 1)


def test_findings_come_back_as_they_were_kept() -> None:
    group = Group("residential", "A01", "priced", "WATER v1", "WATER v2")
    tally = Tally([group])
    tally.add(group, Priced("A", 2, Money(5), Money(6), (("area_unknown", 3),)))
    found = tally.findings(1, 2, 3)
    assert Findings.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("now", "months", "first"),
    [
        (datetime(2026, 6, 1, 4, tzinfo=UTC), 12, "2025-06-01T00:00:00+08:00"),
        (datetime(2026, 1, 31, 20, tzinfo=UTC), 2, "2025-12-01T00:00:00+08:00"),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), 1, "2025-12-01T00:00:00+08:00"),
    ],
)
def test_months_begin_with_their_first_day_there(now: datetime, months: int, first: str) -> None:
    assert months_before(now, months, PRESENT.zone).isoformat() == first


METERS = [f"{number:012}" for number in range(1, 9)]


@pytest.fixture
def village(tmp_path: Path, database_url: str) -> Headquarters:
    """Two accounts of one area; one bought 100 m³ of water, the other 250, in two purchases."""
    clock = HandClock()
    hq = new_headquarters(tmp_path / "central", clock, database_url=database_url)
    hq.tariff_office.publish(water_tariff(), [LI, WANG])
    hq.stock.take_in_new("A01", PROFILES[4] * 2, 2)
    pen = enrol(hq, clock)
    settle_in(pen)
    clock.pass_by(minutes=5)
    return hq


def settle_in(pen: Pen) -> None:
    for number, quantities in ((1, (60_000, 40_000)), (2, (150_000, 100_000))):
        account, card = f"N0001-00000{number}", f"86000000000{number}"
        meters = METERS[4 * number - 4 : 4 * number]
        pen.open_account(account, meters, card=card)
        for quantity in quantities:
            pen.sell(account, meters[3], card=card, quantity=quantity)
    pen.send(pen.cut())


def water(**changes: Any) -> bytes:
    document = json.loads(water_tariff()) | {"version": 9, "golden": []} | changes
    return json.dumps(document, ensure_ascii=False).encode()


def dearer() -> bytes:
    document = json.loads(water())
    document["components"][0]["steps"][1]["price"] = "4.47"
    return json.dumps(document, ensure_ascii=False).encode()


def replayed(hq: Headquarters, document: bytes) -> Findings:
    number = hq.tariff_office.drafts.keep(document, "li")
    run = hq.tariff_office.replays.ask(number, 12, "li")
    return hq.tariff_office.replays.run(number, run)


def test_a_draft_of_a_new_version_finds_its_loser(village: Headquarters) -> None:
    found = replayed(village, dearer())
    (group,) = found.groups
    assert (group.verdict, group.dearer, group.same, group.sales) == ("priced", 1, 1, 4)
    # 250 m³ at 5 and 7 yuan: 180 x 5 + 70 x 7; 70 x 0.40 more.
    assert (found.total("before"), found.total("after")) == (50_000 + 139_000, 189_000 + 2_800)
    assert [mover.account for mover in found.up] == ["N0001-000002"]
    assert found.down == ()
    village.close()


def test_a_draft_that_changes_nothing_says_so(village: Headquarters) -> None:
    assert replayed(village, water()).changes_nothing
    assert not replayed(village, dearer()).changes_nothing
    village.close()


def test_customers_of_another_class_or_area_are_found_untouched(village: Headquarters) -> None:
    for other in ({"class": "commercial"}, {"area": "A09"}):
        found = replayed(village, water(id="OTHER", **other))
        assert [group.verdict for group in found.groups] == ["untouched"]
        assert (found.groups[0].sales, found.groups[0].same) == (4, 2)
        assert not found.changes_nothing, "nothing was priced"
    village.close()


def test_a_wrong_class_link_is_a_switch_of_customers(village: Headquarters) -> None:
    # Meant for another area, and linked to ours: its customers would leave their tariff.
    found = replayed(village, water(id="OTHER", area="A01"))
    (group,) = found.groups
    assert (group.verdict, group.switches) == ("priced", True)
    assert (group.present, group.next) == ("CN-BJ-WATER-RES v3", "OTHER v9")
    village.close()


def test_a_replay_reads_batch_by_batch_and_tells_how_far_it_is(
    village: Headquarters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_central.services.tariff_replay_run.BATCH", 1)
    number = village.tariff_office.drafts.keep(dearer(), "li")
    run = village.tariff_office.replays.ask(number, 12, "li")
    told: list[tuple[int, int]] = []
    found = village.tariff_office.replays.run(number, run, lambda *far: told.append(far))
    assert told == [(1, 2), (2, 2)]
    assert found == replayed(village, dearer())
    village.close()


def test_a_replay_that_was_cut_off_is_run_again_from_the_start(village: Headquarters) -> None:
    number = village.tariff_office.drafts.keep(dearer(), "li")
    replays = village.tariff_office.replays
    run = replays.ask(number, 12, "li")

    def cut(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replays.run(number, run, cut)
    interrupted = replays.latest(number)
    assert interrupted is not None
    assert interrupted.running
    assert replays.run_waiting() == 1
    done = replays.latest(number)
    assert done is not None
    assert (done.running, done.done, done.total) == (False, 2, 2)
    village.close()


def test_a_sale_that_arrives_later_is_in_the_next_replay(village: Headquarters) -> None:
    before = replayed(village, dearer())
    pen = enrol(village, HandClock(village.clock()), "N0002", seed=2)
    pen.counts[METERS[3]] = (2, 100_000)
    pen.sell("N0001-000001", METERS[3], card="860000000001", quantity=100_000)
    pen.send(pen.cut())
    after = replayed(village, dearer())
    assert (before.total("dearer"), after.total("dearer")) == (1, 2)
    village.close()


def test_the_present_tariff_gives_what_rerating_gives(tmp_path: Path) -> None:
    hq = a_town(tmp_path / "town", HandClock())
    found = replayed(hq, dearer_water().replace(b'"version": 4', b'"version": 5'))
    sales = hq.enquiries.sales(SaleFilter(account=ACCOUNT)).items
    right = sum(sale.right or 0 for sale in sales if sale.outcome != "SUPERSEDED")
    assert (found.total("sales"), found.total("before")) == (21, right)
    hq.close()


def test_a_void_sale_is_left_out(village: Headquarters) -> None:
    sale = village.enquiries.sales(SaleFilter(account="N0001-000002")).items[0]
    ruling = Ruling(
        node=sale.node, epoch=sale.epoch, branch=sale.branch, seq=sale.seq, kind="VOID", number=1,
        account=sale.account, service="cold_water", reason="a slip", ruled_by="qian", ruled_at=1,
    )  # fmt: skip
    before = replayed(village, dearer())
    with village.database.writing() as connection:
        add(connection, Ruling, [ruling.model_dump()])
    after = replayed(village, dearer())
    assert (before.total("sales"), after.total("sales")) == (4, 3)
    village.close()
