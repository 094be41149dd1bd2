"""Operators at work, and second persons who approve what they do."""

from node_world import OPERATOR, PASSWORD
from yika_common.errors import Phrase
from yika_common.journal.card_bodies import Approved
from yika_node.bootstrap import Node
from yika_node.services.staff_office import StaffOffice, level_digest
from yika_node.services.views import Level

MANAGER = "总管"


def office_of(node: Node) -> StaffOffice:
    """Where operators of a node are added and changed."""
    return StaffOffice(
        node.journal,
        node.queries,
        node.vault,
        node.staff,
        node.lockout,
        node.approvals,
        node.clock,
        node.roster,
    )


def approved(node: Node, by: str, digest: bytes, holder: str = MANAGER) -> str:
    """The token of an act that the holder of a managing card has approved."""
    token = node.approvals.begin(by, digest, Phrase("an act"), "/")
    said = Approved(
        act=digest.hex(), card="930010000012", holder=holder, counter=1, proof="00" * 8
    )
    node.approvals.give(token, said)
    return token


def add_operator(node: Node, name: str, level: Level) -> None:
    """Somebody of any level, with the password that all have, added by the first operator."""
    token = approved(node, OPERATOR, level_digest(name, level, ""))
    office_of(node).add(OPERATOR, name, PASSWORD, level, approval=token)
