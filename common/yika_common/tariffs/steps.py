"""Which part of a quantity falls into which price step.

Source: the original product family's step metering (one to six steps, what lies above a bound is
charged at the next price) and published whole-block tariffs, in which the block reached sets the
price of everything bought in the period.

Both functions take the bounds of all steps but the last, in their order (where bounds are scaled
down and rounded, several may be equal), and as many prices as steps; both yield ``(step, quantity,
price)`` with steps counted from 1 and quantities above zero.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

Part = tuple[int, int, int]


def marginal_parts(
    bounds: Sequence[int], prices: Sequence[int], used: int, quantity: int
) -> Iterator[Part]:
    """Each step's price for the step's own part of ``(used, used + quantity]``."""
    low, top = used, used + quantity
    first = bisect_left(bounds, used + 1)
    for index in range(first, len(prices)):
        if low >= top:
            return
        high = min(top, bounds[index]) if index < len(bounds) else top
        if high > low:
            yield index + 1, high - low, prices[index]
            low = high


def whole_block_parts(
    bounds: Sequence[int], prices: Sequence[int], used: int, quantity: int
) -> Iterator[Part]:
    """The price of the block reached, for this quantity and in arrears for what came before.

    What was used was paid at the price of its own block; when this sale reaches a dearer one, a
    second part of the same step charges the used quantity the difference.  Prices never fall.
    """
    if quantity <= 0:
        return
    reached = bisect_left(bounds, used + quantity)
    yield reached + 1, quantity, prices[reached]
    rise = prices[reached] - prices[bisect_left(bounds, used)]
    if used and rise:
        yield reached + 1, used, rise
