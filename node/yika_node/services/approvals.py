"""Acts that need a second person, seen from the desk that does them.

A desk asks for nothing but :class:`Approvals`: it makes the digest of what it is about to do
(:func:`yika_common.cards.approval.act_digest`), takes the approval that the page's token names,
and appends the body it gets in the same commit right before its own, which names its seq.

A page that finds that an act needs approval calls :meth:`ApprovalBook.begin` with the digest and
leads to the page of approvals; there the managing card and its PIN approve
(:mod:`yika_node.services.managing_desk`), and the page leads back to the act with the token.  One
approval is for one act, and is gone once taken.  What is pending is kept in memory for a quarter
of an hour: after a restart the act is approved again.
"""

import threading
from datetime import datetime, timedelta
from typing import Final, Protocol

from yika_common.clock import Clock
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.journal.card_bodies import Approved
from yika_common.values import dataclass

LIFETIME: Final = timedelta(minutes=15)
PENDING_MAX: Final = 64
_TOKEN_SIZE = 16


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


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """An act that waits for a second person.

    Attributes:
        operator: who will do it.
        digest: of the act.
        what: the act in words, for the second person to read.
        then: where the page leads once it is approved, a path of this program.
        begun: when it was asked for.
        approved: what the managing card said; None: nothing yet.
    """

    token: str
    operator: str
    digest: bytes
    what: Phrase
    then: str
    begun: datetime
    approved: Approved | None = None


class ApprovalBook:
    """The acts that wait for a second person, and what was approved and not done yet."""

    def __init__(self, clock: Clock, random: RandomSource) -> None:
        self._clock = clock
        self._random = random
        self._pending: dict[str, PendingApproval] = {}
        self._lock = threading.Lock()

    def begin(self, operator: str, digest: bytes, what: Phrase, then: str) -> str:
        """Let an act wait for its approval; returns its token.

        Args:
            operator: who will do it, and can't approve it.
            digest: of the act, 32 bytes.
            what: the act in words.
            then: where to go once it is approved, a path of this program.
        """
        token = self._random(_TOKEN_SIZE).hex()
        with self._lock:
            self._drop_old()
            while len(self._pending) >= PENDING_MAX:
                del self._pending[next(iter(self._pending))]
            self._pending[token] = PendingApproval(
                token, operator, digest, what, then, self._clock()
            )
        return token

    def pending(self, token: str) -> PendingApproval:
        """What waits under a token.

        Raises:
            ApprovalMissing: nothing does.
        """
        with self._lock:
            self._drop_old()
            found = self._pending.get(token)
        if found is None:
            raise ApprovalMissing
        return found

    def give(self, token: str, approved: Approved) -> None:
        """Note what the managing card said to the act of a token.

        Raises:
            ApprovalMissing: nothing waits under it any more.
        """
        found = self.pending(token)
        with self._lock:
            self._pending[token] = PendingApproval(
                token, found.operator, found.digest, found.what, found.then, found.begun, approved
            )

    def take(self, token: str, digest: bytes, operator: str) -> Approved:
        """See :class:`Approvals`."""
        with self._lock:
            self._drop_old()
            found = self._pending.get(token)
            if found is None or found.approved is None:
                raise ApprovalMissing
            del self._pending[token]
        if operator_is(operator, found.approved.holder):
            raise ApprovalByOperator(operator=operator)
        if found.digest != digest or found.operator != operator:
            raise ApprovalForAnother
        return found.approved

    def _drop_old(self) -> None:
        now = self._clock()
        for token, waiting in list(self._pending.items()):
            if not timedelta(0) <= now - waiting.begun <= LIFETIME:
                del self._pending[token]


def operator_is(operator: str, holder: str) -> bool:
    """Whether two names are one person's: capitals and spaces make no difference."""
    return _bare(operator) == _bare(holder)


def _bare(name: str) -> str:
    return "".join(name.split()).casefold()
