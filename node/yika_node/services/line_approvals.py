"""Headquarters approves over the line: asking, looking how it stands, taking it back.

See :mod:`yika_common.sync.line_approval`.  What headquarters grants is the code that it would have
read out, and it is taken by the desk of the telephone (:mod:`yika_node.services.phone_desk`), so
that the journal and headquarters' checks know one proof.

Each look of the page begins at most one exchange, in the background, with a pause between two, and
waits a moment for its answer: a line that hangs holds no page.  How it stands is kept with the act
that waits (:class:`~yika_node.services.approvals.ApprovalBook`), so it ends when the act is done,
given up, or too old.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from yika_common.clock import Clock, to_timestamp
from yika_common.errors import N_, YikaError
from yika_common.infra.entropy import RandomSource
from yika_common.infra.language import said
from yika_common.signing.signed_file import SignedFile, read_signed_file
from yika_common.sync.line_approval import (
    ANSWER_MAX,
    ASK,
    GRANTED,
    OVER,
    PATH,
    WAITING,
    WITHDRAW,
    ApprovalRequest,
    Words,
    open_answer,
    seal_act,
    sign_request,
)
from yika_common.values import dataclass
from yika_node.services.keyring import KeyRing
from yika_node.services.phone_desk import Asked, PhoneDesk
from yika_node.services.standing import Standing
from yika_node.uplink import Uplink, hanging_up
from yika_node.vault import Vault

PACE: Final = timedelta(seconds=2)
"""Between the beginnings of two exchanges."""
PATIENCE: Final = timedelta(milliseconds=500)
"""A page waits so long for headquarters' answer."""
_EXCHANGE_SIZE: Final = 16

_log = logging.getLogger(__name__)


class LineUnusable(YikaError):
    """Practice has no headquarters that could be asked."""

    code = "line_unusable"
    sentence = N_(
        "Headquarters can't be asked over the line here: this vending point practises. Nothing "
        "was done. Take the managing card, or the code that the telephone's page shows."
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """How an asking over the line stands.

    Attributes:
        exchange: the random bytes of the newest exchange, in hex.
        begun: when that was begun.
        out: it is not answered yet.
        words: the act in words, sealed.
        state: what headquarters said last, a state of :mod:`yika_common.sync.line_approval`.
        code: the code, where it is granted.
        reason: why it was refused.
        problem: what became of the newest exchange, where no answer did.
    """

    exchange: str
    begun: datetime
    out: bool
    words: str
    state: str = WAITING
    code: str = ""
    reason: str = ""
    problem: YikaError | None = None


@dataclass(frozen=True, slots=True)
class LineDesk:
    """Asks headquarters to be the second person of an act that waits."""

    phone: PhoneDesk
    standing: Standing
    keyring: KeyRing
    vault: Vault
    wire: Callable[[], Uplink]
    clock: Clock
    random: RandomSource

    def ask(self, token: str) -> None:
        """Ask for the approval of an act; asked already, it goes on waiting.

        Raises:
            QuestionOver, PhoneUnusable: the act waits no more, or can't be asked for.
            LineUnusable: this is practice.
            VaultLocked: nothing was sent.
        """
        self._exchange(self._asked(token))

    def look(self, token: str) -> Heard | None:
        """How it stands, after asking again where it is time; None: nobody asked so.

        Once it is granted the act is approved, as by telephone.

        Raises:
            those of :meth:`ask`.
        """
        asked = self._asked(token)
        if asked.waiting.heard is None:
            return None
        heard = self._exchange(asked)
        if heard is None or heard.state != GRANTED or asked.waiting.approved is not None:
            return heard
        try:
            self.phone.granted(token, heard.code)
        except YikaError as problem:
            failed = replace(heard, state=OVER, code="", problem=problem)
            return self.phone.book.hear(token, lambda _: failed)
        return heard

    def withdraw(self, token: str) -> None:
        """Ask no more, and let headquarters know where the line allows it.

        Raises:
            those of :meth:`ask`.
        """
        asked = self._asked(token)
        heard = asked.waiting.heard
        if heard is None:
            return
        self.phone.book.hear(token, lambda _: None)
        if heard.state == WAITING:
            exchange = self.random(_EXCHANGE_SIZE).hex()
            file = self._signed(self._request(asked, WITHDRAW, exchange, heard.words))
            threading.Thread(target=self._take_back, args=(file,), daemon=True).start()

    def _asked(self, token: str) -> Asked:
        asked = self.phone.asked(token)
        if self.standing.membership.practice:
            raise LineUnusable
        return asked

    def _exchange(self, asked: Asked) -> Heard | None:
        """Begin an exchange where it is time for one; how it stands a moment later."""
        token, now = asked.waiting.token, self.clock()
        before = asked.waiting.heard
        words = self._words(asked) if before is None else before.words
        begun = Heard(self.random(_EXCHANGE_SIZE).hex(), now, out=True, words=words)
        heard = self.phone.book.hear(token, lambda last: last if _rests(last, now) else begun)
        if heard is not begun:
            return heard
        request = self._request(asked, ASK, begun.exchange, words)
        file, answered = self._signed(request), threading.Event()
        threading.Thread(
            target=self._post, args=(token, request, file, answered), daemon=True
        ).start()
        answered.wait(PATIENCE.total_seconds())
        return self.phone.book.hear(token, lambda last: last)

    def _post(
        self, token: str, request: ApprovalRequest, file: SignedFile, answered: threading.Event
    ) -> None:
        """One exchange; an answer that is none leaves all as it was."""
        found: dict[str, object] = {"problem": None}
        try:
            with hanging_up(self.wire()) as uplink:
                body = uplink.post(PATH, file.to_bytes())
            answer = open_answer(
                read_signed_file(body, limit=ANSWER_MAX), self.standing.membership.root, request
            )
            found |= {"state": answer.state, "code": answer.code, "reason": answer.reason}
        except YikaError as problem:
            found["problem"] = problem
        finally:
            self.phone.book.hear(token, lambda last: _noted(last, request.exchange, found))
            answered.set()

    def _take_back(self, file: SignedFile) -> None:
        """Best effort: what is not taken back is over by itself."""
        try:
            with hanging_up(self.wire()) as uplink:
                uplink.post(PATH, file.to_bytes())
        except YikaError as problem:
            _log.info("approval_not_withdrawn", extra={"facts": {"code": problem.code}})

    def _request(self, asked: Asked, wish: str, exchange: str, words: str) -> ApprovalRequest:
        question = asked.question
        return ApprovalRequest(
            node=question.node,
            epoch=question.epoch,
            exchange=exchange,
            wish=wish,
            challenge=asked.challenge,
            digest=asked.waiting.digest.hex(),
            subject=question.subject,
            act=question.act,
            amount=question.amount,
            words=words,
            at=to_timestamp(self.clock()),
        )

    def _signed(self, request: ApprovalRequest) -> SignedFile:
        return sign_request(request, self.vault.signing_key())

    def _words(self, asked: Asked) -> str:
        what = asked.waiting.what
        words = Words.cut(said(what, "en"), said(what, "zh"))
        return seal_act(words, self.keyring.personal_key(), asked.challenge, self.random)


def _rests(heard: Heard | None, now: datetime) -> bool:
    """Whether no exchange is to begin: it is decided, one is out, or one has just been."""
    if heard is None:
        return False
    just_been = timedelta(0) <= now - heard.begun < PACE
    return heard.state != WAITING or heard.out or just_been


def _noted(heard: Heard | None, exchange: str, found: dict[str, object]) -> Heard | None:
    """What was heard so far and what came; an answer that nobody waits for changes nothing."""
    if heard is None or heard.exchange != exchange:
        return heard
    return replace(heard, out=False, **found)  # type: ignore[arg-type]  # its own fields
