"""Headquarters answers by telephone: what it is asked, and whether the code is its answer.

See :mod:`yika_common.signing.phone_code`.  What waits for an answer is kept by
:class:`~yika_node.services.approvals.ApprovalBook`; its token, 16 random bytes, makes the
challenge.  Five wrong codes end a question, and wrong codes in a row close this way for seconds,
then for minutes, as wrong passwords do: a database that was put back opens nothing, for the
question waits in memory alone.
"""

from typing import Final

from yika_common.clock import Clock
from yika_common.errors import N_, Phrase
from yika_common.infra.sessions import TooManyAttempts
from yika_common.journal.phone_bodies import PhoneCode
from yika_common.numbers import Money, money_to_text
from yika_common.signing.phone_code import (
    ADMIT,
    ALLOWANCE,
    APPROVE,
    CODE_SIZE,
    JOIN,
    NOTHING,
    RELEASE,
    Question,
    code_of,
    is_code,
    phone_key,
    read_digits,
)
from yika_common.values import dataclass
from yika_node.db.journal import Journal
from yika_node.services.approvals import ApprovalBook, ApprovalMissing, PendingApproval
from yika_node.services.errors import KeysNotHeld
from yika_node.services.keyring import KeyRing
from yika_node.services.lockout import PHONE, Lockout
from yika_node.services.phone_errors import (
    PhoneClosed,
    PhoneCodeWrong,
    PhoneUnusable,
    QuestionOver,
)
from yika_node.services.standing import Standing

TRIES_MAX: Final = 5
WORDS: Final = {
    RELEASE: N_("Open the name %(subject)s, which wrong passwords have closed"),
    ADMIT: N_("Let %(subject)s work for a day although the list of persons does not"),
    JOIN: N_("Let the person with staff number %(subject)s begin here"),
    ALLOWANCE: N_("Let the sum that may be sold without headquarters begin anew"),
}
"""What headquarters is asked, in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is read to headquarters: the vending point, what it is about, and the digits."""

    waiting: PendingApproval
    question: Question
    challenge: str

    @property
    def money(self) -> str:
        """The sum that headquarters is told; empty: none."""
        return money_to_text(Money(self.question.amount)) if self.question.amount else ""


@dataclass(frozen=True, slots=True)
class PhoneDesk:
    """Asks headquarters, and looks at its answers."""

    journal: Journal
    book: ApprovalBook
    standing: Standing
    keyring: KeyRing
    lockout: Lockout
    clock: Clock

    def ask(self, purpose: str, subject: str = "") -> str:
        """Begin a question, or go on with the same one; returns its token.

        Raises:
            PhoneUnusable: nobody could answer.
        """
        self._check_usable()
        what = Phrase(WORDS[purpose], subject=subject)
        return self.book.question(purpose, subject, what, NOTHING)

    def asked(self, token: str) -> Asked:
        """What is read to headquarters under a token.

        Raises:
            QuestionOver: nothing waits under it.
            PhoneUnusable: nobody could answer.
        """
        self._check_usable()
        try:
            waiting = self.book.pending(token)
        except ApprovalMissing as cause:
            raise QuestionOver from cause
        if waiting.purpose == APPROVE and not waiting.kind:
            raise PhoneUnusable
        membership, body = self.standing.membership, _body(waiting)
        return Asked(
            waiting,
            body.question(membership.node, membership.epoch),
            body.challenge(membership.node, membership.epoch),
        )

    def answer(self, token: str, typed: str) -> PhoneCode:
        """Take the code that headquarters read out; the question is then over.

        Raises:
            DigitsMistyped: it was not looked at, and not counted.
            QuestionOver, PhoneUnusable, PhoneClosed: likewise.
            PhoneCodeWrong: it was counted.
            VaultLocked, NotEnrolled: no code can be looked at.
        """
        code = read_digits(typed, CODE_SIZE)
        with self.book.turn:
            failures = self.failures()
            asked = self.asked(token)
            if not is_code(self._key(), asked.question, asked.challenge, code):
                self.failed(token, failures)
                raise PhoneCodeWrong
            self.lockout.forget(PHONE)
            return self._taken(asked.waiting)

    def granted(self, token: str, code: str) -> PhoneCode:
        """Take the code of headquarters' signed answer; nobody guesses, so nothing is counted.

        Raises:
            QuestionOver, PhoneUnusable: nothing was looked at.
            PhoneCodeWrong: it is not the answer to this question; nothing was approved.
        """
        with self.book.turn:
            asked = self.asked(token)
            if not is_code(self._key(), asked.question, asked.challenge, code):
                raise PhoneCodeWrong
            return self._taken(asked.waiting)

    def failures(self) -> int:
        """Wrong codes in a row.

        Raises:
            PhoneClosed: no code is looked at now.
        """
        try:
            return self.lockout.failures(PHONE)
        except TooManyAttempts as closed:
            raise PhoneClosed(seconds=closed.facts["seconds"]) from closed

    def failed(self, token: str, failures: int) -> None:
        """Count a wrong code."""
        self.lockout.failed(PHONE, failures + 1)
        self.book.failed(token, TRIES_MAX)

    def renew_allowance(self, by: str, token: str, typed: str) -> None:
        """Let what may be sold before headquarters answers begin anew, once.

        Raises:
            those of :meth:`answer`: nothing was changed.
        """
        body = self.answer(token, typed)
        if body.purpose != ALLOWANCE:
            raise QuestionOver
        self.journal.append([body], at=self.clock(), operator=by)

    def expected(self, asked: Asked) -> str:
        """The code of a question; for whoever practises, where nobody can be called."""
        return code_of(self._key(), asked.question, asked.challenge)

    def _taken(self, waiting: PendingApproval) -> PhoneCode:
        body = _body(waiting)
        if waiting.purpose == APPROVE:
            self.book.give(waiting.token, body)
        else:
            self.book.drop(waiting.token)
        return body

    def _check_usable(self) -> None:
        if not self.standing.enrolled:
            raise PhoneUnusable

    def _key(self) -> bytes:
        try:
            return phone_key(self.keyring.personal_key())
        except KeysNotHeld as cause:
            raise PhoneUnusable from cause


def _body(waiting: PendingApproval) -> PhoneCode:
    approves = waiting.purpose == APPROVE
    return PhoneCode(
        purpose=waiting.purpose,
        subject=waiting.operator,
        act=waiting.kind,
        amount=waiting.amount,
        digest=waiting.digest.hex() if approves else "",
        nonce=waiting.token,
    )
