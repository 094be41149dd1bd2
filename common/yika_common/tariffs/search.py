"""The largest number whose amount fits into a sum, in few steps.

The amount is monotone and nearly a broken line: a straight line between two known points, aimed a
little below and a little above the sum, soon brackets the place; halving makes it certain.
"""

from collections.abc import Callable

_SHRUNK_ENOUGH = 4
_LEAP = 4


def largest_fitting(amount: Callable[[int], int], limit: int, *, guess: int, slack: int) -> int:
    """The largest ``n`` at least 0 with ``amount(n) <= limit``; 0 if there is none.

    Args:
        amount: of a number at least 0; it never falls, and rises above every limit in the end.
        limit: the sum.
        guess: about where to look; any number gives the same result.
        slack: how far the amount may be from a line through its neighbours; likewise.
    """
    low, at_low = 0, amount(0)
    if at_low > limit:
        return 0
    high = max(1, guess)
    while (at_high := amount(high)) <= limit:
        low, at_low = high, at_high
        high *= _LEAP
    while high - low > 1:
        width = high - low
        for aim in (limit - slack, limit + slack):
            if high - low > 1:
                at = low + (aim - at_low) * (high - low) // (at_high - at_low)
                at = min(max(at, low + 1), high - 1)
                value = amount(at)
                if value <= limit:
                    low, at_low = at, value
                else:
                    high, at_high = at, value
        if (high - low) * _SHRUNK_ENOUGH > width and high - low > 1:
            at = (low + high) // 2
            value = amount(at)
            if value <= limit:
                low, at_low = at, value
            else:
                high, at_high = at, value
    return low
