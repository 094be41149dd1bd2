"""A meter that holds money: what use costs, and how far the credit goes.

Credit is in 1/1000 of the currency's unit, use in 1/1000 of the service's unit, a price in 1/10000
currency per unit.  Use times price therefore comes in 1/10000 of what the meter counts.  What does
not make up a whole count is *owed* and joins the next deduction: however use is cut into pieces
and whatever the prices were, what was deducted is the exact cost, less what is owed.
"""

from yika_common.numbers import Price, Quantity

PARTS = 10_000
"""Of one count of credit; as many as a price has to the currency's unit."""


def affordable(balance: Quantity, owed: int, price: Price) -> Quantity:
    """The most use that ``balance`` pays with what is owed; nothing without credit.

    Args:
        balance: the credit held.
        owed: in :data:`PARTS`, 0 to ``PARTS - 1``.
        price: above 0.
    """
    return Quantity(max(0, balance * PARTS - owed) // price)


def deducted(use: Quantity, owed: int, price: Price) -> tuple[Quantity, int]:
    """What the credit falls by for ``use``, and what is then owed."""
    whole, left = divmod(use * price + owed, PARTS)
    return Quantity(whole), left
