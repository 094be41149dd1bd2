"""Refunds in tests: a second person who approves, and the desk of a wired node."""

from yika_common.journal.card_bodies import Approved
from yika_node.bootstrap import Node
from yika_node.db.refund_queries import RefundQueries
from yika_node.services.approvals import ApprovalMissing
from yika_node.services.payments import Receipt
from yika_node.services.refund_rules import payable
from yika_node.services.refunds import RefundDesk, Rule

REASON = "typed twice"
TOKEN = "seconded"


class SecondPerson:
    """Approves whatever is asked under the one token, and counts how often."""

    def __init__(self) -> None:
        self.approved: list[bytes] = []

    def take(self, token: str, digest: bytes, operator: str) -> Approved:
        if token != TOKEN:
            raise ApprovalMissing
        self.approved.append(digest)
        return Approved(
            act=digest.hex(),
            card="870000000001",
            holder="lin",
            counter=len(self.approved),
            proof=bytes(8).hex(),
        )


def refund_desk(
    node: Node, rule: Rule = payable, second_person: SecondPerson | None = None
) -> RefundDesk:
    """The desk of a node, with a second person at hand."""
    return RefundDesk(
        node.cards,
        node.journal,
        node.queries,
        RefundQueries(node.store),
        node.standing,
        node.cards.keyring,
        node.enquiries,
        second_person or SecondPerson(),
        node.clock,
        rule,
    )


def give_back(node: Node, receipt: Receipt, operator: str, rule: Rule = payable) -> Receipt:
    """Give back the first line of a receipt."""
    sale = receipt.lines[0].sale
    return refund_desk(node, rule).give_back(operator, sale.epoch, sale.seq, REASON, TOKEN)
