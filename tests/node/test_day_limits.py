"""What an operator may do in a day of the utility; a second person lifts it for one act."""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node_pages import Pages, code_of, pages_in, said
from node_world import OPERATOR, World, for_money, open_with_card
from staff_builders import MANAGER, add_operator, approved
from yika_common.journal.card_bodies import Approved
from yika_common.journal.staff_bodies import REFUNDS, SALES, SUPPLEMENTS
from yika_common.numbers import Money
from yika_node.bootstrap import Node
from yika_node.db.staff_queries import StaffQueries
from yika_node.services.approvals import ApprovalForAnother, ApprovalMissing
from yika_node.services.day_limits import (
    DayAmountReached,
    DayLimits,
    DayTimesReached,
    DayUse,
    day_around,
    sale_digest,
)
from yika_node.services.staff_office import OperatorIsYou, OperatorUnknown, ReasonMissing
from yika_node.services.views import Account, Level

ZONE = ZoneInfo("Asia/Shanghai")
WHY = "as agreed"


def limits_of(node: Node) -> DayLimits:
    return DayLimits(node.journal, node.queries, StaffQueries(node.store), node.clock, ZONE)


class Shop:
    """A counter with two clerks, one card, and a supervisor who sets limits."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.node = self.world.enrolled()
        self.account: Account
        self.account, _ = open_with_card(self.world, self.node, profile=4)
        for name in ("wei", "lan"):
            add_operator(self.node, name, Level.CLERK)
        self.sales = 0

    def limit(self, who: str | Level, times: int = 0, amount: int = 0, what: str = SALES) -> None:
        named = ("", who) if isinstance(who, Level) else (who, None)
        limits_of(self.node).set(OPERATOR, named, what, (times, Money(amount)), WHY)

    def paid(self, money: int) -> int:
        """What is taken from a customer who wants to spend so much: whole units only."""
        quote = self.node.sales.quote(self.node.cards.read(OPERATOR), [for_money(2, money)])
        return quote.paid

    def sell(self, who: str, money: int, approval: str = "") -> int:
        card = self.account.card
        assert card is not None
        self.sales += 1
        token = f"form {self.sales}"
        sold = self.node.sales.sell(who, card, [for_money(2, money)], token, approval=approval)
        return sold.paid


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "node")
    yield shop
    shop.node.close()


def test_money_beyond_the_limit_is_not_taken(shop: Shop) -> None:
    shop.limit("wei", amount=10_000)
    done = shop.sell("wei", 9_000)
    seq = shop.node.courier.state().head
    with pytest.raises(DayAmountReached) as refused:
        shop.sell("wei", 2_000)
    assert refused.value.facts == {
        "what": "purchases",
        "amount": "100.00",
        "done": f"{done / 100:.2f}",
    }
    assert shop.node.courier.state().head == seq
    shop.sell("wei", 1_000)
    shop.sell("lan", 50_000)


def test_more_often_than_the_limit_is_refused_until_the_utilitys_next_day(shop: Shop) -> None:
    shop.limit("wei", times=2)
    # 16:00 of the first of April in Shanghai.
    shop.sell("wei", 1_000)
    shop.sell("wei", 1_000)
    with pytest.raises(DayTimesReached):
        shop.sell("wei", 1_000)
    shop.world.pass_time(hours=7, minutes=59)
    with pytest.raises(DayTimesReached):
        shop.sell("wei", 1_000)
    shop.world.pass_time(minutes=1)
    shop.sell("wei", 1_000)


def test_an_operators_own_limit_goes_before_his_levels(shop: Shop) -> None:
    shop.limit(Level.CLERK, amount=1_000)
    shop.limit("lan", amount=5_000)
    with pytest.raises(DayAmountReached):
        shop.sell("wei", 2_000)
    done = shop.sell("lan", 2_000)
    assert [(use.what, use.amount, use.done_amount, use.own) for use in uses(shop, "lan")] == [
        (SALES, 5_000, done, True)
    ]
    shop.limit("lan")
    with pytest.raises(DayAmountReached):
        shop.sell("lan", 2_000)


def uses(shop: Shop, who: str) -> list[DayUse]:
    return list(limits_of(shop.node).uses(who))


def test_a_supervisor_limits_neither_himself_nor_his_own(shop: Shop) -> None:
    for who in (OPERATOR, Level.SUPERVISOR):
        with pytest.raises(OperatorIsYou):
            shop.limit(who, times=1)
    with pytest.raises(OperatorUnknown):
        shop.limit("nobody", times=1)
    with pytest.raises(ReasonMissing):
        limits_of(shop.node).set(OPERATOR, ("wei", None), SALES, (1, Money(0)), " ")


def test_a_second_person_lifts_it_for_one_sale(shop: Shop) -> None:
    card = shop.account.card
    assert card is not None
    shop.limit("wei", amount=1_000)
    digest = sale_digest(card, [for_money(2, 3_000)], Money(shop.paid(3_000)))
    token = approved(shop.node, "wei", digest)
    with pytest.raises(ApprovalForAnother):
        shop.sell("wei", 4_000, token)
    token = approved(shop.node, "wei", digest)
    shop.sell("wei", 3_000, token)
    newest = shop.node.queries.sales(None, 1, None)[0]
    record = shop.node.queries.record(newest.epoch, newest.seq)
    assert record is not None
    assert b'"aq":%d' % (newest.seq - 1) in record.line
    with pytest.raises(ApprovalMissing):
        shop.sell("wei", 3_000, token)
    with pytest.raises(DayAmountReached):
        shop.sell("wei", 3_000)


def test_what_nobody_limited_is_not_counted_at_all(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    import yika_node.services.day_limits as counting

    def counted(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(counting, "check_sold", counted)
    shop.limit("lan", times=1)
    shop.sell("wei", 9_000)
    with pytest.raises(AssertionError):
        shop.sell("lan", 9_000)


steps = st.lists(
    st.tuples(
        st.sampled_from(["wei", "lan"]),
        st.integers(1, 60).map(lambda yuan: yuan * 100),
        st.integers(0, 30 * 3600),
    ),
    max_size=8,
)
bounds = st.tuples(st.integers(0, 3), st.integers(0, 100).map(lambda yuan: yuan * 100))


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(steps, bounds, bounds)
def test_a_days_sales_never_go_beyond_its_limit_and_nothing_below_it_is_refused(
    sold: list[tuple[str, int, int]], own: tuple[int, int], level: tuple[int, int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = Shop(Path(folder) / "node")
        shop.limit("wei", *own)
        shop.limit(Level.CLERK, *level)
        done: dict[tuple[str, object], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for who, wanted, later in sold:
            shop.world.pass_time(seconds=later)
            money = shop.paid(wanted)
            day = who, shop.world.now.astimezone(ZONE).date()
            times, amount = (1 + done[day][0], money + done[day][1])
            most, most_money = own if who == "wei" and own != (0, 0) else level
            if (most and times > most) or (most_money and amount > most_money):
                with pytest.raises((DayTimesReached, DayAmountReached)):
                    shop.sell(who, wanted)
            else:
                assert shop.sell(who, wanted) == money
                done[day] = times, amount
        shop.node.journal.rebuild()
        first, last = day_around(shop.world.now, ZONE)
        for who in ("wei", "lan"):
            today = who, shop.world.now.astimezone(ZONE).date()
            assert StaffQueries(shop.node.store).done(who, SALES, first, last) == done[today]
        shop.node.close()


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_days_that_begin_within_an_hour_are_counted_to_the_second(shop: Shop, zone: str) -> None:
    for _ in range(26):
        shop.world.pass_time(minutes=57)
        shop.sell("wei", 1_000)
    sold = [row for row in shop.node.queries.sales(None, 100, None) if row.operator == "wei"]
    staff = StaffQueries(shop.node.store)
    first, last = day_around(shop.world.now, ZoneInfo(zone))
    expected = [row for row in sold if first <= row.at < last]
    money = sum(row.paid for row in expected)
    assert staff.done("wei", SALES, first, last) == (len(expected), money)
    assert 0 < len(expected) < 26


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[Pages]:
    with pages_in(tmp_path / "web") as pages:
        yield pages


def test_the_sale_page_leads_to_a_second_person_and_back(pages: Pages) -> None:
    chief = pages.clerk()
    _, chip = chief.open_with_card()
    add_operator(pages.node, "wei", Level.CLERK)
    fields = {"who": "name:wei", "what": SALES, "times": "", "amount": "20", "reason": WHY}
    assert chief.post("/operators/limits", fields, on="/operators/limits").status_code == 303
    assert "¥20.00" in chief.get("/operators/limits").text
    clerk = pages.clerk(name="wei")
    refused = clerk.post("/sell", {"amount-0": "50"}, on="/sell")
    assert code_of(refused) == "day_amount_reached"
    assert 'name="ask"' in refused.text
    asked = clerk.post("/sell", {"amount-0": "50", "by-0": "m", "ask": "1"}, on="/sell")
    assert asked.location.startswith("/approve/")
    pages.world.hand.pull()
    token = asked.location.rsplit("/", 1)[-1]
    waiting = pages.node.approvals.pending(token)
    said_so = Approved(
        act=waiting.digest.hex(), card="930010000012", holder=MANAGER, counter=1, proof="00" * 8
    )
    pages.node.approvals.give(token, said_so)
    assert clerk.get(waiting.then).location == "/sell"
    back = f"{waiting.then}&approval={token}"
    assert "The sale is approved" in clerk.get(back).text
    pages.world.hand.insert(chip)
    sold = clerk.post("/sell", {}, on=back)
    assert sold.location.startswith("/receipts/"), said(sold)
    assert clerk.get(sold.location).status_code == 200


@pytest.mark.parametrize("what", [REFUNDS, SUPPLEMENTS])
def test_whoever_approves_what_needs_him_anyway_is_told_that_the_limit_is_reached(
    shop: Shop, what: str
) -> None:
    shop.limit("wei", amount=1_000, what=what)
    desk = limits_of(shop.node)
    assert desk.beyond("wei", what, Money(1_000)) is None
    assert isinstance(desk.beyond("wei", what, Money(1_001)), DayAmountReached)
    assert desk.beyond("lan", what, Money(9_999)) is None
