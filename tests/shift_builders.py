"""Drawers in tests: the desks of a wired node's shifts."""

from typing import Any

from node_world import Fate
from refund_builders import SecondPerson
from yika_node.bootstrap import Node
from yika_node.db.shift_queries import ShiftQueries
from yika_node.services.banking import BankingDesk
from yika_node.services.cash_count import Count
from yika_node.services.differences import Differences
from yika_node.services.sales_days import SalesDays
from yika_node.services.shift_reports import ShiftReports
from yika_node.services.shift_views import ZReport
from yika_node.services.shifts import ShiftDesk


def shift_desk(node: Node, second_from: int = 0) -> ShiftDesk:
    """The desk of shifts, with a second person at hand."""
    return ShiftDesk(
        node.journal,
        ShiftQueries(node.store),
        node.standing,
        SecondPerson(),
        node.guard,
        node.clock,
        node.settings,
        second_from,
    )


def differences_of(node: Node) -> Differences:
    """What records why a drawer held more or less than expected, with a second person at hand."""
    return Differences(
        node.journal, ShiftQueries(node.store), node.standing, SecondPerson(), node.clock
    )


def reports_of(node: Node) -> ShiftReports:
    """What was recorded of shifts."""
    return ShiftReports(ShiftQueries(node.store), node.standing, node.clock)


def days_of(node: Node) -> SalesDays:
    """What was recorded of sales days, months and years."""
    return SalesDays(node.journal, ShiftQueries(node.store), node.standing, node.guard, node.clock)


def banking_of(node: Node) -> BankingDesk:
    """The desk that brings takings to the bank."""
    return BankingDesk(node.journal, ShiftQueries(node.store), node.clock, node.settings)


def close_with(
    node: Node, operator: str, amount: int, why: str = "", *, carried: int = 0
) -> ZReport:
    """Count so much and close the operator's shift; ``why``: the reason for a difference."""
    desk = shift_desk(node)
    shift = desk.open_of(operator)
    assert shift is not None
    number = desk.close(operator, shift.epoch, shift.seq, Count(amount), carried=carried)
    if why:
        differences_of(node).explain(operator, number, why)
    return reports_of(node).z(number)


def watch_each_commit(node: Node, fate: Fate) -> None:
    """Let this fate see every transaction of the journal, before and after it.

    What goes ahead of records is a transaction of its own, within the same append.
    """
    commit = node.journal._commit

    def watched(*args: Any) -> None:
        fate.step("before commit")
        commit(*args)
        fate.step("after commit")

    setattr(node.journal, "_commit", watched)  # noqa: B010 - a method is replaced on purpose
