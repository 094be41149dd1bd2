"""What a vending point asks headquarters over the line, where an act needs a second person.

The question and the proof are those of the telephone (:mod:`yika_common.signing.phone_code`); only
nobody reads digits out.  The vending point posts a signed request, again and again while it waits,
and each answer is a signed file of the ``ack`` role:

================  =================================  =============================================
message           signed by                          payload type
================  =================================  =============================================
ApprovalRequest   the vending point's key            application/vnd.yika.approval-request.v1+json
ApprovalAnswer    headquarters' ``ack`` role         application/vnd.yika.approval-answer.v1+json
================  =================================  =============================================

Each request has random bytes of its own, which its answer repeats: an answer that was kept back,
doubled or recorded fits no other request.  What the act is in words is sealed under the vending
point's key for personal data, for a clerk's reason may name people.

==========  ====================================================================================
state       meaning
==========  ====================================================================================
waiting     nobody has decided
granted     the answer bears the very code that would have been read out
refused     somebody at headquarters refused; the answer says why
over        too late, or withdrawn: no code will be given to these digits over the line
==========  ====================================================================================
"""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from yika_common.cards.identifiers import NODE_ID_SIZE
from yika_common.errors import N_, Phrase, YikaError
from yika_common.signing import aead
from yika_common.signing.errors import SealBroken
from yika_common.signing.fields import Document, hexadecimal, identifier, number, text
from yika_common.signing.keys import PublicKey, SigningKey
from yika_common.signing.phone_code import ACTS, APPROVE, CHALLENGE_SIZE, CODE_SIZE, Question
from yika_common.signing.signed_file import SignedFile, sign, verify
from yika_common.signing.trust import TrustRoot
from yika_common.sync.errors import MessageForAnother
from yika_common.values import dataclass

REQUEST_TYPE: Final = "application/vnd.yika.approval-request.v1+json"
ANSWER_TYPE: Final = "application/vnd.yika.approval-answer.v1+json"
PATH: Final = "/api/v1/approvals"
REQUEST_MAX: Final = 8 << 10
"""Bytes of a request's payload."""
ANSWER_MAX: Final = 4 << 10
LIFETIME_S: Final = 15 * 60
"""Seconds after which headquarters answers a request no more."""

ASK, WITHDRAW = "ask", "withdraw"
WAITING, GRANTED, REFUSED, OVER = "waiting", "granted", "refused", "over"

_U32 = (1 << 32) - 1
_DIGEST_SIZE = 32
_EXCHANGE_SIZE = 16
_SUBJECT_MAX = 64
_WORDS_MAX = 400
_SEALED_MAX = 5000
_REASON_MAX = 200
_AMOUNT_MAX = 10**15
_LABEL = b"yika/approval-words/1\0"


class ApprovalAnswerStray(YikaError):
    """A genuine answer to another question, or to an earlier asking of this one."""

    code = "approval_answer_stray"
    sentence = N_(
        "An answer came that belongs to another question. It was passed over, and nothing was "
        "approved. Wait for the next answer, or ask by telephone."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Document):
    """An act in words, in both languages."""

    english: str = text("en", most=_WORDS_MAX)
    chinese: str = text("zh", most=_WORDS_MAX)

    @classmethod
    def cut(cls, english: str, chinese: str) -> "Words":
        """The words, cut to their length; what can't be printed becomes a blank."""
        return cls(english=_printable(english), chinese=_printable(chinese))


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest(Document):
    """One asking: the act whose second person headquarters shall be."""

    kind: str = text("t", among=("approval-request",), default="approval-request")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    exchange: str = hexadecimal("ch", _EXCHANGE_SIZE)
    """Random, for this asking alone."""
    wish: str = text("w", among=(ASK, WITHDRAW))
    challenge: str = text("dg", least=CHALLENGE_SIZE, most=CHALLENGE_SIZE)
    """The digits that would be read out."""
    digest: str = hexadecimal("ah", _DIGEST_SIZE)
    """SHA-256 of the act (:mod:`yika_common.cards.approval`)."""
    subject: str = text("by", least=1, most=_SUBJECT_MAX)
    """The operator who does the act."""
    act: str = text("of", among=ACTS)
    amount: int = number("amt", most=_AMOUNT_MAX, default=0)
    """The money that the act moves, in minor units."""
    words: str = text("x", least=1, most=_SEALED_MAX)
    """The act in words (:class:`Words`), sealed; base64."""
    at: int = number("ts")
    """The vending point's clock; nothing is decided by it."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: a challenge is of digits."""
        Document.__post_init__(self)
        if not (self.challenge.isascii() and self.challenge.isdecimal()):
            raise ValueError(Phrase("a challenge is of digits"))

    @property
    def question(self) -> Question:
        """The same question, as it is asked by telephone."""
        return Question(
            node=self.node,
            epoch=self.epoch,
            purpose=APPROVE,
            subject=self.subject,
            act=self.act,
            amount=self.amount,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAnswer(Document):
    """How a request stands at headquarters."""

    kind: str = text("t", among=("approval-answer",), default="approval-answer")
    node: str = identifier("node", NODE_ID_SIZE)
    epoch: int = number("ep", least=1, most=_U32)
    exchange: str = hexadecimal("ch", _EXCHANGE_SIZE)
    challenge: str = text("dg", least=CHALLENGE_SIZE, most=CHALLENGE_SIZE)
    state: str = text("st", among=(WAITING, GRANTED, REFUSED, OVER))
    code: str = text("c", most=CODE_SIZE, default="")
    """What would have been read out; where it is granted."""
    reason: str = text("why", most=_REASON_MAX, default="")
    """Why it was refused."""

    def __post_init__(self) -> None:
        """Besides each field's own shape: a code where it is granted, a reason where refused."""
        Document.__post_init__(self)
        if (self.state == GRANTED) != bool(self.code):
            raise ValueError(Phrase("a code is given where it is granted, and only there"))
        if self.reason and self.state != REFUSED:
            raise ValueError(Phrase("a reason is given where it is refused, and only there"))


def seal_act(words: Words, key: bytes, challenge: str, random: Callable[[int], bytes]) -> str:
    """The act in words under the key for personal data (32 bytes), bound to its digits."""
    sealed = aead.encrypt(key, words.to_bytes(), _LABEL + challenge.encode(), random)
    return base64.b64encode(sealed).decode()


def open_act(sealed: str, key: bytes, challenge: str) -> Words:
    """The act in words.

    Raises:
        SealBroken: another key, other digits, or changed bytes.
        FileMalformed: sealed by the vending point, and no words.
    """
    try:
        data = base64.b64decode(sealed, validate=True)
    except binascii.Error as cause:
        raise SealBroken from cause
    return Words.parse(aead.decrypt(key, data, _LABEL + challenge.encode()), limit=REQUEST_MAX)


def sign_request(request: ApprovalRequest, key: SigningKey) -> SignedFile:
    """The request as a file, signed by the vending point."""
    return sign(REQUEST_TYPE, request.to_bytes(), [key])


def open_request(file: SignedFile, key: PublicKey, *, node: str, epoch: int) -> ApprovalRequest:
    """The request, once the certified vending point's signature holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
        MessageForAnother: it names another vending point or epoch than its certificate.
    """
    verify(file, [key], payload_type=REQUEST_TYPE)
    request = ApprovalRequest.parse(file.payload, limit=REQUEST_MAX)
    if (request.node, request.epoch) != (node, epoch):
        raise MessageForAnother(node=request.node)
    return request


def sign_answer(
    request: ApprovalRequest, key: SigningKey, state: str, *, code: str = "", reason: str = ""
) -> SignedFile:
    """The answer to a request as a file, signed by the ``ack`` role."""
    answer = ApprovalAnswer(
        node=request.node,
        epoch=request.epoch,
        exchange=request.exchange,
        challenge=request.challenge,
        state=state,
        code=code,
        reason=reason,
    )
    return sign(ANSWER_TYPE, answer.to_bytes(), [key])


def open_answer(file: SignedFile, root: TrustRoot, request: ApprovalRequest) -> ApprovalAnswer:
    """The answer to this very request, once the ``ack`` role's signature holds.

    Raises:
        WrongKind, SignatureInvalid, TooFewSignatures, FileMalformed, FileTooLarge: it does not.
        MessageForAnother: it is for another vending point or epoch.
        ApprovalAnswerStray: it answers another request.
    """
    payload = root.check("ack", file, payload_type=ANSWER_TYPE)
    answer = ApprovalAnswer.parse(payload, limit=ANSWER_MAX)
    if (answer.node, answer.epoch) != (request.node, request.epoch):
        raise MessageForAnother(node=answer.node)
    if (answer.exchange, answer.challenge) != (request.exchange, request.challenge):
        raise ApprovalAnswerStray
    return answer


def _printable(words: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in words)[:_WORDS_MAX]
