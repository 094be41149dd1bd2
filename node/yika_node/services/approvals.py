"""Acts that need a second person, seen from the desk that does them.

A desk asks for nothing but :class:`Approvals`: it makes the digest of what it is about to do
(:func:`yika_common.cards.approval.act_digest`), takes the approval that the page's token names,
and appends the body it gets in the same commit right before its own, which names its seq.

The pages go through :mod:`yika_node.services.managing_desk`: ``begin`` gives the token, the
managing card and its PIN approve, the act's desk takes.  One approval is for one act, and is gone
once taken.
"""

from typing import Protocol

from yika_common.errors import N_, YikaError
from yika_common.journal.card_bodies import Approved


class ApprovalMissing(YikaError):
    """The act needs a second person, and no unused approval bears this token."""

    code = "approval_missing"
    sentence = N_(
        "This needs the approval of a second person, and there is none. Nothing was done. Put the "
        "managing card in and approve it."
    )


class ApprovalForAnother(YikaError):
    """What was approved is not what is to be done."""

    code = "approval_for_another"
    sentence = N_(
        "What was approved is not what is to be done now. Nothing was done, and the approval is "
        "used up. Approve this one."
    )


class ApprovalByOperator(YikaError):
    """Whoever is signed in can't be the second person."""

    code = "approval_by_operator"
    sentence = N_(
        "%(operator)s is signed in and holds this managing card: a second person must approve. "
        "Nothing was done."
    )


class Approvals(Protocol):
    """Gives out what a second person approved, once."""

    def take(self, token: str, digest: bytes, operator: str) -> Approved:
        """The body that goes before the act, in the act's own commit.

        Args:
            token: what the page of the act carries.
            digest: of what is about to be done, 32 bytes.
            operator: who does it.

        Raises:
            ApprovalMissing, ApprovalForAnother, ApprovalByOperator: the act must not be done.
        """
        ...
