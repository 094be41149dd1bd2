"""Acts that need a second person, seen from the desk that does them.

A desk asks for nothing but :class:`Approvals`: it makes the digest of what it is about to do
(:func:`yika_common.cards.approval.act_digest`), takes the approval that the page's token names,
and appends the body it gets in the same commit right before its own, which names its seq.

A page that finds that an act needs approval calls :meth:`ApprovalBook.begin` with the digest and
leads to the page of approvals; there the managing card and its PIN approve
(:mod:`yika_node.services.managing_desk`), and the page leads back to the act with the token.  One
approval is for one act, and is gone once taken.  What is pending is kept in memory for a quarter
of an hour: after a restart the act is approved again.

Headquarters can be that second person, by telephone (:mod:`yika_node.services.phone_desk`) or over
the line (:mod:`yika_node.services.line_approvals`); what else it is asked by telephone waits here
too.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from yika_common.clock import Clock
from yika_common.errors import N_, Phrase, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.journal.card_bodies import Approved
from yika_common.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from yika_common.journal.phone_bodies import PhoneCode
    from yika_node.services.line_approvals import Heard

LIFETIME: Final = timedelta(minutes=15)
PENDING_MAX: Final = 64
QUESTIONS_MAX: Final = 8
"""Of what waits, questions of people who are not signed in."""
APPROVE: Final = "approve"
"""As :mod:`yika_common.signing.phone_code`, which is loaded with the first telephone call."""
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

    def take(self, token: str, digest: bytes, operator: str) -> Approved | PhoneCode:
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
    """An act that waits for a second person, or another question to headquarters.

    Attributes:
        operator: who will do it.
        digest: of the act.
        what: the act in words, for the second person to read.
        then: where the page leads once it is approved, a path of this program.
        begun: when it was asked for.
        kind: under which the digest is made.
        amount: the money that the act moves, minor units; 0: none.
        purpose: what headquarters may be asked by telephone.
        approved: what the managing card or headquarters said; None: nothing yet.
        wrong: codes of headquarters that were wrong.
        heard: how the asking over the line stands; None: nobody asked so.
    """

    token: str
    operator: str
    digest: bytes
    what: Phrase
    then: str
    begun: datetime
    kind: str = ""
    amount: int = 0
    purpose: str = APPROVE
    approved: Approved | PhoneCode | None = None
    wrong: int = 0
    heard: Heard | None = None

    @property
    def holder(self) -> str:
        """Whose managing card approved it; empty: none did."""
        return self.approved.holder if isinstance(self.approved, Approved) else ""


class ApprovalBook:
    """The acts that wait for a second person, and what was approved and not done yet."""

    def __init__(self, clock: Clock, random: RandomSource) -> None:
        self._clock = clock
        self._random = random
        self._pending: dict[str, PendingApproval] = {}
        self._lock = threading.Lock()
        self.turn = threading.Lock()
        """Whoever answers a question holds this, so that codes are tried one at a time."""

    def begin(
        self,
        operator: str,
        digest: bytes,
        what: Phrase,
        then: str,
        *,
        kind: str = "",
        amount: int = 0,
    ) -> str:
        """Let an act wait for its approval; returns its token.

        Args:
            operator: who will do it, and can't approve it.
            digest: of the act, 32 bytes.
            what: the act in words.
            then: where to go once it is approved, a path of this program.
            kind: of the act; empty: headquarters can't be asked by telephone.
            amount: the money that it moves.
        """
        with self._lock:
            return self._put(operator, digest, what, then, kind=kind, amount=amount)

    def question(self, purpose: str, subject: str, what: Phrase, digest: bytes) -> str:
        """Let something else wait for headquarters' answer by telephone; returns its token.

        The same question that waits already goes on waiting.
        """
        with self._lock:
            self._drop_old()
            asked = [one for one in self._pending.values() if one.purpose != APPROVE]
            for one in asked:
                if (one.purpose, one.operator) == (purpose, subject):
                    return one.token
            for one in asked[: max(0, len(asked) - QUESTIONS_MAX + 1)]:
                del self._pending[one.token]
            return self._put(subject, digest, what, "", purpose=purpose)

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

    def give(self, token: str, approved: Approved | PhoneCode) -> None:
        """Note what the managing card, or headquarters, said to the act of a token.

        Raises:
            ApprovalMissing: nothing waits under it any more.
        """
        with self._lock:
            self._drop_old()
            found = self._pending.get(token)
            if found is None:
                raise ApprovalMissing
            self._pending[token] = replace(found, approved=approved)

    def hear(self, token: str, told: Callable[[Heard | None], Heard | None]) -> Heard | None:
        """Note what is heard over the line; what was heard so far is told in one step with it.

        Nothing is noted where nothing waits under the token any more.
        """
        with self._lock:
            found = self._pending.get(token)
            if found is None:
                return None
            self._pending[token] = replace(found, heard=told(found.heard))
            return self._pending[token].heard

    def failed(self, token: str, most: int) -> None:
        """Count a wrong code; after so many nothing waits under the token any more."""
        with self._lock:
            found = self._pending.pop(token, None)
            if found is not None and found.wrong + 1 < most:
                self._pending[token] = replace(found, wrong=found.wrong + 1)

    def drop(self, token: str) -> None:
        """Let a question wait no more: it was answered."""
        with self._lock:
            self._pending.pop(token, None)

    def take(self, token: str, digest: bytes, operator: str) -> Approved | PhoneCode:
        """See :class:`Approvals`."""
        with self._lock:
            self._drop_old()
            found = self._pending.get(token)
            if found is None or found.approved is None:
                raise ApprovalMissing
            del self._pending[token]
        if found.holder and operator_is(operator, found.holder):
            raise ApprovalByOperator(operator=operator)
        if found.digest != digest or found.operator != operator:
            raise ApprovalForAnother
        return found.approved

    def _put(
        self,
        operator: str,
        digest: bytes,
        what: Phrase,
        then: str,
        *,
        kind: str = "",
        amount: int = 0,
        purpose: str = APPROVE,
    ) -> str:
        self._drop_old()
        while len(self._pending) >= PENDING_MAX:
            del self._pending[next(iter(self._pending))]
        token, now = self._random(_TOKEN_SIZE).hex(), self._clock()
        self._pending[token] = PendingApproval(
            token, operator, digest, what, then, now, kind, amount, purpose
        )
        return token

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
