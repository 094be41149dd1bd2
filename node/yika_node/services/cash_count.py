"""What was counted in a drawer: one sum, or so many pieces of each note and coin."""

from collections.abc import Mapping

from yika_common.journal.bodies import FIGURE_MAX
from yika_common.journal.cash_bodies import PIECES_MAX, Counted, worth
from yika_common.numbers import Money, money_to_text
from yika_common.values import dataclass
from yika_node.services.shift_errors import CountDisagrees, CountMissing


@dataclass(frozen=True, slots=True)
class Count:
    """What is in a drawer, in minor units and, where they were counted one by one, in pieces."""

    amount: int
    counts: tuple[Counted, ...] = ()


def counted(total: int | None, pieces: Mapping[int, int]) -> Count:
    """A count from what was typed.

    Args:
        total: the sum in minor units, None if it was left empty.
        pieces: how many of each note and coin, by its value; those left empty are left out.

    Raises:
        CountMissing, CountDisagrees: nothing is recorded.
    """
    if total is None and not pieces:
        raise CountMissing
    counts = tuple(Counted(value, many) for value, many in pieces.items() if many)
    amount = worth(counts) if total is None else total
    usable = 0 <= amount <= FIGURE_MAX and all(0 < one.pieces <= PIECES_MAX for one in counts)
    if not usable:
        raise CountMissing
    if counts and worth(counts) != amount:
        raise CountDisagrees(
            pieces=money_to_text(Money(worth(counts))), total=money_to_text(Money(amount))
        )
    return Count(amount, counts)
