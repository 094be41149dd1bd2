"""A purchase given back counts in no quota and no price, and its money is booked when it went."""

from typing import Any

import pytest

from central_builders import HandClock, Pen, _water_price
from central_refunds import reasons, refund, sale, told
from journals import an_intent
from settlement_builders import (
    ACCOUNT,
    MEI,
    NEW_CARD,
    a_town,
    bring_up_to_date,
    deliver,
    register,
    replace_card,
    rows,
    sell,
)
from yika_central.bootstrap import Headquarters
from yika_central.db.sheet_sources import Source, sources_of
from yika_central.db.tables import Posting, RefundPaid, Sale, SaleDebt
from yika_common.journal import bodies
from yika_common.journal import card_bodies as cards
from yika_common.journal.bodies import DebtPaid, Intent, Superseded


def test_a_refund_marks_its_purchase_and_is_booked_when_it_was_paid(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    bought = sell(pen, 20_000, count=1)
    clock.pass_by(minutes=5)
    back = refund(pen, bought, paid=None)
    deliver(pen)
    assert (sale(headquarters, bought)["refunded"], sale(headquarters, back)["booked"]) == (
        back,
        0,
    )
    clock.pass_by(minutes=60)
    pen.write(told(count=2, total=0, number=7))
    pen.write(cards.RefundPaid(intent=back, amount=10_000, write_back=7))
    deliver(pen)
    row = sale(headquarters, back)
    assert (row["booked"], row["stamped_at"], row["outcome"]) == (1, clock.seconds, "WRITTEN")
    assert (row["quantity"], row["amount"], row["paid"]) == (-20_000, -10_000, -10_000)
    (paid,) = rows(headquarters, RefundPaid)
    assert (paid["refund_seq"], paid["amount"], paid["write_back"]) == (back, 10_000, 7)
    assert reasons(headquarters) == set()


def test_however_a_journal_is_cut_the_tables_are_the_same(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """And so they are if later records come first and wait."""
    first, second = a_town(headquarters, clock)
    debt = "D-1"
    for pen in (first, second):
        owed: dict[str, Any] = {"adjusted": 300, "debts": (DebtPaid(debt, 500, 100),)}
        bought = pen.write(of_its_own(pen, 20_000, count=1, **owed))
        pen.write(bodies.Sale(intent=bought))
        refund(pen, bought)
        later = pen.write(of_its_own(pen, 10_000, count=3))
        pen.write(bodies.Sale(intent=later))
    deliver(first)
    start = 1
    for last in range(start, second.seq + 1):
        second.send(second.cut(last, last))

    def content(pen: Pen) -> list[dict[str, Any]]:
        shift = {first.node: first.seq, second.node: second.seq}[pen.node]
        found = []
        for row in rows(headquarters, Sale) + rows(headquarters, SaleDebt):
            if row["node"] == pen.node:
                held = {key: value for key, value in row.items() if key not in UNLIKE}
                for name in ("seq", "resolved_seq", "refunds", "refunded", "basket"):
                    if held.get(name):
                        held[name] -= shift
                found.append(held)
        return found

    assert content(first) == content(second)


def of_its_own(pen: Pen, quantity: int, **changes: Any) -> Intent:
    """A purchase of an account that this pen alone sells to."""
    whose = {"card": pen.node, "meter": pen.node, "account": pen.node}
    return an_intent(
        quantity=quantity, total=quantity, **whose, **(_water_price(quantity) | changes)
    )


UNLIKE = ("node", "hash", "account", "card", "meter", "not_before", "not_after")


def test_what_was_given_back_counts_in_no_quota_and_its_differences_are_taken_back(
    headquarters: Headquarters, clock: HandClock
) -> None:
    """The second point sold by what the card said; the first one's refund arrives last."""
    first, second = a_town(headquarters, clock)
    bought = sell(first, 170_000, count=1)
    clock.pass_by(minutes=5)
    sell(second, 20_000, count=3, total=20_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert [row["amount"] for row in rows(headquarters, Posting)] == [2_000]
    assert headquarters.adjustments.account(ACCOUNT).total == -2_000
    refund(first, bought)
    deliver(first)
    bring_up_to_date(headquarters)
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 0
    assert headquarters.adjustments.account(ACCOUNT).total == 0
    assert headquarters.rerating.drain().changed == 0


def test_a_refund_that_never_reached_the_card_changes_nothing(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    bought = sell(first, 170_000, count=1)
    back = refund(first, bought, written=False)
    deliver(first)
    assert sale(headquarters, bought)["refunded"] == back
    sell(second, 20_000, count=2, total=190_000)
    deliver(second)
    bring_up_to_date(headquarters)
    assert sale(headquarters, back)["outcome"] == "SUPERSEDED"
    assert (sale(headquarters, bought)["refunded"], sale(headquarters, back)["booked"]) == (0, 0)
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 2_000
    first.write(Superseded(intent=back, generation_seen=1, count_seen=2))
    deliver(first)
    bring_up_to_date(headquarters)
    assert sale(headquarters, bought)["refunded"] == 0
    assert sum(row["amount"] for row in rows(headquarters, Posting)) == 2_000
    # No money was handed out, so none is given back.
    assert headquarters.adjustments.account(ACCOUNT).total == -2_000


def test_its_own_word_holds_against_what_was_inferred(
    headquarters: Headquarters, clock: HandClock
) -> None:
    first, second = a_town(headquarters, clock)
    bought = sell(first, 20_000, count=1)
    back = refund(first, bought, written=False)
    sell(second, 20_000, count=2, total=40_000)
    deliver(first, second)
    bring_up_to_date(headquarters)
    assert sale(headquarters, bought)["refunded"] == 0
    first.write(bodies.Sale(intent=back))
    deliver(first)
    assert sale(headquarters, bought)["refunded"] == back


def test_an_adjustment_and_a_debt_settled_with_it_are_open_again(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    deliver(pen)
    debt = register(headquarters, 20_000)
    headquarters.adjustments.adjust(ACCOUNT, 700, by=MEI.name, reason="Kindness")  # type: ignore[arg-type]
    settled: dict[str, Any] = {"adjusted": 700, "adjusted_number": 1}
    bought = sell(pen, 20_000, count=1, debts=[(debt, 1_500, 18_500)], **settled)
    deliver(pen)
    bring_up_to_date(headquarters)
    assert headquarters.adjustments.account(ACCOUNT).applied == 700
    assert headquarters.debt_office.statement(debt)[0].owed.left == 18_500
    refund(pen, bought)
    deliver(pen)
    bring_up_to_date(headquarters)
    account = headquarters.adjustments.account(ACCOUNT)
    assert (account.total, account.applied) == (700, 0)
    assert headquarters.debt_office.statement(debt)[0].owed.left == 20_000


def test_the_sheet_says_what_the_card_says_after_a_refund(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)
    sell(pen, 20_000, count=1, heating_year=2025, charged_through=24_300, free_day=100, adjusted=9)
    later = sell(
        pen,
        30_000,
        count=2,
        total=50_000,
        used_before=20_000,
        heating_year=2026,
        heating_before=2025,
        months_due=2,
        charged_through=24_302,
        free=100,
        free_day=160,
        free_before=100,
        adjusted=5,
        adjusted_number=2,
    )
    refund(pen, later)
    deliver(pen)
    with headquarters.database.reading() as session:
        (slot,) = sources_of(session.connection(), [ACCOUNT])[ACCOUNT].slots
    assert (slot["count"], slot["total_after"], slot["counted"]) == (3, 20_000, 20_000)
    assert (slot["heating_newest"], slot["charged_newest"]) == (2025, 24_300)
    assert (slot["free_newest"], slot["adjusted_sum"], slot["adjusted_newest"]) == (100, 9, 2)


def test_the_sheet_says_where_a_refund_may_still_wait_for_its_meter(
    headquarters: Headquarters, clock: HandClock
) -> None:
    pen, _ = a_town(headquarters, clock)

    def source() -> Source:
        with headquarters.database.reading() as session:
            return sources_of(session.connection(), [ACCOUNT])[ACCOUNT]

    def lowered() -> int:
        (slot,) = source().slots
        return int(slot["lowered"])

    sell(pen, 20_000, count=1)
    deliver(pen)
    assert lowered() == 0
    back = refund(pen, sell(pen, 5_000, count=2, total=25_000), paid=None)
    deliver(pen)
    assert lowered() == 1
    assert source().carried == []
    clock.pass_by(minutes=5)
    replace_card(pen, count=3, total=20_000)
    deliver(pen)
    assert lowered() == 1
    assert [row["seq"] for row in source().carried] == [back]
    sell(pen, 7_000, count=4, total=27_000, generation=2, card=NEW_CARD)
    deliver(pen)
    assert lowered() == 0
    assert [row["seq"] for row in source().carried] == [back]
    assert [(row["generation"], row["total_after"]) for row in source().waiting] == [(1, 20_000)]
    pen.write(cards.RefundPaid(intent=back, amount=2_500, write_back=7))
    deliver(pen)
    assert source().carried == source().waiting == []


@pytest.mark.parametrize(("built_on", "known"), [(20_000, True), (25_000, False)])
def test_a_refund_is_known_to_a_later_card_that_was_sold_to_without_its_purchase(
    headquarters: Headquarters, clock: HandClock, built_on: int, *, known: bool
) -> None:
    pen, _ = a_town(headquarters, clock)
    sell(pen, 20_000, count=1)
    back = refund(pen, sell(pen, 5_000, count=2, total=25_000), paid=None)
    clock.pass_by(minutes=5)
    replace_card(pen, count=1, total=built_on)
    deliver(pen)
    with headquarters.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    assert source.carried == []
    assert [row["count"] for row in source.waiting] == [3]
    sell(pen, 7_000, count=2, total=built_on + 7_000, generation=2, card=NEW_CARD)
    deliver(pen)
    with headquarters.database.reading() as session:
        source = sources_of(session.connection(), [ACCOUNT])[ACCOUNT]
    assert [row["seq"] for row in source.carried] == ([back] if known else [])
    assert [row["count"] for row in source.waiting] == [3]


@pytest.mark.parametrize(("count", "total", "found"), [(1, 20_000, True), (2, 0, False)])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_was_paid_is_doubted_where_a_new_card_has_the_credit_still(
    headquarters: Headquarters,
    clock: HandClock,
    order: tuple[int, ...],
    count: int,
    total: int,
    *,
    found: bool,
) -> None:
    """Paid at once at one point, while another made a card without having heard of it."""
    pens = a_town(headquarters, clock)
    bought = sell(pens[0], 20_000, count=1)
    deliver(pens[0])
    clock.pass_by(minutes=5)
    refund(pens[0], bought)
    clock.pass_by(minutes=5)
    replace_card(pens[1], count=count, total=total)
    for which in order:
        deliver(pens[which])
    assert reasons(headquarters) == ({"refund_undone"} if found else set())
