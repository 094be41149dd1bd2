"""What a new card in an old one's place is asked for with, and what came of it."""

from collections.abc import Callable, Mapping
from dataclasses import field

from yika_common.errors import YikaError
from yika_common.journal.body import Body
from yika_common.numbers import Money
from yika_common.values import dataclass
from yika_node.db.journal import Draft
from yika_node.services.carrying import Moved
from yika_node.services.views import Resolution


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for besides the account.

    Attributes:
        reason: why there is a new card.
        fee: money taken for it.
        before: records that go first into the same commit.
        approve: gives the approval that goes right before the card, which names it.
        moved: slots whose meter was exchanged, and what their new meters begin with.
        same_chip: the old card's own chip becomes the new card.
    """

    reason: str
    fee: Money = Money(0)
    before: tuple[Draft, ...] = ()
    approve: Callable[[], Body] | None = None
    moved: Mapping[int, Moved] = field(default_factory=dict)
    same_chip: bool = False


@dataclass(frozen=True, slots=True)
class Reissued:
    """The new card, and how its slots stand; ``problem`` says why one is still pending."""

    number: str
    resolved: tuple[Resolution, ...] = ()
    problem: YikaError | None = None
