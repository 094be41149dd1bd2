"""Drawers in tests: the desks of a wired node's shifts."""

from refund_builders import SecondPerson
from yika_node.bootstrap import Node
from yika_node.db.shift_queries import ShiftQueries
from yika_node.services.banking import BankingDesk
from yika_node.services.cash_count import Count
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
        second_from,
    )


def reports_of(node: Node) -> ShiftReports:
    """What was recorded of shifts."""
    return ShiftReports(ShiftQueries(node.store), node.standing, node.clock)


def banking_of(node: Node) -> BankingDesk:
    """The desk that brings takings to the bank."""
    return BankingDesk(node.journal, ShiftQueries(node.store), node.clock)


def close_with(node: Node, operator: str, amount: int) -> ZReport:
    """Count so much and close the operator's shift."""
    desk = shift_desk(node)
    shift = desk.open_of(operator)
    assert shift is not None
    return reports_of(node).z(desk.close(operator, shift.epoch, shift.seq, Count(amount)))
