"""What a record says of an answer that headquarters gave by telephone.

As :mod:`yika_common.journal.bodies`, in whose terms this is; loaded with the first of them.
"""

from typing import ClassVar

from yika_common.errors import Phrase
from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.body import Body
from yika_common.journal.card_bodies import ACT_DIGEST_SIZE
from yika_common.signing.fields import hexadecimal, number, text
from yika_common.signing.phone_code import APPROVE, NONCE_SIZE, PURPOSES, Question, challenge_of
from yika_common.values import dataclass

_SUBJECT_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCode(Body):
    """A code from headquarters was typed and was right: what it lets be done, may be done once.

    Where it approves an act, the act is the record, or the first of the records, that name this
    one's seq.  Whoever holds the journal can make the challenge again with :meth:`challenge`, and
    headquarters knows which it has answered.
    """

    kind: ClassVar[str] = "phone"
    purpose: str = text("w", among=PURPOSES)
    subject: str = text("name", most=_SUBJECT_MAX, default="")
    act: str = text("of", most=40, default="")
    """The kind of the act that is approved."""
    amount: int = number("amt", most=FIGURE_MAX, default=0)
    """The money that it moves, in minor units."""
    digest: str = hexadecimal("ah", ACT_DIGEST_SIZE, default="")
    """SHA-256 of the act (:mod:`yika_common.cards.approval`)."""
    nonce: str = hexadecimal("nc", NONCE_SIZE)

    def __post_init__(self) -> None:
        """Besides each field's own shape: an act, and its sum, are told where one is approved."""
        Body.__post_init__(self)
        told = (bool(self.digest), bool(self.act), bool(self.act or self.amount))
        if told != (self.purpose == APPROVE,) * len(told):
            raise ValueError(Phrase("an act is told where one is approved, there and only there"))

    def question(self, node: str, epoch: int) -> Question:
        """What headquarters was asked."""
        return Question(
            node=node,
            epoch=epoch,
            purpose=self.purpose,
            subject=self.subject,
            act=self.act,
            amount=self.amount,
        )

    def challenge(self, node: str, epoch: int) -> str:
        """The digits that were read to headquarters."""
        question, nonce = self.question(node, epoch), bytes.fromhex(self.nonce)
        if not self.digest:
            return challenge_of(question, nonce)
        return challenge_of(question, nonce, bytes.fromhex(self.digest))
