"""What was counted in a drawer: one sum, or so many pieces of each note and coin."""

from collections.abc import Sequence

from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.cash_bodies import Counted, worth
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.services.shift_errors import CountDisagrees, CountMissing


@dataclass(frozen=True, slots=True)
class Count:
    """What is in a drawer, in minor units and, where they were counted one by one, in pieces."""

    amount: int
    counts: tuple[Counted, ...] = ()


def counted(total: int | None, pieces: Sequence[Counted]) -> Count:
    """A count from what was typed.

    Args:
        total: the sum, None if it was left empty.
        pieces: of each note and coin, those that were left empty left out.

    Raises:
        CountMissing, CountDisagrees: nothing is recorded.
    """
    counts = tuple(one for one in pieces if one.pieces)
    if total is None and not pieces:
        raise CountMissing
    amount = worth(counts) if total is None else total
    if counts and worth(counts) != amount:
        raise CountDisagrees(
            pieces=money_to_text(Money(worth(counts))), total=money_to_text(Money(amount))
        )
    if not 0 <= amount <= FIGURE_MAX:
        raise CountMissing
    return Count(amount, counts)
