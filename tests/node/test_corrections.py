"""A payment that was written down wrongly is set right by a pair, and nothing else changes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from counters import CLASS, WATER, Counters
from node_world import (
    OPERATOR,
    Fate,
    PowerCut,
    abandon,
    contents,
    for_money,
    watch_commits,
)
from refund_builders import TOKEN, SecondPerson, give_back
from shift_builders import close_with, days_of, reports_of, shift_desk
from yika_common.journal.acts import approval_of, digest_of
from yika_common.journal.cash_bodies import DAY
from yika_common.journal.correction_bodies import PaymentCorrected
from yika_common.journal.record import decode_line
from yika_common.journal.till_bodies import BANK, CARD, CASH, CHEQUE, VOUCHER, Part
from yika_common.numbers import Money
from yika_node.bootstrap import Node
from yika_node.db.shift_queries import ShiftQueries
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.cash_count import Count
from yika_node.services.corrections import (
    CorrectionDesk,
    CorrectionReasonMissing,
    CorrectionSumDiffers,
    NothingToCorrect,
    PaymentGivenBack,
    PaymentUnknown,
)
from yika_node.services.payments import Receipt
from yika_node.services.shift_guard import NoShift
from yika_node.services.tenders import Given, TenderNumberMissing
from yika_node.services.vouchers import VoucherUsed

LEADER = "lin"
WHY = "he paid by card"
BY_CARD = Given((Part(CARD, 5_000, "8831"),))


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[Counters]:
    made = Counters(tmp_path, tariff_class=CLASS)
    made.publish_and_open()
    made.nodes[0].guard.on = True
    for operator in (OPERATOR, LEADER):
        shift_desk(made.nodes[0]).open(operator, Count(Money(10_000)))
    yield made
    made.close()


@pytest.fixture
def node(counters: Counters) -> Node:
    return counters.nodes[0]


def desk_of(node: Node) -> CorrectionDesk:
    return CorrectionDesk(
        node.journal,
        node.queries,
        ShiftQueries(node.store),
        node.standing,
        SecondPerson(),
        node.clock,
    )


def correct(node: Node, receipt: Receipt, given: Given = BY_CARD, token: str = "form") -> None:  # noqa: S107
    desk_of(node).correct(LEADER, receipt.epoch, receipt.basket, given, WHY, TOKEN, token)


def expected(node: Node, operator: str) -> int:
    """What must be in a drawer now."""
    shift = shift_desk(node).open_of(operator)
    assert shift is not None
    found = reports_of(node).x(shift.epoch, shift.seq).expected
    assert found is not None
    return found


def pairs(node: Node) -> list[PaymentCorrected]:
    lines = [row.line for row in node.queries.records(1, 1, 1_000)]
    bodies = (decode_line(line).body for line in lines)
    return [body for body in bodies if isinstance(body, PaymentCorrected)]


def moved(node: Node) -> list[tuple[str, str, str, int]]:
    with closing(sqlite3.connect(node.store.path)) as connection:
        return connection.execute(
            "SELECT operator, what, tender, amount FROM money WHERE what LIKE 'corrected%'"
            " ORDER BY epoch, seq, part"
        ).fetchall()


def test_in_an_open_shift_the_pair_is_of_the_drawer_that_took_the_payment(
    counters: Counters, node: Node
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    assert expected(node, OPERATOR) == 15_000
    correct(node, receipt)
    assert (expected(node, OPERATOR), expected(node, LEADER)) == (10_000, 10_000)
    assert moved(node) == [
        (OPERATOR, "corrected", CASH, -5_000),
        (OPERATOR, "corrected", CARD, 5_000),
    ]
    report = close_with(node, OPERATOR, 10_000)
    assert (report.difference, report.turnover) == (0, 5_000)
    assert dict(report.tenders) == {CASH: 0, CARD: 5_000}
    assert (report.taken, report.given_back) == (5_000, 0)


def test_after_its_z_report_the_pair_is_of_the_leaders_shift_and_no_drawer_changes(
    counters: Counters, node: Node
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    z = close_with(node, OPERATOR, 15_000)
    correct(node, receipt)
    [pair] = pairs(node)
    assert pair.report == z.number
    assert moved(node) == [
        (LEADER, "corrected_z", CASH, -5_000),
        (LEADER, "corrected_z", CARD, 5_000),
    ]
    assert expected(node, LEADER) == 10_000
    assert close_with(node, LEADER, 10_000).difference == 0
    assert reports_of(node).z(z.number).difference == 0


@pytest.mark.parametrize("tender", [CARD, CHEQUE])
def test_a_day_agrees_with_the_bank_although_a_payment_was_set_right_after_its_z_report(
    counters: Counters, node: Node, tender: str
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    close_with(node, OPERATOR, 15_000)
    close_with(node, LEADER, 10_000)
    counters.pass_time(days=1)
    shift_desk(node).open(LEADER, Count(Money(10_000)))
    correct(node, receipt, Given((Part(tender, 5_000, "8831"),)))
    close_with(node, LEADER, 10_000)
    counters.pass_time(days=1)
    shift_desk(node).open(LEADER, Count(Money(10_000)))
    first, second = (days_of(node).total(DAY, number) for number in (1, 2))
    assert (first.to_bank, second.to_bank) == (5_000, 5_000 if tender == CHEQUE else 0)
    assert first.agrees
    assert second.agrees


def test_an_approval_is_for_these_tenders_however_a_number_reads() -> None:
    """Both once read “card 6000 a, cash 4000 b, bank 4000 c”, and come to the same."""

    def act(*after: Part) -> bytes | None:
        before = (Part(CASH, 10_000, ""),)
        body = PaymentCorrected(receipt=9, before=before, after=after, reason=WHY, approved=1)
        return digest_of(body, "N0001", 1)

    shown = act(Part(CARD, 6_000, "a, cash 4000 b"), Part(BANK, 4_000, "c"))
    assert shown != act(Part(CARD, 6_000, "a"), Part(CASH, 4_000, "b, bank 4000 c"))


def test_what_was_sold_stays_and_the_payment_says_both(counters: Counters, node: Node) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    before = node.enquiries.receipt(receipt.epoch, receipt.basket)
    correct(node, receipt)
    assert node.enquiries.receipt(receipt.epoch, receipt.basket) == before
    payment = desk_of(node).payment(receipt.epoch, receipt.basket)
    [set_right] = payment.before
    assert set_right.before == (Part(CASH, 5_000, ""),)
    assert set_right.after == payment.now.parts == (Part(CARD, 5_000, "8831"),)
    assert (set_right.reason, set_right.operator) == (WHY, LEADER)


def test_a_wrong_number_alone_is_set_right_and_moves_nothing_between_tenders(
    counters: Counters, node: Node
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    correct(node, receipt, Given((Part(BANK, 5_000, "T-1"),)))
    correct(node, receipt, Given((Part(BANK, 5_000, "T-2"),)), "again")
    assert [pair.after[0].reference for pair in pairs(node)] == ["T-1", "T-2"]
    assert pairs(node)[1].before == pairs(node)[0].after
    sums: dict[str, int] = {}
    for _, _, tender, amount in moved(node):
        sums[tender] = sums.get(tender, 0) + amount
    assert sums == {CASH: -5_000, BANK: 5_000}


def test_pressed_twice_it_is_set_right_once(counters: Counters, node: Node) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    correct(node, receipt)
    correct(node, receipt)
    assert len(pairs(node)) == 1


def test_a_second_person_approves_this_payment_and_no_other(
    counters: Counters, node: Node
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    desk = desk_of(node)
    with pytest.raises(ApprovalMissing):
        desk.correct(LEADER, receipt.epoch, receipt.basket, BY_CARD, WHY, "", "form")
    assert pairs(node) == []
    body = desk.proposed(receipt.epoch, receipt.basket, BY_CARD, WHY)
    correct(node, receipt)
    [pair] = pairs(node)
    assert digest_of(pair, "N0001", 1) == desk.digest(body)
    assert approval_of(pair) == pair.approved > 1


@pytest.mark.parametrize(
    ("given", "reason", "refusal"),
    [
        (Given((Part(CARD, 4_999, ""),)), WHY, CorrectionSumDiffers),
        (Given(()), WHY, CorrectionSumDiffers),
        (Given((Part(CASH, 5_000, ""),)), WHY, NothingToCorrect),
        (Given((Part(VOUCHER, 5_000, ""),)), WHY, TenderNumberMissing),
        (BY_CARD, "", CorrectionReasonMissing),
        (BY_CARD, "x" * 201, CorrectionReasonMissing),
    ],
)
def test_what_can_not_be_is_not_recorded(
    counters: Counters, node: Node, given: Given, reason: str, refusal: type[Exception]
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    with pytest.raises(refusal):
        desk_of(node).correct(LEADER, receipt.epoch, receipt.basket, given, reason, TOKEN, "form")
    with pytest.raises(PaymentUnknown):
        desk_of(node).payment(1, receipt.basket + 1)
    assert pairs(node) == []


def test_a_payment_that_was_given_back_stays_as_it_is(counters: Counters, node: Node) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    counters.worlds[0].hand.insert(counters.chip)
    give_back(node, receipt, OPERATOR)
    with pytest.raises(PaymentGivenBack):
        correct(node, receipt)


def test_a_leader_without_a_shift_sets_nothing_right(counters: Counters, node: Node) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    close_with(node, LEADER, 10_000)
    with pytest.raises(NoShift):
        correct(node, receipt)
    assert pairs(node) == []


def test_made_anew_the_tables_say_the_same(counters: Counters, node: Node) -> None:
    correct(node, counters.sell(for_money(WATER, 5_000)))
    database = counters.worlds[0].folder / "node.db"
    before = contents(database)
    node.journal.rebuild()
    assert contents(database) == before


@pytest.mark.parametrize("step", [0, 1])
def test_a_power_cut_at_the_commit_leaves_all_of_it_or_nothing(
    counters: Counters, node: Node, step: int
) -> None:
    receipt = counters.sell(for_money(WATER, 5_000))
    fate = Fate()
    fate.at, fate.how = step, "power"
    watch_commits(node, fate)
    with pytest.raises(PowerCut):
        correct(node, receipt)
    fate.at = None
    abandon(node)
    again = counters.nodes[0] = counters.worlds[0].restarted()
    again.guard.on = True
    assert len(pairs(again)) == step
    correct(again, receipt)
    assert len(pairs(again)) == 1
    assert expected(again, OPERATOR) == 10_000


def test_a_voucher_pays_once_until_its_payment_is_given_back(
    counters: Counters, node: Node
) -> None:
    voucher = Given((Part(VOUCHER, 5_000, "V-1"),))

    def pay(token: str) -> Receipt:
        counters.worlds[0].hand.insert(counters.chip)
        return node.sales.sell(
            OPERATOR, counters.card, [for_money(WATER, 5_000)], token, given=voucher
        )

    first = pay("first")
    with pytest.raises(VoucherUsed):
        pay("second")
    cash = counters.sell(for_money(WATER, 5_000))
    with pytest.raises(VoucherUsed):
        correct(node, cash, voucher)
    correct(node, first, BY_CARD)
    correct(node, cash, voucher, "other")
    with pytest.raises(VoucherUsed):
        pay("third")


def test_without_the_rule_a_voucher_would_pay_twice(
    counters: Counters, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yika_node.services.vouchers._KINDS", frozenset())
    voucher = Given((Part(VOUCHER, 5_000, "V-1"),))
    for token in ("first", "second"):
        counters.worlds[0].hand.insert(counters.chip)
        entries = [for_money(WATER, 5_000)]
        assert node.sales.sell(OPERATOR, counters.card, entries, token, given=voucher).complete
