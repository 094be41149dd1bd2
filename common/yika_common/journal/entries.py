"""The rows that records list: meters as they are opened, price lines, debts, items of a bundle."""

from typing import NamedTuple

from yika_common.services import Service


class SlotOpened(NamedTuple):
    """A meter in its slot, as an account is opened."""

    slot: int
    service: Service
    meter: str


class Line(NamedTuple):
    """One line of a price: a component in one step; fees have step 0."""

    code: str
    step: int
    quantity: int
    price: int
    amount: int


class DebtPaid(NamedTuple):
    """What of one debt was taken from a payment, and what was left of it as far as was known.

    A debt that nothing was taken of stands there too: the receipt says what is still owed.
    """

    debt: str
    amount: int
    left: int


class AppliedItem(NamedTuple):
    """An item of a bundle as it was switched on; ``digest`` is 16 hex digits."""

    name: str
    version: int
    digest: str
